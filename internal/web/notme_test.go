package web_test

import (
	"testing"
	"time"

	"github.com/sparekey/sparekey/internal/factor"
	"github.com/sparekey/sparekey/internal/ladder"
	"github.com/sparekey/sparekey/internal/notice"
	"github.com/sparekey/sparekey/internal/operate"
	"github.com/sparekey/sparekey/internal/session"
	"github.com/sparekey/sparekey/internal/standing"
)

// objects presses "This was not me" in a mail to an address, in a browser that
// was never here.
func (p *person) objects(token string) *page {
	p.site.t.Helper()
	b := p.site.browser()
	b.open("/not-me/"+token).is(200, "not-me.title")
	return b.submit("/not-me/" + token)
}

func TestThisWasNotMeStopsEverythingAndTellsEverybody(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.person("baas", administrator)
	eva := s.person("eva", withEverything)
	thief := eva.comesByCode(0)
	sent := s.wantMails("backup-code-used → eva@bakery.example", "backup-code-used → eva@private.example")
	thief.submit("/lost-phone", "lost", "yes")
	thief.submit("/setup-mfa/begin").is(200, "setup-scan.title")
	key := phone{secret: thief.page.secret()}
	underWay := eva.halfway()
	code := eva.asksForMail(eva.halfway())
	reset := eva.link(standing.ForReset, eva.email, standing.ResetLifetime)
	s.hush()

	link := sent["backup-code-used → eva@private.example"].Facts.Objection
	scanner := s.browser()
	before := s.contents()
	for range 3 {
		scanner.open(link).is(200, "not-me.title").says("not-me.kind.backup-code-used")
		scanner.send("HEAD", link, nil)
	}
	if now := s.contents(); now != before {
		t.Errorf("opening the link changed something:\n%s", difference(before, now))
	}
	scanner.submit(link).is(200, "not-me-done.title")
	s.wantEvents("recovery.objected by-mail")
	s.wantMails("frozen → eva@bakery.example", "frozen → eva@private.example", "frozen-to-administrators → baas@bakery.example")

	if st := eva.standing(); st.Status != standing.Frozen || eva.sessions() != 0 || eva.knownAt(thief) != 0 {
		t.Errorf("left %s with %d sessions", st.Status, eva.sessions())
	}
	thief.submit("/setup-mfa/scan", "name", "Thief's", "code", key.code(noon)).is(200, "sign-in.title")
	underWay.post("/backup/code", "code", eva.codes[1].Written()).is(200, "sign-in.title")
	underWay.post("/backup/email/code", "code", code).is(200, "sign-in.title")
	s.browser().open("/password/new/"+reset).is(404, "link-ended.reset.title")
	// The same link again, by whichever way.
	s.browser().open(link).is(404, "link-ended.not-me.title")
	s.browser().post(link).is(404, "link-ended.not-me.title")
	s.wantMails()
}

func TestAFrozenRecoveryLeavesTheBackupsClosed(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva", withEverything)
	eva.objects(eva.link(standing.ForObjection, eva.email, standing.ObjectionLifetime)).is(200, "not-me-done.title")
	b := s.browser()
	eva.typesPassword(b).is(200, "mfa.title")
	b.open("/backup").says("reason.frozen").says("reason.frozen.next").hasNot(`form[action="/backup/code"]`).hasNot(`form[action="/backup/email"]`)
	s.hush()
	b.post("/backup/code", "code", eva.codes[0].Written()).is(409, "backup.title")
	b.post("/backup/email").is(409, "backup.title")
	s.wantEvents("recovery.refused frozen", "recovery.refused frozen")
	s.wantMails()
	if eva.standing().Codes.Left() != 10 {
		t.Error("a code was spent")
	}
	// The authenticator ends it, which the member hears wherever they read mail.
	s.hush()
	b.post("/mfa", "code", eva.code()).at("/my-login")
	s.wantEvents("factor.proved", "recovery.freeze.ended by-factor", "sign-in.done factor")
	sent := s.wantMails("freeze-ended → eva@bakery.example", "freeze-ended → eva@private.example")
	told := sent["freeze-ended → eva@private.example"].Facts
	if told.Name != eva.standing().Authenticators[0].Name {
		t.Errorf("told of %q", told.Name)
	}
	s.browser().open(told.Objection).is(200, "not-me.title").says("not-me.kind.freeze-ended")
	if st := eva.standing(); st.Status != standing.Settled {
		t.Errorf("left %s", st.Status)
	}
	eva.halfway().post("/backup/code", "code", eva.codes[0].Written()).at("/lost-phone")
}

