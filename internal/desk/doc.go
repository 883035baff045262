// Package desk holds the rules of cases: how an administrator whom nobody in the
// organisation can help reaches the desk, and what it takes there to get back in.
//
// It owns which step a case allows in which state, who takes it, and what it saves.
// It refuses to give a pass itself (ladder does, which looks at the case once more),
// to look at files, and to touch a clock, a store or a network.
package desk

import (
	"time"

	"github.com/sparekey/sparekey/internal/ladder"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/session"
	"github.com/sparekey/sparekey/internal/standing"
)

// Bounds of a case.
const (
	// BrowserTime is how long a browser shows a case after the password.
	BrowserTime = 12 * time.Hour
	// Quiet is after how long without a word of the claimant a case is abandoned.
	Quiet = 14 * 24 * time.Hour
	// SecondTime is how long the second agent has before the queue picks another.
	SecondTime = 24 * time.Hour
	// MaxText is the longest entry, in characters; MaxEntries the most that a claimant
	// writes in an hour, and MaxFiles the most that are looked at.
	MaxText    = 4000
	MaxEntries = 120
	MaxFiles   = 20
)

// A StepKind names something that is done with a case.
type StepKind string

// The steps of the claimant.
const (
	Open     StepKind = "open a case"
	Return   StepKind = "return to a case"
	Write    StepKind = "write to the desk"
	Bring    StepKind = "bring evidence"     // it is kept
	Turned   StepKind = "turn away evidence" // it was not fit to be kept
	Withdraw StepKind = "withdraw a case"
)

// The steps of the desk.
const (
	See     StepKind = "see a case"
	Take    StepKind = "take a case"
	HandOn  StepKind = "hand a case on"
	Say     StepKind = "answer a claimant"
	Note    StepKind = "note about a case"
	Call    StepKind = "log a call"
	View    StepKind = "view evidence"
	Tick    StepKind = "tick a check"
	AskMore StepKind = "ask for more"
	Approve StepKind = "approve a case"
	Confirm StepKind = "approve a case as second"
	Reject  StepKind = "reject a case"
	Hand    StepKind = "hand over the pass"
	Release StepKind = "release a case"
	Pick    StepKind = "pick another second"
	Abandon StepKind = "abandon a case"
	Destroy StepKind = "destroy evidence"
)

// Steps lists every step.
var Steps = []StepKind{
	Open, Return, Write, Bring, Turned, Withdraw,
	See, Take, HandOn, Say, Note, Call, View, Tick, AskMore, Approve, Confirm, Reject, Hand, Release, Pick, Abandon, Destroy,
}

// States lists every state of a case; the empty one: there is none.
var States = []standing.CaseState{
	"", standing.CaseOpen, standing.CaseSecond, standing.CaseWaiting, standing.CaseHanded, standing.CaseFrozen,
	standing.CaseDone, standing.CaseRejected, standing.CaseAbandoned, standing.CaseWithdrawn,
}

// Items are the checks that every agent who approves has ticked, each with how.
var Items = []string{"organisation", "name", "power", "date", "seal", "identity", "face", "contact"}

// Needed is the evidence without which nobody approves.
var Needed = []standing.EvidenceKind{standing.CompanyExtract, standing.IdentityCopy, standing.Selfie}

// Reasons of this package, besides those of ladder.
const (
	NoCase        ladder.Reason = "no-case"
	CaseOver      ladder.Reason = "case-over"
	CaseFrozen    ladder.Reason = "case-frozen"
	TooMuch       ladder.Reason = "too-much"
	NotTaken      ladder.Reason = "not-taken" // another agent has it, or nobody
	Unchecked     ladder.Reason = "unchecked"
	EvidenceLacks ladder.Reason = "evidence-lacks"
	NoSecond      ladder.Reason = "no-second"
	OwnColleague  ladder.Reason = "own-colleague"
	NoWords       ladder.Reason = "no-words"
	NotOverdue    ladder.Reason = "not-overdue"
)

// A Step is a step with what it needs.
type Step struct {
	Kind  StepKind
	By    standing.Giver // of the desk; the zero Giver: the claimant, or the program
	Case  standing.Case  // of Open: what was drawn for it
	Entry standing.Entry // of what is said
	// Browser is what the claimant's shows from now on.
	Browser session.Hash
	// Evidence and Pages are what Bring keeps; its kind is that of Turned too.
	Evidence standing.Evidence
	Pages    [][]byte
	Have     []standing.EvidenceKind // there already
	Written  int                     // entries of the claimant in the last hour
	Files    int                     // that were looked at
	// Foreign says that whoever acts has an address of one of the claimant's colleagues.
	Foreign bool
	// Agents are those whom Approve and Pick choose from, the one to prefer first; of
	// HandOn, To is the one.
	Agents []standing.Agent
	To     org.MemberID
	Checks []standing.Check // of Tick: those that are new or said otherwise
	// PinRight says that the caller read out the case's PIN; NewPin stands in place of
	// it where it was wrong too often.
	PinRight bool
	NewPin   standing.Case
	Pass     standing.Pass
	Half     string
	Verified ladder.Verified
	Zone     *time.Location
	// Helpers are the organisation's other administrators.
	Helpers  []standing.Helper
	Keep     time.Duration // how long evidence is kept after the end
	Receipts []standing.Receipt
}
