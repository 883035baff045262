package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"testing"

	"github.com/sparekey/sparekey/internal/factor"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/standing"
	"github.com/sparekey/sparekey/internal/throttle"
)

// runnerVariable makes the test binary a second process of a race, on the
// PostgreSQL database that it names.
const runnerVariable = "SPAREKEY_STORE_TEST_RUNNER"

func TestMain(m *testing.M) {
	if address := os.Getenv(runnerVariable); address != "" {
		if err := runSecond(address); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// A race is what many runners try to have, each thing of which one may get.
type race struct {
	members int // each has one thing of every kind
	runners int // side by side in a process
	tries   int // of each runner for each thing
}

// A heat is the race for one member's things. Processes start it together.
type heat struct {
	Member  org.MemberID
	Runners int
	Tries   int
}

// prizes are the things that a member has one of.
func prizes(m org.MemberID) []standing.Effect {
	return []standing.Effect{
		standing.SpendStep{ID: factor.AuthenticatorID("phone of " + m), Step: 8, At: noon},
		standing.SpendCode{ID: "code-1", At: noon},
		standing.UseMailCode{ID: "code for " + string(m)},
		standing.UseLink{ID: hash("link of " + string(m))},
		standing.CloseChallenge{ID: hash("challenge of " + string(m))},
		standing.TurnToken{ID: hash("laptop of " + string(m)), From: hash("laptop of " + string(m) + " 1"), To: hash("next"), At: noon},
	}
}

const kindsOfPrize = 6

func racer(i int) org.MemberID { return org.MemberID(fmt.Sprintf("member %d", i)) }

// attempts returns how many one process makes.
func (r race) attempts() int { return r.members * r.runners * r.tries * kindsOfPrize }

func (r race) heat(i int) heat { return heat{racer(i), r.runners, r.tries} }

// lay puts the prizes out.
func (r race) lay(t *testing.T, s *Store) {
	t.Helper()
	withAna(t, s)
	for i := range r.members {
		m := racer(i)
		phone, code := anAuthenticator("phone of "+factor.AuthenticatorID(m)), aMailCode("code for "+string(m))
		link, challenge := aLink("link of "+string(m), standing.ForReset), aChallenge("challenge of "+string(m))
		laptop := aRemembered("laptop of " + string(m))
		code.Member, code.Bound, link.Member, challenge.Member, laptop.Member = m, hash("bound of "+string(m)), m, m, m
		must(t, s.AddMember(t.Context(), person(m, org.Employee), standing.Decision{Effects: []standing.Effect{
			standing.AddAuthenticator{Authenticator: phone}, standing.SetCodes{Set: aCodeSet(), At: noon},
			standing.SaveMailCode{MailCode: code}, standing.SaveLink{Link: link}, standing.OpenChallenge{Challenge: challenge},
			standing.Remember{Device: laptop},
		}}))
	}
}

// wins says how often each thing was had.
type wins map[string]int

func (w wins) add(more wins) {
	for prize, times := range more {
		w[prize] += times
	}
}

// run tries for every prize of the heat, side by side, and once per runner at
// the throttle that all share.
func (h heat) run(ctx context.Context, s *Store) (wins, error) {
	all := make(wins)
	var mu sync.Mutex
	var failed error
	var runners sync.WaitGroup
	for range h.Runners {
		runners.Go(func() {
			mine, err := h.runOne(ctx, s)
			mu.Lock()
			defer mu.Unlock()
			all.add(mine)
			failed = errors.Join(failed, err)
		})
	}
	runners.Wait()
	return all, failed
}

func (h heat) runOne(ctx context.Context, s *Store) (wins, error) {
	mine := make(wins)
	for _, prize := range prizes(h.Member) {
		for range h.Tries {
			err := s.Update(ctx, h.Member, func(standing.Standing) (standing.Decision, error) {
				return standing.Decision{Effects: []standing.Effect{prize}}, nil
			})
			if err == nil {
				mine[fmt.Sprintf("%T of %s", prize, h.Member)]++
			} else if !errors.Is(err, standing.ErrTaken) {
				return mine, err
			}
		}
	}
	wait, err := s.TakeTry(ctx, throttle.Key{Kind: throttle.Code, Subject: string(h.Member)}, noon)
	if err == nil && wait == 0 {
		mine["tries against "+string(h.Member)]++
	}
	return mine, err
}

// judge checks that each prize was had once, by whomever, and that the throttle
// let through what is free.
func (r race) judge(t *testing.T, all wins, processes int) {
	t.Helper()
	for i := range r.members {
		for _, prize := range prizes(racer(i)) {
			if name := fmt.Sprintf("%T of %s", prize, racer(i)); all[name] != 1 {
				t.Errorf("%s was had %d times", name, all[name])
			}
		}
		if through := all["tries against "+string(racer(i))]; through != min(throttle.Free, r.runners*processes) {
			t.Errorf("the throttle let %d tries through, want %d", through, throttle.Free)
		}
	}
}

func TestOnSQLiteEachOfManyRacersForOneThingButOneIsLate(t *testing.T) {
	t.Parallel()
	r := race{members: 20, runners: 20, tries: 5} // 10,000 attempts
	if detectsRaces {
		r = race{members: 5, runners: 20, tries: 2} // the detector makes SQLite twenty times slower
	}
	s := openStore(t, engines(t)["SQLite"](t))
	r.lay(t, s)
	all := make(wins)
	for i := range r.members {
		got, err := r.heat(i).run(t.Context(), s)
		must(t, err)
		all.add(got)
	}
	t.Logf("%d attempts", r.attempts())
	r.judge(t, all, 1)
}

func TestOnPostgreSQLTwoProcessesRaceAndNobodyWinsTwice(t *testing.T) {
	// Not in parallel with other tests: they would hold this process back.
	r := race{members: 20, runners: 10, tries: 5} // 10,000 attempts in two processes
	o := engines(t)["PostgreSQL"](t)
	s := openStore(t, o)
	r.lay(t, s)
	second := startSecond(t, o.DatabaseURL)
	here, there := make(wins), make(wins)
	for i := range r.members {
		must(t, second.in.Encode(r.heat(i))) // and off both go
		mine, err := r.heat(i).run(t.Context(), s)
		must(t, err)
		var theirs wins
		must(t, second.out.Decode(&theirs))
		here.add(mine)
		there.add(theirs)
	}
	t.Logf("%d attempts in each process; things had: %d here, %d there", r.attempts(), len(here), len(there))
	here.add(there)
	r.judge(t, here, 2)
}

// A second is the other process of a race.
type second struct {
	in  *json.Encoder
	out *json.Decoder
}

// startSecond starts it, and waits until it has opened the database.
func startSecond(t *testing.T, address string) second {
	t.Helper()
	cmd := exec.Command(os.Args[0]) // it ends when its input does
	cmd.Env = append(os.Environ(), runnerVariable+"="+address)
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	must(t, err)
	stdout, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	t.Cleanup(func() {
		if err := errors.Join(stdin.Close(), cmd.Wait()); err != nil && !t.Failed() {
			t.Errorf("the second process: %v", err)
		}
	})
	s := second{json.NewEncoder(stdin), json.NewDecoder(stdout)}
	var ready string
	if err := s.out.Decode(&ready); err != nil {
		t.Fatalf("the second process does not start: %v", err)
	}
	return s
}

// runSecond is the second process: it opens the database, says so, and runs the
// heats that it reads until there are no more.
func runSecond(address string) (err error) {
	ctx := context.Background()
	o, err := bareOptions()
	if err != nil {
		return err
	}
	o.DatabaseURL, o.Connections = address, 10
	s, err := Open(ctx, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	in, out := json.NewDecoder(os.Stdin), json.NewEncoder(os.Stdout)
	if err := out.Encode("ready"); err != nil {
		return err
	}
	for {
		var h heat
		if err := in.Decode(&h); err != nil {
			return ignoreEOF(err)
		}
		got, err := h.run(ctx, s)
		if err != nil {
			return err
		}
		if err := out.Encode(got); err != nil {
			return err
		}
	}
}

func ignoreEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}
