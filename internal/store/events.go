package store

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/org"
)

// Observe has tell called with every event that is committed from now on, and
// with none that was rolled back. It is called by many at once, and should
// return at once. Call Observe before the store is used.
func (s *Store) Observe(tell func(audit.Event)) { s.observed = tell }

// Record writes events to the log, all or none.
func (s *Store) Record(ctx context.Context, events ...audit.Event) error {
	if len(events) == 0 {
		return nil
	}
	err := s.transact(ctx, func(ctx context.Context, t *tx) error { return t.record(ctx, events) })
	if err != nil {
		return fmt.Errorf("record events: %w", err)
	}
	return nil
}

// record writes events to the log, under ids of their own. One without a time
// gets the store's.
func (t *tx) record(ctx context.Context, events []audit.Event) error {
	for _, e := range events {
		e.ID = t.store.newID()
		if e.At.IsZero() {
			e.At = t.store.now()
		}
		if err := t.recordOne(ctx, e); err != nil {
			return fmt.Errorf("record %s: %w", e.Kind, err)
		}
		t.recorded = append(t.recorded, e)
	}
	return nil
}

const saltSize = 16 // bytes, as audit.PersonalHash asks

func (t *tx) recordOne(ctx context.Context, e audit.Event) error {
	salt := make([]byte, saltSize)
	if _, err := io.ReadFull(t.store.random, salt); err != nil {
		return err
	}
	entry := audit.NewEntry(e, salt)
	_, err := t.exec(ctx, `
		INSERT INTO events (id, at, kind, organisation, actor_kind, actor_member, subject, reason, facts, origin, salt, personal_hash, mac)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
		entry.ID, entry.UnixMilli, entry.Kind, entry.Organisation, entry.ActorKind, entry.ActorMember, entry.Subject, entry.Reason,
		entry.Facts, entry.Origin, salt, entry.PersonalHash, t.store.keys.MAC(entry.Leaf(nil), audit.Unsealed))
	return err
}

// An EventFilter says which events are wanted. Its zero fields leave all in.
type EventFilter struct {
	Organisation org.OrganisationID
	Subject      org.MemberID
	Kind         audit.Kind
	Since        time.Time // inclusive
	Limit        int       // at most; the newest are kept. 1000 if 0
}

const defaultEvents = 1000

// Events returns the events that f lets through, the newest last. The origin
// of one that was erased is empty.
func (s *Store) Events(ctx context.Context, f EventFilter) ([]audit.Event, error) {
	if f.Limit <= 0 {
		f.Limit = defaultEvents
	}
	rows, err := s.read.query(ctx, `
		SELECT id, at, kind, organisation, actor_kind, actor_member, subject, reason, facts, origin,
			leaf_index IS NOT NULL, COALESCE(leaf_index, 0)
		FROM events
		WHERE ($1 = '' OR organisation = $1) AND ($2 = '' OR subject = $2) AND ($3 = '' OR kind = $3) AND at >= $4
		ORDER BY at DESC, id DESC LIMIT $5`, f.Organisation, f.Subject, f.Kind, f.Since, f.Limit)
	list, err := collect(rows, err, func(r *sql.Rows) (audit.Event, error) {
		var e audit.Event
		var origin string
		err := r.Scan(&e.ID, (*instant)(&e.At), &e.Kind, &e.Organisation, &e.Actor.Kind, &e.Actor.Member,
			&e.Subject, &e.Reason, fromJSON{&e.Facts}, &origin, &e.Sealed, &e.Index)
		if err == nil && origin != "" {
			err = fromJSON{&e.Origin}.Scan(origin)
		}
		return e, err
	})
	if err != nil {
		return nil, fmt.Errorf("list events: %w", err)
	}
	slices.Reverse(list)
	return list, nil
}
