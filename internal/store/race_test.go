package store

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
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
	Members int // each has one thing of every kind
	Runners int // side by side in a process
	Tries   int // of each runner for each thing
}

// prizes are the things that a member has one of.
func prizes(m org.MemberID) []standing.Effect {
	return []standing.Effect{
		standing.SpendStep{ID: factor.AuthenticatorID("phone of " + m), Step: 8, At: noon},
		standing.SpendCode{ID: "code-1", At: noon},
		standing.UseMailCode{ID: "code for " + string(m)},
		standing.UseLink{ID: hash("link of " + string(m))},
		standing.CloseChallenge{ID: hash("challenge of " + string(m))},
	}
}

const kindsOfPrize = 5

func racer(i int) org.MemberID { return org.MemberID(fmt.Sprintf("member %d", i)) }

// attempts returns how many one process makes.
func (r race) attempts() int { return r.Members * r.Runners * r.Tries * kindsOfPrize }

// lay puts the prizes out.
func (r race) lay(t *testing.T, s *Store) {
	t.Helper()
	withAna(t, s)
	for i := range r.Members {
		m := racer(i)
		phone, code := anAuthenticator("phone of "+factor.AuthenticatorID(m)), aMailCode("code for "+string(m))
		link, challenge := aLink("link of "+string(m), standing.ForReset), aChallenge("challenge of "+string(m))
		code.Member, code.Bound, link.Member, challenge.Member = m, hash("bound of "+string(m)), m, m
		must(t, s.AddMember(t.Context(), person(m, org.Employee), standing.Decision{Effects: []standing.Effect{
			standing.AddAuthenticator{Authenticator: phone}, standing.SetCodes{Set: aCodeSet(), At: noon},
			standing.SaveMailCode{MailCode: code}, standing.SaveLink{Link: link}, standing.OpenChallenge{Challenge: challenge},
		}}))
	}
}

// run tries for every prize and returns how often each was had, and how many
// tries the throttle let through.
func (r race) run(ctx context.Context, s *Store) (result, error) {
	got := result{Wins: make(map[string]int)}
	var mu sync.Mutex
	var failed error
	var runners sync.WaitGroup
	for range r.Runners {
		runners.Go(func() {
			err := r.runOne(ctx, s, func(prize string) {
				mu.Lock()
				defer mu.Unlock()
				got.Wins[prize]++
			})
			mu.Lock()
			failed = errors.Join(failed, err)
			mu.Unlock()
		})
	}
	runners.Wait()
	return got, failed
}

func (r race) runOne(ctx context.Context, s *Store, won func(string)) error {
	for i := range r.Members {
		m := racer(i)
		for _, prize := range prizes(m) {
			for range r.Tries {
				err := s.Update(ctx, m, func(standing.Standing) (standing.Decision, error) {
					return standing.Decision{Effects: []standing.Effect{prize}}, nil
				})
				if err == nil {
					won(fmt.Sprintf("%T of %s", prize, m))
				} else if !errors.Is(err, standing.ErrTaken) {
					return err
				}
			}
		}
		wait, err := s.TakeTry(ctx, throttle.Key{Kind: throttle.Code, Subject: "everybody"}, noon)
		if err != nil {
			return err
		}
		if wait == 0 {
			won(throughThrottle)
		}
	}
	return nil
}

const throughThrottle = "tries through the throttle"

// A result is what the runners of a process got.
type result struct{ Wins map[string]int }

// judge checks that each prize was had once, by whomever.
func (r race) judge(t *testing.T, results ...result) {
	t.Helper()
	total := make(map[string]int)
	for _, one := range results {
		for prize, wins := range one.Wins {
			total[prize] += wins
		}
	}
	for i := range r.Members {
		for _, prize := range prizes(racer(i)) {
			if name := fmt.Sprintf("%T of %s", prize, racer(i)); total[name] != 1 {
				t.Errorf("%s was had %d times", name, total[name])
			}
		}
	}
	if total[throughThrottle] != throttle.Free {
		t.Errorf("the throttle let %d tries through, want %d", total[throughThrottle], throttle.Free)
	}
}

func TestOnSQLiteEachOfManyRacersForOneThingButOneIsLate(t *testing.T) {
	t.Parallel()
	r := race{Members: 20, Runners: 20, Tries: 5}
	if detectsRaces {
		r = race{Members: 10, Runners: 10, Tries: 2} // the detector makes SQLite twenty times slower
	}
	s := openStore(t, engines(t)["SQLite"](t))
	r.lay(t, s)
	got, err := r.run(t.Context(), s)
	must(t, err)
	t.Logf("%d attempts", r.attempts())
	r.judge(t, got)
}

func TestOnPostgreSQLTwoProcessesRaceAndNobodyWinsTwice(t *testing.T) {
	t.Parallel()
	r := race{Members: 20, Runners: 10, Tries: 5} // 10,000 attempts in two processes
	o := engines(t)["PostgreSQL"](t)
	s := openStore(t, o)
	r.lay(t, s)
	second := exec.CommandContext(t.Context(), os.Args[0])
	second.Env = append(os.Environ(), runnerVariable+"="+o.DatabaseURL)
	second.Stderr = os.Stderr
	stdin, err := second.StdinPipe()
	must(t, err)
	stdout, err := second.StdoutPipe()
	must(t, err)
	must(t, second.Start())
	out := bufio.NewReader(stdout)
	if line, err := out.ReadString('\n'); line != "ready\n" {
		t.Fatalf("the second process says %q: %v", line, err)
	}
	must(t, json.NewEncoder(stdin).Encode(r)) // and off it goes
	mine, err := r.run(t.Context(), s)
	must(t, err)
	var theirs result
	must(t, json.NewDecoder(out).Decode(&theirs))
	must(t, second.Wait())
	t.Logf("%d attempts in each process; won: %d here, %d there", r.attempts(), len(mine.Wins), len(theirs.Wins))
	if len(mine.Wins) == 0 || len(theirs.Wins) == 0 {
		t.Error("there was no race: one process won everything")
	}
	r.judge(t, mine, theirs)
}

// runSecond is the second process: it opens the database, says so, and runs
// when it is told which race.
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
	fmt.Println("ready")
	var r race
	if err := json.NewDecoder(os.Stdin).Decode(&r); err != nil {
		return err
	}
	got, err := r.run(ctx, s)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(got)
}
