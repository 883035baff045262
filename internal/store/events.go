package store

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"slices"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/ledger"
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
	return inGroups(events, eventColumns, func(group []audit.Event) error {
		if err := t.recordGroup(ctx, group); err != nil {
			return fmt.Errorf("record %s: %w", group[0].Kind, err)
		}
		return nil
	})
}

const (
	saltSize     = 16 // bytes, as audit.PersonalHash asks
	eventColumns = 13 // of an event as it is recorded
)

func (t *tx) recordGroup(ctx context.Context, events []audit.Event) error {
	args := make([]any, 0, eventColumns*len(events))
	var hash tlog.Hash
	var leaf []byte
	for _, e := range events {
		e.ID = t.store.newID()
		if e.At.IsZero() {
			e.At = t.store.now()
		}
		t.recorded = append(t.recorded, e)
		salt := make([]byte, saltSize)
		if _, err := io.ReadFull(t.store.random, salt); err != nil {
			return err
		}
		entry := audit.NewEntry(e, salt)
		hash, leaf = ledger.LeafHash(&entry, leaf)
		args = append(args,
			entry.ID, entry.UnixMilli, entry.Kind, entry.Organisation, entry.ActorKind, entry.ActorMember, entry.Subject, entry.Reason,
			entry.Facts, entry.Origin, salt, entry.PersonalHash, t.store.keys.MAC(hash, audit.Unsealed))
	}
	_, err := t.exec(ctx, `
		INSERT INTO events (id, at, kind, organisation, actor_kind, actor_member, subject, reason, facts, origin, salt, personal_hash, mac)
		VALUES `+tuples(len(events), eventColumns), args...)
	return err
}

// An EventFilter says which events are wanted. Its zero fields leave all in.
type EventFilter struct {
	Organisation org.OrganisationID
	Subject      org.MemberID
	Kind         audit.Kind  // one that ends in a dot: all that begin with it
	Actor        audit.Actor // its kind, or the member; either may be empty
	Since        time.Time   // inclusive
	Until        time.Time   // exclusive
	Limit        int         // at most; the newest are kept. 1000 if 0
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
		WHERE ($1 = '' OR organisation = $1) AND ($2 = '' OR subject = $2)
			AND ($3 = '' OR kind = $3 OR $3 LIKE '%.' AND substr(kind, 1, length($3)) = $3) AND at >= $4 AND (CAST($6 AS BIGINT) = 0 OR at < $6)
			AND ($7 = '' OR actor_kind = $7) AND ($8 = '' OR actor_member = $8)
		ORDER BY at DESC, id DESC LIMIT $5`,
		f.Organisation, f.Subject, f.Kind, f.Since, f.Limit, f.Until, f.Actor.Kind, f.Actor.Member)
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
