package standing

import (
	"time"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/session"
)

// A Giver is whoever does something about a member that the member does not do
// alone: a colleague, the desk, or the operator of the installation. The zero
// Giver is nobody, and gives nothing.
type Giver struct {
	Actor audit.Actor
	Name  string // of a member, for the mails; empty: the operator
}

// A Suspension disables one member's MFA until an instant. The zero Suspension
// suspends nothing. One that is running is replaced, never extended.
type Suspension struct {
	Since time.Time
	Until time.Time // exclusive
	Lost  bool      // the phone is lost; else only not at hand
	By    audit.Actor
}

// Covers reports whether now lies within the suspension. Whether MFA is off for
// the member at now hangs on more: ladder.Suspended answers that.
func (s Suspension) Covers(now time.Time) bool {
	return !now.Before(s.Since) && now.Before(s.Until)
}

// PassLifetime is how long an enrolment pass waits to be used.
const PassLifetime = 24 * time.Hour

// A Pass is an enrolment pass: the right to set up MFA anew, once, while MFA
// stays on. The zero Pass gives no right. A new one replaces the one before.
type Pass struct {
	ID      session.Hash // of the link that carries it, or of what else does
	Given   time.Time
	Expires time.Time // exclusive
	By      audit.Actor
}

// Open reports whether the pass may be used at now.
func (p Pass) Open(now time.Time) bool { return p.ID != "" && now.Before(p.Expires) }

// Opened reports whether in is a session that this pass, and not one before it,
// has opened.
func (p Pass) Opened(in session.Session) bool {
	return p.ID != "" && in.CameByPass() && in.Pass == p.ID
}

// The effects of what others do about a member.
type (
	// SetSuspension replaces the suspension; the zero Suspension ends it.
	SetSuspension struct{ Suspension Suspension }
	// SetPass replaces the enrolment pass; the zero Pass takes it away.
	SetPass struct{ Pass Pass }
	// SpendPass uses the enrolment pass: ErrTaken if it was used or replaced.
	SpendPass struct{ ID session.Hash }
	// Reinvite turns a deactivated member into an invited one who begins anew: of
	// what they signed in with, supervised or were mailed nothing is left. It
	// returns ErrTaken unless they are deactivated.
	Reinvite struct {
		Name     string
		Role     org.Role
		Team     org.TeamID // empty: in none
		Language org.Language
	}
	// SetRole changes the stored role: ErrTaken unless From is the one that holds.
	SetRole struct{ From, To org.Role }
	// Deactivate ends the membership: ErrTaken if it has ended, or if it is the
	// organisation's last active administrator's (at the desk: lead's).
	Deactivate struct{}
)

func (SetSuspension) effect() {}
func (SetPass) effect()       {}
func (SpendPass) effect()     {}
func (Reinvite) effect()      {}
func (SetRole) effect()       {}
func (Deactivate) effect()    {}
