package web_test

import (
	"bytes"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/directory"
	"github.com/sparekey/sparekey/internal/enrol"
	"github.com/sparekey/sparekey/internal/help"
	"github.com/sparekey/sparekey/internal/logbook"
	"github.com/sparekey/sparekey/internal/mylogin"
	"github.com/sparekey/sparekey/internal/notice"
	"github.com/sparekey/sparekey/internal/operate"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/password"
	"github.com/sparekey/sparekey/internal/policy"
	"github.com/sparekey/sparekey/internal/readiness"
	"github.com/sparekey/sparekey/internal/recovery"
	"github.com/sparekey/sparekey/internal/secret"
	"github.com/sparekey/sparekey/internal/signin"
	"github.com/sparekey/sparekey/internal/signin/backupcode"
	"github.com/sparekey/sparekey/internal/signin/mailcode"
	"github.com/sparekey/sparekey/internal/signin/totp"
	"github.com/sparekey/sparekey/internal/standing"
	"github.com/sparekey/sparekey/internal/store"
	"github.com/sparekey/sparekey/internal/store/pgtest"
	"github.com/sparekey/sparekey/internal/support"
	"github.com/sparekey/sparekey/internal/web"
)

// noon is when every test begins: the first instant of a time step.
var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// base is where the site is reached.
const base = "https://id.bakery.example"

// addressKey keys the counters of tries against an address.
const addressKey = "key of addresses"

// A clock stands still until it is moved.
type clock struct{ at atomic.Int64 } // unix milliseconds

func (c *clock) now() time.Time        { return time.UnixMilli(c.at.Load()).UTC() }
func (c *clock) set(t time.Time)       { c.at.Store(t.UnixMilli()) }
func (c *clock) move(by time.Duration) { c.at.Add(by.Milliseconds()) }

// A site is a whole server on a database of its own. Nothing of it is a fake
// but the clock, and that mail stays in the outbox, where the test reads it.
type site struct {
	t      *testing.T
	clock  *clock
	store  *store.Store
	path   string // of the database; empty: it is PostgreSQL's
	hasher *hasher
	server http.Handler
	log    *transcript
	seen   map[string]bool // events that a test has looked at, by id
	names  atomic.Int64
	// examiner looks into files by what their first words say.
	examiner byWords
}

// A setting changes the options of a site before it opens.
type setting func(*web.Options)

// newSite opens a site on which there is nobody yet.
func newSite(t *testing.T, settings ...setting) *site {
	t.Helper()
	return openSite(t, filepath.Join(t.TempDir(), "sparekey.db"), settings...)
}

// onBoth runs a test on a site of each database. One on PostgreSQL has no file
// to look into.
func onBoth(t *testing.T, test func(*testing.T, *site)) {
	t.Helper()
	for name, open := range map[string]func(*testing.T) *site{
		"SQLite":     func(t *testing.T) *site { return newSite(t) },
		"PostgreSQL": func(t *testing.T) *site { return openSite(t, "") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t))
		})
	}
}

// openSite opens a site on the SQLite database at path, or on a PostgreSQL one
// where it is empty.
func openSite(t *testing.T, path string, settings ...setting) *site {
	t.Helper()
	s := &site{t: t, clock: new(clock), path: path, log: new(transcript), seen: make(map[string]bool)}
	s.clock.set(noon)
	master, err := secret.NewMaster(bytes.NewReader(bytes.Repeat([]byte{7}, 32)))
	s.must(err)
	options := store.Options{Master: master, Random: rand.Reader, NewID: s.newID, Now: s.clock.now}
	if s.path == "" {
		options.DatabaseURL, options.Connections = pgtest.NewDatabase(t), 4
	} else {
		options.Path = s.path
		s.must(os.WriteFile(s.path, emptyDatabase(t, options), 0o600))
	}
	s.store, err = store.Open(t.Context(), options)
	s.must(err)
	t.Cleanup(func() { s.must(s.store.Close()) })
	s.hasher = &hasher{Hasher: password.NewHasher(password.Cost{MemoryKiB: 64, Passes: 1, Threads: 1}, rand.Reader)}
	s.serve(s.store, settings...)
	return s
}