func TestANewPasswordByMailEndsAFreeze(t *testing.T) {
	t.Parallel()
	for name, traits := range map[string][]trait{"with MFA": {withEverything}, "without": nil} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			eva := s.person("eva", traits...)
			eva.objects(eva.link(standing.ForObjection, eva.email, standing.ObjectionLifetime))
			if traits == nil {
				eva.typesPassword(s.browser()).is(403, "sign-in.title").says("problem.password-ended")
			}
			s.hush()
			eva.resets(newWords)
			mails := []string{"password-set-by-mail → eva@bakery.example", "freeze-ended → eva@bakery.example"}
			if traits != nil {
				mails = append(mails, "password-set-by-mail → eva@private.example", "freeze-ended → eva@private.example")
			}
			s.wantMails(mails...)
			if st := eva.standing(); st.Status != standing.Settled || st.MFA() != (traits != nil) {
				t.Errorf("left %s, MFA %v", st.Status, st.MFA())
			}
		})
	}
}

// TestATakeoverIsNotFinishedByTheThievesOwnPhone: a factor that was set up
// after a backup, less than a day before the objection, goes with it.
func TestATakeoverIsNotFinishedByTheThievesOwnPhone(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		after time.Duration // from the set-up to the objection
		thaws bool
	}{{24*time.Hour - time.Second, false}, {24 * time.Hour, true}} {
		s := newSite(t)
		eva := s.person("eva", withEverything)
		thief := eva.comesByCode(0)
		thief.submit("/lost-phone", "lost", "yes")
		thief.submit("/setup-mfa/begin")
		his := thief.scans("Thief's")
		s.clock.move(c.after)
		eva.objects(eva.link(standing.ForObjection, eva.email, standing.ObjectionLifetime)).is(200, "not-me-done.title")
		for _, wait := range []time.Duration{time.Minute, 48 * time.Hour} {
			s.clock.move(wait)
			p := eva.halfway().post("/mfa", "code", his.code(s.clock.now()))
			if c.thaws {
				p.at("/my-login")
				break
			}
			p.is(401, "mfa.title")
			if st := eva.standing(); st.Status != standing.Frozen || eva.sessions() != 0 || len(st.Authenticators) != 0 || st.Codes.Left() != 0 {
				t.Errorf("%v after the objection the thief's phone leaves it %s", wait, st.Status)
			}
		}
		if c.thaws {
			continue
		}
		eva.resets("an entirely new phrase").at("/sign-in")
		if st := eva.standing(); st.Status != standing.Replacing || len(st.Authenticators) != 0 {
			t.Errorf("a new password by mail gives the thief's phone back: %s", st.Status)
		}
	}
}

func TestASecondObjectionFromAnAddressNeedsAFactor(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva", withEverything)
	bram := s.person("bram", withMFA)
	link := func() string { return eva.link(standing.ForObjection, eva.email, standing.ObjectionLifetime) }
	eva.objects(link()).is(200, "not-me-done.title")
	eva.halfway().post("/mfa", "code", eva.code()).at("/my-login")

	second := "/not-me/" + link()
	b := s.browser()
	b.open(second).is(409, "not-me-again.title").has(`main a[href^="/sign-in"]`)
	b.post(second).is(409, "not-me-again.title")
	bram.inside().post(second).is(409, "not-me-again.title") // another's factor is none
	eva.inside(byBackup).post(second).is(409, "not-me-again.title")
	eva.inside(func(in *session.Session) { in.FactorProved = time.Time{} }).post(second).is(409, "not-me-again.title")
	if eva.standing().Status != standing.Settled {
		t.Fatal("it froze again")
	}
	// The other address still has its one.
	s.browser().post("/not-me/"+eva.link(standing.ForObjection, eva.backup, standing.ObjectionLifetime)).is(200, "not-me-done.title")
	s.clock.move(factor.Period)
	eva.halfway().post("/mfa", "code", eva.code()).at("/my-login")
	s.browser().post("/not-me/"+eva.link(standing.ForObjection, eva.backup, standing.ObjectionLifetime)).is(409, "not-me-again.title")

	// The way that the page shows: sign in, and come back to the same link.
	s.clock.move(factor.Period)
	b.open(second)
	href, _ := b.page.doc.Find(`main a[href^="/sign-in"]`).Attr("href")
	b.open(href)
	b.submit("/sign-in", "email", string(eva.email), "password", secretWords)
	b.submit("/mfa", "code", eva.code()).is(200, "not-me.title")
	s.hush()
	b.submit(second).is(200, "not-me-done.title")
	s.wantEvents("recovery.objected by-factor")
	if b.cookie("sparekey-session") != "" || eva.sessions() != 0 {
		t.Error("the session that objected is still there")
	}
}

