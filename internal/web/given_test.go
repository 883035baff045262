package web_test

import (
	"crypto/rand"
	"errors"
	"net/url"
	"testing"
	"time"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/factor"
	"github.com/sparekey/sparekey/internal/ladder"
	"github.com/sparekey/sparekey/internal/notice"
	"github.com/sparekey/sparekey/internal/operate"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/session"
	"github.com/sparekey/sparekey/internal/standing"
	"github.com/sparekey/sparekey/internal/throttle"
)

// orders has the operator do something about p.
func (p *person) orders(o operate.Order) error {
	p.site.t.Helper()
	o.By = operate.By{Giver: standing.Giver{Actor: audit.Actor{Kind: audit.Operator}}, Why: "lost the phone, she says"}
	if o.Verified == "" {
		o.Verified = ladder.InPerson
	}
	service := &operate.Service{Store: p.site.store, Now: p.site.clock.now, Random: rand.Reader, NewID: p.site.newID, Zone: time.UTC}
	_, err := service.Carry(p.site.t.Context(), p.id, o)
	return err
}

// suspended disables p's MFA for an hour.
func (p *person) suspended(lost bool) {
	p.site.t.Helper()
	p.site.must(p.orders(operate.Order{Kind: ladder.Suspend, Length: ladder.OneHour, Lost: lost}))
}

// pass gives p an enrolment pass and returns the path of its link.
func (p *person) pass() string {
	p.site.t.Helper()
	p.site.hush()
	p.site.must(p.orders(operate.Order{Kind: ladder.GivePass}))
	m := p.mailed(notice.EnrolmentPass)
	if m.To != p.email {
		p.site.t.Fatalf("the pass went to %s", string(m.To))
	}
	return m.Facts.Link
}

// byMailedCode types the password at a browser that is not known, and the code
// that is mailed for it.
func (p *person) byMailedCode() *browser {
	p.site.t.Helper()
	b := p.site.browser()
	p.typesPassword(b).is(200, "mfa-email.title").hasNot(`input[name="code"]`)
	p.site.hush()
	b.submit("/mfa/email").is(200, "mfa-email.title")
	m := p.mailed(notice.SuspendedCode)
	if m.To != p.email {
		p.site.t.Fatalf("the code went to %s", string(m.To))
	}
	b.submit("/mfa/email/code", "code", m.Facts.Code)
	return b
}

// refusedFor fails unless err is a refusal for a reason.
func (s *site) refusedFor(err error, want ladder.Reason) {
	s.t.Helper()
	if refusal, ok := errors.AsType[*ladder.Refusal](err); !ok || refusal.Reason != want {
		s.t.Errorf("%v, want %s", err, want)
	}
}

// force makes the bakery force MFA.
func (s *site) force() {
	s.t.Helper()
	db := s.database("rw")
	defer func() { s.must(db.Close()) }()
	_, err := db.Exec(`UPDATE organisations SET mfa_forced = TRUE, mfa_forced_since = $1, version = version + 1`, s.clock.now().UnixMilli())
	s.must(err)
}

// unforce makes the bakery force MFA no longer.
func (s *site) unforce() {
	s.t.Helper()
	db := s.database("rw")
	defer func() { s.must(db.Close()) }()
	_, err := db.Exec(`UPDATE organisations SET mfa_forced = FALSE, version = version + 1`)
	s.must(err)
}

func TestWhileMFAIsSuspendedAKnownBrowserIsAskedNothingMore(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.person("baas", administrator)
	eva := s.person("eva", withEverything)
	known := s.browser()
	eva.signsIn(known)
	known.post("/sign-out")
	s.hush()
	eva.suspended(false)
	s.wantEvents("mfa.suspended not-at-hand")
	sent := s.wantMails("mfa-suspended → eva@bakery.example", "mfa-suspended → eva@private.example", "mfa-suspended-to-administrators → baas@bakery.example")
	if m := sent["mfa-suspended-to-administrators → baas@bakery.example"]; m.Facts.Name == "" || !m.Facts.Until.Equal(noon.Add(time.Hour)) {
		t.Errorf("the administrators are told %+v", m.Facts)
	}
	eva.typesPassword(known).at("/my-login").has(".notice-warn [role=timer]").has(`.notice-warn a[href="/setup-mfa"]`)

	// It ends by itself, with what it opened.
	s.clock.set(noon.Add(time.Hour - time.Second))
	known.open("/my-login").at("/my-login")
	s.clock.move(time.Second)
	known.open("/my-login").is(200, "sign-in.title")
	eva.typesPassword(known).is(200, "mfa.title").hasNot("[role=timer]")
}

