package web_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/sparekey/sparekey/internal/factor"
	"github.com/sparekey/sparekey/internal/notice"
	"github.com/sparekey/sparekey/internal/standing"
)

// comesByCode signs in with a backup code and returns the browser, which shows
// the question whether the phone is lost.
func (p *person) comesByCode(n int) *browser {
	p.site.t.Helper()
	b := p.site.browser()
	p.typesPassword(b)
	b.open("/backup")
	b.submit("/backup/code", "code", p.codes[n].Written()).is(200, "lost-phone.title")
	return b
}

func TestABackupCodeSignsInHoweverItIsTyped(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva", withEverything)
	for i, typed := range []func(string) string{
		func(c string) string { return c },
		strings.ToLower,
		func(c string) string { return strings.ReplaceAll(c, "-", "") },
		func(c string) string { return " " + strings.ReplaceAll(c, "-", " ") + "\r\n" },
		func(c string) string { return strings.ReplaceAll(c, "-", "\u00a0") },
		func(c string) string { return strings.ReplaceAll(c, "0", "O") },
		func(c string) string { return strings.ReplaceAll(c, "1", "i") },
		func(c string) string { return strings.ReplaceAll(strings.ToLower(c), "1", "l") },
	} {
		eva.halfway().post("/backup/code", "code", typed(eva.codes[i].Written())).at("/lost-phone")
		if left := eva.standing().Codes.Left(); left != 9-i {
			t.Fatalf("after code %d %d are left", i, left)
		}
	}
}

func TestABackupCodeWorksOnceAndIsToldToAllAddresses(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva", withEverything)
	s.hush()
	b := eva.comesByCode(3)
	b.page.says("lost-phone.by-code", "Count", 9)
	s.wantEvents("sign-in.password.right factor", "recovery.backup-code.spent", "sign-in.done backup-code")
	sent := s.wantMails("backup-code-used → eva@bakery.example", "backup-code-used → eva@private.example")
	if m := sent["backup-code-used → eva@bakery.example"]; m.Facts.Count != 9 || m.Facts.Browser != "Firefox on Linux" || m.Facts.Address != "192.0.2.7" || !m.Facts.At.Equal(noon) {
		t.Errorf("the mail says %+v", m.Facts)
	}
	eva.halfway().post("/backup/code", "code", eva.codes[3].Written()).is(401, "backup.title").says("problem.backup-spent")
	s.wantEvents("sign-in.code.replayed backup-code")
}

func TestTheLastBackupCodesAreCountedDown(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva", withEverything)
	s.hush()
	for i := range factor.BackupCodes {
		eva.halfway().post("/backup/code", "code", eva.codes[i].Written()).at("/lost-phone")
		kind := notice.BackupCodeUsed
		if 9-i < 3 {
			kind = notice.BackupCodesLow
		}
		s.wantMails(string(kind)+" → eva@bakery.example", string(kind)+" → eva@private.example")
	}
	eva.halfway().open("/backup").says("reason.codes-spent").hasNot(`form[action="/backup/code"]`)
	eva.halfway().post("/backup/code", "code", eva.codes[0].Written()).is(401, "backup.title")
}

func TestNothingElseOpensUntilTheQuestionIsAnswered(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva", withEverything)
	b := eva.comesByCode(0)
	before := s.contents()
	for _, r := range routes(t) {
		if r.need != "member" && r.need != "settingUp" {
			continue
		}
		p := b.send(r.method, r.filled(eva), map[string][]string{})
		if p.status != 303 || p.header.Get("Location") != "/lost-phone" {
			t.Errorf("%s %s answers %d and leads to %q", r.method, r.path, p.status, p.header.Get("Location"))
		}
	}
	if now := s.contents(); now != before {
		t.Errorf("something was changed:\n%s", difference(before, now))
	}
	if p := b.open("/auth/verify"); p.status != 401 {
		t.Errorf("/auth/verify answers %d", p.status)
	}
}

