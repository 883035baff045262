package standing

import (
	"slices"
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
	// As is what is known of a member who gives; nil: the operator.
	As *Colleague
}

// A Colleague is a member who does something about another member or about the
// organisation, in a session, as known at one instant.
type Colleague struct {
	Viewer
	Session session.Session
	// Teams are those that they supervise.
	Teams []org.TeamID
	// RoleSince is when they got the stored role that they have.
	RoleSince time.Time
	// Version is that of their row. NeedColleague holds a decision to it.
	Version int64
}

// Supervises reports whether the colleague supervises a team; nobody supervises
// those who are in none.
func (c Colleague) Supervises(team org.TeamID) bool {
	return team != "" && slices.Contains(c.Teams, team)
}

// Gives returns the colleague as whoever gives.
func (c Colleague) Gives() Giver {
	return Giver{Actor: audit.Actor{Kind: audit.Member, Member: c.Member.ID}, Name: c.Member.Name, As: &c}
}

// Bind holds a decision about m to what was known of a member who gives: it is not
// saved if their row has changed since.
func (g Giver) Bind(m org.MemberID, d Decision) Decision {
	if g.As == nil || g.As.Member.ID == m {
		return d
	}
	return Decision{Effects: []Effect{NeedColleague{Member: g.As.Member.ID, Version: g.As.Version}}}.Merge(d)
}

// ChangesKept is how long it counts who changed what about a member.
const ChangesKept = 7 * 24 * time.Hour

// A What names something about a member that others change.
type What string

// What is changed.
const (
	RoleOf  What = "role" // also the one that supervising gives
	TeamOf  What = "team"
	PhoneOf What = "phone"
	EmailOf What = "email"
	HelpOf  What = "help"  // nothing was changed: their help was objected to
	GivenBy What = "given" // nothing was changed: what they had given came to its end
)

// A Change is that someone changed something about a member.
type Change struct {
	What What
	Was  org.Role // RoleOf: the highest role before; else empty
	At   time.Time
	By   audit.Actor
}

// HighestRole returns the highest role that the member has held in the time up to
// now that counts.
func (s Standing) HighestRole(now time.Time) org.Role {
	highest := s.Member.Role()
	for _, c := range s.Changes {
		if c.What == RoleOf && c.Was.Above(highest) && now.Before(c.At.Add(ChangesKept)) {
			highest = c.Was
		}
	}
	return highest
}

// A Suspension disables one member's MFA until an instant. The zero Suspension
// suspends nothing. One that is running is replaced, never extended.
type Suspension struct {
	Since time.Time
	Until time.Time // exclusive
	Lost  bool      // the phone is lost; else only not at hand
	By    audit.Actor
	// Browser is the one that asked for it, which needs no mailed code; empty: none.
	Browser session.Hash
	// Reminded says that the member was told that the end is near, and Over that it
	// was told that it has come. A suspension ends without either.
	Reminded, Over bool
}

// Covers reports whether now lies within the suspension; never once it was told
// that it is over, wherever the clock stands since. Whether MFA is off for
// the member at now hangs on more: ladder.Suspended answers that.
func (s Suspension) Covers(now time.Time) bool {
	return !now.Before(s.Since) && now.Before(s.Until) && !s.Over
}

// PassLifetime is how long an enrolment pass waits to be used, and AnswerLifetime
// what answers a request for help, each from the instant at which it opens.
const (
	PassLifetime   = 24 * time.Hour
	AnswerLifetime = 72 * time.Hour
)

// A Pass is an enrolment pass: the right to set up MFA anew, once, while MFA
// stays on. The zero Pass gives no right. A new one replaces the one before.
type Pass struct {
	ID      session.Hash // of the link that carries it, or of what else does
	Given   time.Time
	From    time.Time // until then there is time to object; zero: at once
	Expires time.Time // exclusive
	By      audit.Actor
	// Browser is the one that asked for it and waits; empty: none.
	Browser session.Hash
	// AgreedBy is the second administrator who ended the time to object; empty: none.
	AgreedBy org.MemberID
}

// Open reports whether the pass may be used at now.
func (p Pass) Open(now time.Time) bool {
	return p.ID != "" && !now.Before(p.From) && now.Before(p.Expires)
}

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
		At       time.Time
	}
	// SetRole changes the stored role at an instant: ErrTaken unless From is the one
	// that holds.
	SetRole struct {
		From, To org.Role
		At       time.Time
	}
	// NoteChange remembers who changed something about the member.
	NoteChange struct{ Change Change }
	// NeedColleague saves nothing: ErrTaken unless the row of the member who gives,
	// one of the same organisation or of the desk, is what it was when they were
	// looked at.
	NeedColleague struct {
		Member  org.MemberID
		Version int64
	}
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
func (NoteChange) effect()    {}
func (NeedColleague) effect() {}
