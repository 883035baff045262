package web

import (
	"time"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/words"
)

// LogPage shows the log of an organisation, the newest event first.
//
//	POST /log         by who whom group from until: looks for something
//	POST /log/export  the same and format ("csv" or "jsonl")
//
// Problems: NoEmail, NobodyThere (Field "who" or "whom"), BadDate (Field "from"
// or "until").
type LogPage struct {
	Frame
	Search LogSearch
	Lines  []LogLine
	// Older is the path of what follows; empty: nothing does. Stopped is until when
	// was looked, where the search stopped before it had a page full.
	Older   string
	Stopped time.Time
	Begun   bool   // this is not the first page
	Newest  string // the path of the first
	Seal    LogSeal
}

// A LogSearch is what the form says, as typed.
type LogSearch struct {
	By, Who, Whom, Group string
	From, Until          string // days, as "2026-03-01"; Until is inclusive
	// Any says that something is looked for.
	Any bool
}

// A LogLine is one event.
type LogLine struct {
	At time.Time
	words.Account
	OnlyWho, OnlyWhom string // paths that show no other's; empty: none
	From              string // browser and network address; empty: not known
	Erased            bool   // From was erased
	Sealed            bool
	NotGenuine        bool
}

// A LogSeal is how far the installation's log is sealed.
type LogSeal struct {
	Sealed, Waiting, Refused int64
	At                       time.Time // of the last checkpoint; zero: none yet
	Root                     string    // its root, short
}

func (LogPage) template() string { return "log" }
func (v LogPage) title() string  { return v.Say("log.title") }

// Actors are the kinds of actor to choose from.
func (LogPage) Actors() []audit.ActorKind {
	return []audit.ActorKind{audit.Member, audit.Operator, audit.Stranger, audit.System}
}

// Groups are the groups of events to choose from.
func (LogPage) Groups() []audit.Group { return audit.Groups }