func TestWhileMFAIsSuspendedAStrangeBrowserTypesAMailedCode(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva", withEverything)
	eva.suspended(false)
	b := s.browser()
	eva.typesPassword(b).is(200, "mfa-email.title")
	s.hush()
	b.submit("/mfa/email").is(200, "mfa-email.title")
	code := eva.mailed(notice.SuspendedCode).Facts.Code
	b.submit("/mfa/email/code", "code", "12").is(422, "mfa-email.title")
	b.submit("/mfa/email/code", "code", other(code)).is(401, "mfa-email.title").says("problem.wrong-mail-code")
	// In another browser the code is worth nothing.
	eva.halfway().post("/mfa/email/code", "code", code).is(401, "mfa-email.title")
	b.submit("/mfa/email/code", "code", code).at("/my-login")
	if eva.knownAt(b) != 0 {
		t.Error("the browser is known from now on")
	}
	// The authenticator still works, for whoever has it after all.
	phone := s.browser()
	eva.typesPassword(phone).has(`a[href="/mfa?with=phone"]`)
	phone.open("/mfa?with=phone").is(200, "mfa.title")
	phone.submit("/mfa", "code", eva.code()).at("/my-login")
	// A code that is typed after the end leads to what is asked now.
	late := s.browser()
	eva.typesPassword(late)
	s.hush()
	s.clock.set(noon.Add(time.Hour - time.Second))
	late = s.browser()
	eva.typesPassword(late)
	late.submit("/mfa/email")
	code = eva.mailed(notice.SuspendedCode).Facts.Code
	s.clock.move(time.Second)
	late.submit("/mfa/email/code", "code", code).is(200, "mfa.title")
	late.post("/mfa/email").is(200, "mfa.title")
}

func TestTheMailedCodeOfASuspensionHasFiveTriesAndTenMinutes(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva", withEverything)
	eva.suspended(false)
	asks := func() (*browser, string) {
		b := s.browser()
		eva.typesPassword(b)
		s.mails()
		b.submit("/mfa/email").is(200, "mfa-email.title")
		return b, eva.mailed(notice.SuspendedCode).Facts.Code
	}
	b, code := asks()
	for range 4 {
		b.post("/mfa/email/code", "code", other(code)).is(401, "mfa-email.title")
	}
	b.post("/mfa/email/code", "code", other(code)).is(200, "sign-in.title").says("notice.begin-again")
	b.post("/mfa/email/code", "code", code).is(200, "sign-in.title")
	for _, c := range []struct {
		after time.Duration
		works bool
	}{{factor.MailCodeLifetime - time.Second, true}, {factor.MailCodeLifetime, false}} {
		s.clock.move(time.Minute) // one mail a minute
		b, code := asks()
		s.clock.move(c.after)
		p := b.post("/mfa/email/code", "code", code)
		if c.works {
			p.at("/my-login")
			b.twin().post("/mfa/email/code", "code", code).at("/my-login") // the form sent twice
		} else {
			p.is(401, "mfa-email.title").says("problem.mail-code-ended")
		}
	}
}

// other returns another code of eight digits.
func other(code string) string {
	if code == "12345678" {
		return "12345679"
	}
	return "12345678"
}

func TestABrowserKnownToSomeoneElseWithTheAddressIsStrange(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva", withMFA)
	miller := s.person("miller", inMill("eva@bakery.example"), withMFA)
	b := s.browser()
	eva.typesPassword(b)
	b.submit("/sign-in/organisation", "organisation", string(eva.id))
	b.submit("/mfa", "code", eva.code()).at("/my-login")
	b.post("/sign-out")
	miller.suspended(false)
	eva.typesPassword(b)
	b.submit("/sign-in/organisation", "organisation", string(miller.id)).is(200, "mfa-email.title")
}

