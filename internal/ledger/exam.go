package ledger

import (
	"cmp"
	"slices"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/sparekey/sparekey/internal/audit"
)

// maxFaults bounds how many faults of a sort an Exam remembers.
const maxFaults = 10

// An Exam judges a log that is shown to it piece by piece, in this order: every
// stored checkpoint (Stored), every recorded erasing of origins (Erasing), the sealed events below Size in ranges (Range),
// all other events that have an index (Stray), those that have none (Unsealed). It
// holds no more than one range needs.
type Exam struct {
	keys  *Keys
	heads []head // to be compared, by size
	size  int64
	found Report
	about struct{ events, rest []Fault }

	tree     Tree
	lost     bool      // a leaf is known no more: no root can be told
	good     int64     // size of the last head that fits
	leaf     tlog.Hash // of the event being judged
	scratch  []byte
	made     []tlog.Hash
	next     int64            // the index that comes now
	before   Name             // the event before it
	gap      int64            // events missing before next
	shifted  int64            // what to add to next for the index that the last moved event was sealed at
	searches int              // for the place of a moved event, so far
	falsity  int64            // hashes of the tree that are wrong
	erasings map[string]int64 // until when (unix milliseconds, exclusive) origins were erased, by member; "": of all
}

type head struct {
	Checkpoint
	outside bool
}

// NewExam returns an exam of the log with the keys, which is also held against
// checkpoints that were kept outside it.
func NewExam(keys *Keys, outside []Checkpoint) *Exam {
	x := &Exam{keys: keys, erasings: make(map[string]int64)}
	for _, c := range outside {
		x.heads = append(x.heads, head{c, true})
	}
	return x
}

// Stored shows a checkpoint that stands in the log with its size and root.
func (x *Exam) Stored(size int64, root []byte, note string) {
	c, err := x.keys.Open(note)
	if err != nil || c.Size != size || string(c.Root[:]) != string(root) {
		x.complain(Fault{Kind: Forged, Checkpoint: Checkpoint{Size: size}})
		return
	}
	x.heads = append(x.heads, head{c, false})
	if c.Size >= x.size {
		x.size, x.found.Newest = c.Size, c
	}
}

// Erasing shows an audit.OriginsErased event. One that is not genuine covers nothing.
func (x *Exam) Erasing(e *audit.Entry) {
	x.hash(e)
	if until, ok := e.ErasedBefore(); ok && x.keys.Fits(e, x.leaf, e.Index) {
		x.erasings[e.Subject] = max(x.erasings[e.Subject], until)
	}
}

// covered reports whether an erasing was recorded of the origin of e.
func (x *Exam) covered(e *audit.Entry) bool {
	until := x.erasings[""]
	for _, member := range []string{e.Subject, e.ActorMember} {
		until = max(until, x.erasings[member])
	}
	return e.UnixMilli < until
}

// Size returns how many events the stored checkpoints cover.
func (x *Exam) Size() int64 { return x.size }

// Range shows the events with indices from first, in their order, and all hashes
// that the tree stores for them (zero where there is none). The ranges follow
// one another without a gap.
func (x *Exam) Range(first int64, hashes []tlog.Hash, entries []audit.Entry) {
	if first == 0 {
		slices.SortStableFunc(x.heads, func(a, b head) int { return cmp.Compare(a.Size, b.Size) })
	}
	end := x.size
	for x.next = first; len(hashes) > 0 && x.next < end; x.next++ {
		x.compareHeads()
		stored := hashes[:tlog.StoredHashCount(x.next+1)-tlog.StoredHashCount(x.next)]
		hashes = hashes[len(stored):]
		for len(entries) > 0 && entries[0].Index < x.next {
			x.Stray(&entries[0])
			entries = entries[1:]
		}
		if len(entries) == 0 || entries[0].Index != x.next {
			x.gap++
			x.grow(stored[0], stored)
			continue
		}
		x.sealed(&entries[0], stored)
		entries = entries[1:]
	}
}

