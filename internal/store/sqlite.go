package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/pressly/goose/v3"
	driver "modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

func sqlite() engine {
	return engine{
		dialect:   goose.DialectSQLite3,
		reading:   &sql.TxOptions{ReadOnly: true},
		unwatched: true,
		hasTable:  `SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = $1)`,
		bytes:     "BLOB",
		alone:     untilQuiet,
		conflict:  func(err error) bool { return sqliteCode(err, 0xff, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED) },
		away: func(err error) bool {
			return sqliteCode(err, 0xff, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY)
		},
		undone: func(err error) bool { return sqliteCode(err, 0xff, sqlite3.SQLITE_FULL) },
		duplicate: func(err error) bool {
			return sqliteCode(err, 0xffff, sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY)
		},
	}
}

// sqliteCode reports whether err is SQLite's with one of the codes under mask.
func sqliteCode(err error, mask int, codes ...int) bool {
	failure, ok := errors.AsType[*driver.Error](err)
	if !ok {
		return false
	}
	for _, code := range codes {
		if failure.Code()&mask == code {
			return true
		}
	}
	return false
}

// busyMilliseconds is how long a writer waits for another process.
const busyMilliseconds = 10_000

// openSQLite makes the file, readable by its owner alone, if it is not there;
// SQLite gives the files beside it the same mode.
func openSQLite(path string) (pools, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return pools{}, err
	}
	if err := file.Close(); err != nil {
		return pools{}, err
	}
	write, err := sqlitePool(path, "_journal_mode=WAL&_synchronous=FULL&_foreign_keys=1&_txlock=immediate&_pragma=secure_delete(1)")
	if err != nil {
		return pools{}, err
	}
	write.SetMaxOpenConns(1)
	read, err := sqlitePool(path, "_query_only=1")
	if err != nil {
		return pools{}, errors.Join(err, write.Close())
	}
	readers := max(4, 2*runtime.GOMAXPROCS(0))
	read.SetMaxOpenConns(readers)
	read.SetMaxIdleConns(readers)
	return pools{read: read, write: write}, nil
}

func sqlitePool(path, settings string) (*sql.DB, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	address := url.URL{
		Scheme: "file", Path: path,
		RawQuery: fmt.Sprintf("%s&_busy_timeout=%d&_dqs=0", settings, busyMilliseconds),
	}
	connector, err := driver.NewConnector(address.String())
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(keeping{connector}), nil
}

// emptyFile reports whether there is no file at path, or nothing in it.
func emptyFile(path string) bool {
	info, err := os.Stat(path)
	return errors.Is(err, os.ErrNotExist) || err == nil && info.Size() == 0
}

// untilQuiet prepares again where another process prepared at the same moment:
// whoever comes second finds the work done.
func untilQuiet(ctx context.Context, _ pools, prepare func() error) error {
	const tries = 10
	for try := 1; ; try++ {
		err := prepare()
		if err == nil || try == tries || !collided(err) {
			return err
		}
		if err := pause(ctx, time.Duration(try)*20*time.Millisecond); err != nil {
			return err
		}
	}
}

// collided reports whether err may come from another process that prepares:
// a lock, a table that is there already, or a version noted twice.
func collided(err error) bool {
	return sqliteCode(err, 0xff, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CONSTRAINT)
}
