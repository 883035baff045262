package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/notice"
	"github.com/sparekey/sparekey/internal/org"
)

// post puts messages into the outbox.
func (t *tx) post(ctx context.Context, messages []notice.Message) error {
	return t.postAs(ctx, messages, false)
}

// postAs puts messages into the outbox; those in bulk wait until no other is due,
// so that a code which someone waits for never stands behind them.
func (t *tx) postAs(ctx context.Context, messages []notice.Message, bulk bool) error {
	now := t.store.now()
	rows := rowsOf{into: `outbox (id, organisation_id, kind, member_id, message, bulk, queued_at, due_at)`, columns: 8}
	for _, m := range messages {
		box, err := t.store.box(ctx, t.conn, m.Organisation)
		if err != nil {
			return err
		}
		id := t.store.newID()
		sealed, err := sealJSON(box, m, place("outbox", "message", id))
		if err != nil {
			return fmt.Errorf("post %s: %w", m.Kind, err)
		}
		rows.add(id, m.Organisation, m.Kind, m.Member, sealed, bulk, now, now)
	}
	if err := t.insert(ctx, rows); err != nil {
		return fmt.Errorf("post: %w", err)
	}
	return nil
}

// withhold keeps the letters of a kind to a member that wait from going out, and
// erases what they say. One that is on its way already arrives.
func (t *tx) withhold(ctx context.Context, m org.MemberID, k notice.Kind) error {
	_, err := t.exec(ctx, `
		UPDATE outbox SET failed_at = $3, message = $4, last_reason = 'withdrawn'
		WHERE member_id = $1 AND kind = $2 AND sent_at = 0 AND failed_at = 0`, m, k, t.store.now(), []byte{})
	return err
}

// claimTries bounds how often a claim that another process won is made anew.
const claimTries = 10

// ClaimLetter returns the letter that is due longest at now, those that went in
// bulk after all others, and keeps others
// from it until now+lease: after a crash it comes back. It counts an attempt.
// However many ask at once, each letter goes to one of them. It returns an
// error wrapping notice.ErrNoLetter if none is due.
func (s *Store) ClaimLetter(ctx context.Context, now time.Time, lease time.Duration) (notice.Letter, error) {
	for range claimTries {
		letter, err := s.claimLetter(ctx, now, lease)
		if err == nil {
			return letter, nil
		}
		if !errors.Is(err, org.ErrNotFound) {
			return notice.Letter{}, fmt.Errorf("claim a letter: %w", err)
		}
		// None was due, or another process was quicker with the first of them.
		var more bool
		if err := s.read.row(ctx, `SELECT EXISTS (SELECT 1 FROM outbox WHERE `+dueLetters+`)`, dueAt(now, lease)...).Scan(&more); err != nil {
			return notice.Letter{}, fmt.Errorf("claim a letter: %w", err)
		}
		if !more {
			break
		}
	}
	return notice.Letter{}, fmt.Errorf("claim a letter: %w", notice.ErrNoLetter)
}

// dueLetters says which letters wait at $1. One that is put off beyond $2 or
// claimed beyond $3, which nobody does, comes from a clock that was ahead: it
// waits no longer.
const dueLetters = `sent_at = 0 AND failed_at = 0 AND (due_at <= $1 OR due_at > $2) AND (claimed_until <= $1 OR claimed_until > $3)`

// clockSkew is how far the clocks of two machines may be apart.
const clockSkew = time.Minute

// dueAt returns the arguments of dueLetters.
func dueAt(now time.Time, lease time.Duration) []any {
	return []any{now, now.Add(notice.LongestDelay + clockSkew), now.Add(lease + clockSkew)}
}

func (s *Store) claimLetter(ctx context.Context, now time.Time, lease time.Duration) (notice.Letter, error) {
	var letter notice.Letter
	var o org.OrganisationID
	var sealed []byte
	// The outer condition is looked at again after waiting for another process.
	err := s.write.row(ctx, `
		UPDATE outbox SET claimed_until = $4, attempts = attempts + 1
		WHERE id = (SELECT id FROM outbox WHERE `+dueLetters+` ORDER BY bulk, due_at, id LIMIT 1) AND `+dueLetters+`
		RETURNING id, organisation_id, message, attempts, queued_at`, append(dueAt(now, lease), now.Add(lease))...).Scan(
		&letter.ID, &o, &sealed, &letter.Attempts, (*instant)(&letter.Queued))
	if err != nil {
		return notice.Letter{}, missing(err)
	}
	err = s.open(ctx, o, sealed, place("outbox", "message", letter.ID), &letter.Message)
	return letter, err
}

// LetterSent notes that the letter id was sent at now, and erases its message.
// It may be called again.
func (s *Store) LetterSent(ctx context.Context, id string, now time.Time) error {
	return s.letter(ctx, id, `UPDATE outbox SET sent_at = $2, message = $3, last_reason = '' WHERE id = $1`, now, []byte{})
}

// LetterDelayed notes why the letter id was not sent and gives it back; it is
// due again at until.
func (s *Store) LetterDelayed(ctx context.Context, id string, until time.Time, reason string) error {
	return s.letter(ctx, id, `UPDATE outbox SET due_at = $2, claimed_until = 0, last_reason = $3 WHERE id = $1`, until, reason)
}

// LetterFailed notes why the letter id will never be sent, erases its message
// and records the event. It may be called again.
func (s *Store) LetterFailed(ctx context.Context, id string, now time.Time, reason string) error {
	err := s.transact(ctx, func(ctx context.Context, t *tx) error {
		e := audit.Event{Kind: audit.MailFailed, At: now, Actor: audit.Actor{Kind: audit.System}}
		err := t.row(ctx, `
			UPDATE outbox SET failed_at = $2, message = $3, last_reason = $4 WHERE id = $1
			RETURNING organisation_id, member_id, kind`, id, now, []byte{}, reason).Scan(&e.Organisation, &e.Subject, &e.Reason)
		if err != nil {
			return missing(err)
		}
		return t.record(ctx, []audit.Event{e})
	})
	if err != nil {
		return fmt.Errorf("letter %s: %w", id, err)
	}
	return nil
}

// letter changes the letter id, or returns an error wrapping org.ErrNotFound.
func (s *Store) letter(ctx context.Context, id, statement string, args ...any) error {
	changed, err := s.write.exec(ctx, statement, append([]any{id}, args...)...)
	if err == nil && changed == 0 {
		err = org.ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("letter %s: %w", id, err)
	}
	return nil
}
