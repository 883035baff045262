package store

import (
	"errors"
	"fmt"
	"io/fs"
	"reflect"
	"regexp"
	"testing"
	"time"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/notice"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/standing"
	"github.com/sparekey/sparekey/internal/throttle"
)

// withTeams returns the store with ana, the teams day and night, and bob and cas
// in day.
func withTeams(t testing.TB, s *Store) *Store {
	t.Helper()
	withAna(t, s)
	for _, id := range []string{"day", "night"} {
		must(t, s.AddTeam(t.Context(), org.Team{ID: org.TeamID(id), Organisation: "bakery", Name: "Team " + id}))
	}
	for _, id := range []org.MemberID{"bob", "cas"} {
		m := person(id, org.Employee)
		m.Team = "day"
		must(t, s.AddMember(t.Context(), m, standing.Decision{}))
	}
	return s
}

func update(t testing.TB, s *Store, m org.MemberID, effects ...standing.Effect) error {
	t.Helper()
	return s.Update(t.Context(), m, func(standing.Standing) (standing.Decision, error) {
		return standing.Decision{Effects: effects}, nil
	})
}

func TestATeamIsKnownByItsNameInWhateverCase(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		withTeams(t, s)
		for name, e := range map[string]standing.Effect{
			"a new one of the same name":  standing.MakeTeam{Team: org.Team{ID: "x", Organisation: "bakery", Name: "TEAM DAY"}},
			"another that gets it":        standing.RenameTeam{ID: "night", Was: "Team night", To: "team DAY"},
			"one that was renamed before": standing.RenameTeam{ID: "night", Was: "Team evening", To: "Late"},
			"one that is not there":       standing.RenameTeam{ID: "x", Was: "X", To: "Late"},
		} {
			if err := update(t, s, "ana", e); !errors.Is(err, standing.ErrTaken) {
				t.Errorf("%s: %v", name, err)
			}
		}
		must(t, update(t, s, "ana", standing.RenameTeam{ID: "day", Was: "Team day", To: "TEAM Day"})) // its own name
	})
}

func TestATeamOfAnotherOrganisationIsNone(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		withTeams(t, s)
		mill := bakery()
		mill.ID, mill.Name = "mill", "De Molen"
		max := person("max", org.Administrator)
		max.Organisation = "mill"
		must(t, s.CreateOrganisation(t.Context(), mill, max, standing.Decision{}))
		for name, e := range map[string]standing.Effect{
			"supervised":      standing.Supervise{Team: "day"},
			"renamed":         standing.RenameTeam{ID: "day", Was: "Team day", To: "Ours"},
			"removed":         standing.RemoveTeam{ID: "night"},
			"made for others": standing.MakeTeam{Team: org.Team{ID: "x", Organisation: "bakery", Name: "X"}},
		} {
			if err := update(t, s, "max", e); err == nil {
				t.Errorf("it is %s", name)
			}
		}
		if _, err := s.Team(t.Context(), "mill", "day"); !errors.Is(err, org.ErrNotFound) {
			t.Errorf("it is seen: %v", err)
		}
	})
}

func TestATeamIsListedWithItsPeople(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		withTeams(t, s)
		ctx := t.Context()
		gone := person("gone", org.Employee)
		gone.Team, gone.State = "day", org.Deactivated
		must(t, s.AddMember(ctx, gone, standing.Decision{}))
		for i := range standing.SupervisorsShown + 2 {
			must(t, s.AddMember(ctx, person(org.MemberID(fmt.Sprintf("sam-%d", i)), org.Employee), standing.Decision{}))
			must(t, update(t, s, org.MemberID(fmt.Sprintf("sam-%d", i)), standing.Supervise{Team: "night"}))
		}
		list, err := s.TeamRows(ctx, "bakery", "", 10)
		must(t, err)
		if len(list) != 2 || list[0].ID != "day" || list[0].Members != 2 || len(list[0].Supervisors) != 0 ||
			len(list[1].Supervisors) != standing.SupervisorsShown || list[1].More != 2 || list[1].Supervisors[0].ID != "sam-0" {
			t.Errorf("%+v", list)
		}
		after, err := s.TeamRows(ctx, "bakery", "TEAM DAY", 10)
		must(t, err)
		first, err := s.TeamRows(ctx, "bakery", "", 1)
		must(t, err)
		if len(after) != 1 || after[0].ID != "night" || len(first) != 1 {
			t.Errorf("%+v, %+v", after, first)
		}
	})
}

func TestOnlyAnActiveMemberSupervises(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		withTeams(t, s)
		invited := person("ivy", org.Employee)
		invited.State = org.Invited
		must(t, s.AddMember(t.Context(), invited, standing.Decision{}))
		if err := update(t, s, "ivy", standing.Supervise{Team: "day"}); !errors.Is(err, standing.ErrTaken) {
			t.Errorf("who is invited: %v", err)
		}
		must(t, update(t, s, "bob", standing.Supervise{Team: "day"}))
		if err := update(t, s, "bob", standing.Supervise{Team: "day"}); !errors.Is(err, standing.ErrTaken) {
			t.Errorf("a second time: %v", err)
		}
		before, err := s.Colleague(t.Context(), "bob")
		must(t, err)
		must(t, update(t, s, "bob", standing.StopSupervising{Team: "day"}))
		if err := update(t, s, "ana", standing.NeedColleague{Member: "bob", Version: before.Version}); !errors.Is(err, standing.ErrTaken) {
			t.Errorf("who no longer supervises decides: %v", err)
		}
		if err := update(t, s, "bob", standing.StopSupervising{Team: "day"}); !errors.Is(err, standing.ErrTaken) {
			t.Errorf("taken a second time: %v", err)
		}
	})
}

