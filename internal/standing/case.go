package standing

import (
	"slices"
	"time"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/factor"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/session"
)

// CaseState is where an administrator's case at the desk stands.
type CaseState string

// The states of a case.
const (
	CaseOpen    CaseState = "open"    // people talk, evidence comes in, nobody has approved
	CaseSecond  CaseState = "second"  // one agent has approved, another looks at it
	CaseWaiting CaseState = "waiting" // two have: the time to object runs, then the halves are handed over
	CaseHanded  CaseState = "handed"  // the halves of the pass were given
	CaseFrozen  CaseState = "frozen"  // somebody objected: a lead releases or closes it

	CaseDone      CaseState = "done"      // MFA was set up anew with its pass
	CaseRejected  CaseState = "rejected"  // an agent or a lead said no
	CaseAbandoned CaseState = "abandoned" // nothing was heard of the claimant any more
	CaseWithdrawn CaseState = "withdrawn" // it is not needed any more
)

// Ended reports whether nothing more can become of a case in this state.
func (c CaseState) Ended() bool {
	switch c {
	case CaseOpen, CaseSecond, CaseWaiting, CaseHanded, CaseFrozen:
		return false
	}
	return true
}

// A Case is an administrator's request to the desk. The zero Case is none.
type Case struct {
	ID      string
	Number  string // "2026-0042": people name it, and it is no secret
	Member  org.MemberID
	Begun   Via
	Created time.Time
	// Alone says that there are other administrators and that the claimant cannot
	// reach them.
	Alone bool
	State CaseState
	Since time.Time // it stands there
	// Heard is when something last came from the claimant.
	Heard time.Time
	// Asked and Answered are when the claimant began to wait for an answer (zero: an
	// agent spoke last), and when an agent first answered.
	Asked, Answered time.Time

	Pin      factor.CasePin // read out by whoever calls
	PinWrong int            // in a row
	Token    session.Token  // of the mail address that threads into the case

	Agent    org.MemberID // who has taken it; empty: nobody
	First    org.MemberID // who approved first
	FirstAt  time.Time
	Second   org.MemberID // whom the queue has picked to look again
	PickedAt time.Time
	SecondAt time.Time // of the second approval
	Opens    time.Time // the time to object ends
	Handed   time.Time // the halves were given
	// Checked are the checks that agents have ticked, each with how.
	Checked []Check
	Refused int // copies that were not kept
	// Reason is what whoever rejected it, or objected, said.
	Reason string

	// Destroy is when the evidence goes at the latest; zero: the case has not ended.
	// Destroyed is when it went.
	Destroy, Destroyed time.Time
}

// Lives reports whether the case exists and has not ended.
func (c Case) Lives() bool { return c.ID != "" && !c.State.Ended() }

// Via is a way in which the desk is spoken to.
type Via string

// The ways.
const (
	ByChat  Via = "chat"
	ByMail  Via = "mail"
	ByPhone Via = "phone"
)

// A Check is one row of an agent's checklist, ticked.
type Check struct {
	Item string       `json:"item"` // a stable word
	How  string       `json:"how"`  // in the agent's words
	By   org.MemberID `json:"by"`
	At   time.Time    `json:"at"`
}

// An EntryKind says who speaks in a conversation.
type EntryKind string

// The kinds of entry.
const (
	FromClaimant EntryKind = "claimant"
	FromAgent    EntryKind = "agent"
	OfCase       EntryKind = "case" // something happened: Text is a stable word
	OfNote       EntryKind = "note" // of an agent, for agents
	OfCall       EntryKind = "call" // likewise, about a call
)

// An Entry is one piece of the conversation of a case.
type Entry struct {
	Seq  int64 // from 1, without gaps; the store sets it
	At   time.Time
	Kind EntryKind
	By   org.MemberID // empty: nobody, or the claimant
	Name string       // of By; the store fills it in
	Via  Via          // empty: neither
	// Once is what whoever sends draws for it: a second one with the same is the
	// same entry, sent again. Empty: it is sent by the program itself.
	Once string
	Text string
	File string // the evidence it brought; empty: none
}

// Inner reports whether the claimant does not see the entry.
func (e Entry) Inner() bool { return e.Kind == OfNote || e.Kind == OfCall }

// A Side is one of the two that talk in a case.
type Side string

// The sides.
const (
	Claimants Side = "claimant"
	Desks     Side = "desk"
)

// Marks are how far a side has had and has read the conversation, by Seq.
type Marks struct{ Delivered, Read int64 }

// An EvidenceKind says what a file is to show.
type EvidenceKind string

