package web_test

import (
	"net/http"
	"net/url"
	"sync"
	"testing"

	"github.com/sparekey/sparekey/internal/factor"
	"github.com/sparekey/sparekey/internal/notice"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/standing"
)

// atOnce sends the same form from each browser at the same moment.
func atOnce(path string, form url.Values, browsers []*browser) []*page {
	pages := make([]*page, len(browsers))
	start := make(chan struct{})
	var group sync.WaitGroup
	for i, b := range browsers {
		group.Go(func() {
			<-start
			pages[i] = b.send("POST", path, form)
		})
	}
	close(start)
	group.Wait()
	return pages
}

// many returns n browsers with the same cookies as b.
func many(n int, b *browser) []*browser {
	list := make([]*browser, n)
	for i := range list {
		list[i] = b.twin()
	}
	return list
}

// seekers is how many send the same at once.
const seekers = 200

// halfways returns as many browsers, each in a sign-in of its own.
func (p *person) halfways(n int) []*browser {
	list := make([]*browser, n)
	for i := range list {
		list[i] = p.halfway()
	}
	return list
}

func TestOfManyWithOneCodeExactlyOneSignsIn(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		path string
		code func(*person) string
		from func(*person) []*browser
	}{
		{"an authenticator's code, one sign-in", "/mfa", (*person).code, func(p *person) []*browser { return many(seekers, p.halfway()) }},
		{"an authenticator's code, many sign-ins", "/mfa", (*person).code, func(p *person) []*browser { return p.halfways(10) }},
		{"a backup code, one sign-in", "/backup/code", func(p *person) string { return p.codes[0].Written() }, func(p *person) []*browser { return many(seekers, p.halfway()) }},
		{"a backup code, many sign-ins", "/backup/code", func(p *person) string { return p.codes[0].Written() }, func(p *person) []*browser { return p.halfways(10) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			eva := s.person("eva", withEverything)
			browsers := c.from(eva)
			in := 0
			for i, p := range atOnce(c.path, url.Values{"code": {c.code(eva)}}, browsers) {
				if p.status >= 500 {
					t.Errorf("answered %d", p.status)
				}
				if browsers[i].cookie("sparekey-session") != "" {
					in++
				}
			}
			if in != 1 || eva.sessions() != 1 {
				t.Errorf("%d browsers are in, with %d sessions", in, eva.sessions())
			}
			if c.path == "/backup/code" && eva.standing().Codes.Left() != 9 {
				t.Errorf("%d codes are left", eva.standing().Codes.Left())
			}
		})
	}
}

func TestOfManyWithOneMailedCodeExactlyOneSignsIn(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva", withEverything)
	b := eva.halfway()
	code := eva.asksForMail(b)
	atOnce("/backup/email/code", url.Values{"code": {code}}, many(seekers, b))
	if eva.sessions() != 1 {
		t.Errorf("%d sessions", eva.sessions())
	}
	s.wantMails("backup-email-used → eva@bakery.example", "backup-email-used → eva@private.example")
}

func TestWhatWorksOnceWorksOnceHoweverManyTry(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		traits []trait
		path   func(*person) string
		form   url.Values
		from   func(*person) *browser
		mails  []string
		events []string
	}{
		{
			"a reset link", nil, func(p *person) string {
				return "/password/new/" + p.link(standing.ForReset, p.email, standing.ResetLifetime)
			},
			url.Values{"password": {newWords}}, func(p *person) *browser { return p.site.browser() },
			[]string{"password-set-by-mail → eva@bakery.example"}, []string{"password.set-by-mail"},
		},
		{
			"an invitation", []trait{inState(org.Invited)}, func(p *person) string {
				return "/invitation/" + p.link(standing.ForInvitation, p.email, standing.InvitationLifetime)
			},
			url.Values{"password": {newWords}}, func(p *person) *browser { return p.site.browser() },
			[]string{"account-active → eva@bakery.example"}, []string{"invitation.accepted", "sign-in.done invitation"},
		},
		{
			"an objection", nil, func(p *person) string {
				return "/not-me/" + p.link(standing.ForObjection, p.email, standing.ObjectionLifetime)
			},
			nil, func(p *person) *browser { return p.site.browser() }, []string{"frozen → eva@bakery.example"}, []string{"recovery.objected by-mail"},
		},
		{
			"the answer that the phone is lost", []trait{withEverything}, func(*person) string { return "/lost-phone" },
			url.Values{"lost": {"yes"}, "factor": {"phone-1-of-member-eva"}},
			func(p *person) *browser {
				p.apply(standing.SetStatus{Status: standing.Answering, At: noon})
				return p.inside(byBackup)
			},
			[]string{"phone-lost → eva@bakery.example", "phone-lost → eva@private.example"}, []string{"recovery.phone.lost", "authenticator.removed lost"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			eva := s.person("eva", c.traits...)
			b, path := c.from(eva), c.path(eva)
			s.hush()
			form := c.form
			if form == nil {
				form = url.Values{}
			}
			for _, p := range atOnce(path, form, many(10, b)) {
				if p.status >= 500 {
					t.Errorf("answered %d", p.status)
				}
			}
			s.wantMails(c.mails...)
			s.wantEvents(c.events...)
		})
	}
}

