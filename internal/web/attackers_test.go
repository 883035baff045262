package web_test

import (
	"crypto/rand"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sparekey/sparekey/internal/help"
	"github.com/sparekey/sparekey/internal/ladder"
	"github.com/sparekey/sparekey/internal/notice"
	"github.com/sparekey/sparekey/internal/operate"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/policy"
	"github.com/sparekey/sparekey/internal/session"
	"github.com/sparekey/sparekey/internal/standing"
)

// acts does something about somebody in the session of b, whoever holds it.
func (p *person) acts(b *browser, about *person, o operate.Order) error {
	p.site.t.Helper()
	s := p.site
	in, _, err := s.signIn().Current(s.t.Context(), session.Token(b.cookie("sparekey-session")))
	s.must(err)
	who, err := s.store.Colleague(s.t.Context(), p.id)
	s.must(err)
	who.Session = in
	if o.Verified == "" {
		o.Verified = ladder.InPerson
	}
	o.By = operate.By{Giver: who.Gives(), Why: "they asked at my desk"}
	_, err = serviceOf(s).Carry(s.t.Context(), about.id, o)
	return err
}

// proofsOf makes a session whose proofs are some time ago.
func proofsOf(ago time.Duration) func(*session.Session) {
	return func(in *session.Session) {
		in.PasswordProved = in.PasswordProved.Add(-ago)
		if !in.FactorProved.IsZero() {
			in.FactorProved = in.FactorProved.Add(-ago)
		}
	}
}

var (
	suspends  = operate.Order{Kind: ladder.Suspend, Length: ladder.OneDay}
	givesPass = operate.Order{Kind: ladder.GivePass}
)

// told returns to whom a kind of message went since mails were last asked for.
func told(sent []notice.Message, kind notice.Kind) []string {
	var to []string
	for _, m := range sent {
		if m.Kind == kind {
			to = append(to, string(m.To))
		}
	}
	slices.Sort(to)
	return to
}

func (s *site) tells(sent []notice.Message, kind notice.Kind, want ...string) {
	s.t.Helper()
	if got := told(sent, kind); !slices.Equal(got, want) {
		s.t.Errorf("%s went to %v, want %v", kind, got, want)
	}
}

func TestAPasswordAloneReachesTheQuestionForACode(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva", withEverything, administrator)
	thief := s.browser()
	eva.typesPassword(thief).is(200, "mfa.title")
	for _, path := range []string{"/my-login", "/employees", "/settings/general", "/setup-mfa", "/log", eva.edits()} {
		if p := thief.open(path); !strings.HasPrefix(p.path, "/mfa") && !strings.HasPrefix(p.path, "/sign-in") {
			t.Errorf("%s leads to %s", path, p.path)
		}
	}
	s.hush()
	for range session.ChallengeTries {
		thief.post("/mfa", "code", other(eva.code())[:6])
	}
	s.tells(s.mails(), notice.CodesTried, "eva@bakery.example", "eva@private.example")
}

func TestAThiefWithThePasswordEnrolsNobody(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.person("baas", withEverything, administrator)
	eva := s.person("eva")
	thief := s.browser()
	eva.typesPassword(thief)
	s.hush()
	thief.open("/setup-mfa")
	thief.submit("/setup-mfa/begin").is(200, "setup-check.title")
	sent := s.mails()
	s.tells(sent, notice.SetUpCode, "eva@bakery.example")
	thief.post("/setup-mfa/scan", "name", "Mine", "code", "123456")
	thief.post("/setup-mfa/check", "code", other(sent[0].Facts.Code))
	if eva.standing().MFA() || len(eva.standing().Authenticators) != 0 {
		t.Fatal("the thief has enrolled")
	}
	eva.objects(strings.TrimPrefix(sent[0].Facts.Objection, standing.ObjectionPath))
	if eva.sessions() != 0 {
		t.Error("the thief is still in")
	}
	// The password alone opens nothing any more: a new one has to come by mail.
	eva.typesPassword(thief).hasNot(`a[href="/my-login"]`)
	if eva.sessions() != 0 {
		t.Error("the thief is in again")
	}
}

