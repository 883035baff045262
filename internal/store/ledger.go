package store

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/ledger"
	"github.com/sparekey/sparekey/internal/secret"
)

// logKeys returns the keys of the log of the installation with the id.
func logKeys(master secret.Master, id string) (*ledger.Keys, error) {
	mac, err := master.Derive("log events")
	if err != nil {
		return nil, err
	}
	seed, err := master.Derive("log checkpoints")
	if err != nil {
		return nil, err
	}
	return ledger.NewKeys(id, mac, seed)
}

// LogKeys returns the keys of the log.
func (s *Store) LogKeys() *ledger.Keys { return s.keys }

// SealTurn returns whose turn it is to seal. It is cheap, and changes nothing.
func (s *Store) SealTurn(ctx context.Context) (ledger.Turn, error) {
	var turn ledger.Turn
	err := s.read.row(ctx, `
		SELECT COALESCE((SELECT holder FROM sealer), ''), COALESCE((SELECT beat FROM sealer), 0),
			EXISTS (SELECT 1 FROM events WHERE waiting),
			COALESCE((SELECT MAX(size) FROM checkpoints), 0)`).Scan(&turn.Holder, &turn.Beat, &turn.Waiting, &turn.Size)
	if err != nil {
		return turn, fmt.Errorf("turn to seal: %w", err)
	}
	return turn, nil
}

// TakeSealTurn makes me the one who seals, if nothing was done since the turn
// that was seen. It reports whether it did: of many who saw the same, one gets it.
func (s *Store) TakeSealTurn(ctx context.Context, me string, seen ledger.Turn) (bool, error) {
	changed, err := s.write.exec(ctx, `
		INSERT INTO sealer (row_one, holder, beat) VALUES (1, $1, 1)
		ON CONFLICT (row_one) DO UPDATE SET holder = excluded.holder, beat = sealer.beat + 1
			WHERE sealer.beat = $2 AND sealer.holder = $3`, me, seen.Beat, seen.Holder)
	if err != nil {
		return false, fmt.Errorf("take turn to seal: %w", err)
	}
	return changed == 1, nil
}

// LeaveSealTurn says that me seals no more. It does nothing if it is another's turn.
func (s *Store) LeaveSealTurn(ctx context.Context, me string) error {
	if _, err := s.write.exec(ctx, `UPDATE sealer SET holder = '', beat = beat + 1 WHERE holder = $1`, me); err != nil {
		return fmt.Errorf("leave turn to seal: %w", err)
	}
	return nil
}

// sealBatch bounds the events of one transaction that seals.
const sealBatch = 500

// Seal seals what waits, the oldest first, at most sealBatch events: it gives
// them their indices, lets the tree grow and signs its head, all or nothing.
// Whatever it finds that was not recorded by this program it marks as refused.
// It returns an error wrapping ledger.ErrNotHolder if it is not the turn of me,
// and ledger.ErrTreeDamaged. However many call it, no index is given twice.
func (s *Store) Seal(ctx context.Context, me string) (ledger.Batch, error) {
	var batch ledger.Batch
	err := s.transact(ctx, func(ctx context.Context, t *tx) (err error) {
		batch, err = t.seal(ctx, me)
		return err
	})
	if err != nil {
		return ledger.Batch{}, fmt.Errorf("seal the log: %w", err)
	}
	return batch, nil
}

