package store

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/ledger"
)

// recordEvents records count events, a second apart.
func recordEvents(t testing.TB, s *Store, count int) {
	t.Helper()
	var events []audit.Event
	for i := range count {
		events = append(events, audit.Event{
			At: noon.Add(time.Duration(i) * time.Second), Kind: audit.SignedIn, Organisation: "bakery",
			Actor: audit.Actor{Kind: audit.Member, Member: "ana"}, Subject: "ana", Facts: map[string]string{"n": fmt.Sprint(i)}, Origin: origin(),
		})
	}
	if err := s.Record(t.Context(), events...); err != nil {
		t.Error(err)
	}
}

// sealAll seals what waits.
func sealAll(t testing.TB, s *Store) (all ledger.Batch) {
	t.Helper()
	turn, err := s.SealTurn(t.Context())
	must(t, err)
	if turn.Holder != "tester" {
		if ok, err := s.TakeSealTurn(t.Context(), "tester", turn); err != nil || !ok {
			t.Fatal(ok, err)
		}
	}
	for more := true; more; {
		batch, err := s.Seal(t.Context(), "tester")
		must(t, err)
		all.Sealed += batch.Sealed
		all.Refused = append(all.Refused, batch.Refused...)
		all.Mended.Restored += batch.Mended.Restored
		all.Mended.Missing += batch.Mended.Missing
		all.Mended.Unnumbered += batch.Mended.Unnumbered
		all.Mended.False += batch.Mended.False
		all.Mended.Hashes += batch.Mended.Hashes
		all.Mended.Rebuilt += batch.Mended.Rebuilt
		all.Checkpoint, more = batch.Checkpoint, batch.More
	}
	return all
}

func verify(t testing.TB, s *Store, outside ...ledger.Checkpoint) ledger.Report {
	t.Helper()
	report, err := s.VerifyLog(t.Context(), outside)
	must(t, err)
	return report
}

func TestASealedLogIsWholeAndGrows(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		if r := verify(t, s); !r.Whole() || r.Sealed != 0 {
			t.Fatalf("empty: %+v", r)
		}
		recordEvents(t, s, 3)
		if r := verify(t, s); !r.Whole() || r.Sealed != 0 || r.Waiting != 3 || r.OldestWaiting != noon.UnixMilli() {
			t.Fatalf("unsealed: %+v", r)
		}
		var outside []ledger.Checkpoint
		for i, count := range []int{0, 1, 5, 120, 1000, 64} {
			recordEvents(t, s, count)
			batch := sealAll(t, s)
			outside = append(outside, batch.Checkpoint)
			r := verify(t, s, outside...)
			if !r.Whole() || r.Waiting != 0 || r.Sealed != batch.Checkpoint.Size || r.Newest != batch.Checkpoint {
				t.Fatalf("%d: %+v", i, r)
			}
		}
		events, err := s.Events(t.Context(), EventFilter{Limit: 5000})
		must(t, err)
		seen := make(map[int64]bool)
		for _, e := range events {
			if !e.Sealed || seen[e.Index] || e.Index >= 1193 {
				t.Fatal(e)
			}
			seen[e.Index] = true
		}
		if len(seen) != 1193 {
			t.Error(len(seen))
		}
	})
}

func TestOnlyTheHolderSeals(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		recordEvents(t, s, 1)
		if _, err := s.Seal(t.Context(), "me"); !errors.Is(err, ledger.ErrNotHolder) {
			t.Fatal(err)
		}
		seen, err := s.SealTurn(t.Context())
		if err != nil || seen.Holder != "" || !seen.Waiting {
			t.Fatal(seen, err)
		}
		for _, c := range []struct {
			who string
			got bool
		}{{"me", true}, {"other", false}, {"me", false}} {
			if got, err := s.TakeSealTurn(t.Context(), c.who, seen); err != nil || got != c.got {
				t.Fatal(c, got, err)
			}
		}
		if _, err := s.Seal(t.Context(), "other"); !errors.Is(err, ledger.ErrNotHolder) {
			t.Error(err)
		}
		if batch, err := s.Seal(t.Context(), "me"); err != nil || batch.Sealed != 1 {
			t.Error(batch, err)
		}
	})
}

func TestEvenThoseWhoAllThinkItIsTheirTurnSealNothingTwice(t *testing.T) {
	for name, options := range engines(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := options(t)
			stores := []*Store{openStore(t, o), openStore(t, o)}
			sealAll(t, stores[0]) // it is the turn of "tester" from now on
			const writers, times, each = 4, 20, 3
			var writing, sealing sync.WaitGroup
			var sealed atomic.Int64
			done := make(chan struct{})
			for w := range writers {
				writing.Go(func() {
					for range times {
						recordEvents(t, stores[w%2], each)
					}
				})
				sealing.Go(func() {
					for last := false; !last; {
						select {
						case <-done:
							last = true
						default:
						}
						batch, err := stores[w%2].Seal(t.Context(), "tester")
						if err != nil {
							t.Error(err)
							return
						}
						sealed.Add(int64(batch.Sealed))
					}
				})
			}
			writing.Wait()
			close(done)
			sealing.Wait()
			if r := verify(t, stores[0]); !r.Whole() || r.Sealed != writers*times*each || sealed.Load() != r.Sealed || r.Waiting != 0 {
				t.Errorf("sealed %d: %+v", sealed.Load(), r)
			}
		})
	}
}

// Whose turn it is to seal hangs on no clock, and neither does the order of
// what was sealed before.
func TestTheSealerMindsNoClock(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		now := noon
		s.now = func() time.Time { return now }
		for i, jump := range []time.Duration{0, time.Hour, -2 * time.Hour, 3 * time.Hour} {
			now = now.Add(jump)
			must(t, s.Record(t.Context(), audit.Event{Kind: audit.SignedIn, Subject: "ana"}))
			if batch := sealAll(t, s); batch.Sealed != 1 || batch.Checkpoint.Size != int64(i+1) {
				t.Errorf("after a jump of %v: %+v", jump, batch)
			}
		}
		if r := verify(t, s); !r.Whole() || r.Waiting != 0 {
			t.Errorf("%+v", r)
		}
	})
}
