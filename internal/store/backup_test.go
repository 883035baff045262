package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/factor"
	"github.com/sparekey/sparekey/internal/notice"
	"github.com/sparekey/sparekey/internal/secret"
	"github.com/sparekey/sparekey/internal/standing"
)

// inBackups are the tables that a backup holds whole. A new table belongs here
// or in notInBackups: does it let someone in once, or for a while?
var inBackups = []string{
	"installation", "organisations", "teams", "team_supervisors", "members", "member_changes", "authenticators", "backup_codes",
	"cases", "case_receipts", "case_numbers", "mails_sent", "throttles", "events", "log_hashes", "checkpoints", "directory", "directory_numbers", "directory_parts", "directory_sets", "schema_versions",
}

func TestEveryTableIsInBackupsOrNot(t *testing.T) {
	s := openStore(t, engines(t)["SQLite"](t))
	rows, err := s.read.query(t.Context(), `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`)
	tables, err := collect(rows, err, func(r *sql.Rows) (name string, err error) { return name, r.Scan(&name) })
	must(t, err)
	decided := slices.Clone(inBackups)
	for _, e := range notInBackups {
		if e.set == "" {
			decided = append(decided, e.table)
		}
	}
	slices.Sort(tables)
	slices.Sort(decided)
	if !slices.Equal(tables, decided) {
		t.Errorf("tables\n%q, of which was decided whether they are in backups\n%q: see notInBackups", tables, decided)
	}
}

// withEverything returns the store with ana and one of each thing that is kept.
func withEverything(t testing.TB, s *Store) *Store {
	t.Helper()
	withAna(t, s)
	apply(t, s, standing.AddAuthenticator{Authenticator: anAuthenticator("phone")}, standing.SetCodes{Set: aCodeSet()},
		standing.OpenSession{Session: aSession("session")}, standing.OpenChallenge{Challenge: aChallenge("challenge")},
		standing.KnowDevice{Device: aDevice()}, standing.Remember{Device: aRemembered("laptop")}, standing.SaveMailCode{MailCode: aMailCode("code")},
		standing.SaveSetUp{SetUp: aSetUp("session")}, standing.SetSuspension{Suspension: aSuspension()}, standing.SetPass{Pass: aPass()},
		standing.SaveLink{Link: aLink("reset", standing.ForReset)}, standing.SaveLink{Link: aLink("invitation", standing.ForInvitation)},
		standing.SaveLink{Link: aLink("objection", standing.ForObjection)})
	invitation := aMessage("invited")
	invitation.Kind = notice.Invitation
	post(t, s, aMessage("told"), invitation)
	must(t, s.Record(t.Context(), audit.Event{Kind: audit.SignedIn, Subject: "ana"}))
	return s
}

// lettersAndLinks lists what is left of letters and links, by kind and purpose.
func lettersAndLinks(t testing.TB, s *Store) []string {
	t.Helper()
	rows, err := s.read.query(t.Context(), `SELECT kind FROM outbox UNION ALL SELECT purpose FROM links ORDER BY 1`)
	list, err := collect(rows, err, func(r *sql.Rows) (name string, err error) { return name, r.Scan(&name) })
	must(t, err)
	return list
}

// mustBeOver fails the test unless nothing is left that lets someone in.
func mustBeOver(t testing.TB, s *Store) {
	t.Helper()
	for _, e := range notInBackups {
		if e.where != "" {
			continue
		}
		var left int
		must(t, s.read.row(t.Context(), `SELECT COUNT(*) FROM `+e.table).Scan(&left))
		if left > 0 {
			t.Errorf("%s: %d rows", e.table, left)
		}
	}
	if st := anasStanding(t, s); !reflect.ValueOf(st.Suspension).IsZero() || !reflect.ValueOf(st.Pass).IsZero() {
		t.Errorf("suspension %+v, pass %+v", st.Suspension, st.Pass)
	}
	if got := lettersAndLinks(t, s); !slices.Equal(got, []string{"objection", "phone-lost"}) {
		t.Errorf("letters and links: %q", got)
	}
}

