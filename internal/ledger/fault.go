package ledger

import "github.com/sparekey/sparekey/internal/audit"

// A FaultKind says what is wrong with a log.
type FaultKind string

// The kinds of fault. Those of events come first.
const (
	// Changed: the event is not as it was recorded, or was never recorded by
	// this program and stands in the place of one that was.
	Changed FaultKind = "changed"
	// OriginChanged: where the act came from is not as it was recorded.
	OriginChanged FaultKind = "origin changed"
	// Removed: Count events between Before and Event are gone.
	Removed FaultKind = "removed"
	// Inserted: the event was not recorded by this program.
	Inserted FaultKind = "inserted"
	// Moved: the event is genuine and stands where it was not sealed; From says
	// where it was (audit.Unsealed: nowhere yet).
	Moved FaultKind = "moved"
	// Uncovered: the event was sealed, and the checkpoints that covered it are gone.
	Uncovered FaultKind = "uncovered"
	// OriginErased: where the act came from was erased by hand: no recorded
	// erasing covers it.
	OriginErased FaultKind = "origin erased"
	// Mended: the event says that the sealer found the log changed by hand, and
	// what it did; Detail says how much of what.
	Mended FaultKind = "mended"
	// Held: the event is genuine, waits to be sealed, and was marked as refused.
	Held FaultKind = "held back"

	// TreeChanged: Count hashes of the tree are missing, false or too many.
	TreeChanged FaultKind = "tree changed"
	// Forged: a stored checkpoint was not signed by this installation, or says
	// something else than the columns beside it.
	Forged FaultKind = "checkpoint forged"
	// Rewritten: the first Checkpoint.Size events are not those that the
	// checkpoint was signed for; the first From of them are.
	Rewritten FaultKind = "rewritten"
	// Cut: the log holds From events; the checkpoint covers more.
	Cut FaultKind = "cut off"
)

// A Fault is one thing that is wrong with a log.
type Fault struct {
	Kind       FaultKind
	Event      Name       // the event; of Removed: the one behind the gap, if any
	Before     Name       // of Removed: the one before the gap, if any
	From       int64      // see the kinds
	Count      int64      // see the kinds
	Checkpoint Checkpoint // of Forged (the zero one with its Size), Rewritten and Cut
	Detail     string     // of Mended: names and counts
	Outside    bool       // of Rewritten and Cut: the checkpoint was kept outside
}

// A Name is what an event is known by. The zero Name names none.
type Name struct {
	Index     int64 // as it is stored
	ID        string
	UnixMilli int64
	Kind      string
}

func nameOf(e *audit.Entry) Name { return Name{e.Index, e.ID, e.UnixMilli, e.Kind} }

// A Report is what an Exam found.
type Report struct {
	Sealed          int64      // events in the sealed log
	Waiting         int64      // events that wait to be sealed
	OldestWaiting   int64      // unix milliseconds; 0 if none waits
	Erased          int64      // events whose origin was erased
	Newest          Checkpoint // the newest that is stored and signed
	Faults          []Fault    // those of events in their order, then the others; at most 2*maxFaults
	FaultsUncounted int64      // more than there are in Faults
}

// Whole reports whether nothing is wrong.
func (r Report) Whole() bool { return len(r.Faults) == 0 }
