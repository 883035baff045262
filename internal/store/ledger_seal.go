package store

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/ledger"
)

const (
	// sealBatch bounds the events of one transaction that seals, and sealTime the
	// time it may take, with all its tries.
	sealBatch = 500
	sealTime  = 30 * time.Second
)

// Seal seals what waits, the oldest first, at most sealBatch events: it gives
// them their indices, lets the tree grow and signs its head, all or nothing.
// Whatever it finds that was not recorded by this program it marks as refused;
// whatever it had to mend it records as an audit.LogMended event.
// It returns an error wrapping ledger.ErrNotHolder if it is not the turn of me,
// and ledger.ErrTreeDamaged. However many call it, no index is given twice.
// It bounds its own time: to rebuild a damaged tree may take many minutes.
func (s *Store) Seal(ctx context.Context, me string) (ledger.Batch, error) {
	batch, err := s.sealOn(ctx, me, ledger.Tree{})
	if damage, ok := errors.AsType[*damagedError](err); ok {
		var tree ledger.Tree
		if tree, err = s.rebuiltTree(ctx, me, damage.head); err == nil {
			batch, err = s.sealOn(ctx, me, tree)
		}
	}
	if err != nil {
		return ledger.Batch{}, fmt.Errorf("seal the log: %w", err)
	}
	return batch, nil
}

// sealOn seals a batch on the stored tree; on rebuilt if that is damaged.
func (s *Store) sealOn(ctx context.Context, me string, rebuilt ledger.Tree) (batch ledger.Batch, err error) {
	ctx, cancel := context.WithTimeout(ctx, sealTime)
	defer cancel()
	err = s.transact(ctx, func(ctx context.Context, t *tx) (err error) {
		batch, err = t.seal(ctx, me, rebuilt)
		return err
	})
	return batch, err
}

func (t *tx) seal(ctx context.Context, me string, rebuilt ledger.Tree) (ledger.Batch, error) {
	if t.store.engine.brief != "" {
		if _, err := t.exec(ctx, t.store.engine.brief); err != nil {
			return ledger.Batch{}, err
		}
	}
	// It takes the row's lock: what is read afterwards holds until the commit.
	mine, err := t.exec(ctx, raiseBeat, me)
	if err != nil {
		return ledger.Batch{}, err
	}
	if mine == 0 {
		return ledger.Batch{}, ledger.ErrNotHolder
	}
	head, unsigned, err := newestCheckpoint(ctx, t.conn, t.store.keys)
	if err != nil {
		return ledger.Batch{}, err
	}
	w := &sealing{tx: t, batch: ledger.Batch{Checkpoint: head}}
	if err := w.begin(ctx, head, rebuilt); err != nil {
		return ledger.Batch{}, err
	}
	if unsigned > 0 {
		w.batch.Mended.False = unsigned
		if _, err := w.exec(ctx, `DELETE FROM checkpoints WHERE size > $1 OR size IS NULL`, head.Size); err != nil {
			return ledger.Batch{}, err
		}
	}
	err = w.run(ctx)
	return w.batch, err
}

// A sealing is one transaction that seals.
type sealing struct {
	*tx
	batch ledger.Batch
	tree  ledger.Tree

	leaf    tlog.Hash // of the event in hand
	scratch []byte

	unfinished bool // there is more to be mended

	changes []change
	hashes  []storedHash
}

// A change is the new index and MAC of an event.
type change struct {
	id    string
	index any // nil: none
	mac   []byte
}

type storedHash struct {
	index int64
	hash  []byte
}

// begin finds the tree to build on: the one that was signed.
func (w *sealing) begin(ctx context.Context, head ledger.Checkpoint, rebuilt ledger.Tree) (err error) {
	w.tree, err = treeAt(ctx, w.conn, head.Size)
	if err == nil && (head.Note == "" || w.tree.Root() == head.Root) {
		return nil
	}
	if err != nil && !errors.Is(err, ledger.ErrTreeDamaged) {
		return err
	}
	if rebuilt.Size() != head.Size || rebuilt.Root() != head.Root {
		return &damagedError{head}
	}
	// A tree of its own: the transaction may run again.
	if w.tree, err = ledger.GrownTree(rebuilt.Size(), rebuilt.Roots()); err != nil {
		return err
	}
	w.batch.Mended.Rebuilt = 1
	roots := rebuilt.Roots()
	for i, index := range ledger.Frontier(head.Size) {
		w.hashes = append(w.hashes, storedHash{index, roots[i][:]})
	}
	return nil
}

