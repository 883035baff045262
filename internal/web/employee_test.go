package web_test

import (
	"crypto/rand"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/sparekey/sparekey/internal/factor"
	"github.com/sparekey/sparekey/internal/ladder"
	"github.com/sparekey/sparekey/internal/notice"
	"github.com/sparekey/sparekey/internal/operate"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/session"
	"github.com/sparekey/sparekey/internal/standing"
)

// department makes a team of the bakery.
func (s *site) department(id org.TeamID, supervisors ...*person) {
	s.t.Helper()
	s.must(s.store.AddTeam(s.t.Context(), org.Team{ID: id, Organisation: "bakery", Name: "Team " + string(id)}))
	for _, p := range supervisors {
		s.must(s.store.AddSupervisor(s.t.Context(), id, p.id))
	}
}

// joins puts the member in a team, long ago.
func (p *person) joins(team org.TeamID) {
	p.site.t.Helper()
	p.apply(standing.SetTeam{From: p.standing().Member.Team, To: team})
}

// ask has the member ask for help, as their page would.
func (p *person) ask() standing.Request {
	p.site.t.Helper()
	code, err := factor.NewMatchingCode(rand.Reader)
	p.site.must(err)
	now := p.site.clock.now()
	r := standing.Request{ID: "request-" + string(p.id), Browser: "browser", Code: code, Created: now, Expires: now.Add(24 * time.Hour), State: standing.Asked}
	p.apply(standing.AddRequest{Request: r})
	return r
}

// at is the path of the member's page, and of pages below it.
func (p *person) at(below string) string { return "/employees/" + string(p.id) + below }

// disables fills in the form.
func (p *person) disables(b *browser, fields ...string) *page {
	p.site.t.Helper()
	b.open(p.at("/disable-mfa"))
	form := b.fill(p.at("/disable-mfa"), "length", "1d", "lost", "yes", "verified", "in-person", "note", "she sat at my desk")
	maps.Copy(form, pairs(fields))
	return b.follow(b.send("POST", p.at("/disable-mfa"), form))
}

// tellOfEnds does what serve does each few seconds.
func (s *site) tellOfEnds() {
	s.t.Helper()
	service := &operate.Service{Store: s.store, Now: s.clock.now, Random: rand.Reader, NewID: s.newID, Zone: time.UTC}
	_, err := service.TellOfEnds(s.t.Context())
	s.must(err)
}

func TestAnAdministratorDisablesMFAForADayAndItEndsByItself(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *site) {
		baas, eva := s.person("baas", administrator, withEverything), s.person("eva", withEverything)
		hers := eva.inside()
		b := baas.inside()
		b.open(eva.at("")).at(eva.at("")).says("employee.data").says("bar.on", "Day", "31 January 2026").
			says("bar.apps", "Count", 1).says("bar.codes", "Count", 10).has(`.bar a.button-danger[href="` + eva.at("/disable-mfa") + `"]`)
		b.open(eva.at("/disable-mfa")).has("#length-1d[checked]").says("verified.call", "Phone", "+31 6 1234 5678").says("act.told-both", "Name", "Eva Jansen")
		s.hush()
		p := eva.disables(b).at(eva.at("")).says("notice.disabled-mfa").
			says("bar.disabled", "Until", "3 March 2026, 12:00", "By", "Baas Jansen").says("act.enable-mfa.button")
		p.hasNot(".bar .button-danger")
		s.wantEvents("mfa.suspended lost", "authenticator.removed lost")
		s.wantMails("mfa-suspended → eva@bakery.example", "mfa-suspended → eva@private.example", "mfa-suspended-to-administrators → baas@bakery.example")
		hers.open("/my-login").is(200, "sign-in.title")

		// Two hours before, also where nothing ran at that instant, and once.
		s.clock.set(noon.Add(22*time.Hour - time.Second))
		s.tellOfEnds()
		s.wantMails()
		s.clock.set(noon.Add(23 * time.Hour))
		s.tellOfEnds()
		s.tellOfEnds()
		s.wantMails("suspension-ending → eva@bakery.example", "suspension-ending → eva@private.example")
		s.clock.set(noon.Add(25 * time.Hour))
		s.tellOfEnds()
		s.tellOfEnds()
		s.wantMails("suspension-over → eva@bakery.example", "suspension-over → eva@private.example", "suspension-over-to-administrators → baas@bakery.example")
		s.wantEvents("mfa.suspension.ended over")
		baas.inside().open(eva.at("")).says("bar.lost")
	})
}

func TestMFAIsTurnedOnAgainAtOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	baas, eva := s.person("baas", administrator, withMFA), s.person("eva", withMFA)
	b := baas.inside()
	eva.disables(b, "lost", "no", "length", "7d")
	s.hush()
	b.open(eva.at("/enable-mfa"))
	b.submit(eva.at("/enable-mfa")).at(eva.at("")).says("notice.enabled-mfa").says("bar.on", "Day", "31 January 2026")
	s.wantEvents("mfa.suspension.ended by-giver")
	s.wantMails("suspension-ended → eva@bakery.example", "suspension-ended-to-administrators → baas@bakery.example")
	s.clock.set(noon.Add(7 * 24 * time.Hour))
	s.tellOfEnds()
	s.wantMails()
	b = baas.inside()
	b.open(eva.at("/enable-mfa")).says("closed.not-suspended").hasNot("main form")
}

func TestWhatIsLeftOutOfTheFormIsAskedFor(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	baas, eva := s.person("baas", administrator, withMFA), s.person("eva", withMFA)
	b := baas.inside()
	for problem, fields := range map[string][]string{
		"problem.no-length":    {"length", "1h", "length", "forever"},
		"problem.no-lost":      {"lost", "perhaps"},
		"problem.not-verified": {"verified", "they called me"},
		"problem.no-note":      {"note", " "},
	} {
		form := []string{"length", "1d", "lost", "yes", "verified", "video", "note", "saw her"}
		for i := 0; i < len(fields); i += 2 {
			for j := 0; j < len(form); j += 2 {
				if form[j] == fields[i] {
					form[j+1] = fields[i+1]
				}
			}
		}
		p := b.post(eva.at("/disable-mfa"), form...)
		if p.status != 422 {
			t.Errorf("%s: %d", problem, p.status)
		}
		p.says(problem)
	}
	for _, length := range []string{"", "0", "-1h", "8d", "168h"} {
		if p := b.post(eva.at("/disable-mfa"), "length", length, "lost", "yes", "verified", "video", "note", "saw her"); p.status != 422 {
			t.Errorf("%q: %d", length, p.status)
		}
	}
	if ladder.Suspended(eva.standing(), s.clock.now()) {
		t.Error("it was disabled all the same")
	}
}

func TestLengthsBeyondTheOrganisationsLongestAreNotOffered(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	baas, eva := s.person("baas", administrator, withMFA), s.person("eva", withMFA)
	s.settles(func(o *org.Organisation) { o.Policy.LongestSuspension = 4 * time.Hour })
	b := baas.inside()
	b.open(eva.at("/disable-mfa")).has("#length-1h[checked]").hasNot("#length-midnight").hasNot("#length-1d").hasNot("#length-7d")
	p := b.post(eva.at("/disable-mfa"), "length", "1d", "lost", "no", "verified", "video", "note", "saw her")
	if p.status != 422 {
		t.Errorf("a day: %d", p.status)
	}
	p.says("problem.no-length")
}

func TestWhileMFAIsForcedItIsSetUpAgainInstead(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	baas, eva := s.person("baas", administrator, withMFA), s.person("eva", withMFA)
	s.force()
	b := baas.inside()
	b.open(eva.at("")).has(`.bar button[aria-disabled="true"][aria-describedby="why-disable"]`).says("closed.mfa-forced").
		has(`.bar a[href="/settings/general"]`).hasNot(`.bar a.button-danger`)
	b.open(eva.at("/disable-mfa")).says("closed.mfa-forced").hasNot("main form")
	if p := b.post(eva.at("/disable-mfa"), "length", "1h", "lost", "no", "verified", "video", "note", "saw her"); p.status != 409 {
		t.Errorf("by hand: %d", p.status)
	}
	s.hush()
	b.open(eva.at("/enrolment-pass"))
	b.submit(eva.at("/enrolment-pass"), "verified", "video", "note", "saw her").at(eva.at("")).says("notice.gave-pass").
		says("bar.pass", "Until", "3 March 2026, 12:00", "By", "Baas Jansen")
	s.wantMails("enrolment-pass → eva@bakery.example", "pass-given-to-administrators → baas@bakery.example")
}

