package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"
)

// An UnknownError says that the connection broke, or time was up, while a
// transaction was being committed: nobody can tell whether it was. It may not
// be tried again, and nobody may be told that nothing happened.
type UnknownError struct{ cause error }

// Error says so, and what happened.
func (e *UnknownError) Error() string {
	return "it is not known whether this was saved: " + e.cause.Error()
}

// Unwrap returns what happened.
func (e *UnknownError) Unwrap() error { return e.cause }

// Away reports whether err, which a Store returned, says that the database
// could not be reached, did not answer in time or takes nothing now, such as
// with a full disk. What was asked for was not done, and may succeed later.
func (s *Store) Away(err error) bool {
	if _, unknown := errors.AsType[*UnknownError](err); unknown || err == nil {
		return false
	}
	return lost(err) || errors.Is(err, context.DeadlineExceeded) || s.engine.away(err) || s.engine.conflict(err)
}

// lost reports whether err says that a connection is gone. Whatever was under
// way on it, and was not being committed, is undone.
func lost(err error) bool {
	if _, unknown := errors.AsType[*UnknownError](err); unknown {
		return false
	}
	_, network := errors.AsType[net.Error](err)
	return network || errors.Is(err, driver.ErrBadConn) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, net.ErrClosed)
}

// committed returns what the end of a transaction means. An error that the
// database itself gives, and one from before it was asked, means that nothing
// was saved.
func (e engine) committed(err error) error {
	if err == nil || errors.Is(err, sql.ErrTxDone) || e.undone(err) || e.conflict(err) {
		return err
	}
	return &UnknownError{cause: err}
}