// sealed judges the event that stands at next, and lets the tree grow.
func (x *Exam) sealed(e *audit.Entry, stored []tlog.Hash) {
	x.found.Sealed++
	x.closeGap(nameOf(e))
	x.hash(e)
	leaf := x.leaf
	if x.keys.Fits(e, x.leaf, x.next) {
		x.shifted = 0
		x.personal(e)
		x.grow(leaf, stored)
	} else {
		x.misplaced(e)
		if stored[0] != (tlog.Hash{}) {
			leaf = stored[0] // the tree as it was
		}
		x.grow(leaf, stored)
	}
	x.before = nameOf(e)
}

// hash sets leaf to that of e.
func (x *Exam) hash(e *audit.Entry) { x.leaf, x.scratch = LeafHash(e, x.scratch) }

// personal judges the erasable part of an event that is right otherwise, and
// what the event itself says of the log.
func (x *Exam) personal(e *audit.Entry) {
	if e.Kind == string(audit.LogMended) {
		x.accuse(Fault{Kind: Mended, Event: nameOf(e), Detail: e.FactsText()})
	}
	if e.Erased() {
		x.found.Erased++
		if !x.covered(e) {
			x.accuse(Fault{Kind: OriginErased, Event: nameOf(e)})
		}
	} else if !e.FitsOrigin() {
		x.accuse(Fault{Kind: OriginChanged, Event: nameOf(e)})
	}
}

// misplaced names what is wrong with the event at next, whose MAC does not fit.
// Those that stand beside their place because others were removed or inserted
// before them are no faults of their own.
func (x *Exam) misplaced(e *audit.Entry) {
	if x.shifted != 0 && x.keys.Fits(e, x.leaf, x.next+x.shifted) {
		x.confirmRemoval()
		return
	}
	from, ok := x.search(e)
	switch {
	case !ok:
		x.accuse(Fault{Kind: Changed, Event: nameOf(e)})
		return
	case from != audit.Unsealed && from < x.next && x.wereInserted(x.next-from):
	default:
		x.accuse(Fault{Kind: Moved, Before: x.before, Event: nameOf(e), From: from})
	}
	if from != audit.Unsealed {
		x.shifted = from - x.next
	}
}

// confirmRemoval says of the event that was moved to a lower index that others
// were removed before it: what follows has moved likewise.
func (x *Exam) confirmRemoval() {
	if last := x.lastAccused(); last != nil && last.Kind == Moved && x.shifted > 0 && last.From-last.Event.Index == x.shifted {
		last.Kind, last.Count = Removed, x.shifted
	}
}

// wereInserted says of the last count events that they were inserted, if all of
// them were called changed: what follows stands so much too high.
func (x *Exam) wereInserted(count int64) bool {
	faults := x.about.events
	if int64(len(faults)) < count {
		return false
	}
	faults = faults[int64(len(faults))-count:]
	for i, f := range faults {
		if f.Kind != Changed || f.Event.Index != x.next-count+int64(i) {
			return false
		}
	}
	for i := range faults {
		faults[i].Kind = Inserted
	}
	return true
}

func (x *Exam) lastAccused() *Fault {
	if len(x.about.events) == 0 {
		return nil
	}
	return &x.about.events[len(x.about.events)-1]
}

// maxSearches bounds how often the whole log is searched for one event's place.
const maxSearches = 3

// search returns where e was sealed: near next, or else anywhere.
func (x *Exam) search(e *audit.Entry) (from int64, ok bool) {
	for _, from := range []int64{x.next + 1, x.next - 1, audit.Unsealed} {
		if x.keys.Fits(e, x.leaf, from) {
			return from, true
		}
	}
	if x.searches++; x.searches > maxSearches {
		return 0, false
	}
	for from = range x.size {
		if x.keys.Fits(e, x.leaf, from) {
			return from, true
		}
	}
	return 0, false
}