func TestPasswordAndMailboxOpenNoMFA(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.person("baas", withEverything, administrator)
	eva := s.person("eva", withEverything)
	thief := s.browser()
	const fresh = "vier nieuwe losse woorden"
	s.hush()
	thief.open("/password/forgotten")
	thief.submit("/password/forgotten", "email", string(eva.email))
	link := eva.mailed(notice.PasswordReset).Facts.Link
	thief.open(link)
	thief.submit(link, "password", fresh)
	s.tells(s.mails(), notice.PasswordSetByMail, "eva@bakery.example", "eva@private.example")
	thief.open("/sign-in")
	thief.submit("/sign-in", "email", string(eva.email), "password", fresh).is(200, "mfa.title")
	thief.open("/backup")
	thief.post("/backup/email")
	if sent := told(s.mails(), notice.SignInCode); len(sent) != 0 {
		t.Errorf("a code went to %v", sent)
	}
	// A helper is not called about it either: they have to see the member.
	baas := s.person("chef", withEverything, administrator)
	call := suspends
	call.Verified = ladder.ByCall
	s.clock.move(8 * 24 * time.Hour) // the numbers count by now
	eva.resets("en nog vier nieuwe woorden")
	s.refusedFor(baas.acts(baas.inside(), eva, call), ladder.PasswordByMail)
	if eva.sessions() != 0 {
		t.Error("somebody is in")
	}
}

func TestPasswordAndTheBackupMailboxAreToldOfAndUndone(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.person("baas", withEverything, administrator)
	eva := s.person("eva", withEverything)
	thief := eva.halfway()
	code := eva.asksForMail(thief)
	thief.submit("/backup/email/code", "code", code)
	sent := s.mails()
	s.tells(sent, notice.BackupEmailUsed, "eva@bakery.example", "eva@private.example")
	thief.post("/lost-phone", "lost", "no")
	thief.open("/my-login").at("/my-login")
	before := eva.standing()
	thief.post("/my-login/password", "password", "vier nieuwe losse woorden")
	thief.post("/my-login/backup-email", "email", "thief@elsewhere.example")
	thief.post("/my-login/mfa-off")
	thief.post("/my-login/backup-codes")
	if now := eva.standing(); now.Password.Hash != before.Password.Hash || now.BackupEmail != before.BackupEmail || !now.MFA() || now.CodesMade != before.CodesMade {
		t.Error("the thief has changed something")
	}
	eva.objects(strings.TrimPrefix(sent[0].Facts.Objection, standing.ObjectionPath))
	thief.open("/my-login").is(200, "sign-in.title")
	s.tells(s.mails(), notice.FrozenToAdministrators, "baas@bakery.example")
}

func TestAStolenSessionOfASupervisorHelpsNobody(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.person("baas", withEverything, administrator)
	sam, eva, fin := s.person("sam", withEverything), s.person("eva", withEverything), s.person("fin", withEverything)
	s.team("day", sam, eva)
	stolen := sam.inside(proofsOf(session.FreshFor))
	eva.askedForHelp()
	s.hush()
	stolen.open("/employees").at("/employees").lists("Eva Jansen: On", "Sam Jansen: On")
	for _, order := range []operate.Order{suspends, givesPass, {Kind: ladder.EndSuspension}} {
		s.refusedFor(sam.acts(stolen, eva, order), ladder.StaleProof)
	}
	if err := sam.acts(stolen, fin, suspends); reasonIn(err) != ladder.Unknown {
		t.Errorf("beyond the team: %v", err)
	}
	s.tells(s.mails(), notice.MFASuspended)
}

func TestASupervisorsPasswordAndPhoneReachTheirTeamAlone(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	baas := s.person("baas", withEverything, administrator)
	sam, eva, fin := s.person("sam", withEverything), s.person("eva", withEverything), s.person("fin", withEverything)
	s.team("day", sam, eva, baas)
	thief := sam.inside()
	for _, order := range []operate.Order{suspends, givesPass} {
		s.refusedFor(sam.acts(thief, eva, order), ladder.OnlyWhenAsked)
		s.refusedFor(sam.acts(thief, baas, order), ladder.HigherRole)
		s.refusedFor(sam.acts(thief, fin, order), ladder.Unknown)
		s.refusedFor(sam.acts(thief, sam, order), ladder.Yourself)
	}
	for _, path := range []string{eva.edits(), "/settings/general", "/settings/recovery", "/log"} {
		thief.open(path).is(404, "error.404.title")
	}
	if n := len(s.events()); n == 0 {
		t.Error("nothing of it is in the log")
	}
}

