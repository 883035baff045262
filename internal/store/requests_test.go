package store

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/standing"
)

// asks saves a request of m that was made some time before noon.
func asks(t *testing.T, s *Store, m org.MemberID, r standing.Request) {
	t.Helper()
	must(t, s.Update(t.Context(), m, func(standing.Standing) (standing.Decision, error) {
		return standing.Decision{Effects: []standing.Effect{standing.AddRequest{Request: r}}}, nil
	}))
}

func TestWhoIsAskedSeesTheRequestsThatLive(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		withAna(t, s) // an administrator
		must(t, s.AddMember(ctx, person("bea", org.Administrator), standing.Decision{}))
		for _, name := range []org.MemberID{"sam", "eva", "tom"} {
			must(t, s.AddMember(ctx, person(name, org.Employee), standing.Decision{}))
		}
		for _, effect := range []struct {
			on org.MemberID
			do standing.Effect
		}{
			{"ana", standing.MakeTeam{Team: org.Team{ID: "bread", Organisation: "bakery", Name: "Bread"}}},
			{"ana", standing.MakeTeam{Team: org.Team{ID: "cake", Organisation: "bakery", Name: "Cake"}}},
			{"sam", standing.Supervise{Team: "bread"}},
		} {
			must(t, s.Update(ctx, effect.on, func(standing.Standing) (standing.Decision, error) {
				return standing.Decision{Effects: []standing.Effect{effect.do}}, nil
			}))
		}
		put := func(m, team string) {
			_, err := s.write.exec(ctx, `UPDATE members SET team_id = $2 WHERE id = $1`, m, team)
			must(t, err)
		}
		put("eva", "bread")
		put("sam", "bread")
		put("bea", "bread")
		put("tom", "cake")

		at := func(id string, ago time.Duration, state standing.RequestState) standing.Request {
			r := aRequest()
			r.ID, r.Browser, r.State = id, hash("browser of "+id), state
			r.Created, r.Expires = noon.Add(-ago), noon.Add(standing.RequestLifetime-ago)
			return r
		}
		asks(t, s, "eva", at("evas", time.Hour, standing.Asked))
		asks(t, s, "eva", at("evas approved", 2*time.Hour, standing.Approved))
		asks(t, s, "eva", at("evas withdrawn", time.Minute, standing.Withdrawn))
		asks(t, s, "eva", at("evas expired", 24*time.Hour, standing.Asked))
		asks(t, s, "tom", at("toms", 3*time.Hour, standing.Asked))
		asks(t, s, "bea", at("beas", 4*time.Hour, standing.Asked))
		asks(t, s, "sam", at("sams", 5*time.Hour, standing.Asked))

		for who, want := range map[org.MemberID]struct {
			ids     []string
			waiting int
		}{
			"ana":    {[]string{"evas", "evas approved", "toms", "beas", "sams"}, 4},
			"bea":    {[]string{"evas", "evas approved", "toms", "sams"}, 3}, // not their own
			"sam":    {[]string{"evas", "evas approved"}, 1},                 // own team, no administrator, not their own
			"eva":    {nil, 0},
			"nobody": {nil, 0},
		} {
			list, err := s.Askings(ctx, who, noon, 0)
			must(t, err)
			var ids []string
			for _, a := range list {
				ids = append(ids, a.ID)
				if a.Code != "" {
					t.Error("a list holds a code")
				}
			}
			count, err := s.CountAskings(ctx, who, noon)
			must(t, err)
			if !slices.Equal(ids, want.ids) || count != want.waiting {
				t.Errorf("%s is asked %v (%d), want %v (%d)", who, ids, count, want.ids, want.waiting)
			}
		}
		list, err := s.Askings(ctx, "sam", noon, 0)
		must(t, err)
		if list[0].Team != "Bread" || list[0].Member.ID != "eva" || !list[0].Created.Equal(noon.Add(-time.Hour)) {
			t.Errorf("%+v", list[0])
		}
		// The last instant, and a moment later.
		if n, err := s.CountAskings(ctx, "sam", noon.Add(23*time.Hour-time.Millisecond)); err != nil || n != 1 {
			t.Errorf("%d, %v", n, err)
		}
		if n, err := s.CountAskings(ctx, "sam", noon.Add(23*time.Hour)); err != nil || n != 0 {
			t.Errorf("%d, %v", n, err)
		}
	})
}

func TestARequestIsFoundInItsOrganisationAndItsBrowser(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		withAna(t, s)
		r := aRequest()
		asks(t, s, "ana", r)
		later := r
		later.ID, later.Created = "later", r.Created.Add(time.Hour)
		asks(t, s, "ana", later)
		if m, err := s.RequestBy(ctx, "bakery", r.ID); err != nil || m != "ana" {
			t.Errorf("%s, %v", m, err)
		}
		if m, id, err := s.RequestIn(ctx, r.Browser); err != nil || m != "ana" || id != "later" {
			t.Errorf("%s, %s, %v", m, id, err)
		}
		_, elsewhere := s.RequestBy(ctx, "mill", r.ID)
		_, none := s.RequestBy(ctx, "bakery", "none")
		_, _, strange := s.RequestIn(ctx, hash("another"))
		_, _, empty := s.RequestIn(ctx, "")
		for i, err := range []error{elsewhere, none, strange, empty} {
			if !errors.Is(err, org.ErrNotFound) {
				t.Errorf("%d: %v", i, err)
			}
		}
	})
}

func TestAListOfRequestsIsBoundedAndThoseThatHaveNotEndedComeFirst(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		withAna(t, s)
		must(t, s.AddMember(t.Context(), person("bea", org.Administrator), standing.Decision{}))
		for i := range MaxAskings + 1 {
			r := aRequest()
			r.ID, r.Created = fmt.Sprintf("r%03d", i), noon.Add(time.Duration(i)*time.Second)
			if i > 0 && i < 50 {
				r.State = standing.Refused
			}
			asks(t, s, "ana", r)
		}
		list := anasStanding(t, s).Requests
		if list[len(list)-1].State != standing.Refused || list[51].ID != "r000" || list[0].ID != "r100" {
			t.Errorf("%s … %s", list[0].ID, list[51].ID)
		}
		if got, err := s.Askings(t.Context(), "bea", noon, 0); err != nil || len(got) != 52 {
			t.Errorf("%d, %v", len(got), err)
		}
		if got, err := s.Askings(t.Context(), "bea", noon, 51); err != nil || len(got) != 1 || got[0].ID != "r000" {
			t.Errorf("past the first: %d, %v", len(got), err)
		}
	})
}
