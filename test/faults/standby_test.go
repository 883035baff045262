package faults

import (
	"context"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/sparekey/sparekey/internal/store/pgtest"
)

// backIn is how soon after a fail-over people must be able to sign in again.
const backIn = 10 * time.Second

// TestAStandbyTakesOverAndNothingAcknowledgedIsLost kills a primary whose
// commits wait for a synchronous standby, while people act, and promotes the
// standby. Sparekey knows both by one address and is not started anew.
func TestAStandbyTakesOverAndNothingAcknowledgedIsLost(t *testing.T) {
	t.Parallel()
	primary := pgtest.NewServer(t)
	standby := primary.Standby()
	i := newInstallation(t, primary.URL(primary.Address(), standby.Address()))
	people := 30
	everybody := i.seed(people + 1)[1:]
	first := everybody[people] // who signs in first afterwards
	seed := rand.Uint64()
	var workers []*worker
	for n := range 3 {
		workers = append(workers, newWorker(t, seed+uint64(n), everybody[n*people/3:(n+1)*people/3], i.letters().objection))
	}
	p := i.start()
	c := newClient(p.base)
	defer c.leave()
	ctx, enough := context.WithCancel(timely(t, 2*time.Minute))
	var all sync.WaitGroup
	for _, w := range workers {
		all.Go(func() { w.work(ctx, c) })
	}
	time.Sleep(2 * time.Second)
	primary.Kill()
	killed := time.Now()
	away := p.until("/readyz", http.StatusServiceUnavailable, backIn)
	standby.Promote()
	promoted := time.Since(killed)
	back := awaitSignIn(t, c, first, killed)
	time.Sleep(time.Second) // people act on the new primary
	enough()
	all.Wait()
	if back > backIn {
		t.Errorf("people sign in %v after the primary was killed", back)
	}
	settled, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for _, w := range workers {
		w.finish(settled, c)
	}
	letters, _ := i.awaitMails()
	log, acts := i.tally(), 0
	for _, w := range workers {
		w.compare(log)
		acts += w.acts
	}
	p.stop()
	i.verify()
	t.Logf("seed %d: primary killed during %d acts; not ready after %v, standby promoted after %v, sign-in again after %v; the log agrees and verifies, %d mails arrived",
		seed, acts, away.Round(time.Millisecond), promoted.Round(time.Millisecond), back.Round(time.Millisecond), letters)
}

// awaitSignIn signs in until it works, and returns how long after since that was.
func awaitSignIn(t *testing.T, c *client, p *person, since time.Time) time.Duration {
	t.Helper()
	for time.Since(since) < time.Minute {
		challenge, err := c.password(t.Context(), p)
		if err == nil {
			if code, _, ok := p.nextCode(); ok {
				if _, err = c.prove(t.Context(), byFactor, challenge, code); err == nil {
					return time.Since(since)
				}
			}
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatal("nobody signs in any more")
	return 0
}
