package web

import (
	"time"

	"github.com/sparekey/sparekey/internal/org"
)

// DemoStart is the start page of the demo: who you can be.
//
//	POST /demo/clock  by (a Go duration), next
//	GET  /sign-in?email=…  one per person
type DemoStart struct {
	Frame
	Password string // the one they share
	// First and Last are the backup codes they share, as typed.
	First, Last string
	Now         time.Time
	Teams       []DemoTeam
}

// A DemoTeam is a department of the made-up organisation.
type DemoTeam struct {
	Organisation string
	Name         string // empty: in no team
	People       []DemoPerson
}

// A DemoPerson is someone to be.
type DemoPerson struct {
	Name  string
	Email string
	Role  org.Role
	// Special is what is special about them, already in the page's language:
	// "no MFA", "no backup". May be empty.
	Special []string
}

func (DemoStart) template() string { return "demo-start" }
func (v DemoStart) title() string  { return v.Say("demo-start.title") }

// DemoMailbox shows every mail that was sent, newest first. Form as in
// DemoStart.
type DemoMailbox struct {
	Frame
	Now   time.Time
	Mails []DemoMail
}

// A DemoMail is one mail as it was sent.
type DemoMail struct {
	At      time.Time
	To      string
	Subject string
	Text    string
	Links   []string // those within Text, in order
}

func (DemoMailbox) template() string { return "demo-mailbox" }
func (v DemoMailbox) title() string  { return v.Say("demo-mailbox.title") }

// DemoPhone shows the authenticator codes of everybody now. Form as in
// DemoStart.
type DemoPhone struct {
	Frame
	Now   time.Time
	Codes []DemoCode
}

// A DemoCode is what one authenticator shows now.
type DemoCode struct {
	Name          string // of the member
	Email         string
	Organisation  string // where the address is in several; else empty
	Authenticator string // its name; empty: not said
	Code          string // 6 digits
	SecondsLeft   int
}

func (DemoPhone) template() string { return "demo-phone" }
func (v DemoPhone) title() string  { return v.Say("demo-phone.title") }

// A ClockStep is one button that moves the demo's clock.
type ClockStep struct {
	By    string // a Go duration
	Words time.Duration
}

// ClockSteps are the buttons that move the demo's clock.
func (Frame) ClockSteps() []ClockStep {
	return []ClockStep{
		{"30s", 30 * time.Second},
		{"10m", 10 * time.Minute},
		{"1h", time.Hour},
		{"24h", 24 * time.Hour},
		{"72h", 72 * time.Hour},
	}
}
