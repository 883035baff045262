package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"reflect"
	"sync"
	"time"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/ledger"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/secret"
	"github.com/sparekey/sparekey/internal/session"
)

// Options say where a store is and what it works with. Path or DatabaseURL,
// Master, Random, NewID and Now must be given.
type Options struct {
	Path        string // of the SQLite file; made if it is not there
	DatabaseURL string // of the PostgreSQL database; wins over Path
	Connections int    // at most, to PostgreSQL; 20 if 0, and never under 4
	Master      secret.Master
	Random      io.Reader
	NewID       func() string    // UUIDs of version 7: ids that sort by age
	Now         func() time.Time // stamps letters, used links and events that have no time

	schema fs.FS // for tests; nil: this release's
}

// sqliteFile returns the path of the SQLite database, if that is what o names.
func (o Options) sqliteFile() string {
	if o.DatabaseURL != "" {
		return ""
	}
	return o.Path
}

// A Store is an open database. It is safe for use by many.
type Store struct {
	engine   engine
	file     string // of SQLite; else empty
	read     conn
	write    conn
	pools    pools
	versions *sql.Stmt // versionsNow
	views    views

	master secret.Master
	keys   *ledger.Keys
	random io.Reader
	newID  func() string
	now    func() time.Time
	schema fs.FS

	observed func(audit.Event)

	mu    sync.Mutex
	boxes map[org.OrganisationID]*secret.Box // unwrapped keysets

	rebuilding rebuilding // of the log's tree; under mu

	bell bell // rung for those who watch cases
}

// Open opens the database, brings its schema up to date and checks that the
// master key belongs to it; an empty database takes the key as its own. It
// returns a *NewerError for a database that a newer release has written, and
// an error wrapping secret.ErrWrongMaster. Several processes may open the same
// database at once.
func Open(ctx context.Context, o Options) (*Store, error) {
	return open(ctx, o, (*Store).prepare)
}

// OpenAsItIs opens a database that is there, and leaves its schema as it is, for
// whoever stands beside a server that may be of another release: opening changes
// nothing, so it may be a standby. It returns an error wrapping org.ErrNotFound
// where there is none, and an *OlderError where the schema is not this release's;
// otherwise errors as for Open.
func OpenAsItIs(ctx context.Context, o Options) (*Store, error) {
	return openThere(ctx, o, func(s *Store, ctx context.Context) error {
		if err := s.look(ctx); err != nil {
			return err
		}
		return s.prepareStatements(ctx)
	})
}

// OpenToCopy opens a database like OpenAsItIs, also one of an older release, for
// Copy and nothing else.
func OpenToCopy(ctx context.Context, o Options) (*Store, error) {
	return openThere(ctx, o, func(s *Store, ctx context.Context) error {
		err := s.look(ctx)
		if _, older := errors.AsType[*OlderError](err); older {
			return nil
		}
		return err
	})
}

// openThere opens a database that is there; it makes no file.
func openThere(ctx context.Context, o Options, prepare func(*Store, context.Context) error) (*Store, error) {
	if file := o.sqliteFile(); file != "" && emptyFile(file) {
		return nil, fmt.Errorf("open store: %w", org.ErrNotFound)
	}
	return open(ctx, o, prepare)
}

func open(ctx context.Context, o Options, prepare func(*Store, context.Context) error) (*Store, error) {
	if o.Random == nil || o.NewID == nil || o.Now == nil || reflect.ValueOf(o.Master).IsZero() {
		return nil, errors.New("open store: master key, randomness, ids and clock must be given")
	}
	e, p, err := connect(o)
	if err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	s := &Store{
		engine: e, file: o.sqliteFile(), pools: p,
		read: conn{p.read, e.unwatched}, write: conn{p.write, e.unwatched},
		master: o.Master, random: o.Random, newID: o.NewID, now: o.Now, schema: o.schema,
		observed: func(audit.Event) {},
		boxes:    make(map[org.OrganisationID]*secret.Box),
		views:    views{seen: make(map[session.Hash]view)},
	}
	if s.schema == nil {
		if s.schema, err = releaseSchema(); err != nil {
			return nil, errors.Join(fmt.Errorf("open store: %w", err), p.close())
		}
	}
	if err := prepare(s, ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open store: %w", err), p.close())
	}
	return s, nil
}

