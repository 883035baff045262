package web_test

import (
	"crypto/rand"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/factor"
	"github.com/sparekey/sparekey/internal/ladder"
	"github.com/sparekey/sparekey/internal/notice"
	"github.com/sparekey/sparekey/internal/operate"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/standing"
)

// operator is who has a shell on the machine.
func (s *site) operator() *operate.Service {
	return &operate.Service{Store: s.store, Now: s.clock.now, Random: rand.Reader, NewID: s.newID, Zone: time.UTC}
}

var shell = operate.By{Giver: standing.Giver{Actor: audit.Actor{Kind: audit.Operator}}, Why: "asked for by Baas"}

// plans returns what inviting someone to an organisation comes to.
func (s *site) plans(o org.OrganisationID, address org.Email, role org.Role) (operate.Invitation, error) {
	s.t.Helper()
	house, err := s.store.Organisation(s.t.Context(), o)
	s.must(err)
	return s.operator().PlanInvitation(s.t.Context(), shell, house, org.Member{Email: address, Stored: role})
}

// invites invites someone, and fails unless it comes to a turn.
func (s *site) invites(o org.OrganisationID, address org.Email, role org.Role, want operate.Turn) operate.Invitation {
	s.t.Helper()
	v, err := s.plans(o, address, role)
	s.must(err)
	if v.Turn != want {
		s.t.Fatalf("inviting %s comes to %s, not %s", string(address), v.Turn, want)
	}
	v, err = s.operator().Invite(s.t.Context(), shell, v)
	s.must(err)
	return v
}

// agent and atDesk make the member one of the desk's.
func agent(c *cast) { c.member.Stored = org.Agent }

func atDesk(c *cast) {
	c.house = org.Organisation{ID: "desk", Name: "The Desk", Kind: org.Desk, Plan: org.Free, Language: org.English, Created: c.house.Created}
}

func TestADeactivatedMemberIsInvitedAgainAndBeginsAnew(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.person("baas", administrator)
	eva := s.person("eva", withEverything, withEffects(standing.NoteObjection{Objection: standing.Objection{Address: "eva@bakery.example", At: noon}}))
	before := eva.mailedObjection()
	s.must(eva.orders(operate.Order{Kind: ladder.Deactivate}))
	s.hush()
	v := s.invites("bakery", eva.email, "", operate.Returns)
	if !v.Grave() || v.Member.ID != eva.id || v.Member.Name != "Eva Jansen" {
		t.Errorf("%+v", v.Member)
	}
	s.wantEvents("member.invited after-deactivation")
	s.wantMails("invitation → eva@bakery.example", "return-to-administrators → baas@bakery.example")
	st := eva.standing()
	if st.Member.State != org.Invited || st.MFA() || st.Password.Exists() || len(st.Authenticators)+len(st.Codes.Codes)+len(st.Objected) != 0 ||
		st.BackupEmail != (factor.BackupEmail{}) || st.Status != standing.Settled {
		t.Errorf("left: %+v", st)
	}
	eva.typesPassword(s.browser()).is(401, "sign-in.title")
	s.browser().open(before).is(404, "link-ended.not-me.title")
	b := s.browser()
	b.open(v.Path).is(200, "invitation.title")
	b.submit(v.Path, "password", newWords).is(200, "setup-begin.title")
	if eva.standing().Member.State != org.Active {
		t.Error("not active")
	}
}

// mailedObjection has something mailed to p and returns its "This was not me".
func (p *person) mailedObjection() string {
	p.site.t.Helper()
	p.site.hush()
	p.site.must(p.orders(operate.Order{Kind: ladder.SignOut}))
	return p.mailed(notice.SignedOut).Facts.Objection
}

func TestADeactivatedAdministratorComesBackAsWhatIsAsked(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.person("baas", administrator)
	chef := s.person("chef", administrator)
	s.must(chef.orders(operate.Order{Kind: ladder.Deactivate}))
	s.hush()
	s.invites("bakery", chef.email, "", operate.Returns)
	s.wantEvents("role.changed", "member.invited after-deactivation")
	if role := chef.standing().Member.Stored; role != org.Employee {
		t.Errorf("came back as %s", role)
	}
}

func TestAnInvitedAgentIsMadeLead(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	desk := org.Organisation{Name: "Desk", Language: org.English}
	lead := func(address org.Email) operate.Invitation {
		t.Helper()
		v, err := s.operator().PlanLead(t.Context(), shell, desk, org.Member{Email: address})
		s.must(err)
		if !v.Grave() {
			t.Errorf("a lead more is nobody's concern: %s", v.Turn)
		}
		v, err = s.operator().Invite(t.Context(), shell, v)
		s.must(err)
		return v
	}
	first := lead("ada@desk.example")
	if !first.Made || first.Member.Stored != org.Lead || first.Member.Name != "ada" {
		t.Errorf("%+v", first)
	}
	b := s.browser()
	b.open(first.Path)
	b.submit(first.Path, "password", newWords)
	s.invites(first.Organisation.ID, "bob@desk.example", org.Agent, operate.Joins)
	s.hush()
	second := lead("bob@desk.example")
	st, err := s.store.Standing(t.Context(), second.Member.ID)
	s.must(err)
	if second.Turn != operate.Again || second.Was != org.Agent || st.Member.Stored != org.Lead {
		t.Errorf("%s: is %s", second.Turn, st.Member.Stored)
	}
	s.wantEvents("role.changed", "member.invited")
	s.wantMails("invitation → bob@desk.example", "role-to-administrators → ada@desk.example")
}