// grow adds a leaf to the tree and compares what comes of it with what is stored.
func (x *Exam) grow(leaf tlog.Hash, stored []tlog.Hash) {
	if leaf == (tlog.Hash{}) {
		x.lost = true
		x.falsity++
	}
	if x.lost {
		return
	}
	x.made = x.tree.Append(leaf, x.made[:0])
	for i, hash := range x.made {
		if stored[i] != hash {
			x.falsity++
		}
	}
}

// compareHeads compares the tree with the checkpoints of its size.
func (x *Exam) compareHeads() {
	for ; len(x.heads) > 0 && x.heads[0].Size <= x.tree.Size() && !x.lost; x.heads = x.heads[1:] {
		h := x.heads[0]
		if x.tree.Root() == h.Root {
			x.good = h.Size
		} else {
			x.complain(Fault{Kind: Rewritten, Checkpoint: h.Checkpoint, From: x.good, Outside: h.outside})
		}
	}
}

func (x *Exam) closeGap(behind Name) {
	if behind == (Name{}) && x.gap > 0 && x.gap == x.shifted {
		x.confirmRemoval() // the last ones moved into the places of those removed
	} else if x.gap > 0 {
		x.accuse(Fault{Kind: Removed, Before: x.before, Event: behind, Count: x.gap})
	}
	x.gap = 0
}

// Stray shows an event whose index is not below Size, or in no range.
func (x *Exam) Stray(e *audit.Entry) {
	x.hash(e)
	switch {
	case e.Index >= 0 && x.keys.Fits(e, x.leaf, e.Index):
		x.found.Sealed++
		x.accuse(Fault{Kind: Uncovered, Event: nameOf(e)})
		x.personal(e)
	case x.shifted < 0 && x.keys.Fits(e, x.leaf, e.Index+x.shifted):
		x.found.Sealed++ // moved by what was inserted
	case x.keys.Fits(e, x.leaf, audit.Unsealed):
		x.accuse(Fault{Kind: Moved, Event: nameOf(e), From: audit.Unsealed})
	default:
		x.accuse(Fault{Kind: Inserted, Event: nameOf(e)})
	}
}

// Unsealed shows an event that is not sealed yet.
func (x *Exam) Unsealed(e *audit.Entry) {
	x.hash(e)
	if !x.keys.Fits(e, x.leaf, audit.Unsealed) {
		x.accuse(Fault{Kind: Inserted, Event: nameOf(e)})
		return
	}
	x.found.Waiting++
	if x.found.OldestWaiting == 0 || e.UnixMilli < x.found.OldestWaiting {
		x.found.OldestWaiting = e.UnixMilli
	}
	if !e.Waiting {
		x.accuse(Fault{Kind: Held, Event: nameOf(e)})
	}
	x.personal(e)
}

// StrayHashes says how many hashes are stored that no tree of Size has.
func (x *Exam) StrayHashes(count int64) { x.falsity += count }

// Report returns what was found, when all was shown.
func (x *Exam) Report() Report {
	x.closeGap(Name{})
	slices.SortStableFunc(x.heads, func(a, b head) int { return cmp.Compare(a.Size, b.Size) })
	x.compareHeads()
	for _, h := range x.heads {
		if h.Size > x.size {
			x.complain(Fault{Kind: Cut, Checkpoint: h.Checkpoint, From: x.size, Outside: h.outside})
		}
	}
	if x.falsity > 0 {
		x.complain(Fault{Kind: TreeChanged, Count: x.falsity})
	}
	x.heads = nil
	x.found.Faults = append(x.about.events, x.about.rest...)
	return x.found
}

// accuse notes a fault of an event, complain one of anything else.
func (x *Exam) accuse(f Fault) { x.note(&x.about.events, f) }

func (x *Exam) complain(f Fault) { x.note(&x.about.rest, f) }

func (x *Exam) note(list *[]Fault, f Fault) {
	if len(*list) == maxFaults {
		x.found.FaultsUncounted++
		return
	}
	*list = append(*list, f)
}