// prepare makes the database ready for use.
func (s *Store) prepare(ctx context.Context) error {
	err := s.engine.alone(ctx, s.pools, func() error {
		if err := migrate(ctx, s.engine, s.pools.write, s.schema); err != nil {
			return err
		}
		return s.checkMaster(ctx)
	})
	if err != nil {
		return err
	}
	return s.prepareStatements(ctx)
}

func (s *Store) prepareStatements(ctx context.Context) (err error) {
	s.versions, err = s.pools.read.PrepareContext(ctx, versionsNow)
	return err
}

// look verifies schema and master key without changing anything. The key is
// verified even where it returns an *OlderError.
func (s *Store) look(ctx context.Context) error {
	var noted []byte
	if err := s.read.row(ctx, `SELECT key_check FROM installation`).Scan(&noted); err != nil {
		return fmt.Errorf("look at the installation: %w", missing(err))
	}
	if err := s.master.Verify(noted); err != nil {
		return err
	}
	keys, err := logKeys(s.master)
	if err != nil {
		return err
	}
	s.keys = keys
	has, err := schemaVersion(ctx, s.pools.read)
	if err != nil {
		return err
	}
	knows, err := newestVersion(s.engine, s.pools.read, s.schema)
	switch {
	case err != nil:
		return err
	case has > knows:
		return &NewerError{Database: has, Known: knows}
	case has < knows:
		return &OlderError{Database: has, Needed: knows}
	}
	return nil
}

// checkMaster verifies the master key, or notes it in an empty database.
func (s *Store) checkMaster(ctx context.Context) error {
	check, err := s.master.Check()
	if err != nil {
		return fmt.Errorf("check master key: %w", err)
	}
	return s.transact(ctx, func(ctx context.Context, t *tx) error {
		if _, err := t.exec(ctx, `
			INSERT INTO installation (row_one, id, key_check, created) VALUES (1, $1, $2, $3)
			ON CONFLICT (row_one) DO NOTHING`, s.newID(), check, s.now()); err != nil {
			return err
		}
		var noted []byte
		if err := t.row(ctx, `SELECT key_check FROM installation`).Scan(&noted); err != nil {
			return err
		}
		if err := s.master.Verify(noted); err != nil {
			return err
		}
		s.keys, err = logKeys(s.master)
		return err
	})
}

// Exists reports whether there is an installation in the database that o names:
// data that needs the master key it was made with. It makes nothing. An error
// says that it cannot be told, and then no new master key may be made.
func Exists(ctx context.Context, o Options) (bool, error) {
	if o.DatabaseURL == "" && emptyFile(o.Path) {
		return false, nil
	}
	e, p, err := connect(o)
	if err != nil {
		return false, fmt.Errorf("look for an installation: %w", err)
	}
	found, err := hasInstallation(ctx, e, p.read)
	if err = errors.Join(err, p.close()); err != nil {
		return false, fmt.Errorf("look for an installation: %w", err)
	}
	return found, nil
}

func hasInstallation(ctx context.Context, e engine, db *sql.DB) (found bool, err error) {
	if err := db.QueryRowContext(ctx, e.hasTable, "installation").Scan(&found); err != nil || !found {
		return false, err
	}
	err = db.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM installation)`).Scan(&found)
	return found, err
}

// Ping reports whether the database answers and holds an installation.
func (s *Store) Ping(ctx context.Context) error {
	var id string
	if err := s.pools.read.QueryRowContext(ctx, `SELECT id FROM installation`).Scan(&id); err != nil {
		return fmt.Errorf("ping store: %w", err)
	}
	return nil
}

// Close closes the database. Calls under way fail.
func (s *Store) Close() error {
	var err error
	if s.versions != nil {
		err = s.versions.Close()
	}
	if err := errors.Join(err, s.pools.close()); err != nil {
		return fmt.Errorf("close store: %w", err)
	}
	return nil
}
