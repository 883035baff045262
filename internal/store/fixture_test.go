package store

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/factor"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/secret"
	"github.com/sparekey/sparekey/internal/session"
	"github.com/sparekey/sparekey/internal/standing"
	"github.com/sparekey/sparekey/internal/store/pgtest"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// onBoth runs test on an empty store of each engine.
func onBoth(t *testing.T, test func(t *testing.T, s *Store)) {
	t.Helper()
	for name, options := range map[string]func(*testing.T) Options{
		"SQLite": func(t *testing.T) Options {
			o := engines(t)["SQLite"](t)
			content, err := upToDateFile()
			must(t, err)
			must(t, os.WriteFile(o.Path, content, 0o600))
			return o
		},
		"PostgreSQL": func(t *testing.T) Options {
			o := options(t)
			o.DatabaseURL, o.Connections = upToDate.NewDatabase(t), 10
			return o
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, openStore(t, options(t)))
		})
	}
}

// Databases that were opened once: bringing the schema up to date takes longer than
// most tests. Tests of just that begin with the empty ones of engines.
var (
	upToDate     = &pgtest.Template{Fill: func(address string) error { return bringUpToDate(Options{DatabaseURL: address}) }}
	upToDateFile = sync.OnceValues(func() (content []byte, err error) {
		folder, err := os.MkdirTemp("", "sparekey-store-")
		if err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
		o := Options{Path: filepath.Join(folder, "sparekey.db")}
		if err := bringUpToDate(o); err != nil {
			return nil, err
		}
		return os.ReadFile(o.Path)
	})
)

// bringUpToDate opens a database with the options of any test, and closes it.
func bringUpToDate(where Options) error {
	o, err := bareOptions()
	if err != nil {
		return err
	}
	o.Path, o.DatabaseURL = where.Path, where.DatabaseURL
	s, err := Open(context.Background(), o)
	if err != nil {
		return err
	}
	return s.Close()
}

// engines returns how to make an empty database of each engine.
func engines(testing.TB) map[string]func(t testing.TB) Options {
	return map[string]func(t testing.TB) Options{
		"SQLite": func(t testing.TB) Options {
			o := options(t)
			o.Path = filepath.Join(t.TempDir(), "a folder with % and ?", "sparekey.db")
			makeFolder(t, filepath.Dir(o.Path))
			return o
		},
		"PostgreSQL": func(t testing.TB) Options {
			o := options(t)
			o.DatabaseURL, o.Connections = pgtest.NewDatabase(t), 10
			return o
		},
	}
}

// options are those of any test store: a master key that is always the same, and
// the clock at noon.
func options(t testing.TB) Options {
	t.Helper()
	o, err := bareOptions()
	must(t, err)
	return o
}

func bareOptions() (Options, error) {
	master, err := secret.NewMaster(bytes.NewReader(bytes.Repeat([]byte{7}, 32)))
	return Options{
		Master: master, Random: rand.Reader,
		NewID: func() string { return uuid.Must(uuid.NewV7()).String() },
		Now:   func() time.Time { return noon },
	}, err
}

func openStore(t testing.TB, o Options) *Store {
	t.Helper()
	s, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { must(t, s.Close()) })
	return s
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// bakery is an organisation for tests, as it is kept.
func bakery() org.Organisation {
	return org.Organisation{
		ID: "bakery", Name: "Bakkerij Vroeg", Kind: org.Customer, Plan: org.Free, KvK: "12345678",
		Language: org.Dutch, MFA: org.MFAPolicy{Forced: true, ForcedSince: noon.Add(-time.Hour), ForcedBy: "ana", GraceUntil: noon.Add(time.Hour), OffUntil: noon.Add(time.Hour)},
		Policy: org.RecoveryPolicy{SupervisorsBarred: true, Wait: 48 * time.Hour, Hours: org.DefaultHours}, RememberFrom: noon, Created: noon,
	}
}

func person(id org.MemberID, role org.Role) org.Member {
	return org.Member{
		ID: id, Organisation: "bakery", Name: "Name of " + string(id), Email: org.Email(id + "@bakery.example"), Phone: "+31 6 1234",
		Language: org.English, State: org.Active, Stored: role, Created: noon,
	}
}

// withAna returns the store with the bakery in it, whose administrator is ana.
func withAna(t testing.TB, s *Store) *Store {
	t.Helper()
	must(t, s.CreateOrganisation(t.Context(), bakery(), person("ana", org.Administrator), standing.Decision{}))
	return s
}

// apply saves effects on ana.
func apply(t testing.TB, s *Store, effects ...standing.Effect) {
	t.Helper()
	must(t, tryApply(t, s, effects...))
}

func tryApply(t testing.TB, s *Store, effects ...standing.Effect) error {
	t.Helper()
	return s.Update(t.Context(), "ana", func(standing.Standing) (standing.Decision, error) {
		return standing.Decision{Effects: effects}, nil
	})
}

func anasStanding(t testing.TB, s *Store) standing.Standing {
	t.Helper()
	st, err := s.Standing(t.Context(), "ana")
	must(t, err)
	return st
}

// hash returns what is stored of a token named name.
func hash(name string) session.Hash { return session.Token(name).Hash() }

