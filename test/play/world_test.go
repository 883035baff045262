package play

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
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
	"github.com/sparekey/sparekey/internal/factor"
	"github.com/sparekey/sparekey/internal/help"
	"github.com/sparekey/sparekey/internal/notice"
	"github.com/sparekey/sparekey/internal/operate"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/password"
	"github.com/sparekey/sparekey/internal/policy"
	"github.com/sparekey/sparekey/internal/recovery"
	"github.com/sparekey/sparekey/internal/secret"
	"github.com/sparekey/sparekey/internal/session"
	"github.com/sparekey/sparekey/internal/signin"
	"github.com/sparekey/sparekey/internal/signin/backupcode"
	"github.com/sparekey/sparekey/internal/signin/mailcode"
	"github.com/sparekey/sparekey/internal/signin/totp"
	"github.com/sparekey/sparekey/internal/standing"
	"github.com/sparekey/sparekey/internal/store"
	"github.com/sparekey/sparekey/internal/store/pgtest"
)

// noon is when every play begins.
var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// A world is an installation without its pages, and the people in it.
type world struct {
	t      *testing.T
	clock  atomic.Int64 // unix milliseconds
	names  atomic.Int64
	store  *store.Store
	hasher *password.Hasher
	people []*person

	signIn  *signin.Service
	enrol   *enrol.Service
	operate *operate.Service
	recover *recovery.Service
	policy  *policy.Service
	office  *directory.Office
	help    *help.Service

	mu      sync.Mutex
	events  []audit.Event    // committed, and not looked at yet
	answers []audit.Event    // requests that were approved
	mail    []notice.Message // that came, the oldest first
	done    map[string]int   // what was not refused, by name
}

// A person is a member with what they hold in their hands. Two acts may be about
// the same person at once.
type person struct {
	id     org.MemberID
	email  org.Email
	backup org.Email

	mu       sync.Mutex
	password string
	phones   []factor.Secret
	codes    []factor.BackupCode
	browser  session.Token   // known, or empty
	waits    session.Token   // what the browser shows in which help was asked; or empty
	sessions []session.Token // of which some may be over
	watched  []session.Token // those in which no factor was proved when last seen
}

// words is everybody's first password.
const words = "fietsbel kalender soep 41"

func (w *world) now() time.Time { return time.UnixMilli(w.clock.Load()).UTC() }

// must ends the test on an error of ours.
func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// did counts what was not refused.
func (w *world) did(name string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.done[name]++
}

// newWorld opens an empty database: SQLite's where url is empty.
func newWorld(t *testing.T, url string) *world {
	t.Helper()
	w := &world{t: t, done: make(map[string]int), hasher: password.NewHasher(password.Cost{MemoryKiB: 64, Passes: 1, Threads: 1}, rand.Reader)}
	w.clock.Store(noon.UnixMilli())
	newID := func() string { return fmt.Sprintf("id-%08d", w.names.Add(1)) }
	master, err := secret.NewMaster(bytes.NewReader(bytes.Repeat([]byte{7}, 32)))
	w.must(err)
	options := store.Options{Master: master, Random: rand.Reader, NewID: newID, Now: w.now, DatabaseURL: url, Connections: 4}
	if url == "" {
		options.Path = filepath.Join(t.TempDir(), "sparekey.db")
	}
	w.store, err = store.Open(t.Context(), options)
	w.must(err)
	t.Cleanup(func() { w.must(w.store.Close()) })
	w.store.Observe(func(e audit.Event) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.events = append(w.events, e)
		if e.Kind == audit.HelpApproved {
			w.answers = append(w.answers, e)
		}
	})
	w.signIn = &signin.Service{
		Store: w.store, Hasher: w.hasher, Now: w.now, Random: rand.Reader, AddressKey: []byte("key"),
		Methods: []signin.Method{totp.Method{}, backupcode.Method{Hasher: w.hasher}, mailcode.Method{Store: w.store}, mailcode.Suspended{Store: w.store}},
	}
	w.enrol = &enrol.Service{Store: w.store, Hasher: w.hasher, Now: w.now, Random: rand.Reader, NewID: newID}
	w.operate = &operate.Service{Store: w.store, Now: w.now, Random: rand.Reader, NewID: newID, Zone: time.UTC}
	w.recover = &recovery.Service{Store: w.store, Now: w.now, Random: rand.Reader}
	w.policy = &policy.Service{Store: w.store, Now: w.now, Random: rand.Reader, Zone: time.UTC}
	w.office = &directory.Office{Store: w.store, Now: w.now, Random: rand.Reader, NewID: newID}
	w.help = &help.Service{Store: w.store, Now: w.now, Random: rand.Reader, NewID: newID}
	w.populate()
	return w
}

// onEach plays on each database.
func onEach(t *testing.T, test func(*testing.T, *world)) {
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		test(t, newWorld(t, ""))
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		t.Parallel()
		test(t, newWorld(t, pgtest.NewDatabase(t)))
	})
}