func TestASessionOfASuspensionHasNoPowersUntilAnAuthenticatorIsSetUp(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva", withEverything)
	eva.suspended(false)
	b := eva.byMailedCode()
	before := eva.standing()
	b.open("/my-login").says("barrier.suspended")
	for _, form := range [][]string{
		{"/my-login/password", "password", newWords}, {"/my-login/mfa-off"}, {"/my-login/backup-codes"}, {"/my-login/backup-email"},
		{"/my-login/backup-email/remove"}, {"/my-login/authenticators/" + string(eva.phones[0].id) + "/remove"},
	} {
		b.post(form[0], form[1:]...)
	}
	after := eva.standing()
	if after.Password != before.Password || after.BackupEmail != before.BackupEmail || len(after.Authenticators) != 1 || !after.MFA() {
		t.Error("a session of a suspension changed what one signs in with")
	}
	b.open("/setup-mfa").is(200, "setup-begin.title")
	s.hush()
	b.submit("/setup-mfa/begin").is(200, "setup-check.title")
	b.submit("/setup-mfa/check", "code", eva.mailed(notice.SetUpCode).Facts.Code).is(200, "setup-scan.title")
	b.scans("New phone")
	b.open("/my-login").hasNot("[role=timer]").says("barrier.factor-too-new", "From", "3 March 2026, 12:00")
	st := eva.standing()
	if len(st.Authenticators) != 2 || st.Suspension != (standing.Suspension{}) {
		t.Errorf("left %d authenticators, suspension %+v", len(st.Authenticators), st.Suspension)
	}
	eva.typesPassword(s.browser()).is(200, "mfa.title")
}

func TestASuspensionGivesWayToForcingAndToAnObjection(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*site, *person, string){
		"forced":    func(s *site, _ *person, _ string) { s.force() },
		"objection": func(_ *site, p *person, link string) { p.objects(link).is(200, "not-me-done.title") },
		"operator": func(s *site, p *person, _ string) {
			s.must(p.orders(operate.Order{Kind: ladder.EndSuspension}))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			eva := s.person("eva", withEverything)
			s.hush()
			eva.suspended(false)
			link := eva.mailed(notice.MFASuspended).Facts.Objection[len(standing.ObjectionPath):]
			b := eva.byMailedCode()
			b.open("/my-login").at("/my-login")
			end(s, eva, link)
			b.open("/my-login").is(200, "sign-in.title")
			b.open("/auth/verify").is401(t)
			eva.typesPassword(s.browser()).is(200, "mfa.title")
			switch name {
			case "forced":
				s.refusedFor(eva.orders(operate.Order{Kind: ladder.Suspend, Length: ladder.OneDay}), ladder.MFAForced)
			case "objection":
				s.refusedFor(eva.orders(operate.Order{Kind: ladder.Suspend, Length: ladder.OneDay}), ladder.FrozenNow)
				s.refusedFor(eva.orders(operate.Order{Kind: ladder.GivePass}), ladder.FrozenNow)
			}
		})
	}
}

func (p *page) is401(t *testing.T) {
	t.Helper()
	if p.status != 401 {
		t.Errorf("%s answers %d", p.path, p.status)
	}
}

func TestALostPhoneIsReplacedAfterTheSuspensionWithABackup(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva", withEverything)
	thief := s.browser()
	eva.signsIn(thief)
	eva.suspended(true)
	thief.open("/my-login").is(200, "sign-in.title")
	// The browser is not known any more.
	eva.typesPassword(thief).is(200, "mfa-email.title").hasNot(`a[href="/mfa?with=phone"]`)
	eva.byMailedCode().open("/my-login").at("/my-login")
	s.clock.move(time.Hour)
	b := s.browser()
	eva.typesPassword(b).says("mfa.none-lead")
	b.open("/backup")
	b.submit("/backup/code", "code", eva.codes[0].Written())
	b.open("/setup-mfa").is(200, "setup-begin.title")
	b.submit("/setup-mfa/begin").is(200, "setup-scan.title")
	b.scans("New phone")
	if st := eva.standing(); st.Status != standing.Settled || len(st.Authenticators) != 1 {
		t.Errorf("left %s", st.Status)
	}
}

