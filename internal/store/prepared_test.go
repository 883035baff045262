package store

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"
)

// oneConnection opens an empty database through a single connection, and hands
// its keeper to look.
func oneConnection(t *testing.T) (db *sql.DB, look func(func(*keeper))) {
	t.Helper()
	db, err := sqlitePool(filepath.Join(t.TempDir(), "kept.db"), "_journal_mode=WAL")
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db, func(do func(*keeper)) {
		t.Helper()
		c, err := db.Conn(t.Context())
		if err == nil {
			err = c.Raw(func(raw any) error {
				do(raw.(*keeper))
				return nil
			})
		}
		if err == nil {
			err = c.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func run(t *testing.T, db *sql.DB, statement string, args ...any) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), statement, args...); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

func number(t *testing.T, from querier, statement string, args ...any) (n int) {
	t.Helper()
	if err := from.QueryRowContext(t.Context(), statement, args...).Scan(&n); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
	return n
}

func TestAStatementIsCompiledOnce(t *testing.T) {
	db, look := oneConnection(t)
	run(t, db, `CREATE TABLE loaves (n INTEGER)`)
	for i := range 3 {
		run(t, db, `INSERT INTO loaves VALUES ($1)`, i)
	}
	look(func(k *keeper) {
		if len(k.kept) != 2 {
			t.Errorf("%d statements are kept", len(k.kept))
		}
	})
}

func TestAKeptStatementSeesThatTheSchemaHasChanged(t *testing.T) {
	db, _ := oneConnection(t)
	run(t, db, `CREATE TABLE loaves (n INTEGER)`)
	run(t, db, `INSERT INTO loaves (n) VALUES (1)`)
	const all = `SELECT * FROM loaves`
	count := func() int {
		t.Helper()
		rows, err := db.QueryContext(t.Context(), all)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = rows.Close() }() // its error comes from Err
		columns, err := rows.Columns()
		for err == nil && rows.Next() {
			values := make([]any, len(columns))
			for i := range values {
				values[i] = new(any)
			}
			err = rows.Scan(values...)
		}
		if err != nil || rows.Err() != nil {
			t.Fatal(err, rows.Err())
		}
		return len(columns)
	}
	if got := count(); got != 1 {
		t.Fatalf("%d columns", got)
	}
	run(t, db, `ALTER TABLE loaves ADD COLUMN weight INTEGER`)
	count() // the driver may count the columns before SQLite compiles again
	if got := count(); got != 2 {
		t.Errorf("%d columns after the change", got)
	}
	run(t, db, `DROP TABLE loaves`)
	if _, err := db.ExecContext(t.Context(), `INSERT INTO loaves (n) VALUES (1)`); err == nil {
		t.Error("a kept statement writes to a table that is gone")
	}
}

func TestAStatementCanBeReadTwiceAtOnce(t *testing.T) {
	db, _ := oneConnection(t)
	run(t, db, `CREATE TABLE loaves (n INTEGER)`)
	for i := range 3 {
		run(t, db, `INSERT INTO loaves VALUES ($1)`, i)
	}
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }() // there is nothing to commit
	const above = `SELECT n FROM loaves WHERE n >= $1 ORDER BY n`
	rows, err := tx.QueryContext(t.Context(), above, 0)
	if err != nil {
		t.Fatal(err)
	}
	var seen []int
	for rows.Next() {
		var n int
		if err := rows.Scan(&n); err != nil {
			t.Fatal(err)
		}
		seen = append(seen, n, number(t, tx, above, 2))
	}
	if rows.Err() != nil || fmt.Sprint(seen) != "[0 2 1 2 2 2]" {
		t.Errorf("%v %v", seen, rows.Err())
	}
}

func TestWhatIsKeptIsBounded(t *testing.T) {
	db, look := oneConnection(t)
	for i := range mostKept + 20 {
		if got := number(t, db, fmt.Sprintf(`SELECT %d`, i)); got != i {
			t.Fatalf("%d, want %d", got, i)
		}
	}
	look(func(k *keeper) {
		if len(k.kept) != mostKept {
			t.Errorf("%d statements are kept", len(k.kept))
		}
	})
}

func TestAStatementThatFailedWorksAgain(t *testing.T) {
	db, _ := oneConnection(t)
	run(t, db, `CREATE TABLE loaves (n INTEGER PRIMARY KEY)`)
	const insert = `INSERT INTO loaves VALUES ($1)`
	run(t, db, insert, 1)
	if _, err := db.ExecContext(t.Context(), insert, 1); err == nil {
		t.Fatal("a second one with the same key")
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := db.ExecContext(ended, insert, 2); err == nil {
		t.Fatal("a statement runs though its context has ended")
	}
	run(t, db, insert, 2)
	if got := number(t, db, `SELECT COUNT(*) FROM loaves`); got != 2 {
		t.Errorf("%d loaves", got)
	}
}
