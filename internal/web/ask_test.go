package web_test

import (
	"strings"
	"testing"
	"time"

	"github.com/sparekey/sparekey/internal/factor"
	"github.com/sparekey/sparekey/internal/ladder"
	"github.com/sparekey/sparekey/internal/operate"
	"github.com/sparekey/sparekey/internal/standing"
)

// lockedOut has p ask for help at a new browser, and returns it at the waiting page.
func (p *person) lockedOut() *browser {
	p.site.t.Helper()
	b := p.site.browser()
	p.typesPassword(b).is(200, "mfa.title")
	b.open("/backup").has(`a[href="/mfa/help"]`)
	b.open("/mfa/help").is(200, "ask.first.title")
	b.submit("/mfa/help").at("/mfa/help").is(200, "ask.asked.title")
	return b
}

// answers has p, an administrator, answer the newest request of about with the
// code that its page shows.
func (p *person) answers(about *person, o operate.Order) error {
	p.site.t.Helper()
	r := about.standing().Requests[0]
	o.Request, o.Verified = r.ID, ladder.InPerson
	if o.Matching == "" {
		o.Matching = r.Code
	}
	return p.asks(about, o)
}

func TestWhoeverAskedIsLetInByASuspensionInThatBrowserAlone(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	baas := s.person("baas", withMFA, administrator)
	eva := s.person("eva", withMFA)
	s.hush()
	b := eva.lockedOut()
	s.wantMails("help-asked → eva@bakery.example", "help-asked-to-helpers → baas@bakery.example")
	code := eva.standing().Requests[0].Code.Groups()
	b.open("/mfa").at("/mfa/help").has(`code:contains("` + code + `")`).has(`[data-poll]`).has(`.without-js a[href="/mfa/help"]`)
	if got := b.open("/mfa/help/state").body; !strings.Contains(got, `"asked"`) {
		t.Error(got)
	}
	b.post("/mfa/help") // again: the same one
	if n := len(eva.standing().Requests); n != 1 {
		t.Errorf("%d requests", n)
	}
	b.post("/mfa/help/on").at("/mfa/help").is(200, "ask.asked.title") // nothing is open yet
	thief := s.browser()
	eva.typesPassword(thief)
	s.must(baas.answers(eva, operate.Order{Kind: ladder.Suspend, Length: ladder.OneDay, Lost: true}))
	if got := b.open("/mfa/help/state").body; !strings.Contains(got, `"ready"`) {
		t.Error(got)
	}
	thief.post("/mfa/help/on").is(200, "ask.first.title")
	b.open("/mfa/help").is(200, "ask.ready.title").has(`form[data-send-now]`)
	b.submit("/mfa/help/on").says("notice.suspended", "Until", "3 March 2026, 12:00")
	if st := eva.standing(); st.Requests[0].State != standing.Done {
		t.Errorf("%s", st.Requests[0].State)
	}
	// Later the password is enough in that browser; any other types a mailed code.
	b.post("/sign-out")
	eva.typesPassword(b).says("notice.suspended", "Until", "3 March 2026, 12:00")
	eva.typesPassword(s.browser()).is(200, "mfa-email.title")
}

// TestWhoeverPlantsTheirRequestSharesNothing: a thief with the password asks for
// help, and plants what their browser was given in the member's.
func TestWhoeverPlantsTheirRequestSharesNothing(t *testing.T) {
	t.Parallel()
	for _, late := range []bool{false, true} { // planted before or after the password is typed
		s := newSite(t)
		baas := s.person("baas", withMFA, administrator)
		eva := s.person("eva", withMFA)
		thief := eva.lockedOut()
		b := s.browser()
		if late {
			eva.typesPassword(b)
		}
		b.setCookie("sparekey-request", thief.cookie("sparekey-request"))
		if !late {
			eva.typesPassword(b)
		}
		b.post("/mfa/help").at("/mfa/help").is(200, "ask.asked.title")
		thief.open("/mfa/help").is(200, "ask.first.title")
		s.must(baas.answers(eva, operate.Order{Kind: ladder.Suspend, Length: ladder.OneDay, Lost: true}))
		eva.typesPassword(thief).is(200, "mfa-email.title")
		thief.post("/mfa/help/on").is(200, "ask.first.title")
		b.post("/mfa/help/on").says("notice.suspended", "Until", "3 March 2026, 12:00")
		// And what let the member in is turned at the next password again.
		b.post("/sign-out")
		shown := b.cookie("sparekey-request")
		eva.typesPassword(b).says("notice.suspended", "Until", "3 March 2026, 12:00")
		thief.setCookie("sparekey-request", shown)
		eva.typesPassword(thief).is(200, "mfa-email.title")
	}
}

