package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/org"
)

// An OriginFilter says of which events the origin is wanted: of those that all
// its fields let through, of which one must be set.
type OriginFilter struct {
	Member org.MemberID // whom they concern, or who acted
	Before time.Time    // exclusive
}

// eraseBatch bounds the events of one transaction that erases.
const eraseBatch = 500

// EraseOriginsOf is EraseOrigins of everything that concerns a member.
func (s *Store) EraseOriginsOf(ctx context.Context, m org.MemberID, e audit.Event) (int64, error) {
	return s.EraseOrigins(ctx, OriginFilter{Member: m}, e)
}

// CountOrigins returns how many events have an origin that f lets through.
func (s *Store) CountOrigins(ctx context.Context, f OriginFilter) (int64, error) {
	var count int64
	if err := s.read.row(ctx, `SELECT COUNT(*) FROM events WHERE `+wantedOrigins, f.Member, f.before()).Scan(&count); err != nil {
		return 0, fmt.Errorf("count origins: %w", err)
	}
	return count, nil
}

// EraseOrigins erases the origins that f lets through, with what their hashes
// were salted with: nothing tells any more where these acts came from, and the
// seal of the log holds. It first records e, with their count; without any it
// does nothing. It works in batches: where it was cut short, it may be called
// again. It returns how many it erased.
func (s *Store) EraseOrigins(ctx context.Context, f OriginFilter, e audit.Event) (erased int64, err error) {
	if f == (OriginFilter{}) {
		return 0, errors.New("erase origins: neither a member nor an instant is given")
	}
	if e.At.IsZero() {
		e.At = s.now()
	}
	// What is recorded from now on is nobody's to erase yet: the event covers none of it.
	if end := e.At.Truncate(time.Millisecond).Add(time.Millisecond); f.Before.IsZero() || f.Before.After(end) {
		f.Before = end
	}
	f.Before = f.Before.Truncate(time.Millisecond)
	count, err := s.CountOrigins(ctx, f)
	if err != nil || count == 0 {
		return 0, err
	}
	e.Kind, e.Subject = audit.OriginsErased, f.Member
	e.Facts = map[string]string{"count": strconv.FormatInt(count, 10), audit.BeforeFact: f.Before.UTC().Format(time.RFC3339Nano)}
	if err := s.Record(ctx, e); err != nil {
		return 0, fmt.Errorf("erase origins: %w", err)
	}
	from := cursor{}
	for more := true; more; {
		err := s.transact(ctx, func(ctx context.Context, t *tx) error {
			batch, err := t.eraseBatch(ctx, f, from)
			if err != nil {
				return err
			}
			if more = len(batch) == eraseBatch; more {
				from = batch[len(batch)-1]
			}
			erased += int64(len(batch))
			return nil
		})
		if err != nil {
			return erased, fmt.Errorf("erase origins: %w", err)
		}
	}
	return erased, nil
}

// wantedOrigins says which events OriginFilter lets through: member $1, before $2.
// Where nothing was known, there is nothing to erase.
const wantedOrigins = `origin NOT IN ('', '{}') AND ($1 = '' OR subject = $1 OR actor_member = $1) AND at < $2`

func (f OriginFilter) before() int64 {
	if f.Before.IsZero() {
		return 1<<63 - 1
	}
	return milliseconds(f.Before)
}

// A cursor is a place among the events by age.
type cursor struct {
	at int64
	id string
}

func (t *tx) eraseBatch(ctx context.Context, f OriginFilter, from cursor) ([]cursor, error) {
	rows, err := t.query(ctx, `
		SELECT at, id FROM events WHERE `+wantedOrigins+` AND (at, id) > ($3, $4) ORDER BY at, id LIMIT $5`,
		f.Member, f.before(), from.at, from.id, eraseBatch)
	batch, err := collect(rows, err, func(r *sql.Rows) (c cursor, err error) {
		err = r.Scan(&c.at, &c.id)
		return c, err
	})
	if err != nil {
		return nil, err
	}
	for _, c := range batch {
		if _, err := t.exec(ctx, `UPDATE events SET origin = '', salt = $2 WHERE id = $1`, c.id, []byte{}); err != nil {
			return nil, err
		}
	}
	return batch, nil
}