func TestATeamGoesWithNobodyLeftInIt(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		withTeams(t, s)
		ctx := t.Context()
		by := audit.Actor{Kind: audit.Member, Member: "ana"}
		everybody, err := s.InTeam(ctx, "day", 10)
		must(t, err)
		if !reflect.DeepEqual(everybody, []org.MemberID{"bob", "cas"}) {
			t.Fatal(everybody)
		}
		must(t, update(t, s, "ana", standing.Supervise{Team: "day"}))
		remove := standing.RemoveTeam{ID: "day", Members: everybody, To: "night", At: noon, By: by}
		refused := func(name string, e standing.RemoveTeam) {
			t.Helper()
			if err := update(t, s, "ana", e); !errors.Is(err, standing.ErrTaken) {
				t.Errorf("%s: %v", name, err)
			}
			st, err := s.Standing(ctx, "bob")
			if err != nil || st.Member.Team != "day" || len(st.Changes) > 0 {
				t.Fatalf("%s: half of it is done: %+v, %v", name, st, err)
			}
		}
		refused("one that is supervised", remove)
		must(t, update(t, s, "ana", standing.StopSupervising{Team: "day"}))
		short := remove
		short.Members = short.Members[:1]
		refused("one that somebody joined meanwhile", short)
		long := remove
		long.Members = append(long.Members, "ana")
		refused("one that somebody left meanwhile", long)
		gone := person("gone", org.Employee)
		gone.Team, gone.State = "day", org.Deactivated
		must(t, s.AddMember(ctx, gone, standing.Decision{}))

		must(t, update(t, s, "ana", remove))
		st, err := s.Standing(ctx, "bob")
		must(t, err)
		if st.Member.Team != "night" || len(st.Changes) != 1 || st.Changes[0].What != standing.TeamOf || st.Changes[0].By != by {
			t.Errorf("%+v", st)
		}
		if st, err = s.Standing(ctx, "gone"); err != nil || st.Member.Team != "" {
			t.Errorf("who is deactivated: %+v, %v", st.Member, err)
		}
		if err := update(t, s, "ana", remove); !errors.Is(err, standing.ErrTaken) {
			t.Errorf("a second time: %v", err)
		}
	})
}

func TestOfWhoeverIsErasedNothingIsLeftButTheLog(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		withEverything(t, s)
		ctx := t.Context()
		must(t, s.AddMember(ctx, person("bea", org.Administrator), standing.Decision{}))
		apply(t, s, standing.NoteChange{Change: aChange(noon)}, standing.AddRequest{Request: aRequest()})
		if _, err := s.TakeTry(ctx, throttle.Key{Kind: throttle.Code, Subject: "ana"}, noon); err != nil {
			t.Fatal(err)
		}
		must(t, s.Update(ctx, "ana", func(standing.Standing) (standing.Decision, error) {
			return standing.Decision{
				Events:  []audit.Event{{At: noon, Kind: audit.SignedIn, Organisation: "bakery", Subject: "ana", Actor: audit.Actor{Kind: audit.Member, Member: "ana"}, Origin: origin()}},
				Notices: []notice.Message{{Kind: notice.SignedOut, Organisation: "bakery", Member: "ana", To: "ana@bakery.example"}},
			}, nil
		}))
		if err := update(t, s, "ana", standing.Erase{}); !errors.Is(err, standing.ErrTaken) {
			t.Fatalf("who is active is erased: %v", err)
		}
		must(t, update(t, s, "ana", standing.Deactivate{}))
		_, err := s.EraseOrigins(ctx, OriginFilter{Member: "ana"}, audit.Event{At: noon.Add(time.Second), Actor: audit.Actor{Kind: audit.Member, Member: "bea"}})
		must(t, err)
		must(t, update(t, s, "ana", standing.Erase{}))
		for _, table := range tablesOf(t) {
			for _, id := range []string{"member_id", "subject"} {
				var left int
				err := s.read.row(ctx, `SELECT COUNT(*) FROM `+table+` WHERE `+id+` = 'ana'`).Scan(&left)
				if err == nil && left > 0 && table != "events" {
					t.Errorf("%d rows are left in %s", left, table)
				}
			}
		}
		r := verify(t, s)
		if !r.Whole() {
			t.Errorf("the log does not verify: %+v", r)
		}
		events, err := s.Events(ctx, EventFilter{Subject: "ana"})
		must(t, err)
		if len(events) == 0 {
			t.Error("the log has forgotten them")
		}
		for _, e := range events {
			if e.Origin != (audit.Origin{}) {
				t.Errorf("%s still says where it came from", e.Kind)
			}
		}
	})
}

var tableLine = regexp.MustCompile(`(?m)^CREATE TABLE (\w+)`)

// tablesOf lists the tables of the schema.
func tablesOf(t testing.TB) []string {
	t.Helper()
	files, err := releaseSchema()
	must(t, err)
	text, err := fs.ReadFile(files, "0001_first_release.sql")
	must(t, err)
	var names []string
	for _, found := range tableLine.FindAllStringSubmatch(string(text), -1) {
		names = append(names, found[1])
	}
	return names
}
