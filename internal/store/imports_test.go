package store

import (
	"bytes"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/notice"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/standing"
)

func anImport(id, in string) standing.Import {
	return standing.Import{
		ID: id, Organisation: "bakery", Member: "ana", Session: hash(in), File: []byte("name,e-mail\nEva,eva@x.example\n"),
		Created: noon, Expires: noon.Add(time.Hour),
	}
}

// newcomers admits people with these ids, the first into a new team.
func newcomers(ids ...string) func(standing.Roll) (standing.Admission, error) {
	return func(standing.Roll) (standing.Admission, error) {
		return standing.Admission{
			Teams: []org.Team{{ID: org.TeamID("team of " + ids[0]), Organisation: "bakery", Name: "Team of " + ids[0]}},
			Count: len(ids),
			Newcomer: func(i int) (standing.Newcomer, error) {
				m := person(org.MemberID(ids[i]), org.Employee)
				m.State = org.Invited
				if i == 0 {
					m.Team = org.TeamID("team of " + ids[0])
				}
				return standing.Newcomer{
					Member: m, Link: standing.Link{ID: hash(ids[i]), Member: m.ID, Purpose: standing.ForInvitation, Address: m.Email, Created: noon, Expires: noon.Add(time.Hour)},
					Events:  []audit.Event{{At: noon, Kind: audit.MemberInvited, Organisation: "bakery", Subject: m.ID}},
					Letters: []notice.Message{{Kind: notice.Invitation, Organisation: "bakery", Member: m.ID, To: m.Email}},
				}, nil
			},
			After: standing.Decision{Events: []audit.Event{{At: noon, Kind: audit.MembersImported, Organisation: "bakery", Subject: "ana"}}},
		}, nil
	}
}

func TestAListWaitsInItsSession(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		withAna(t, s)
		ctx := t.Context()
		apply(t, s, standing.OpenSession{Session: aSession("s1")}, standing.OpenSession{Session: aSession("s2")})
		must(t, s.SaveImport(ctx, anImport("one", "s1")))
		got, err := s.Import(ctx, "one", hash("s1"))
		must(t, err)
		if want := anImport("one", "s1"); !bytes.Equal(got.File, want.File) || got.Member != "ana" || got.Organisation != "bakery" || !got.Expires.Equal(want.Expires) {
			t.Errorf("%+v", got)
		}
		var kept []byte
		must(t, s.read.row(ctx, `SELECT content FROM imports`).Scan(&kept))
		if bytes.Contains(kept, []byte("eva")) {
			t.Error("the file is kept in the clear")
		}
		gone := func(name, id, in string) {
			t.Helper()
			if _, err := s.Import(ctx, id, hash(in)); !errors.Is(err, org.ErrNotFound) {
				t.Errorf("%s: %v", name, err)
			}
		}
		gone("in another session", "one", "s2")
		gone("by another id", "two", "s1")
		must(t, s.SaveImport(ctx, anImport("three", "s1")))
		gone("one that another replaced", "one", "s1")
		must(t, s.SaveImport(ctx, anImport("four", "s2")))
		apply(t, s, standing.EndSession{ID: hash("s2")})
		gone("one whose session ended", "four", "s2")
		must(t, s.Purge(ctx, noon.Add(30*time.Minute)))
		if _, err := s.Import(ctx, "three", hash("s1")); err != nil {
			t.Errorf("one that waits was purged: %v", err)
		}
		if err := s.SaveImport(ctx, anImport("five", "nobody's")); !errors.Is(err, standing.ErrTaken) {
			t.Errorf("for a session that has ended: %v", err)
		}
		foreign := anImport("six", "s1")
		foreign.Member = "bob"
		if err := s.SaveImport(ctx, foreign); !errors.Is(err, standing.ErrTaken) {
			t.Errorf("for another member's session: %v", err)
		}
		must(t, s.Purge(ctx, noon.Add(time.Hour)))
		gone("one that was purged", "three", "s1")
	})
}

func TestAListFollowsItsSessionWhenThatIsRaised(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		withAna(t, s)
		apply(t, s, standing.OpenSession{Session: aSession("s1")})
		must(t, s.SaveImport(t.Context(), anImport("one", "s1")))
		apply(t, s, standing.RaiseSession{Old: hash("s1"), Session: aSession("s2")})
		if _, err := s.Import(t.Context(), "one", hash("s2")); err != nil {
			t.Error(err)
		}
	})
}

