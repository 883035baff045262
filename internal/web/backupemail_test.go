package web_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sparekey/sparekey/internal/factor"
	"github.com/sparekey/sparekey/internal/notice"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/standing"
	"github.com/sparekey/sparekey/internal/throttle"
)

// asksForMail opens the backups in b, where the password was typed, and has a
// code mailed, which it returns.
func (p *person) asksForMail(b *browser) string {
	p.site.t.Helper()
	p.site.hush()
	b.open("/backup")
	b.submit("/backup/email").is(200, "backup-email.title").says("notice.code-sent")
	m := p.mailed(notice.SignInCode)
	if m.To != p.backup {
		p.site.t.Fatalf("the code went to %s", string(m.To))
	}
	return m.Facts.Code
}

func TestACodeMailedToTheBackupEmailSignsInOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva", withEverything)
	b := s.browser()
	eva.typesPassword(b)
	s.hush()
	b.open("/backup")
	b.submit("/backup/email").is(200, "backup-email.title")
	s.wantEvents("recovery.mail-code.sent sign-in")
	sent := s.wantMails("sign-in-code → eva@private.example")
	facts := sent["sign-in-code → eva@private.example"].Facts
	if len(facts.Code) != 8 || !facts.ValidUntil.Equal(noon.Add(10*time.Minute)) {
		t.Errorf("the mail says %+v", facts)
	}
	b.page.says("mailed.sent", "Address", eva.backup.Masked())
	again := b.twin()
	b.submit("/backup/email/code", "code", facts.Code[:4]+" "+facts.Code[4:]).is(200, "lost-phone.title").says("lost-phone.by-email")
	s.wantEvents("recovery.mail-code.spent", "sign-in.done backup-email")
	s.wantMails("backup-email-used → eva@bakery.example", "backup-email-used → eva@private.example")
	again.submit("/backup/email/code", "code", facts.Code).is(200, "sign-in.title")
	if eva.sessions() != 1 || eva.standing().Status != standing.Answering {
		t.Errorf("%d sessions, %s", eva.sessions(), eva.standing().Status)
	}
}

func TestAMailedCodeWorksInTheBrowserThatAskedOnly(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva", withEverything)
	asked, other := eva.halfway(), eva.halfway()
	code := eva.asksForMail(asked)
	other.post("/backup/email/code", "code", code).at("/backup")
	// Even where that browser has asked for a code of its own.
	s.clock.move(time.Minute)
	eva.asksForMail(other)
	other.submit("/backup/email/code", "code", code).is(401, "backup-email.title").says("problem.wrong-mail-code")
	asked.submit("/backup/email/code", "code", code).at("/lost-phone")
}

func TestAMailedCodeWorksForTenMinutes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		after time.Duration
		works bool
	}{{10*time.Minute - time.Second, true}, {10 * time.Minute, false}} {
		s := newSite(t)
		eva := s.person("eva", withEverything)
		b := eva.halfway()
		code := eva.asksForMail(b)
		s.clock.move(c.after)
		p := b.submit("/backup/email/code", "code", code)
		if c.works {
			p.at("/lost-phone")
		} else {
			p.is(401, "backup-email.title").says("problem.mail-code-ended").has(`form[action="/backup/email"]`)
			if wrong := eva.standing().WrongCodes; wrong != 0 {
				t.Errorf("a code that came too late counts as %d wrong", wrong)
			}
		}
	}
}

func TestANewMailedCodeReplacesTheOneBefore(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva", withEverything)
	b := eva.halfway()
	first := eva.asksForMail(b)
	s.clock.move(time.Minute)
	second := eva.asksForMail(b)
	b.submit("/backup/email/code", "code", first).is(401, "backup-email.title")
	b.submit("/backup/email/code", "code", second).at("/lost-phone")
}

func TestFiveWrongMailedCodesEndTheSignIn(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva", withEverything)
	b := eva.halfway()
	code := eva.asksForMail(b)
	wrong := "00000000"
	for left := 4; left > 0; left-- {
		b.submit("/backup/email/code", "code", wrong).is(401, "backup-email.title").says("problem.tries-left", "Count", left)
		b.submit("/backup/email/code", "code", "123456").is(422, "backup-email.title").says("problem.code-not-eight")
	}
	b.submit("/backup/email/code", "code", wrong).is(200, "sign-in.title").says("notice.begin-again")
	b.post("/backup/email/code", "code", code).is(200, "sign-in.title")
	if eva.sessions() != 0 {
		t.Error("the right code came after the fifth wrong one and opened a session")
	}
}

