package faults

import (
	"context"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/sparekey/sparekey/internal/store/pgtest"
)

func newDatabase(t *testing.T) string { return pgtest.NewDatabase(t) }

// How the program is killed.
const (
	killWorkers     = 4
	peoplePerWorker = 12
)

func TestKilledAtAnyMomentItKeepsWhatItSaid(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, url func(*testing.T) string) { killOften(t, url(t), 20, killWorkers*peoplePerWorker) })
}

func TestKilledAtAnyMomentItKeepsWhatItSaidSoak(t *testing.T) {
	if !soak() {
		t.Skip("the long run: make soak")
	}
	onBoth(t, func(t *testing.T, url func(*testing.T) string) {
		killOften(t, url(t), 200, 10*killWorkers*peoplePerWorker)
	})
}

// killOften kills the program so many times while people sign in, come back by
// backup codes, object, and mistype; then it compares what they were told with
// what is there.
func killOften(t *testing.T, url string, kills, people int) {
	seed := rand.Uint64()
	chance := rand.New(rand.NewPCG(seed, 1))
	i := newInstallation(t, url)
	everybody := i.seed(people)[1:]
	var workers []*worker
	for n := range killWorkers {
		share := everybody[n*people/killWorkers : (n+1)*people/killWorkers]
		workers = append(workers, newWorker(t, seed+uint64(n), share, i.letters().objection))
	}
	for kill := range kills {
		if kill%5 == 4 { // while it starts
			p := i.launch()
			time.Sleep(time.Duration(chance.IntN(120)) * time.Millisecond)
			p.kill()
			continue
		}
		p := i.start()
		together(t, p, workers, time.Duration(200+chance.IntN(600))*time.Millisecond, p.kill)
		if t.Failed() {
			t.Fatalf("after %d kills (seed %d):\n%s", kill+1, seed, p.lastWords())
		}
	}
	p := i.start()
	together(t, p, workers, 500*time.Millisecond, nil)
	letters, twice := i.awaitMails()
	log := i.tally()
	acts, sessions := 0, 0
	for _, w := range workers {
		w.compare(log)
		acts, sessions = acts+w.acts, sessions+len(w.alive)+len(w.ended)
	}
	p.stop()
	i.verify()
	t.Logf("seed %d: killed %d times during %d acts; %d sessions as acknowledged, each code once, the log agrees; %d mails arrived, %d of them twice",
		seed, kills, acts, sessions, letters, twice)
}

// together lets the workers act for a while. With an end, that is called in the
// middle of it; without, they settle what is pending and look at every session.
func together(t *testing.T, p *process, workers []*worker, d time.Duration, end func()) {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), d+time.Minute)
	defer stop()
	c := newClient(p.base)
	defer c.leave()
	acting, enough := context.WithCancel(ctx)
	var all sync.WaitGroup
	for _, w := range workers {
		all.Go(func() {
			w.work(acting, c)
			if end == nil {
				w.finish(ctx, c)
			}
		})
	}
	time.Sleep(d)
	if end != nil {
		end() // before the clients stop: they are in the middle of something
	}
	enough()
	all.Wait()
}

// finish settles what is pending and looks at every session.
func (w *worker) finish(ctx context.Context, c *client) {
	for len(w.pending) > 0 && ctx.Err() == nil {
		w.settle(ctx, c)
		time.Sleep(20 * time.Millisecond)
	}
	if len(w.pending) > 0 {
		w.t.Errorf("nothing was ever said about a code of %s", w.pending[0].who.email)
	}
	w.checkAll(ctx, c)
}
