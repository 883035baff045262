package web_test

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/sparekey/sparekey/internal/notice"
	"github.com/sparekey/sparekey/internal/standing"
)

func TestTheWholeWayInWithAnAuthenticator(t *testing.T) {
	t.Parallel()
	onBoth(t, func(_ *testing.T, s *site) {
		eva := s.person("eva", withEverything)
		b := s.browser()
		b.open("/sign-in")
		b.submit("/sign-in", "email", string(eva.email), "password", "something else").is(401, "sign-in.title").says("problem.wrong-sign-in")
		eva.typesPassword(b).is(200, "mfa.title")
		b.submit("/mfa", "code", "000000").is(401, "mfa.title")
		code := eva.code()
		b.submit("/mfa", "code", code).at("/my-login")
		eva.halfway().post("/mfa", "code", code).is(401, "mfa.title").says("problem.code-used")
		b.open("/my-login")
		b.submit("/sign-out").is(200, "sign-in.title")
		s.wantEvents("sign-in.password.wrong", "sign-in.password.right factor", "sign-in.code.wrong factor", "factor.proved",
			"sign-in.done factor", "sign-in.code.replayed factor", "sign-out")
	})
}

func TestTheWholeWayBackWithoutThePhone(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *site) {
		eva := s.person("eva", withEverything)
		b := eva.comesByCode(0)
		b.submit("/lost-phone", "lost", "yes").at("/setup-mfa")
		b.submit("/setup-mfa/begin").is(200, "setup-scan.title")
		on := b.scans("New phone")
		codes := b.page.is(200, "setup-codes.title").codes()
		b.submit("/setup-mfa/codes", "code", codes[3]).is(200, "setup-done.title")
		s.wantMails("backup-code-used → eva@bakery.example", "backup-code-used → eva@private.example",
			"phone-lost → eva@bakery.example", "phone-lost → eva@private.example",
			"authenticator-added → eva@bakery.example", "authenticator-added → eva@private.example",
			"backup-codes-replaced → eva@bakery.example", "backup-codes-replaced → eva@private.example")
		if st := eva.standing(); st.Status != standing.Settled || len(st.Authenticators) != 1 || st.Codes.Left() != 10 {
			t.Errorf("left %s with %d authenticators and %d codes", st.Status, len(st.Authenticators), st.Codes.Left())
		}
		s.clock.move(time.Minute)
		eva.halfway().post("/mfa", "code", eva.code()).is(401, "mfa.title")
		eva.halfway().post("/mfa", "code", on.code(s.clock.now())).at("/my-login")
	})
}

func TestTheWholeWayToMFA(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *site) {
		eva := s.person("eva")
		b := eva.begins()
		on := b.scans("My phone")
		codes := b.page.is(200, "setup-codes.title").codes()
		b.submit("/setup-mfa/codes", "code", codes[0]).is(200, "setup-email.title")
		b.submit("/setup-mfa/email", "email", "eva@private.example").is(200, "setup-email-code.title")
		b.submit("/setup-mfa/email/code", "code", eva.mailed(notice.BackupEmailConfirm).Facts.Code).is(200, "setup-done.title")
		if st := eva.standing(); !st.MFA() || st.Codes.Left() != 10 || st.BackupEmail.Address != "eva@private.example" {
			t.Errorf("MFA %v, %d codes", st.MFA(), st.Codes.Left())
		}
		s.clock.move(time.Minute)
		again := s.browser()
		eva.typesPassword(again).is(200, "mfa.title")
		again.submit("/mfa", "code", on.code(s.clock.now())).at("/my-login")
	})
}

func TestTheWholeWayOfARememberedDeviceAndItsCopy(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *site) {
		eva := s.person("eva", withEverything, in(remembering))
		victim := s.browser()
		eva.ticks(victim)
		victim.setCookie("sparekey-session", "")
		tabs, before, turned := many(6, victim), victim.cookie(reminderCookie), 0
		for i, p := range atOnce("/sign-in", url.Values{"email": {string(eva.email)}, "password": {secretWords}}, tabs) {
			if p.status != http.StatusSeeOther || p.header.Get("Location") != "/my-login" {
				t.Errorf("a tab is answered %d and led to %s", p.status, p.header.Get("Location"))
			}
			if tabs[i].cookie(reminderCookie) != before {
				turned++
			}
		}
		if turned != 1 {
			t.Errorf("turned %d times", turned)
		}
		s.clock.move(2 * time.Minute)
		s.hush()
		eva.returns(victim).is(200, "mfa.title") // with the cookie of before: a copy
		s.wantMails(copied...)
		if eva.sessions() != 0 || eva.devices() != 0 {
			t.Errorf("%d sessions, %d devices", eva.sessions(), eva.devices())
		}
		victim.submit("/mfa", "code", eva.code()).at("/my-login")
	})
}
