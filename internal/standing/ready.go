package standing

import (
	"time"

	"github.com/sparekey/sparekey/internal/org"
)

// A Colour says how a member would fare if the phone were gone now.
type Colour string

// The colours. ladder.Ready gives a member's.
const (
	Green Colour = "green" // back in alone, and not by one way only
	Amber Colour = "amber" // other people are needed, or there is one way only
	Red   Colour = "red"   // nobody and nothing carries
	Grey  Colour = "grey"  // MFA is off: no phone is needed, and nothing is protected
)

// Colours lists them, the worst first.
var Colours = []Colour{Red, Amber, Green, Grey}

// Carry says what would carry a member if the phone, with the first
// authenticator, were gone now.
type Carry struct {
	Factor bool // another authenticator
	Code   bool // a backup code
	Mail   bool // the backup e-mail
	People bool // a supervisor or an administrator
}

// Alone reports whether the member gets back in without anybody's help.
func (c Carry) Alone() bool { return c.Factor || c.Code || c.Mail }

// Colour returns the colour of a member with MFA.
func (c Carry) Colour() Colour {
	ways := 0
	for _, way := range [...]bool{c.Factor, c.Code, c.Mail, c.People} {
		if way {
			ways++
		}
	}
	switch {
	case ways == 0:
		return Red
	case c.Alone() && ways > 1:
		return Green
	}
	return Amber
}

// A Muster counts the active members of an organisation by how they would fare.
// Alone, People, Nobody and NoMFA add up to Members.
type Muster struct {
	Members int
	Alone   int // get back in alone
	People  int // need a colleague
	Nobody  int // would be locked out
	NoMFA   int

	Colours  map[Colour]int
	NoBackup int // have MFA, and neither an unused backup code nor a confirmed backup e-mail
	// WorkMail counts those whose backup e-mail has the domain of their sign-in address.
	WorkMail       int
	Administrators int
}

// A Readying asks for a page of those with a colour; empty: everybody.
type Readying struct {
	Organisation  org.OrganisationID
	Colour        Colour
	After, Before org.MemberID // as in Listing
	Limit         int
}

// A Readied is a member, and what would carry them.
type Readied struct {
	Listed
	Carry
}

// Colour returns the member's colour.
func (r Readied) Colour() Colour {
	if r.MFASince.IsZero() {
		return Grey
	}
	return r.Carry.Colour()
}

// A Readiness is one page of Readying, by name, and the count of all members.
type Readiness struct {
	Muster
	Rows           []Readied
	Total          int // on all pages
	Earlier, Later bool
}

// A Reminding is that an organisation has those who have no backup reminded.
type Reminding struct {
	Asked time.Time // zero: never
	Done  time.Time // the last mail was put in the outbox; zero: they are not all there yet
}

// RemindEvery is how long nobody is reminded again.
const RemindEvery = 7 * 24 * time.Hour
