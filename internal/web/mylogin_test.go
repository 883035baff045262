package web_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sparekey/sparekey/internal/factor"
	"github.com/sparekey/sparekey/internal/notice"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/session"
	"github.com/sparekey/sparekey/internal/standing"
)

// A change is something under My login that needs a fresh proof and is told.
type change struct {
	name   string
	post   []string // path, then fields
	back   string   // where a renewal of the proof leads back to
	kinds  []string // of the mails; each to every address there was before
	events []string
}

func changes(eva *person) []change {
	one := "/my-login/authenticators/" + string(eva.phones[0].id)
	return []change{
		{"password", []string{"/my-login/password", "password", newWords}, "/my-login/password", []string{"password-changed"}, []string{"password.changed"}},
		{"rename", []string{one + "/rename", "name", "Old phone"}, one, []string{"authenticator-renamed"}, []string{"authenticator.renamed"}},
		{"remove one", []string{one + "/remove"}, one, []string{"authenticator-removed"}, []string{"authenticator.removed"}},
		{"MFA off", []string{"/my-login/mfa-off"}, "/my-login/mfa-off", []string{"mfa-off"}, []string{"authenticator.removed", "authenticator.removed", "mfa.off"}},
		{"remove backup e-mail", []string{"/my-login/backup-email/remove"}, "/my-login/backup-email", []string{"backup-email-removed"}, []string{"backup-email.removed"}},
		{"language", []string{"/my-login/language", "language", "nl"}, "/my-login", []string{"language-changed"}, []string{"language.changed nl"}},
		{"end others", []string{"/my-login/sessions/others/end"}, "/my-login", []string{"sessions-ended"}, []string{"sessions.ended others"}},
	}
}

func TestEveryChangeIsToldToEveryAddressAndLogged(t *testing.T) {
	t.Parallel()
	for i := range changes(&person{phones: make([]phone, 1)}) {
		s := newSite(t)
		eva := s.person("eva", withEverything, withPhone("Tablet", -long))
		c := changes(eva)[i]
		t.Run(c.name, func(t *testing.T) {
			b := eva.inside()
			s.hush()
			b.post(c.post[0], c.post[1:]...).at("/my-login").has(".notice")
			var mails []string
			for _, kind := range c.kinds {
				mails = append(mails, kind+" → eva@bakery.example", kind+" → eva@private.example")
			}
			s.wantMails(mails...)
			s.wantEvents(c.events...)
		})
	}
}

func TestEveryChangeNeedsAProofOfTheLastFiveMinutes(t *testing.T) {
	t.Parallel()
	old := func(in *session.Session) { in.FactorProved, in.PasswordProved = noon.Add(-5*time.Minute), noon }
	for name, make := range map[string]struct {
		session func(*session.Session)
		fresh   bool
	}{
		"both just within five minutes": {func(in *session.Session) {
			in.FactorProved, in.PasswordProved = noon.Add(-5*time.Minute+time.Second), noon.Add(-5*time.Minute+time.Second)
		}, true},
		"the factor five minutes ago":   {old, false},
		"the password five minutes ago": {func(in *session.Session) { in.PasswordProved = noon.Add(-5 * time.Minute) }, false},
		"no factor":                     {func(in *session.Session) { in.FactorProved = time.Time{} }, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			eva := s.person("eva", withEverything, withPhone("Tablet", -long))
			list := changes(eva)
			if make.fresh {
				list = list[:1]
			}
			for _, c := range list {
				b := eva.inside(make.session)
				before := s.contents()
				p := b.send("POST", c.post[0], pairs(c.post[1:]))
				to := p.header.Get("Location")
				if make.fresh {
					if to != "/my-login" {
						t.Errorf("%s leads to %s", c.name, to)
					}
					continue
				}
				if to != "/prove?next="+c.back {
					t.Errorf("%s leads to %s", c.name, to)
				}
				if now := s.contents(); now != before {
					t.Errorf("%s changed something:\n%s", c.name, difference(before, now))
				}
			}
		})
	}
}

func TestARenewedProofLeadsBackUnderANewToken(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva", withEverything)
	b := eva.inside()
	s.clock.move(5 * time.Minute)
	token := b.cookie("sparekey-session")
	b.open("/my-login/password").is(200, "prove.title").says("prove.lead-mfa")
	s.hush()
	b.submit("/prove", "password", "not mine at all", "code", eva.code()).is(401, "prove.title").says("problem.wrong-password")
	b.submit("/prove", "password", secretWords, "code", "000000").is(401, "prove.title").says("problem.wrong-code")
	b.submit("/prove", "password", secretWords, "code", "12345").is(422, "prove.title").says("problem.code-not-six")
	s.wantEvents("sign-in.password.wrong", "sign-in.code.wrong renewal")
	if b.cookie("sparekey-session") != token {
		t.Error("a wrong proof changed the token")
	}
	code := eva.code()
	b.submit("/prove", "password", secretWords, "code", code).is(200, "my-password.title")
	s.wantEvents("factor.proved", "proof.renewed")
	if b.cookie("sparekey-session") == token {
		t.Error("the token is the old one")
	}
	b.stale(token)
	if eva.sessions() != 1 {
		t.Errorf("%d sessions", eva.sessions())
	}
	s.clock.move(5 * time.Minute)
	b.open("/my-login/mfa-off").is(200, "prove.title")
	s.clock.set(noon.Add(5 * time.Minute))
	b.post("/prove", "password", secretWords, "code", code).is(401, "prove.title").says("problem.code-used")
}

