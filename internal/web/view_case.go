package web

import (
	"time"

	"github.com/sparekey/sparekey/internal/ladder"
	"github.com/sparekey/sparekey/internal/standing"
)

// CaseBegin is the page on which a locked-out administrator turns to the desk.
//
//	POST /mfa/desk  via ("chat", "mail" or "phone"), alone ("yes": I cannot reach them)
//
// Problems: NothingChosen (Field "via"), Refused.
type CaseBegin struct {
	Frame
	People []Person // the other administrators
	Phone  string   // of the desk; empty: none
	Open   bool     // somebody is there now
	Opens  time.Time
	Mail   bool   // the desk reads mail
	Why    string // why no case can be opened; chooses "case.no.WHY"
	Until  time.Time
}

func (CaseBegin) template() string { return "case-begin" }
func (v CaseBegin) title() string  { return v.Say("case.begin-title") }

// A CaseAsk is one thing that the desk asks for.
type CaseAsk struct {
	Kind  standing.EvidenceKind
	State string // "missing", "kept", "doubtful"
	At    time.Time
}

// A CaseLine is one entry of a conversation, in words.
type CaseLine struct {
	Seq   int64
	Who   string // empty: it says what happened
	Mine  bool
	Inner bool // agents alone see it
	At    time.Time
	Via   standing.Via
	Text  string
	Mark  string // of one's own: "sent", "delivered" or "read"
}

// Case is a case as the administrator sees it who opened it.
//
//	GET  /cases/{number}/talk?after=SEQ    (part of the page: what was said since)
//	GET  /cases/{number}/events            (server-sent events: something has changed)
//	POST /cases/{number}/write             text, once
//	POST /cases/{number}/files             kind, file (multipart)
//	POST /cases/{number}/seen              delivered, read
//	POST /cases/{number}/withdraw          (no fields)
//	POST /cases/{number}/halves            mailed, read
//
// Problems: NoWords (Field "text"), FileRefused (Field "file", with Brought),
// WrongHalves (Field "mailed"), NotAllowedNow, ChangedMeanwhile.
type Case struct {
	Frame
	Number  string
	State   standing.CaseState
	People  []Person // the other administrators, who may take over
	Pin     string   // in groups; empty: the case is over
	Phone   string
	Open    bool
	OpensAt time.Time // somebody is there from then
	Mailbox string    // empty: the desk reads no mail
	Asks    []CaseAsk
	Lines   []CaseLine
	Last    int64
	Typed   string // what was typed and not sent
	Once    string // drawn for the next entry
	// Objection is until when one can object; Halves has the page ask for them.
	Objection time.Time
	Halves    bool
	SignedIn  bool // the password was right in this browser a moment ago
	Reason    string
	Destroy   time.Time // the evidence goes then
	Gone      time.Time // it went
	Brought   *BroughtFile
	KeepDays  int
	For       string // for whom the copy is
	Today     string // as date fields have it
}

// BroughtFile says what became of a file.
type BroughtFile struct {
	Kind    standing.EvidenceKind
	Fate    string // chooses "case.fate.FATE"
	Reasons []string
}

func (Case) template() string { return "case" }
func (v Case) title() string  { return v.Say("case.title", "Number", v.Number) }

// Lives reports whether the case has not ended.
func (v Case) Lives() bool { return !v.State.Ended() }

// Brings reports whether evidence can be brought now.
func (v Case) Brings() bool { return v.State == standing.CaseOpen }

// Missing returns how many things are asked for that are not there.
func (v Case) Missing() int {
	n := 0
	for _, a := range v.Asks {
		if a.State == "missing" {
			n++
		}
	}
	return n
}

// CaseTalk is the part of a page that holds a conversation, for scripts.
type CaseTalk struct {
	Frame
	State standing.CaseState
	Lines []CaseLine
	Last  int64
	// Delivered and Read are how far the other side has had and read it.
	Delivered, Read int64
}

func (CaseTalk) template() string { return "case-talk" }
func (v CaseTalk) title() string  { return "" }

