package store

import (
	"context"
	"database/sql"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/ledger"
)

// verifyRange is how many events are read at once.
const verifyRange = 4096

// VerifyLog examines the whole log as it is at one instant, also against
// checkpoints that were kept outside. What is wrong with the log is in the
// report; the error says that it could not be read.
func (s *Store) VerifyLog(ctx context.Context, outside []ledger.Checkpoint) (ledger.Report, error) {
	exam := ledger.NewExam(s.keys, outside)
	err := s.snapshot(ctx, func(c conn) error {
		v := verifying{conn: c, exam: exam}
		for _, show := range []func(context.Context) error{v.checkpoints, v.erasings, v.sealed, v.strays, v.unsealed, v.strayHashes} {
			if err := show(ctx); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return ledger.Report{}, fmt.Errorf("verify the log: %w", err)
	}
	return exam.Report(), nil
}

// A verifying shows the log to an exam.
type verifying struct {
	conn
	exam    *ledger.Exam
	entries []audit.Entry
	hashes  []tlog.Hash
	falsity int64 // hashes of the tree that have no index
}

// each calls do with every row.
func (v *verifying) each(rows *sql.Rows, err error, do func(*sql.Rows) error) error {
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }() // its error comes from Err
	for rows.Next() {
		if err := do(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (v *verifying) checkpoints(ctx context.Context) error {
	rows, err := v.query(ctx, `
		SELECT size, CASE WHEN octet_length(root) = 32 THEN root END, CASE WHEN octet_length(note) <= 65536 THEN note END
		FROM checkpoints ORDER BY size`)
	return v.each(rows, err, func(r *sql.Rows) error {
		var size int64
		var root []byte
		var note string
		if r.Scan(&size, &root, &note) != nil { // no number, or too long
			size, root, note = -1, nil, ""
		}
		v.exam.Stored(size, root, note)
		return nil
	})
}

// erasings shows the events that say whose origins were erased.
func (v *verifying) erasings(ctx context.Context) error {
	rows, err := v.query(ctx, entryColumns+`kind = $1`, audit.OriginsErased)
	return v.one(rows, err, v.exam.Erasing)
}

// sealed shows the events that the checkpoints cover, range by range.
func (v *verifying) sealed(ctx context.Context) error {
	size := v.exam.Size()
	for first := int64(0); first < size; first += verifyRange {
		if err := ctx.Err(); err != nil {
			return err
		}
		end := min(first+verifyRange, size)
		if err := v.read(ctx, first, end); err != nil {
			return err
		}
		v.exam.Range(first, v.hashes, v.entries)
	}
	return nil
}

// read reads the events with indices from first up to end, and their hashes.
func (v *verifying) read(ctx context.Context, first, end int64) error {
	if err := v.readHashes(ctx, first, end); err != nil {
		return err
	}
	return v.readEntries(ctx, first, end)
}

func (v *verifying) readHashes(ctx context.Context, first, end int64) error {
	from, to := tlog.StoredHashCount(first), tlog.StoredHashCount(end)
	v.hashes = append(v.hashes[:0], make([]tlog.Hash, to-from)...)
	rows, err := v.query(ctx, `
		SELECT stored_index, CASE WHEN octet_length(hash) = 32 THEN hash END FROM log_hashes WHERE stored_index >= $1 AND stored_index < $2`, from, to)
	var bytes sql.RawBytes
	return v.each(rows, err, func(r *sql.Rows) error {
		var index int64
		if r.Scan(&index, &bytes) != nil {
			v.falsity++ // an index that is no whole number
			return nil
		}
		if len(bytes) == tlog.HashSize {
			copy(v.hashes[index-from][:], bytes)
		}
		return nil
	})
}

func (v *verifying) readEntries(ctx context.Context, first, end int64) error {
	v.entries = v.entries[:0]
	rows, err := v.query(ctx, entryColumns+`leaf_index >= $1 AND leaf_index < $2 ORDER BY leaf_index`, first, end)
	return v.each(rows, err, func(r *sql.Rows) error {
		v.entries = append(v.entries, audit.Entry{})
		return scanEntry(r, &v.entries[len(v.entries)-1])
	})
}

// strays shows the events whose index no checkpoint covers.
func (v *verifying) strays(ctx context.Context) error {
	for _, where := range []struct {
		condition string
		bound     int64
	}{{`leaf_index < $1`, 0}, {`leaf_index >= $1`, v.exam.Size()}} {
		rows, err := v.query(ctx, entryColumns+where.condition+` ORDER BY leaf_index`, where.bound)
		if err := v.one(rows, err, v.exam.Stray); err != nil {
			return err
		}
	}
	return nil
}

func (v *verifying) unsealed(ctx context.Context) error {
	rows, err := v.query(ctx, entryColumns+`leaf_index IS NULL ORDER BY at, id`)
	return v.one(rows, err, v.exam.Unsealed)
}

func (v *verifying) one(rows *sql.Rows, err error, show func(*audit.Entry)) error {
	return v.each(rows, err, func(r *sql.Rows) error {
		var e audit.Entry
		if err := scanEntry(r, &e); err != nil {
			return err
		}
		show(&e)
		return nil
	})
}

// strayHashes counts the hashes that belong to no event.
func (v *verifying) strayHashes(ctx context.Context) error {
	var count int64
	err := v.row(ctx, `SELECT COUNT(*) FROM log_hashes WHERE stored_index IS NULL OR stored_index < 0 OR stored_index >= $1`, tlog.StoredHashCount(v.exam.Size())).Scan(&count)
	v.exam.StrayHashes(count + v.falsity)
	return err
}
