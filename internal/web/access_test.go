package web_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/session"
	"github.com/sparekey/sparekey/internal/web"
)

func TestWithoutALiveSessionEveryPageLeadsToSignIn(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva", withEverything)
	token := strings.Repeat("A", 43)
	real := eva.inside().cookie("sparekey-session")
	challenge := eva.halfway().cookie("sparekey-sign-in")
	ended := eva.inside()
	ended.post("/sign-out")
	before := s.contents()
	for name, cookies := range map[string][2]string{
		"no cookie":               {},
		"one that was never made": {token, token},
		"a cut one":               {real[:42], challenge[:42]},
		"one with more behind it": {real + "A", challenge + "A"},
		"not base 64":             {strings.Repeat("*", 43), strings.Repeat("*", 43)},
		"NUL":                     {"%00", "%00"},
		"one that was ended":      {ended.cookie("sparekey-session"), ""},
		"the cookies exchanged":   {challenge, real},
		"a session in both":       {challenge, challenge[:20]},
	} {
		for _, r := range routes(t) {
			if r.need == "anyone" {
				continue
			}
			b := s.browser()
			b.setCookie("sparekey-session", cookies[0])
			b.setCookie("sparekey-sign-in", cookies[1])
			p := b.send(r.method, strings.NewReplacer("{id}", string(eva.phones[0].id)).Replace(r.path), pairs(nil))
			to, _, _ := strings.Cut(p.header.Get("Location"), "?")
			if p.status != http.StatusSeeOther || to != "/sign-in" {
				t.Errorf("%s: %s %s is answered %d, %s", name, r.method, r.path, p.status, to)
			}
		}
	}
	if now := s.contents(); now != before {
		t.Errorf("something was changed:\n%s", difference(before, now))
	}
}

func TestASessionEndsWhenIdleForAnHourAndAfterADay(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		used  []time.Duration // after sign-in
		then  time.Duration
		alive bool
	}{
		{"idle for a second less than an hour", nil, time.Hour - time.Second, true},
		{"idle for an hour", nil, time.Hour, false},
		{"used in between", []time.Duration{50 * time.Minute}, 110*time.Minute - time.Second, true},
		{"used in between, then idle for an hour", []time.Duration{50 * time.Minute}, 110 * time.Minute, false},
		{"used all day, a second before its end", every(50*time.Minute, 24*time.Hour), 24*time.Hour - time.Second, true},
		{"used all day, at its end", every(50*time.Minute, 24*time.Hour), 24 * time.Hour, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			b := s.person("eva").inside()
			for _, at := range c.used {
				s.clock.set(noon.Add(at))
				b.send("GET", "/auth/verify", nil)
			}
			s.clock.set(noon.Add(c.then))
			want := http.StatusUnauthorized
			if c.alive {
				want = http.StatusOK
			}
			if p := b.send("GET", "/auth/verify", nil); p.status != want {
				t.Errorf("/auth/verify answers %d, want %d", p.status, want)
			}
			if c.alive {
				b.open("/my-login").at("/my-login")
			} else {
				b.open("/my-login").is(200, "sign-in.title").says("notice.session-ended")
				if b.cookie("sparekey-session") != "" {
					t.Error("the dead cookie is kept")
				}
			}
		})
	}
}

// every lists the instants before end, step apart.
func every(step, end time.Duration) []time.Duration {
	var list []time.Duration
	for at := step; at < end; at += step {
		list = append(list, at)
	}
	return list
}

func TestWhoeverHasTypedThePasswordOnlyIsNotSignedIn(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva", withEverything)
	b := eva.halfway()
	if p := b.send("GET", "/auth/verify", nil); p.status != 401 {
		t.Errorf("/auth/verify answers %d", p.status)
	}
	b.open("/my-login").is(200, "sign-in.title")
	b.open("/setup-mfa").is(200, "sign-in.title")
	if _, err := session.ParseToken(b.cookie("sparekey-sign-in")); err != nil {
		t.Error("the sign-in under way was lost")
	}
}

func TestCookiesAreBoundToTheHostAndHiddenFromScripts(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva", withMFA)
	b := s.browser()
	b.open("/sign-in")
	one := b.send("POST", "/sign-in", b.fill("/sign-in", "email", string(eva.email), "password", secretWords))
	two := b.send("POST", "/mfa", url.Values{"code": {eva.code()}})
	seen := 0
	for _, line := range append(one.header.Values("Set-Cookie"), two.header.Values("Set-Cookie")...) {
		seen++
		for _, part := range []string{"__Host-", "; Path=/", "; HttpOnly", "; Secure", "; SameSite=Lax"} {
			if !strings.Contains(line, part) {
				t.Errorf("no %q in %s", part, line)
			}
		}
		if strings.Contains(line, "Domain") {
			t.Errorf("a domain in %s", line)
		}
	}
	if seen < 4 { // the sign-in's, twice; the session's; the device's
		t.Errorf("%d cookies were set", seen)
	}
}