func TestRenewalsAreThrottledLikeSignIns(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva")
	b := eva.inside()
	for range 10 {
		b.post("/prove", "password", "not mine at all").is(401, "prove.title")
	}
	p := b.post("/prove", "password", secretWords).is(429, "prove.title")
	if p.header.Get("Retry-After") != "30" {
		t.Errorf("Retry-After %q", p.header.Get("Retry-After"))
	}
	eva.typesPassword(s.browser()).is(429, "sign-in.title") // one count with sign-in
}

func TestAChangeOfPasswordEndsTheOtherSessions(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva", withEverything)
	b, other, underWay := eva.inside(), eva.inside(), eva.halfway()
	reset := eva.link(standing.ForReset, eva.email, standing.ResetLifetime)
	b.open("/my-login/password")
	b.submit("/my-login/password", "password", secretWords).is(422, "my-password.title").says("problem.password-same")
	b.submit("/my-login/password", "password", "short").is(422, "my-password.title").says("problem.password-short", "MinLength", 10)
	other.open("/my-login").at("/my-login")
	b.submit("/my-login/password", "password", newWords).at("/my-login").says("notice.password-changed")
	other.open("/my-login").is(200, "sign-in.title")
	underWay.post("/mfa", "code", eva.code()).is(200, "sign-in.title")
	s.browser().open("/password/new/"+reset).is(404, "link-ended.reset.title")
}

// TestAStaleSessionIsNoOracle: whoever holds a session but cannot renew its
// proof learns nothing about the password from the form that changes it.
func TestAStaleSessionIsNoOracle(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva", withEverything)
	b := eva.inside()
	s.clock.move(5 * time.Minute)
	for _, guess := range []string{secretWords, newWords, "short"} {
		p := b.send("POST", "/my-login/password", url.Values{"password": {guess}})
		if p.status != 303 || p.header.Get("Location") != "/prove?next=/my-login/password" {
			t.Errorf("%q is answered %d, %s", guess, p.status, p.header.Get("Location"))
		}
	}
}

func TestTheBackupEmailIsChangedOnlyAfterItsCodeAndWaitsADay(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva", withEverything)
	b := eva.inside()
	s.hush()
	b.open("/my-login/backup-email").is(200, "my-backup-email.title")
	b.submit("/my-login/backup-email", "email", "eva@private.example").is(422, "my-backup-email.title").says("problem.email-is-taken")
	b.submit("/my-login/backup-email", "email", "eva@bakery.example").is(422, "my-backup-email.title").says("problem.email-is-sign-in")
	b.submit("/my-login/backup-email", "email", "no address").is(422, "my-backup-email.title").says("problem.no-email")
	s.wantMails()
	b.submit("/my-login/backup-email", "email", "new@private.example").is(200, "my-backup-email-code.title")
	code := s.wantMails("backup-email-confirm → new@private.example")["backup-email-confirm → new@private.example"].Facts.Code
	b.submit("/my-login/backup-email/code", "code", "00000000").is(422, "my-backup-email-code.title").says("problem.wrong-mail-code")
	if eva.standing().BackupEmail.Address != eva.backup {
		t.Error("it counts before its code was typed")
	}
	b.submit("/my-login/backup-email/code", "code", code).at("/my-login").
		says("notice.email-waits", "Until", "3 March 2026, 12:00").saysNot("notice.email-confirmed")
	s.wantMails("backup-email-changed → eva@bakery.example", "backup-email-changed → eva@private.example")
	if st := eva.standing(); st.BackupEmail.Address != "new@private.example" || !st.BackupEmail.UsableFrom.Equal(noon.Add(24*time.Hour)) {
		t.Errorf("left with %v usable from %v", st.BackupEmail.Address, st.BackupEmail.UsableFrom)
	}
	eva.halfway().post("/backup/email").is(409, "backup.title")
	s.clock.move(24 * time.Hour)
	eva.halfway().post("/backup/email").is(200, "backup-email.title")
}

func TestNewBackupCodesReplaceTheOldOnesOnceOneWasTypedBack(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva", withEverything)
	b := eva.inside()
	b.open("/my-login/backup-codes").is(200, "my-backup-codes.title")
	b.submit("/my-login/backup-codes").is(200, "my-new-codes.title")
	dropped := b.page.codes()
	b.submit("/my-login/backup-codes/stop").at("/my-login")
	eva.halfway().post("/backup/code", "code", dropped[0]).is(401, "backup.title")
	eva.halfway().post("/backup/code", "code", eva.codes[0].Written()).at("/lost-phone")

	s.hush()
	b.post("/my-login/backup-codes").is(200, "my-new-codes.title")
	made := b.page.codes()
	if slices.Contains(made, dropped[0]) {
		t.Error("the same codes were shown again")
	}
	b.submit("/my-login/backup-codes/confirm", "code", dropped[0]).is(422, "my-new-codes.title").says("problem.not-your-code")
	s.wantMails()
	b.submit("/my-login/backup-codes/confirm", "code", made[3]).at("/my-login").says("notice.codes-made")
	s.wantMails("backup-codes-replaced → eva@bakery.example", "backup-codes-replaced → eva@private.example")
	eva.halfway().post("/backup/code", "code", eva.codes[1].Written()).is(401, "backup.title")
	eva.halfway().post("/backup/code", "code", made[3]).at("/lost-phone")
}