func TestARungOfMailThatIsClosedSaysWhyAndSendsNothing(t *testing.T) {
	t.Parallel()
	hours := func(n int) time.Time { return noon.Add(time.Duration(n) * time.Hour) }
	confirmed := func(usable time.Time) standing.Effect {
		return standing.SetBackupEmail{BackupEmail: factor.BackupEmail{Address: "eva@private.example", Confirmed: noon.Add(-time.Hour), UsableFrom: usable}}
	}
	passwordAt := func(set time.Time) func(*person) {
		return func(p *person) {
			was := p.standing().Password
			was.Set, was.ByMail = set, true
			p.apply(standing.SetPassword{Password: was})
		}
	}
	for _, c := range []struct {
		name   string
		change func(*person)
		reason string // empty: open
	}{
		{"as it should be", func(*person) {}, ""},
		{"changed a second less than 24 hours ago", func(p *person) { p.apply(confirmed(noon.Add(time.Second))) }, "backup-email-too-new"},
		{"changed 24 hours ago", func(p *person) { p.apply(confirmed(noon)) }, ""},
		{"none", func(p *person) { p.apply(standing.SetBackupEmail{}) }, "no-backup-email"},
		{"password by mail a second less than 72 hours ago", passwordAt(hours(-72).Add(time.Second)), "password-by-mail"},
		{"password by mail 72 hours ago", passwordAt(hours(-72)), ""},
		{"password by mail, and a factor proved since", func(p *person) {
			passwordAt(hours(-2))(p)
			p.apply(standing.MarkProved{At: hours(-1)})
		}, ""},
		{"password by mail, and a factor proved before", func(p *person) {
			p.apply(standing.MarkProved{At: hours(-3)})
			passwordAt(hours(-2))(p)
		}, "password-by-mail"},
		{"frozen", func(p *person) { p.apply(standing.SetStatus{Status: standing.Frozen, At: hours(-1)}) }, "frozen"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			eva := s.person("eva", withEverything)
			c.change(eva)
			b := eva.halfway()
			b.open("/backup")
			if c.reason == "" {
				eva.asksForMail(b)
				return
			}
			b.page.hasNot(`form[action="/backup/email"]`)
			if !strings.Contains(b.page.text(), visible(english("reason."+c.reason+".next"))) {
				t.Errorf("the page does not say what to do about %s:\n%s", c.reason, b.page.text())
			}
			s.hush()
			b.post("/backup/email").is(409, "backup.title").says("problem.refused")
			s.wantEvents("recovery.refused " + c.reason)
			s.wantMails()
		})
	}
}

func TestAnOrganisationMayCloseTheBackupEmail(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva", in(func(o *org.Organisation) { o.Policy.BackupEmailClosed = true }), withEverything)
	b := eva.halfway()
	b.open("/backup").says("reason.backup-email-closed").hasNot(`form[action="/backup/email"]`)
	b.post("/backup/email").is(409, "backup.title")
	s.wantMails()
	b.open("/backup/email").at("/backup")
}

func TestARungThatClosesAfterTheCodeWasMailedStaysClosed(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]standing.Effect{
		"the address was changed":        standing.SetBackupEmail{BackupEmail: factor.BackupEmail{Address: "new@private.example", Confirmed: noon, UsableFrom: noon}},
		"the address was removed":        standing.SetBackupEmail{},
		"the recovery was frozen":        standing.SetStatus{Status: standing.Frozen, At: noon},
		"the address became usable late": standing.SetBackupEmail{BackupEmail: factor.BackupEmail{Address: "eva@private.example", Confirmed: noon, UsableFrom: noon.Add(time.Hour)}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			eva := s.person("eva", withEverything)
			b := eva.halfway()
			code := eva.asksForMail(b)
			eva.apply(change)
			p := b.submit("/backup/email/code", "code", code)
			if eva.sessions() != 0 || (p.status != 401 && p.status != 409) {
				t.Errorf("answered %d, %d sessions", p.status, eva.sessions())
			}
		})
	}
}

func TestCodesAreMailedOnceAMinuteAndFiveTimesInASignIn(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva", withEverything)
	b := eva.halfway()
	for i := range throttle.MailsPerHour {
		if i > 0 {
			s.clock.move(59 * time.Second)
			if p := b.post("/backup/email"); p.status != 429 || p.header.Get("Retry-After") != "1" {
				t.Errorf("mail %d a second early: %d", i, p.status)
			}
			s.clock.move(time.Second)
		}
		eva.asksForMail(b)
	}
	s.hush()
	s.clock.move(5 * time.Minute)
	p := b.post("/backup/email")
	if p.status != 429 || p.header.Get("Retry-After") != strconv.Itoa(51*60) {
		t.Errorf("a sixth is answered %d, Retry-After %q", p.status, p.header.Get("Retry-After"))
	}
	p.says("problem.sent-too-often", "Wait", "51 minutes")
	s.wantMails()
	eva.asksForMail(eva.halfway()) // another sign-in has its own
}

func TestASessionByTheBackupEmailIsBoundLikeOneByACode(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva", withEverything)
	b := eva.halfway()
	code := eva.asksForMail(b)
	b.submit("/backup/email/code", "code", code)
	b.submit("/lost-phone", "lost", "no").at("/my-login").says("notice.came-by-backup")
	b.post("/my-login/backup-email", "email", "thief@private.example").at("/my-login")
	b.post("/my-login/password", "password", "vier nieuwe losse woorden").at("/my-login")
	if got := eva.standing().BackupEmail.Address; got != eva.backup {
		t.Errorf("the backup e-mail is %s", string(got))
	}
}
