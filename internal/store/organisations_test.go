package store

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/notice"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/standing"
)

func TestAnOrganisationBeginsWithAnInvitedAdministrator(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		first := person("ana", org.Administrator)
		first.State = org.Invited
		invite := standing.Decision{
			Effects: []standing.Effect{standing.SaveLink{Link: aLink("l", standing.ForInvitation)}},
			Events:  []audit.Event{{Kind: audit.OrganisationCreated, At: noon}},
			Notices: []notice.Message{aMessage("ana")},
		}
		must(t, s.CreateOrganisation(ctx, bakery(), first, invite))
		if count, err := s.CountOrganisations(ctx); err != nil || count != 1 {
			t.Error(count, err)
		}
		byID, err := s.Organisation(ctx, "bakery")
		must(t, err)
		byName, err := s.OrganisationByName(ctx, "Bakkerij Vroeg")
		must(t, err)
		list, err := s.Organisations(ctx)
		must(t, err)
		if byID != bakery() || byName != bakery() || len(list) != 1 || list[0] != bakery() {
			t.Errorf("%+v %+v %+v", byID, byName, list)
		}
		if members, err := s.Members(ctx, "bakery"); err != nil || len(members) != 1 || members[0] != first {
			t.Errorf("%+v %v", members, err)
		}
		if m, err := s.MemberByEmail(ctx, "bakery", first.Email); err != nil || m != first {
			t.Errorf("%+v %v", m, err)
		}
		for o, address := range map[org.OrganisationID]org.Email{"bakery": "nobody@example.org", "mill": first.Email} {
			if _, err := s.MemberByEmail(ctx, o, address); !errors.Is(err, org.ErrNotFound) {
				t.Errorf("%s in %s: %v", address, o, err)
			}
		}
		if link, err := s.Link(ctx, hash("l")); err != nil || link.Member != "ana" {
			t.Errorf("%+v %v", link, err)
		}
		if claim(t, s, noon).Message.ToName != "ana" {
			t.Error("the invitation is not in the outbox")
		}
	})
}

// TestAnOrganisationThatCouldNotBeCreatedLeavesNoKeyset guards the keysets in
// memory: one that was never kept must seal nothing.
func TestAnOrganisationThatCouldNotBeCreatedLeavesNoKeyset(t *testing.T) {
	for name, options := range engines(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := options(t)
			s := openStore(t, o)
			seal := standing.AddAuthenticator{Authenticator: anAuthenticator("phone")}
			fails := standing.Decision{Effects: []standing.Effect{seal, standing.UseLink{ID: "none"}}}
			if err := s.CreateOrganisation(t.Context(), bakery(), person("ana", org.Administrator), fails); !errors.Is(err, standing.ErrTaken) {
				t.Fatal(err)
			}
			if count, err := s.CountOrganisations(t.Context()); err != nil || count != 0 {
				t.Fatal(count, err)
			}
			apply(t, withAna(t, s), seal)
			reopened := openStore(t, o)
			if st := anasStanding(t, reopened); len(st.Authenticators) != 1 {
				t.Errorf("%+v", st)
			}
		})
	}
}

func TestWhatExistsIsNotCreatedAgain(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		withAna(t, s)
		ctx := t.Context()
		must(t, s.AddTeam(ctx, org.Team{ID: "ovens", Organisation: "bakery", Name: "Ovens"}))
		sameName, other := bakery(), bakery()
		sameName.ID = "bakery-2"
		other.ID, other.Name = "other", "Other"
		elsewhere := person("ana-2", org.Employee)
		elsewhere.Organisation, elsewhere.Email = "other", "ana@bakery.example"
		must(t, s.CreateOrganisation(ctx, other, elsewhere, standing.Decision{})) // the same person, two employers
		sameAddress := person("ana-3", org.Employee)
		sameAddress.Email = "ana@bakery.example"
		for what, err := range map[string]error{
			"an organisation's id":   s.CreateOrganisation(ctx, bakery(), person("x", org.Administrator), standing.Decision{}),
			"an organisation's name": s.CreateOrganisation(ctx, sameName, person("x", org.Administrator), standing.Decision{}),
			"a member's address":     s.AddMember(ctx, sameAddress, standing.Decision{}),
			"a member's id":          s.AddMember(ctx, person("ana", org.Employee), standing.Decision{}),
			"a team's name":          s.AddTeam(ctx, org.Team{ID: "ovens-2", Organisation: "bakery", Name: "Ovens"}),
		} {
			if !errors.Is(err, standing.ErrTaken) {
				t.Errorf("%s: %v", what, err)
			}
		}
		if count, err := s.CountOrganisations(ctx); err != nil || count != 2 {
			t.Error(count, err)
		}
	})
}