// Desk is the agents' queue.
type Desk struct {
	Frame
	Rows  []DeskRow
	Ended []DeskRow
	// Open, Waiting and Refused count; Answer and Verdict are medians of 90 days, zero:
	// there were none.
	Open, Waiting, Refused int
	Answer, Verdict        time.Duration
}

func (Desk) template() string { return "desk" }
func (v Desk) title() string  { return v.Say("desk.title") }

// A DeskRow is one case in the queue.
type DeskRow struct {
	Number       string
	State        standing.CaseState
	Claimant     string
	Organisation string
	Begun        standing.Via
	Waits        time.Duration // for an answer; 0: they do not
	Since        time.Time
	Agent        string // who has it; empty: nobody
	Mine         bool   // it is the viewer's turn
	Missing      []standing.EvidenceKind
}

// DeskCase is a case as an agent sees it.
//
//	GET  /desk/{number}/talk, /desk/{number}/events  as of Case
//	GET  /desk/{number}/evidence/{id}/{page}         a picture, with the agent's name across it
//	POST /desk/{number}/take        (no fields)
//	POST /desk/{number}/hand-on     to
//	POST /desk/{number}/say         text, once, via
//	POST /desk/{number}/note        text
//	POST /desk/{number}/call        pin, text
//	POST /desk/{number}/tick        how-ITEM for each row of the checklist
//	POST /desk/{number}/ask         text
//	POST /desk/{number}/approve     (no fields)
//	POST /desk/{number}/confirm     (no fields)
//	POST /desk/{number}/reject      text
//	POST /desk/{number}/hand        verified
//	POST /desk/{number}/release     verified, text
//	POST /desk/{number}/pick        (no fields)
//	POST /desk/{number}/seen        delivered, read
//
// Problems: NoWords (Field "text" or "how"), NothingChosen (Field "verified"),
// DeskRefused (with Why), ChangedMeanwhile.
type DeskCase struct {
	Frame
	Number       string
	State        standing.CaseState
	Claimant     string
	Email        string
	Phone        string
	PhoneSince   time.Time
	Organisation string
	KvK          string
	MemberSince  time.Time
	MFASince     time.Time
	Begun        standing.Via
	Alone        bool
	Created      time.Time
	People       []Person // the other administrators
	Lines        []CaseLine
	Last         int64
	Typed, Once  string
	Evidence     []DeskEvidence
	MissingKinds []standing.EvidenceKind
	Checks       []DeskCheck
	Traces       []DeskTrace
	Others       []Choice // agents to hand it on to
	Agent        string   // who has it
	First        string
	Second       string
	FirstAt      time.Time
	SecondAt     time.Time
	Opens        time.Time
	PassUntil    time.Time
	Reason       string
	// What the viewer may do.
	MayTake, MayJudge, MayApprove, MayConfirm, MayHand, MayRelease, MayClose, MayPick, MaySay bool
	Own                                                                                       bool // the viewer belongs to that organisation
	PhoneWhy                                                                                  ladder.Reason
	PhoneUntil                                                                                time.Time
	// Half is the half that is read out: it is shown once.
	Half    string
	Why     ladder.Reason // of a step that was refused; chooses "desk.no.WHY"
	Until   time.Time
	Destroy time.Time
	Gone    time.Time
	Receipt []standing.Receipt
}

func (DeskCase) template() string { return "desk-case" }
func (v DeskCase) title() string  { return v.Say("desk.case-title", "Number", v.Number) }

// DeskEvidence is a piece of evidence for an agent.
type DeskEvidence struct {
	ID        string
	Kind      standing.EvidenceKind
	At        time.Time
	Via       standing.Via
	Pages     []int
	Doubtful  bool
	Elsewhere bool
	Findings  []standing.Finding
}

// DeskCheck is one row of the checklist.
type DeskCheck struct {
	Item string
	How  string // as the viewer ticked it; empty: not yet
	At   time.Time
	By   []string // others who have, with how
}

// DeskTrace is one line of an organisation's sign-ins.
type DeskTrace struct {
	At       time.Time
	Sentence string
	From     string
}
