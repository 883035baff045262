package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/notice"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/standing"
)

const (
	// remindedAtOnce is how many are reminded in one transaction.
	remindedAtOnce = 200
	// remindFor is how long after they were asked for reminders still go: those
	// that a stopped process did not come to are dropped then, so that nobody has
	// two within a week.
	remindFor = 24 * time.Hour
)

// Reminding returns when those of organisation o who have no backup were last
// reminded. It returns an error wrapping org.ErrNotFound.
func (s *Store) Reminding(ctx context.Context, o org.OrganisationID) (standing.Reminding, error) {
	var r standing.Reminding
	err := s.read.row(ctx, `SELECT reminded, reminded_done FROM organisations WHERE id = $1`, o).Scan((*instant)(&r.Asked), (*instant)(&r.Done))
	if err != nil {
		return r, fmt.Errorf("reminders of organisation %s: %w", o, missing(err))
	}
	return r, nil
}

// Remind has everybody of by's organisation reminded who has MFA and no backup,
// and records e with their count, which it returns; RemindSome then reminds them.
// It returns an error wrapping standing.ErrTaken if they were reminded less than
// standing.RemindEvery before now, if there are none, or if by's row has changed.
func (s *Store) Remind(ctx context.Context, by standing.Colleague, e audit.Event, now time.Time) (count int, err error) {
	o := by.Organisation.ID
	err = s.transact(ctx, func(ctx context.Context, t *tx) error {
		if _, err := t.once(ctx, `
			UPDATE members SET version = version + 1 WHERE id = $1 AND organisation_id = $2 AND version = $3`, by.Member.ID, o, by.Version); err != nil {
			return err
		}
		// Reminders that never got done may have gone until remindFor.
		if _, err := t.once(ctx, `
			UPDATE organisations SET reminded = $2, reminded_done = 0, reminded_number = -1, version = version + 1
			WHERE id = $1 AND (reminded = 0 OR reminded_done > 0 AND reminded_done <= $3 OR reminded_done = 0 AND reminded <= $4)`,
			o, now, now.Add(-standing.RemindEvery), now.Add(-standing.RemindEvery-remindFor)); err != nil {
			return err
		}
		_, whom, err := withoutBackup(ctx, t.conn, o, now)
		if err != nil {
			return err
		}
		if count = whom.count(); count == 0 {
			return standing.ErrTaken
		}
		e.Facts = map[string]string{"count": strconv.Itoa(count)}
		return t.record(ctx, []audit.Event{e})
	})
	if err != nil {
		return 0, fmt.Errorf("remind organisation %s: %w", o, err)
	}
	return count, nil
}

// withoutBackup returns the active members of o who have MFA and no backup.
func withoutBackup(ctx context.Context, c conn, o org.OrganisationID, now time.Time) (*asking, memberSet, error) {
	a, err := askActive(ctx, c, o, now)
	if errors.Is(err, sql.ErrNoRows) {
		return a, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	active, err := a.set(inState + term(org.Active))
	if err != nil {
		return nil, nil, err
	}
	none, err := a.set(noBackup)
	return a, active.clone().and(none), err
}

// RemindSome puts some of the reminders that were asked for into the outbox, each
// once however many processes call it and wherever one of them is stopped. It
// reports whether there may be more.
func (s *Store) RemindSome(ctx context.Context, now time.Time) (more bool, err error) {
	err = s.transact(ctx, func(ctx context.Context, t *tx) error {
		more = false
		var o org.Organisation
		var asked time.Time
		var last int64
		err := t.row(ctx, `
			UPDATE organisations SET version = version + 1
			WHERE id = (SELECT id FROM organisations WHERE reminded > 0 AND reminded_done = 0 ORDER BY id LIMIT 1) AND reminded_done = 0
			RETURNING id, name, language, reminded, reminded_number`).Scan((*string)(&o.ID), &o.Name, (*string)(&o.Language), (*instant)(&asked), &last)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		more = true
		var next []int64
		if now.Before(asked.Add(remindFor)) {
			if next, err = t.remind(ctx, o, last, now); err != nil {
				return err
			}
		}
		if len(next) > 0 {
			_, err = t.exec(ctx, `UPDATE organisations SET reminded_number = $2 WHERE id = $1`, o.ID, next[len(next)-1])
			return err
		}
		_, err = t.exec(ctx, `UPDATE organisations SET reminded_done = $2 WHERE id = $1`, o.ID, now)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("remind some: %w", err)
	}
	return more, nil
}

// remind reminds the next of organisation o behind a number, and returns theirs.
func (t *tx) remind(ctx context.Context, o org.Organisation, last int64, now time.Time) ([]int64, error) {
	a, whom, err := withoutBackup(ctx, t.conn, o.ID, now)
	if err != nil {
		return nil, err
	}
	var next []int64
	for _, n := range whom.numbers() {
		if n > last && len(next) < remindedAtOnce {
			next = append(next, n)
		}
	}
	rows, err := a.rows(next)
	if err != nil {
		return nil, err
	}
	messages := make([]notice.Message, 0, len(rows))
	for _, r := range rows {
		m := notice.Message{
			Kind: notice.BackupReminder, Organisation: o.ID, OrgName: o.Name, Member: r.Member.ID, To: r.Member.Email, ToName: r.Member.Name, Language: r.Member.Language,
		}
		if m.Language == "" {
			m.Language = o.Language
		}
		messages = append(messages, m)
	}
	return next, t.postAs(ctx, messages, true)
}