func (w *sealing) run(ctx context.Context) error {
	beyond, err := entries(ctx, w.conn, `leaf_index >= $1 ORDER BY leaf_index LIMIT $2`, w.tree.Size(), sealBatch)
	if err != nil {
		return err
	}
	var stray bool
	if err := w.row(ctx, `SELECT EXISTS (SELECT 1 FROM log_hashes WHERE stored_index >= $1)`,
		tlog.StoredHashCount(w.tree.Size())).Scan(&stray); err != nil {
		return err
	}
	if len(beyond) > 0 || stray {
		err = w.mend(ctx, beyond)
	} else {
		err = w.sealWaiting(ctx)
	}
	if err != nil {
		return err
	}
	if w.batch.Mended != (ledger.Mending{}) {
		w.batch.More = true
		if err := w.recordMending(ctx); err != nil {
			return err
		}
	}
	return w.save(ctx)
}

// recordMending records what was mended. The event is sealed at once: nobody
// can take it away before. While more is to be mended, it waits for that.
func (w *sealing) recordMending(ctx context.Context) error {
	facts := w.batch.Mended.Facts()
	facts["size"] = strconv.FormatInt(w.batch.Checkpoint.Size, 10)
	event := audit.Event{Kind: audit.LogMended, Actor: audit.Actor{Kind: audit.System}, Facts: facts}
	if err := w.record(ctx, []audit.Event{event}); err != nil || w.unfinished {
		return err
	}
	recorded, err := entries(ctx, w.conn, `id = $1`, w.recorded[len(w.recorded)-1].ID)
	if err != nil {
		return err
	}
	if len(recorded) != 1 || !w.fits(&recorded[0], audit.Unsealed) {
		return errUnrecorded
	}
	w.admit(&recorded[0])
	return nil
}

// errUnrecorded says that nothing is mended in silence.
var errUnrecorded = errors.New("the event that says what was mended is not in the log as it was written: something in the database changes or removes it")

// sealWaiting lets the tree grow by what waits.
func (w *sealing) sealWaiting(ctx context.Context) error {
	waiting, err := entries(ctx, w.conn, `waiting ORDER BY at, id LIMIT $1`, sealBatch)
	if err != nil {
		return err
	}
	for i := range waiting {
		e := &waiting[i]
		switch {
		case w.fits(e, audit.Unsealed):
			if e.Index != audit.Unsealed {
				w.batch.Mended.Unnumbered++
			}
			w.admit(e)
		case e.Index >= 0 && w.fits(e, e.Index): // it was made to wait by hand
			w.changes = append(w.changes, change{e.ID, e.Index, e.MAC})
		default:
			if err := w.refuse(ctx, e); err != nil {
				return err
			}
		}
	}
	w.batch.More = len(waiting) == sealBatch
	return nil
}

// fits reports whether e is what this program wrote for index, and sets w.leaf.
func (w *sealing) fits(e *audit.Entry, index int64) bool {
	w.leaf, w.scratch = ledger.LeafHash(e, w.scratch)
	return w.store.keys.Fits(e, w.leaf, index)
}

// refuse takes e out of the way. Values that are too long to be read are emptied:
// they would be read whole to write the row again.
func (w *sealing) refuse(ctx context.Context, e *audit.Entry) error {
	w.batch.Refused = append(w.batch.Refused, ledger.Name{Index: e.Index, ID: e.ID, UnixMilli: e.UnixMilli, Kind: e.Kind})
	if e.MAC != nil {
		_, err := w.exec(ctx, `UPDATE events SET leaf_index = NULL, waiting = FALSE WHERE id = $1`, e.ID)
		return err
	}
	// The same id may stand there as bytes and as text: one of them is not e, and may be genuine.
	named, err := entries(ctx, w.conn, `id = $1`, e.ID)
	if err != nil {
		return err
	}
	other := ``
	if len(named) == 1 && named[0].MAC != nil {
		other = ` AND id <> CAST(id AS TEXT)`
	}
	var emptied strings.Builder
	for _, c := range longColumns {
		empty := `''`
		if c == "salt" || c == "personal_hash" || c == "mac" {
			empty = `CAST('' AS ` + w.store.engine.bytes + `)`
		}
		emptied.WriteString(`, ` + c + ` = CASE WHEN octet_length(` + c + `) <= 65536 THEN ` + c + ` ELSE ` + empty + ` END`)
	}
	_, err = w.exec(ctx, `UPDATE events SET leaf_index = NULL, waiting = FALSE`+emptied.String()+`
		WHERE (waiting OR leaf_index >= $2) AND (id IS NULL OR octet_length(id) > 65536 OR CAST(id AS TEXT) = $1`+other+`)`, e.ID, w.tree.Size())
	return err
}