func TestNobodyIsInOrSupervisesATeamOfAnotherOrganisation(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		withAna(t, s)
		ctx := t.Context()
		other := bakery()
		other.ID, other.Name = "other", "Other"
		eve := person("eve", org.Administrator)
		eve.Organisation = "other"
		must(t, s.CreateOrganisation(ctx, other, eve, standing.Decision{}))
		must(t, s.AddTeam(ctx, org.Team{ID: "ovens", Organisation: "bakery", Name: "Ovens"}))
		for _, c := range []struct {
			team org.TeamID
			m    org.MemberID
		}{{"ovens", "eve"}, {"ovens", "nobody"}, {"none", "ana"}} {
			if err := s.AddSupervisor(ctx, c.team, c.m); !errors.Is(err, org.ErrNotFound) {
				t.Errorf("%s supervises %s: %v", c.m, c.team, err)
			}
		}
		must(t, s.AddSupervisor(ctx, "ovens", "ana"))
		must(t, s.AddSupervisor(ctx, "ovens", "ana"))
		if !anasStanding(t, s).Member.Supervises {
			t.Error("ana does not supervise")
		}
		intruder := person("intruder", org.Employee)
		intruder.Organisation, intruder.Team = "other", "ovens"
		if err := s.AddMember(ctx, intruder, standing.Decision{}); err == nil {
			t.Error("a member is in another organisation's team")
		}
	})
}

func TestCandidatesAreActiveHaveAPasswordAndComeByOrganisation(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		for _, c := range []struct {
			id       org.OrganisationID
			name     string
			state    org.State
			password standing.PasswordHash
		}{
			{"z", "Zuivel", org.Active, "hash of z"}, {"a", "Abattoir", org.Active, "hash of a"},
			{"i", "Invited", org.Invited, "hash"}, {"d", "Deactivated", org.Deactivated, "hash"}, {"n", "None", org.Active, ""},
		} {
			o, m := bakery(), person(org.MemberID("member of "+string(c.id)), org.Employee)
			o.ID, o.Name, m.Organisation, m.State, m.Email = c.id, c.name, c.id, c.state, "ana@example.org"
			m.Created = noon.Add(-time.Duration(c.id[0]) * time.Second)
			must(t, s.CreateOrganisation(ctx, o, m, standing.Decision{Effects: []standing.Effect{
				standing.SetPassword{Password: standing.Password{Hash: c.password, Set: noon, Ended: true}}}}))
		}
		list, err := s.Candidates(ctx, "ana@example.org")
		want := []standing.Candidate{
			{Member: "member of a", Organisation: "a", OrgName: "Abattoir", Hash: "hash of a"},
			{Member: "member of z", Organisation: "z", OrgName: "Zuivel", Hash: "hash of z"},
		}
		if err != nil || len(list) != 2 || list[0] != want[0] || list[1] != want[1] {
			t.Errorf("%+v %v", list, err)
		}
		members, err := s.MembersByEmail(ctx, "ana@example.org")
		must(t, err)
		var ids []string
		for _, m := range members {
			ids = append(ids, string(m.Organisation))
		}
		if got := strings.Join(ids, " "); got != "z n i a" {
			t.Errorf("by address, the oldest first: %s", got)
		}
		if none, err := s.Candidates(ctx, "nobody@example.org"); err != nil || len(none) != 0 {
			t.Error(none, err)
		}
	})
}

