package web

import "time"

// An AskState says where asking for help stands in this browser. It chooses
// "ask.STATE.title" and what the page offers.
type AskState string

// The states. AskReady goes on by itself.
const (
	AskFirst   AskState = "first"   // nothing is asked yet
	AskWaiting AskState = "asked"   // nobody has answered
	AskOpens   AskState = "opens"   // a pass, to which there is time to object
	AskReady   AskState = "ready"   // what was given is open
	AskSignIn  AskState = "sign-in" // the same, after the password
	AskRefused AskState = "refused"
	AskClosed  AskState = "closed"
	AskStopped AskState = "stopped"
	AskExpired AskState = "expired"
)

// Ask is the page on which a locked-out member asks for help and waits for it.
//
//	GET  /mfa/help/state     (JSON: state)
//	POST /mfa/help           (no fields: asks)
//	POST /mfa/help/withdraw  (no fields)
//	POST /mfa/help/on        (no fields: goes on, AskReady)
//
// Problems: Refused.
type Ask struct {
	Frame
	State         AskState
	Administrator bool     // another administrator is asked
	People        []Person // who can help
	Why           string   // the reason why it cannot be asked; chooses "ask.no.WHY"
	Code          string   // to be read out, in groups
	Expires       time.Time
	Opens         time.Time // AskOpens
	By            string    // who answered
	Words         string    // AskRefused
	SigningIn     bool      // the password was right in this browser a moment ago
}

func (Ask) template() string { return "ask" }
func (v Ask) title() string  { return v.Say("ask." + string(v.State) + ".title") }

// Polls reports whether the state may change while the page is open.
func (v Ask) Polls() bool { return v.State == AskWaiting || v.State == AskOpens }

// Again reports whether help may be asked again from here.
func (v Ask) Again() bool {
	return v.SigningIn && (v.State == AskRefused || v.State == AskClosed || v.State == AskExpired)
}