// admit gives e, whose leaf is w.leaf, the next index.
func (w *sealing) admit(e *audit.Entry) {
	index := w.tree.Size()
	w.changes = append(w.changes, change{e.ID, index, w.store.keys.MAC(w.leaf, index)})
	w.grow()
	w.batch.Sealed++
}

// grow adds w.leaf to the tree.
func (w *sealing) grow() {
	at := tlog.StoredHashIndex(0, w.tree.Size())
	for _, hash := range w.tree.Append(w.leaf, nil) {
		w.hashes = append(w.hashes, storedHash{at, hash[:]})
		at++
	}
}

// checkpointBlock is how many events each checkpoint that is kept covers more
// than the one before, but for the newest.
const checkpointBlock = 1024

// save writes everything.
func (w *sealing) save(ctx context.Context) error {
	if err := w.saveChanges(ctx); err != nil {
		return err
	}
	if err := w.saveHashes(ctx); err != nil {
		return err
	}
	if w.tree.Size() == w.batch.Checkpoint.Size {
		return nil
	}
	c, err := w.store.keys.Checkpoint(w.tree.Size(), w.tree.Root())
	if err != nil {
		return err
	}
	w.batch.Checkpoint = c
	if _, err := w.exec(ctx, `
		INSERT INTO checkpoints (size, root, note, at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (size) DO UPDATE SET root = excluded.root, note = excluded.note, at = excluded.at`,
		c.Size, c.Root[:], c.Note, w.store.now()); err != nil {
		return err
	}
	_, err = w.exec(ctx, `DELETE FROM checkpoints WHERE size < $1 AND size > $2`, c.Size, (c.Size-1)/checkpointBlock*checkpointBlock)
	return err
}

func (w *sealing) saveChanges(ctx context.Context) error {
	first := fmt.Sprintf("($1, CAST($2 AS BIGINT), CAST($3 AS %s))", w.store.engine.bytes)
	return inGroups(w.changes, 3, func(group []change) error {
		args := make([]any, 0, 3*len(group))
		for _, c := range group {
			args = append(args, c.id, c.index, c.mac)
		}
		changed, err := w.exec(ctx, `UPDATE events SET leaf_index = v.column2, mac = v.column3, waiting = v.column2 IS NULL FROM (VALUES `+
			first+tuples(len(group), 3)[len("($1, $2, $3)"):]+`) AS v WHERE events.id = v.column1`, args...)
		if err == nil && changed != int64(len(group)) {
			err = fmt.Errorf("%d of %d events took their index", changed, len(group))
		}
		return err
	})
}

func (w *sealing) saveHashes(ctx context.Context) error {
	return inGroups(w.hashes, 2, func(group []storedHash) error {
		args := make([]any, 0, 2*len(group))
		for _, h := range group {
			args = append(args, h.index, h.hash)
		}
		_, err := w.exec(ctx, `INSERT INTO log_hashes (stored_index, hash) VALUES `+tuples(len(group), 2)+
			` ON CONFLICT (stored_index) DO UPDATE SET hash = excluded.hash`, args...)
		return err
	})
}

// inGroups calls do with all items, in groups of few sizes: each size is a
// statement that the database prepares once. None has more than some hundred
// parameters, among which SQLite looks each up by its name.
func inGroups[T any](items []T, columns int, do func([]T) error) error {
	for _, size := range []int{300 / columns, 30 / columns, 1} {
		for len(items) >= size {
			if err := do(items[:size]); err != nil {
				return err
			}
			items = items[size:]
		}
	}
	return nil
}

// tuples returns rows of parameters, as VALUES has them.
func tuples(rows, columns int) string {
	text := make([]byte, 0, rows*columns*len("$100, "))
	for n := range rows * columns {
		switch {
		case n == 0:
			text = append(text, '(')
		case n%columns == 0:
			text = append(text, "), ("...)
		default:
			text = append(text, ", "...)
		}
		text = strconv.AppendInt(append(text, '$'), int64(n+1), 10)
	}
	return string(append(text, ')'))
}
