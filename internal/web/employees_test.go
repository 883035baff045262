package web_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/standing"
)

// named gives the member a name.
func named(name string) trait { return func(c *cast) { c.member.Name = name } }

// inTeam puts the member into a team, which is made if it is not there.
func inTeam(id org.TeamID) trait {
	return func(c *cast) {
		s := c.person.site
		if _, err := s.store.Team(s.t.Context(), "bakery", id); err != nil {
			s.must(s.store.AddTeam(s.t.Context(), org.Team{ID: id, Organisation: "bakery", Name: "Team " + string(id)}))
		}
		c.member.Team = id
	}
}

// people are the names in the list on the page, each with what it says of MFA.
func (p *page) people() []string {
	var list []string
	for _, n := range p.doc.Find(".people tbody tr").EachIter() {
		var states []string
		for _, state := range n.Find(".state").EachIter() {
			states = append(states, visible(state.Text()))
		}
		list = append(list, n.Find(".who").Text()+": "+strings.Join(states, ", "))
	}
	return list
}

func (p *page) lists(want ...string) *page {
	p.site.t.Helper()
	if got := p.people(); fmt.Sprint(got) != fmt.Sprint(want) {
		p.site.t.Errorf("%s lists %q, want %q", p.path, got, want)
	}
	return p
}

func TestTheListOfEmployeesIsForWhoeverAnswersForThem(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada := s.person("ada", withEverything, administrator)
	bob := s.person("bob", withEverything, inTeam("shop"))
	s.person("cas", withMFA, inTeam("shop"))
	s.person("dora", inTeam("vans"), inState(org.Invited))
	s.person("evert", inState(org.Deactivated))
	s.person("eve", withEverything, administrator, inMill("eve@mill.example"))

	bob.inside().open("/employees").is(404, "error.404.title")
	bob.inside().open("/employees?sort=x").is(404, "error.404.title")
	all := []string{"Ada Jansen: On", "Bob Jansen: On", "Cas Jansen: On, No backup", "Dora Jansen: Off"}
	p := ada.inside().open("/employees").is(200, "employees.title").lists(all...)
	p.has(`.tabs a[href="/employees"][aria-current]`).has(`a[href="/employees/new"]`).has(`a[href="/employees/import"]`).
		has(`a[href="/employees/member-bob"]`).says("employees.total", "Count", 4, "Number", "4")

	s.must(s.store.AddSupervisor(t.Context(), "shop", bob.id))
	p = bob.inside().open("/employees").is(200, "employees.title").lists(all[1:3]...)
	p.says("employees.own-teams").hasNot(`a[href="/employees/new"]`).hasNot(`a[href="/employees/import"]`).hasNot(`option[value="vans"]`)
	for _, elsewhere := range []string{"team=vans", "q=ada", "q=dora", "state=deactivated", "role=administrator"} {
		bob.inside().open("/employees?"+elsewhere).is(200, "employees.title").lists().says("employees.nobody-found")
	}
	// Nobody learns from a place in the list who else is there.
	bob.inside().open("/employees?after=member-eve").lists(all[1:3]...)
}

