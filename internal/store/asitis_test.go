package store

import (
	"bytes"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/secret"
)

// nextRelease returns the schema of a release to come, which adds what a
// statement says.
func nextRelease(t *testing.T, statement string) fs.FS {
	t.Helper()
	files, err := releaseSchema()
	must(t, err)
	first, err := fs.ReadFile(files, "0001_first_release.sql")
	must(t, err)
	return fstest.MapFS{
		"0001_first_release.sql": {Data: first},
		"0002_next_release.sql":  {Data: []byte("-- +goose Up\n" + statement + ";\n")},
	}
}

func versionIn(t *testing.T, s *Store) int64 {
	t.Helper()
	has, err := schemaVersion(t.Context(), s.pools.read)
	must(t, err)
	return has
}

// TestLookingLeavesAnOlderSchemaAsItIs: a newer program beside a running server
// must not change what that server works with.
func TestLookingLeavesAnOlderSchemaAsItIs(t *testing.T) {
	for name, options := range engines(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := options(t)
			running := withAna(t, openStore(t, o))
			o.schema = nextRelease(t, `ALTER TABLE members ADD COLUMN nickname TEXT NOT NULL DEFAULT ''`)
			_, err := OpenAsItIs(t.Context(), o)
			older, ok := errors.AsType[*OlderError](err)
			if !ok || older.Database != 1 || older.Needed != 2 {
				t.Errorf("error %v", err)
			}
			if has := versionIn(t, running); has != 1 {
				t.Errorf("the schema has version %d now", has)
			}
			updated := openStore(t, o)
			if has := versionIn(t, updated); has != 2 {
				t.Errorf("the schema has version %d after Open", has)
			}
			looking, err := OpenAsItIs(t.Context(), o)
			must(t, err)
			anasStanding(t, looking)
			must(t, looking.Close())
			o.schema = nil
			if _, err := OpenAsItIs(t.Context(), o); !isNewer(err) {
				t.Errorf("of a newer release: %v", err)
			}
		})
	}
}

func isNewer(err error) bool {
	_, ok := errors.AsType[*NewerError](err)
	return ok
}

func TestLookingTakesTheRightKeyAndWhatIsThereOnly(t *testing.T) {
	for name, options := range engines(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := options(t)
			if _, err := OpenAsItIs(t.Context(), o); err == nil {
				t.Error("opened where there is nothing")
			}
			if found, err := Exists(t.Context(), o); found || err != nil {
				t.Errorf("looking made something: %v %v", found, err)
			}
			if _, err := os.Stat(o.Path); o.Path != "" && !errors.Is(err, os.ErrNotExist) {
				t.Errorf("looking made a file: %v", err)
			}
			openStore(t, o)
			wrong, err := secret.NewMaster(bytes.NewReader(bytes.Repeat([]byte{8}, 32)))
			must(t, err)
			o.Master = wrong
			if _, err := OpenAsItIs(t.Context(), o); !errors.Is(err, secret.ErrWrongMaster) {
				t.Errorf("another key: %v", err)
			}
			if _, err := OpenToCopy(t.Context(), o); !errors.Is(err, secret.ErrWrongMaster) {
				t.Errorf("another key, to copy: %v", err)
			}
		})
	}
}

// TestAStandbyCanBeLookedAt has PostgreSQL refuse every write, as a standby does.
func TestAStandbyCanBeLookedAt(t *testing.T) {
	o := engines(t)["PostgreSQL"](t)
	s := withAna(t, openStore(t, o))
	must(t, s.Record(t.Context(), audit.Event{Kind: audit.SignedIn, Subject: "ana"}))
	address, err := url.Parse(o.DatabaseURL)
	must(t, err)
	query := address.Query()
	query.Set("default_transaction_read_only", "on")
	address.RawQuery = query.Encode()
	o.DatabaseURL = address.String()
	if _, err := Open(t.Context(), o); err == nil {
		t.Fatal("this is no standby: opening it to write works")
	}
	standby, err := OpenAsItIs(t.Context(), o)
	must(t, err)
	defer func() { must(t, standby.Close()) }()
	anasStanding(t, standby)
	events, err := standby.Events(t.Context(), EventFilter{Limit: 10})
	if err != nil || len(events) != 1 {
		t.Errorf("%d events, %v", len(events), err)
	}
	if report, err := standby.VerifyLog(t.Context(), nil); err != nil || !report.Whole() {
		t.Errorf("%+v %v", report, err)
	}
}

// TestACopyIsMadeOfTheSchemaAsItIs: the backup before an upgrade may be made with
// the newer program.
func TestACopyIsMadeOfTheSchemaAsItIs(t *testing.T) {
	for name, c := range map[string]struct {
		before, after string // what is done to the old schema by hand, what the next release adds
		refused       bool
	}{
		"a new column":                           {"", `ALTER TABLE members ADD COLUMN nickname TEXT NOT NULL DEFAULT ''`, false},
		"a new table that is in no backup":       {`DROP TABLE set_ups`, `CREATE TABLE set_ups (session_id TEXT PRIMARY KEY, member_id TEXT NOT NULL)`, false},
		"a new column that says what is emptied": {`ALTER TABLE members DROP COLUMN pass_id`, `ALTER TABLE members ADD COLUMN pass_id TEXT NOT NULL DEFAULT ''`, true},
	} {
		t.Run(name, func(t *testing.T) {
			o := engines(t)["SQLite"](t)
			running := withEverything(t, openStore(t, o))
			if c.before != "" {
				_, err := running.write.exec(t.Context(), c.before)
				must(t, err)
			}
			o.schema = nextRelease(t, c.after)
			s, err := OpenToCopy(t.Context(), o)
			must(t, err)
			defer func() { must(t, s.Close()) }()
			to := filepath.Join(t.TempDir(), "copy")
			contents, err := s.Copy(t.Context(), to)
			if older, ok := errors.AsType[*OlderError](err); ok != c.refused || ok && older.Needed != 2 || !ok && err != nil {
				t.Fatalf("refused: %v %v", ok, err)
			}
			if has := versionIn(t, running); has != 1 {
				t.Errorf("the schema has version %d now", has)
			}
			if c.refused {
				return
			}
			if contents.Schema != 1 || contents.Members != 1 {
				t.Errorf("%+v", contents)
			}
			o.Path = to
			mustBeOver(t, openStore(t, o)) // which brings it up to date
		})
	}
}
