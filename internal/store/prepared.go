package store

import (
	"context"
	"database/sql/driver"
	"errors"

	sqlitedriver "modernc.org/sqlite"
)

// SQLite compiles a statement anew each time it runs, which takes longer than
// most of ours run. So each connection keeps what it compiled. SQLite itself
// compiles again where the schema has changed meanwhile, and what was kept ends
// with its connection. (PostgreSQL's driver does all this by itself.)

// mostKept bounds what a connection keeps: more than there are statements in
// this package. What comes after is compiled each time.
const mostKept = 256

// A keeping opens connections that keep their statements.
type keeping struct{ driver.Connector }

// Connect implements driver.Connector.
func (k keeping) Connect(ctx context.Context) (driver.Conn, error) {
	raw, err := k.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	c, ok := raw.(sqliteConnection)
	if !ok {
		return nil, errors.Join(errors.New("SQLite's driver cannot do what it could"), raw.Close())
	}
	return &keeper{sqliteConnection: c, kept: make(map[string]*keptStatement)}, nil
}

// A sqliteConnection is what connections of SQLite's driver can do.
type sqliteConnection interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
	NewBackup(to string) (*sqlitedriver.Backup, error)
}

// A keeper is a connection that keeps its statements. Like every driver.Conn it
// is used by one at a time.
type keeper struct {
	sqliteConnection
	kept map[string]*keptStatement
}

type keptStatement struct {
	driver.Stmt
	reading bool // rows of it are open
}

// statement returns the kept statement; ok is false where it has to be compiled
// anew, because it is being read or because enough is kept.
func (k *keeper) statement(ctx context.Context, text string) (kept *keptStatement, ok bool, err error) {
	if kept, ok = k.kept[text]; ok {
		return kept, !kept.reading, nil
	}
	if len(k.kept) >= mostKept {
		return nil, false, nil
	}
	made, err := k.PrepareContext(ctx, text)
	if err != nil {
		return nil, false, err
	}
	kept = &keptStatement{Stmt: made}
	k.kept[text] = kept
	return kept, true, nil
}

// ExecContext implements driver.ExecerContext.
func (k *keeper) ExecContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Result, error) {
	kept, ok, err := k.statement(ctx, text)
	if err != nil {
		return nil, err
	}
	if !ok {
		return k.sqliteConnection.ExecContext(ctx, text, args)
	}
	return kept.Stmt.(driver.StmtExecContext).ExecContext(ctx, args)
}

// QueryContext implements driver.QueryerContext.
func (k *keeper) QueryContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Rows, error) {
	kept, ok, err := k.statement(ctx, text)
	if err != nil {
		return nil, err
	}
	if !ok {
		return k.sqliteConnection.QueryContext(ctx, text, args)
	}
	rows, err := kept.Stmt.(driver.StmtQueryContext).QueryContext(ctx, args)
	if err != nil {
		return nil, err
	}
	kept.reading = true
	return &keptRows{Rows: rows, of: kept}, nil
}

// Close closes what is kept, and the connection.
func (k *keeper) Close() error {
	var all error
	for _, kept := range k.kept {
		all = errors.Join(all, kept.Stmt.Close())
	}
	clear(k.kept)
	return errors.Join(all, k.sqliteConnection.Close())
}

// keptRows are rows of a kept statement.
type keptRows struct {
	driver.Rows
	of *keptStatement
}

// Close sets the statement free.
func (r *keptRows) Close() error {
	r.of.reading = false
	return r.Rows.Close()
}