func TestEmployeesAreSearchedFilteredAndSorted(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	now := s.clock.now()
	ada := s.person("ada", withEverything, administrator, named("Ada van der Berg"))
	s.person("jose", withMFA, withBackupEmail, inTeam("shop"), named("José de Vries"))
	s.person("jan", withMFA, inTeam("shop"), named("Jan de Jong"))
	s.person("bart", named("Bart Vroom"))
	lost := s.person("lot", withEverything, named("Lot Zwart"))
	lost.apply(standing.SetSuspension{Suspension: standing.Suspension{Since: now, Until: now.Add(time.Hour), By: audit.Actor{Kind: audit.Operator}}})
	s.person("evert", inState(org.Deactivated), named("Evert Weg"))

	adas, bart, jan, jose, lot := "Ada van der Berg: On", "Bart Vroom: Off", "Jan de Jong: On, No backup", "José de Vries: On", "Lot Zwart: Disabled until 2 March 2026, 13:00"
	for query, want := range map[string][]string{
		"":                     {adas, bart, jan, jose, lot},
		"q=jose":               {jose},
		"q=JOS%C3%89":          {jose},
		"q=de":                 {adas, jan, jose},
		"q=v":                  {adas, bart, jose},
		"q=d+j":                {jan, jose},
		"q=de+jong+jan":        {jan},
		"q=jan@bak":            {jan},
		"q=nobody":             {},
		"mfa=on":               {adas, jan, jose},
		"mfa=off":              {bart},
		"mfa=disabled":         {lot},
		"mfa=to-set-up":        {},
		"backup=none":          {jan},
		"team=shop&q=v":        {jose},
		"role=administrator":   {adas},
		"state=deactivated":    {"Evert Weg: Off"},
		"sort=-name":           {lot, jose, jan, bart, adas},
		"sort=email":           {adas, bart, jan, jose, lot},
		"sort=-added&mfa=on":   {jan, jose, adas},
		"sort=added&q=j&role=": {jose, jan},
	} {
		p := ada.inside().open("/employees?"+query).is(200, "employees.title").lists(want...)
		if query != "" && query[:1] != "s" && len(want) > 0 {
			p.has(`a[href="/employees"]`)
		}
	}
	p := ada.inside().open("/employees?sort=-email&q=v").has(`th.col-email[aria-sort="descending"]`).has(`input[name=q][value="v"]`)
	if to, _ := p.doc.Find("th.col-email a").Attr("href"); to != "/employees?q=v&sort=email" {
		t.Errorf("the column leads to %s", to)
	}
	s.clock.move(time.Hour) // no process did anything: it is over by itself
	ada.inside().open("/employees?q=lot").lists("Lot Zwart: On")
	for _, bad := range []string{"sort=x", "sort=-", "mfa=x", "role=x", "state=x", "team=%27", "after=%00", "q=" + strings.Repeat("a", 501)} {
		ada.inside().open("/employees?"+bad).is(400, "error.400.title")
	}
	ada.inside().open("/employees?q=%00%ff%F0%9F%98%80'%22%3Cscript%3E").is(200, "employees.title").lists()
}

func TestPagesOfEmployeesAreTurned(t *testing.T) {
	onBoth(t, func(t *testing.T, s *site) {
		ada := s.person("ada", withEverything, administrator)
		for i := range 119 {
			m := org.Member{
				ID: org.MemberID(fmt.Sprintf("m-%03d", i)), Organisation: "bakery", Name: fmt.Sprintf("Bram Bakker %c%c", 'a'+i/26, 'a'+i%26), Email: org.Email(fmt.Sprintf("b%03d@bakery.example", i)),
				Language: org.English, State: org.Active, Stored: org.Employee, Created: s.clock.now(),
			}
			s.must(s.store.AddMember(t.Context(), m, standing.Decision{}))
		}
		b := ada.inside()
		var got []string
		p := b.open("/employees").says("employees.total", "Count", 120, "Number", "120").hasNot("a[rel=prev]")
		for {
			got = append(got, p.people()...)
			to, more := p.doc.Find("a[rel=next]").Attr("href")
			if !more {
				break
			}
			p = b.open(to)
		}
		if len(got) != 120 || got[0] != "Ada Jansen: On" || got[119] != "Bram Bakker eo: Off" {
			t.Errorf("%d, from %s to %s", len(got), got[0], got[len(got)-1])
		}
		for range 2 {
			to, _ := p.doc.Find("a[rel=prev]").Attr("href")
			p = b.open(to)
		}
		if first := p.people(); len(first) != 50 || first[0] != got[0] || first[49] != got[49] {
			t.Errorf("back to %q", first)
		}
	})
}
