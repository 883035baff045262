package web_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/password"
	"github.com/sparekey/sparekey/internal/standing"
)

func TestAMemberWithoutMFASignsInWithThePassword(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva")
	b := s.browser()
	eva.typesPassword(b).at("/my-login")
	s.wantEvents("sign-in.password.right nothing", "sign-in.done password")
	s.wantMails()
}

func TestAMemberWithMFASignsInWithPasswordAndCode(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva", withMFA)
	b := s.browser()
	eva.typesPassword(b).is(200, "mfa.title").says("mfa.lead-name", "Name", "Phone")
	b.submit("/mfa", "code", eva.code()).at("/my-login")
	s.wantEvents("sign-in.password.right factor", "factor.proved", "sign-in.done factor")
	s.wantMails()
}

func TestTheAddressIsTakenInAnyCaseAndWithSpacesAround(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.person("eva")
	for _, typed := range []string{"EVA@Bakery.Example", "  eva@bakery.example\t"} {
		b := s.browser()
		b.open("/sign-in")
		b.submit("/sign-in", "email", typed, "password", secretWords).at("/my-login")
	}
}

func TestNothingTellsAnUnknownAddressFromAWrongPassword(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.person("eva", withMFA)
	s.person("ida", inState(org.Invited))
	s.person("oud", inState(org.Deactivated))
	wrong := func(address string) (*page, string) {
		b := s.browser()
		b.open("/sign-in")
		p := b.submit("/sign-in", "email", address, "password", "not the right words").is(401, "sign-in.title").says("problem.wrong-sign-in")
		p.header.Del("X-Request-Id")
		return p, strings.ReplaceAll(p.body, address, "ADDRESS")
	}
	known, body := wrong("eva@bakery.example")
	s.wantEvents("sign-in.password.wrong")
	for _, address := range []string{"nobody@bakery.example", "ida@bakery.example", "oud@bakery.example", "no address at all"} {
		got, same := wrong(address)
		if same != body {
			t.Errorf("%s is answered with another page than a wrong password:\n%s", address, got.text())
		}
		// The body is alike but for the address, and so its length.
		got.header.Del("Content-Length")
		known.header.Del("Content-Length")
		if fmt.Sprint(got.header) != fmt.Sprint(known.header) {
			t.Errorf("%s is answered with other headers than a wrong password:\n%v\n%v", address, got.header, known.header)
		}
		if events := s.events(); len(events) != 1 || events[0].Kind != "sign-in.password.wrong" || events[0].Subject != "" {
			t.Errorf("%s: logged %v", address, events)
		}
	}
	s.wantMails()
}

func TestTheRightPasswordOfAMemberWhoIsNotActiveIsAWrongOne(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, state := range []org.State{org.Invited, org.Deactivated} {
		p := s.person(string(state), inState(state))
		p.typesPassword(s.browser()).is(401, "sign-in.title").says("problem.wrong-sign-in")
	}
}

func TestSignInLeadsWhereTheVisitorWasGoing(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva", withMFA)
	b := s.browser()
	b.open("/my-login/password").is(200, "sign-in.title")
	b.submit("/sign-in", "email", string(eva.email), "password", secretWords)
	b.submit("/mfa", "code", eva.code()).at("/my-login/password")
}

func TestSignInNeverLeadsToAnotherSite(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.person("eva")
	for _, next := range []string{
		"https://evil.example/", "//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example", "/\t/evil.example",
		"javascript:alert(1)", "evil.example", "/..//evil.example", "https:evil.example", "/\r\nSet-Cookie: a=b", "@evil.example", " //evil.example",
	} {
		b := s.browser()
		b.open("/sign-in")
		p := b.send("POST", "/sign-in", pairs([]string{"email", "eva@bakery.example", "password", secretWords, "next", next}))
		to := p.header.Get("Location")
		if p.status != 303 || !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.HasPrefix(to, "/\\") {
			t.Errorf("next=%q leads to %q (%d)", next, to, p.status)
		}
		if got := b.send("GET", "/sign-in?next="+pairs([]string{"q", next}).Encode()[2:], nil).header.Get("Location"); got != "" && strings.Contains(got, "//") {
			t.Errorf("whoever is signed in is led by next=%q to %q", next, got)
		}
	}
}

