package password

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

func TestAsManyHashesRunAsCoresAndMemoryAllow(t *testing.T) {
	for _, c := range []struct {
		name  string
		cost  Cost
		cores int
		want  int
	}{
		{"one core", DefaultCost, 1, 1},
		{"two: one stays free", DefaultCost, 2, 1},
		{"four", DefaultCost, 4, 3},
		{"many: memory ends it", DefaultCost, 64, 5},
		{"a hash of two threads", Cost{MemoryKiB: 19456, Passes: 2, Threads: 2}, 5, 2},
		{"a hash that takes more than all may", Cost{MemoryKiB: 4 << 20, Passes: 1, Threads: 1}, 64, 1},
	} {
		if got := slots(c.cost, c.cores); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}

// A room is a queue whose only slot is taken, with people who wait.
type room struct {
	t     *testing.T
	queue *queue
	names map[*waiter]string
	order []*waiter
}

func newRoom(t *testing.T) *room {
	r := &room{t: t, queue: &queue{slots: 1}, names: make(map[*waiter]string)}
	if w, err := r.queue.enter(Asker{}); w != nil || err != nil {
		t.Fatalf("the first has to wait: %v", err)
	}
	return r
}

func (r *room) enters(name string, a Asker) {
	r.t.Helper()
	w, err := r.queue.enter(a)
	if err != nil || w == nil {
		r.t.Fatalf("%s does not wait: %v", name, err)
	}
	r.names[w] = name
	r.order = append(r.order, w)
}

// turns lets everybody have their turn and returns their names in order.
func (r *room) turns() string {
	var got []string
	for len(r.order) > 0 {
		r.queue.done(time.Millisecond)
		next := slices.IndexFunc(r.order, func(w *waiter) bool {
			select {
			case <-w.turn:
				return true
			default:
				return false
			}
		})
		if next < 0 {
			r.t.Fatalf("nobody has a turn, and %d wait", len(r.order))
		}
		got = append(got, r.names[r.order[next]])
		r.order = slices.Delete(r.order, next, next+1)
	}
	return strings.Join(got, " ")
}

const (
	loud  = "192.0.2.1"
	quiet = "192.0.2.2"
)

func TestTheKnownGoFirstThenAddressesTakeTurns(t *testing.T) {
	r := newRoom(t)
	for i := range 3 {
		r.enters(fmt.Sprintf("loud%d", i), Asker{Address: loud})
	}
	r.enters("quiet", Asker{Address: quiet})
	r.enters("known", Asker{Known: true, Address: loud})
	if got, want := r.turns(), "known loud0 quiet loud1 loud2"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestStrangersDoNotWaitForEverBehindTheKnown(t *testing.T) {
	r := newRoom(t)
	r.enters("stranger0", Asker{Address: loud})
	r.enters("stranger1", Asker{Address: quiet})
	for i := range 8 {
		r.enters(fmt.Sprintf("known%d", i), Asker{Known: true, Address: loud})
	}
	want := "known0 known1 known2 stranger0 known3 known4 known5 stranger1 known6 known7"
	if got := r.turns(); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestAnIPv6SiteIsOneAddress(t *testing.T) {
	for _, c := range []struct {
		one, other string
		same       bool
	}{
		{"2001:db8:1:2::1", "2001:db8:1:2:ffff::9", true},
		{"2001:db8:1:2::1", "2001:db8:1:3::1", true},
		{"2001:db8:1:2::1", "2001:db8:2:2::1", false},
		{"192.0.2.1", "::ffff:192.0.2.1", true},
		{"192.0.2.1", "192.0.2.2", false},
		{"fe80::1%eth0", "fe80::1", true},
		{"", "no address", true},
	} {
		if got := lane(c.one) == lane(c.other); got != c.same {
			t.Errorf("%q and %q: %v", c.one, c.other, got)
		}
	}
}

func TestOneAddressCannotFillTheQueue(t *testing.T) {
	r := newRoom(t)
	for i := range mostOfAddress {
		r.enters(fmt.Sprint(i), Asker{Address: loud})
	}
	if _, err := r.queue.enter(Asker{Address: loud}); !errors.Is(err, ErrBusy) {
		t.Errorf("one more of the same address: %v", err)
	}
	r.enters("quiet", Asker{Address: quiet})
	r.enters("known", Asker{Known: true, Address: loud})
	if got := r.turns(); !strings.HasPrefix(got, "known 0 quiet 1 ") {
		t.Errorf("the order is %s", got)
	}
	if r.queue.refused != 1 {
		t.Errorf("%d refused", r.queue.refused)
	}
}

func TestWhereManyAddressesFillTheQueueWhoHasMostGivesWay(t *testing.T) {
	r := newRoom(t)
	for i := range mostWaiting {
		r.enters("", Asker{Address: fmt.Sprintf("198.51.100.%d", i%(mostWaiting/mostOfAddress))})
	}
	r.enters("quiet", Asker{Address: quiet})
	pushed := 0
	for _, w := range r.order {
		if w.pushed {
			pushed++
			if err := w.refusal(); !errors.Is(err, ErrBusy) {
				t.Errorf("who was pushed out is told %v", err)
			}
		}
	}
	if pushed != 1 || r.queue.others.length != mostWaiting {
		t.Errorf("%d pushed out, %d wait", pushed, r.queue.others.length)
	}
	for i := range 2 * mostWaiting { // however many come with an address of their own
		_, _ = r.queue.enter(Asker{Address: fmt.Sprintf("2001:db8:%x::1", i)})
	}
	if r.queue.others.length != mostWaiting {
		t.Errorf("%d wait", r.queue.others.length)
	}
}

func TestWhoeverWouldWaitTooLongIsToldAtOnceHowLong(t *testing.T) {
	r := newRoom(t)
	r.queue.typical = 3 * time.Second
	for i := range 3 {
		r.enters(fmt.Sprint(i), Asker{Address: fmt.Sprintf("192.0.2.%d", i)})
	}
	_, err := r.queue.enter(Asker{Address: quiet + "0"})
	busy, ok := errors.AsType[*BusyError](err)
	if !ok || busy.Wait != 12*time.Second {
		t.Errorf("got %v", err)
	}
	r.enters("known", Asker{Known: true, Address: quiet})
}

func TestWhoeverGivesUpLeavesTheQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := NewHasher(cheap, rand.Reader)
		h.queue.slots = 1
		var running, most int
		var mu sync.Mutex
		h.hash = func(Cost, []byte, []byte) []byte {
			mu.Lock()
			running++
			most = max(most, running)
			mu.Unlock()
			time.Sleep(10 * time.Millisecond)
			mu.Lock()
			running--
			mu.Unlock()
			return make([]byte, hashSize)
		}
		var hashed, gaveUp, refused int
		var group sync.WaitGroup
		for i := range 200 {
			group.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i*7%300)*time.Millisecond)
				defer cancel()
				_, err := h.Derive(ctx, Asker{Known: i%5 == 0, Address: fmt.Sprintf("192.0.2.%d", i%3)}, nil, nil)
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err == nil:
					hashed++
				case errors.Is(err, context.DeadlineExceeded):
					gaveUp++
				case errors.Is(err, ErrBusy):
					refused++
				default:
					t.Error(err)
				}
			})
		}
		group.Wait()
		if most != 1 || hashed == 0 || gaveUp == 0 || hashed+gaveUp+refused != 200 {
			t.Errorf("%d at once, %d hashed, %d gave up, %d refused", most, hashed, gaveUp, refused)
		}
		if h.Running() != 0 || h.Waiting() != 0 {
			t.Errorf("%d run, %d wait when everybody has gone", h.Running(), h.Waiting())
		}
	})
}