func TestAnAdministratorIsLetInByAnotherAfterTheTimeToObject(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	baas, ana := s.person("baas", administrator, withMFA), s.person("ana", administrator, withMFA)
	b := baas.inside()
	b.open(ana.at("")).says("closed.higher-role").hasNot(`a[href="` + ana.at("/disable-mfa") + `"]`)
	if p := b.post(ana.at("/disable-mfa"), "length", "1h", "lost", "no", "verified", "video", "note", "saw her"); p.status != 409 {
		t.Errorf("by hand: %d", p.status)
	}
	b.open(ana.at("/enrolment-pass")).says("act.waits", "From", "3 March 2026, 12:00")
	b.submit(ana.at("/enrolment-pass"), "verified", "in-person", "note", "met her").
		says("bar.pass-waits", "From", "3 March 2026, 12:00", "Until", "4 March 2026, 12:00", "By", "Baas Jansen")
	if ana.standing().Pass.Open(s.clock.now()) {
		t.Error("it opens before others could object")
	}
	link := ana.mailed(notice.EnrolmentPass).Facts.Link
	early := s.browser()
	early.open(link).is(409, "enrolment-pass.waits-title").says("enrolment-pass.waits", "From", "3 March 2026, 12:00").hasNot("main form")
	early.post(link, "password", secretWords).is(409, "enrolment-pass.waits-title")
	s.clock.move(24 * time.Hour)
	early.open(link).is(200, "enrolment-pass.title")
	early.submit(link, "password", secretWords).is(200, "setup-begin.title")
}

func TestAThirdAdministratorAgreesToAPassThatNobodyAskedFor(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	baas, ana, cor := s.person("baas", administrator, withMFA), s.person("ana", administrator, withMFA), s.person("cor", administrator, withMFA)
	b, c := baas.inside(), cor.inside()
	b.open(ana.at("/enrolment-pass"))
	b.submit(ana.at("/enrolment-pass"), "verified", "in-person", "note", "met her").says("closed.gave-it-yourself").
		hasNot(`a[href="` + ana.at("/agree-to-pass") + `"]`).has(`a[href="` + ana.at("/stop-pass") + `"]`)
	b.open(ana.at("/agree-to-pass")).says("closed.gave-it-yourself").hasNot("main form")
	s.hush()

	c.open(ana.at("")).says("bar.pass-waits", "From", "3 March 2026, 12:00", "Until", "4 March 2026, 12:00", "By", "Baas Jansen").
		has(`a[href="` + ana.at("/stop-pass") + `"]`)
	c.open(ana.at("/agree-to-pass")).says("bar.pass-waits", "From", "3 March 2026, 12:00", "Until", "4 March 2026, 12:00", "By", "Baas Jansen")
	if p := c.submit(ana.at("/agree-to-pass"), "note", ""); p.status != 422 {
		t.Errorf("without a word: %d", p.status)
	}
	c.submit(ana.at("/agree-to-pass"), "note", "called her").at(ana.at("")).says("notice.agreed").says("bar.pass", "Until", "3 March 2026, 12:00", "By", "Baas Jansen").
		hasNot(`a[href="` + ana.at("/agree-to-pass") + `"]`).has(`a[href="` + ana.at("/stop-pass") + `"]`)
	s.wantMails("pass-agreed → ana@bakery.example", "pass-agreed-to-administrators → baas@bakery.example", "pass-agreed-to-administrators → cor@bakery.example")
	if pass := ana.standing().Pass; !pass.Open(s.clock.now()) || pass.AgreedBy != cor.id {
		t.Errorf("two have looked, and it is not open: %v", pass)
	}
	c.open(ana.at("/agree-to-pass")).says("closed.not-waiting")
}

func TestAThirdAdministratorStopsAPassThatNobodyAskedFor(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	baas, ana, cor := s.person("baas", administrator, withMFA), s.person("ana", administrator, withMFA), s.person("cor", administrator, withMFA)
	b, c := baas.inside(), cor.inside()
	b.open(ana.at("/enrolment-pass"))
	b.submit(ana.at("/enrolment-pass"), "verified", "in-person", "note", "met her")
	s.hush()
	c.open(ana.at("/stop-pass"))
	c.submit(ana.at("/stop-pass"), "note", "she knows of nothing").at(ana.at("")).says("notice.pass-stopped").says("bar.frozen")
	s.wantMails("pass-stopped → ana@bakery.example", "pass-stopped-to-administrators → baas@bakery.example", "pass-stopped-to-administrators → cor@bakery.example")
	if st := ana.standing(); st.Pass.ID != "" || st.Status != standing.Frozen {
		t.Errorf("after the objection: %v, pass %v", st.Status, st.Pass)
	}
	// Whose help was objected to does not release it; who objected does.
	b.open(ana.at("")).hasNot(`a[href="` + ana.at("/release") + `"]`)
	c.open(ana.at("/release"))
	c.submit(ana.at("/release"), "verified", "in-person", "note", "met her").says("notice.released-them")
}

