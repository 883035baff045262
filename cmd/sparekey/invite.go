package main

import (
	"context"
	"crypto/rand"
	"time"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/ladder"
	"github.com/sparekey/sparekey/internal/notice"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/session"
	"github.com/sparekey/sparekey/internal/signin"
	"github.com/sparekey/sparekey/internal/standing"
)

// An invitation is the right to choose a first password, and the decision that
// gives it and mails it.
type invitation struct {
	link     string // the whole address
	expires  time.Time
	decision standing.Decision
}

// scene says that the operator acts now.
func (i *installation) scene() standing.Scene {
	return standing.Scene{Now: i.now(), Actor: audit.Actor{Kind: audit.Operator}, Random: rand.Reader}
}

// invite decides to invite m, with more events that come first.
func (i *installation) invite(o org.Organisation, m org.Member, also ...audit.Event) (invitation, error) {
	token, err := session.NewToken(rand.Reader)
	if err != nil {
		return invitation{}, err
	}
	scene, st := i.scene(), standing.Standing{Member: m, Organisation: o}
	link := standing.Link{
		ID: token.Hash(), Member: m.ID, Purpose: standing.ForInvitation, Address: m.Email,
		Created: scene.Now, Expires: scene.Now.Add(standing.InvitationLifetime),
	}
	path := signin.InvitationPath + string(token)
	decision, err := scene.Complete(st, standing.Decision{
		Effects: []standing.Effect{standing.DropLinks{Purpose: standing.ForInvitation}, standing.SaveLink{Link: link}},
		Events:  append(also, audit.Event{Kind: audit.MemberInvited}),
		Notices: ladder.Tell(st, notice.Invitation, notice.Facts{Link: path, ValidUntil: link.Expires}, m.Email),
	})
	return invitation{link: i.config.BaseURL.String() + path, expires: link.Expires, decision: decision}, err
}

// inviteAgain invites a member anew who has not come yet. Earlier links end.
func (i *installation) inviteAgain(ctx context.Context, o org.Organisation, m org.Member) (invitation, error) {
	again, err := i.invite(o, m)
	if err != nil {
		return invitation{}, err
	}
	return again, i.store.Update(ctx, m.ID, func(st standing.Standing) (standing.Decision, error) {
		if st.Member.State != org.Invited {
			return standing.Decision{}, standing.ErrTaken
		}
		return again.decision, nil
	})
}

// print tells the operator what to do with an invitation.
func (v invitation) print(at console, m org.Member, i *installation) {
	at.say("Give %s this link. It works once, until %s, and chooses a password:", m.Name, i.moment(v.expires))
	at.say("")
	at.say("  %s", v.link)
	at.say("")
	if i.config.SMTP.Host != "" {
		at.say("It is mailed to %s as well, while sparekey serve runs.", string(m.Email))
	}
}

// moment writes t for the operator; the zero time as a dash.
func (i *installation) moment(t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	return t.In(i.config.Timezone.Location()).Format("2006-01-02 15:04")
}
