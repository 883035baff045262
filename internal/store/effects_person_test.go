package store

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/standing"
)

func TestPersonalDataIsTakenOnlyAsItWasSeen(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		withAna(t, s)
		must(t, s.AddMember(t.Context(), person("bea", org.Employee), standing.Decision{}))
		must(t, s.AddTeam(t.Context(), org.Team{ID: "day", Organisation: "bakery", Name: "Day"}))
		mill := bakery()
		mill.ID, mill.Name = "mill", "De Molen"
		miller := person("miller", org.Administrator)
		miller.Organisation = "mill"
		must(t, s.CreateOrganisation(t.Context(), mill, miller, standing.Decision{}))
		must(t, s.AddTeam(t.Context(), org.Team{ID: "sails", Organisation: "mill", Name: "Sails"}))
		for name, e := range map[string]standing.Effect{
			"an address that a colleague has": standing.SetEmail{From: "ana@bakery.example", To: "bea@bakery.example"},
			"an address that was another":     standing.SetEmail{From: "old@bakery.example", To: "new@bakery.example"},
			"a team that was another":         standing.SetTeam{From: "night", To: "day"},
			"no such team":                    standing.SetTeam{To: "nowhere"},
			"another organisation's team":     standing.SetTeam{To: "sails"},
			"the last administrator's role":   standing.SetRole{From: org.Administrator, To: org.Employee, At: noon},
		} {
			if err := tryApply(t, s, standing.SetName{Name: "Other"}, e); !errors.Is(err, standing.ErrTaken) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if st := anasStanding(t, s); st.Member != person("ana", org.Administrator) {
			t.Errorf("something was saved: %+v", st.Member)
		}
		// Who works elsewhere too has one address in both.
		apply(t, s, standing.SetEmail{From: "ana@bakery.example", To: "miller@bakery.example"})
	})
}

func TestOfTwoAdministratorsWhoLeaveAtOnceOneStays(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		withAna(t, s)
		must(t, s.AddMember(t.Context(), person("bea", org.Administrator), standing.Decision{}))
		errs := make(chan error, 2)
		go func() {
			errs <- update(t, s, "ana", standing.SetRole{From: org.Administrator, To: org.Employee, At: noon})
		}()
		go func() { errs <- update(t, s, "bea", standing.Deactivate{}) }()
		first, second := <-errs, <-errs
		list, err := s.Administrators(t.Context(), "bakery")
		if err != nil || len(list) != 1 || (first == nil) == (second == nil) {
			t.Errorf("left %v, %v; %v, %v", list, err, first, second)
		}
	})
}

func TestSuspensionsAreFoundAsTheyEnd(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		withAna(t, s)
		given := aSuspension()
		apply(t, s, standing.SetMFA{Since: noon}, standing.SetSuspension{Suspension: given})
		ending := func(at time.Time) []org.MemberID {
			list, err := s.SuspensionsEnding(t.Context(), at, at.Add(2*time.Hour), 10)
			must(t, err)
			return list
		}
		ana := []org.MemberID{"ana"}
		for _, c := range []struct {
			name  string
			at    time.Time
			marks []standing.Effect
			want  []org.MemberID
		}{
			{"long before", given.Until.Add(-2*time.Hour - time.Second), nil, nil},
			{"two hours before", given.Until.Add(-2 * time.Hour), nil, ana},
			{"told that it is near", given.Until.Add(-time.Second), []standing.Effect{standing.MarkEnd{}}, nil},
			{"at the end", given.Until, nil, ana},
			{"told that it has come", given.Until, []standing.Effect{standing.MarkEnd{Over: true}}, nil},
			{"a new one", given.Until, []standing.Effect{standing.SetSuspension{Suspension: given}}, ana},
			{"ended before", given.Until, []standing.Effect{standing.SetSuspension{}}, nil},
		} {
			apply(t, s, c.marks...)
			if got := ending(c.at); !slices.Equal(got, c.want) {
				t.Errorf("%s: %v", c.name, got)
			}
		}
		apply(t, s, standing.SetSuspension{Suspension: given}, standing.MarkEnd{}, standing.MarkEnd{Over: true})
		for _, again := range []standing.Effect{standing.MarkEnd{}, standing.MarkEnd{Over: true}} {
			if err := tryApply(t, s, again); !errors.Is(err, standing.ErrTaken) {
				t.Errorf("%+v a second time: %v", again, err)
			}
		}
	})
}