func TestASetUpThatIsSentTwiceIsDoneOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva")
	b := s.browser()
	eva.signsIn(b)
	b.open("/setup-mfa")
	b.submit("/setup-mfa/begin")
	twice := func(action string, fields ...string) *page {
		t.Helper()
		form := b.fill(action, fields...)
		browsers := append(many(4, b), b)
		pages := atOnce(action, form, browsers)
		var won *browser
		for i, p := range pages {
			if p.status >= 500 {
				t.Errorf("%s: %d", action, p.status)
			}
			if won == nil || browsers[i].cookie("sparekey-session") != b.cookie("sparekey-session") {
				won = browsers[i]
			}
		}
		b = won
		for _, other := range browsers {
			if p := other.open("/setup-mfa"); p.status == 200 && p.doc.Find("#codes, #key").Length() > 0 {
				b = other
			}
		}
		return b.open("/setup-mfa")
	}
	twice("/setup-mfa/check", "code", eva.mailed(notice.SetUpCode).Facts.Code).is(200, "setup-scan.title")
	s.hush()
	key := phone{secret: b.page.secret()}
	twice("/setup-mfa/scan", "name", "Phone", "code", key.code(noon)).is(200, "setup-codes.title")
	s.wantMails("mfa-on → eva@bakery.example")
	if n := len(eva.standing().Authenticators); n != 1 || eva.sessions() != 1 {
		t.Errorf("%d authenticators, %d sessions", n, eva.sessions())
	}
	s.hush()
	twice("/setup-mfa/codes", "code", b.page.codes()[0]).is(200, "setup-email.title")
	s.wantEvents("backup-codes.made")
	if left := eva.standing().Codes.Left(); left != factor.BackupCodes {
		t.Errorf("%d codes", left)
	}
}

// TestASecondPressOfTheSignInButtonEndsSignedIn: the first answer has set the
// cookie of the session by the time the second is followed.
func TestASecondPressOfTheSignInButtonEndsSignedIn(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva", withEverything)
	b := s.browser()
	eva.typesPassword(b)
	second := b.twin()
	form := b.fill("/mfa", "code", eva.code())
	b.send("POST", "/mfa", form)
	answer := second.send("POST", "/mfa", form)
	b.jar.SetCookies(home, (&http.Response{Header: answer.header}).Cookies())
	b.follow(answer).at("/my-login").saysNot("notice.sign-in-expired")
	if eva.sessions() != 1 {
		t.Errorf("%d sessions", eva.sessions())
	}
}

func TestManyRenewalsLeaveOneSession(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva", withEverything)
	b := eva.inside()
	atOnce("/prove", url.Values{"password": {secretWords}, "code": {eva.code()}}, many(8, b))
	if eva.sessions() != 1 {
		t.Errorf("%d sessions", eva.sessions())
	}
}

func TestHoweverManyAskAtOnceOneMailGoes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		path string
		form url.Values
		from func(*person) *browser
		kind notice.Kind
	}{
		{"/backup/email", url.Values{}, (*person).halfway, notice.SignInCode},
		{"/password/forgotten", url.Values{"email": {"eva@bakery.example"}}, func(p *person) *browser { return p.site.browser() }, notice.PasswordReset},
		{"/my-login/backup-email", url.Values{"email": {"new@private.example"}}, func(p *person) *browser { return p.inside() }, notice.BackupEmailConfirm},
	} {
		t.Run(c.path, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			eva := s.person("eva", withEverything)
			atOnce(c.path, c.form, many(20, c.from(eva)))
			if mails := s.mails(); len(mails) != 1 || mails[0].Kind != c.kind {
				t.Errorf("%d mails went", len(mails))
			}
		})
	}
}

func TestAFinishedSignInIsOver(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva", withEverything)
	b := eva.halfway()
	kept := b.twin()
	b.post("/mfa", "code", eva.code()).at("/my-login")
	s.clock.move(factor.Period)
	kept.post("/mfa", "code", eva.code()).is(200, "sign-in.title").says("notice.sign-in-expired")
	if eva.sessions() != 1 {
		t.Errorf("%d sessions", eva.sessions())
	}
}
