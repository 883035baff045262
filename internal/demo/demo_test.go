package demo

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sparekey/sparekey/internal/factor"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/password"
	"github.com/sparekey/sparekey/internal/standing"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// A shelf is a store that keeps standings in memory.
type shelf struct {
	organisations []org.Organisation
	teams         map[org.TeamID]org.Team
	standings     []standing.Standing
}

func (s *shelf) CreateOrganisation(ctx context.Context, o org.Organisation, first org.Member, d standing.Decision) error {
	s.organisations = append(s.organisations, o)
	return s.AddMember(ctx, first, d)
}

func (s *shelf) AddTeam(_ context.Context, t org.Team) error {
	if s.teams == nil {
		s.teams = make(map[org.TeamID]org.Team)
	}
	s.teams[t.ID] = t
	return nil
}

func (s *shelf) AddMember(_ context.Context, m org.Member, d standing.Decision) error {
	st := standing.Standing{Member: m, Organisation: s.organisations[len(s.organisations)-1]}
	if _, ok := s.teams[m.Team]; m.Team != "" && !ok {
		return org.ErrNotFound
	}
	for _, e := range d.Effects {
		switch e := e.(type) {
		case standing.SetPassword:
			st.Password = e.Password
		case standing.SetMFA:
			st.MFASince = e.Since
		case standing.AddAuthenticator:
			st.Authenticators = append(st.Authenticators, e.Authenticator)
		case standing.SetCodes:
			st.Codes = e.Set
		case standing.SetBackupEmail:
			st.BackupEmail = e.BackupEmail
		case standing.SetSuspension:
			st.Suspension = e.Suspension
		default:
			return fmt.Errorf("unexpected %T", e)
		}
	}
	s.standings = append(s.standings, st)
	return nil
}

func (s *shelf) AddSupervisor(_ context.Context, t org.TeamID, m org.MemberID) error {
	for i, st := range s.standings {
		if st.Member.ID == m && st.Member.Team == t && t != "" {
			s.standings[i].Member.Supervises = true
			return nil
		}
	}
	return org.ErrNotFound
}

// in returns the standings in an organisation.
func (s *shelf) in(name string) []standing.Standing {
	return slices.DeleteFunc(slices.Clone(s.standings), func(st standing.Standing) bool { return st.Organisation.Name != name })
}

func hasher() *password.Hasher {
	return password.NewHasher(password.Cost{MemoryKiB: 8, Passes: 1, Threads: 1}, rand.Reader)
}

