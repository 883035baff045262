package web

import (
	"time"

	"github.com/sparekey/sparekey/internal/standing"
)

// ReadyPage shows administrators how their members would fare if their phones
// were gone now.
//
//	GET  /readiness          colour after before
//	GET  /readiness/remind   asks whether members shall be reminded
type ReadyPage struct {
	Frame
	standing.Muster
	Colour   standing.Colour // those listed; empty: everybody
	Rows     []ReadyRow
	Newer    string // paths of the pages around this one; empty: there is none
	Older    string
	OnlyYou  bool      // there is one administrator
	Again    time.Time // members were reminded lately: not before then
	MayAsk   bool      // whoever looks may have members reminded
	Reminded time.Time // when they last were; zero: never
}

// A ReadyRow is a member.
type ReadyRow struct {
	Name, Team string
	Colour     standing.Colour
	standing.Carry
}

func (ReadyPage) template() string { return "readiness" }
func (v ReadyPage) title() string  { return v.Say("readiness.title") }

// Colours are those to choose from.
func (ReadyPage) Colours() []standing.Colour { return standing.Colours }

// Count is how many have a colour.
func (v ReadyPage) Count(c standing.Colour) int { return v.Muster.Colours[c] }

// RemindPage asks whether those who have no backup shall be reminded.
//
//	POST /readiness/remind  (no fields)
//
// Problems: NotAllowedNow.
type RemindPage struct {
	Frame
	NoBackup int
	Again    time.Time // they were reminded lately: not before then
}

func (RemindPage) template() string { return "remind" }
func (v RemindPage) title() string  { return v.Say("remind.title") }

// DrillPage walks a member through what would happen if the phone were gone now.
// It changes nothing.
type DrillPage struct {
	Frame
	Steps []DrillStep
	// Colour is how it ends; standing.Grey: MFA is off.
	Colour standing.Colour
	// Mend says what is to be done about it: "codes", "email" or nothing.
	Mend string
}

// A DrillStep is one way back, as the member meets it.
type DrillStep struct {
	Kind RungKind // factor, backup-code, backup-email, helper, administrator or operator
	// Opens says that it lets the member in; People that others do. The first that
	// opens is In.
	Opens, In bool
	Helpers   []Person
	Codes     int
	Masked    string
	Reason    string    // words of why not; empty: none
	Until     time.Time // until when
}

func (DrillPage) template() string { return "drill" }
func (v DrillPage) title() string  { return v.Say("drill.title") }
