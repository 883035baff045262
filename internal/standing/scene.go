package standing

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/notice"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/session"
)

// A Scene is when, by whom and from where something is done. It completes the
// decisions taken in it.
type Scene struct {
	Now    time.Time
	Actor  audit.Actor
	Origin audit.Origin
	Random io.Reader
	// Session is where it is done: nothing is saved if it has ended meanwhile.
	// Empty: it is done outside a session.
	Session session.Hash
}

// Update takes a decision about m in this scene and has it saved. It returns an
// error wrapping ErrTaken if the scene's session has ended.
func (c Scene) Update(ctx context.Context, keep Keeper, m org.MemberID, decide func(Standing) (Decision, error)) error {
	return keep.Update(ctx, m, func(s Standing) (Decision, error) {
		d, err := decide(s)
		if err != nil {
			return Decision{}, err
		}
		if c.Session != "" {
			d = Decision{Effects: []Effect{NeedSession{ID: c.Session, Member: c.Actor.Member}}}.Merge(d)
		}
		return c.Complete(s, d)
	})
}

// A Visit is a session and where its request came from.
type Visit struct {
	Session session.Session
	Origin  audit.Origin
}

// Scene says that the member of the session acts in it now.
func (v Visit) Scene(now time.Time, random io.Reader) Scene {
	return Scene{
		Now: now, Actor: audit.Actor{Kind: audit.Member, Member: v.Session.Member}, Origin: v.Origin, Random: random,
		Session: v.Session.ID,
	}
}

// Where mailed links lead, before their token.
const (
	ObjectionPath  = "/not-me/" // "This was not me"
	ResetPath      = "/password/new/"
	InvitationPath = "/invitation/"
	PassPath       = "/enrolment-pass/"
)

// Complete fills in what the rules left open in a decision about s: when, by
// whom, about whom and from where in its events and messages, and the link of
// "This was not me" in each message that carries one.
func (c Scene) Complete(s Standing, d Decision) (Decision, error) {
	done := Decision{Effects: append([]Effect{}, d.Effects...)}
	for _, e := range d.Events {
		if e.At.IsZero() {
			e.At = c.Now
		}
		if e.Actor.Kind == "" {
			e.Actor = c.Actor
		}
		e.Organisation, e.Subject, e.Origin = s.Organisation.ID, s.Member.ID, c.Origin
		done.Events = append(done.Events, e)
	}
	for _, m := range d.Notices {
		m.Facts.At = c.Now
		// Whoever is invited is no member yet and need not know where from; where agents
		// of the desk sit is nobody's business.
		if m.Kind != notice.Invitation && !m.Kind.OfDesk() {
			m.Facts.Browser, m.Facts.Address = c.Origin.Browser, c.Origin.Address
		}
		if m.Kind.MayObject() {
			token, err := session.NewToken(c.Random)
			if err != nil {
				return Decision{}, fmt.Errorf("objection of %s: %w", s.Member.ID, err)
			}
			m.Facts.Objection = ObjectionPath + string(token)
			done.Effects = append(done.Effects, SaveLink{Link{
				ID: token.Hash(), Member: s.Member.ID, Purpose: ForObjection, Address: m.To, About: m.Kind,
				Created: c.Now, Expires: c.Now.Add(ObjectionLifetime),
			}})
		}
		done.Notices = append(done.Notices, m)
	}
	return done, nil
}