func TestACopyHoldsWhatLastsAndNothingThatLetsSomeoneIn(t *testing.T) {
	o := engines(t)["SQLite"](t)
	s := withEverything(t, openStore(t, o))
	to := filepath.Join(t.TempDir(), "a copy with % and ?.db")
	contents, err := s.Copy(t.Context(), to)
	must(t, err)
	if contents.Organisations != 1 || contents.Members != 1 || contents.Events != 1 || contents.Schema != 1 || !contents.NewestEvent.Equal(noon) {
		t.Errorf("%+v", contents)
	}
	if info, err := os.Stat(to); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v %v", info.Mode(), err)
	}
	if files, err := Files(to); err != nil || len(files) != 1 {
		t.Errorf("files %q %v", files, err)
	}
	bytesOf, err := os.ReadFile(to)
	must(t, err)
	for _, gone := range []string{string(hash("session")), string(hash("reset"))} {
		if bytes.Contains(bytesOf, []byte(gone)) {
			t.Errorf("%s is still in the bytes of the file", gone)
		}
	}
	o.Path = to
	copied := openStore(t, o)
	mustBeOver(t, copied)
	if got, want := anasStanding(t, copied), anasStanding(t, s); len(got.Authenticators) != 1 || got.Codes.Left() != want.Codes.Left() {
		t.Errorf("%+v", got)
	}
	// What it was copied from goes on as it was.
	if _, _, err := s.Session(t.Context(), hash("session"), noon); err != nil {
		t.Error(err)
	}
}

func TestOthersReadAndWriteWhileACopyIsMade(t *testing.T) {
	o := engines(t)["SQLite"](t)
	s := withAna(t, openStore(t, o))
	record := func(ctx context.Context, n int) error {
		return s.Record(ctx, audit.Event{Kind: audit.SignedIn, Reason: fmt.Sprint(n)}, audit.Event{Kind: audit.SignedOut, Reason: fmt.Sprint(n)})
	}
	for n := range 200 {
		must(t, record(t.Context(), n))
	}
	ctx, stop := context.WithCancel(t.Context())
	recorded := make(chan int)
	go func() {
		n := 200
		for ; ctx.Err() == nil; n++ {
			if err := record(t.Context(), n); err != nil {
				t.Error(err)
				break
			}
		}
		recorded <- n
	}()
	newest := 0
	for i := range 5 {
		contents, err := s.Copy(t.Context(), filepath.Join(t.TempDir(), fmt.Sprint(i)))
		must(t, err)
		if contents.Events%2 != 0 || contents.Events < newest {
			t.Errorf("copy %d holds %d events, the last held %d", i, contents.Events, newest)
		}
		newest = contents.Events
	}
	stop()
	if n := <-recorded; n == 200 || 2*n < newest {
		t.Errorf("%d events were written, a copy holds %d", 2*n, newest)
	}
}

func TestACopyReplacesNoFile(t *testing.T) {
	s := withAna(t, openStore(t, engines(t)["SQLite"](t)))
	to := filepath.Join(t.TempDir(), "there")
	must(t, os.WriteFile(to, []byte("mine"), 0o600))
	if _, err := s.Copy(t.Context(), to); !errors.Is(err, os.ErrExist) {
		t.Error(err)
	}
}

func TestPostgreSQLHasToolsOfItsOwn(t *testing.T) {
	s := openStore(t, engines(t)["PostgreSQL"](t))
	if _, err := s.Copy(t.Context(), filepath.Join(t.TempDir(), "copy")); !errors.Is(err, ErrNoCopy) {
		t.Error(err)
	}
}

