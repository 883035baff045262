package web_test

import (
	"crypto/rand"
	"strings"
	"testing"
	"time"

	"github.com/sparekey/sparekey/internal/factor"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/session"
	"github.com/sparekey/sparekey/internal/standing"
)

// called makes a request for help of p, asked now in a browser of its own.
func (p *person) called() standing.Request {
	p.site.t.Helper()
	code, err := factor.NewMatchingCode(rand.Reader)
	p.site.must(err)
	token, err := session.NewToken(rand.Reader)
	p.site.must(err)
	now := p.site.clock.now()
	r := standing.Request{
		ID: "request-" + p.site.newID(), Browser: token.Hash(), Code: code, Created: now, Expires: now.Add(standing.RequestLifetime), State: standing.Asked,
	}
	p.apply(standing.AddRequest{Request: r})
	return r
}

func requestPath(r standing.Request) string { return "/requests/" + r.ID }

// standsAt fails unless the request of p stands at a state.
func (p *person) standsAt(r standing.Request, want standing.RequestState) standing.Request {
	p.site.t.Helper()
	got, _ := p.standing().Request(r.ID)
	if got.State != want {
		p.site.t.Fatalf("the request stands at %q, want %q", got.State, want)
	}
	return got
}

// supervising puts p's boss at the head of the day shift, and p in it.
func (s *site) dayShift(boss *person, members ...*person) {
	s.t.Helper()
	s.must(s.store.AddTeam(s.t.Context(), org.Team{ID: "day", Organisation: "bakery", Name: "Day shift"}))
	s.must(s.store.AddSupervisor(s.t.Context(), "day", boss.id))
	for _, m := range members {
		m.apply(standing.SetTeam{To: "day"})
	}
}

func TestASupervisorHearsTheCodeAndDisablesMFA(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	boss, bob := s.person("boss", withEverything), s.person("bob", withEverything)
	s.person("ada", withEverything, administrator)
	s.dayShift(boss, bob)
	r := bob.called()
	b := boss.inside()
	b.open("/requests").is(200, "requests.title").has(`a[href="` + requestPath(r) + `"]`).has(`.tabs a[href="/requests"] .tab-count`)
	b.open(requestPath(r)).asking(200)
	if code := string(r.Code); len(code) != 6 || strings.Contains(b.page.body, code) || strings.Contains(b.page.body, r.Code.Groups()) {
		t.Fatal("the helper is shown the code")
	}
	form := requestPath(r) + "/approve"
	fill := []string{"give", "suspension", "length", "1d", "lost", "no", "verified", "in-person", "note", "sat at my desk", "code", "x"}
	with := func(name, value string) []string {
		fields := append([]string{}, fill...)
		for i := 0; i < len(fields); i += 2 {
			if fields[i] == name {
				fields[i+1] = value
			}
		}
		return fields
	}
	b.post(form, with("code", "abc")...).asking(422).says("problem.no-matching")
	b.post(form, with("verified", "they-called")...).asking(422)
	b.post(form, with("length", "8d")...).asking(422)
	b.post(form, with("length", "")...).asking(422)
	b.post(form, with("note", " ")...).asking(422).says("problem.no-reason")
	bob.standsAt(r, standing.Asked)
	s.hush()
	b.open(requestPath(r))
	b.submit(form, with("code", r.Code.Groups())...)
	bob.standsAt(r, standing.Approved)
	if st := bob.standing(); !st.Suspension.Covers(s.clock.now()) || st.Suspension.Browser != r.Browser || st.Suspension.By.Member != boss.id {
		t.Errorf("suspended: %+v", st.Suspension)
	}
	s.wantMails("mfa-suspended → bob@bakery.example", "mfa-suspended → bob@private.example", "mfa-suspended-to-administrators → ada@bakery.example")
	b.post(form, with("code", string(r.Code))...).asking(409) // a second time
}

func TestTheThirdWrongCodeClosesTheRequest(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada, bob := s.person("ada", withEverything, administrator), s.person("bob", withEverything)
	r, other := bob.called(), bob.called()
	b := ada.inside()
	form := requestPath(r) + "/approve"
	fields := func(code factor.MatchingCode) []string {
		return []string{"give", "pass", "verified", "video", "note", "saw her face", "code", string(code)}
	}
	b.open(requestPath(r))
	b.post(form, fields(other.Code)...).asking(409).says("problem.wrong-matching")
	b.post(form, fields(other.Code)...).asking(409)
	s.hush()
	b.post(form, fields(other.Code)...).asking(409).says("problem.matching-closed")
	bob.standsAt(r, standing.Closed)
	bob.standsAt(other, standing.Asked)
	s.wantMails("help-closed → bob@bakery.example", "help-closed → bob@private.example", "help-closed-to-helpers → ada@bakery.example")
	b.post(form, fields(r.Code)...).asking(409)
	if bob.standing().Pass.ID != "" {
		t.Error("a closed request was answered")
	}
}

