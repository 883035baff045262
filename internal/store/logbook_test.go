package store

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/standing"
)

// manyEvents records events by few people about few, many at one instant, in two
// organisations and in none.
func manyEvents(t *testing.T, s *Store, count int) []audit.Event {
	t.Helper()
	chance := rand.New(rand.NewPCG(1, 2))
	members := []org.MemberID{"ana", "bob", "cyd", ""}
	var events []audit.Event
	for i := range count {
		e := audit.Event{
			At: noon.Add(time.Duration(i/3) * time.Second), Organisation: "bakery", Kind: audit.Kinds[chance.IntN(len(audit.Kinds))],
			Actor: audit.Actor{Kind: audit.Member, Member: members[chance.IntN(3)]}, Subject: members[chance.IntN(4)],
		}
		switch chance.IntN(4) {
		case 0:
			e.Organisation = []org.OrganisationID{"mill", ""}[chance.IntN(2)]
		case 1:
			e.Actor = audit.Actor{Kind: []audit.ActorKind{audit.Stranger, audit.Operator, audit.System}[chance.IntN(3)]}
		}
		events = append(events, e)
	}
	must(t, s.Record(t.Context(), events...))
	all, err := s.Events(t.Context(), EventFilter{Limit: count + 1})
	must(t, err)
	if len(all) != count {
		t.Fatalf("%d events, want %d", len(all), count)
	}
	slices.Reverse(all)
	return all
}

func lets(s audit.Search, e audit.Event) bool {
	return e.Organisation == s.Organisation && (s.By == "" || e.Actor.Kind == s.By) && (s.Who == "" || e.Actor.Member == s.Who) &&
		(s.Whom == "" || e.Subject == s.Whom) && (s.Group == "" || e.Kind.Group() == s.Group) &&
		!e.At.Before(s.From) && (s.Until.IsZero() || e.At.Before(s.Until))
}

func ids(events []audit.Event) []string {
	var list []string
	for _, e := range events {
		list = append(list, e.ID)
	}
	return list
}

func TestASearchFindsWhatFitsPageByPageAndNothingElse(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		all := manyEvents(t, s, 400)
		for name, search := range map[string]audit.Search{
			"all": {}, "who": {Who: "ana"}, "whom": {Whom: "bob"}, "who and whom": {Who: "ana", Whom: "bob"}, "by": {By: audit.Operator},
			"who by": {Who: "ana", By: audit.Member}, "group": {Group: audit.Factors}, "who in a group": {Who: "cyd", Group: audit.Recoveries},
			"from": {From: noon.Add(time.Minute)}, "until": {Until: noon.Add(time.Minute)},
			"between": {From: noon.Add(30 * time.Second), Until: noon.Add(31 * time.Second), Who: "ana"}, "nobody": {Who: "nobody"},
		} {
			search.Organisation = "bakery"
			var want []audit.Event
			for _, e := range all {
				if lets(search, e) {
					want = append(want, e)
				}
			}
			if len(want) == 0 && name != "nobody" && name != "between" {
				t.Errorf("%s: nothing fits, so nothing is tried", name)
			}
			var got []audit.Event
			place := audit.Place{}
			for {
				found, err := s.SearchLog(t.Context(), search, place, 7)
				must(t, err)
				if len(found.Events) > 7 {
					t.Fatalf("%s: a page of %d", name, len(found.Events))
				}
				got = append(got, found.Events...)
				if found.Next == (audit.Place{}) {
					break
				}
				if place = found.Next; len(got) > len(all) {
					t.Fatalf("%s: no end", name)
				}
			}
			if !slices.Equal(ids(got), ids(want)) {
				t.Errorf("%s: %d events found in another order or others, want %d", name, len(got), len(want))
			}
		}
		if _, err := s.SearchLog(t.Context(), audit.Search{}, audit.Place{}, 7); err == nil {
			t.Error("a search in no organisation finds what belongs to none")
		}
	})
}

