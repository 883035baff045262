package web_test

import (
	"testing"
	"time"

	"github.com/sparekey/sparekey/internal/factor"
	"github.com/sparekey/sparekey/internal/notice"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/session"
	"github.com/sparekey/sparekey/internal/standing"
)

func TestAFirstCodeThatDoesNotFitSaysWhy(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva", withMFA)
	b := eva.inside()
	b.open("/setup-mfa").is(200, "setup-begin.title").says("setup-begin.another")
	b.submit("/setup-mfa/begin").is(200, "setup-scan.title")
	fresh := phone{secret: b.page.secret()}
	for _, c := range []struct{ name, code, problem string }{
		{"Tablet", "12345", "problem.code-not-six"},
		{"Tablet", "000000", "problem.wrong-code"},
		{"Tablet", eva.code(), "problem.wrong-code"},
		{"Tablet", fresh.code(noon.Add(2 * time.Minute)), "problem.clock-may-be-off"},
		{"Tablet", fresh.code(noon.Add(-14 * time.Minute)), "problem.clock-may-be-off"},
		{"Tablet", fresh.code(noon.Add(20 * time.Minute)), "problem.wrong-code"},
		{"", fresh.code(noon), "problem.no-name"},
		{"phone", fresh.code(noon), "problem.name-taken"},
	} {
		b.submit("/setup-mfa/scan", "name", c.name, "code", c.code).is(422, "setup-scan.title").says(c.problem)
		if b.page.secret().Base32() != fresh.secret.Base32() {
			t.Fatal("the key on the page changed under the phone")
		}
	}
	b.submit("/setup-mfa/scan", "name", "Tablet", "code", fresh.code(noon.Add(factor.Period))).is(200, "setup-done.title")
	st := eva.standing()
	if len(st.Authenticators) != 2 || st.Authenticators[1].Name != "Tablet" {
		t.Fatalf("authenticators: %v", st.Authenticators)
	}
	// One set up with an existing factor inherits its powers.
	if from := st.Authenticators[1].PowersFrom; from.After(noon) {
		t.Errorf("it gives powers from %v", from)
	}
}

func TestTheMailedCodeOfASetUpIsBoundedLikeAnyOther(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva")
	b := s.browser()
	eva.signsIn(b)
	b.open("/setup-mfa")
	b.submit("/setup-mfa/begin")
	code := eva.mailed(notice.SetUpCode).Facts.Code
	s.events()
	for range 4 {
		b.submit("/setup-mfa/check", "code", "00000000").is(422, "setup-check.title").says("problem.wrong-mail-code")
	}
	b.submit("/setup-mfa/check", "code", "1234567").is(422, "setup-check.title").says("problem.code-not-eight")
	b.submit("/setup-mfa/check", "code", "00000000").is(422, "setup-check.title")
	s.wantEvents("sign-in.code.wrong set-up", "sign-in.code.wrong set-up", "sign-in.code.wrong set-up", "sign-in.code.wrong set-up", "sign-in.code.wrong set-up")
	b.submit("/setup-mfa/check", "code", code).is(422, "setup-check.title").says("problem.mail-code-ended")

	p := b.submit("/setup-mfa/check/again").is(429, "setup-check.title").says("problem.sent-too-often", "Wait", "60 seconds")
	if p.header.Get("Retry-After") != "60" {
		t.Errorf("Retry-After %q", p.header.Get("Retry-After"))
	}
	s.clock.move(time.Minute)
	b.submit("/setup-mfa/check/again").is(200, "setup-check.title")
	second := eva.mailed(notice.SetUpCode).Facts.Code
	b.submit("/setup-mfa/check", "code", code).is(422, "setup-check.title")
	s.clock.move(10*time.Minute - time.Second)
	b.submit("/setup-mfa/check", "code", second).is(200, "setup-scan.title")
}

func TestBeginningAgainAtOnceMailsNoSecondCodeAndSaysSo(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva")
	b := eva.reaches("check")
	s.mails()
	b.submit("/setup-mfa/stop")
	b.open("/setup-mfa")
	p := b.submit("/setup-mfa/begin").is(429, "setup-begin.title").says("problem.sent-too-often", "Wait", "60 seconds")
	if p.header.Get("Retry-After") != "60" {
		t.Errorf("Retry-After %q", p.header.Get("Retry-After"))
	}
	s.wantMails()
}

func TestABackupEmailMustDifferFromTheSignInAddress(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva")
	b := eva.reaches("email")
	s.hush()
	b.submit("/setup-mfa/email", "email", " EVA@bakery.example ").is(422, "setup-email.title").says("problem.email-is-sign-in")
	b.submit("/setup-mfa/email", "email", "eva@localhost").is(422, "setup-email.title").says("problem.no-email")
	s.wantMails()
	b.submit("/setup-mfa/email", "email", "first@private.example").is(200, "setup-email-code.title")
	first := eva.mailed(notice.BackupEmailConfirm).Facts.Code
	b.submit("/setup-mfa/email/other").is(200, "setup-email.title")
	// Every address costs a mail, so another one waits too.
	b.submit("/setup-mfa/email", "email", "second@private.example").is(429, "setup-email.title")
	s.clock.move(time.Minute)
	b.submit("/setup-mfa/email", "email", "second@private.example").is(200, "setup-email-code.title")
	b.submit("/setup-mfa/email/code", "code", first).is(422, "setup-email-code.title").says("problem.wrong-mail-code")
	b.submit("/setup-mfa/email/code", "code", eva.mailed(notice.BackupEmailConfirm).Facts.Code).is(200, "setup-done.title")
	if got := eva.standing().BackupEmail.Address; got != "second@private.example" {
		t.Errorf("the backup e-mail is %s", string(got))
	}
}

