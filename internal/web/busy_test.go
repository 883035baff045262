package web_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sparekey/sparekey/internal/password"
	"github.com/sparekey/sparekey/internal/standing"
	"github.com/sparekey/sparekey/internal/throttle"
)

// A hasher is the program's, and can be told that its queue is full: already
// when asked for room, or only a moment later.
type hasher struct {
	*password.Hasher
	full, fullAMomentLater atomic.Bool
}

const busyFor = 7 * time.Second

func (h *hasher) Room(a password.Asker) error {
	if h.full.Load() {
		return &password.BusyError{Wait: busyFor}
	}
	return h.Hasher.Room(a)
}

func (h *hasher) Fits(ctx context.Context, a password.Asker, typed string, hashes []standing.PasswordHash) ([]bool, error) {
	if h.full.Load() || h.fullAMomentLater.Load() {
		return nil, &password.BusyError{Wait: busyFor}
	}
	return h.Hasher.Fits(ctx, a, typed, hashes)
}

func (h *hasher) Derive(ctx context.Context, a password.Asker, secret, salt []byte) ([]byte, error) {
	if h.full.Load() || h.fullAMomentLater.Load() {
		return nil, &password.BusyError{Wait: busyFor}
	}
	return h.Hasher.Derive(ctx, a, secret, salt)
}

// isBusy checks the answer of a server with a full queue: polite, and with a time.
func isBusy(t *testing.T, p *page) {
	t.Helper()
	p.is(503, "error.503.title")
	if got := p.header.Get("Retry-After"); got != "7" {
		t.Errorf("Retry-After: %q", got)
	}
}

func TestAPasswordThatWasNotLookedAtIsNoTry(t *testing.T) {
	t.Parallel()
	for name, when := range map[string]func(*hasher) *atomic.Bool{
		"the queue is full":                func(h *hasher) *atomic.Bool { return &h.full },
		"the queue is full a moment later": func(h *hasher) *atomic.Bool { return &h.fullAMomentLater },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			eva := s.person("eva")
			for _, address := range []string{string(eva.email), "nobody@bakery.example"} {
				when(s.hasher).Store(true)
				for range 2 * throttle.Free {
					isBusy(t, s.browser().post("/sign-in", "email", address, "password", secretWords))
				}
				when(s.hasher).Store(false)
				for range throttle.Free {
					s.browser().post("/sign-in", "email", address, "password", "a wrong guess entirely").is(401, "sign-in.title")
				}
				s.browser().post("/sign-in", "email", address, "password", "a wrong guess entirely").is(429, "sign-in.title")
			}
		})
	}
}

func TestABackupCodeThatWasNotLookedAtIsNoTry(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva", withEverything)
	b := eva.halfway()
	s.hasher.full.Store(true)
	for range 2 * throttle.Free {
		isBusy(t, b.post("/backup/code", "code", eva.codes[0].Written()))
	}
	s.hasher.full.Store(false)
	if wrong := eva.standing().WrongCodes; wrong != 0 {
		t.Errorf("%d wrong codes are counted", wrong)
	}
	b.post("/backup/code", "code", eva.codes[0].Written()).at("/lost-phone")
}

func TestAProofThatWasNotLookedAtIsNoTry(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva")
	b := eva.inside()
	s.hasher.full.Store(true)
	for range 2 * throttle.Free {
		isBusy(t, b.post("/prove", "password", secretWords))
	}
	s.hasher.full.Store(false)
	b.post("/prove", "password", secretWords).at("/my-login")
}

func TestAForgottenPasswordIsAnsweredAtTheSamePaceForEveryAddress(t *testing.T) {
	t.Parallel()
	const pace = 300 * time.Millisecond
	s := newSite(t)
	eva := s.person("eva")
	for _, address := range []string{string(eva.email), "nobody@bakery.example"} {
		began := time.Now()
		s.browser().post("/password/forgotten", "email", address).is(200, "forgotten-password-sent.title")
		if took := time.Since(began); took < pace {
			t.Errorf("%s is answered after %s", address, took)
		}
	}
}
