package web_test

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/password"
	"github.com/sparekey/sparekey/internal/signin"
	"github.com/sparekey/sparekey/internal/standing"
	"github.com/sparekey/sparekey/internal/throttle"
)

func TestNoPathWithATokenIsKeptInTheDatabase(t *testing.T) {
	t.Parallel()
	walked := 0
	for _, r := range routes(t) {
		if r.method != "GET" || !strings.Contains(r.path, "{token}") {
			continue
		}
		walked++
		s := newSite(t)
		eva := s.person("eva", withEverything)
		path := r.filled(eva)
		b := s.browser()
		b.post("/sign-in", "email", string(eva.email), "password", secretWords, "next", path).is(200, "mfa.title")
		if strings.Contains(s.contents(), path) {
			t.Errorf("%s: the token is in the database", r.path)
		}
		if p := b.send("POST", "/mfa", url.Values{"code": {eva.code()}}); p.header.Get("Location") != path {
			t.Errorf("%s: sign-in leads to %s", r.path, p.header.Get("Location"))
		}
		// It is gone to once.
		s.clock.move(time.Minute)
		b.setCookie("sparekey-session", "")
		eva.signsIn(b).at("/my-login")
	}
	if walked < 4 {
		t.Errorf("only %d paths", walked)
	}
	// A sign-in that was left does not lead the next one.
	s := newSite(t)
	eva := s.person("eva", withEverything)
	b := s.browser()
	b.post("/sign-in", "email", string(eva.email), "password", secretWords, "next", "/not-me/"+eva.link(standing.ForObjection, eva.email, time.Hour))
	b.post("/sign-in", "email", string(eva.email), "password", secretWords).is(200, "mfa.title")
	b.submit("/mfa", "code", eva.code()).at("/my-login")
}

func TestKnowingThePasswordAtOneEmployerGivesNoEndlessTriesAtAnother(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.person("eva", withMFA)
	mill := s.person("eva2", inMill("eva@bakery.example"))
	const leaked = "an old phrase that leaked"
	hash, err := s.hasher.Hash(t.Context(), password.Asker{}, leaked, "")
	s.must(err)
	mill.apply(standing.SetPassword{Password: standing.Password{Hash: hash, Set: noon.Add(-long), Long: true}})

	b := s.browser()
	looked := 0
	for try := range 60 {
		typed := "a guess at the bakery"
		if try%9 == 8 {
			typed = leaked
		}
		if p := b.post("/sign-in", "email", "eva@bakery.example", "password", typed); p.status == 401 {
			looked++
		}
	}
	if looked > throttle.Free {
		t.Errorf("%d guesses were looked at, the throttle allows %d", looked, throttle.Free)
	}
}

func TestABrowserKnownForOnePersonIsNotKnownForTheNext(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	mallory, eva := s.person("mallory", withMFA), s.person("eva", withMFA)
	shared := s.browser()
	mallory.signsIn(shared)
	his := shared.cookie("sparekey-device")
	shared.post("/sign-out")
	eva.signsIn(shared)
	if hers := shared.cookie("sparekey-device"); his == "" || hers == "" || hers == his {
		t.Errorf("the cookie that Mallory keeps is Eva's known device: %v", hers == his)
	}
}

// A turning store lets something happen between the check of a password and
// what follows from it.
type turning struct {
	signin.Store
	between func()
}

func (s turning) Candidates(ctx context.Context, address org.Email) ([]standing.Candidate, error) {
	found, err := s.Store.Candidates(ctx, address)
	s.between()
	return found, err
}

func TestAPasswordThatIsReplacedWhileItIsCheckedOpensNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva")
	hash, err := s.hasher.Hash(t.Context(), password.Asker{}, "an entirely new phrase", "")
	s.must(err)
	flow := s.signIn()
	flow.Store = turning{flow.Store, func() {
		eva.apply(standing.SetPassword{Password: standing.Password{Hash: hash, Set: s.clock.now(), Long: true}}, standing.EndSessions{})
	}}
	_, err = flow.Password(t.Context(), signin.Credentials{Address: string(eva.email), Password: secretWords, Origin: audit.Origin{}})
	if !errors.Is(err, signin.ErrWrong) || eva.sessions() != 0 {
		t.Errorf("%v, and %d sessions are open", err, eva.sessions())
	}
}

// A hanging store has its visitor hang up once a try was counted.
type hanging struct {
	signin.Store
	up func()
}

func (s hanging) TakeTry(ctx context.Context, key throttle.Key, now time.Time) (time.Duration, error) {
	wait, err := s.Store.TakeTry(ctx, key, now)
	s.up()
	return wait, err
}

func TestWhoeverHangsUpHasTriedAllTheSame(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva", withMFA)
	s.hush()
	flow := s.signIn()
	ctx, hangUp := context.WithCancel(t.Context())
	flow.Store = hanging{flow.Store, hangUp}
	_, err := flow.Password(ctx, signin.Credentials{Address: string(eva.email), Password: "a guess at the bakery"})
	if !errors.Is(err, signin.ErrWrong) && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	s.wantEvents("sign-in.password.wrong")
}
