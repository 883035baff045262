package web_test

import (
	"testing"
	"time"

	"github.com/sparekey/sparekey/internal/ladder"
	"github.com/sparekey/sparekey/internal/notice"
	"github.com/sparekey/sparekey/internal/operate"
	"github.com/sparekey/sparekey/internal/session"
)

func TestWhoeverHasNoPhoneOnARememberedDeviceComesInWithABackup(t *testing.T) {
	t.Parallel()
	for _, from := range []string{"/prove", "/my-login"} {
		t.Run(from, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			eva := s.person("eva", withEverything, in(remembering))
			b := s.browser()
			eva.ticks(b)
			s.clock.move(time.Hour)
			eva.returns(b).at("/my-login").says("my-login.no-phone") // the password alone; the phone is gone
			held := b.cookie("sparekey-session")
			b.open(from)
			b.submit("/prove/no-phone").is(200, "sign-in.title").says("notice.no-phone")
			b.stale(held)
			if eva.devices() != 1 {
				t.Error("the device is forgotten: nobody would hear of a copy")
			}
			b.submit("/sign-in", "email", string(eva.email), "password", secretWords).is(200, "mfa.title").has(`a[href="/backup"]`)
			b.open("/backup").is(200, "backup.title")
			b.submit("/backup/code", "code", eva.codes[0].Written()).is(200, "lost-phone.title")
			b.submit("/lost-phone", "lost", "no").at("/my-login")
			// The phone is back: the device is remembered as before.
			eva.returns(b).at("/my-login").says("session.by-remembered")
		})
	}
}

func TestWhoeverHasNoPhoneIsAskedForTheCodeInEachOrganisation(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva", withEverything, in(remembering))
	s.person("eva2", inMill("eva@bakery.example"), withMFA)
	b := s.browser()
	eva.typesPassword(b)
	b.submit("/sign-in/organisation", "organisation", string(eva.id)).is(200, "mfa.title")
	b.submit("/mfa", "code", eva.code(), "remember", "yes").at("/my-login")
	s.clock.move(time.Minute)
	b.post("/prove/no-phone").is(200, "sign-in.title")
	b.submit("/sign-in", "email", string(eva.email), "password", secretWords)
	b.submit("/sign-in/organisation", "organisation", string(eva.id)).is(200, "mfa.title")
}

func TestWithoutASessionTheWayWithoutAPhoneIsTheSame(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva", withEverything, in(remembering))
	b := s.browser()
	eva.ticks(b)
	s.clock.move(2 * time.Hour) // the session has ended meanwhile
	b.post("/prove/no-phone").is(200, "sign-in.title")
	b.submit("/sign-in", "email", string(eva.email), "password", secretWords).is(200, "mfa.title")
}

func TestWhereNoCodeIsAskedNobodyIsAskedForAPhone(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	const button = `form[action="/prove/no-phone"]`
	s.person("eva").inside().open("/prove").hasNot(button)
	s.person("ida").inside().open("/my-login").hasNot(button)
	s.person("tom", withEverything).inside(byBackup).open("/my-login").hasNot(button)
}

func TestASessionOfARememberedDeviceHoldsWhileTheOrganisationRemembers(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva", withEverything, in(remembering))
	remembered := func(in *session.Session) {
		in.CameBy, in.FactorProved, in.PowersFrom = session.ByRemembered, time.Time{}, time.Time{}
	}
	s.remembering(time.Time{})
	late := eva.inside(remembered) // as one does that commits just after
	late.open("/my-login").is(200, "sign-in.title")
	s.clock.move(time.Minute)
	s.remembering(s.clock.now())
	late.open("/my-login").is(200, "sign-in.title")
	eva.inside(remembered).open("/my-login").at("/my-login")
}

func TestSessionsThatHoldNoLongerAreNotListed(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva", withEverything)
	eva.suspended(false)
	eva.byMailedCode()
	s.must(eva.orders(operate.Order{Kind: ladder.EndSuspension}))
	here := eva.inside()
	here.open("/my-login").saysNot("session.by-suspension").says("session.only-this")
	b := s.browser()
	b.open(eva.pass())
	b.submit(b.page.path, "password", secretWords).is(200, "setup-begin.title")
	here.open("/my-login").says("session.by-pass")
	s.clock.move(time.Second)
	eva.pass() // in place of the one before
	here.open("/my-login").saysNot("session.by-pass").says("session.only-this")
}

func TestMailsAboutSessionsThatEndSayWhetherDevicesAreForgotten(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva", withEverything, in(remembering))
	b, tablet := s.browser(), s.browser()
	eva.ticks(b)
	s.clock.move(time.Minute)
	others := func(want int) {
		t.Helper()
		s.hush()
		b.post("/my-login/sessions/others/end").at("/my-login")
		if m := eva.mailed(notice.SessionsEnded); m.Facts.Count != want {
			t.Errorf("%d devices are said to be forgotten, not %d", m.Facts.Count, want)
		}
	}
	others(0) // this one stays
	eva.ticks(tablet)
	others(1)
	for _, want := range []int{1, 0} {
		s.hush()
		s.must(eva.orders(operate.Order{Kind: ladder.SignOut}))
		if m := eva.mailed(notice.SignedOut); m.Facts.Count != want {
			t.Errorf("signed out: %d devices are said to be forgotten, not %d", m.Facts.Count, want)
		}
	}
}

func TestWhoeverHasNoBackupKeepsTheSessionOfARememberedDevice(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	anna := s.person("anna", withMFA, administrator, in(remembering))
	eva := s.person("eva", withMFA, in(remembering))
	b := s.browser()
	eva.ticks(b)
	s.clock.move(time.Hour)
	eva.returns(b).at("/my-login").says("my-login.no-phone")
	held := b.cookie("sparekey-session")
	b.submit("/prove/no-phone").is(200, "backup.title").says("backup.kept").has(`a[href="mailto:` + string(anna.email) + `"]`).hasNot("form.whoami")
	if b.cookie("sparekey-session") != held {
		t.Error("the session is another")
	}
	b.open("/my-login").at("/my-login")
	eva.returns(b).at("/my-login").says("session.by-remembered")
}

func TestWhereNoBackupIsOpenTheNextSignInRemembersTheDevice(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva", withMFA, in(remembering))
	b := s.browser()
	eva.ticks(b)
	s.clock.move(2 * time.Hour) // the session has ended meanwhile
	b.post("/prove/no-phone").is(200, "sign-in.title")
	b.submit("/sign-in", "email", string(eva.email), "password", secretWords).is(200, "mfa.title")
	b.open("/backup").is(200, "backup.title").says("backup.lead-none").says("backup.again")
	b.open("/sign-in")
	b.submit("/sign-in", "email", string(eva.email), "password", secretWords).at("/my-login").says("session.by-remembered")
}