func TestAPassSetsMFAUpAnewWhileItStaysOn(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.person("baas", administrator)
	eva := s.person("eva", withEverything)
	s.force()
	elsewhere := s.browser()
	eva.signsIn(elsewhere)
	link := eva.pass()
	scanner := s.browser()
	before := s.contents()
	for range 3 {
		scanner.open(link).is(200, "enrolment-pass.title")
		scanner.send("HEAD", link, nil)
	}
	if now := s.contents(); now != before {
		t.Errorf("opening the link changed something:\n%s", difference(before, now))
	}
	b := s.browser()
	b.open(link)
	b.submit(link, "password", "not the password").is(401, "enrolment-pass.title").says("problem.wrong-password")
	s.hush()
	b.submit(link, "password", secretWords).is(200, "setup-begin.title").says("setup-begin.pass")
	s.wantEvents("recovery.pass.opened", "sign-in.done pass")
	b.open("/my-login").is(200, "setup-begin.title") // it reaches nothing else
	b.submit("/setup-mfa/begin").is(200, "setup-scan.title")

	// Interrupted, it goes on with the same link in another browser.
	b = s.browser()
	b.open(link)
	b.submit(link, "password", secretWords)
	b.submit("/setup-mfa/begin")
	s.hush()
	on := b.scans("Phone") // as the old one was called
	s.wantEvents("recovery.pass.used", "authenticator.removed pass", "authenticator.added")
	s.wantMails("pass-used → eva@bakery.example", "pass-used → eva@private.example", "pass-used-to-administrators → baas@bakery.example")
	b.submit("/setup-mfa/codes", "code", b.page.codes()[0]).at("/setup-mfa/done")
	st := eva.standing()
	if len(st.Authenticators) != 1 || !st.Authenticators[0].PowersFrom.Equal(noon) || st.Pass != (standing.Pass{}) || eva.sessions() != 1 {
		t.Errorf("left %d authenticators, pass %+v, %d sessions", len(st.Authenticators), st.Pass, eva.sessions())
	}
	elsewhere.open("/my-login").is(200, "sign-in.title")
	b.open(link).is(404, "link-ended.pass.title")
	b.post(link, "password", secretWords).is(404, "link-ended.pass.title")
	s.clock.move(factor.Period)
	eva.halfway().post("/mfa", "code", eva.code()).is(401, "mfa.title")
	eva.halfway().post("/mfa", "code", on.code(s.clock.now())).at("/my-login")
	eva.halfway().post("/backup/code", "code", eva.codes[0].Written()).is(401, "backup.title")
}

func TestAPassThatIsOverOpensNothing(t *testing.T) {
	t.Parallel()
	day := standing.PassLifetime
	for name, c := range map[string]struct {
		end   func(*site, *person)
		works bool
	}{
		"in its last second": {func(s *site, _ *person) { s.clock.set(noon.Add(day - time.Second)) }, true},
		"as it expires":      {func(s *site, _ *person) { s.clock.set(noon.Add(day)) }, false},
		"replaced":           {func(s *site, p *person) { s.clock.move(time.Second); p.pass() }, false},
		"a password by mail": {func(s *site, p *person) { p.resets("an entirely new phrase") }, false},
		"an objection": {func(_ *site, p *person) {
			p.objects(p.link(standing.ForObjection, p.email, standing.ObjectionLifetime))
		}, false},
		"deactivated": {func(s *site, p *person) { s.must(p.orders(operate.Order{Kind: ladder.Deactivate})) }, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			s.person("baas", administrator)
			eva := s.person("eva", withEverything)
			link := eva.pass()
			opened := s.browser()
			opened.post(link, "password", secretWords).is(200, "setup-begin.title")
			c.end(s, eva)
			b := s.browser()
			if !c.works {
				b.open(link).is(404, "link-ended.pass.title")
				b.post(link, "password", secretWords).is(404, "link-ended.pass.title")
				opened.post("/setup-mfa/begin").hasNot("#key")
				return
			}
			b.post(link, "password", secretWords).is(200, "setup-begin.title")
			b.submit("/setup-mfa/begin").is(200, "setup-scan.title")
			s.clock.move(time.Second) // and ends with the pass
			b.post("/setup-mfa/scan", "name", "x", "code", "123456").is(200, "sign-in.title")
		})
	}
}

