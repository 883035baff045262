package web_test

import (
	"strings"
	"testing"
	"time"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/ladder"
	"github.com/sparekey/sparekey/internal/notice"
	"github.com/sparekey/sparekey/internal/operate"
	"github.com/sparekey/sparekey/internal/standing"
)

// A browser whose request was once answered with a pass opens no later pass whose
// link is mailed, with the password alone.
func TestAnOldRequestOpensNoMailedPass(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	baas, chef := s.person("baas", withEverything, administrator), s.person("chef", withEverything, administrator)
	eva := s.person("eva", withEverything)
	thief := eva.lockedOut() // password only
	s.hush()
	s.must(baas.answers(eva, operate.Order{Kind: ladder.GivePass})) // fooled
	link := ""
	for _, m := range s.mails() {
		if m.To == eva.backup {
			link = m.Facts.Objection
		}
	}
	eva.objects(strings.TrimPrefix(link, standing.ObjectionPath))
	eva.typesPassword(thief)
	thief.post("/mfa/help/on")
	if eva.sessions() != 0 {
		t.Fatal("in while frozen")
	}
	s.must(chef.acts(chef.inside(), eva, operate.Order{Kind: ladder.Release}))
	s.hush()
	s.must(chef.acts(chef.inside(), eva, operate.Order{Kind: ladder.GivePass})) // mailed to eva
	if m := eva.mailed(notice.EnrolmentPass); m.To != eva.email {
		t.Fatal("not mailed")
	}
	eva.typesPassword(thief)
	p := thief.post("/mfa/help/on")
	t.Logf("thief is at %s (%d), eva's sessions: %d", p.path, p.status, eva.sessions())
	if eva.sessions() != 0 {
		thief.submit("/setup-mfa/begin")
		thief.scans("Thief's phone")
		t.Errorf("the thief used the pass that was mailed to eva; authenticators now: %+v", eva.standing().Authenticators)
	}
}

// A pass that answered a request ends with another answer.
func TestAPassEndsWithAnotherAnswer(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	baas, chef := s.person("baas", withEverything, administrator), s.person("chef", withEverything, administrator)
	eva := s.person("eva", withEverything)
	thief := eva.lockedOut()
	s.must(baas.answers(eva, operate.Order{Kind: ladder.GivePass})) // fooled
	s.clock.move(time.Minute)
	eva.lockedOut() // eva herself
	var mine standing.Request
	for _, r := range eva.standing().Requests {
		if r.State == standing.Asked {
			mine = r
		}
	}
	s.must(chef.asks(eva, operate.Order{Kind: ladder.Suspend, Length: ladder.OneHour, Request: mine.ID, Matching: mine.Code, Verified: ladder.InPerson}))
	for _, r := range eva.standing().Requests {
		t.Logf("request %s %s given %s", r.ID, r.State, r.Given)
	}
	t.Logf("pass there: %v", eva.standing().Pass.ID != "")
	eva.signsInAnyhow(s)
	n := eva.sessions()
	eva.typesPassword(thief)
	p := thief.post("/mfa/help/on")
	t.Logf("thief at %s %d; sessions %d → %d", p.path, p.status, n, eva.sessions())
	if eva.sessions() > n {
		t.Error("the withdrawn request's pass opened")
	}
}

func (p *person) signsInAnyhow(s *site) {
	s.clock.move(2 * time.Hour) // the suspension is over
	b := s.browser()
	p.typesPassword(b).is(200, "mfa.title")
	b.submit("/mfa", "code", p.code())
}

// A suspension that answered a request ends with a pass given for another.
func TestASuspensionEndsWithAnotherAnswer(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	baas, chef := s.person("baas", withEverything, administrator), s.person("chef", withEverything, administrator)
	eva := s.person("eva", withEverything)
	thief := eva.lockedOut()
	s.must(baas.answers(eva, operate.Order{Kind: ladder.Suspend, Length: ladder.OneDay}))
	s.clock.move(time.Minute)
	eva.lockedOut2()
	var mine standing.Request
	for _, r := range eva.standing().Requests {
		if r.State == standing.Asked {
			mine = r
		}
	}
	s.must(chef.asks(eva, operate.Order{Kind: ladder.GivePass, Request: mine.ID, Matching: mine.Code, Verified: ladder.InPerson}))
	s.clock.move(time.Minute)
	eva.typesPassword(thief)
	t.Logf("sessions %d", eva.sessions())
	if eva.sessions() > 0 {
		t.Error("signed in by the suspension of a withdrawn request")
	}
}

func (p *person) lockedOut2() *browser {
	b := p.site.browser()
	p.typesPassword(b)
	b.open("/mfa/help")
	b.post("/mfa/help")
	return b
}

// After "Turn MFA on again" the waiting browser does not post itself in a circle.
func TestAnEndedSuspensionGoesRoundInNoCircle(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	baas := s.person("baas", withMFA, administrator)
	eva := s.person("eva", withMFA)
	b := eva.lockedOut()
	s.must(baas.answers(eva, operate.Order{Kind: ladder.Suspend, Length: ladder.OneDay}))
	s.must(baas.asks(eva, operate.Order{Kind: ladder.EndSuspension}))
	b.open("/mfa/help")
	for range 3 {
		p := b.post("/mfa/help/on")
		if strings.Contains(p.body, "data-send-now") {
			t.Errorf("%s sends itself again; status %d", p.path, p.status)
		}
	}
	b.post("/mfa/help") // ask again
	if rs := eva.standing().Requests; len(rs) != 2 {
		t.Errorf("cannot ask again: %d requests, first %s", len(rs), rs[0].State)
	}
}

// Many changes hide no earlier one.
func TestManyChangesHideNoNewPhone(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	rogue, honest := s.person("rogue", withMFA, administrator), s.person("baas", withMFA, administrator)
	eva := s.person("eva", withMFA)
	s.team("x", rogue, eva)
	by := standing.Change{By: audit.Actor{Kind: audit.Member, Member: rogue.id}, At: s.clock.now()}
	by.What = standing.PhoneOf
	eva.apply(standing.SetPhone{Phone: "+31600000666"}, standing.NoteChange{Change: by})
	s.refusedFor(honest.asks(eva, operate.Order{Kind: ladder.Suspend, Length: ladder.OneHour, Verified: ladder.ByCall}), ladder.PhoneTooNew)
	for range 200 {
		s.clock.move(time.Millisecond)
		by.What, by.At = standing.TeamOf, s.clock.now()
		eva.apply(standing.NoteChange{Change: by})
	}
	err := honest.asks(eva, operate.Order{Kind: ladder.Suspend, Length: ladder.OneHour, Verified: ladder.ByCall})
	if err == nil {
		t.Error("a call to a number set a moment ago verified the member")
	} else {
		t.Log(err)
	}
}

// A colleague's decision is held to what it was taken on. Whoever has their password
// must not keep them from helping by typing wrong codes beside them.
func TestWrongCodesTypedBesideAHelperDoNotBlockThem(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *site) {
		baas, eva := s.person("baas", withMFA, administrator), s.person("eva", withMFA)
		thief := s.browser()
		baas.typesPassword(thief)
		who, err := s.store.Colleague(t.Context(), baas.id)
		s.must(err)
		thief.submit("/mfa", "code", "000000").says("problem.wrong-code")
		err = s.store.Update(t.Context(), eva.id, func(standing.Standing) (standing.Decision, error) {
			return who.Gives().Bind(eva.id, standing.Decision{}), nil
		})
		if err != nil {
			t.Errorf("after a wrong code beside them: %v", err)
		}
	})
}
