package store

import (
	"fmt"
	"testing"
	"time"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/org"
)

func TestOriginsAreErasedAndTheSealHolds(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		const others = 2
		recordEvents(t, s, 2*eraseBatch+10)
		for i := range others {
			must(t, s.Record(t.Context(), audit.Event{
				At: noon.Add(time.Duration(i) * time.Hour), Kind: audit.SignedIn, Subject: "bob",
				Actor: audit.Actor{Kind: audit.Member, Member: "bob"}, Origin: origin(),
			}))
		}
		sealAll(t, s)
		recordEvents(t, s, 1) // of ana, at noon; not sealed yet
		by := audit.Event{At: noon.Add(others * time.Hour), Actor: audit.Actor{Kind: audit.Operator}}
		for _, c := range []struct {
			filter OriginFilter
			want   int64
		}{
			{OriginFilter{Member: "ana", Before: noon}, 0},
			{OriginFilter{Member: "ana", Before: noon.Add(time.Second)}, 2},
			{OriginFilter{Member: "ana", Before: noon.Add(time.Second)}, 0},
			{OriginFilter{Member: "ana"}, 2*eraseBatch + 9},
			{OriginFilter{Before: noon.Add(time.Millisecond)}, 1}, // bob's first
		} {
			count, err := s.CountOrigins(t.Context(), c.filter)
			must(t, err)
			erased, err := s.EraseOrigins(t.Context(), c.filter, by)
			if err != nil || erased != c.want || count != c.want {
				t.Errorf("%+v: erased %d of %d, want %d: %v", c.filter, erased, count, c.want, err)
			}
		}
		r := verify(t, s)
		if !r.Whole() || r.Erased == 0 {
			t.Errorf("%+v", r)
		}
		events, err := s.Events(t.Context(), EventFilter{Subject: "bob"})
		must(t, err)
		if len(events) != others || events[0].Origin != (audit.Origin{}) || events[1].Origin != origin() {
			t.Errorf("%+v", events)
		}
		if _, err := s.EraseOrigins(t.Context(), OriginFilter{}, by); err == nil {
			t.Error("without a filter everything would go")
		}
	})
}

func TestErasingIsItselfAnEvent(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		recordEvents(t, s, 3)
		_, err := s.EraseOrigins(t.Context(), OriginFilter{Member: "ana", Before: noon.Add(2 * time.Second)}, audit.Event{At: noon.Add(time.Hour), Actor: audit.Actor{Kind: audit.Operator}})
		must(t, err)
		events, err := s.Events(t.Context(), EventFilter{Kind: audit.OriginsErased})
		must(t, err)
		if len(events) != 1 || events[0].Subject != org.MemberID("ana") || events[0].Actor.Kind != audit.Operator ||
			fmt.Sprint(events[0].Facts) != "map[before:2026-03-02T12:00:02Z count:2]" {
			t.Errorf("%+v", events)
		}
	})
}