var (
	emptyOnce  sync.Once
	emptyBytes []byte
)

// emptyDatabase is a database that was opened once: bringing the schema up to
// date takes longer than most tests. Every site has the same master key.
func emptyDatabase(t *testing.T, options store.Options) []byte {
	t.Helper()
	emptyOnce.Do(func() {
		options.Path = filepath.Join(t.TempDir(), "empty.db")
		s, err := store.Open(t.Context(), options)
		if err == nil {
			err = s.Close()
		}
		if err == nil {
			emptyBytes, err = os.ReadFile(options.Path)
		}
		if err != nil {
			t.Fatal(err)
		}
	})
	return emptyBytes
}

// signIn is the sign-in flow as the pages have it.
func (s *site) signIn() *signin.Service {
	return &signin.Service{
		Store: s.store, Hasher: s.hasher, Now: s.clock.now, Random: rand.Reader, AddressKey: []byte(addressKey),
		Methods: []signin.Method{totp.Method{}, backupcode.Method{Hasher: s.hasher}, mailcode.Method{Store: s.store}, mailcode.Suspended{Store: s.store}},
	}
}

// serve wires the flows as the command does.
func (s *site) serve(backend web.Backend, settings ...setting) {
	s.t.Helper()
	now, random := s.clock.now, rand.Reader
	signIn := s.signIn()
	address, err := url.Parse(base)
	s.must(err)
	options := web.Options{
		BaseURL: address, Issuer: "Sparekey", Now: now, NewID: s.newID,
		Log: slog.New(slog.NewJSONHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	for _, set := range settings {
		set(&options)
	}
	s.server, err = web.NewServer(web.Flows{
		SignIn:   signIn,
		Enrol:    &enrol.Service{Store: s.store, Hasher: s.hasher, Now: now, Random: random, NewID: s.newID},
		MyLogin:  &mylogin.Service{Store: s.store, Hasher: signIn, Now: now, Random: random},
		Recovery: &recovery.Service{Store: s.store, Now: now, Random: random},
		Logbook:  &logbook.Service{Store: s.store, Now: now},
		Help:     &help.Service{Store: s.store, Now: now, Random: random, NewID: s.newID},
		Support: &support.Service{
			Store: s.store, Now: now, Random: random, NewID: s.newID, Zone: time.UTC, Keep: 7 * 24 * time.Hour, For: "The Desk", Examine: s.examiner,
		},
		Directory: &directory.Service{Store: s.store, Now: now},
		Readiness: &readiness.Service{Store: s.store, Now: now},
		Operate:   &operate.Service{Store: s.store, Now: now, Random: random, NewID: s.newID, Zone: time.UTC},
		Policy:    &policy.Service{Store: s.store, Now: now, Random: random, Zone: time.UTC},
		Office:    &directory.Office{Store: s.store, Now: now, Random: random, NewID: s.newID},
	}, backend, options)
	s.must(err)
}

// newID draws ids that sort by age.
func (s *site) newID() string { return fmt.Sprintf("id-%08d", s.names.Add(1)) }

func (s *site) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// mails returns the messages sent since this was last asked, the oldest first.
func (s *site) mails() []notice.Message {
	s.t.Helper()
	var list []notice.Message
	for {
		letter, err := s.store.ClaimLetter(s.t.Context(), s.clock.now(), time.Minute)
		if errors.Is(err, notice.ErrNoLetter) {
			return list
		}
		s.must(err)
		s.must(s.store.LetterSent(s.t.Context(), letter.ID, s.clock.now()))
		list = append(list, letter.Message)
	}
}

// wantMails fails unless exactly these went since mails were last asked for, in
// any order, each written "kind → address". It returns them by that text.
func (s *site) wantMails(want ...string) map[string]notice.Message {
	s.t.Helper()
	got, byText := []string{}, make(map[string]notice.Message)
	for _, m := range s.mails() {
		text := string(m.Kind) + " → " + string(m.To)
		got, byText[text] = append(got, text), m
		if objection := m.Facts.Objection != ""; objection != m.Kind.MayObject() {
			s.t.Errorf("%s: carries “This was not me”: %v", text, objection)
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		s.t.Errorf("mails sent:\n  %s\nwant:\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
	return byText
}

// events returns what was logged since this was last asked.
func (s *site) events() []audit.Event {
	s.t.Helper()
	all, err := s.store.Events(s.t.Context(), store.EventFilter{Limit: 10_000})
	s.must(err)
	var news []audit.Event
	for _, e := range all {
		if !s.seen[e.ID] {
			s.seen[e.ID] = true
			news = append(news, e)
		}
	}
	return news
}

// wantEvents fails unless exactly these were logged since events were last
// asked for, each written as its kind, or as its kind, a space and its reason.
func (s *site) wantEvents(want ...string) {
	s.t.Helper()
	events := s.events()
	same := len(events) == len(want)
	got := make([]string, len(events))
	for i, e := range events {
		got[i] = strings.TrimSpace(string(e.Kind) + " " + e.Reason)
		same = same && (got[i] == want[i] || string(e.Kind) == want[i])
	}
	if !same {
		s.t.Errorf("logged:\n  %s\nwant:\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

// hush forgets the mails and events so far.
func (s *site) hush() {
	s.t.Helper()
	s.mails()
	s.events()
}

// settles changes the bakery as a settings page would, without asking who may.
func (s *site) settles(change func(*org.Organisation)) {
	s.t.Helper()
	s.must(s.store.Settle(s.t.Context(), "bakery", standing.Giver{}, func(h standing.House) (standing.Settling, error) {
		change(&h.Organisation)
		return standing.Settling{Organisation: h.Organisation}, nil
	}))
}

// remembering has the bakery remember devices from an instant; zero: never.
func (s *site) remembering(from time.Time) {
	s.t.Helper()
	s.settles(func(o *org.Organisation) { o.RememberFrom = from })
}

// contents returns every row of the database as text, but for when a session
// was last used: what a page that changes nothing leaves as it was.
func (s *site) contents() string {
	s.t.Helper()
	db := s.database("ro")
	defer func() { s.must(db.Close()) }()
	var text strings.Builder
	for _, table := range s.rows(db, `SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name`) {
		what := "*"
		if table == "sessions" {
			what = "id, member_id, created, ends, idle_ms, came_by, reach, password_proved, factor_proved, powers_from, device"
		}
		lines := s.rows(db, `SELECT `+what+` FROM `+table)
		slices.Sort(lines)
		text.WriteString(table + "\n  " + strings.Join(lines, "\n  ") + "\n")
	}
	return text.String()
}

// database opens the file of the store beside it.
func (s *site) database(mode string) *sql.DB {
	s.t.Helper()
	db, err := sql.Open("sqlite", "file:"+s.path+"?mode="+mode+"&_busy_timeout=10000")
	s.must(err)
	return db
}

func (s *site) rows(db *sql.DB, query string) []string {
	s.t.Helper()
	rows, err := db.Query(query)
	s.must(err)
	defer func() { s.must(rows.Close()) }()
	columns, err := rows.Columns()
	s.must(err)
	var lines []string
	for rows.Next() {
		values, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		s.must(rows.Scan(into...))
		line := make([]string, len(values))
		for i, v := range values {
			line[i] = fmt.Sprint(v)
		}
		lines = append(lines, strings.Join(line, "|"))
	}
	s.must(rows.Err())
	return lines
}

// A transcript is what the server logged. It may be written to at once by many.
type transcript struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *transcript) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *transcript) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
