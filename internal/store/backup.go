package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	sqlite3 "modernc.org/sqlite/lib"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/factor"
	"github.com/sparekey/sparekey/internal/notice"
	"github.com/sparekey/sparekey/internal/secret"
	"github.com/sparekey/sparekey/internal/standing"
)

// ErrNoCopy says that only an SQLite database can be copied: PostgreSQL has its
// own tools for that.
var ErrNoCopy = errors.New("a PostgreSQL database is backed up with PostgreSQL's own tools")

// ErrDamaged says that SQLite found a database damaged, or to be none.
var ErrDamaged = errors.New("the database is damaged")

// An emptied table, or the rows of one that fit where, or what set clears in
// them, is in no backup, and ends when an installation goes back in time.
type emptied struct {
	table string
	where string // empty: all rows
	set   string // empty: the rows go
}

// notInBackups is what must not come back to life: whatever lets someone in
// once, or for a while. What protects stays, so "This was not me" of an older
// mail still works, and so do waiting times after wrong tries.
var notInBackups = []emptied{
	{table: "imports"}, // before the sessions they are bound to
	{table: "sessions"},
	{table: "challenges"},
	{table: "devices"},
	{table: "remembered"},
	{table: "mail_codes"},
	{table: "set_ups"},
	{table: "help_requests"},
	{table: "case_pages"},
	{table: "case_evidence"},
	{table: "case_entries"},
	{table: "case_browsers"},
	{table: "case_keys"},
	// Without its evidence a case is over: it is asked for again.
	{
		table: "cases", where: `destroyed = 0`,
		set: `state = CASE WHEN state IN ('open', 'second', 'waiting', 'handed', 'frozen') THEN 'withdrawn' ELSE state END,
			asked = 0, destroy = since, destroyed = since`,
	},
	{table: "sealer"}, // whoever sealed then does no more
	{table: "links", where: `purpose <> '` + string(standing.ForObjection) + `'`},
	// Waiting letters whose code or link ends; the others are sent again.
	{table: "outbox", where: `sent_at = 0 AND failed_at = 0 AND kind IN ('` + strings.Join(carriers, `', '`) + `')`},
	// Suspensions and enrolment passes.
	{
		table: "members", where: `suspended_until > 0 OR pass_id <> '' OR help_until > 0`,
		set: `suspended_since = 0, suspended_until = 0, suspended_lost = FALSE, suspended_by_kind = '', suspended_by = '', suspended_browser = '',
			pass_id = '', pass_given = 0, pass_from = 0, pass_expires = 0, pass_by_kind = '', pass_by = '', pass_browser = '', pass_agreed_by = '', help_until = 0, version = version + 1`,
	},
}

// carriers are the kinds of letter that are nothing without their code or link.
var carriers = []string{
	string(notice.Invitation), string(notice.PasswordReset), string(notice.BackupEmailConfirm),
	string(notice.SignInCode), string(notice.SetUpCode), string(notice.SuspendedCode), string(notice.EnrolmentPass),
	string(notice.PassInstead), string(notice.CasePass), string(notice.AddressConfirm), string(notice.HelpAskedToHelpers),
}

// empty deletes what is in no backup. What has reports there is no table of is
// not there.
func empty(ctx context.Context, on querier, has func(table string) bool) error {
	for _, e := range notInBackups {
		if !has(e.table) {
			continue
		}
		statement := `DELETE FROM ` + e.table
		if e.set != "" {
			statement = `UPDATE ` + e.table + ` SET ` + e.set
		}
		if e.where != "" {
			statement += ` WHERE ` + e.where
		}
		if _, err := on.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("empty %s: %w", e.table, err)
		}
	}
	return nil
}

// Contents say what is in a database.
type Contents struct {
	Schema        int64  // its version
	Installation  string // its id
	Organisations int
	Members       int
	Events        int
	NewestEvent   time.Time // zero: there is none
}