func TestARequestIsSeenByThoseWhoAreAskedAlone(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	boss, bob, cas := s.person("boss", withEverything), s.person("bob", withEverything), s.person("cas", withEverything)
	eve := s.person("eve", withEverything, administrator, inMill("eve@mill.example"))
	s.dayShift(boss, bob)
	mine, others := bob.called(), cas.called()
	for name, c := range map[string]struct {
		b *browser
		r standing.Request
	}{
		"a supervisor, of another team":       {boss.inside(), others},
		"an administrator of another house":   {eve.inside(), mine},
		"a colleague":                         {cas.inside(), mine},
		"whoever asked":                       {bob.inside(), mine},
		"nobody's request, as administrators": {eve.inside(), standing.Request{ID: "nobodys"}},
	} {
		c.b.open(requestPath(c.r))
		if c.b.page.status != 404 {
			t.Errorf("%s: GET is answered %d", name, c.b.page.status)
		}
		for _, act := range []string{"approve", "refuse", "agree", "stop"} {
			p := c.b.post(requestPath(c.r)+"/"+act, "give", "pass", "verified", "video", "note", "a b", "words", "a b", "code", string(c.r.Code))
			if p.status != 404 && p.status != 403 {
				t.Errorf("%s: %s is answered %d", name, act, p.status)
			}
		}
	}
	bob.standsAt(mine, standing.Asked)
	cas.standsAt(others, standing.Asked)
}

func TestASupervisorWhoLeftTheTeamMeanwhileHelpsNobody(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	boss, bob := s.person("boss", withEverything), s.person("bob", withEverything)
	s.person("ada", withEverything, administrator)
	s.dayShift(boss, bob)
	r := bob.called()
	b := boss.inside()
	b.open(requestPath(r)).asking(200)
	boss.apply(standing.StopSupervising{Team: "day"})
	b.post(requestPath(r)+"/approve", "give", "pass", "verified", "video", "note", "saw her", "code", string(r.Code)).is(403, "barred.title").says("barred.not-yours")
	s.wantEvents("recovery.refused not-yours")
	bob.standsAt(r, standing.Asked)
}

func TestARequestIsRefusedWithWords(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada, bob := s.person("ada", withEverything, administrator), s.person("bob", withEverything)
	r := bob.called()
	b := ada.inside()
	b.open(requestPath(r))
	b.submit(requestPath(r) + "/refuse").asking(422).says("problem.no-reason")
	b.submit(requestPath(r)+"/refuse", "words", "Come and see me at the office").asking(200).says("notice.help-refused")
	if got := bob.standsAt(r, standing.Refused); got.Words != "Come and see me at the office" || got.By != ada.id {
		t.Errorf("%+v", got)
	}
}

func TestAnAdministratorIsHelpedWithTimeToObjectOrASecondVoice(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada, bea, cas := s.person("ada", withEverything, administrator), s.person("bea", withEverything, administrator), s.person("cas", withEverything, administrator)
	young := s.person("young", withEverything, administrator)
	s.clock.move(8 * 24 * time.Hour)
	young.apply(standing.SetRole{From: org.Administrator, To: org.Employee, At: s.clock.now()}, standing.SetRole{From: org.Employee, To: org.Administrator, At: s.clock.now()})
	r := ada.called()
	b := bea.inside()
	b.open(requestPath(r)).asking(200).hasNot(`input[value="suspension"]`)
	b.post(requestPath(r)+"/approve", "give", "suspension", "length", "1d", "lost", "no", "verified", "video", "note", "saw her", "code", string(r.Code)).asking(409)
	b.open(requestPath(r))
	b.submit(requestPath(r)+"/approve", "give", "pass", "verified", "video", "note", "saw her", "code", string(r.Code)).asking(200)
	ada.standsAt(r, standing.Approved)
	if p := ada.standing().Pass; p.Open(s.clock.now()) || !p.From.After(s.clock.now().Add(23*time.Hour)) {
		t.Fatalf("the pass is open: %+v", p)
	}
	b.open(requestPath(r)).says("request.agree-why.gave-it-yourself")
	b.post(requestPath(r)+"/agree", "note", "me again").asking(409)
	y := young.inside()
	y.open(requestPath(r)).says("request.agree-why.too-new-to-agree")
	y.post(requestPath(r)+"/agree", "note", "sure").asking(409)
	if ada.standing().Pass.Open(s.clock.now()) {
		t.Fatal("opened by one voice")
	}
	c := cas.inside()
	c.open(requestPath(r))
	c.submit(requestPath(r)+"/agree", "note", "called her on video").asking(200).says("notice.agreed")
	if !ada.standing().Pass.Open(s.clock.now()) {
		t.Error("two voices do not open it")
	}
}

func TestAnAdministratorWhoObjectsFreezesTheRecovery(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada, bea, cas := s.person("ada", withEverything, administrator), s.person("bea", withEverything, administrator), s.person("cas", withEverything, administrator)
	r := ada.called()
	b := bea.inside()
	b.open(requestPath(r))
	b.submit(requestPath(r)+"/approve", "give", "pass", "verified", "video", "note", "saw her", "code", string(r.Code)).asking(200)
	c := cas.inside()
	c.open(requestPath(r))
	c.submit(requestPath(r)+"/stop", "note", "she is on holiday").says("notice.pass-stopped")
	st := ada.standing()
	if st.Status != standing.Frozen || st.Pass.ID != "" {
		t.Errorf("%s, %+v", st.Status, st.Pass)
	}
	ada.standsAt(r, standing.Stopped)
}

// asking fails unless the page is that of a request, with a status.
func (p *page) asking(status int) *page {
	p.site.t.Helper()
	if p.status != status || !strings.Contains(p.doc.Find("h1").Text(), "asks for help") {
		p.site.t.Fatalf("%s answers %d, want %d and a request:\n%s", p.path, p.status, status, p.text())
	}
	return p
}