func TestTwoEmployersAreToldApartAfterThePassword(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva", withMFA)
	mill := s.person("eva2", inMill("eva@bakery.example"), administrator)
	hash, err := s.hasher.Hash(t.Context(), password.Asker{}, secretWords, eva.standing().Password.Hash)
	s.must(err)
	mill.apply(standing.SetPassword{Password: standing.Password{Hash: hash, Set: noon.Add(-long), Long: true}})

	b := s.browser()
	eva.typesPassword(b).is(200, "choose-organisation.title").has(`button[value="member-eva"]`).has(`button[value="member-eva2"]`)
	twin := b.twin()
	s.wantEvents("sign-in.password.right choose-organisation", "sign-in.password.right choose-organisation")
	b.submit("/sign-in/organisation", "organisation", "member-eva2").at("/my-login")
	s.wantEvents("sign-in.password.right nothing", "sign-in.done password")

	// Chosen once: the same choice sent again signs nobody in.
	twin.submit("/sign-in/organisation", "organisation", "member-eva").is(200, "sign-in.title").says("notice.sign-in-expired")

	b = s.browser()
	eva.typesPassword(b)
	b.submit("/sign-in/organisation", "organisation", "member-eva").is(200, "mfa.title")
}

func TestOnlyAnOrganisationThatWasOfferedCanBeChosen(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva")
	s.person("eva2", inMill("eva@bakery.example"))
	s.person("bram")
	b := s.browser()
	eva.typesPassword(b).is(200, "choose-organisation.title")
	for _, other := range []string{"member-bram", "", "nobody", "member-eva\x00"} {
		b.post("/sign-in/organisation", "organisation", other).is(404, "error.404.title")
	}
	if b.cookie("sparekey-session") != "" {
		t.Error("a session was opened")
	}
	b.open("/mfa").is(200, "choose-organisation.title")
}

func TestAPasswordFitsOnlyTheOrganisationsItIsFor(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva")
	mill := s.person("eva2", inMill("eva@bakery.example"))
	hash, err := s.hasher.Hash(t.Context(), password.Asker{}, "another password altogether", "")
	s.must(err)
	mill.apply(standing.SetPassword{Password: standing.Password{Hash: hash, Set: noon, Long: true}})
	eva.typesPassword(s.browser()).at("/my-login").has(`.organisation:contains("Bakkerij Vroeg")`)
}

func TestASignInLastsFifteenMinutes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		after time.Duration
		over  bool
	}{{15*time.Minute - time.Second, false}, {15 * time.Minute, true}} {
		s := newSite(t)
		eva := s.person("eva", withMFA)
		b := s.browser()
		eva.typesPassword(b)
		s.clock.move(c.after)
		p := b.submit("/mfa", "code", eva.code())
		if c.over {
			p.is(200, "sign-in.title").says("notice.sign-in-expired")
		} else {
			p.at("/my-login")
		}
	}
}

func TestNotYouEndsTheSignInUnderWay(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva", withMFA)
	b := s.browser()
	eva.typesPassword(b)
	before := b.twin()
	b.submit("/sign-out").is(200, "sign-in.title").says("notice.signed-out")
	before.submit("/mfa", "code", eva.code()).is(200, "sign-in.title")
	if eva.sessions() != 0 {
		t.Error("the sign-in that was ended opened a session")
	}
}

func TestSigningOutEndsTheSessionOnTheServer(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva")
	b := s.browser()
	eva.signsIn(b)
	stolen := b.twin()
	s.hush()
	b.submit("/sign-out").is(200, "sign-in.title")
	s.wantEvents("sign-out")
	stolen.open("/my-login").is(200, "sign-in.title").says("notice.session-ended")
}

func TestSigningInAsSomeoneElseEndsTheSessionBefore(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva, bram := s.person("eva"), s.person("bram")
	b := s.browser()
	eva.signsIn(b)
	b.open("/sign-in?email=bram@bakery.example").is(200, "sign-in.title")
	b.submit("/sign-in", "email", string(bram.email), "password", secretWords).at("/my-login")
	if eva.sessions() != 0 || bram.sessions() != 1 {
		t.Errorf("eva has %d sessions, bram %d", eva.sessions(), bram.sessions())
	}
}

func TestAnInstallationWithoutOrganisationsSaysHowToBegin(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.browser().open("/").is(200, "welcome.title")
	s.person("eva")
	s.browser().open("/").is(200, "sign-in.title")
}
