package store

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sparekey/sparekey/internal/factor"
	"github.com/sparekey/sparekey/internal/secret"
	"github.com/sparekey/sparekey/internal/standing"
)

func TestADatabaseExistsOnceAnInstallationIsInIt(t *testing.T) {
	for name, options := range engines(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := options(t)
			if found, err := Exists(t.Context(), o); found || err != nil {
				t.Errorf("before: %v %v", found, err)
			}
			if _, err := os.Stat(o.Path); o.Path != "" && !errors.Is(err, os.ErrNotExist) {
				t.Errorf("looking made a file: %v", err)
			}
			s := openStore(t, o)
			if found, err := Exists(t.Context(), o); !found || err != nil {
				t.Errorf("after: %v %v", found, err)
			}
			must(t, s.Ping(t.Context()))
		})
	}
}

func TestAFileThatIsNoDatabaseIsNoEmptyOne(t *testing.T) {
	o := engines(t)["SQLite"](t)
	must(t, os.WriteFile(o.Path, bytes.Repeat([]byte("not a database "), 1000), 0o600))
	if found, err := Exists(t.Context(), o); err == nil {
		t.Errorf("exists: %v", found)
	}
	if _, err := Open(t.Context(), o); err == nil {
		t.Error("opened")
	}
}

func TestAnotherMasterKeyOpensNothing(t *testing.T) {
	for name, options := range engines(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := options(t)
			withAna(t, openStore(t, o))
			right := o.Master
			wrong, err := secret.NewMaster(bytes.NewReader(bytes.Repeat([]byte{8}, 32)))
			must(t, err)
			o.Master = wrong
			if _, err := Open(t.Context(), o); !errors.Is(err, secret.ErrWrongMaster) {
				t.Errorf("error %v", err)
			}
			o.Master = right
			anasStanding(t, openStore(t, o))
		})
	}
}

func TestADatabaseOfANewerReleaseIsLeftAlone(t *testing.T) {
	for name, options := range engines(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := options(t)
			s := openStore(t, o)
			_, err := s.write.exec(t.Context(), `INSERT INTO schema_versions (version_id, is_applied) VALUES (4711, TRUE)`)
			must(t, err)
			_, err = Open(t.Context(), o)
			newer, ok := errors.AsType[*NewerError](err)
			if !ok || newer.Database != 4711 || newer.Known != 1 {
				t.Errorf("error %v", err)
			}
		})
	}
}

func TestManyMayOpenAnEmptyDatabaseAtOnce(t *testing.T) {
	for name, options := range engines(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := options(t)
			o.Connections = 4
			var all sync.WaitGroup
			for range 6 {
				all.Go(func() {
					s, err := Open(t.Context(), o)
					if err != nil {
						t.Error(err)
						return
					}
					if err := s.Close(); err != nil {
						t.Error(err)
					}
				})
			}
			all.Wait()
			var rows int
			must(t, openStore(t, o).read.row(t.Context(), `SELECT COUNT(*) FROM installation`).Scan(&rows))
			if rows != 1 {
				t.Errorf("%d installations", rows)
			}
		})
	}
}

func TestAStoreIsNotOpenedByHalf(t *testing.T) {
	whole := engines(t)["SQLite"](t)
	for what, spoil := range map[string]func(*Options){
		"no place":      func(o *Options) { o.Path = "" },
		"no randomness": func(o *Options) { o.Random = nil },
		"no ids":        func(o *Options) { o.NewID = nil },
		"no clock":      func(o *Options) { o.Now = nil },
		"no key":        func(o *Options) { o.Master = secret.Master{} },
		"a bad address": func(o *Options) { o.DatabaseURL = "postgres://me:hunter2@[bad" },
	} {
		o := whole
		spoil(&o)
		_, err := Open(t.Context(), o)
		if err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestSQLiteWaitsForTheDiskAndKeepsForeignKeys(t *testing.T) {
	s := openStore(t, engines(t)["SQLite"](t))
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "busy_timeout": "10000"} {
		var got string
		must(t, s.pools.write.QueryRowContext(t.Context(), `PRAGMA `+pragma).Scan(&got))
		if got != want {
			t.Errorf("%s is %s, want %s", pragma, got, want)
		}
	}
	if _, err := s.read.exec(t.Context(), `DELETE FROM members`); err == nil {
		t.Error("a connection for reading writes")
	}
}

func TestTheFileIsItsOwnersAlone(t *testing.T) {
	o := engines(t)["SQLite"](t)
	withAna(t, openStore(t, o))
	for _, suffix := range []string{"", "-wal", "-shm"} {
		info, err := os.Stat(o.Path + suffix)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%q: %v %v", suffix, info, err)
		}
	}
}

