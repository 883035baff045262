package web

import (
	"time"

	"github.com/sparekey/sparekey/internal/ladder"
	"github.com/sparekey/sparekey/internal/org"
)

// Requests lists the requests for help that the viewer is asked.
//
//	GET /requests/{id}
//	GET /requests?skip=N   those before the N newest
type Requests struct {
	Frame
	Rows   []RequestRow
	Newest bool   // newer ones come before these
	Older  string // the link to those before these; empty: there are none
}

func (Requests) template() string { return "requests" }
func (v Requests) title() string  { return v.Say("requests.title") }

// A RequestRow is one request in the list.
type RequestRow struct {
	ID      string
	Name    string
	Team    string // empty: none
	Role    org.Role
	Since   time.Time
	Browser string
	Known   bool // the browser that asked is one of theirs
	// Waits: nobody has answered; else Opens says when what was given opens, zero: it has.
	Waits bool
	Opens time.Time
}

// Request is one request for help, with what a colleague needs to answer it.
//
//	POST /requests/{id}/approve  give, length, lost, verified, note, code
//	POST /requests/{id}/refuse   words
//	POST /requests/{id}/agree    note
//	POST /requests/{id}/stop     note
//
// Problems: WrongMatching (Field "code", carries TriesLeft), NoMatching, NothingChosen
// (Field "give", "length", "lost" or "verified"), NoReason (Field "note" or "words"),
// ChangedMeanwhile.
type Request struct {
	Frame
	ID    string
	Name  string
	Email string // masked
	Team  string // empty: none
	Role  org.Role
	Phone string // empty: none on file

	Since         time.Time
	Until         time.Time // the request or what answered it lives until then
	Browser       string
	Address       string // network address
	Known         bool
	PasswordReset bool // the password was set by mail lately

	// State chooses "request.state.STATE": asked, waiting, open, suspended, refused,
	// withdrawn, closed, stopped, done, expired.
	State string
	By    string    // who answered; empty: not said
	Opens time.Time // waiting: when the pass opens

	// Why nothing can be given, or not the one: reasons of the rules. Empty: it can.
	Why, SuspendWhy, PassWhy, CallWhy, AgreeWhy ladder.Reason
	WhyUntil, CallUntil, AgreeFrom              time.Time
	ForAdministrator                            bool // the time to object comes first
	Settings                                    bool // the viewer may open Settings
	MayRefuse, MayAgree, MayStop                bool

	Give, Verified, Lost, Note, Words string // as typed
	Lengths                           []Choice
}

func (Request) template() string { return "request" }
func (v Request) title() string  { return v.Say("request.title", "Name", v.Name) }

// Asked reports whether the request waits for an answer.
func (v Request) Asked() bool { return v.State == "asked" }