func TestTheBackupEmailMayBeLeftForLater(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva")
	eva.reaches("email").submit("/setup-mfa/email/skip").is(200, "setup-done.title").says("setup-done.no-email")
	if st := eva.standing(); !st.MFA() || st.Codes.Left() != 10 {
		t.Error("the rest was lost")
	}
}

func TestANewFactorGivesPowersAfterADay(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		after time.Duration
		may   bool
	}{{24*time.Hour - time.Second, false}, {24 * time.Hour, true}} {
		s := newSite(t)
		eva := s.person("eva")
		b := eva.begins()
		eva.phones = []phone{b.scans("Phone")}
		s.clock.move(c.after)
		b = s.browser()
		eva.signsIn(b)
		s.hush()
		p := b.post("/my-login/backup-email", "email", "eva@private.example")
		if c.may {
			p.is(200, "my-backup-email-code.title")
			continue
		}
		p.at("/my-login").says("barrier.factor-too-new", "From", "3 March 2026, 12:00")
		s.wantMails()
	}
}

func TestWhereMFAIsForcedNothingButItsSetUpIsReached(t *testing.T) {
	t.Parallel()
	for name, enter := range map[string]func(*person) *browser{
		"signed in since": func(p *person) *browser { b := p.site.browser(); p.signsIn(b); return b },
		"signed in before it was forced": func(p *person) *browser {
			return p.inside()
		},
		"by the invitation": func(p *person) *browser {
			return p.inside(func(in *session.Session) { in.CameBy, in.Reach = session.ByInvitation, session.SetUpOnly })
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			eva := s.person("eva", in(forcing))
			b := enter(eva)
			b.open("/").is(200, "setup-begin.title").says("setup-begin.forced")
			before := s.contents()
			for _, r := range routes(t) {
				if r.need != "member" && r.need != "answeringUp" {
					continue
				}
				if p := b.send(r.method, r.filled(eva), pairs(nil)); p.status != 303 || p.header.Get("Location") != "/setup-mfa" {
					t.Errorf("%s %s answers %d, %s", r.method, r.path, p.status, p.header.Get("Location"))
				}
			}
			if p := b.send("GET", "/auth/verify", nil); p.status != 401 {
				t.Errorf("/auth/verify answers %d", p.status)
			}
			if now := s.contents(); now != before {
				t.Errorf("something was changed:\n%s", difference(before, now))
			}
		})
	}
}

func TestASetUpThatWasForcedOpensTheRestWhenMFAIsOn(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva", in(forcing))
	b := s.browser()
	eva.signsIn(b).is(200, "setup-begin.title")
	b.submit("/setup-mfa/begin").has(`form[action="/sign-out"]`).hasNot(`form[action="/setup-mfa/stop"]`)
	b.open("/my-login").is(200, "setup-check.title")
	b.submit("/setup-mfa/check", "code", eva.mailed(notice.SetUpCode).Facts.Code)
	b.scans("Phone")
	b.open("/my-login").at("/my-login").says("barrier.forced")
}

func TestForcingWaitsForItsDay(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		at     time.Duration
		forced bool
	}{{-time.Second, false}, {0, true}} {
		s := newSite(t)
		eva := s.person("eva", in(func(o *org.Organisation) { o.MFA = org.MFAPolicy{Forced: true, GraceUntil: noon.Add(time.Hour)} }))
		s.clock.set(noon.Add(time.Hour + c.at))
		p := eva.signsIn(s.browser())
		if c.forced {
			p.is(200, "setup-begin.title")
		} else {
			p.at("/my-login").says("notice.must-set-up", "Until", "2 March 2026, 13:00")
		}
	}
}

func TestAnOrganisationWithoutBackupEmailIsNotAskedForOne(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva", in(func(o *org.Organisation) { o.Policy.BackupEmailClosed = true }))
	b := eva.begins()
	b.scans("Phone")
	b.submit("/setup-mfa/codes", "code", b.page.codes()[0]).is(200, "setup-done.title")
}

func TestASetUpBelongsToItsBrowser(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva")
	b := eva.begins()
	other := eva.inside()
	other.open("/setup-mfa").is(200, "setup-begin.title")
	other.post("/setup-mfa/scan", "name", "Thief's", "code", string(b.page.secret().Code(factor.Step(noon)))).is(200, "setup-begin.title")
	if eva.standing().MFA() {
		t.Error("another browser finished the set-up")
	}
	// A page that only shows codes of a set is not found where none is shown.
	other.open("/setup-mfa/codes.txt").is(404, "error.404.title")
}

func TestAFrozenSetUpIsGone(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva")
	b := eva.begins()
	key := phone{secret: b.page.secret()}
	token := eva.link(standing.ForObjection, eva.email, standing.ObjectionLifetime)
	s.browser().post("/not-me/"+token).is(200, "not-me-done.title")
	b.submit("/setup-mfa/scan", "name", "Phone", "code", key.code(noon)).is(200, "sign-in.title")
	if st := eva.standing(); st.MFA() || st.Status != standing.Frozen {
		t.Errorf("left with MFA %v, %s", st.MFA(), st.Status)
	}
}

func TestARenewedProofKeepsTheSetUpUnderWay(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva")
	b := eva.begins()
	key := phone{secret: b.page.secret()}
	b.open("/prove?next=/setup-mfa")
	b.submit("/prove", "password", secretWords).is(200, "setup-scan.title")
	b.submit("/setup-mfa/scan", "name", "Phone", "code", key.code(noon)).is(200, "setup-codes.title")
}
