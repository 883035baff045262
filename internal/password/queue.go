package password

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"time"
)

// An Asker is on whose behalf a hash is computed. The zero Asker is a stranger
// from nowhere.
type Asker struct {
	// Known says that more than a guess stands behind it: a browser that the
	// member has proved MFA in before, a session, a right password, a mailed link.
	Known bool
	// Address is the client's network address. Addresses take turns; those of one
	// IPv6 network of 48 bits, which is what one site gets, count as one.
	Address string
}

// ErrBusy says that too many hashes wait already. It comes as a *BusyError.
var ErrBusy = errors.New("too many passwords are being checked")

// A BusyError is an ErrBusy that knows when it may be over.
type BusyError struct {
	Wait time.Duration // an estimate
}

// Error says that, and how long.
func (e *BusyError) Error() string { return fmt.Sprintf("%s: wait %s", ErrBusy, e.Wait) }

// Is reports whether target is ErrBusy.
func (e *BusyError) Is(target error) bool { return target == ErrBusy }

const (
	// mostWaiting bounds the known and the strangers who wait, each.
	mostWaiting = 512
	// mostOfAddress is how many strangers of one address may wait: an office
	// behind one address on Monday morning, not a flood's worth.
	mostOfAddress = 64
	// longestWait is beyond which waiting is refused at once: by then a browser's
	// person has given up.
	longestWait = 10 * time.Second
	// strangersTurn: every so many turns a stranger goes before the known.
	strangersTurn = 4
)

// A queue gives out turns to hash. The known go first, though every
// strangersTurn-th turn is a stranger's; among each of them addresses take
// turns, and within an address who came first. It is safe for use by many.
type queue struct {
	mu      sync.Mutex
	slots   int
	running int
	refused uint64
	known   line
	others  line
	given   int           // turns of the known since a stranger had one
	typical time.Duration // of a turn, averaged over the last ones; 0 before the first
}

// take waits for a turn, which the caller gives back with done. It returns a
// *BusyError where the wait would be too long, or the end of ctx.
func (q *queue) take(ctx context.Context, a Asker) error {
	w, err := q.enter(a)
	if err != nil || w == nil {
		return err
	}
	select {
	case <-w.turn:
		return w.refusal()
	case <-ctx.Done():
		q.abandon(a, w)
		return fmt.Errorf("wait to hash: %w", ctx.Err())
	}
}

// abandon takes whoever waits out of the queue.
func (q *queue) abandon(a Asker, w *waiter) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.line(a).leave(w) && !w.pushed {
		q.pass() // the turn came at the same moment, and goes on to the next
	}
}

// enter returns nil if a can go ahead, or whoever waits now.
func (q *queue) enter(a Asker) (*waiter, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if err := q.room(a); err != nil {
		q.refused++
		return nil, err
	}
	if q.running < q.slots {
		q.running++
		return nil, nil
	}
	l := q.line(a)
	if l.length >= mostWaiting {
		l.pushOut(q.estimate(l.length))
		q.refused++
	}
	w := &waiter{lane: lane(a.Address), turn: make(chan struct{})}
	l.join(w)
	return w, nil
}

// room returns a *BusyError if a would not be let in now.
func (q *queue) room(a Asker) error {
	if q.running < q.slots {
		return nil
	}
	l := q.line(a)
	own, ahead := l.before(lane(a.Address))
	if !a.Known {
		ahead += q.known.length
	}
	wait := q.estimate(ahead)
	full := l.length >= mostWaiting && own+1 >= l.longest()
	if full || wait > longestWait || !a.Known && own >= mostOfAddress {
		return &BusyError{Wait: wait}
	}
	return nil
}

// estimate returns how long it takes until so many have had their turn.
func (q *queue) estimate(ahead int) time.Duration {
	return time.Duration(ahead+1) * q.typical / time.Duration(q.slots)
}

