package web_test

import (
	"encoding/base32"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"github.com/sparekey/sparekey/internal/factor"
	"github.com/sparekey/sparekey/internal/notice"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/standing"
)

// secret is the key that the page shows for typing it into an app.
func (p *page) secret() factor.Secret {
	p.site.t.Helper()
	text := strings.ReplaceAll(p.doc.Find("#key").Text(), " ", "")
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(text)
	if err != nil || len(key) != 20 {
		p.site.t.Fatalf("the key on %s is %q: %v", p.path, text, err)
	}
	return factor.SecretFromBytes(key)
}

// codes are the backup codes that the page shows.
func (p *page) codes() []string {
	p.site.t.Helper()
	var list []string
	p.doc.Find("#codes li").Each(func(_ int, li *goquery.Selection) { list = append(list, visible(li.Text())) })
	if len(list) != factor.BackupCodes {
		p.site.t.Fatalf("%s shows %d codes: %q", p.path, len(list), list)
	}
	return list
}

// scans types the first code of the key that the page shows, and returns the
// phone that shows its codes from now on.
func (b *browser) scans(name string) phone {
	b.site.t.Helper()
	on := phone{secret: b.page.secret()}
	b.submit("/setup-mfa/scan", "name", name, "code", on.code(b.site.clock.now()))
	return on
}

// begins signs in at a new browser, begins the set-up of MFA and types the code
// that guards it.
func (p *person) begins() *browser {
	p.site.t.Helper()
	b := p.site.browser()
	p.signsIn(b)
	b.open("/setup-mfa").is(200, "setup-begin.title")
	p.site.hush()
	b.submit("/setup-mfa/begin").is(200, "setup-check.title")
	m := p.mailed(notice.SetUpCode)
	if m.To != p.email {
		p.site.t.Fatalf("the code went to %s", string(m.To))
	}
	b.submit("/setup-mfa/check", "code", m.Facts.Code).is(200, "setup-scan.title")
	return b
}

func TestMFAIsSetUpInFourSteps(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva")
	other := eva.inside()
	b := s.browser()
	eva.signsIn(b)
	s.hush()
	b.open("/my-login")
	b.open("/setup-mfa").is(200, "setup-begin.title").says("setup-begin.chosen").says("setup-begin.need-mail", "Address", "eva@bakery.example")

	b.submit("/setup-mfa/begin").is(200, "setup-check.title").says("steps.count", "Number", 1, "Total", 4)
	s.wantEvents("set-up.begun first", "recovery.mail-code.sent set-up")
	code := s.wantMails("set-up-code → eva@bakery.example")["set-up-code → eva@bakery.example"].Facts.Code

	b.submit("/setup-mfa/check", "code", code).is(200, "setup-scan.title").says("steps.count", "Number", 2, "Total", 4)
	if st := eva.standing(); st.MFA() || len(st.Authenticators) != 0 {
		t.Error("something counts before the first code was typed")
	}
	token := b.cookie("sparekey-session")
	on := b.scans("My phone")
	b.page.is(200, "setup-codes.title").says("steps.count", "Number", 3, "Total", 4)
	s.wantEvents("authenticator.added", "mfa.on")
	s.wantMails("mfa-on → eva@bakery.example")
	if b.cookie("sparekey-session") == token {
		t.Error("whoever gained a factor kept the old token")
	}
	b.stale(token)
	other.open("/my-login").is(200, "sign-in.title") // every other session has ended
	if st := eva.standing(); !st.MFA() || len(st.Codes.Codes) != 0 {
		t.Errorf("after the first code: MFA %v, %d codes", st.MFA(), len(st.Codes.Codes))
	}

	codes := b.page.codes()
	file := b.send("GET", "/setup-mfa/codes.txt", nil)
	for _, c := range codes {
		if !strings.Contains(strings.ReplaceAll(file.body, "-", " "), strings.ReplaceAll(c, "-", " ")) {
			t.Errorf("the file does not hold %s", c)
		}
	}
	b.submit("/setup-mfa/codes", "code", "0000-0000-0000-0000").is(422, "setup-codes.title").says("problem.not-your-code")
	b.submit("/setup-mfa/codes", "code", strings.ToLower(codes[7])).is(200, "setup-email.title").says("steps.count", "Number", 4, "Total", 4)
	s.wantEvents("backup-codes.made")

	b.submit("/setup-mfa/email", "email", "Eva@Private.example").is(200, "setup-email-code.title")
	s.wantEvents("recovery.mail-code.sent backup-email")
	code = s.wantMails("backup-email-confirm → eva@private.example")["backup-email-confirm → eva@private.example"].Facts.Code
	if eva.standing().BackupEmail != (factor.BackupEmail{}) {
		t.Error("the address counts before its code was typed")
	}
	b.submit("/setup-mfa/email/code", "code", code).is(200, "setup-done.title").
		says("setup-done.authenticator", "Name", "My phone").says("setup-done.codes", "Count", 10).saysNot("setup-done.no-email")
	s.wantEvents("backup-email.set")
	s.wantMails("backup-email-changed → eva@bakery.example")

	// What a mailed code guarded recovers at once; the factor gives powers a day later.
	st := eva.standing()
	if !st.BackupEmail.UsableFrom.Equal(noon) || !st.Authenticators[0].PowersFrom.Equal(noon.Add(24*time.Hour)) || st.Codes.Left() != 10 {
		t.Errorf("left with %+v, powers from %v, %d codes", st.BackupEmail.UsableFrom, st.Authenticators[0].PowersFrom, st.Codes.Left())
	}
	again := eva.halfway()
	again.post("/mfa", "code", on.code(noon)).is(401, "mfa.title").says("problem.code-used") // the first code is spent
	again.post("/backup/code", "code", codes[7]).at("/lost-phone")                           // the one typed back is not
}

