package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/pressly/goose/v3"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/org"
)

// An engine is what differs between the databases. Statements do not.
type engine struct {
	dialect goose.Dialect
	// writing and reading are the transactions that change and that look at one
	// instant.
	writing, reading *sql.TxOptions
	// unwatched lets statements run to their end when their context ends: where
	// each takes microseconds, watching costs more than it saves.
	unwatched bool
	// hasTable is the statement that says whether table $1 exists.
	hasTable string
	// bytes is the type that a parameter of bytes is cast to.
	bytes string
	// brief is the statement by which a transaction gives up its locks when its
	// process hangs; empty: it holds none that outlives a process.
	brief string
	// alone runs the preparation of the database while no other process does.
	alone func(ctx context.Context, p pools, prepare func() error) error
	// conflict reports whether the same transaction may succeed when run anew,
	// duplicate whether something unique was there already.
	conflict, duplicate func(error) bool
	// away reports whether the database says that it can do nothing now, undone
	// whether what it says of a commit means that nothing was saved.
	away, undone func(error) bool
}

// pools are the connections to a database. On PostgreSQL read and write are the
// same; on SQLite one connection writes while others read.
type pools struct{ read, write *sql.DB }

func (p pools) close() error {
	if p.read == p.write {
		return p.write.Close()
	}
	return errors.Join(p.read.Close(), p.write.Close())
}

// connect returns the database that o names, without talking to it yet.
func connect(o Options) (engine, pools, error) {
	switch {
	case o.DatabaseURL != "":
		p, err := openPostgres(o)
		return postgres(), p, err
	case o.Path != "":
		p, err := openSQLite(o.Path)
		return sqlite(), p, err
	}
	return engine{}, pools{}, errors.New("neither a path nor the address of a database is given")
}

// A querier runs statements: a pool or a transaction.
type querier interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// A conn runs statements with arguments of the nouns' types.
type conn struct {
	on        querier
	unwatched bool
}

func (c conn) watch(ctx context.Context) context.Context {
	if c.unwatched {
		return context.WithoutCancel(ctx)
	}
	return ctx
}

// changeTime is how long a change may take, whatever its caller's context says:
// a database that has gone away without a word holds nobody for longer.
const changeTime = 20 * time.Second

// bounded is ctx for a change that may take so long. The function it returns must be called.
func bounded(ctx context.Context, limit time.Duration, unwatched bool) (context.Context, context.CancelFunc) {
	if unwatched {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, limit)
}

// exec returns how many rows a statement changed.
func (c conn) exec(ctx context.Context, statement string, args ...any) (int64, error) {
	ctx, cancel := bounded(ctx, changeTime, c.unwatched)
	defer cancel()
	result, err := c.on.ExecContext(c.watch(ctx), statement, plain(args)...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

func (c conn) query(ctx context.Context, statement string, args ...any) (*sql.Rows, error) {
	return c.on.QueryContext(c.watch(ctx), statement, plain(args)...)
}

func (c conn) row(ctx context.Context, statement string, args ...any) *sql.Row {
	return c.on.QueryRowContext(c.watch(ctx), statement, plain(args)...)
}

// collect reads every row with scan.
func collect[T any](rows *sql.Rows, err error, scan func(*sql.Rows) (T, error)) ([]T, error) {
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // its error comes from Err
	list := make([]T, 0)
	for rows.Next() {
		item, err := scan(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, item)
	}
	return list, rows.Err()
}

// A tx is one transaction that saves.
type tx struct {
	conn
	store    *Store
	recorded []audit.Event
	relisted map[org.MemberID]bool
	stirred  []string // cases; with SQLite
}

// A conflict is tried this often, with a pause that grows.
const (
	conflictTries = 20
	conflictPause = 2 * time.Millisecond
)

// A transaction whose connection is lost is run this often: where the database
// has started anew or another has taken over, many connections may be dead.
const (
	lostTries = 3
	lostPause = 50 * time.Millisecond
)

// transact runs do in one transaction, and again if another got in its way, or
// if the connection was lost before the commit. It never does so once a commit
// was asked for, and returns an *UnknownError if nobody can tell how that went.
// do must touch nothing but the transaction, or set what it touches anew.
func (s *Store) transact(ctx context.Context, do func(context.Context, *tx) error) error {
	return s.transactFor(ctx, changeTime, do)
}

// transactFor is transact for what may take another time than changeTime.
func (s *Store) transactFor(ctx context.Context, limit time.Duration, do func(context.Context, *tx) error) error {
	conflicts, losses := 0, 0
	for {
		err := s.attempt(ctx, limit, do)
		wait := time.Duration(0)
		switch {
		case err == nil || ctx.Err() != nil:
			return err
		case s.engine.conflict(err) && conflicts < conflictTries-1:
			conflicts++
			wait = time.Duration(conflicts) * conflictPause
		case lost(err) && losses < lostTries-1:
			losses++
			wait = time.Duration(losses) * lostPause
		default:
			return err
		}
		if err := pause(ctx, wait); err != nil {
			return err
		}
	}
}

func (s *Store) attempt(ctx context.Context, limit time.Duration, do func(context.Context, *tx) error) error {
	ctx, cancel := bounded(ctx, limit, s.engine.unwatched)
	defer cancel()
	raw, err := s.pools.write.BeginTx(ctx, s.engine.writing)
	if err != nil {
		return err
	}
	defer func() { _ = raw.Rollback() }() // says only that it was committed
	t := &tx{conn: conn{raw, s.engine.unwatched}, store: s}
	if err := do(ctx, t); err != nil {
		return ended(ctx, err)
	}
	if err := t.keepDirectory(ctx); err != nil {
		return ended(ctx, fmt.Errorf("directory: %w", err))
	}
	if err := s.engine.committed(raw.Commit()); err != nil {
		return err
	}
	for _, e := range t.recorded {
		s.observed(e)
	}
	for _, id := range t.stirred {
		s.bell.ring(id)
	}
	return nil
}

// ended returns err; if it says only that the transaction is over, and it is
// over because ctx is, it returns why ctx is.
func ended(ctx context.Context, err error) error {
	if err == nil || ctx.Err() == nil {
		return err
	}
	// The second is an error that database/sql does not export.
	if errors.Is(err, sql.ErrTxDone) || strings.HasSuffix(err.Error(), "sql: Rows are closed") {
		return ctx.Err()
	}
	return err
}

// snapshot runs do on the database as it is at one instant.
func (s *Store) snapshot(ctx context.Context, do func(conn) error) error {
	raw, err := s.pools.read.BeginTx(ctx, s.engine.reading)
	if err != nil {
		return err
	}
	defer func() { _ = raw.Rollback() }() // there is nothing to commit
	return ended(ctx, do(conn{raw, s.engine.unwatched}))
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