func TestMailsAreCountedFromAnInstantPerPurpose(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		withAna(t, s)
		early, late := aMailCode("early"), aMailCode("late")
		late.Sent = noon.Add(time.Minute)
		objection := aLink("objection", standing.ForObjection)
		apply(t, s, standing.SaveMailCode{MailCode: early}, standing.SaveMailCode{MailCode: late},
			standing.UseMailCode{ID: "late"}, standing.SaveLink{Link: aLink("reset", standing.ForReset)}, standing.SaveLink{Link: objection})
		st, err := s.Standing(t.Context(), "ana")
		if err != nil {
			t.Fatal(err)
		}
		want := map[standing.Purpose]int{standing.ForSignIn: 2, standing.ForReset: 1}
		got := make(map[standing.Purpose]int)
		for _, m := range st.Mails {
			got[m.Purpose]++
		}
		if late := st.Mails[0]; late.Bound != aMailCode("late").Bound {
			t.Errorf("the mail is bound to %q", late.Bound)
		}
		if !maps.Equal(got, want) || !st.Mails[0].At.Equal(noon.Add(time.Minute)) {
			t.Errorf("mails %v, want %v, the newest first", st.Mails, want)
		}
	})
}

func TestTheLastActiveAdministratorStays(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		withAna(t, s)
		ctx := t.Context()
		add := func(id org.MemberID, role org.Role, state org.State) {
			m := person(id, role)
			m.State, m.Language = state, ""
			must(t, s.AddMember(ctx, m, standing.Decision{}))
		}
		add("new", org.Administrator, org.Invited)
		add("gone", org.Administrator, org.Deactivated)
		add("eva", org.Employee, org.Active)
		deactivate := func(m org.MemberID) error {
			return s.Update(ctx, m, func(standing.Standing) (standing.Decision, error) {
				return standing.Decision{Effects: []standing.Effect{standing.Deactivate{}}}, nil
			})
		}
		for m, taken := range map[org.MemberID]bool{"ana": true, "gone": true, "new": false, "eva": false} {
			if err := deactivate(m); errors.Is(err, standing.ErrTaken) != taken || !taken && err != nil {
				t.Errorf("%s: %v", m, err)
			}
		}
		// Of two who go at once, one stays.
		add("bea", org.Administrator, org.Active)
		list, err := s.Administrators(ctx, "bakery")
		must(t, err)
		if len(list) != 2 || list[0].ID != "ana" || list[0].Language != org.English || list[1].Language != org.Dutch || list[1].Email != "bea@bakery.example" {
			t.Errorf("administrators: %+v", list)
		}
		errs := make(chan error, 2)
		for _, m := range []org.MemberID{"ana", "bea"} {
			go func() { errs <- deactivate(m) }()
		}
		first, second := <-errs, <-errs
		if list, err = s.Administrators(ctx, "bakery"); err != nil || len(list) != 1 {
			t.Errorf("left %v, %v", list, err)
		}
		if (first == nil) == (second == nil) {
			t.Errorf("both: %v, %v", first, second)
		}
	})
}

func TestTeamsAreListedByNameOfOneOrganisation(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		withAna(t, s)
		shop, oven := org.Team{ID: "1", Organisation: "bakery", Name: "Shop"}, org.Team{ID: "2", Organisation: "bakery", Name: "Oven"}
		must(t, s.AddTeam(t.Context(), shop))
		must(t, s.AddTeam(t.Context(), oven))
		teams, err := s.Teams(t.Context(), "bakery")
		must(t, err)
		if !slices.Equal(teams, []org.Team{oven, shop}) {
			t.Errorf("teams %+v", teams)
		}
		if teams, err := s.Teams(t.Context(), "nowhere"); err != nil || len(teams) > 0 {
			t.Errorf("teams of nobody %+v %v", teams, err)
		}
	})
}
