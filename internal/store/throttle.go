package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/session"
	"github.com/sparekey/sparekey/internal/standing"
	"github.com/sparekey/sparekey/internal/throttle"
)

// errWait ends a transaction that must count nothing.
var errWait = errors.New("wait")

// TakeTry counts a try at now against key as failed beforehand. Where it has to
// wait it returns how long, and counts nothing. However many ask at once, on
// however many processes, each sees the count of those before.
func (s *Store) TakeTry(ctx context.Context, key throttle.Key, now time.Time) (wait time.Duration, err error) {
	err = s.transact(ctx, func(ctx context.Context, t *tx) (err error) {
		wait, err = t.takeTry(ctx, key, now)
		return err
	})
	if err != nil && !errors.Is(err, errWait) {
		return 0, fmt.Errorf("take a try for %s: %w", key.Kind, err)
	}
	return wait, nil
}

// takeTry counts a try, or returns the wait and errWait.
func (t *tx) takeTry(ctx context.Context, key throttle.Key, now time.Time) (time.Duration, error) {
	var counter throttle.Counter
	// The update changes nothing: it locks the row and returns it as it is now.
	err := t.row(ctx, `
		INSERT INTO throttles (kind, subject, device, failures, last) VALUES ($1, $2, $3, 0, 0)
		ON CONFLICT (kind, subject, device) DO UPDATE SET failures = throttles.failures
		RETURNING failures, last`, key.Kind, key.Subject, key.Device).Scan(&counter.Failures, (*instant)(&counter.Last))
	if err != nil {
		return 0, err
	}
	next, ok := counter.Take(now)
	if !ok {
		return counter.Wait(now), errWait
	}
	_, err = t.exec(ctx, `
		UPDATE throttles SET failures = $4, last = $5 WHERE kind = $1 AND subject = $2 AND device = $3`,
		key.Kind, key.Subject, key.Device, next.Failures, next.Last)
	return 0, err
}

// GiveBackTry takes back one try that TakeTry counted: it was not made after
// all, or it came out right without making up for those before it.
func (s *Store) GiveBackTry(ctx context.Context, key throttle.Key) error {
	if err := s.write.giveBackTry(ctx, key); err != nil {
		return fmt.Errorf("give back a try for %s: %w", key.Kind, err)
	}
	return nil
}

func (c conn) giveBackTry(ctx context.Context, key throttle.Key) error {
	_, err := c.exec(ctx, `
		UPDATE throttles SET failures = failures - 1 WHERE kind = $1 AND subject = $2 AND device = $3 AND failures > 0`,
		key.Kind, key.Subject, key.Device)
	return err
}

// GiveBackCodeTry takes back what TakeCodeTry counted, in one transaction.
func (s *Store) GiveBackCodeTry(ctx context.Context, challenge session.Hash, key throttle.Key) error {
	err := s.transact(ctx, func(ctx context.Context, t *tx) error {
		_, err := t.exec(ctx, `
			UPDATE members SET wrong_codes = wrong_codes - 1
			WHERE wrong_codes > 0 AND id = (SELECT member_id FROM challenges WHERE id = $1)`, challenge)
		if err != nil {
			return err
		}
		if _, err := t.exec(ctx, `UPDATE challenges SET tries = tries - 1 WHERE id = $1 AND tries > 0`, challenge); err != nil {
			return err
		}
		return t.giveBackTry(ctx, key)
	})
	if err != nil {
		return fmt.Errorf("give back a try in a challenge: %w", err)
	}
	return nil
}

// TakeCodeTry counts a code about to be tried in a challenge, in one
// transaction: against key, against the challenge, and against the member as
// wrong after a right password. Where the try has to wait it counts nothing.
// It returns an error wrapping standing.ErrTaken if the challenge has expired
// or its tries are used up, and one wrapping org.ErrNotFound if it is gone or
// its member is still to be chosen.
func (s *Store) TakeCodeTry(ctx context.Context, challenge session.Hash, key throttle.Key, now time.Time) (standing.Try, error) {
	var try standing.Try
	err := s.transact(ctx, func(ctx context.Context, t *tx) (err error) {
		try = standing.Try{}
		var m org.MemberID
		err = t.row(ctx, `SELECT member_id FROM challenges WHERE id = $1 AND member_id IS NOT NULL`, challenge).Scan(&m)
		if err != nil {
			return missing(err)
		}
		if _, err = t.exec(ctx, `UPDATE members SET wrong_codes = wrong_codes + 1 WHERE id = $1`, m); err != nil {
			return err
		}
		if try.Left, err = t.takeChallengeTry(ctx, challenge, now); err != nil {
			return err
		}
		try.Wait, err = t.takeTry(ctx, key, now)
		return err
	})
	if errors.Is(err, errWait) {
		return standing.Try{Wait: try.Wait}, nil
	}
	if err != nil {
		return standing.Try{}, fmt.Errorf("take a try in a challenge: %w", err)
	}
	return try, nil
}

func (t *tx) takeChallengeTry(ctx context.Context, challenge session.Hash, now time.Time) (left int, err error) {
	var tries int
	err = t.row(ctx, `
		UPDATE challenges SET tries = tries + 1 WHERE id = $1 AND expires > $2 AND tries < $3
		RETURNING tries`, challenge, now, session.ChallengeTries).Scan(&tries)
	if errors.Is(missing(err), org.ErrNotFound) {
		return 0, standing.ErrTaken
	}
	return session.ChallengeTries - tries, err
}

// TakeMailCodeTry counts a code about to be compared with the mailed code id,
// and returns how many tries are left after this one. It returns an error
// wrapping standing.ErrTaken if the mailed code is over: expired, its tries
// used up, used or replaced.
func (s *Store) TakeMailCodeTry(ctx context.Context, id string, now time.Time) (left int, err error) {
	var tries int
	err = s.write.row(ctx, `
		UPDATE mail_codes SET tries = tries + 1 WHERE id = $1 AND expires > $2 AND tries < $3
		RETURNING tries`, id, now, session.ChallengeTries).Scan(&tries)
	if errors.Is(missing(err), org.ErrNotFound) {
		err = standing.ErrTaken
	}
	if err != nil {
		return 0, fmt.Errorf("take a try of a mailed code: %w", err)
	}
	return session.ChallengeTries - tries, nil
}