func TestAllOnAListAreAddedOrNobody(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		withAna(t, s)
		ctx := t.Context()
		apply(t, s, standing.OpenSession{Session: aSession("s1")})
		must(t, s.SaveImport(ctx, anImport("one", "s1")))
		list, addresses := anImport("one", "s1"), []org.Email{"eva@bakery.example", "ana@bakery.example"}

		// The last one is there already: the others are not added either.
		err := s.Admit(ctx, list, addresses, newcomers("eva", "bob", "ana"))
		if !errors.Is(err, standing.ErrTaken) {
			t.Errorf("someone who is there: %v", err)
		}
		broken := errors.New("no")
		if err := s.Admit(ctx, list, addresses, func(standing.Roll) (standing.Admission, error) { return standing.Admission{}, broken }); !errors.Is(err, broken) {
			t.Errorf("a decision that fails: %v", err)
		}
		foreign := func(r standing.Roll) (standing.Admission, error) {
			a, err := newcomers("eva")(r)
			first := a.Newcomer
			a.Newcomer = func(i int) (standing.Newcomer, error) {
				n, err := first(i)
				n.Member.Organisation = "mill"
				return n, err
			}
			return a, err
		}
		if err := s.Admit(ctx, list, addresses, foreign); err == nil {
			t.Error("someone is added to another organisation")
		}
		members, err := s.Members(ctx, "bakery")
		must(t, err)
		teams, err := s.Teams(ctx, "bakery")
		must(t, err)
		if len(members) != 1 || len(teams) != 0 {
			t.Errorf("half of them are there: %d members, %d teams", len(members), len(teams))
		}

		var seen standing.Roll
		must(t, s.Admit(ctx, list, addresses, func(r standing.Roll) (standing.Admission, error) {
			seen = r
			return newcomers("eva", "bob")(r)
		}))
		if len(seen.States) != 1 || seen.States["ana@bakery.example"] != org.Active {
			t.Errorf("known: %v", seen.States)
		}
		eva, err := s.MemberByEmail(ctx, "bakery", "eva@bakery.example")
		must(t, err)
		if eva.State != org.Invited || eva.Team != "team of eva" {
			t.Errorf("%+v", eva)
		}
		if l, err := s.Link(ctx, hash("bob")); err != nil || l.Member != "bob" {
			t.Errorf("link: %+v, %v", l, err)
		}
		if err := s.Admit(ctx, list, addresses, newcomers("cas")); !errors.Is(err, standing.ErrTaken) {
			t.Errorf("the same list again: %v", err)
		}
	})
}

func TestOfTwoListsAtOnceEachIsAddedWholeOrNotAtAll(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		withAna(t, s)
		apply(t, s, standing.OpenSession{Session: aSession("s1")}, standing.OpenSession{Session: aSession("s2")})
		must(t, s.SaveImport(t.Context(), anImport("one", "s1")))
		must(t, s.SaveImport(t.Context(), anImport("two", "s2")))
		lists := [2][]string{{"a", "b", "c", "shared"}, {"x", "shared", "y", "z"}}
		var errs [2]error
		var both sync.WaitGroup
		for i, id := range []string{"one", "two"} {
			both.Go(func() {
				errs[i] = s.Admit(t.Context(), anImport(id, fmt.Sprintf("s%d", i+1)), nil, newcomers(lists[i]...))
			})
		}
		both.Wait()
		done := 0
		for i, err := range errs {
			want := 0
			if err == nil {
				want = 3
				done++
			} else if !errors.Is(err, standing.ErrTaken) {
				t.Errorf("%d: %v", i, err)
			}
			there := 0
			for _, id := range lists[i] {
				if _, err := s.Standing(t.Context(), org.MemberID(id)); err == nil && id != "shared" {
					there++
				}
			}
			if there != want {
				t.Errorf("list %d: %d of 3 are there, %v", i, there, err)
			}
		}
		if done != 1 {
			t.Errorf("%d of the two were added", done)
		}
	})
}

func TestALetterThatSomeoneWaitsForGoesBeforeAHundredInvitations(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		withAna(t, s)
		ctx := t.Context()
		apply(t, s, standing.OpenSession{Session: aSession("s1")})
		must(t, s.SaveImport(ctx, anImport("one", "s1")))
		must(t, s.Admit(ctx, anImport("one", "s1"), nil, newcomers("eva", "bob", "cas")))
		must(t, s.Update(ctx, "ana", func(standing.Standing) (standing.Decision, error) {
			return standing.Decision{Notices: []notice.Message{{Kind: notice.SignInCode, Organisation: "bakery", Member: "ana", To: "ana@bakery.example"}}}, nil
		}))
		first, err := s.ClaimLetter(ctx, noon, time.Minute)
		must(t, err)
		if first.Message.Kind != notice.SignInCode {
			t.Errorf("%s goes first", first.Message.Kind)
		}
		for range 3 {
			if next, err := s.ClaimLetter(ctx, noon, time.Minute); err != nil || next.Message.Kind != notice.Invitation {
				t.Errorf("%s, %v", next.Message.Kind, err)
			}
		}
	})
}