func TestInspectFindsWhatIsWrongWithADatabase(t *testing.T) {
	o := engines(t)["SQLite"](t)
	s := withEverything(t, openStore(t, o))
	good := filepath.Join(t.TempDir(), "good")
	_, err := s.Copy(t.Context(), good)
	must(t, err)
	other, err := secret.NewMaster(bytes.NewReader(bytes.Repeat([]byte{8}, 32)))
	must(t, err)
	whole, err := os.ReadFile(good)
	must(t, err)
	inspect := func(t *testing.T, content []byte, master secret.Master, statements ...string) error {
		file := filepath.Join(t.TempDir(), "database")
		must(t, os.WriteFile(file, content, 0o600))
		for _, statement := range statements {
			db, err := sqlitePool(file, "_journal_mode=DELETE")
			must(t, err)
			_, err = db.ExecContext(t.Context(), statement)
			must(t, errors.Join(err, db.Close()))
		}
		_, err := Inspect(t.Context(), file, master)
		return err
	}
	must(t, inspect(t, whole, o.Master))
	if err := inspect(t, whole, other); !errors.Is(err, secret.ErrWrongMaster) {
		t.Errorf("another key: %v", err)
	}
	for name, content := range map[string][]byte{
		"no database":    bytes.Repeat([]byte("not a database "), 1000),
		"cut":            whole[:len(whole)/2],
		"a page is torn": slices.Concat(whole[:8*4096], bytes.Repeat([]byte{0xff}, 100), whole[8*4096+100:]),
		"empty":          {},
	} {
		if err := inspect(t, content, o.Master); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, statement := range []string{
		`UPDATE members SET organisation_id = 'nowhere'`, `DROP TABLE schema_versions`, `DELETE FROM installation; DELETE FROM organisations`,
	} {
		if err := inspect(t, whole, o.Master, statement); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v", statement, err)
		}
	}
	err = inspect(t, whole, o.Master, `INSERT INTO schema_versions (version_id, is_applied) VALUES (4711, TRUE)`)
	if newer, ok := errors.AsType[*NewerError](err); !ok || newer.Database != 4711 {
		t.Errorf("newer: %v", err)
	}
	if err := inspect(t, whole, o.Master, `UPDATE organisations SET keyset = X'00'`); !errors.Is(err, secret.ErrWrongMaster) {
		t.Errorf("an organisation of another key: %v", err)
	}
}

func TestFinishingARestoreEndsWhatLetsSomeoneIn(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		withEverything(t, s)
		made := noon.Add(-time.Hour)
		for range 2 { // it may be called again
			must(t, s.FinishRestore(t.Context(), made))
		}
		mustBeOver(t, s)
		st := anasStanding(t, s)
		if step := factor.Step(noon); st.Authenticators[0].LastStep != step {
			t.Errorf("last step %d, want %d", st.Authenticators[0].LastStep, step)
		}
		if st.Codes.Left() != factor.BackupCodes {
			t.Errorf("%d backup codes", st.Codes.Left())
		}
		events, err := s.Events(t.Context(), EventFilter{Kind: audit.InstallationRestored})
		must(t, err)
		if len(events) != 2 || events[0].Actor.Kind != audit.Operator ||
			events[0].Facts["backup-made"] != "2026-03-02T11:00:00Z" || events[0].Facts["newest-event"] != "2026-03-02T12:00:00Z" {
			t.Errorf("events %+v", events)
		}
	})
}

func TestAStepThatIsLaterThanNowStays(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		withAna(t, s)
		later := anAuthenticator("phone")
		later.LastStep = factor.Step(noon) + 1
		apply(t, s, standing.AddAuthenticator{Authenticator: later})
		must(t, s.FinishRestore(t.Context(), time.Time{}))
		if got := anasStanding(t, s).Authenticators[0].LastStep; got != later.LastStep {
			t.Errorf("last step %d, want %d", got, later.LastStep)
		}
	})
}

// TestLettersWithACodeOrALinkAreListed finds a new kind of letter that is
// nothing without its code or link, by what its comment says it carries.
func TestLettersWithACodeOrALinkAreListed(t *testing.T) {
	text, err := os.ReadFile("../notice/notice.go")
	must(t, err)
	for i, line := range strings.Split(string(text), "\n") {
		if strings.Contains(line, " carries Link") || strings.Contains(line, " carries Code") {
			name := strings.Fields(line)[1]
			found := slices.ContainsFunc(notice.Kinds, func(k notice.Kind) bool {
				return slices.Contains(carriers, string(k)) && strings.EqualFold(strings.ReplaceAll(string(k), "-", ""), name)
			})
			if !found {
				t.Errorf("notice.go:%d: %s carries a code or link: see carriers", i+1, name)
			}
		}
	}
}
