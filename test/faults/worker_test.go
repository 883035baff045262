package faults

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/sparekey/sparekey/internal/factor"
)

// A worker plays a few people, one act after the other, and keeps book of what
// it was told: an answer that came is acknowledged, and must hold for ever. Of
// one that did not come nothing is known, until the same code is tried again.
type worker struct {
	t      *testing.T
	chance *rand.Rand
	people []*person
	letter func(to string) (link string, ok bool) // the newest "This was not me" that was mailed
	books  map[*person]*book

	pending []*tried // codes of which nothing is known
	alive   []opened // sessions that were acknowledged
	ended   []opened // and whose end was
	acts    int
}

// A book is what is known of one person.
type book struct {
	spent    map[string]int // codes known to be used up, by where they were sent
	maybe    map[string]int // codes that went out of date before it was known
	wrong    int            // wrong passwords that were acknowledged
	unknown  int            // and of which nothing is known
	objected bool           // acknowledged
	asked    bool           // an objection was sent
}

// A tried is a one-time code that was sent.
type tried struct {
	who   *person
	path  string
	code  string
	step  uint64 // of an authenticator's
	opens int    // how many sessions it opened
}

// An opened is a session that was acknowledged.
type opened struct {
	who   *person
	token string
}

// Where codes are sent.
const (
	byFactor = "/mfa"
	byBackup = "/backup/code"
)

func newWorker(t *testing.T, seed uint64, people []*person, letter func(string) (string, bool)) *worker {
	w := &worker{t: t, chance: rand.New(rand.NewPCG(seed, 0)), people: people, letter: letter, books: make(map[*person]*book)}
	for _, p := range people {
		w.books[p] = &book{spent: make(map[string]int), maybe: make(map[string]int)}
	}
	return w
}

// work acts until ctx ends.
func (w *worker) work(ctx context.Context, c *client) {
	w.check(ctx, c, 4)
	for ctx.Err() == nil {
		w.acts++
		if len(w.pending) > 0 {
			w.settle(ctx, c)
		} else {
			w.act(ctx, c)
		}
		select {
		case <-ctx.Done():
		case <-time.After(time.Duration(w.chance.IntN(30)) * time.Millisecond):
		}
	}
}

// act does one thing by chance.
func (w *worker) act(ctx context.Context, c *client) {
	p := w.people[w.chance.IntN(len(w.people))]
	switch n := w.chance.IntN(20); {
	case n < 9:
		w.byFactor(ctx, c, p)
	case n < 14:
		w.byBackup(ctx, c, p)
	case n < 15:
		w.object(ctx, c, p)
	case n < 17:
		w.signOut(ctx, c)
	case n < 19:
		w.mistype(ctx, c, p)
	default:
		w.check(ctx, c, 1)
	}
}

func (w *worker) byFactor(ctx context.Context, c *client, p *person) {
	if code, step, ok := p.nextCode(); ok {
		w.try(ctx, c, &tried{who: p, path: byFactor, code: code, step: step})
	}
}

func (w *worker) byBackup(ctx context.Context, c *client, p *person) {
	if len(p.codes) == 0 || w.books[p].asked {
		return // an objection closes this way
	}
	code := p.codes[0]
	p.codes = p.codes[1:]
	w.try(ctx, c, &tried{who: p, path: byBackup, code: string(code)})
}

// try sends a code. It stays pending until it is known to be used up.
func (w *worker) try(ctx context.Context, c *client, code *tried) {
	w.pending = append(w.pending, code)
	w.settle(ctx, c)
}

// settle sends the first pending code, once more if it was sent before.
func (w *worker) settle(ctx context.Context, c *client) {
	code := w.pending[0]
	b := w.books[code.who]
	challenge, err := c.password(ctx, code.who)
	if err != nil {
		return // nothing was sent; it stays pending
	}
	session, err := c.prove(ctx, code.path, challenge, code.code)
	refused, isRefused := errors.AsType[*stepError](err)
	switch {
	case err == nil:
		if code.opens++; code.opens > 1 {
			w.t.Errorf("a code of %s opened %d sessions", code.who.email, code.opens)
		}
		w.alive = append(w.alive, opened{code.who, session})
		b.spent[code.path]++
	case isRefused && refused.status >= 400 && refused.status < 500 && refused.status != http.StatusTooManyRequests:
		if code.path == byFactor && code.step+1 < factor.Step(time.Now()) {
			b.maybe[code.path]++ // too old: nobody knows whether it was ever taken
		} else {
			b.spent[code.path]++
		}
	default:
		return
	}
	w.pending = w.pending[1:]
	if err == nil && w.chance.IntN(4) == 0 {
		w.replay(ctx, c, code)
	}
}

