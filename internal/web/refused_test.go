package web_test

import (
	"testing"

	"github.com/sparekey/sparekey/internal/standing"
)

func TestAClosedFieldThatIsSentIsRefusedWholeAndLogged(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	baas, other := s.person("baas", withEverything, administrator), s.person("other", withEverything, administrator)
	b := baas.inside()
	b.open(baas.edits())
	b.post(baas.edits(), "name", "Another Name", "role", "employee").code(403)
	b.post(other.edits(), "name", "Another Name", "email", "thief@bakery.example").code(403)
	b.post(other.edits(), "phone", "+31 6 9999 5678").code(403)
	for _, p := range []*person{baas, other} {
		if m := p.standing().Member; m.Name == "Another Name" || m.Email == "thief@bakery.example" {
			t.Errorf("half of it was done: %s %s", m.Name, m.Email)
		}
	}
	s.wantEvents("recovery.refused yourself", "recovery.refused higher-role", "recovery.refused higher-role")
	s.wantMails()
}

func TestAnAdministratorWithoutMFAIsRefusedAndItIsLogged(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	baas, eva := s.person("baas", administrator), s.person("eva", withEverything)
	b := baas.inside()
	var want []string
	for _, path := range []string{"/teams", "/employees/new", "/employees/" + string(eva.id) + "/erase", "/employees/" + string(eva.id) + "/reactivate", "/readiness/remind"} {
		b.post(path, "name", "Night")
		want = append(want, "recovery.refused own-mfa-first")
	}
	b.post(eva.edits(), "name", "Another Name").code(403)
	s.wantEvents(append(want, "recovery.refused own-mfa-first")...)
	s.wantMails()
}

func TestASupervisorTakenOutOfTheTeamIsToldWhyAndItIsLogged(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	boss, bob := s.person("boss", withEverything), s.person("bob", withEverything)
	stranger := s.person("stranger", withEverything, inMill("stranger@mill.example"))
	s.dayShift(boss, bob)
	r, far := bob.called(), stranger.called()
	b := boss.inside()
	b.open(requestPath(r)).asking(200)
	bob.apply(standing.SetTeam{From: "day"})
	b.post(requestPath(r)+"/approve", "give", "suspension").is(403, "barred.title").says("barred.not-yours")
	b.post(bob.edits(), "name", "Another Name").is(403, "barred.title").says("barred.not-yours")
	b.post(requestPath(far)+"/approve", "give", "suspension").code(404)
	b.post(stranger.edits(), "name", "Another Name").code(404)
	s.wantEvents("recovery.refused not-yours", "recovery.refused not-yours")
	bob.standsAt(r, standing.Asked)
}