func TestNobodyAgreesToAPassThatTheyHaveNotSeen(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	baas, ana, cor := s.person("baas", administrator, withMFA), s.person("ana", administrator, withMFA), s.person("cor", administrator, withMFA)
	b, c := baas.inside(), cor.inside()
	gives := func() {
		b.open(ana.at("/enrolment-pass"))
		b.submit(ana.at("/enrolment-pass"), "verified", "in-person", "note", "met her")
	}
	gives()
	c.open(ana.at("/agree-to-pass"))
	s.clock.move(time.Minute)
	gives()
	if p := c.submit(ana.at("/agree-to-pass"), "note", "called her"); p.status != 409 {
		t.Errorf("another pass by now: %d", p.status)
	}
	if ana.standing().Pass.Open(s.clock.now()) {
		t.Error("a pass is agreed to that nobody else has seen")
	}
	for _, given := range []string{"", "yesterday", "0001-01-01T00:00:00Z"} {
		if p := c.post(ana.at("/stop-pass"), "pass", given, "note", "by hand"); p.status != 409 {
			t.Errorf("%q: %d", given, p.status)
		}
	}
}

func TestNobodyHelpsThemselves(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	baas := s.person("baas", administrator, withMFA)
	s.person("ana", administrator, withMFA)
	b := baas.inside()
	b.open(baas.at("")).says("closed.yourself").hasNot(".bar a")
	before := s.contents()
	for path, fields := range map[string][]string{
		"/disable-mfa":    {"length", "1h", "lost", "no", "verified", "video", "note", "me"},
		"/enrolment-pass": {"verified", "video", "note", "me"}, "/sign-out": nil, "/deactivate": nil, "/release": {"verified", "video", "note", "me"},
	} {
		if p := b.post(baas.at(path), fields...); p.status != 409 {
			t.Errorf("%s: %d", path, p.status)
		}
	}
	if now := s.contents(); withoutEvents(now) != withoutEvents(before) {
		t.Errorf("something was changed:\n%s", difference(withoutEvents(before), withoutEvents(now)))
	}
}