// stale fails unless the session of an old token is over.
func (b *browser) stale(token string) {
	b.site.t.Helper()
	old := b.site.browser()
	old.setCookie("sparekey-session", token)
	old.open("/my-login").is(200, "sign-in.title").says("notice.session-ended")
}

func TestASetUpIsGuardedByAMailedCodeUnlessTheInvitationWasFresh(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		after   time.Duration
		guarded bool
	}{{0, false}, {time.Hour - time.Second, false}, {time.Hour, true}} {
		s := newSite(t)
		ida := s.person("ida", inState(org.Invited), withEffects(standing.SetPassword{}))
		token := ida.link(standing.ForInvitation, ida.email, standing.InvitationLifetime)
		b := s.browser()
		b.open("/invitation/" + token)
		b.submit("/invitation/"+token, "password", secretWords).is(200, "setup-begin.title")
		if c.after > 0 {
			s.clock.move(c.after / 2)
			b.open("/setup-mfa") // so that the session is not idle for an hour
			s.clock.set(noon.Add(c.after))
			b.open("/setup-mfa").is(200, "prove.title")
			b.submit("/prove", "password", secretWords)
		}
		if c.guarded {
			b.submit("/setup-mfa/begin").is(200, "setup-check.title")
			continue
		}
		b.submit("/setup-mfa/begin").is(200, "setup-scan.title")
		b.scans("Phone")
		if powers := ida.standing().Authenticators[0].PowersFrom; !powers.Equal(s.clock.now()) {
			t.Errorf("a factor set up through the invitation gives powers from %v", powers)
		}
	}
}

func TestBreakingOffLeavesNothingHalfDone(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		stage string
		left  string // setup-stopped.LEFT
		mfa   bool
		codes int
	}{
		{"check", "nothing", false, 0},
		{"scan", "nothing", false, 0},
		{"codes", "no-codes", true, 0},
		{"email", "no-email", true, 10},
		{"email-code", "no-email", true, 10},
	} {
		for _, how := range []string{"stop", "sign out", "wait"} {
			t.Run(c.stage+", "+how, func(t *testing.T) {
				t.Parallel()
				s := newSite(t)
				eva := s.person("eva")
				b := eva.reaches(c.stage)
				switch how {
				case "stop":
					b.submit("/setup-mfa/stop").is(200, "setup-stopped.title").says("setup-stopped." + c.left)
				case "sign out":
					b.submit("/sign-out")
				case "wait":
					s.clock.move(standing.SetUpLifetime)
					b.open("/my-login")
				}
				st := eva.standing()
				if st.MFA() != c.mfa || len(st.Codes.Codes) != c.codes || st.BackupEmail != (factor.BackupEmail{}) || (len(st.Authenticators) == 1) != c.mfa {
					t.Errorf("left with MFA %v, %d authenticators, %d codes, backup e-mail %v", st.MFA(), len(st.Authenticators), len(st.Codes.Codes), st.BackupEmail)
				}
				if how != "sign out" { // the stage cannot be gone on with
					before := s.contents()
					for _, path := range []string{"check", "scan", "codes", "email", "email/code"} {
						b.post("/setup-mfa/"+path, "code", "12345678", "name", "Phone", "email", "eva@private.example")
					}
					if now := s.contents(); now != before {
						t.Errorf("a set-up that was broken off went on:\n%s", difference(before, now))
					}
				}
			})
		}
	}
}

// reaches sets up MFA as far as a stage, which it shows.
func (p *person) reaches(stage string) *browser {
	p.site.t.Helper()
	if stage == "check" {
		b := p.site.browser()
		p.signsIn(b)
		b.open("/setup-mfa")
		b.submit("/setup-mfa/begin").is(200, "setup-check.title")
		return b
	}
	b := p.begins()
	if stage == "scan" {
		return b
	}
	b.scans("Phone")
	if stage == "codes" {
		return b
	}
	b.submit("/setup-mfa/codes", "code", b.page.codes()[0]).is(200, "setup-email.title")
	if stage == "email-code" {
		b.submit("/setup-mfa/email", "email", "eva@private.example").is(200, "setup-email-code.title")
	}
	return b
}
