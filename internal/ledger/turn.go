package ledger

import (
	"errors"
	"strconv"
	"time"
)

// ErrNotHolder says that another process seals now.
var ErrNotHolder = errors.New("another process seals the log")

// ErrTreeDamaged says that the hashes of the tree are not those that the newest
// checkpoint was signed for: to sign what grows out of them would be to sign
// what somebody else wrote.
var ErrTreeDamaged = errors.New("the tree of the sealed log was changed by hand")

// A Turn says whose turn it is to seal, and whether there is anything to do.
type Turn struct {
	Holder  string // of the process that seals; empty: nobody
	Beat    int64  // rises with whatever the holder does
	Waiting bool   // events wait to be sealed
	Oldest  string // id of the one that waits longest
	Size    int64  // of the newest stored checkpoint
}

// A Batch is what one step of sealing did.
type Batch struct {
	Sealed     int        // events that are sealed now
	Refused    []Name     // events that this program did not record; they are never sealed
	Mended     Mending    // what was put right that somebody had done by hand
	Checkpoint Checkpoint // the newest
	More       bool       // there is more to do at once
}

// A Mending counts what a sealing found that only somebody with the database can
// have done. The zero Mending found nothing.
type Mending struct {
	Restored   int // events that no checkpoint covered any more, and keep their index
	Missing    int // indices no checkpoint covered any more, whose events are gone or changed: their hashes stand for them
	Unnumbered int // events that were given an index by hand, and are sealed anew
	Refused    int // others that were given one
	Hashes     int // hashes of the tree that no event had
	False      int // checkpoints that nobody signed
	Rebuilt    int // 1: the tree was made anew from the events, and is the one that was signed
}

// Facts returns what a LogMended event says of m.
func (m Mending) Facts() map[string]string {
	facts := make(map[string]string)
	for name, count := range map[string]int{
		"restored": m.Restored, "missing": m.Missing, "unnumbered": m.Unnumbered, "refused": m.Refused,
		"hashes": m.Hashes, "false_checkpoints": m.False, "rebuilt": m.Rebuilt,
	} {
		if count != 0 {
			facts[name] = strconv.Itoa(count)
		}
	}
	return facts
}

// A State is how far sealing is.
type State struct {
	Sealed    int64         // events
	Waiting   int64         // events that are not sealed yet
	Refused   int64         // events that never will be
	OldestAge time.Duration // since the oldest that waits was recorded; 0 if none does
}