// The kinds of evidence.
const (
	CompanyExtract EvidenceKind = "extract"
	IdentityCopy   EvidenceKind = "identity"
	Selfie         EvidenceKind = "selfie"
	Authorisation  EvidenceKind = "authorisation"
)

// EvidenceKinds lists them in the order in which they are asked for.
var EvidenceKinds = []EvidenceKind{CompanyExtract, IdentityCopy, Selfie, Authorisation}

// Evidence is a file on a case, without its pages.
type Evidence struct {
	ID    string
	Kind  EvidenceKind
	At    time.Time
	Via   Via
	Size  int    // bytes of the file as it came
	Type  string // by content
	Hash  string // SHA-256 of the file as it came, in hex
	Look  uint64 // perceptual hash of the first page
	Pages int
	// Doubtful says that it could not be told to be safe: the places of the number
	// are masked in what is kept.
	Doubtful bool
	// Findings are the checks made on arrival.
	Findings []Finding
	// Elsewhere says that the same file, or one that looks the same, is on another case.
	Elsewhere bool
}

// A Finding is what a check on arrival found.
type Finding struct {
	Code string `json:"code"`           // a stable word
	Good bool   `json:"good,omitempty"` // it speaks for the claimant
	// Sure is how sure the reader is, in percent; 0: it is no matter of reading.
	Sure  int    `json:"sure,omitempty"`
	Found string `json:"found,omitempty"` // what the file says
	Want  string `json:"want,omitempty"`  // what is on file
}

// A Receipt says what there was of a destroyed piece of evidence.
type Receipt struct {
	Kind EvidenceKind `json:"kind"`
	Hash string       `json:"hash"`
	Came time.Time    `json:"came"`
	Size int          `json:"size"`
}

// The effects on cases.
type (
	// AddCase keeps a new one, under a key of its own.
	AddCase struct{ Case Case }
	// SetCase changes the member's case: ErrTaken unless it stands at From.
	SetCase struct {
		From CaseState
		Case Case
	}
	// AddEntry adds to the conversation of a case; it changes nothing where the same
	// side has sent one with the same Once.
	AddEntry struct {
		Case  string
		Entry Entry
	}
	// KeepEvidence keeps a file, page by page as pictures.
	KeepEvidence struct {
		Case     string
		Evidence Evidence
		Pages    [][]byte
	}
	// DropEvidence drops what there is of a kind.
	DropEvidence struct {
		Case string
		Kind EvidenceKind
	}
	// AdmitBrowser lets a browser show a case until an instant.
	AdmitBrowser struct {
		Case    string
		Browser session.Hash
		Until   time.Time
	}
	// DismissBrowsers ends that for every browser.
	DismissBrowsers struct{ Case string }
	// DestroyEvidence deletes the key of a case, and everything under it.
	DestroyEvidence struct {
		Case     string
		Receipts []Receipt
		At       time.Time
	}
)

func (AddCase) effect()         {}
func (SetCase) effect()         {}
func (AddEntry) effect()        {}
func (KeepEvidence) effect()    {}
func (DropEvidence) effect()    {}
func (AdmitBrowser) effect()    {}
func (DismissBrowsers) effect() {}
func (DestroyEvidence) effect() {}

// A Queued is a case as the agents' queue shows it.
type Queued struct {
	Case
	Claimant     string // their name
	Organisation string
	Agents       map[org.MemberID]string // names of those in the case
	Have         []EvidenceKind
}

// An Agent is a member of the desk, as the queue picks one.
type Agent struct {
	ID    org.MemberID
	Name  string
	Email org.Email
	// Busy is how many cases that live they have taken or look at again.
	Busy int
	// Own says that one of the claimant's organisation has the same address.
	Own bool
}

// A Trace is one sign-in of the organisation, or a try, as agents see it.
type Trace struct {
	At     time.Time
	Kind   audit.Kind
	Name   string
	Origin audit.Origin
}

// DeskFigures are how much there is to do at the desk, and how long it took.
type DeskFigures struct {
	Open, Waiting int // cases that live; claimants who wait for an answer
	Refused       int // files that were not kept, ever
	// Answers and Verdicts are how long the first answer and the verdict took.
	Answers, Verdicts []time.Duration
}

// Median returns the one in the middle, or nothing of none.
func Median(list []time.Duration) time.Duration {
	if len(list) == 0 {
		return 0
	}
	return slices.Sorted(slices.Values(list))[len(list)/2]
}

// Dues are instants: of a case that was heard of, picked a second agent for, or ended
// at or before one of them, something is to be done at Now.
type Dues struct{ Now, Heard, Picked, Ended time.Time }