func TestAnObjectionLinkWorksForThirtyDays(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		after time.Duration
		works bool
	}{{30*24*time.Hour - time.Second, true}, {30 * 24 * time.Hour, false}} {
		s := newSite(t)
		eva := s.person("eva", withEverything)
		s.mails()
		eva.comesByCode(0)
		link := eva.mailed("backup-code-used").Facts.Objection
		s.clock.move(c.after)
		p := s.browser().post(link)
		if c.works {
			p.is(200, "not-me-done.title")
		} else {
			p.is(404, "link-ended.not-me.title")
		}
	}
}

func TestAnObjectionTouchesNobodyElse(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva, bram := s.person("eva", withEverything), s.person("bram", withEverything)
	his := bram.inside()
	eva.objects(eva.link(standing.ForObjection, eva.email, standing.ObjectionLifetime))
	his.open("/my-login").at("/my-login")
	if bram.standing().Status != standing.Settled {
		t.Error("another member was frozen")
	}
}

func TestAfterADeactivationOlderMailsSayThatTheAccountHasEnded(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.person("baas", administrator)
	eva := s.person("eva", withEverything)
	link := standing.ObjectionPath + eva.link(standing.ForObjection, eva.backup, time.Hour)
	s.hush()
	s.must(eva.orders(operate.Order{Kind: ladder.Deactivate}))
	for address, m := range s.wantMails("deactivated → eva@bakery.example", "deactivated → eva@private.example", "deactivated-to-administrators → baas@bakery.example") {
		if m.Facts.Objection != "" {
			t.Errorf("%s carries an objection", address)
		}
	}
	s.hush()
	b := s.browser()
	b.open(link).is(410, "account-ended.title").says("account-ended.next", "Org", "Bakkerij Vroeg").hasNot(`form[action^="/not-me/"]`)
	b.post(link).is(410, "account-ended.title")
	s.wantMails()
	if eva.standing().Status != standing.Settled {
		t.Error("an account that has ended is frozen")
	}
}