// done gives a turn back that took so long.
func (q *queue) done(took time.Duration) {
	const weight = 8 // of all turns before against this one
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.typical == 0 {
		q.typical = took
	}
	q.typical += (took - q.typical) / weight
	q.pass()
}

// pass hands a turn to the next in line, or nobody.
func (q *queue) pass() {
	next := &q.known
	if q.known.length == 0 || q.given >= strangersTurn-1 && q.others.length > 0 {
		next = &q.others
	}
	if next == &q.known {
		q.given++
	} else {
		q.given = 0
	}
	if w := next.first(); w != nil {
		close(w.turn)
		return
	}
	q.running--
}

func (q *queue) line(a Asker) *line {
	if a.Known {
		return &q.known
	}
	return &q.others
}

// A waiter waits until turn is closed: it has a turn, or was pushed out.
type waiter struct {
	lane   string
	turn   chan struct{}
	pushed bool
	wait   time.Duration
}

// refusal returns why the wait ended without a turn.
func (w *waiter) refusal() error {
	if w.pushed {
		return &BusyError{Wait: w.wait}
	}
	return nil
}

// A line is whoever waits, by address. The zero line is empty.
type line struct {
	lanes  map[string][]*waiter
	order  []string // the lanes that are not empty: whose turn is next
	length int
}

func (l *line) join(w *waiter) {
	if l.lanes == nil {
		l.lanes = make(map[string][]*waiter)
	}
	if len(l.lanes[w.lane]) == 0 {
		l.order = append(l.order, w.lane)
	}
	l.lanes[w.lane] = append(l.lanes[w.lane], w)
	l.length++
}

// first takes the next out of the line: nil if there is nobody.
func (l *line) first() *waiter {
	if len(l.order) == 0 {
		return nil
	}
	name := l.order[0]
	w := l.lanes[name][0]
	l.remove(w)
	if len(l.lanes[name]) > 0 {
		l.order = append(l.order[1:], name)
	}
	return w
}

// leave takes w out, and reports whether it was still there.
func (l *line) leave(w *waiter) bool {
	if !slices.Contains(l.lanes[w.lane], w) {
		return false
	}
	l.remove(w)
	return true
}

func (l *line) remove(w *waiter) {
	l.lanes[w.lane] = slices.DeleteFunc(l.lanes[w.lane], func(other *waiter) bool { return other == w })
	l.length--
	if len(l.lanes[w.lane]) == 0 {
		delete(l.lanes, w.lane)
		l.order = slices.DeleteFunc(l.order, func(name string) bool { return name == w.lane })
	}
}

// before returns how many of a lane wait, and how many of all have their turn
// before one more of it.
func (l *line) before(lane string) (own, ahead int) {
	own = len(l.lanes[lane])
	for name, waiting := range l.lanes {
		if name == lane {
			ahead += own
		} else {
			ahead += min(len(waiting), own+1)
		}
	}
	return own, ahead
}

// longest returns how many of one address wait at most.
func (l *line) longest() int {
	most := 0
	for _, waiting := range l.lanes {
		most = max(most, len(waiting))
	}
	return most
}

// pushOut refuses the last of the address of which most wait.
func (l *line) pushOut(wait time.Duration) {
	var last *waiter
	most := 0
	for _, waiting := range l.lanes {
		if len(waiting) > most {
			most, last = len(waiting), waiting[len(waiting)-1]
		}
	}
	if last == nil {
		return
	}
	l.remove(last)
	last.pushed, last.wait = true, wait
	close(last.turn)
}

// site is the length of an IPv6 network that counts as one address: what one
// site may be given (RFC 6177, section 2). Counting shorter pieces of it apart
// would give whoever has one site tens of thousands of turns.
const site = 48

// lane returns under what an address takes turns.
func lane(address string) string {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return ""
	}
	a = a.Unmap().WithZone("")
	if a.Is4() {
		return a.String()
	}
	network, err := a.Prefix(site)
	if err != nil {
		return ""
	}
	return network.String()
}