func TestNotLostSettlesIt(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva", withEverything)
	b := eva.comesByCode(0)
	s.hush()
	b.submit("/lost-phone", "lost", "no").at("/my-login").says("notice.came-by-backup")
	s.wantEvents("recovery.phone.not-lost")
	s.wantMails()
	if st := eva.standing(); st.Status != standing.Settled || len(st.Authenticators) != 1 || st.Codes.Left() != 9 {
		t.Errorf("left as %s with %d authenticators, %d codes", st.Status, len(st.Authenticators), st.Codes.Left())
	}
	b.open("/lost-phone").at("/my-login")
	b.post("/lost-phone", "lost", "yes", "factor", string(eva.phones[0].id))
	if st := eva.standing(); len(st.Authenticators) != 1 {
		t.Error("a later yes took the authenticator away")
	}
}

func TestLostTakesEverythingFromWhoeverHoldsThePhone(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva", withEverything)
	thief, old := s.browser(), eva.code()
	eva.signsIn(thief)
	elsewhere := eva.halfway() // a sign-in under way
	b := eva.comesByCode(0)
	s.hush()
	b.submit("/lost-phone", "lost", "yes").is(200, "setup-begin.title").says("setup-begin.lost")
	s.wantEvents("recovery.phone.lost", "authenticator.removed lost")
	s.wantMails("phone-lost → eva@bakery.example", "phone-lost → eva@private.example")

	thief.open("/my-login").is(200, "sign-in.title")
	if eva.knownAt(thief) != 0 {
		t.Error("the browser of the lost phone is still known")
	}
	s.clock.move(time.Minute)
	elsewhere.post("/mfa", "code", eva.code()).is(200, "sign-in.title")
	eva.halfway().post("/mfa", "code", old).is(401, "mfa.title")
	if st := eva.standing(); !st.MFA() || st.Status != standing.Replacing || len(st.Authenticators) != 0 || eva.sessions() != 1 {
		t.Errorf("left as %s, MFA %v, %d authenticators, %d sessions", st.Status, st.MFA(), len(st.Authenticators), eva.sessions())
	}

	// Set up anew: no mailed code is asked, the old backup codes die with the new set.
	b.submit("/setup-mfa/begin").is(200, "setup-scan.title")
	scanned := b.scans("New phone")
	s.wantMails("authenticator-added → eva@bakery.example", "authenticator-added → eva@private.example")
	codes := b.page.codes()
	eva.halfway().post("/backup/code", "code", eva.codes[1].Written()).at("/lost-phone") // until then the old set works
	s.hush()
	b.submit("/setup-mfa/codes", "code", codes[0]).is(200, "setup-done.title").says("setup-done.replaced")
	s.wantMails("backup-codes-replaced → eva@bakery.example", "backup-codes-replaced → eva@private.example")
	eva.halfway().post("/backup/code", "code", eva.codes[2].Written()).is(401, "backup.title")
	s.clock.move(factor.Period)
	eva.halfway().post("/mfa", "code", scanned.code(s.clock.now())).at("/my-login")
	if st := eva.standing(); st.Codes.Left() != 10 || st.BackupEmail.Address != eva.backup {
		t.Errorf("left with %d codes and backup e-mail %s", st.Codes.Left(), st.BackupEmail.Address)
	}
}