func TestAnAdministratorsPasswordWithoutMFAChangesNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	baas, eva := s.person("baas", administrator), s.person("eva", withEverything)
	thief := s.browser()
	baas.signsIn(thief)
	thief.open("/employees").at("/employees")
	before := eva.standing()
	thief.post(eva.edits(), "name", "Mallory", "phone", "06 666", "role", "administrator", "email", "thief@elsewhere.example")
	thief.post("/settings/general/force", "grace", "0")
	thief.post("/settings/recovery/change", "supervisors", "no")
	thief.post("/settings/general/name", "name", "Mallory")
	for _, order := range []operate.Order{suspends, givesPass, {Kind: ladder.SignOut}, {Kind: ladder.Deactivate}} {
		s.refusedFor(baas.acts(thief, eva, order), ladder.OwnMFAFirst)
	}
	now := eva.standing()
	if now.Member != before.Member || now.Organisation != before.Organisation || now.Suspension != before.Suspension || now.Pass != before.Pass {
		t.Errorf("something was changed: %+v", now.Member)
	}
}

func TestAnAdministratorsSessionOfAnHourAgoChangesNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	baas, eva := s.person("baas", withEverything, administrator), s.person("eva", withEverything)
	stolen := baas.inside(proofsOf(time.Hour))
	before := eva.standing()
	if p := stolen.post(eva.edits(), "name", "Mallory"); !strings.HasPrefix(p.path, "/prove") {
		t.Errorf("led to %s", p.path)
	}
	stolen.post("/settings/general/force", "grace", "0")
	stolen.post("/settings/recovery/change", "supervisors", "no")
	for _, order := range []operate.Order{suspends, givesPass, {Kind: ladder.Deactivate}} {
		s.refusedFor(baas.acts(stolen, eva, order), ladder.StaleProof)
	}
	if now := eva.standing(); now.Member != before.Member || now.Organisation != before.Organisation || now.Suspension != before.Suspension {
		t.Errorf("something was changed: %+v", now.Member)
	}
}

func TestWhatAFooledHelperGaveIsToldAndUndone(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	baas, chef := s.person("baas", withEverything, administrator), s.person("chef", withEverything, administrator)
	eva := s.person("eva", withEverything)
	s.hush()
	s.must(baas.acts(baas.inside(), eva, suspends))
	sent := s.mails()
	s.tells(sent, notice.MFASuspended, "eva@bakery.example", "eva@private.example")
	s.tells(sent, notice.MFASuspendedToAdministrators, "baas@bakery.example", "chef@bakery.example")

	// The thief has the password, and reads the mailbox too: else it ends here.
	thief := s.browser()
	eva.typesPassword(thief).is(200, "mfa-email.title")
	thief.open("/my-login")
	if eva.sessions() != 0 {
		t.Fatal("in without the mailed code")
	}
	thief = eva.byMailedCode()
	thief.open("/my-login").at("/my-login")
	before := eva.standing()
	thief.post("/my-login/backup-email", "email", "thief@elsewhere.example")
	thief.post("/my-login/password", "password", "vier nieuwe losse woorden")
	thief.post("/my-login/backup-codes")
	thief.post("/my-login/mfa-off")
	if now := eva.standing(); now.BackupEmail != before.BackupEmail || now.Password.Hash != before.Password.Hash || now.CodesMade != before.CodesMade || !now.MFA() {
		t.Error("the thief has changed something")
	}
	link := ""
	for _, m := range sent {
		if m.To == eva.backup {
			link = m.Facts.Objection
		}
	}
	eva.objects(strings.TrimPrefix(link, standing.ObjectionPath))
	thief.open("/my-login").is(200, "sign-in.title")
	s.tells(s.mails(), notice.FrozenToAdministrators, "baas@bakery.example", "chef@bakery.example")
	release := operate.Order{Kind: ladder.Release}
	baas.inside().open("/employees/"+string(eva.id)).says("bar.frozen").says("closed.party", "From", "9 March 2026, 12:00").hasNot(`a[href$="/release"]`)
	s.refusedFor(baas.acts(baas.inside(), eva, release), ladder.PartyToIt)
	chef.inside().open("/employees/" + string(eva.id)).has(`a[href$="/release"]`)
	s.must(chef.acts(chef.inside(), eva, release))
	eva.typesPassword(s.browser()).is(200, "mfa.title")
}