func TestASearchLooksAtAWindowAndGoesOnBehindIt(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		rare := audit.Event{At: noon, Kind: audit.MFAOn, Organisation: "bakery", Actor: audit.Actor{Kind: audit.Member, Member: "ana"}, Subject: "ana"}
		must(t, s.Record(t.Context(), rare))
		var many []audit.Event
		for i := range searchWindow + 5 {
			many = append(many, audit.Event{At: noon.Add(time.Duration(i+1) * time.Second), Kind: audit.SignedIn, Organisation: "bakery", Actor: rare.Actor, Subject: "ana"})
		}
		must(t, s.Record(t.Context(), many...))
		for name, search := range map[string]audit.Search{"organisation": {}, "who": {Who: "ana"}, "whom": {Whom: "ana"}} {
			search.Organisation, search.Group = "bakery", audit.Factors
			first, err := s.SearchLog(t.Context(), search, audit.Place{}, 10)
			must(t, err)
			if want := noon.Add(6 * time.Second); len(first.Events) != 0 || !first.Next.At.Equal(want) {
				t.Errorf("%s: found %d, looks on at %v, want %v", name, len(first.Events), first.Next.At, want)
			}
			second, err := s.SearchLog(t.Context(), search, first.Next, 10)
			must(t, err)
			if len(second.Events) != 1 || second.Events[0].Kind != audit.MFAOn || second.Next != (audit.Place{}) {
				t.Errorf("%s: %+v", name, second)
			}
		}
	})
}

func TestASearchTellsWhatIsErasedSealedAndNotGenuine(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		recordEvents(t, s, 3)
		sealAll(t, s)
		_, err := s.EraseOrigins(t.Context(), OriginFilter{Before: noon.Add(time.Second)}, audit.Event{At: noon.Add(time.Hour), Actor: audit.Actor{Kind: audit.Operator}})
		must(t, err)
		byHand(t, s, `UPDATE events SET kind = 'sign-out' WHERE at = `+fmt.Sprint(noon.Add(2*time.Second).UnixMilli()))
		found, err := s.SearchLog(t.Context(), audit.Search{Organisation: "bakery"}, audit.Place{}, 10)
		must(t, err)
		var got []string
		for _, e := range found.Events {
			got = append(got, fmt.Sprintf("sealed %v, erased %v, false %v", e.Sealed, e.Erased, e.NotGenuine))
		}
		want := []string{"sealed true, erased false, false true", "sealed true, erased false, false false", "sealed true, erased true, false false"}
		if !slices.Equal(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
	})
}

func TestNamesAreThoseOfOneOrganisation(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		withAna(t, s)
		mill, eve := bakery(), person("eve", org.Administrator)
		mill.ID, mill.Name, eve.Organisation = "mill", "De Molen", "mill"
		must(t, s.CreateOrganisation(t.Context(), mill, eve, standing.Decision{}))
		for _, c := range []struct {
			in   org.OrganisationID
			want []org.MemberID
		}{{"bakery", []org.MemberID{"ana"}}, {"mill", []org.MemberID{"eve"}}, {"", []org.MemberID{"ana", "eve"}}, {"none", nil}} {
			members, err := s.Named(t.Context(), c.in, []org.MemberID{"ana", "eve", "nobody", "' OR 1=1"})
			must(t, err)
			var got []org.MemberID
			for _, m := range members {
				got = append(got, m.ID)
			}
			slices.Sort(got)
			if !slices.Equal(got, c.want) {
				t.Errorf("%q: %v, want %v", c.in, got, c.want)
			}
		}
		if none, err := s.Named(t.Context(), "bakery", nil); err != nil || len(none) != 0 {
			t.Error(none, err)
		}
	})
}

// TestASearchForWhatIsRareLooksNoFurtherThanItSays: what it takes hangs on how
// many events a search looks at, not on how many there are.
func TestASearchForWhatIsRareLooksNoFurtherThanItSays(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		withAna(t, s)
		const events = 40 * searchWindow
		_, err := s.write.exec(t.Context(), `
			WITH RECURSIVE more (n) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT n + 1 FROM more WHERE n < $1)
			INSERT INTO events (id, at, kind, organisation, actor_kind, actor_member, subject, reason, facts, origin, salt, personal_hash, mac, waiting)
			SELECT 'e-' || n, n, 'password.right', 'bakery', 'member', '', '', '', '{}', '{}', $2, $2, $2, FALSE FROM more`, events, []byte("x"))
		must(t, err)
		if strings.HasSuffix(t.Name(), "PostgreSQL") { // which does so by itself in time
			_, err := s.write.exec(t.Context(), `ANALYZE events`)
			must(t, err)
		}
		quickest := func(from int64) time.Duration {
			best := time.Hour
			for range 7 {
				began := time.Now()
				found, err := s.SearchLog(t.Context(), audit.Search{
					Organisation: "bakery", Group: audit.Settings, From: time.UnixMilli(from), Until: time.UnixMilli(events),
				}, audit.Place{}, 50)
				must(t, err)
				if len(found.Events) > 0 || from == 1 && found.Next == (audit.Place{}) {
					t.Fatalf("%+v", found)
				}
				best = min(best, time.Since(began))
			}
			return best
		}
		if few, many := quickest(events-searchWindow+2), quickest(1); many > 5*few {
			t.Errorf("of many events a search takes %v, of few %v", many, few)
		}
	})
}
