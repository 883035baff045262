package standing

import (
	"time"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/factor"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/session"
)

// RequestState is where a request for help stands. Whether it still lives is
// asked of Live.
type RequestState string

// The states of a request.
const (
	Asked     RequestState = "asked"     // nobody has answered
	Approved  RequestState = "approved"  // someone gave a suspension or a pass
	Refused   RequestState = "refused"   // someone said no
	Withdrawn RequestState = "withdrawn" // the member needs it no more
	Closed    RequestState = "closed"    // too many wrong matching codes
	Stopped   RequestState = "stopped"   // someone objected
	Done      RequestState = "done"      // the member is in by it
)

// Given says what a request was answered with.
type Given string

// What is given.
const (
	GivenSuspension Given = "suspension"
	GivenPass       Given = "pass"
)

// A Request is a locked-out member's, to supervisor or administrator.
type Request struct {
	ID      string
	Browser session.Hash // the one that asked, in which alone it goes on
	Code    factor.MatchingCode
	Created time.Time
	Expires time.Time // exclusive
	State   RequestState
	Wrong   int  // matching codes typed
	Known   bool // the browser that asked is a known device
	Origin  audit.Origin

	Given    Given        // Approved; else empty
	Answered time.Time    // zero: not yet
	By       org.MemberID // who answered; empty: nobody, or the operator
	Opens    time.Time    // of a pass: until then there is time to object
	Agreed   time.Time    // a second administrator agreed; zero: none
	AgreedBy org.MemberID
	Words    string // of whoever refused
}

// Live reports whether the request may still be answered, or its answer used, at
// now.
func (r Request) Live(now time.Time) bool {
	return (r.State == Asked || r.State == Approved) && now.Before(r.Expires)
}

// Lifetime is how long the pass waits to be used once it opens.
func (p Pass) Lifetime() time.Duration {
	if p.Browser != "" {
		return AnswerLifetime
	}
	return PassLifetime
}

// RequestLifetime is how long a request waits for an answer.
const RequestLifetime = 24 * time.Hour

// RequestPath begins the path of the page at which a colleague answers.
const RequestPath = "/requests/"

// Ended reports whether nothing more can become of the request, however late it is.
func (r Request) Ended() bool { return r.State != Asked && r.State != Approved }

// Request returns the request id, or false.
func (s Standing) Request(id string) (Request, bool) {
	for _, r := range s.Requests {
		if r.ID == id && id != "" {
			return r, true
		}
	}
	return Request{}, false
}

// The effects on requests.
type (
	// AddRequest keeps a new one.
	AddRequest struct{ Request Request }
	// SetRequest changes the state, the answer and the end of a request: ErrTaken
	// unless it stands at From.
	SetRequest struct {
		From    RequestState
		Request Request
	}
	// TurnBrowser has whatever holds in a browser for the member (requests, a
	// suspension, a pass) hold where To is shown from now on, and nowhere else.
	TurnBrowser struct{ From, To session.Hash }
)

func (AddRequest) effect()  {}
func (SetRequest) effect()  {}
func (TurnBrowser) effect() {}

// An Asking is a request as a list shows it, with who asks.
type Asking struct {
	Request
	Member org.Member
	Team   string // its name; empty: none
}
