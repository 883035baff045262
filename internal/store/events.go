package store

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
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

// where returns the condition of f, for the indexes to serve it, and its arguments.
func (f EventFilter) where() (string, []any) {
	condition, args := `at >= $1`, []any{f.Since}
	and := func(text string, arg any) {
		args = append(args, arg)
		condition += ` AND ` + strings.ReplaceAll(text, "$", "$"+strconv.Itoa(len(args)))
	}
	for _, equal := range []struct{ column, value string }{
		{"organisation", string(f.Organisation)}, {"subject", string(f.Subject)},
		{"actor_kind", string(f.Actor.Kind)}, {"actor_member", string(f.Actor.Member)},
	} {
		if equal.value != "" {
			and(equal.column+` = $`, equal.value)
		}
	}
	if !f.Until.IsZero() {
		and(`at < $`, f.Until)
	}
	switch {
	case strings.HasSuffix(string(f.Kind), "."):
		and(`substr(kind, 1, `+strconv.Itoa(len(f.Kind))+`) = $`, f.Kind)
	case f.Kind != "":
		and(`kind = $`, f.Kind)
	}
	if f.Limit <= 0 {
		f.Limit = defaultEvents
	}
	args = append(args, f.Limit)
	return condition + ` ORDER BY at DESC, id DESC LIMIT $` + strconv.Itoa(len(args)), args
}

// Events returns the events that f lets through, the newest last. The origin
// of one that was erased is empty. One that this program did not record as it
// stands there comes as NotGenuine.
func (s *Store) Events(ctx context.Context, f EventFilter) ([]audit.Event, error) {
	where, args := f.where()
	list, err := s.readEvents(ctx, where, args)
	if err != nil {
		return nil, fmt.Errorf("list events: %w", err)
	}
	slices.Reverse(list)
	return list, nil
}

// readEvents returns the events that where lets through, in its order.
func (s *Store) readEvents(ctx context.Context, where string, args []any) ([]audit.Event, error) {
	rows, err := s.read.query(ctx, entryColumns+where, args...)
	var scratch []byte
	return collect(rows, err, func(r *sql.Rows) (audit.Event, error) {
		var entry audit.Entry
		if err := scanEntry(r, &entry); err != nil {
			return audit.Event{}, err
		}
		var leaf tlog.Hash
		leaf, scratch = ledger.LeafHash(&entry, scratch)
		e, readable := entry.Event()
		e.NotGenuine = !readable || !s.keys.Fits(&entry, leaf, entry.Index) || !entry.FitsOrigin()
		return e, nil
	})
}
