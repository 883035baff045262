package store

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/sparekey/sparekey/internal/audit"
)

func TestAnEventComesBackWithTheLeafItWasWrittenWith(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		full := audit.Event{
			At: noon, Kind: audit.FactorProved, Organisation: "bakery", Actor: audit.Actor{Kind: audit.Member, Member: "ana"},
			Subject: "ana", Reason: "word", Facts: map[string]string{"b": "2", "a": "1 < 2"}, Origin: origin(),
		}
		noFacts := audit.Event{At: noon.Add(time.Second), Kind: audit.SignedOut}
		emptyFacts := audit.Event{At: noon.Add(2 * time.Second), Kind: audit.SignedOut, Facts: map[string]string{}}
		noTime := audit.Event{Kind: audit.MailFailed}
		must(t, s.Record(t.Context(), full, noFacts, emptyFacts))
		must(t, s.Record(t.Context(), noTime))
		must(t, s.Record(t.Context()))
		list, err := s.Events(t.Context(), EventFilter{})
		if err != nil || len(list) != 4 {
			t.Fatal(list, err)
		}
		noTime.At = noon
		for i, want := range []audit.Event{full, noTime, noFacts, emptyFacts} {
			got := list[i]
			if got.ID == "" {
				t.Error("an event without an id")
			}
			want.ID = got.ID
			if !reflect.DeepEqual(got, want) {
				t.Errorf("%+v, want %+v", got, want)
			}
			var salt, hash []byte
			must(t, s.read.row(t.Context(), `SELECT salt, personal_hash FROM events WHERE id = $1`, got.ID).Scan(&salt, &hash))
			if len(salt) != saltSize || !bytes.Equal(hash, audit.PersonalHash(salt, want.Origin)) {
				t.Errorf("salt of %d bytes, hash %x", len(salt), hash)
			}
		}
	})
}

func TestEventsAreFilteredAndTheNewestAreLast(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		for i, e := range []audit.Event{
			{Organisation: "bakery", Subject: "ana", Kind: audit.SignedIn},
			{Organisation: "bakery", Subject: "bob", Kind: audit.SignedIn},
			{Organisation: "other", Subject: "eve", Kind: audit.SignedIn},
			{Organisation: "bakery", Subject: "ana", Kind: audit.SignedOut, Actor: audit.Actor{Kind: audit.Member, Member: "ana"}},
			{Organisation: "bakery", Subject: "ana", Kind: audit.PasswordWrong, Actor: audit.Actor{Kind: audit.Stranger}},
		} {
			e.At = noon.Add(time.Duration(i) * time.Second)
			must(t, s.Record(t.Context(), e))
		}
		for _, c := range []struct {
			name   string
			filter EventFilter
			want   []int // seconds after noon
		}{
			{"all", EventFilter{}, []int{0, 1, 2, 3, 4}},
			{"an organisation's", EventFilter{Organisation: "bakery"}, []int{0, 1, 3, 4}},
			{"a member's", EventFilter{Subject: "ana"}, []int{0, 3, 4}},
			{"of a kind", EventFilter{Kind: audit.SignedIn}, []int{0, 1, 2}},
			{"since an instant", EventFilter{Since: noon.Add(2 * time.Second)}, []int{2, 3, 4}},
			{"until an instant", EventFilter{Until: noon.Add(2 * time.Second)}, []int{0, 1}},
			{"of kinds that begin so", EventFilter{Kind: "sign-in."}, []int{0, 1, 2, 4}},
			{"no kind that begins so", EventFilter{Kind: "sign-in"}, nil},
			{"by a member", EventFilter{Actor: audit.Actor{Member: "ana"}}, []int{3}},
			{"by strangers", EventFilter{Actor: audit.Actor{Kind: audit.Stranger}}, []int{4}},
			{"the newest two", EventFilter{Limit: 2}, []int{3, 4}},
			{"all together", EventFilter{Organisation: "bakery", Subject: "ana", Kind: audit.SignedIn, Since: noon, Limit: 5}, []int{0}},
		} {
			list, err := s.Events(t.Context(), c.filter)
			must(t, err)
			var got []int
			for _, e := range list {
				got = append(got, int(e.At.Sub(noon)/time.Second))
			}
			if !reflect.DeepEqual(got, c.want) {
				t.Errorf("%s: %v, want %v", c.name, got, c.want)
			}
		}
	})
}

func TestAnEventThatIsNotGenuineIsListedAsSuch(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		recordEvents(t, s, 4)
		sealAll(t, s)
		byHand(t, s, `UPDATE events SET reason = 'x' WHERE leaf_index = 0`, `UPDATE events SET facts = 'no JSON' WHERE leaf_index = 1`,
			`UPDATE events SET origin = '{"address":"192.0.2.66"}' WHERE leaf_index = 2`)
		list, err := s.Events(t.Context(), EventFilter{})
		if err != nil || len(list) != 4 || !list[0].NotGenuine || !list[1].NotGenuine || !list[2].NotGenuine || list[3].NotGenuine {
			t.Errorf("%+v, %v", list, err)
		}
	})
}

func TestListingEventsIsServedByAnIndex(t *testing.T) {
	s, _ := onSQLite(t)
	for index, filter := range map[string]EventFilter{
		"events_at": {}, "events_organisation": {Organisation: "bakery"}, "events_subject": {Subject: "ana", Since: noon},
	} {
		where, args := filter.where()
		var id, parent, unused int
		var plan string
		must(t, s.read.row(t.Context(), `EXPLAIN QUERY PLAN SELECT id FROM events WHERE `+where, args...).Scan(&id, &parent, &unused, &plan))
		if !strings.Contains(plan, index) {
			t.Errorf("%+v: %s", filter, plan)
		}
	}
}