func (t *tx) seal(ctx context.Context, me string) (ledger.Batch, error) {
	if t.store.engine.brief != "" {
		if _, err := t.exec(ctx, t.store.engine.brief); err != nil {
			return ledger.Batch{}, err
		}
	}
	// It takes the row's lock: what is read afterwards holds until the commit.
	mine, err := t.exec(ctx, `UPDATE sealer SET beat = beat + 1 WHERE row_one = 1 AND holder = $1`, me)
	if err != nil {
		return ledger.Batch{}, err
	}
	if mine == 0 {
		return ledger.Batch{}, ledger.ErrNotHolder
	}
	head, err := newestCheckpoint(ctx, t.conn, t.store.keys)
	if err != nil {
		return ledger.Batch{}, err
	}
	tree, err := treeAt(ctx, t.conn, head.Size)
	if err != nil {
		return ledger.Batch{}, err
	}
	if head.Note != "" && tree.Root() != head.Root {
		return ledger.Batch{}, ledger.ErrTreeDamaged
	}
	w := &sealing{tx: t, batch: ledger.Batch{Checkpoint: head}, tree: tree}
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

func (w *sealing) run(ctx context.Context) error {
	beyond, err := entries(ctx, w.conn, `leaf_index >= $1 ORDER BY leaf_index LIMIT $2`, w.tree.Size(), sealBatch)
	if err != nil {
		return err
	}
	if len(beyond) > 0 {
		err = w.mend(ctx, beyond)
		w.batch.More = true
	} else {
		err = w.sealWaiting(ctx)
	}
	if err != nil {
		return err
	}
	return w.save(ctx)
}

// sealWaiting lets the tree grow by what waits.
func (w *sealing) sealWaiting(ctx context.Context) error {
	waiting, err := entries(ctx, w.conn, `waiting ORDER BY at, id LIMIT $1`, sealBatch)
	if err != nil {
		return err
	}
	for i := range waiting {
		e := &waiting[i]
		if e.Index != audit.Unsealed { // it was made to wait by hand
			w.changes = append(w.changes, change{e.ID, e.Index, e.MAC})
			continue
		}
		if !w.fits(e) {
			if err := w.refuse(ctx, e); err != nil {
				return err
			}
			continue
		}
		index := w.tree.Size()
		w.changes = append(w.changes, change{e.ID, index, w.store.keys.MAC(w.leaf, index)})
		w.grow()
		w.batch.Sealed++
	}
	w.batch.More = len(waiting) == sealBatch
	return nil
}

// mend puts events right whose index no checkpoint covers: somebody has deleted
// checkpoints, or put an index in by hand. Those that follow one another as
// they were sealed keep their place; any others wait again.
func (w *sealing) mend(ctx context.Context, beyond []audit.Entry) error {
	for i := range beyond {
		e := &beyond[i]
		switch {
		case !w.fits(e):
			if err := w.refuse(ctx, e); err != nil {
				return err
			}
		case e.Index == w.tree.Size():
			w.grow()
			w.batch.Restored++
		default:
			w.changes = append(w.changes, change{e.ID, nil, w.store.keys.MAC(w.leaf, audit.Unsealed)})
			w.batch.Unnumbered++
		}
	}
	return nil
}

// fits reports whether e is what this program wrote, and sets w.leaf.
func (w *sealing) fits(e *audit.Entry) bool {
	w.leaf, w.scratch = ledger.LeafHash(e, w.scratch)
	return w.store.keys.Fits(e, w.leaf, e.Index)
}

func (w *sealing) refuse(ctx context.Context, e *audit.Entry) error {
	w.batch.Refused = append(w.batch.Refused, ledger.Name{Index: e.Index, ID: e.ID, UnixMilli: e.UnixMilli, Kind: e.Kind})
	_, err := w.exec(ctx, `UPDATE events SET leaf_index = NULL, waiting = FALSE WHERE id = $1`, e.ID)
	return err
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
	if w.tree.Size() == w.batch.Checkpoint.Size {
		return nil
	}
	if err := w.saveHashes(ctx); err != nil {
		return err
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
		_, err := w.exec(ctx, `UPDATE events SET leaf_index = v.column2, mac = v.column3, waiting = v.column2 IS NULL FROM (VALUES `+
			first+tuples(len(group), 3)[len("($1, $2, $3)"):]+`) AS v WHERE events.id = v.column1`, args...)
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

// tooMany bounds how many false checkpoints are passed over.
const tooMany = 20

// newestCheckpoint returns the newest stored checkpoint that is signed; the zero
// Checkpoint if there is none.
func newestCheckpoint(ctx context.Context, c conn, keys *ledger.Keys) (ledger.Checkpoint, error) {
	rows, err := c.query(ctx, `SELECT size, note FROM checkpoints ORDER BY size DESC LIMIT $1`, tooMany)
	list, err := collect(rows, err, func(r *sql.Rows) (stored ledger.Checkpoint, err error) {
		err = r.Scan(&stored.Size, &stored.Note)
		return stored, err
	})
	if err != nil {
		return ledger.Checkpoint{}, fmt.Errorf("newest checkpoint: %w", err)
	}
	for _, stored := range list {
		if opened, err := keys.Open(stored.Note); err == nil && opened.Size == stored.Size {
			return opened, nil
		}
	}
	return ledger.Checkpoint{}, nil
}

// treeAt returns the tree of the first size events as it is stored, or an error
// wrapping ledger.ErrTreeDamaged.
func treeAt(ctx context.Context, c conn, size int64) (ledger.Tree, error) {
	var tree ledger.Tree
	indices := ledger.Frontier(size)
	if len(indices) == 0 {
		return tree, nil
	}
	args := make([]any, len(indices))
	for i, index := range indices {
		args[i] = index
	}
	// The larger a complete subtree, the further in front it ends.
	rows, err := c.query(ctx, `SELECT hash FROM log_hashes WHERE stored_index IN `+tuples(1, len(args))+` ORDER BY stored_index`, args...)
	frontier, err := collect(rows, err, func(r *sql.Rows) (hash tlog.Hash, err error) {
		var bytes sql.RawBytes
		if err := r.Scan(&bytes); err != nil {
			return hash, err
		}
		copy(hash[:], bytes)
		return hash, nil
	})
	if err != nil {
		return tree, fmt.Errorf("tree of %d events: %w", size, err)
	}
	if len(frontier) != len(indices) {
		return tree, ledger.ErrTreeDamaged
	}
	return ledger.GrownTree(size, frontier)
}

// LogRoot returns the root of the tree over the first size events as it is
// stored, or an error wrapping ledger.ErrTreeDamaged.
func (s *Store) LogRoot(ctx context.Context, size int64) (tlog.Hash, error) {
	tree, err := treeAt(ctx, s.read, size)
	return tree.Root(), err
}

// NewestCheckpoint returns the newest stored checkpoint that is signed; the zero
// Checkpoint if there is none.
func (s *Store) NewestCheckpoint(ctx context.Context) (ledger.Checkpoint, error) {
	return newestCheckpoint(ctx, s.read, s.keys)
}

// SealState returns how far sealing is now.
func (s *Store) SealState(ctx context.Context) (ledger.State, error) {
	var state ledger.State
	var oldest int64
	err := s.read.row(ctx, `
		SELECT COALESCE((SELECT MAX(size) FROM checkpoints), 0),
			(SELECT COUNT(*) FROM events WHERE waiting),
			(SELECT COUNT(*) FROM events WHERE leaf_index IS NULL AND NOT waiting),
			COALESCE((SELECT MIN(at) FROM events WHERE waiting), 0)`).Scan(
		&state.Sealed, &state.Waiting, &state.Refused, &oldest)
	if err != nil {
		return state, fmt.Errorf("state of the seal: %w", err)
	}
	if oldest > 0 {
		state.OldestAge = max(0, s.now().Sub(timeOf(oldest)))
	}
	return state, nil
}

// entries returns the events that where lets through, as they are kept.
func entries(ctx context.Context, c conn, where string, args ...any) ([]audit.Entry, error) {
	rows, err := c.query(ctx, entryColumns+where, args...)
	return collect(rows, err, func(r *sql.Rows) (audit.Entry, error) {
		var e audit.Entry
		err := scanEntry(r, &e)
		return e, err
	})
}

const entryColumns = `SELECT id, at, kind, organisation, actor_kind, actor_member, subject, reason, facts, origin,
	salt, personal_hash, mac, COALESCE(leaf_index, -1), waiting FROM events WHERE `

func scanEntry(r *sql.Rows, e *audit.Entry) error {
	return r.Scan(&e.ID, &e.UnixMilli, &e.Kind, &e.Organisation, &e.ActorKind, &e.ActorMember, &e.Subject, &e.Reason,
		&e.Facts, &e.Origin, &e.Salt, &e.PersonalHash, &e.MAC, &e.Index, &e.Waiting)
}