func TestAMailScannerOpensEveryLinkAndNothingHappens(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	baas, eva := s.person("baas", withEverything, administrator), s.person("eva", withEverything)
	s.invites("bakery", "new@bakery.example", "", operate.Joins)
	b := baas.inside()
	b.open(eva.edits())
	b.submit(eva.edits(), "email", "eva.new@bakery.example")
	s.must(baas.acts(b, s.person("fin", withEverything), suspends))
	s.must(baas.acts(b, s.person("guy", withEverything), givesPass))
	forgot := s.browser()
	forgot.open("/password/forgotten")
	forgot.submit("/password/forgotten", "email", string(eva.email))
	scanned := make(map[string]bool)
	sent := s.mails()
	before := s.contents()
	for _, m := range sent {
		for _, link := range []string{m.Facts.Link, m.Facts.Objection} {
			if link == "" {
				continue
			}
			for range 2 {
				if p := s.browser().open(link); p.status != 200 {
					t.Errorf("%s: %d", link, p.status)
				}
				s.browser().send("HEAD", link, nil)
			}
			scanned[link[:strings.Index(link[1:], "/")+2]] = true
		}
	}
	if now := s.contents(); now != before {
		t.Errorf("the scanner has changed something: %s", difference(before, now))
	}
	for _, path := range []string{standing.InvitationPath, standing.AddressPath, standing.ObjectionPath, standing.PassPath} {
		if !scanned[path] {
			t.Errorf("no mail had a link to %s: %v", path, scanned)
		}
	}
}

func TestAnAdministratorDoesNotGetIntoAColleaguesAccount(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	mal, pal := s.person("mal", withEverything, administrator), s.person("pal", withEverything, administrator)
	ann := s.person("ann", withEverything, administrator)
	b := mal.inside()
	s.refusedFor(mal.acts(b, ann, suspends), ladder.HigherRole)
	b.post(ann.edits(), "email", "mal@elsewhere.example")
	b.open(ann.edits())
	b.submit(ann.edits(), "role", "employee")
	s.refusedFor(mal.acts(b, ann, suspends), ladder.HigherRole)
	s.refusedFor(mal.acts(b, ann, givesPass), ladder.ChangedByYou)

	// An accomplice gives the pass: there is time to object all the same.
	s.hush()
	accomplice := pal.inside()
	s.refusedFor(pal.acts(accomplice, ann, suspends), ladder.HigherRole)
	s.must(pal.acts(accomplice, ann, givesPass))
	sent := s.mails()
	s.tells(sent, notice.PassGivenToAdministrators, "mal@bakery.example", "pal@bakery.example")
	if pass := ann.standing().Pass; pass.From.Before(noon.Add(24 * time.Hour)) {
		t.Errorf("the pass opens at %v", pass.From)
	}
	link, objection := "", ""
	for _, m := range sent {
		if m.Kind == notice.EnrolmentPass {
			link = m.Facts.Link
		}
		if m.To == ann.backup {
			objection = m.Facts.Objection
		}
	}
	if s.browser().open(link).doc.Find(`input[type="password"]`).Length() != 0 {
		t.Error("the pass opens at once")
	}
	ann.objects(strings.TrimPrefix(objection, standing.ObjectionPath))
	s.clock.move(72 * time.Hour)
	if s.browser().open(link).doc.Find(`input[type="password"]`).Length() != 0 {
		t.Error("the pass opens after the objection")
	}
	release := operate.Order{Kind: ladder.Release}
	s.refusedFor(pal.acts(pal.inside(), ann, release), ladder.PartyToIt)
	again := mal.inside()
	s.refusedFor(mal.acts(again, ann, release), ladder.ChangedByYou)

	// Raised again, she is what she was, and nothing given to her before counts.
	again.open(ann.edits())
	again.submit(ann.edits(), "role", "administrator")
	s.refusedFor(mal.acts(again, ann, release), ladder.ChangedByYou)
	if st := ann.standing(); st.Pass != (standing.Pass{}) || st.Status != standing.Frozen {
		t.Errorf("left: %+v, %s", st.Pass, st.Status)
	}
}

