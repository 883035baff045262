package faults

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"regexp"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/sparekey/sparekey/internal/store/pgtest"
)

// What was asked, and what came of it.
type (
	act     string
	outcome string
)

const (
	spend act = "spend a code"
	use   act = "use a session"
	end   act = "end a session"

	accepted outcome = "accepted"
	refused  outcome = "refused"
	unknown  outcome = "no answer, or one that says nothing"
)

// A call is one request about one code or session.
type call struct {
	thing string
	act   act
}

// once is how codes and sessions must behave, whoever looks from wherever: a
// code is accepted once, and never before it is refused; a session is accepted
// until it has ended, and refused from then on. It reads as a state machine
// whose state says whether the thing is over.
var once = porcupine.Model{
	Partition: func(history []porcupine.Operation) [][]porcupine.Operation {
		byThing := make(map[string][]porcupine.Operation)
		for _, op := range history {
			thing := op.Input.(call).thing
			byThing[thing] = append(byThing[thing], op)
		}
		var parts [][]porcupine.Operation
		for _, part := range byThing {
			parts = append(parts, part)
		}
		return parts
	},
	Init: func() any { return false },
	Step: func(state, input, output any) (bool, any) {
		over, c, came := state.(bool), input.(call), output.(outcome)
		switch {
		case came == unknown:
			return true, over // unless it did something, which history keeps out: see unanswered
		case c.act == spend && came == accepted:
			return !over, true
		case c.act == use && came == accepted:
			return !over, over
		case c.act == end:
			return true, true
		}
		return over, over // refused
	},
	DescribeOperation: func(input, output any) string { return fmt.Sprint(input.(call).act, ": ", output) },
}

// A history is what clients asked and were told. It is safe for use by many.
type history struct {
	mu    sync.Mutex
	began time.Time
	list  []porcupine.Operation
}