// populate makes a bakery with three administrators, two supervisors and four
// employees, and a mill next door.
func (w *world) populate() {
	w.t.Helper()
	long := noon.Add(-1000 * time.Hour)
	bakery := org.Organisation{ID: "bakery", Name: "Bakery", Kind: org.Customer, Plan: org.Free, KvK: "12345678", Language: org.English, Created: long}
	mill := bakery
	mill.ID, mill.Name = "mill", "Mill"
	founder := func(o org.Organisation, name string) {
		m, d := w.member(o.ID, name, org.Administrator, "")
		w.must(w.store.CreateOrganisation(w.t.Context(), o, m, d))
	}
	founder(bakery, "ann")
	founder(mill, "mia")
	for _, name := range []string{"bread", "cake"} {
		w.apply("ann", standing.MakeTeam{Team: org.Team{ID: org.TeamID(name), Organisation: "bakery", Name: name}})
	}
	for _, one := range []struct {
		name string
		role org.Role
		team org.TeamID
	}{
		{"bob", org.Administrator, "bread"}, {"cas", org.Administrator, ""}, {"sam", org.Employee, "bread"}, {"sue", org.Employee, "cake"},
		{"eva", org.Employee, "bread"}, {"fin", org.Employee, "cake"}, {"guy", org.Employee, "bread"}, {"hal", org.Employee, ""},
	} {
		m, d := w.member("bakery", one.name, one.role, one.team)
		w.must(w.store.AddMember(w.t.Context(), m, d))
	}
	w.apply("sam", standing.Supervise{Team: "bread"}, standing.Supervise{Team: "cake"})
	w.apply("sue", standing.Supervise{Team: "cake"})
}

func (w *world) apply(m org.MemberID, effects ...standing.Effect) {
	w.t.Helper()
	w.must(w.store.Update(w.t.Context(), m, func(standing.Standing) (standing.Decision, error) {
		return standing.Decision{Effects: effects}, nil
	}))
}

// member makes somebody with a password and, but for one, MFA and both backups.
func (w *world) member(o org.OrganisationID, name string, role org.Role, team org.TeamID) (org.Member, standing.Decision) {
	w.t.Helper()
	long, p := noon.Add(-1000*time.Hour), &person{id: org.MemberID(name), email: org.Email(name + "@work.example"), password: words}
	w.people = append(w.people, p)
	hash, err := w.hasher.Hash(w.t.Context(), password.Asker{}, words, "")
	w.must(err)
	m := org.Member{
		ID: p.id, Organisation: o, Name: strings.ToUpper(name), Email: p.email, Phone: "+31 6 12345678", Team: team,
		Language: org.English, State: org.Active, Stored: role, Created: long,
	}
	d := standing.Decision{Effects: []standing.Effect{standing.SetPassword{Password: standing.Password{Hash: hash, Set: long, Long: true}}}}
	if name == "hal" {
		return m, d
	}
	key, err := factor.NewSecret(rand.Reader)
	w.must(err)
	p.phones, p.backup = []factor.Secret{key}, org.Email(name+"@home.example")
	salt, err := w.hasher.Salt()
	w.must(err)
	p.codes, err = factor.NewBackupCodes(rand.Reader)
	w.must(err)
	set := factor.CodeSet{Salt: salt}
	for i, code := range p.codes {
		hash, err := w.hasher.Derive(w.t.Context(), password.Asker{}, []byte(code), salt)
		w.must(err)
		set.Codes = append(set.Codes, factor.StoredCode{ID: factor.BackupCodeID(fmt.Sprint(name, "-", i)), Hash: hash})
	}
	return m, d.And(
		standing.SetMFA{Since: long},
		standing.AddAuthenticator{Authenticator: factor.Authenticator{ID: factor.AuthenticatorID(name), Name: "Phone", Secret: key, Added: long, PowersFrom: long}},
		standing.SetCodes{Set: set, At: long},
		standing.SetBackupEmail{BackupEmail: factor.BackupEmail{Address: p.backup, Confirmed: long, UsableFrom: long}},
	)
}

// fetch takes all mail that waits into the mailboxes.
func (w *world) fetch() {
	w.t.Helper()
	for {
		letter, err := w.store.ClaimLetter(context.WithoutCancel(w.t.Context()), w.now(), time.Minute)
		if errors.Is(err, notice.ErrNoLetter) {
			return
		}
		w.must(err)
		w.must(w.store.LetterSent(w.t.Context(), letter.ID, w.now()))
		w.mu.Lock()
		w.mail = append(w.mail, letter.Message)
		w.mu.Unlock()
	}
}

// newest returns the last mail about p that fits, or false.
func (w *world) newest(p *person, fits func(notice.Message) bool) (notice.Message, bool) {
	w.fetch()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, m := range slices.Backward(w.mail) {
		if m.Member == p.id && fits(m) {
			return m, true
		}
	}
	return notice.Message{}, false
}