// Copy writes the database as it is at one instant, without what is in no
// backup, to a new file of mode 0600, and checks the copy. Others read and
// write meanwhile; what was deleted before is not in it. Neither memory nor
// time with a lock grows with the database. The file is not yet on disk when
// Copy returns. It returns an error wrapping ErrNoCopy on PostgreSQL, and an
// *OlderError for a schema of which it cannot tell what is in no backup.
func (s *Store) Copy(ctx context.Context, to string) (Contents, error) {
	if s.file == "" {
		return Contents{}, ErrNoCopy
	}
	if err := s.copy(ctx, to); err != nil {
		return Contents{}, fmt.Errorf("copy the database: %w", err)
	}
	return inspect(ctx, to, s.master, s.schema)
}

func (s *Store) copy(ctx context.Context, to string) (err error) {
	if strings.Contains(to, "\x00") {
		return fs.ErrInvalid
	}
	file, err := os.OpenFile(to, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if err := file.Close(); err != nil {
		return err
	}
	// A connection of its own: it reads for long. VACUUM INTO reads one instant
	// and takes no lock that a writer waits for.
	source, err := sqlitePool(s.file, "")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	source.SetMaxOpenConns(1)
	if _, err := source.ExecContext(ctx, `VACUUM INTO $1`, to); err != nil {
		return err
	}
	// Overwritten, not only unlinked. Nobody needs this file if anything fails, so
	// there is no journal that would need room too.
	copied, err := sqlitePool(to, "_journal_mode=OFF&_synchronous=OFF&_pragma=secure_delete(1)")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, copied.Close()) }()
	copied.SetMaxOpenConns(1)
	return s.emptyCopy(ctx, copied)
}

// emptyCopy empties a copy, which may be of an older schema.
func (s *Store) emptyCopy(ctx context.Context, copied *sql.DB) error {
	rows, err := copied.QueryContext(ctx, `SELECT name FROM sqlite_master WHERE type = 'table'`)
	tables, err := collect(rows, err, func(r *sql.Rows) (name string, err error) { return name, r.Scan(&name) })
	if err != nil {
		return err
	}
	err = empty(ctx, copied, func(table string) bool { return slices.Contains(tables, table) })
	if !sqliteCode(err, 0xff, sqlite3.SQLITE_ERROR) { // a column that is not there, or none of these
		return err
	}
	has, unread := schemaVersion(ctx, copied)
	needed, unknown := newestVersion(s.engine, copied, s.schema)
	if unread == nil && unknown == nil && has < needed {
		return &OlderError{Database: has, Needed: needed}
	}
	return err
}

// Inspect checks the SQLite database in file, which nobody else has open, and
// returns what is in it. It changes nothing. It returns an error wrapping
// ErrDamaged or secret.ErrWrongMaster, or a *NewerError.
func Inspect(ctx context.Context, file string, master secret.Master) (Contents, error) {
	files, err := releaseSchema()
	if err != nil {
		return Contents{}, err
	}
	return inspect(ctx, file, master, files)
}