func TestOfTwoWhoSetUpWithOnePassOneWins(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva", withEverything)
	link := eva.pass()
	browsers := []*browser{s.browser(), s.browser(), s.browser()}
	pages := make(chan *page, len(browsers))
	for _, b := range browsers {
		b.post(link, "password", secretWords)
		b.submit("/setup-mfa/begin").is(200, "setup-scan.title")
	}
	for i, b := range browsers {
		on := phone{secret: b.page.secret()}
		go func() {
			pages <- b.send("POST", "/setup-mfa/scan", url.Values{"name": {string(rune('a' + i))}, "code": {on.code(noon)}})
		}()
	}
	for range browsers {
		<-pages
	}
	used := 0
	for _, e := range s.events() {
		if e.Kind == audit.PassUsed {
			used++
		}
	}
	if st := eva.standing(); used != 1 || len(st.Authenticators) != 1 || eva.sessions() != 1 {
		t.Errorf("used %d times, %d authenticators, %d sessions", used, len(st.Authenticators), eva.sessions())
	}
}

func TestADeactivatedMemberComesInByNoDoor(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	baas := s.person("baas", administrator)
	eva := s.person("eva", withEverything)
	b := eva.inside()
	known := s.browser()
	eva.signsIn(known)
	halfway, mailing := eva.halfway(), eva.halfway()
	code := eva.asksForMail(mailing)
	reset := eva.link(standing.ForReset, eva.email, standing.ResetLifetime)
	pass := eva.pass()
	s.clock.move(factor.Period)
	s.hush()
	s.must(eva.orders(operate.Order{Kind: ladder.Deactivate}))
	s.wantEvents("member.deactivated", "recovery.pass.ended deactivated")
	s.wantMails("deactivated → eva@bakery.example", "deactivated → eva@private.example", "deactivated-to-administrators → baas@bakery.example")

	b.open("/my-login").is(200, "sign-in.title")
	known.open("/my-login").is(200, "sign-in.title")
	eva.typesPassword(known).is(401, "sign-in.title")
	eva.typesPassword(s.browser()).is(401, "sign-in.title")
	halfway.post("/mfa", "code", eva.code()).is(200, "sign-in.title")
	halfway.post("/backup/code", "code", eva.codes[1].Written()).is(200, "sign-in.title")
	mailing.post("/backup/email/code", "code", code).is(200, "sign-in.title")
	s.browser().post("/password/new/"+reset, "password", newWords).is(404, "link-ended.reset.title")
	s.browser().post(pass, "password", secretWords).is(404, "link-ended.pass.title")
	s.hush()
	s.browser().post("/password/forgotten", "email", string(eva.email)).is(200, "forgotten-password-sent.title")
	s.wantMails()
	// Even what would be opened beside the rules stays shut.
	late := s.browser()
	token, err := session.NewToken(rand.Reader)
	s.must(err)
	eva.apply(standing.OpenChallenge{Challenge: session.Challenge{ID: token.Hash(), Member: eva.id, Created: noon, Expires: noon.Add(time.Hour)}})
	late.setCookie("sparekey-sign-in", string(token))
	late.post("/mfa", "code", eva.code())
	late.post("/backup/code", "code", eva.codes[1].Written())
	if st := eva.standing(); st.Member.State != org.Deactivated || eva.sessions() != 0 || st.Codes.Left() != 10 {
		t.Errorf("left %s with %d sessions", st.Member.State, eva.sessions())
	}
	// The last administrator stays.
	s.refusedFor(baas.orders(operate.Order{Kind: ladder.Deactivate}), ladder.LastAdministrator)
	// An invitation ends too.
	nina := s.person("nina", inState(org.Invited))
	invitation := nina.link(standing.ForInvitation, nina.email, standing.InvitationLifetime)
	s.must(nina.orders(operate.Order{Kind: ladder.Deactivate}))
	s.browser().open("/invitation/"+invitation).is(404, "link-ended.invitation.title")
}