func TestAnActiveMemberRisesAndEverybodyIsTold(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.person("baas", administrator)
	eva := s.person("eva", withEverything)
	b := eva.inside()
	s.hush()
	v := s.invites("bakery", eva.email, org.Administrator, operate.Rises)
	if v.Path != "" || !v.Grave() || v.Was != org.Employee {
		t.Errorf("%+v", v)
	}
	s.wantEvents("role.changed")
	mail := s.wantMails("role-changed → eva@bakery.example", "role-changed → eva@private.example", "role-to-administrators → baas@bakery.example")["role-to-administrators → baas@bakery.example"]
	if mail.Facts.Role != org.Administrator || mail.Facts.Name != "Eva Jansen" {
		t.Errorf("%+v", mail.Facts)
	}
	if eva.standing().Member.Stored != org.Administrator {
		t.Error("no administrator")
	}
	b.open("/my-login").at("/my-login")
	s.person("tom", agent, atDesk)
	s.invites("desk", "tom@bakery.example", org.Lead, operate.Rises)
}

func TestWhatInvitingSomeoneComesTo(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.person("baas", administrator)
	s.person("eva")
	s.person("nina", inState(org.Invited))
	s.person("chef", administrator, inState(org.Invited))
	s.person("gone", inState(org.Deactivated))
	for _, c := range []struct {
		who   string
		role  org.Role
		turn  operate.Turn
		grave bool
		err   error
	}{
		{"new", "", operate.Joins, false, nil},
		{"new", org.Employee, operate.Joins, false, nil},
		{"new", org.Administrator, operate.Joins, true, nil},
		{"new", org.Agent, "", false, operate.ErrRole},
		{"eva", "", "", false, operate.ErrMember},
		{"eva", org.Employee, "", false, operate.ErrMember},
		{"eva", org.Administrator, operate.Rises, true, nil},
		{"baas", org.Administrator, "", false, operate.ErrMember},
		{"baas", org.Employee, "", false, operate.ErrLower},
		{"baas", "", "", false, operate.ErrMember},
		{"nina", "", operate.Again, false, nil},
		{"nina", org.Administrator, operate.Again, true, nil},
		{"chef", "", operate.Again, false, nil},
		{"chef", org.Administrator, operate.Again, false, nil},
		{"chef", org.Employee, operate.Again, true, nil},
		{"gone", "", operate.Returns, true, nil},
		{"gone", org.Administrator, operate.Returns, true, nil},
	} {
		before := s.contents()
		v, err := s.plans("bakery", org.Email(c.who+"@bakery.example"), c.role)
		if !errors.Is(err, c.err) || v.Turn != c.turn || err == nil && v.Grave() != c.grave {
			t.Errorf("%s as %q: %q, grave %v, %v", c.who, c.role, v.Turn, v.Grave(), err)
		}
		if now := s.contents(); now != before {
			t.Errorf("%s as %q: planning changed something", c.who, c.role)
		}
	}
}

func TestAnInvitationThatWasOvertakenDoesNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.person("baas", administrator)
	eva := s.person("eva")
	gone := s.person("gone", inState(org.Deactivated))
	for _, c := range []struct {
		name    string
		address org.Email
		role    org.Role
		then    func()
	}{
		{"invited meanwhile", "new@bakery.example", "", func() { s.invites("bakery", "new@bakery.example", "", operate.Joins) }},
		{"risen meanwhile", eva.email, org.Administrator, func() { s.invites("bakery", eva.email, org.Administrator, operate.Rises) }},
		{"back meanwhile", gone.email, "", func() { s.invites("bakery", gone.email, "", operate.Returns) }},
	} {
		v, err := s.plans("bakery", c.address, c.role)
		s.must(err)
		c.then()
		before := s.contents()
		if _, err := s.operator().Invite(t.Context(), shell, v); !errors.Is(err, operate.ErrChanged) {
			t.Errorf("%s: %v", c.name, err)
		}
		if now := s.contents(); now != before {
			t.Errorf("%s: something was changed:\n%s", c.name, difference(before, now))
		}
	}
}

func TestOfTwoWhoDeactivateOneMemberTheSecondHearsThatItIsDone(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.person("baas", administrator)
	chef := s.person("chef", administrator)
	errs := make([]error, 2)
	var both sync.WaitGroup
	for i := range errs {
		both.Go(func() { errs[i] = chef.orders(operate.Order{Kind: ladder.Deactivate}) })
	}
	both.Wait()
	if errs[0] == nil {
		errs[0], errs[1] = errs[1], errs[0]
	}
	s.must(errs[1])
	s.refusedFor(errs[0], ladder.NotActive)
}
