package store

import (
	"errors"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/sparekey/sparekey/internal/notice"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/standing"
)

func aMessage(name string) notice.Message {
	return notice.Message{
		Kind: notice.PhoneLost, Organisation: "bakery", OrgName: "Bakkerij Vroeg", Member: "ana",
		To: "outbox-only@elsewhere.example", ToName: name, Language: org.Dutch,
		Facts: notice.Facts{Code: "24681357", Link: "/link", At: noon, Count: 3},
	}
}

func post(t testing.TB, s *Store, messages ...notice.Message) {
	t.Helper()
	must(t, s.Update(t.Context(), "ana", func(standing.Standing) (standing.Decision, error) {
		return standing.Decision{Notices: messages}, nil
	}))
}

const lease = time.Minute

func claim(t testing.TB, s *Store, at time.Time) notice.Letter {
	t.Helper()
	letter, err := s.ClaimLetter(t.Context(), at, lease)
	must(t, err)
	return letter
}

func noLetter(t testing.TB, s *Store, at time.Time) {
	t.Helper()
	if letter, err := s.ClaimLetter(t.Context(), at, lease); !errors.Is(err, notice.ErrNoLetter) {
		t.Errorf("letter %s, error %v", letter.ID, err)
	}
}

func TestALetterIsClaimedInItsTurnAndComesBackWhenTheLeaseEnds(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		withAna(t, s)
		noLetter(t, s, noon)
		post(t, s, aMessage("first"), aMessage("second"))
		noLetter(t, s, noon.Add(-time.Millisecond))
		first := claim(t, s, noon)
		if first.Attempts != 1 || !first.Queued.Equal(noon) || !reflect.DeepEqual(first.Message, aMessage("first")) {
			t.Errorf("%+v", first)
		}
		if second := claim(t, s, noon); second.Message.ToName != "second" {
			t.Errorf("%+v", second)
		}
		noLetter(t, s, noon.Add(lease-time.Millisecond))
		if again := claim(t, s, noon.Add(lease)); again.ID != first.ID || again.Attempts != 2 {
			t.Errorf("%+v", again)
		}
	})
}

func TestNoLetterWaitsForAClockThatWasAheadToComeRoundAgain(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		withAna(t, s)
		post(t, s, aMessage("claimed"), aMessage("delayed"))
		ahead := noon.Add(time.Hour)
		claim(t, s, ahead)
		must(t, s.LetterDelayed(t.Context(), claim(t, s, ahead).ID, ahead.Add(notice.LongestDelay), "no connection"))
		for _, name := range []string{"claimed", "delayed"} {
			if got := claim(t, s, noon); got.Message.ToName != name {
				t.Errorf("%s, want %s", got.Message.ToName, name)
			}
		}
		noLetter(t, s, noon)
		noLetter(t, s, noon.Add(-clockSkew)) // as the clock of another machine may be
	})
}

func TestALetterFaresOneOfThreeWays(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		withAna(t, s)
		ctx := t.Context()
		post(t, s, aMessage("sent"), aMessage("delayed"), aMessage("failed"))
		sent, delayed, failed := claim(t, s, noon), claim(t, s, noon), claim(t, s, noon)
		must(t, s.LetterSent(ctx, sent.ID, noon))
		must(t, s.LetterSent(ctx, sent.ID, noon))
		must(t, s.LetterDelayed(ctx, delayed.ID, noon.Add(time.Second), "busy"))
		must(t, s.LetterFailed(ctx, failed.ID, noon, "refused"))
		noLetter(t, s, noon.Add(time.Second-time.Millisecond))
		if again := claim(t, s, noon.Add(time.Second)); again.ID != delayed.ID || again.Attempts != 2 || again.Message.ToName != "delayed" {
			t.Errorf("%+v", again)
		}
		noLetter(t, s, noon.Add(lease/2))
		for _, id := range []string{sent.ID, failed.ID} {
			var message []byte
			var kind, member, reason string
			var attempts int
			must(t, s.read.row(ctx, `SELECT message, kind, member_id, attempts, last_reason FROM outbox WHERE id = $1`, id).Scan(
				&message, &kind, &member, &attempts, &reason))
			if len(message) != 0 || kind != "phone-lost" || member != "ana" || attempts != 1 || (reason == "refused") != (id == failed.ID) {
				t.Errorf("keeps %d bytes, %s about %s, %d attempts, %q", len(message), kind, member, attempts, reason)
			}
		}
		for _, err := range []error{
			s.LetterSent(ctx, "none", noon), s.LetterDelayed(ctx, "none", noon, ""), s.LetterFailed(ctx, "none", noon, ""),
		} {
			if !errors.Is(err, org.ErrNotFound) {
				t.Errorf("an unknown letter: %v", err)
			}
		}
	})
}

func TestEachLetterGoesToOneOfManyCouriers(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		withAna(t, s)
		const letters = 40
		post(t, s, slices.Repeat([]notice.Message{aMessage("x")}, letters)...)
		var mu sync.Mutex
		claimed := make(map[string]int)
		var couriers sync.WaitGroup
		for range 6 {
			couriers.Go(func() {
				for {
					letter, err := s.ClaimLetter(t.Context(), noon, lease)
					if errors.Is(err, notice.ErrNoLetter) {
						return
					}
					if err != nil {
						t.Error(err)
						return
					}
					mu.Lock()
					claimed[letter.ID]++
					mu.Unlock()
				}
			})
		}
		couriers.Wait()
		if len(claimed) != letters {
			t.Errorf("%d letters claimed, want %d", len(claimed), letters)
		}
		for id, times := range claimed {
			if times != 1 {
				t.Errorf("letter %s claimed %d times", id, times)
			}
		}
	})
}

func TestALetterWithALinkThatEndedIsWithheld(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		withAna(t, s)
		of := func(k notice.Kind, name string) notice.Message {
			m := aMessage(name)
			m.Kind = k
			return m
		}
		post(t, s, of(notice.Invitation, "old"), of(notice.PasswordReset, "reset"), aMessage("other"))
		must(t, s.Update(t.Context(), "ana", func(standing.Standing) (standing.Decision, error) {
			return standing.Decision{
				Effects: []standing.Effect{standing.DropLinks{Purpose: standing.ForInvitation}},
				Notices: []notice.Message{of(notice.Invitation, "new")},
			}, nil
		}))
		var went []string
		for range 3 {
			letter := claim(t, s, noon)
			went = append(went, letter.Message.ToName)
			must(t, s.LetterSent(t.Context(), letter.ID, noon))
		}
		if slices.Sort(went); !slices.Equal(went, []string{"new", "other", "reset"}) {
			t.Errorf("%v went", went)
		}
		noLetter(t, s, noon)
		var kept int
		must(t, s.read.row(t.Context(), `SELECT COUNT(*) FROM outbox WHERE length(message) > 0`).Scan(&kept))
		if kept != 0 {
			t.Errorf("%d letters still say something", kept)
		}

		// One that is on its way when its link ends is not sent a second time.
		post(t, s, of(notice.Invitation, "under way"))
		letter := claim(t, s, noon)
		apply(t, s, standing.DropLinks{Purpose: standing.ForInvitation})
		must(t, s.LetterDelayed(t.Context(), letter.ID, noon.Add(time.Minute), "the server is busy"))
		noLetter(t, s, noon.Add(time.Hour))
	})
}