func TestOfTheLastTwoAdministratorsOneStays(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	people := []*person{s.person("baas", administrator), s.person("chef", administrator)}
	errs := make(chan error, len(people))
	for _, p := range people {
		go func() { errs <- p.orders(operate.Order{Kind: ladder.Deactivate}) }()
	}
	first, second := <-errs, <-errs
	if first == nil {
		first, second = second, first
	}
	s.must(second)
	s.refusedFor(first, ladder.LastAdministrator)
}

func TestTheOperatorSignsAMemberOutEverywhere(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva", withEverything)
	known := s.browser()
	eva.signsIn(known)
	half := eva.halfway()
	s.hush()
	s.must(eva.orders(operate.Order{Kind: ladder.SignOut}))
	s.wantEvents("sessions.ended all")
	known.open("/my-login").is(200, "sign-in.title")
	half.open("/mfa").is(200, "sign-in.title")
	if count, err := s.store.CountDevices(t.Context(), eva.id, noon); eva.knownAt(known) != 1 || count != 1 || err != nil {
		t.Errorf("the browser was forgotten: %d, %v", count, err)
	}
	s.must(eva.orders(operate.Order{Kind: ladder.SignOut, Devices: true}))
	if eva.knownAt(known) != 0 {
		t.Error("the browser is still known")
	}
}

func TestWhyIsKeptWhereItCanBeErased(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva", withEverything)
	s.hush()
	s.must(eva.orders(operate.Order{Kind: ladder.GivePass, Verified: ladder.ByVideo}))
	for _, e := range s.events() {
		if e.Kind == audit.PassGiven && (e.Origin.Note != "lost the phone, she says" || e.Facts["verified"] != "video" || e.Actor.Kind != audit.Operator) {
			t.Errorf("%+v", e)
		}
	}
	err := eva.orders(operate.Order{Kind: ladder.Suspend, Length: "2w"})
	s.refusedFor(err, ladder.BadLength)
	s.wantEvents("recovery.refused bad-length")
}

func TestASuspensionThatForcingEndedDoesNotComeBack(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva", withEverything)
	eva.suspended(false)
	b := eva.byMailedCode()
	s.clock.move(time.Minute)
	s.force()
	s.clock.move(time.Minute)
	s.unforce()
	b.open("/my-login").is(200, "sign-in.title")
	eva.typesPassword(s.browser()).is(200, "mfa.title")
	// One that is given afterwards counts.
	eva.suspended(false)
	eva.typesPassword(s.browser()).is(200, "mfa-email.title")
}

func TestThePageOfTheMailedCodeLeadsToTheBackups(t *testing.T) {
	t.Parallel()
	for lost, to := range map[bool]string{false: "/lost-phone", true: "/my-login"} {
		s := newSite(t)
		eva := s.person("eva", withEverything)
		eva.suspended(lost)
		b := s.browser()
		eva.typesPassword(b).is(200, "mfa-email.title").has(`a[href="/backup"]`)
		b.open("/backup").is(200, "backup.title")
		b.submit("/backup/code", "code", eva.codes[0].Written()).at(to)
	}
}

// TestAThiefDoesNotUseUpTheMailedCodes: whoever has the password has mails sent
// in sign-ins of their own, and up to a bound in all.
func TestAThiefDoesNotUseUpTheMailedCodes(t *testing.T) {
	t.Parallel()
	for name, path := range map[string]string{"suspended": "/mfa/email", "rung 3": "/backup/email"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			eva := s.person("eva", withEverything)
			if name == "suspended" {
				eva.suspended(true)
			}
			sent := 0
			for range throttle.MailsPerHourInAll/throttle.MailsPerHour - 1 {
				thief := eva.halfway()
				for range throttle.MailsPerHour {
					thief.post(path)
					s.clock.move(time.Minute)
				}
				if p := thief.post(path); p.status != 429 {
					t.Errorf("a sixth mail in one sign-in: %d", p.status)
				}
				sent += throttle.MailsPerHour
			}
			for range throttle.MailsPerHourInAll - sent {
				if p := eva.halfway().post(path); p.status != 200 {
					t.Fatalf("mine has to wait: %s", p.text())
				}
			}
			if p := eva.halfway().post(path); p.status != 429 {
				t.Error("there is no end to the mails")
			}
		})
	}
}