func inspect(ctx context.Context, file string, master secret.Master, schema fs.FS) (c Contents, err error) {
	db, err := sqlitePool(file, "mode=ro&immutable=1&_query_only=1")
	if err != nil {
		return c, fmt.Errorf("inspect the database: %w", err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	db.SetMaxOpenConns(1)
	if err := checkWhole(ctx, db); err != nil {
		return c, fmt.Errorf("inspect the database: %w", err)
	}
	if c.Schema, err = checkSchema(ctx, db, schema); err != nil {
		return c, err
	}
	if err := checkKeys(ctx, db, master); err != nil {
		return c, fmt.Errorf("inspect the database: %w", err)
	}
	err = db.QueryRowContext(ctx, `
		SELECT (SELECT id FROM installation), (SELECT COUNT(*) FROM organisations), (SELECT COUNT(*) FROM members),
			(SELECT COUNT(*) FROM events), (SELECT COALESCE(MAX(at), 0) FROM events)`).Scan(
		&c.Installation, &c.Organisations, &c.Members, &c.Events, (*instant)(&c.NewestEvent))
	if err != nil {
		return c, fmt.Errorf("inspect the database: %w: %w", ErrDamaged, err)
	}
	return c, nil
}

// checkWhole asks SQLite whether the database is whole.
func checkWhole(ctx context.Context, db *sql.DB) error {
	var says string
	if err := db.QueryRowContext(ctx, `PRAGMA integrity_check(1)`).Scan(&says); err != nil || says != "ok" {
		return fmt.Errorf("%w: %s", ErrDamaged, errors.Join(err, errors.New(says)))
	}
	rows, err := db.QueryContext(ctx, `PRAGMA foreign_key_check`)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	defer func() { _ = rows.Close() }() // its error comes from Err
	if rows.Next() {
		return fmt.Errorf("%w: a row belongs to one that is not there", ErrDamaged)
	}
	return rows.Err()
}

// checkSchema returns the version of the schema, or a *NewerError.
func checkSchema(ctx context.Context, db *sql.DB, schema fs.FS) (int64, error) {
	has, err := schemaVersion(ctx, db)
	if err != nil || has == 0 {
		return 0, fmt.Errorf("%w: no release of Sparekey wrote it", ErrDamaged)
	}
	knows, err := newestVersion(sqlite(), db, schema)
	if err == nil && has > knows {
		err = &NewerError{Database: has, Known: knows}
	}
	return has, err
}

// checkKeys verifies that master opens the installation and every organisation.
func checkKeys(ctx context.Context, db *sql.DB, master secret.Master) error {
	rows, err := db.QueryContext(ctx, `SELECT key_check, FALSE FROM installation UNION ALL SELECT keyset, TRUE FROM organisations`)
	type lock struct {
		bytes  []byte
		keyset bool
	}
	locks, err := collect(rows, err, func(r *sql.Rows) (l lock, err error) { return l, r.Scan(&l.bytes, &l.keyset) })
	if err != nil || len(locks) == 0 {
		return fmt.Errorf("%w: there is no installation in it", ErrDamaged)
	}
	for _, l := range locks {
		if !l.keyset {
			err = master.Verify(l.bytes)
		} else {
			_, err = master.Unwrap(l.bytes)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// FinishRestore makes a database that comes from a backup safe to serve: what
// must not come back to life ends, codes of authenticators that were shown until
// now work no more, and the log says that this is a copy, with the moment it
// was made (zero: unknown). It may be called again.
func (s *Store) FinishRestore(ctx context.Context, made time.Time) error {
	err := s.transact(ctx, func(ctx context.Context, t *tx) error {
		if err := empty(ctx, t.on, func(string) bool { return true }); err != nil {
			return err
		}
		if _, err := t.exec(ctx, `UPDATE authenticators SET last_step = $1 WHERE last_step < $1`, factor.Step(s.now())); err != nil {
			return err
		}
		var newest time.Time
		if err := t.row(ctx, `SELECT COALESCE(MAX(at), 0) FROM events`).Scan((*instant)(&newest)); err != nil {
			return err
		}
		facts := map[string]string{"newest-event": written(newest), "backup-made": written(made)}
		for name, value := range facts {
			if value == "" {
				delete(facts, name)
			}
		}
		return t.record(ctx, []audit.Event{{Kind: audit.InstallationRestored, Actor: audit.Actor{Kind: audit.Operator}, Facts: facts}})
	})
	if err != nil {
		return fmt.Errorf("finish restore: %w", err)
	}
	return nil
}

func written(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// DiskFull reports whether err says that there is no room left on a disk.
func DiskFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || sqliteCode(err, 0xff, sqlite3.SQLITE_FULL)
}

// Files returns the files of an SQLite database at path that are there: itself,
// and what SQLite keeps beside it.
func Files(path string) ([]string, error) {
	var found []string
	for _, suffix := range []string{"", "-wal", "-shm", "-journal"} {
		_, err := os.Lstat(path + suffix)
		if err == nil {
			found = append(found, filepath.Base(path)+suffix)
		} else if !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("look for a database: %w", err)
		}
	}
	return slices.Clip(found), nil
}