func TestNobodyHelpsThemselvesByAHandMadeRequest(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	baas := s.person("baas", withEverything, administrator)
	second := s.person("second", withEverything, administrator, inMill("baas@bakery.example"))
	b := baas.inside()
	for _, order := range []operate.Order{suspends, givesPass, {Kind: ladder.EndSuspension}, {Kind: ladder.Deactivate}, {Kind: ladder.SignOut}} {
		s.refusedFor(baas.acts(b, baas, order), ladder.Yourself)
		// The other account of the same person, at another employer, is a stranger's.
		if err := second.acts(second.inside(), baas, order); !errors.Is(err, org.ErrNotFound) {
			t.Errorf("%s by the second account: %v", order.Kind, err)
		}
	}
	before := baas.standing().Member
	b.post(baas.edits(), "role", "employee")
	if now := baas.standing().Member; now.Stored != before.Stored {
		t.Errorf("they changed their own role: %s", now.Stored)
	}
	refusals := 0
	for _, e := range s.events() {
		if e.Kind == "recovery.refused" {
			refusals++
			if e.Organisation != "bakery" {
				t.Errorf("the log of %s speaks of it", e.Organisation)
			}
		}
	}
	if refusals != 6 {
		t.Errorf("%d refusals are in the log", refusals)
	}
}

func TestWhoeverIsOvertakenHelpsNobody(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	baas, chef := s.person("baas", withEverything, administrator), s.person("chef", withEverything, administrator)
	eva := s.person("eva", withEverything)
	b := chef.inside()
	who, err := s.store.Colleague(t.Context(), chef.id) // as the page was opened
	s.must(err)
	in, _, err := s.signIn().Current(t.Context(), session.Token(b.cookie("sparekey-session")))
	s.must(err)
	who.Session = in
	first := baas.inside()
	first.open(chef.edits())
	first.submit(chef.edits(), "role", "employee")
	o := suspends
	o.Verified, o.By = ladder.InPerson, operate.By{Giver: who.Gives(), Why: "she stands here"}
	if _, err := serviceOf(s).Carry(t.Context(), eva.id, o); err == nil {
		t.Error("an administrator who is none any more has helped")
	}
	if eva.standing().Suspension != (standing.Suspension{}) {
		t.Error("MFA is disabled")
	}
}

func TestTwoForceWhileAThirdDisables(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *site) {
		one, two, three := s.person("one", withEverything, administrator), s.person("two", withEverything, administrator), s.person("three", withEverything, administrator)
		eva := s.person("eva", withEverything)
		for range 5 {
			giver := func(p *person) standing.Giver {
				b := p.inside()
				who, err := s.store.Colleague(t.Context(), p.id)
				s.must(err)
				in, _, err := s.signIn().Current(t.Context(), session.Token(b.cookie("sparekey-session")))
				s.must(err)
				who.Session = in
				return who.Gives()
			}
			forces := &policy.Service{Store: s.store, Now: s.clock.now, Random: rand.Reader, Zone: time.UTC}
			a, b, c := giver(one), giver(two), giver(three)
			var all sync.WaitGroup
			for _, by := range []standing.Giver{a, b} {
				all.Go(func() {
					_, err := forces.Force(t.Context(), policy.By{Giver: by}, "bakery", 0, nil)
					if err != nil && !errors.Is(err, policy.ErrChanged) {
						t.Error(err)
					}
				})
			}
			all.Go(func() {
				o := suspends
				o.Verified, o.By = ladder.InPerson, operate.By{Giver: c, Why: "she stands here"}
				_, _ = serviceOf(s).Carry(t.Context(), eva.id, o)
			})
			all.Wait()
			st := eva.standing()
			if !st.Organisation.Enforces(s.clock.now()) || ladder.Suspended(st, s.clock.now()) {
				t.Errorf("forced: %+v, suspended: %+v", st.Organisation.MFA, st.Suspension)
			}
			s.refusedFor(three.acts(three.inside(), eva, suspends), ladder.MFAForced)
			_, err := forces.Release(t.Context(), policy.By{Giver: giver(one)}, "bakery")
			s.must(err)
			if ladder.Suspended(eva.standing(), s.clock.now()) {
				t.Error("what was suspended before comes back")
			}
			s.clock.move(time.Minute)
		}
	})
}