// record notes one call. One that was not answered is left out if it can have
// changed nothing, and else fails the test: no wire is spoilt here.
func (h *history) record(t *testing.T, client int, c call, do func() (outcome, error)) {
	called := time.Since(h.began)
	came, err := do()
	returned := time.Since(h.began)
	if err != nil {
		t.Errorf("%s: %v", c.act, err)
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.list = append(h.list, porcupine.Operation{ClientId: client, Input: c, Call: called.Nanoseconds(), Output: came, Return: returned.Nanoseconds()})
}

// TestCodesAndSessionsAreOneThingOnTwoProcesses has several clients use the same
// codes and sessions at two processes of one database at once, and lets
// porcupine look whether what they were told can be put in one order.
func TestCodesAndSessionsAreOneThingOnTwoProcesses(t *testing.T) {
	t.Parallel()
	i := newInstallation(t, pgtest.NewDatabase(t))
	const people = 12
	everybody := i.seed(people)[1:]
	other := i.beside()
	processes := []*process{i.start(), other.start()}
	clients := []*client{newClient(processes[0].base), newClient(processes[1].base)}
	h := &history{began: time.Now()}
	ctx := timely(t, 3*time.Minute)
	var all sync.WaitGroup
	for n, p := range everybody {
		all.Go(func() {
			switch n % 3 {
			case 0:
				race(ctx, t, h, clients, attempt{p, byFactor, p.code, nil})
			case 1:
				race(ctx, t, h, clients, attempt{p, byBackup, func() string { return string(p.codes[0]) }, nil})
			case 2:
				raceMailed(ctx, t, h, i, clients, p)
			}
			raceSession(ctx, t, h, clients, p)
		})
	}
	all.Wait()
	for n, c := range clients {
		c.leave()
		processes[n].stop()
	}
	counts := make(map[string]int)
	for _, op := range h.list {
		counts[fmt.Sprint(op.Input.(call).act, " ", op.Output)]++
	}
	for _, part := range once.Partition(h.list) {
		if !porcupine.CheckOperations(once, part) {
			t.Errorf("no order explains what the clients were told of %s:", part[0].Input.(call).thing)
			for _, op := range part {
				t.Logf("client %d, %v to %v: %s", op.ClientId, time.Duration(op.Call), time.Duration(op.Return), once.DescribeOperation(op.Input, op.Output))
			}
		}
	}
	for _, must := range []string{"spend a code accepted", "spend a code refused", "use a session accepted", "use a session refused", "end a session accepted"} {
		if counts[must] == 0 {
			t.Errorf("it never happened: %s", must)
		}
	}
	t.Logf("%d calls by racing clients of two processes have an order: %v", len(h.list), counts)
}

// racers is how many try the same code at once, half of them at each process.
const racers = 4

// An attempt is a code, and the sign-in it is sent in; without one each racer
// begins their own.
type attempt struct {
	who       *person
	path      string
	code      func() string // asked for when everybody is ready to send it
	challenge *string
}

// race has racers try the same code at once, and once more when they are done.
func race(ctx context.Context, t *testing.T, h *history, clients []*client, a attempt) {
	thing, code := a.path+" "+a.who.email, ""
	try := func(n int, challenge string) {
		h.record(t, n, call{thing, spend}, func() (outcome, error) {
			return spent(clients[n%len(clients)].send(ctx, a.path, url.Values{"code": {code}}, map[string]string{challengeCookie: challenge}))
		})
	}
	challenges := make([]string, racers+1)
	for n := range challenges {
		if a.challenge != nil {
			challenges[n] = *a.challenge
			continue
		}
		var err error
		if challenges[n], err = clients[n%len(clients)].password(ctx, a.who); err != nil {
			t.Error(err)
			return
		}
	}
	code = a.code()
	var all sync.WaitGroup
	for n := range racers {
		all.Go(func() { try(n, challenges[n]) })
	}
	all.Wait()
	try(racers, challenges[racers])
}

// spent reads the answer to a code.
func spent(a answer, err error) (outcome, error) {
	switch {
	case err != nil:
		return unknown, err
	case a.status == http.StatusSeeOther && a.cookies[sessionCookie] != "":
		return accepted, nil
	case a.status == http.StatusUnauthorized, a.status == http.StatusSeeOther, a.status == http.StatusConflict:
		return refused, nil
	case a.status < 500:
		return unknown, nil // 429: it was not looked at
	}
	return unknown, &stepError{"a code", a.status}
}

// mailedCode finds the code in a mail.
var mailedCode = regexp.MustCompile(`\b(\d{4} ?\d{4})\b`)

// raceMailed has a code mailed to the backup address and races for it, in the
// one sign-in that it belongs to.
func raceMailed(ctx context.Context, t *testing.T, h *history, i *installation, clients []*client, p *person) {
	challenge, err := clients[0].password(ctx, p)
	if err != nil {
		t.Error(err)
		return
	}
	if a, err := clients[1].send(ctx, "/backup/email", url.Values{}, map[string]string{challengeCookie: challenge}); err != nil || a.status != http.StatusSeeOther {
		t.Errorf("asking for a code by mail: %d %v", a.status, err)
		return
	}
	for ctx.Err() == nil {
		for _, m := range i.mails.Mails() {
			if code := mailedCode.FindString(m.Text); m.To == p.backup && code != "" {
				race(ctx, t, h, clients, attempt{p, "/backup/email/code", func() string { return code }, &challenge})
				return
			}
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Errorf("no code was mailed to %s", p.backup)
}

// raceSession opens a session, uses it at both processes at once, ends it at
// one of them in the middle, and uses it on.
func raceSession(ctx context.Context, t *testing.T, h *history, clients []*client, p *person) {
	var session string
	for ctx.Err() == nil && session == "" { // a code of the moment may have been spent just now
		challenge, err := clients[0].password(ctx, p)
		if err == nil {
			session, err = clients[0].prove(ctx, byBackup, challenge, string(p.codes[len(p.codes)-1]))
		}
		if err != nil {
			t.Error(err)
			return
		}
	}
	c := call{thing: "session of " + p.email}
	var all sync.WaitGroup
	for n := range racers {
		all.Go(func() {
			for range 6 {
				h.record(t, n, call{c.thing, use}, func() (outcome, error) {
					alive, err := clients[n%len(clients)].alive(ctx, session)
					if alive {
						return accepted, err
					}
					return refused, err
				})
				time.Sleep(time.Duration(rand.IntN(40)) * time.Millisecond)
			}
		})
	}
	time.Sleep(60 * time.Millisecond)
	h.record(t, racers, call{c.thing, end}, func() (outcome, error) { return accepted, clients[1].signOut(ctx, session) })
	all.Wait()
}

// TestTheCheckerFindsWhatMustNotBe shows that the histories above could fail.
func TestTheCheckerFindsWhatMustNotBe(t *testing.T) {
	type told struct {
		act      act
		came     outcome
		from, to int64
	}
	for name, c := range map[string]struct {
		history []told
		fine    bool
	}{
		"a code accepted twice":                           {[]told{{spend, accepted, 0, 9}, {spend, accepted, 1, 8}}, false},
		"a code refused that nobody spent":                {[]told{{spend, refused, 0, 1}, {spend, accepted, 2, 3}}, false},
		"a code refused to whoever came at the same time": {[]told{{spend, refused, 0, 3}, {spend, accepted, 2, 4}}, true},
		"a session used after its end":                    {[]told{{end, accepted, 0, 1}, {use, accepted, 2, 3}}, false},
		"a session used while it ends":                    {[]told{{end, accepted, 0, 3}, {use, accepted, 2, 4}}, true},
		"a session gone, and back":                        {[]told{{end, accepted, 0, 9}, {use, refused, 1, 2}, {use, accepted, 3, 4}}, false},
	} {
		var history []porcupine.Operation
		for n, op := range c.history {
			history = append(history, porcupine.Operation{ClientId: n, Input: call{"it", op.act}, Call: op.from, Output: op.came, Return: op.to})
		}
		if got := porcupine.CheckOperations(once, history); got != c.fine {
			t.Errorf("%s: in order is %v", name, got)
		}
	}
}