func TestWhoeverAskedSetsUpMFAAgainInThatBrowserAlone(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	baas := s.person("baas", withMFA, administrator)
	eva := s.person("eva", withMFA)
	b := eva.lockedOut()
	s.hush()
	s.must(baas.answers(eva, operate.Order{Kind: ladder.GivePass}))
	s.wantMails("help-pass → eva@bakery.example", "help-pass-to-administrators → baas@bakery.example")
	// The sign-in is over by now: the password goes on with it.
	s.clock.move(16 * time.Minute)
	b.open("/mfa/help").is(200, "ask.sign-in.title")
	eva.typesPassword(b).at("/mfa/help").is(200, "ask.ready.title")
	b.submit("/mfa/help/on").is(200, "setup-begin.title")
	b.submit("/setup-mfa/begin").is(200, "setup-scan.title")
	b.scans("New phone")
	if st := eva.standing(); st.Requests[0].State != standing.Done || len(st.Authenticators) != 1 {
		t.Errorf("%+v", st.Requests[0].State)
	}
}

func TestWhatBecameOfARequestIsSaidInWords(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	baas := s.person("baas", withMFA, administrator)
	eva := s.person("eva", withEverything)
	b := eva.lockedOut()
	for left := range factor.MatchingTries {
		s.refusedFor(baas.answers(eva, operate.Order{Kind: ladder.GivePass, Matching: "AAAAAA"}), ladder.WrongMatching)
		if got := eva.standing().Requests[0].Wrong; got != left+1 {
			t.Errorf("%d wrong codes are counted after %d", got, left+1)
		}
	}
	b.open("/mfa/help").is(200, "ask.closed.title")
	s.clock.move(time.Second)
	s.refusedFor(baas.answers(eva, operate.Order{Kind: ladder.GivePass}), ladder.RequestClosed)
	b.submit("/mfa/help").is(200, "ask.asked.title")
	b.submit("/mfa/help/withdraw").at("/backup")
	s.refusedFor(baas.answers(eva, operate.Order{Kind: ladder.GivePass}), ladder.RequestWithdrawn)
	s.clock.move(time.Second)
	b.open("/mfa/help")
	b.submit("/mfa/help").is(200, "ask.asked.title")
	s.clock.move(24 * time.Hour)
	b.open("/mfa/help").is(200, "ask.expired.title")
	s.refusedFor(baas.answers(eva, operate.Order{Kind: ladder.GivePass}), ladder.RequestExpired)
	// A factor that is proved elsewhere ends what waits.
	eva.typesPassword(b)
	b.open("/mfa/help")
	b.submit("/mfa/help").is(200, "ask.asked.title")
	s.must(baas.answers(eva, operate.Order{Kind: ladder.GivePass}))
	eva.signsIn(s.browser())
	b.open("/mfa/help").is(200, "ask.first.title")
	b.post("/mfa/help/on").is(200, "ask.first.title")
}

func TestAPasswordAloneShowsNobodysAddress(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	baas := s.person("baas", withMFA, administrator)
	eva := s.person("eva", withMFA)
	b := s.browser()
	eva.typesPassword(b)
	for _, path := range []string{"/mfa", "/backup", "/mfa/help"} {
		if p := b.open(path); strings.Contains(p.body, string(baas.email)) || strings.Contains(p.body, "mailto:") {
			t.Errorf("%s shows the address of whoever can help", path)
		}
	}
	b.open("/mfa/help").has(`a[href^="tel:"]`).has(`.person-name:contains("Baas Jansen")`)
	if p := b.submit("/mfa/help").is(200, "ask.asked.title"); strings.Contains(p.body, "mailto:") {
		t.Error("the waiting page shows the address of whoever can help")
	}
}