func TestStrangersDoNotKeepOutWhoHoldsAPass(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva", withEverything)
	link := eva.pass()
	stranger := s.browser()
	for range throttle.Free + 1 {
		stranger.post("/sign-in", "email", string(eva.email), "password", "a guess at the bakery")
	}
	b := s.browser()
	for range throttle.Free {
		b.post(link, "password", "a guess at the bakery").is(401, "enrolment-pass.title")
	}
	b.post(link, "password", secretWords).is(429, "enrolment-pass.title")
	s.clock.move(throttle.FirstWait) // the wait of the link, and none of the address
	b.post(link, "password", secretWords).at("/setup-mfa")
}

func TestAPassIsGoodWhereTheClockIsBehind(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva", withEverything)
	s.clock.move(20 * time.Second)
	link := eva.pass()
	s.clock.move(-20 * time.Second)
	b := s.browser()
	b.post(link, "password", secretWords).at("/setup-mfa").is(200, "setup-begin.title")
}

func TestStrangersDoNotStopARenewalAtAKnownBrowserWhileMFAIsSuspended(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva", withEverything)
	known, stranger := s.browser(), s.browser()
	eva.signsIn(known)
	known.post("/sign-out")
	eva.suspended(false)
	eva.typesPassword(known).at("/my-login")
	s.clock.move(session.FreshFor)
	for range throttle.Free + 1 {
		stranger.post("/sign-in", "email", string(eva.email), "password", "a guess at the bakery")
	}
	known.open("/prove?next=/setup-mfa")
	known.submit("/prove", "password", secretWords).at("/setup-mfa")
}

func TestASuspendedMemberSetsUpWhileAQuestionIsOpenElsewhere(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva", withEverything)
	eva.suspended(false)
	b := eva.byMailedCode()
	asked := eva.halfway()
	asked.post("/backup/code", "code", eva.codes[0].Written()).at("/lost-phone")
	s.hush()
	b.open("/setup-mfa").is(200, "setup-begin.title")
	b.submit("/setup-mfa/begin").is(200, "setup-check.title")
	b.submit("/setup-mfa/check", "code", eva.mailed(notice.SetUpCode).Facts.Code).is(200, "setup-scan.title")
	b.scans("New phone")
	if st := eva.standing(); len(st.Authenticators) != 2 || st.Status != standing.Settled {
		t.Errorf("%d authenticators, %s", len(st.Authenticators), st.Status)
	}
	asked.post("/lost-phone", "lost", "yes", "factor", string(eva.phones[0].id))
	if n := len(eva.standing().Authenticators); n != 2 {
		t.Errorf("the question that is answered took %d away", 2-n)
	}
}

func TestAFactorOfASuspensionChangesNoPasswordAndNoCodesForADay(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva", withEverything)
	eva.suspended(false)
	b := eva.byMailedCode()
	s.hush()
	b.open("/setup-mfa")
	b.submit("/setup-mfa/begin")
	b.submit("/setup-mfa/check", "code", eva.mailed(notice.SetUpCode).Facts.Code)
	b.scans("New phone")
	before := eva.standing()
	b.post("/my-login/password", "password", newWords)
	b.post("/my-login/backup-codes")
	b.open("/my-login/backup-codes").says("barrier.factor-too-new", "From", "3 March 2026, 12:00")
	if after := eva.standing(); after.Password != before.Password {
		t.Error("the password was changed at once")
	}
	eva.halfway().post("/backup/code", "code", eva.codes[1].Written()).at("/lost-phone")
}