// seeded returns a store with everybody in it.
func seeded(t *testing.T) *shelf {
	t.Helper()
	s, n := &shelf{}, 0
	newID := func() string { n++; return fmt.Sprintf("id-%04d", n) }
	err := Seeder{Store: s, Hasher: hasher(), Now: noon, Random: rand.Reader, NewID: newID}.Seed(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// count returns how many of the standings are so.
func count(all []standing.Standing, is func(standing.Standing) bool) int {
	n := 0
	for _, st := range all {
		if is(st) {
			n++
		}
	}
	return n
}

func role(r org.Role) func(standing.Standing) bool {
	return func(st standing.Standing) bool { return st.Member.Role() == r }
}

func remarked(english string) func(standing.Standing) bool {
	return func(st standing.Standing) bool {
		return slices.ContainsFunc(Remarks(st, false, noon), func(r Remark) bool { return r.English == english })
	}
}

func TestTheBakeryHasPeopleOfEveryKind(t *testing.T) {
	people := seeded(t).in(Bakery)
	for _, c := range []struct {
		what string
		is   func(standing.Standing) bool
		want int
	}{
		{"people", func(standing.Standing) bool { return true }, 24},
		{"administrators", role(org.Administrator), 2},
		{"supervisors", role(org.Supervisor), 4},
		{"employees", role(org.Employee), 18},
		{"active", func(st standing.Standing) bool { return st.Member.State == org.Active }, 24},
		{"in no team", func(st standing.Standing) bool { return st.Member.Team == "" }, 1},
		{"without MFA", remarked("no MFA"), 4},
		{"with MFA and no backup", remarked("no backup"), 2},
		{"without backup codes", remarked("no backup codes"), 1},
		{"without backup e-mail", remarked("no backup e-mail"), 1},
		{"with one backup code left", remarked("1 backup code left"), 1},
		{"with two authenticators", remarked("2 authenticators"), 1},
		{"for whom MFA is disabled", remarked("MFA disabled for a time"), 1},
		{"without a phone number", remarked("no phone number on file"), 1},
		{"who speak English", remarked("speaks English"), 1},
		{"who can lose a phone", func(st standing.Standing) bool {
			return st.MFA() && st.Codes.Left() == factor.BackupCodes && st.BackupEmail.Address != ""
		}, 15},
	} {
		if got := count(people, c.is); got != c.want {
			t.Errorf("%s: %d, want %d", c.what, got, c.want)
		}
	}
}

func TestTheDeskHasALeadAndTwoAgentsWithMFA(t *testing.T) {
	people := seeded(t).in(Desk)
	lead, agents := count(people, role(org.Lead)), count(people, role(org.Agent))
	if mfa := count(people, standing.Standing.MFA); lead != 1 || agents != 2 || mfa != 3 {
		t.Errorf("%d leads, %d agents, %d with MFA", lead, agents, mfa)
	}
	if o := people[0].Organisation; o.Kind != org.Desk || !o.Forces(noon) {
		t.Errorf("it is of kind %s", o.Kind)
	}
}

func TestOnePersonIsInTwoOrganisations(t *testing.T) {
	times := make(map[org.Email]int)
	for _, st := range seeded(t).standings {
		times[st.Member.Email]++
	}
	twice := 0
	for _, n := range times {
		if n == 2 {
			twice++
		}
		if n > 2 {
			t.Errorf("somebody is in %d organisations", n)
		}
	}
	if twice != 1 {
		t.Errorf("%d people are in two organisations, want one", twice)
	}
}

func TestEverybodyIsValid(t *testing.T) {
	for _, o := range Organisations() {
		if _, err := org.ParseKvK(string(o.KvK)); err != nil {
			t.Errorf("%s: %v", o.Name, err)
		}
		if o.People[0].Team != "" {
			t.Errorf("%s: who founds it is in no team yet", o.Name)
		}
		for _, p := range o.People {
			name, err := org.ParseName(p.Name)
			email, wrong := org.ParseEmail(string(p.Email))
			if err != nil || wrong != nil || name != p.Name || email != p.Email {
				t.Errorf("%s, %q: %v, %v", p.Name, string(p.Email), err, wrong)
			}
			if p.Team != "" && !slices.Contains(o.Teams, p.Team) {
				t.Errorf("%s is in team %s, which is none", p.Name, p.Team)
			}
			if !strings.HasSuffix(string(p.Email), ".example") || p.BackupEmail != "" && !strings.HasSuffix(string(p.BackupEmail), ".example") {
				t.Errorf("%s has an address that may be somebody's", p.Name)
			}
		}
	}
}

func TestTheSharedPasswordWouldBeTaken(t *testing.T) {
	for _, st := range seeded(t).standings {
		if err := password.Judge(Password, false, []string{st.Member.Name, string(st.Member.Email), st.Organisation.Name}); err != nil {
			t.Errorf("of %s: %v", st.Member.Name, err)
		}
	}
	if !password.Long(Password) {
		t.Error("it is shorter than one without MFA must be")
	}
}

func TestThePasswordAndTheBackupCodesOpen(t *testing.T) {
	h := hasher()
	for _, st := range seeded(t).standings {
		fits, err := h.Fits(t.Context(), password.Asker{}, Password, []standing.PasswordHash{st.Password.Hash})
		if err != nil || !fits[0] {
			t.Fatalf("%s: %v, %v", st.Member.Name, fits, err)
		}
	}
	pieter := seeded(t).in(Bakery)
	i := slices.IndexFunc(pieter, remarked("1 backup code left"))
	codes := pieter[i].Codes
	for n := 1; n <= factor.BackupCodes; n++ {
		typed, err := factor.ParseBackupCode(fmt.Sprintf("demo-demo-demo-%04d", n))
		if err != nil || typed != BackupCode(n) {
			t.Fatalf("code %d: %v", n, err)
		}
		hash, err := h.Derive(t.Context(), password.Asker{}, []byte(typed), codes.Salt)
		if stored := codes.Codes[n-1]; err != nil || !bytes.Equal(hash, stored.Hash) || stored.Spent != (n < factor.BackupCodes) {
			t.Errorf("code %d: spent %t, %v", n, stored.Spent, err)
		}
	}
}

func TestWhatPeopleHaveWorksFromTheStart(t *testing.T) {
	for _, st := range seeded(t).standings {
		for _, a := range st.Authenticators {
			if a.PowersFrom.After(noon) || a.LastStep >= factor.Step(noon)-2 {
				t.Errorf("%s: the authenticator is too new", st.Member.Name)
			}
		}
		if st.BackupEmail.UsableFrom.After(noon) || st.BackupEmail.Address == st.Member.Email {
			t.Errorf("%s: the backup e-mail recovers nothing", st.Member.Name)
		}
	}
}

func TestSeedingStopsAtTheFirstError(t *testing.T) {
	full := errors.New("full")
	err := Seeder{Store: failing{&shelf{}, full}, Hasher: hasher(), Now: noon, Random: rand.Reader, NewID: func() string { return "id" }}.Seed(t.Context())
	if !errors.Is(err, full) {
		t.Errorf("got %v", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	err = Seeder{Store: &shelf{}, Hasher: tired{hasher(), full}, Now: noon, Random: rand.Reader, NewID: func() string { return "id" }}.Seed(ended)
	if !errors.Is(err, full) {
		t.Errorf("got %v", err)
	}
}

type failing struct {
	*shelf
	err error
}

func (f failing) AddMember(context.Context, org.Member, standing.Decision) error { return f.err }

type tired struct {
	*password.Hasher
	err error
}

func (t tired) Derive(context.Context, password.Asker, []byte, []byte) ([]byte, error) {
	return nil, t.err
}

func TestRemarksSpeakBothLanguages(t *testing.T) {
	for _, st := range seeded(t).standings {
		for _, r := range Remarks(st, true, noon) {
			if r.In(org.Dutch) == "" || r.In(org.English) == "" || r.In("") != r.English {
				t.Errorf("%s: %+v", st.Member.Name, r)
			}
		}
	}
	spent := standing.Standing{MFASince: noon, Codes: factor.CodeSet{Codes: make([]factor.StoredCode, 2)}, Status: standing.Frozen}
	spent.BackupEmail.Address = "a@b.example"
	got := fmt.Sprint(Remarks(spent, false, noon))
	if !strings.Contains(got, "2 backup codes left") || !strings.Contains(got, "recovery frozen") || strings.Contains(got, "no backup") {
		t.Errorf("got %s", got)
	}
}

func TestAClockRunsAheadAndIsKept(t *testing.T) {
	file := filepath.Join(t.TempDir(), "clock")
	real := noon
	open := func() *Clock {
		c, err := OpenClock(file, func() time.Time { return real })
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	c := open()
	if !c.Now().Equal(noon) {
		t.Errorf("at first it shows %s", c.Now())
	}
	for _, step := range []struct {
		by   time.Duration
		want error
	}{
		{time.Nanosecond, nil}, {0, ErrBackwards}, {-time.Hour, ErrBackwards}, {time.Hour, nil},
		{farthest - time.Hour - time.Nanosecond, nil}, {time.Nanosecond, ErrTooFar}, {1<<63 - 1, ErrTooFar},
	} {
		if err := c.Move(step.by); !errors.Is(err, step.want) {
			t.Errorf("moved by %s: %v, want %v", step.by, err, step.want)
		}
	}
	real = real.Add(time.Minute)
	if want := noon.Add(farthest + time.Minute); !c.Now().Equal(want) || !open().Now().Equal(want) {
		t.Errorf("it shows %s, opened again %s, want %s", c.Now(), open().Now(), want)
	}
}

func TestAClockIsNotOpenedOnSomethingElse(t *testing.T) {
	for _, text := range []string{"soon", "-1h", "", "9999999h"} {
		file := filepath.Join(t.TempDir(), "clock")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := OpenClock(file, time.Now); err == nil {
			t.Errorf("%q was taken", text)
		}
	}
	if _, err := OpenClock(t.TempDir(), time.Now); err == nil {
		t.Error("a folder was taken")
	}
}

func TestAClockThatCannotBeKeptDoesNotMove(t *testing.T) {
	c, err := OpenClock(filepath.Join(t.TempDir(), "gone", "clock"), func() time.Time { return noon })
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Move(time.Hour); err == nil || !c.Now().Equal(noon) {
		t.Errorf("it moved to %s, %v", c.Now(), err)
	}
}

func TestAClockIsSafeForManyAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, err := OpenClock(filepath.Join(t.TempDir(), "clock"), time.Now)
		if err != nil {
			t.Fatal(err)
		}
		before := c.Now()
		var movers sync.WaitGroup
		for range 50 {
			movers.Go(func() {
				if err := c.Move(time.Minute); err != nil {
					t.Error(err)
				}
				c.Now()
			})
		}
		movers.Wait()
		if moved := c.Now().Sub(before); moved != 50*time.Minute {
			t.Errorf("it moved by %s, want 50m", moved)
		}
	})
}