// TestSecretsAreNotInTheFile looks for what must be sealed in every byte that
// SQLite has written.
func TestSecretsAreNotInTheFile(t *testing.T) {
	o := engines(t)["SQLite"](t)
	s := withAna(t, openStore(t, o))
	setUp := aSetUp("s")
	apply(t, s, standing.AddAuthenticator{Authenticator: anAuthenticator("phone")},
		standing.SaveMailCode{MailCode: aMailCode("m")}, standing.SaveSetUp{SetUp: setUp})
	post(t, s, aMessage("in the outbox"))
	authenticator := anAuthenticator("phone").Secret
	var written []byte
	for _, suffix := range []string{"", "-wal"} {
		part, err := os.ReadFile(o.Path + suffix)
		must(t, err)
		written = append(written, part...)
	}
	if !bytes.Contains(written, []byte("ana@bakery.example")) {
		t.Fatal("not even what is in the clear is found")
	}
	for what, hidden := range map[string]string{
		"authenticator":         string(authenticator.Bytes()),
		"authenticator as text": authenticator.Base32(),
		"secret of a set-up":    string(setUp.Secret.Bytes()),
		"code of a set-up":      string(setUp.Codes[0]),
		"address of a set-up":   string(setUp.Address),
		"mailed code":           string(aMailCode("m").Code),
		"its address":           string(aMailCode("m").Address),
		"address in the outbox": string(aMessage("").To),
		"name in the outbox":    "in the outbox",
		"code in the outbox":    aMessage("").Facts.Code,
		"master key":            string(bytes.Repeat([]byte{7}, 32)),
	} {
		if bytes.Contains(written, []byte(hidden)) {
			t.Errorf("%s is in the file", what)
		}
	}
}

func TestASealedValueOpensNowhereElse(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		withAna(t, s)
		apply(t, s, standing.AddAuthenticator{Authenticator: anAuthenticator("one")}, standing.AddAuthenticator{Authenticator: anAuthenticator("two")})
		_, err := s.write.exec(t.Context(), `UPDATE authenticators SET secret = (SELECT secret FROM authenticators WHERE id = 'one') WHERE id = 'two'`)
		must(t, err)
		if _, err := s.Standing(t.Context(), "ana"); err == nil {
			t.Error("a secret opens in another row")
		}
	})
}

func TestAStoreReopenedHoldsWhatItHeld(t *testing.T) {
	for name, options := range engines(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := options(t)
			s := withAna(t, openStore(t, o))
			apply(t, s, standing.AddAuthenticator{Authenticator: anAuthenticator("phone")}, standing.SetCodes{Set: aCodeSet(), At: noon})
			before := anasStanding(t, s)
			after := anasStanding(t, openStore(t, o))
			if fmt.Sprintf("%#v", before) != fmt.Sprintf("%#v", after) || !bytes.Equal(before.Authenticators[0].Secret.Bytes(), after.Authenticators[0].Secret.Bytes()) {
				t.Errorf("%#v, then %#v", before, after)
			}
		})
	}
}

func TestPurgeTakesWhatIsOverAndLeavesTheRest(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		withAna(t, s)
		ctx := t.Context()
		count := func(table string) (rows int) {
			must(t, s.read.row(ctx, `SELECT COUNT(*) FROM `+table).Scan(&rows))
			return rows
		}
		code, setUp, laptop := aMailCode("m"), aSetUp("s"), aRemembered("laptop")
		laptop.Expires = laptop.Expires.Add(time.Minute)
		code.Sent, setUp.Expires = noon.Add(time.Minute), setUp.Expires.Add(time.Minute)
		apply(t, s, standing.OpenSession{Session: aSession("s")}, standing.OpenChallenge{Challenge: aChallenge("c")},
			standing.SaveMailCode{MailCode: code}, standing.SaveSetUp{SetUp: setUp},
			standing.SaveLink{Link: aLink("l", standing.ForObjection)}, standing.KnowDevice{Device: aDevice()},
			standing.Remember{Device: laptop})
		_, err := s.TakeTry(ctx, codeKey, noon)
		must(t, err)
		post(t, s, aMessage("waits"), aMessage("goes"))
		must(t, s.LetterDelayed(ctx, claim(t, s, noon).ID, noon.Add(365*24*time.Hour), ""))
		must(t, s.LetterSent(ctx, claim(t, s, noon).ID, noon))
		for _, c := range []struct {
			table string
			over  time.Duration // from noon
			left  int
		}{
			{"mail_codes", factor.MailCodeLifetime, 0}, {"challenges", 15 * time.Minute, 0},
			{"links", standing.ResetLifetime, 0}, {"set_ups", standing.SetUpLifetime + time.Minute, 0},
			{"sessions", time.Hour, 0}, {"mails_sent", time.Hour + time.Minute, 0}, {"devices", 2 * time.Hour, 0},
			{"remembered", 2*time.Hour + time.Minute, 0},
			{"throttles", 24 * time.Hour, 0}, {"outbox", 30 * 24 * time.Hour, 1},
		} {
			must(t, s.Purge(ctx, noon.Add(c.over-time.Millisecond)))
			if rows := count(c.table); rows != c.left+1 {
				t.Errorf("%s: %d rows a millisecond before", c.table, rows)
			}
			must(t, s.Purge(ctx, noon.Add(c.over)))
			if rows := count(c.table); rows != c.left {
				t.Errorf("%s: %d rows left, want %d", c.table, rows, c.left)
			}
		}
		if members, codes := count("members"), count("installation"); members != 1 || codes != 1 {
			t.Error("purged too much")
		}
	})
}

func TestPurgeGoesOnAfterItsFirstBatch(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		must(t, s.transact(t.Context(), insertThrottles))
		must(t, s.Purge(t.Context(), noon.Add(48*time.Hour)))
		var rows sql.NullInt64
		must(t, s.read.row(t.Context(), `SELECT COUNT(*) FROM throttles`).Scan(&rows))
		if rows.Int64 != 0 {
			t.Errorf("%d rows left", rows.Int64)
		}
	})
}