func anAuthenticator(id factor.AuthenticatorID) factor.Authenticator {
	return factor.Authenticator{
		ID: id, Name: "Phone", Secret: factor.SecretFromBytes([]byte("12345678901234567890")), Added: noon,
		LastUsed: noon.Add(time.Second), LastStep: 7, PowersFrom: noon.Add(time.Hour),
	}
}

func aSession(name string) session.Session {
	return session.Session{
		ID: hash(name), Member: "ana", Created: noon, LastUsed: noon, Ends: noon.Add(24 * time.Hour), Idle: time.Hour,
		CameBy: session.ByFactor, Reach: session.Everything, PasswordProved: noon, FactorProved: noon.Add(time.Second),
		PowersFrom: noon.Add(2 * time.Second), Device: hash("device"), Remembered: hash("laptop"), Pass: hash("pass"),
		Origin: origin(),
	}
}

func aChallenge(name string) session.Challenge {
	return session.Challenge{
		ID: hash(name), Member: "ana", Created: noon, Expires: noon.Add(session.ChallengeLifetime),
		Device: hash("device"), Next: "/my-login", Origin: origin(),
	}
}

func aMailCode(id string) standing.MailCode {
	return standing.MailCode{
		ID: id, Member: "ana", Purpose: standing.ForSignIn, Bound: hash("challenge"), Code: "73519024",
		Address: "backup@elsewhere.example", Sent: noon, Expires: noon.Add(factor.MailCodeLifetime),
	}
}

func aLink(name string, p standing.Purpose) standing.Link {
	return standing.Link{
		ID: hash(name), Member: "ana", Purpose: p, Address: "ana@bakery.example",
		Created: noon, Expires: noon.Add(standing.ResetLifetime),
	}
}

func aSuspension() standing.Suspension {
	return standing.Suspension{Since: noon, Until: noon.Add(time.Hour), Lost: true, By: audit.Actor{Kind: audit.Member, Member: "bea"}, Browser: hash("browser")}
}

func aChange(at time.Time) standing.Change {
	return standing.Change{What: standing.RoleOf, Was: org.Administrator, At: at, By: audit.Actor{Kind: audit.Member, Member: "bea"}}
}

func aRequest() standing.Request {
	return standing.Request{
		ID: "request", Browser: hash("browser"), Code: "ACD346", Created: noon, Expires: noon.Add(24 * time.Hour),
		State: standing.Asked, Known: true, Origin: origin(),
	}
}

// answered is aRequest, with every field of an answer.
func answered() standing.Request {
	r := aRequest()
	r.State, r.Wrong, r.Given, r.Answered, r.By, r.Words = standing.Approved, 2, standing.GivenPass, noon.Add(time.Minute), "bea", "Come and see me"
	r.Opens, r.Expires, r.Agreed, r.AgreedBy = noon.Add(24*time.Hour), noon.Add(96*time.Hour), noon.Add(time.Hour), "cas"
	return r
}

func aPass() standing.Pass {
	return standing.Pass{ID: hash("pass"), Given: noon, From: noon.Add(time.Hour), Expires: noon.Add(standing.PassLifetime), By: audit.Actor{Kind: audit.Operator}, Browser: hash("browser"), AgreedBy: "bea"}
}

func aSetUp(name string) standing.SetUp {
	return standing.SetUp{
		Session: hash(name), Member: "ana", Stage: standing.StageScan, Kind: standing.FirstFactor, Guarded: true,
		Secret: factor.SecretFromBytes([]byte("09876543210987654321")), Codes: []factor.BackupCode{"ABCDEFGHJKMNPQRS"},
		Set: aCodeSet(), Address: "new@elsewhere.example", Begun: noon, Expires: noon.Add(standing.SetUpLifetime),
	}
}

func aCodeSet() factor.CodeSet {
	set := factor.CodeSet{Salt: []byte("sixteen bytes ok")}
	for i := range factor.BackupCodes {
		set.Codes = append(set.Codes, factor.StoredCode{ID: factor.BackupCodeID(fmt.Sprintf("code-%d", i)), Hash: []byte{byte(i), 0, 255}})
	}
	return set
}

func origin() audit.Origin {
	return audit.Origin{Address: "192.0.2.7", Browser: "Firefox on Android"}
}

func makeFolder(t testing.TB, folder string) {
	t.Helper()
	must(t, os.MkdirAll(folder, 0o700))
}

func aRemembered(name string) session.Remembered {
	return session.Remembered{
		ID: hash(name), Member: "ana", Token: hash(name + " 1"), Device: hash("device"),
		Created: noon, Expires: noon.Add(2 * time.Hour), Used: noon, Origin: origin(),
	}
}

func aDevice() session.Device {
	return session.Device{ID: hash("device"), Member: "ana", Created: noon, Expires: noon.Add(2 * time.Hour)}
}

// insertThrottles inserts more counters than one batch of Purge deletes.
func insertThrottles(ctx context.Context, t *tx) error {
	for i := range 2*purgeBatch + 1 {
		if _, err := t.exec(ctx, `
			INSERT INTO throttles (kind, subject, device, failures, last) VALUES ('code', $1, '', 1, $2)`, fmt.Sprint(i), noon); err != nil {
			return err
		}
	}
	return nil
}