// TestAnObjectionUndoesASetUpWithAPass: a pass gives powers at once, and is
// objected to all the same.
func TestAnObjectionUndoesASetUpWithAPass(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		after time.Duration
		stays bool
	}{{ladder.UndoneFor - time.Second, false}, {ladder.UndoneFor, true}} {
		s := newSite(t)
		s.person("baas", administrator)
		eva := s.person("eva", withEverything)
		link := eva.pass()
		thief := s.browser()
		thief.post(link, "password", secretWords)
		thief.submit("/setup-mfa/begin").is(200, "setup-scan.title")
		his := thief.scans("Thief's")
		s.clock.move(c.after)
		eva.objects(eva.link(standing.ForObjection, eva.backup, time.Hour)).is(200, "not-me-done.title")
		if left := len(eva.standing().Authenticators); (left == 1) != c.stays {
			t.Errorf("%v later %d are left", c.after, left)
		}
		if c.stays {
			continue
		}
		if p := eva.halfway().post("/mfa", "code", his.code(s.clock.now())); p.path == "/my-login" || eva.sessions() != 0 {
			t.Error("the thief is in again")
		}
		// The way back: the operator releases it, and a new pass is given.
		s.refusedFor(eva.orders(operate.Order{Kind: ladder.GivePass}), ladder.FrozenNow)
		s.refusedFor(eva.orders(operate.Order{Kind: ladder.Release, Verified: "a hunch"}), ladder.NotVerified)
		s.hush()
		s.must(eva.orders(operate.Order{Kind: ladder.Release}))
		s.wantEvents("recovery.freeze.ended by-giver")
		s.wantMails("released → eva@bakery.example", "released → eva@private.example", "released-to-administrators → baas@bakery.example")
		s.refusedFor(eva.orders(operate.Order{Kind: ladder.Release}), ladder.NotNow)
		if st := eva.standing(); st.Status != standing.Replacing {
			t.Errorf("left %s", st.Status)
		}
		b := s.browser()
		b.post(eva.pass(), "password", secretWords).at("/setup-mfa")
		b.submit("/setup-mfa/begin").is(200, "setup-scan.title")
		b.scans("Mine")
		if st := eva.standing(); st.Status != standing.Settled || len(st.Authenticators) != 1 {
			t.Errorf("left %s", st.Status)
		}
	}
}

func TestAnObjectionUndoesAnAddedAuthenticatorAndLeavesTheOlderOne(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva", withEverything)
	b := eva.inside()
	b.open("/setup-mfa")
	b.submit("/setup-mfa/begin").is(200, "setup-scan.title")
	s.hush()
	b.scans("Thief's")
	eva.objects(eva.mailed(notice.AuthenticatorAdded).Facts.Objection[len(standing.ObjectionPath):]).is(200, "not-me-done.title")
	st := eva.standing()
	if len(st.Authenticators) != 1 || st.Authenticators[0].ID != eva.phones[0].id || st.Codes.Left() != 10 {
		t.Errorf("left %v and %d codes", st.Authenticators, st.Codes.Left())
	}
	s.clock.move(factor.Period)
	eva.halfway().post("/mfa", "code", eva.code()).at("/my-login")
}

func TestAnObjectionUndoesAChangedBackupEmail(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva", withEverything)
	thief := eva.inside()
	s.hush()
	thief.post("/my-login/backup-email", "email", "thief@evil.example")
	thief.post("/my-login/backup-email/code", "code", eva.mailed(notice.BackupEmailConfirm).Facts.Code)
	if got := eva.standing().BackupEmail.Address; got != "thief@evil.example" {
		t.Fatalf("the backup e-mail is %s", string(got))
	}
	s.hush()
	eva.objects(eva.link(standing.ForObjection, eva.backup, time.Hour)).is(200, "not-me-done.title")
	s.wantEvents("recovery.objected by-mail", "backup-email.removed objected")
	s.wantMails("frozen → eva@bakery.example", "frozen → thief@evil.example", "frozen → eva@private.example")
	if got := eva.standing().BackupEmail.Address; got != "" {
		t.Errorf("the backup e-mail is still %s", string(got))
	}
}

func TestAMailboxAloneDoesNotTakeAFactorThatCountsOutOfTheWay(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		powers time.Duration // from now
		says   string
		mfa    bool
	}{
		"came by the invitation, and counts": {-time.Hour, "not-me-done.nothing", true},
		"gives no powers yet":                {time.Hour, "not-me-done.set-up", false},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			lately := s.clock.now().Add(-time.Hour)
			eva := s.person("eva", withPhone("Phone", -time.Hour), withEffects(standing.SetMFA{Since: lately}), withCodes)
			only := eva.standing().Authenticators[0]
			only.PowersFrom = s.clock.now().Add(c.powers)
			eva.apply(standing.RemoveAuthenticator{ID: only.ID}, standing.AddAuthenticator{Authenticator: only})

			eva.objects(eva.link(standing.ForObjection, eva.email, standing.ObjectionLifetime)).says(c.says)
			eva.resets("an entirely new phrase of a thief")
			if st := eva.standing(); st.MFA() != c.mfa || len(st.Authenticators) != 0 {
				t.Errorf("MFA is on: %v, and %d factors are left", st.MFA(), len(st.Authenticators))
			}
		})
	}
}