func TestMFAOffTakesTheBackupsAlong(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva", withEverything)
	b, other := eva.inside(), eva.inside()
	b.open("/my-login/mfa-off")
	b.submit("/my-login/mfa-off").at("/my-login").says("notice.mfa-off")
	if st := eva.standing(); st.MFA() || len(st.Authenticators) != 0 || len(st.Codes.Codes) != 0 || st.BackupEmail != (factor.BackupEmail{}) {
		t.Errorf("left: %+v", st)
	}
	other.open("/my-login").is(200, "sign-in.title")
}

func TestWhatKeepsMFAOnIsSaid(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		trait trait
		says  string
	}{
		"forced":           {in(forcing), "barrier.forced"},
		"a short password": {func(c *cast) { c.effects = append(c.effects, shortPassword) }, "barrier.password-short"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			eva := s.person("eva", withEverything, c.trait)
			b := eva.inside()
			b.open("/my-login").says(c.says, "Number", 15)
			before := s.contents()
			b.post("/my-login/mfa-off").at("/my-login")
			b.post("/my-login/authenticators/" + string(eva.phones[0].id) + "/remove").at("/my-login")
			if now := s.contents(); now != before {
				t.Errorf("something was changed:\n%s", difference(before, now))
			}
		})
	}
}

var shortPassword = standing.SetPassword{Password: standing.Password{Hash: "$argon2id$v=19$m=64,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", Set: noon.Add(-long)}}

func TestNobodyReachesWhatIsAnothers(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva", withEverything)
	bram := s.person("bram", withEverything)
	mill := s.person("eva2", inMill("eva@bakery.example"), withEverything)
	b := eva.inside()
	for _, victim := range []*person{bram, mill} {
		his := victim.inside()
		sessions, err := s.store.Sessions(t.Context(), victim.id, noon)
		s.must(err)
		theirs := "/my-login/authenticators/" + string(victim.phones[0].id)
		b.open(theirs).is(404, "error.404.title")
		b.post(theirs+"/rename", "name", "Mine").is(404, "error.404.title")
		b.post(theirs+"/remove").is(404, "error.404.title")
		b.post("/my-login/sessions/" + string(sessions[0].ID) + "/end")
		if st := victim.standing(); len(st.Authenticators) != 1 || st.Authenticators[0].Name != "Phone" {
			t.Errorf("the authenticator of %s was changed", victim.id)
		}
		his.open("/my-login").at("/my-login")
		if victim.sessions() != 1 {
			t.Errorf("%s has %d sessions", victim.id, victim.sessions())
		}
	}
	for _, id := range []string{"x", "%00", strings.Repeat("0", 63), strings.Repeat("0", 65), strings.Repeat("G", 64), strings.Repeat("A", 64)} {
		if p := b.post("/my-login/sessions/" + id + "/end"); p.status != 404 {
			t.Errorf("the session %s is answered %d", id, p.status)
		}
	}
}

func TestSessionsAreEndedOneByOneAndTogether(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva")
	b, one, two := eva.inside(), eva.inside(), eva.inside()
	b.open("/my-login")
	target := ""
	for _, action := range b.page.forms() {
		if id, ok := strings.CutPrefix(action, "/my-login/sessions/"); ok && strings.TrimSuffix(id, "/end") == string(hashOf(one.cookie("sparekey-session"))) {
			target = action
		}
	}
	b.submit(target).at("/my-login").says("notice.one-session-ended")
	one.open("/my-login").is(200, "sign-in.title").says("notice.session-ended")
	two.open("/my-login").at("/my-login")
	b.submit("/my-login/sessions/others/end").at("/my-login").says("notice.other-sessions-ended").says("session.only-this")
	two.open("/my-login").is(200, "sign-in.title")
	if eva.sessions() != 1 {
		t.Errorf("%d sessions", eva.sessions())
	}
}

func TestTheMembersOwnLanguageIsKeptAndMailsSpeakIt(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva")
	b := eva.inside()
	b.post("/my-login/language", "language", "xx").is(400, "error.400.title")
	b.open("/my-login")
	s.hush()
	b.submit("/my-login/language", "language", "nl")
	if eva.standing().Member.Language != org.Dutch {
		t.Error("the member's language is as it was")
	}
	if m := eva.mailed(notice.LanguageChanged); m.Language != org.Dutch {
		t.Errorf("the mail is in %s", m.Language)
	}
}