func TestOfTwoPhonesOnlyTheLostOneGoes(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva", withEverything, withPhone("Tablet", -long))
	bram := s.person("bram", withMFA)
	b := eva.comesByCode(0)
	b.page.has(`input[name=factor][value="phone-1-of-member-eva"][checked]`).has(`input[name=factor][value="phone-2-of-member-eva"]`)
	b.post("/lost-phone", "lost", "yes").is(422, "lost-phone.title").says("problem.nothing-chosen")
	b.post("/lost-phone", "lost", "yes", "factor", string(bram.phones[0].id)).is(422, "lost-phone.title")
	b.post("/lost-phone", "lost", "yes", "factor", string(eva.phones[0].id), "factor", "nobody's").is(422, "lost-phone.title")
	b.post("/lost-phone", "lost", "perhaps").is(422, "lost-phone.title").says("problem.nothing-chosen")
	if n := len(eva.standing().Authenticators) + len(bram.standing().Authenticators); n != 3 {
		t.Fatalf("%d authenticators are left", n)
	}
	b.submit("/lost-phone", "lost", "yes", "factor", string(eva.phones[0].id)).is(200, "setup-begin.title")
	if st := eva.standing(); len(st.Authenticators) != 1 || st.Authenticators[0].Name != "Tablet" {
		t.Errorf("left: %v", st.Authenticators)
	}
	eva.halfway().post("/mfa", "code", eva.phones[1].code(noon)).at("/my-login")
	if st := eva.standing(); st.Status != standing.Settled {
		t.Errorf("left as %s", st.Status)
	}
}

func TestLostAnsweredTwiceIsDoneOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva", withEverything)
	b := eva.comesByCode(0)
	form := b.fill("/lost-phone", "lost", "yes")
	s.hush()
	b.send("POST", "/lost-phone", form)
	b.follow(b.send("POST", "/lost-phone", form)).at("/my-login")
	s.wantEvents("recovery.phone.lost", "authenticator.removed lost")
}

func TestOnlyASessionByABackupAnswersTheQuestion(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva", withEverything)
	own := eva.inside()
	eva.comesByCode(0)
	own.post("/lost-phone", "lost", "yes", "factor", string(eva.phones[0].id)).at("/my-login")
	if n := len(eva.standing().Authenticators); n != 1 {
		t.Errorf("%d authenticators are left", n)
	}
}

func TestASessionByABackupChangesNothingThatMatters(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva", withEverything, withPhone("Tablet", -long))
	b := eva.comesByCode(0)
	b.submit("/lost-phone", "lost", "no")
	s.hush()
	before := s.contents()
	authenticator := "/my-login/authenticators/" + string(eva.phones[0].id)
	for _, post := range [][]string{
		{"/my-login/password", "password", "vier nieuwe losse woorden"},
		{"/my-login/backup-email", "email", "thief@private.example"},
		{"/my-login/backup-email/remove"},
		{"/my-login/backup-codes"},
		{"/my-login/mfa-off"},
		{authenticator + "/rename", "name", "Thief's"},
		{authenticator + "/remove"},
		{"/setup-mfa/begin"},
	} {
		b.post(post[0], post[1:]...).at("/my-login")
	}
	if now := s.contents(); now != before {
		t.Errorf("something was changed:\n%s", difference(before, now))
	}
	b.open("/my-login").has(".closed").says("barrier.came-by-backup").hasNot(`a[href="/my-login/mfa-off"]`)
}

func TestASessionByABackupLivesADayAtMost(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		after time.Duration
		alive bool
	}{{24*time.Hour - time.Second, true}, {24 * time.Hour, false}} {
		s := newSite(t)
		eva := s.person("eva", withEverything)
		b := eva.comesByCode(0)
		b.submit("/lost-phone", "lost", "no")
		for passed := 50 * time.Minute; passed < c.after; passed += 50 * time.Minute {
			s.clock.set(noon.Add(passed))
			b.send("GET", "/auth/verify", nil)
		}
		s.clock.set(noon.Add(c.after))
		if p := b.open("/my-login"); (p.path == "/my-login") != c.alive {
			t.Errorf("%v later it leads to %s", c.after, p.path)
		}
	}
}

// difference returns the lines that are in one text only.
func difference(before, after string) string {
	var lines []string
	for _, side := range [][2]string{{before, after}, {after, before}} {
		mark := "- "
		if side[0] == after {
			mark = "+ "
		}
		has := make(map[string]bool)
		for line := range strings.SplitSeq(side[1], "\n") {
			has[line] = true
		}
		for line := range strings.SplitSeq(side[0], "\n") {
			if !has[line] {
				lines = append(lines, mark+fmt.Sprintf("%.300s", line))
			}
		}
	}
	return strings.Join(lines, "\n")
}