// withoutEvents drops the log, and the counters of rows, from the contents of a
// database: what is refused is recorded.
func withoutEvents(contents string) string {
	var kept []string
	table := ""
	for line := range strings.Lines(contents) {
		if !strings.HasPrefix(line, " ") {
			table = strings.TrimSpace(line)
		}
		if table != "events" && table != "members" && table != "organisations" {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "")
}

func TestASupervisorSeesTheOwnTeamAndHelpsWhoeverAsked(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.person("baas", administrator, withMFA)
	sam, eva, bob := s.person("sam", withMFA), s.person("eva", withMFA), s.person("bob", withMFA)
	s.department("day", sam)
	eva.joins("day")
	b := sam.inside()
	b.open(bob.at("")).is(404, "error.404.title")
	b.open(eva.at("")).at(eva.at("")).says("closed.only-when-asked").hasNot(".bar a").
		hasNot(`a[href="` + eva.at("/edit") + `"]`).hasNot(`a[href="` + eva.at("/deactivate") + `"]`)
	for path, status := range map[string]int{"/edit": 404, "/deactivate": 404, "/sign-out": 404, "/release": 404, "/disable-mfa": 409} {
		if p := b.post(eva.at(path), "length", "1h", "lost", "no", "verified", "video", "note", "saw her", "name", "Other"); p.status != status {
			t.Errorf("%s: %d, want %d", path, p.status, status)
		}
	}
	request := eva.ask()
	b.open(eva.at("")).has(`.bar a.button-danger[href="/requests/` + request.ID + `"]`).hasNot(`a[href="` + eva.at("/disable-mfa") + `"]`)
	if p := b.send("POST", eva.at("/disable-mfa"), pairs([]string{"length", "1h", "lost", "no", "verified", "video", "note", "x"})); p.header.Get("Location") != "/requests/"+request.ID {
		t.Errorf("past the matching code: %d %s", p.status, p.header.Get("Location"))
	}
	// Taken out of the team, they see nothing more.
	sam.apply(standing.StopSupervising{Team: "day"})
	b.open(eva.at("")).is(404, "error.404.title")
}

func TestAMemberOfAnotherOrganisationIsAsIfThereWereNone(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	baas := s.person("baas", administrator, withMFA)
	eva := s.person("eva", withMFA)
	miller := s.person("miller", inMill("miller@mill.example"), withMFA, administrator)
	bakers := []*browser{baas.inside(), eva.inside()}
	before := s.contents()
	for _, r := range routes(t) {
		if !strings.HasPrefix(r.path, "/employees/{id}") {
			continue
		}
		fill := func(id string) string { return strings.ReplaceAll(r.path, "{id}", id) }
		form := pairs([]string{"name", "Other", "length", "1h", "lost", "no", "verified", "video", "note", "x"})
		if r.method == "GET" {
			form = nil
		}
		for i, b := range bakers {
			foreign, none := b.send(r.method, fill(string(miller.id)), form), b.send(r.method, fill("member-nobody"), form)
			same := strings.ReplaceAll(foreign.body, string(miller.id), "member-nobody") == none.body
			if foreign.status != 404 || none.status != 404 || !same {
				t.Errorf("%d: %s %s: %d, nobody's %d, the same page: %v", i, r.method, r.path, foreign.status, none.status, same)
			}
		}
	}
	if now := s.contents(); now != before {
		t.Errorf("something was changed:\n%s", difference(before, now))
	}
}

func TestWhoeverMayChangeNothingReadsWhy(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	plain, strong, eva := s.person("plain", administrator), s.person("strong", administrator, withEverything), s.person("eva", withMFA)
	for name, c := range map[string]struct {
		in  *browser
		say string
	}{
		"without MFA of one's own": {plain.inside(), "closed.own-mfa-first"},
		"in by a backup":           {strong.inside(byBackup), "closed.came-by-backup"},
		"in under a suspension": {strong.inside(func(in *session.Session) {
			in.CameBy, in.FactorProved, in.PowersFrom = session.BySuspension, time.Time{}, time.Time{}
		}), ""},
		"with a factor of today": {strong.inside(func(in *session.Session) { in.PowersFrom = noon.Add(time.Hour) }), "closed.factor-too-new"},
	} {
		p := c.in.open(eva.at(""))
		if c.say == "" {
			continue // such a session is over where nothing is suspended
		}
		p.at(eva.at("")).says(c.say, "From", "2 March 2026, 13:00").hasNot(".bar a").hasNot(`a[href="` + eva.at("/edit") + `"]`)
		for _, path := range []string{"/disable-mfa", "/deactivate", "/edit"} {
			c.in.post(eva.at(path), "length", "1h", "lost", "no", "verified", "video", "note", "x", "name", "Other")
		}
		if m := eva.standing(); ladder.Suspended(m, noon) || m.Member.State != org.Active || m.Member.Name != "Eva Jansen" {
			t.Errorf("%s: it was done all the same", name)
		}
	}
	plain.inside().open(eva.at("")).has(`a[href="/setup-mfa"]`)
}

func TestEveryChangeAsksForAFreshProofFirst(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	baas, eva := s.person("baas", administrator, withMFA), s.person("eva", withMFA)
	b := baas.inside()
	s.clock.move(5*time.Minute + time.Second)
	b.open(eva.at("")).has(`.bar a.button-danger`)
	for _, path := range []string{"/disable-mfa", "/enrolment-pass", "/sign-out", "/deactivate", "/edit"} {
		for _, p := range []*page{b.send("GET", eva.at(path), nil), b.send("POST", eva.at(path), pairs([]string{"name", "Other"}))} {
			if to := p.header.Get("Location"); !strings.HasPrefix(to, "/prove?next=") || !strings.Contains(to, "disable-mfa") == (path == "/disable-mfa") {
				t.Errorf("%s: %d, %s", path, p.status, to)
			}
		}
	}
	b.open(eva.at("/disable-mfa"))
	b.submit("/prove", "password", secretWords, "code", baas.code()).at(eva.at("/disable-mfa"))
}

func TestSignedOutEverywhereReleasedAndDeactivated(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	baas, eva := s.person("baas", administrator, withMFA), s.person("eva", withMFA)
	hers, b := eva.inside(), baas.inside()
	b.open(eva.at("/sign-out"))
	s.hush()
	b.submit(eva.at("/sign-out")).at(eva.at("")).says("notice.signed-out-them")
	hers.open("/my-login").is(200, "sign-in.title")
	s.wantMails("signed-out → eva@bakery.example", "signed-out-to-administrators → baas@bakery.example")

	eva.apply(standing.SetStatus{Status: standing.Frozen, At: noon})
	b.open(eva.at("")).says("bar.frozen").says("act.release.button").hasNot(`a[href="` + eva.at("/disable-mfa") + `"]`)
	b.open(eva.at("/disable-mfa")).says("closed.frozen")
	b.open(eva.at("/release"))
	b.submit(eva.at("/release"), "verified", "call", "note", "called her").at(eva.at("")).says("notice.released-them")
	s.hush()

	hers = eva.inside()
	b.open(eva.at("/deactivate"))
	b.submit(eva.at("/deactivate")).at(eva.at("")).says("notice.deactivated-them").says("employee.reactivate").hasNot(".bar")
	hers.open("/my-login").is(200, "sign-in.title")
	s.wantMails("deactivated → eva@bakery.example", "deactivated-to-administrators → baas@bakery.example")
}

func TestNobodyIsHelpedByWhoeverChangedThemLately(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	baas, ana := s.person("baas", administrator, withMFA), s.person("ana", administrator, withMFA)
	cleo := s.person("cleo", administrator, withMFA)
	b := baas.inside()
	// Lowering a colleague's role to help them, and raising it again.
	b.open(ana.at("/edit"))
	b.submit(ana.at("/edit"), "role", "employee").at(ana.at(""))
	b.open(ana.at("")).says("closed.higher-role").hasNot(`a[href="` + ana.at("/disable-mfa") + `"]`)
	for name, in := range map[string]*browser{"who lowered it": b, "another": cleo.inside()} {
		if p := in.post(ana.at("/disable-mfa"), "length", "1h", "lost", "no", "verified", "video", "note", "x"); p.status != 409 {
			t.Errorf("%s: %d", name, p.status)
		}
	}
	s.refusedFor(ana.orders2(baas, ladder.GivePass), ladder.ChangedByYou)
	// Changing their phone and then calling it.
	eva := s.person("eva", withMFA)
	b.open(eva.at("/edit"))
	b.submit(eva.at("/edit"), "phone", "06 9999 9999").at(eva.at(""))
	b.open(eva.at("/disable-mfa")).says("closed.changed-by-you", "From", "9 March 2026, 12:00").hasNot("main form")
	if p := b.post(eva.at("/disable-mfa"), "length", "1h", "lost", "no", "verified", "call", "note", "x"); p.status != 409 {
		t.Errorf("who changed it: %d", p.status)
	}
	other := cleo.inside()
	other.open(eva.at("/disable-mfa")).has("#verified-call[disabled]").says("closed.phone-too-new", "From", "9 March 2026, 12:00")
	p := other.post(eva.at("/disable-mfa"), "length", "1h", "lost", "no", "verified", "call", "note", "x")
	if p.status != 422 {
		t.Errorf("another who calls the new number: %d", p.status)
	}
	p.says("problem.call-number-new")
	s.clock.move(7 * 24 * time.Hour)
	if p := eva.disables(cleo.inside(), "verified", "call", "lost", "no"); p.status != 200 || !ladder.Suspended(eva.standing(), s.clock.now()) {
		t.Errorf("a week later: %d", p.status)
	}
}

// orders2 has a colleague in a session order something about p.
func (p *person) orders2(by *person, kind ladder.StepKind) error {
	p.site.t.Helper()
	b := by.inside()
	token := b.cookie("sparekey-session")
	who, err := p.site.store.Colleague(p.site.t.Context(), by.id)
	p.site.must(err)
	in, _, err := p.site.store.Session(p.site.t.Context(), hashOf(token), p.site.clock.now())
	p.site.must(err)
	who.Session = in
	service := &operate.Service{Store: p.site.store, Now: p.site.clock.now, Random: rand.Reader, NewID: p.site.newID, Zone: time.UTC}
	_, err = service.Carry(p.site.t.Context(), p.id, operate.Order{By: operate.By{Giver: who.Gives(), Why: "x"}, Kind: kind, Verified: ladder.InPerson})
	return err
}
