package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/session"
)

const sessionColumns = `s.member_id, s.created, s.last_used, s.ends, s.idle_ms, s.came_by, s.reach,
	s.password_proved, s.factor_proved, s.powers_from, s.device, s.remembered, s.pass, s.address, s.browser`

func sessionFields(s *session.Session) []any {
	return []any{
		(*string)(&s.Member), (*instant)(&s.Created), (*instant)(&s.LastUsed), (*instant)(&s.Ends), (*span)(&s.Idle),
		(*string)(&s.CameBy), (*string)(&s.Reach),
		(*instant)(&s.PasswordProved), (*instant)(&s.FactorProved), (*instant)(&s.PowersFrom),
		(*string)(&s.Device), (*string)(&s.Remembered), (*string)(&s.Pass), &s.Origin.Address, &s.Origin.Browser,
	}
}

// Touch notes that the session id was used at now. It may have ended; an
// earlier use than the last one changes nothing.
func (s *Store) Touch(ctx context.Context, id session.Hash, now time.Time) error {
	if _, err := s.write.exec(ctx, `UPDATE sessions SET last_used = $2 WHERE id = $1 AND last_used < $2`, id, now); err != nil {
		return fmt.Errorf("touch session: %w", err)
	}
	return nil
}

// Sessions returns m's sessions that are alive at now, the one used last first.
func (s *Store) Sessions(ctx context.Context, m org.MemberID, now time.Time) ([]session.Session, error) {
	rows, err := s.read.query(ctx, `
		SELECT s.id, `+sessionColumns+` FROM sessions s
		WHERE s.member_id = $1 AND s.ends > $2 AND s.last_used + s.idle_ms > $2
		ORDER BY s.last_used DESC, s.id`, m, now)
	list, err := collect(rows, err, func(r *sql.Rows) (session.Session, error) {
		var in session.Session
		err := r.Scan(append([]any{&in.ID}, sessionFields(&in)...)...)
		return in, err
	})
	if err != nil {
		return nil, fmt.Errorf("sessions of %s: %w", m, err)
	}
	return list, nil
}

// KnownDevice returns whose known device this browser is at now, in no order.
func (s *Store) KnownDevice(ctx context.Context, device session.Hash, now time.Time) ([]org.MemberID, error) {
	rows, err := s.read.query(ctx, `SELECT member_id FROM devices WHERE id = $1 AND expires > $2`, device, now)
	list, err := collect(rows, err, func(r *sql.Rows) (id org.MemberID, err error) {
		err = r.Scan(&id)
		return id, err
	})
	if err != nil {
		return nil, fmt.Errorf("known device: %w", err)
	}
	return list, nil
}

// CountDevices returns how many browsers are known to be m's at now.
func (s *Store) CountDevices(ctx context.Context, m org.MemberID, now time.Time) (int, error) {
	var count int
	if err := s.read.row(ctx, `SELECT COUNT(*) FROM devices WHERE member_id = $1 AND expires > $2`, m, now).Scan(&count); err != nil {
		return 0, fmt.Errorf("known devices of %s: %w", m, err)
	}
	return count, nil
}

// Challenge returns the sign-in id, open or not, or an error wrapping
// org.ErrNotFound.
func (s *Store) Challenge(ctx context.Context, id session.Hash) (session.Challenge, error) {
	c := session.Challenge{ID: id}
	err := s.read.row(ctx, `
		SELECT COALESCE(member_id, ''), candidates, created, expires, tries, device, next, address, browser
		FROM challenges WHERE id = $1`, id).Scan(
		&c.Member, fromJSON{&c.Candidates}, (*instant)(&c.Created), (*instant)(&c.Expires), &c.Tries,
		&c.Device, &c.Next, &c.Origin.Address, &c.Origin.Browser)
	if err != nil {
		return session.Challenge{}, fmt.Errorf("challenge: %w", missing(err))
	}
	return c, nil
}

// StartChallenge keeps a sign-in, in which the organisation may still have to
// be chosen, and records events, in one transaction.
func (s *Store) StartChallenge(ctx context.Context, c session.Challenge, events ...audit.Event) error {
	err := s.transact(ctx, func(ctx context.Context, t *tx) error {
		if err := t.openChallenge(ctx, c); err != nil {
			return err
		}
		return t.record(ctx, events)
	})
	if err != nil {
		return fmt.Errorf("start challenge: %w", err)
	}
	return nil
}

// ChooseMember goes on with the sign-in id as m. It returns an error wrapping
// org.ErrNotFound if there is no such sign-in or m is none of its candidates,
// and one wrapping standing.ErrTaken if the choice was made.
func (s *Store) ChooseMember(ctx context.Context, id session.Hash, m org.MemberID) error {
	err := s.transact(ctx, func(ctx context.Context, t *tx) error {
		var candidates []org.MemberID
		if err := t.row(ctx, `SELECT candidates FROM challenges WHERE id = $1`, id).Scan(fromJSON{&candidates}); err != nil {
			return missing(err)
		}
		if !slices.Contains(candidates, m) {
			return org.ErrNotFound
		}
		_, err := t.once(ctx, `UPDATE challenges SET member_id = $2 WHERE id = $1 AND member_id IS NULL`, id, m)
		return err
	})
	if err != nil {
		return fmt.Errorf("choose member %s: %w", m, err)
	}
	return nil
}