func TestThePageIsInTheLanguageAskedForClosest(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name                                  string
		cookie, member, organisation, browser string
		want                                  string
	}{
		{"nothing said", "", "", "", "", "en"},
		{"the browser's", "", "", "", "nl-BE,nl;q=0.9,en;q=0.8", "nl"},
		{"a browser that speaks neither", "", "", "", "ja", "en"},
		{"the organisation's before the browser's", "", "", "nl", "en", "nl"},
		{"the member's before the organisation's", "", "nl", "en", "en", "nl"},
		{"the cookie's before all", "nl", "en", "en", "en", "nl"},
		{"a cookie that is no language", "xx", "nl", "en", "en", "nl"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			b := s.browser()
			if c.member+c.organisation != "" {
				b = s.person("eva", speaking(org.Language(c.member)), in(func(o *org.Organisation) { o.Language = org.Language(c.organisation) })).inside()
			} else {
				s.person("eva")
			}
			if c.cookie != "" {
				b.setCookie("sparekey-language", c.cookie)
			}
			if c.browser != "" {
				b.header.Set("Accept-Language", c.browser)
			}
			for _, path := range []string{"/sign-in?email=eva@bakery.example", "/no-such-page"} {
				if got := b.open(path).doc.Find("html").AttrOr("lang", ""); got != c.want {
					t.Errorf("%s is in %s, want %s", path, got, c.want)
				}
			}
		})
	}
}

func TestTheLanguageIsChosenFromAnyPageAndComesBackToIt(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.person("eva")
	b := s.browser()
	b.open("/sign-in?next=%2Fmy-login%2Fpassword&email=eva%40bakery.example")
	shown := b.page.path
	if p := b.submit("/language", "language", "nl"); p.path != shown || p.doc.Find("html").AttrOr("lang", "") != "nl" {
		t.Errorf("came back to %s in %s", p.path, p.doc.Find("html").AttrOr("lang", ""))
	}
	b.post("/language", "language", "en", "next", "//evil.example").is(200, "sign-in.title")
	if p := b.post("/language", "language", "fr"); p.status != 400 {
		t.Errorf("an unknown language is answered %d", p.status)
	}
}

func TestHealthAndReadiness(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for path, text := range map[string]string{"/healthz": "ok\n", "/readyz": "ready\n"} {
		if p := s.browser().send("GET", path, nil); p.status != 200 || p.body != text {
			t.Errorf("%s: %d %q", path, p.status, p.body)
		}
	}
	s.serve(faulty{s.store, nil})
	if p := s.browser().send("GET", "/readyz", nil); p.status != 503 || strings.Contains(p.body, "broken") {
		t.Errorf("/readyz: %d %q", p.status, p.body)
	}
	if p := s.browser().send("GET", "/healthz", nil); p.status != 200 {
		t.Errorf("/healthz: %d", p.status)
	}
}

// A faulty backend fails, or panics with what it is given.
type faulty struct {
	web.Backend
	panics any
}

type brokenError struct{}

func (brokenError) Error() string { return "the database is broken at table members" }

func (f faulty) Ping(context.Context) error { return brokenError{} }

func (f faulty) CountOrganisations(context.Context) (int, error) {
	if f.panics != nil {
		panic(f.panics)
	}
	return 0, brokenError{}
}

func TestWhatGoesWrongInsideIsAPageWithANumberForTheLog(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]any{"an error": nil, "a panic": "index out of range in members"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			s.serve(faulty{s.store, fault})
			p := s.browser().send("GET", "/", nil).is(500, "error.500.title")
			id := p.header.Get("X-Request-Id")
			if id == "" || !strings.Contains(p.text(), id) || !strings.Contains(s.log.String(), id) {
				t.Errorf("the number %q is not on the page and in the log", id)
			}
			if strings.Contains(p.body, "members") {
				t.Error("the page shows the fault itself")
			}
			if !strings.Contains(s.log.String(), "members") {
				t.Error("the log does not say what it was")
			}
		})
	}
}

func TestWhileTheDatabaseIsAwayAPageSaysThatNothingWasChanged(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	away := func(o *web.Options) { o.Away = func(err error) bool { return errors.Is(err, brokenError{}) } }
	s.serve(faulty{s.store, nil}, away)
	p := s.browser().send("GET", "/", nil).is(503, "error.503.title").says("error.503.why")
	if wait := p.header.Get("Retry-After"); wait != "5" {
		t.Errorf("Retry-After: %q", wait)
	}
	if strings.Contains(p.body, "members") || !strings.Contains(s.log.String(), "members") {
		t.Error("what broke belongs in the log, and not on the page")
	}
}

func TestEveryAnsweredRequestIsMeasuredByItsRoute(t *testing.T) {
	t.Parallel()
	var measured []string
	s := newSite(t, func(o *web.Options) {
		o.Measure = func(route string, status int, _ time.Duration) {
			measured = append(measured, fmt.Sprint(route, " ", status))
		}
	})
	s.person("eva")
	b := s.browser()
	b.send("GET", "/sign-in", nil)
	b.send("GET", "/invitation/a-token", nil)
	b.send("GET", "/no/such/page", nil)
	b.send("GET", "/metrics", nil)
	want := []string{"GET /sign-in 200", "GET /invitation/{token} 404", "/ 404", "/ 404"}
	if !slices.Equal(measured, want) {
		t.Errorf("measured %q, want %q", measured, want)
	}
}
