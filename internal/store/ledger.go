package store

import (
	"context"
	"database/sql"
	"encoding/hex"
	"fmt"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/sparekey/sparekey/internal/ledger"
	"github.com/sparekey/sparekey/internal/secret"
)

// logKeys returns the keys of the log. All of them follow from the master key
// alone, its name too: nothing in the database says whose checkpoints are ours.
func logKeys(master secret.Master) (*ledger.Keys, error) {
	name, err := master.Derive("log name")
	if err != nil {
		return nil, err
	}
	mac, err := master.Derive("log events")
	if err != nil {
		return nil, err
	}
	seed, err := master.Derive("log checkpoints")
	if err != nil {
		return nil, err
	}
	return ledger.NewKeys(hex.EncodeToString(name[:nameSize]), mac, seed)
}

// nameSize is the length in bytes of what tells one installation's log from
// another's.
const nameSize = 16

// LogKeys returns the keys of the log.
func (s *Store) LogKeys() *ledger.Keys { return s.keys }

// What is read of the row that says who seals holds whatever was written there
// by hand, and a beat that can rise no further begins anew.
const (
	readBeat = `CAST(sealer.beat AS BIGINT)`
	nextBeat = `CASE WHEN sealer.beat >= 0 AND sealer.beat < 1000000000000000 THEN ` + readBeat + ` + 1 ELSE 1 END`
	// raiseBeat says that $1 is at work, if it is its turn.
	raiseBeat = `UPDATE sealer SET beat = ` + nextBeat + ` WHERE row_one = 1 AND holder = $1`
)

// SealTurn returns whose turn it is to seal. It is cheap, and changes nothing.
func (s *Store) SealTurn(ctx context.Context) (ledger.Turn, error) {
	var turn ledger.Turn
	err := s.read.row(ctx, `
		SELECT COALESCE((SELECT CAST(holder AS TEXT) FROM sealer WHERE row_one = 1), ''),
			COALESCE((SELECT `+readBeat+` FROM sealer WHERE row_one = 1), 0),
			EXISTS (SELECT 1 FROM events WHERE waiting),
			COALESCE((SELECT CAST(substr(id, 1, 64) AS TEXT) FROM events WHERE waiting ORDER BY at, id LIMIT 1), ''),
			COALESCE((SELECT CAST(MAX(size) AS BIGINT) FROM checkpoints), 0)`).Scan(
		&turn.Holder, &turn.Beat, &turn.Waiting, &turn.Oldest, &turn.Size)
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
		ON CONFLICT (row_one) DO UPDATE SET holder = excluded.holder, beat = `+nextBeat+`
			WHERE `+readBeat+` = $2 AND CAST(sealer.holder AS TEXT) = $3`, me, seen.Beat, seen.Holder)
	if err != nil {
		return false, fmt.Errorf("take turn to seal: %w", err)
	}
	return changed == 1, nil
}

// LeaveSealTurn says that me seals no more. It does nothing if it is another's turn.
func (s *Store) LeaveSealTurn(ctx context.Context, me string) error {
	if _, err := s.write.exec(ctx, `UPDATE sealer SET holder = '', beat = `+nextBeat+` WHERE holder = $1`, me); err != nil {
		return fmt.Errorf("leave turn to seal: %w", err)
	}
	return nil
}

// checkpointPage is how many stored checkpoints are read at first; each time
// that none of them was signed, as many as before are read in one.
const checkpointPage = 20

// newestCheckpoint returns the newest stored checkpoint that is signed; the zero
// Checkpoint if there is none. Those above it, which nobody signed, are counted.
func newestCheckpoint(ctx context.Context, c conn, keys *ledger.Keys) (newest ledger.Checkpoint, unsigned int, err error) {
	for page := checkpointPage; ; page = unsigned {
		rows, err := c.query(ctx, `
			SELECT CASE WHEN octet_length(note) <= $1 THEN CAST(note AS TEXT) ELSE '' END, CAST(size AS BIGINT)
			FROM checkpoints ORDER BY size DESC LIMIT $2 OFFSET $3`, mostBytes, page, unsigned)
		if err == nil {
			var passed int
			newest, passed, err = firstSigned(rows, keys)
			unsigned += passed
			if err == nil && (newest.Note != "" || passed < page) {
				return newest, unsigned, nil
			}
		}
		if err != nil {
			return ledger.Checkpoint{}, 0, fmt.Errorf("newest checkpoint: %w", err)
		}
	}
}

// firstSigned returns the first checkpoint that is signed, and how many rows
// were passed over. It closes rows.
func firstSigned(rows *sql.Rows, keys *ledger.Keys) (first ledger.Checkpoint, passed int, err error) {
	defer func() { _ = rows.Close() }() // its error comes from Err
	for rows.Next() {
		var note string
		var size sql.NullInt64
		if err := rows.Scan(&note, &size); err != nil {
			return first, passed, err
		}
		if opened, err := keys.Open(note); err == nil && size.Valid && opened.Size == size.Int64 {
			return opened, passed, nil
		}
		passed++
	}
	return first, passed, rows.Err()
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
	rows, err := c.query(ctx, `
		SELECT CASE WHEN octet_length(hash) = 32 THEN hash END FROM log_hashes WHERE stored_index IN `+tuples(1, len(args))+` ORDER BY stored_index`, args...)
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
	newest, _, err := newestCheckpoint(ctx, s.read, s.keys)
	return newest, err
}

// LastSeal returns the newest stored checkpoint that is signed, and when it was;
// the zero Checkpoint if there is none.
func (s *Store) LastSeal(ctx context.Context) (ledger.Checkpoint, time.Time, error) {
	newest, err := s.NewestCheckpoint(ctx)
	if err != nil || newest.Note == "" {
		return newest, time.Time{}, err
	}
	var at int64
	if err := s.read.row(ctx, `SELECT COALESCE(MAX(at), 0) FROM checkpoints WHERE size = $1`, newest.Size).Scan(&at); err != nil {
		return newest, time.Time{}, fmt.Errorf("time of the seal: %w", err)
	}
	return newest, timeOf(at), nil
}

// SealState returns how far sealing is now.
func (s *Store) SealState(ctx context.Context) (ledger.State, error) {
	var state ledger.State
	var oldest int64
	err := s.read.row(ctx, `
		SELECT COALESCE((SELECT CAST(MAX(size) AS BIGINT) FROM checkpoints), 0),
			(SELECT COUNT(*) FROM events WHERE waiting),
			(SELECT COUNT(*) FROM events WHERE leaf_index IS NULL AND NOT waiting),
			COALESCE((SELECT CAST(MIN(at) AS BIGINT) FROM events WHERE waiting), 0)`).Scan(
		&state.Sealed, &state.Waiting, &state.Refused, &oldest)
	if err != nil {
		return state, fmt.Errorf("state of the seal: %w", err)
	}
	if oldest > 0 {
		state.OldestAge = max(0, s.now().Sub(timeOf(oldest)))
	}
	return state, nil
}
