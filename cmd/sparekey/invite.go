package main

import (
	"crypto/rand"
	"time"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/operate"
	"github.com/sparekey/sparekey/internal/standing"
)

// operator wires what the operator does about members.
func (i *installation) operator() *operate.Service {
	return &operate.Service{Store: i.store, Now: i.now, Random: rand.Reader, NewID: newID, Zone: i.config.Timezone.Location()}
}

// byOperator says that whoever has a shell on the machine acts, and why.
func byOperator(why string) operate.By {
	return operate.By{Giver: standing.Giver{Actor: audit.Actor{Kind: audit.Operator}}, Why: why}
}

// printInvitation tells the operator what to do with an invitation.
func (i *installation) printInvitation(at console, v operate.Invitation) {
	at.say("Give %s this link. It works once, until %s, and chooses a password:", v.Member.Name, i.moment(v.Expires))
	at.say("")
	at.say("  %s", i.config.BaseURL.String()+v.Path)
	at.say("")
	if i.config.SMTP.Host != "" {
		at.say("It is mailed to %s as well, while sparekey serve runs.", string(v.Member.Email))
	}
}

// moment writes t for the operator; the zero time as a dash.
func (i *installation) moment(t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	return t.In(i.config.Timezone.Location()).Format("2006-01-02 15:04")
}