// replay sends a code that has opened a session: it must open none.
func (w *worker) replay(ctx context.Context, c *client, code *tried) {
	challenge, err := c.password(ctx, code.who)
	if err != nil {
		return
	}
	if _, err := c.prove(ctx, code.path, challenge, code.code); err == nil {
		w.t.Errorf("a code of %s opened a second session", code.who.email)
	}
}

// object says "This was not me" of the last mail about a backup code.
func (w *worker) object(ctx context.Context, c *client, p *person) {
	b := w.books[p]
	link, ok := w.letter(p.email)
	if !ok || b.objected || p == w.people[0] || p == w.people[1] { // so that somebody stays who can be helped
		return
	}
	again := b.asked
	b.asked = true
	a, err := c.send(ctx, link, url.Values{}, nil)
	if err != nil || a.status >= 500 {
		return
	}
	b.objected = true
	var left []opened
	for _, s := range w.alive {
		switch {
		case s.who != p:
			left = append(left, s)
		case !again: // else it may have been opened since the first objection
			w.ended = append(w.ended, s)
		}
	}
	w.alive = left
}

func (w *worker) signOut(ctx context.Context, c *client) {
	if len(w.alive) == 0 {
		return
	}
	at := w.chance.IntN(len(w.alive))
	s := w.alive[at]
	w.alive = append(w.alive[:at:at], w.alive[at+1:]...)
	if err := c.signOut(ctx, s.token); err == nil {
		w.ended = append(w.ended, s)
	}
}

// mistype sends a wrong password, which is a line in the log.
func (w *worker) mistype(ctx context.Context, c *client, p *person) {
	b := w.books[p]
	b.unknown++
	a, err := c.send(ctx, "/sign-in", url.Values{"email": {p.email}, "password": {"not " + rightPassword}}, nil)
	switch {
	case err != nil || a.status >= 500:
	case a.status == http.StatusTooManyRequests:
		b.unknown--
	default:
		b.unknown--
		b.wrong++
	}
}

// check looks at so many sessions of either kind.
func (w *worker) check(ctx context.Context, c *client, sample int) {
	for range sample {
		if len(w.alive) > 0 {
			w.mustBe(ctx, c, w.alive[w.chance.IntN(len(w.alive))], true)
		}
		if len(w.ended) > 0 {
			w.mustBe(ctx, c, w.ended[w.chance.IntN(len(w.ended))], false)
		}
	}
}

// checkAll looks at every session.
func (w *worker) checkAll(ctx context.Context, c *client) {
	for _, s := range w.alive {
		w.mustBe(ctx, c, s, true)
	}
	for _, s := range w.ended {
		w.mustBe(ctx, c, s, false)
	}
}

func (w *worker) mustBe(ctx context.Context, c *client, s opened, alive bool) {
	if alive && w.books[s.who].asked {
		return // an objection that was not answered may have ended it
	}
	got, err := c.alive(ctx, s.token)
	if err == nil && got != alive {
		w.t.Errorf("a session of %s is alive: %v, acknowledged was %v", s.who.email, got, alive)
	}
}

// An index finds mails by whom they went to.
type index struct {
	mails func(from int) (list []letter)
	seen  int
	links map[string]string
}

type letter struct{ to, link string }

// objection returns the newest "This was not me" to an address.
func (x *index) objection(to string) (string, bool) {
	for _, l := range x.mails(x.seen) {
		x.seen++
		if l.link != "" {
			x.links[l.to] = l.link
		}
	}
	link, ok := x.links[to]
	return link, ok
}

// letters returns an index of what has arrived at i, for one goroutine.
func (i *installation) letters() *index {
	return &index{links: make(map[string]string), mails: func(from int) []letter {
		var list []letter
		for _, m := range i.mails.Mails()[from:] {
			l := letter{to: m.To}
			for _, link := range m.Links {
				if path, ok := strings.CutPrefix(link, "http://"+i.listen); ok && strings.HasPrefix(path, "/not-me/") {
					l.link = path
				}
			}
			list = append(list, l)
		}
		return list
	}}
}

// String counts what was done.
func (w *worker) String() string { return fmt.Sprintf("%d acts", w.acts) }
