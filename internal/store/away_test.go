package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/standing"
)

func TestWhatSaysThatTheDatabaseIsAway(t *testing.T) {
	reset := &net.OpError{Op: "read", Err: syscall.ECONNRESET}
	pg := &Store{engine: postgres()}
	for _, c := range []struct {
		err        error
		away, lost bool
	}{
		{nil, false, false},
		{reset, true, true},
		{io.ErrUnexpectedEOF, true, true},
		{context.DeadlineExceeded, true, true},
		{&pgconn.PgError{Code: "57P01", SeverityUnlocalized: "FATAL"}, true, false},
		{&pgconn.PgError{Code: "53300", SeverityUnlocalized: "FATAL"}, true, false},
		{&pgconn.PgError{Code: "25006", SeverityUnlocalized: "ERROR"}, true, false},
		{&pgconn.PgError{Code: "42601", SeverityUnlocalized: "ERROR"}, false, false},
		{&pgconn.PgError{Code: "5"}, false, false},
		{&UnknownError{cause: reset}, false, false},
		{context.Canceled, false, false},
		{org.ErrNotFound, false, false},
	} {
		err := c.err
		if err != nil {
			err = fmt.Errorf("update member: %w", err)
		}
		if pg.Away(err) != c.away || lost(err) != c.lost {
			t.Errorf("%v: away %v, lost %v", err, pg.Away(err), lost(err))
		}
	}
}

func TestOfACommitThatBrokeOffNothingIsKnown(t *testing.T) {
	for _, c := range []struct {
		err     error
		unknown bool
	}{
		{nil, false},
		{io.ErrUnexpectedEOF, true},
		{context.DeadlineExceeded, true},
		{&pgconn.PgError{Code: "57P01", SeverityUnlocalized: "FATAL"}, true},
		{&pgconn.PgError{Code: "40001", SeverityUnlocalized: "ERROR"}, false},
		{&pgconn.PgError{Code: "53100", SeverityUnlocalized: "ERROR"}, false},
	} {
		_, unknown := errors.AsType[*UnknownError](postgres().committed(c.err))
		if unknown != c.unknown {
			t.Errorf("%v: unknown %v", c.err, unknown)
		}
	}
}

func TestAStepWhoseConnectionIsLostIsTakenAgainUnlessItMayHaveBeenSaved(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		withAna(t, s)
		for _, c := range []struct {
			err   error
			tries int
		}{
			{io.ErrUnexpectedEOF, lostTries},
			{&UnknownError{cause: io.ErrUnexpectedEOF}, 1},
			{errors.New("something else"), 1},
		} {
			tries := 0
			err := s.Update(t.Context(), "ana", func(standing.Standing) (standing.Decision, error) {
				tries++
				return standing.Decision{}, c.err
			})
			if !errors.Is(err, c.err) || tries != c.tries {
				t.Errorf("%v: %d tries, %v", c.err, tries, err)
			}
		}
	})
}

func TestAStepCutShortSaysSo(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		ctx, cancel := context.WithCancel(t.Context())
		err := s.transact(ctx, func(ctx context.Context, t *tx) error {
			cancel()
			for {
				// The transaction is rolled back a moment after its context ends.
				if _, err := t.exec(ctx, `UPDATE members SET name = name`); err != nil {
					return err
				}
				time.Sleep(time.Millisecond)
			}
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("it says %v", err)
		}
	})
}