func TestTheQueueKeepsItsBoundsWhateverHappens(t *testing.T) {
	type waits struct {
		*waiter
		asker Asker
	}
	rapid.Check(t, func(t *rapid.T) {
		q := &queue{slots: rapid.IntRange(1, 4).Draw(t, "slots"), typical: time.Duration(rapid.IntRange(0, 50).Draw(t, "ms")) * time.Millisecond}
		var waiting []waits
		running := 0
		settle := func() { // who has a turn runs, who was pushed out has gone
			waiting = slices.DeleteFunc(waiting, func(w waits) bool {
				select {
				case <-w.turn:
					if !w.pushed {
						running++
					}
					return true
				default:
					return false
				}
			})
		}
		t.Repeat(map[string]func(*rapid.T){
			"enter": func(t *rapid.T) {
				a := Asker{Known: rapid.Bool().Draw(t, "known"), Address: fmt.Sprintf("192.0.2.%d", rapid.IntRange(0, 12).Draw(t, "address"))}
				for range rapid.IntRange(1, 90).Draw(t, "how many") {
					switch w, err := q.enter(a); {
					case w != nil:
						waiting = append(waiting, waits{w, a})
					case err == nil:
						running++
					}
				}
				settle()
			},
			"done": func(t *rapid.T) {
				if running == 0 {
					t.Skip("nobody runs")
				}
				running--
				q.done(time.Duration(rapid.IntRange(0, 100).Draw(t, "took")) * time.Millisecond)
				settle()
			},
			"give up": func(t *rapid.T) {
				if len(waiting) == 0 {
					t.Skip("nobody waits")
				}
				i := rapid.IntRange(0, len(waiting)-1).Draw(t, "who")
				q.abandon(waiting[i].asker, waiting[i].waiter)
				waiting = slices.Delete(waiting, i, i+1)
				settle()
			},
			"": func(t *rapid.T) {
				if q.running != running || running > q.slots {
					t.Fatalf("%d run of %d, counted %d", running, q.slots, q.running)
				}
				if q.known.length+q.others.length != len(waiting) || q.known.length > mostWaiting || q.others.length > mostWaiting {
					t.Fatalf("%d and %d wait, counted %d", q.known.length, q.others.length, len(waiting))
				}
				if len(waiting) > 0 && running < q.slots {
					t.Fatalf("%d wait while %d of %d run", len(waiting), running, q.slots)
				}
				if n := q.others.longest(); n > mostOfAddress {
					t.Fatalf("%d of one address wait", n)
				}
			},
		})
		for range len(waiting) + running {
			q.done(time.Millisecond)
		}
		if q.running != 0 || q.known.length+q.others.length != 0 || len(q.others.lanes)+len(q.others.order) != 0 {
			t.Fatalf("left behind: %d run, %d and %d wait", q.running, q.known.length, q.others.length)
		}
	})
}
