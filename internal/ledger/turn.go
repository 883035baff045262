package ledger

import (
	"errors"
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
	Size    int64  // of the newest stored checkpoint
}

// A Batch is what one step of sealing did.
type Batch struct {
	Sealed     int        // events that are sealed now
	Refused    []Name     // events that this program did not record; they are never sealed
	Unnumbered int        // events that had an index no checkpoint covered, and wait again
	Restored   int        // events that had one and keep it
	Checkpoint Checkpoint // the newest
	More       bool       // there is more to do at once
}

// A State is how far sealing is.
type State struct {
	Sealed    int64         // events
	Waiting   int64         // events that are not sealed yet
	Refused   int64         // events that never will be
	OldestAge time.Duration // since the oldest that waits was recorded; 0 if none does
}