// reasonIn is the reason of a refusal, or nothing.
func reasonIn(err error) ladder.Reason {
	if refusal, ok := errors.AsType[*ladder.Refusal](err); ok {
		return refusal.Reason
	}
	return ""
}

// team puts people into a team that the first of them supervises.
func (s *site) team(name string, supervisor *person, others ...*person) {
	s.t.Helper()
	id := org.TeamID(name)
	s.must(s.store.AddTeam(s.t.Context(), org.Team{ID: id, Organisation: "bakery", Name: name}))
	s.must(s.store.AddSupervisor(s.t.Context(), id, supervisor.id))
	for _, p := range append(others, supervisor) {
		p.apply(standing.SetTeam{To: id})
	}
}

// askedForHelp gives the member a request that lives.
func (p *person) askedForHelp() {
	p.site.t.Helper()
	now := p.site.clock.now()
	p.apply(standing.AddRequest{Request: standing.Request{
		ID: "request-of-" + string(p.id), Browser: "theirs", Code: "7KM4QT", State: standing.Asked, Created: now, Expires: now.Add(24 * time.Hour),
	}})
}

// requests has the member ask for help from a sign-in whose password was right,
// and returns the request.
func (p *person) requests() standing.Request {
	p.site.t.Helper()
	s := p.site
	b := p.halfway()
	challenge, _, err := s.signIn().Pending(s.t.Context(), session.Token(b.cookie("sparekey-sign-in")))
	s.must(err)
	asking := &help.Service{Store: s.store, Now: s.clock.now, Random: rand.Reader, NewID: s.newID}
	_, err = asking.Ask(s.t.Context(), help.Call{Challenge: challenge})
	s.must(err)
	return p.standing().Requests[0]
}

func TestARequestIsAnsweredByWhoeverMayAndWithItsOwnCode(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	baas := s.person("baas", withEverything, administrator)
	sam, eva, fin := s.person("sam", withEverything), s.person("eva", withEverything), s.person("fin", withEverything)
	mill := s.person("mill", withEverything, administrator, inMill("mill@mill.example"))
	s.team("day", sam, eva, fin)
	hers, his := eva.requests(), fin.requests()
	answer := suspends
	answer.Request, answer.Matching = hers.ID, his.Code
	b := sam.inside()
	s.refusedFor(sam.acts(b, eva, answer), ladder.WrongMatching)
	answer.Matching = hers.Code
	s.refusedFor(sam.acts(b, fin, answer), ladder.Unknown) // her request, about him
	if err := mill.acts(mill.inside(), eva, answer); !errors.Is(err, org.ErrNotFound) {
		t.Errorf("from another organisation: %v", err)
	}
	s.refusedFor(eva.acts(eva.inside(), eva, answer), ladder.Unknown) // she is nobody's helper

	// Sam has the page open, and is taken out of the team.
	who, err := s.store.Colleague(t.Context(), sam.id)
	s.must(err)
	in, _, err := s.signIn().Current(t.Context(), session.Token(b.cookie("sparekey-session")))
	s.must(err)
	who.Session = in
	sam.apply(standing.StopSupervising{Team: "day"})
	answer.Verified, answer.By = ladder.InPerson, operate.By{Giver: who.Gives(), Why: "she stands here"}
	if _, err := serviceOf(s).Carry(t.Context(), eva.id, answer); !errors.Is(err, operate.ErrChanged) {
		t.Errorf("a supervisor of before: %v", err)
	}
	if eva.standing().Suspension != (standing.Suspension{}) || fin.standing().Suspension != (standing.Suspension{}) {
		t.Fatal("MFA is disabled")
	}
	s.must(baas.acts(baas.inside(), eva, answer))
	s.refusedFor(baas.acts(baas.inside(), eva, answer), ladder.RequestAnswered)
}
