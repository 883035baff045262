package store

import (
	"context"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/ledger"
)

// A damagedError says that the stored tree is not the one head was signed for.
type damagedError struct{ head ledger.Checkpoint }

func (*damagedError) Error() string { return ledger.ErrTreeDamaged.Error() }

func (*damagedError) Unwrap() error { return ledger.ErrTreeDamaged }

// mend goes on where checkpoints were deleted, or an index put in by hand. What
// was sealed keeps its index and its MAC for ever: where an event was removed or
// changed, the stored hash of its leaf stands for it, so the gap stays to be
// seen. It returns ledger.ErrTreeDamaged where that is gone too.
func (w *sealing) mend(ctx context.Context, beyond []audit.Entry) error {
	var others []*audit.Entry // in front of the next one that was sealed
	for i := range beyond {
		e := &beyond[i]
		if !w.fits(e, e.Index) {
			others = append(others, e)
			continue
		}
		leaf := w.leaf
		reached, err := w.fillGap(ctx, e.Index)
		if err != nil {
			return err
		}
		if !reached { // go on in the next transaction
			w.unfinished = true
			return nil
		}
		others = nil // they stand where another was sealed, and are named there
		w.leaf = leaf
		w.grow()
		w.batch.Mended.Restored++
	}
	w.unfinished = len(beyond) == sealBatch
	if w.unfinished && w.batch.Mended.Restored > 0 {
		return nil // what comes behind them says what they are
	}
	for _, e := range others {
		if w.fits(e, audit.Unsealed) {
			w.changes = append(w.changes, change{e.ID, nil, e.MAC})
			w.batch.Mended.Unnumbered++
		} else if err := w.refuse(ctx, e); err != nil {
			return err
		} else {
			w.batch.Mended.Refused++
		}
	}
	if w.unfinished {
		return nil
	}
	stray, err := w.exec(ctx, `DELETE FROM log_hashes WHERE stored_index >= $1`, tlog.StoredHashCount(w.tree.Size()))
	w.batch.Mended.Hashes = int(stray)
	return err
}

// fillGap lets the tree grow to size by the stored hashes of leaves, at most
// verifyRange of them. It reports whether that was all.
func (w *sealing) fillGap(ctx context.Context, size int64) (reached bool, err error) {
	end := min(size, w.tree.Size()+verifyRange)
	if w.tree.Size() == end {
		return true, nil
	}
	v := verifying{conn: w.conn}
	first := w.tree.Size()
	if err := v.readHashes(ctx, first, end); err != nil {
		return false, err
	}
	from := tlog.StoredHashCount(first)
	for w.tree.Size() < end {
		w.leaf = v.hashes[tlog.StoredHashIndex(0, w.tree.Size())-from]
		if w.leaf == (tlog.Hash{}) {
			return false, ledger.ErrTreeDamaged
		}
		w.grow()
		w.batch.Mended.Missing++
	}
	return end == size, nil
}

const (
	// rebuildTime is how long a rebuild may take.
	rebuildTime = 10 * time.Minute
	// rebuildPause is how long nobody tries again to rebuild a tree in vain.
	rebuildPause = 10 * time.Minute
)

// A rebuilding is what is known of the last try that failed.
type rebuilding struct {
	head ledger.Checkpoint
	at   time.Time
}

// rebuiltTree makes the tree anew that head was signed for, in the turn of me. It
// returns ledger.ErrTreeDamaged if what comes of it is another tree, and an error
// wrapping ledger.ErrNotHolder once it is another's turn. It reads the whole log,
// and holds up nobody else.
func (s *Store) rebuiltTree(ctx context.Context, me string, head ledger.Checkpoint) (tree ledger.Tree, err error) {
	s.mu.Lock()
	last := s.rebuilding
	s.mu.Unlock()
	if since := s.now().Sub(last.at); last.head == head && since >= 0 && since < rebuildPause {
		return tree, ledger.ErrTreeDamaged
	}
	limited, cancel := context.WithTimeout(ctx, rebuildTime)
	defer cancel()
	tree, err = s.regrown(limited, me, head.Size)
	if err == nil && tree.Root() == head.Root {
		return tree, nil
	}
	if err == nil {
		err = ledger.ErrTreeDamaged
	} else if limited.Err() == nil || ctx.Err() != nil {
		return tree, err // the next try may fare better
	}
	s.mu.Lock()
	s.rebuilding = rebuilding{head, s.now()}
	s.mu.Unlock()
	return tree, err
}

// regrown makes the tree of size events anew, of all that are sealed; where one
// is gone or changed, of the stored hash of its leaf.
func (s *Store) regrown(ctx context.Context, me string, size int64) (tree ledger.Tree, err error) {
	err = s.snapshot(ctx, func(c conn) error {
		v := verifying{conn: c}
		for first := int64(0); first < size; first += verifyRange {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := s.keepTurn(ctx, me); err != nil {
				return err
			}
			end := min(first+verifyRange, size)
			if err := v.read(ctx, first, end); err != nil {
				return err
			}
			s.regrow(&tree, &v, end)
		}
		return nil
	})
	return tree, err
}

// keepTurn lets others see that me is at work: a transaction that is rolled back,
// or has yet to begin, shows them nothing.
func (s *Store) keepTurn(ctx context.Context, me string) error {
	mine, err := s.write.exec(ctx, raiseBeat, me)
	if err == nil && mine == 0 {
		err = ledger.ErrNotHolder
	}
	return err
}

// regrow lets the tree grow to end by what v has read.
func (s *Store) regrow(tree *ledger.Tree, v *verifying, end int64) {
	from := tlog.StoredHashCount(tree.Size())
	list := v.entries
	var made []tlog.Hash
	var scratch []byte
	for tree.Size() < end {
		index := tree.Size()
		leaf := v.hashes[tlog.StoredHashIndex(0, index)-from]
		for ; len(list) > 0 && list[0].Index <= index; list = list[1:] {
			var own tlog.Hash
			own, scratch = ledger.LeafHash(&list[0], scratch)
			if s.keys.Fits(&list[0], own, index) {
				leaf = own
			}
		}
		made = tree.Append(leaf, made[:0])
	}
}
