package store

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/notice"
	"github.com/sparekey/sparekey/internal/standing"
)

func TestLevelsCountWhatIsAliveAndWhatWaits(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		withAna(t, s)
		if l, err := s.Levels(t.Context(), noon); err != nil || l != (Levels{}) {
			t.Errorf("nothing: %+v %v", l, err)
		}
		apply(t, s, standing.OpenSession{Session: aSession("a")}, standing.OpenSession{Session: aSession("b")})
		post(t, s, aMessage("1"), aMessage("2"), aMessage("3"))
		letter, err := s.ClaimLetter(t.Context(), noon, time.Minute)
		must(t, err)
		must(t, s.LetterSent(t.Context(), letter.ID, noon))
		letter, err = s.ClaimLetter(t.Context(), noon, time.Minute)
		must(t, err)
		must(t, s.LetterDelayed(t.Context(), letter.ID, noon.Add(time.Minute), "no connection"))
		want := Levels{Sessions: 2, Letters: 2, Delayed: 1, Oldest: noon}
		if l, err := s.Levels(t.Context(), noon); err != nil || l != want {
			t.Errorf("%+v %v, want %+v", l, err, want)
		}
		want.Sessions = 0
		if l, err := s.Levels(t.Context(), noon.Add(30*24*time.Hour)); err != nil || l != want {
			t.Errorf("a month later: %+v %v, want %+v", l, err, want)
		}
	})
}

func TestOnlyCommittedEventsAreTold(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		var told []audit.Kind
		s.Observe(func(e audit.Event) { told = append(told, e.Kind) })
		withAna(t, s)
		must(t, s.Record(t.Context(), audit.Event{Kind: audit.SignedOut}))
		must(t, s.Update(t.Context(), "ana", func(standing.Standing) (standing.Decision, error) {
			return standing.Decision{Events: []audit.Event{{Kind: audit.SignedIn}}}, nil
		}))
		refused := errors.New("refused")
		err := s.Update(t.Context(), "ana", func(standing.Standing) (standing.Decision, error) {
			return standing.Decision{Events: []audit.Event{{Kind: audit.PasswordWrong}}}, refused
		})
		if !errors.Is(err, refused) {
			t.Error(err)
		}
		// What is written last fails: the event was in the transaction already.
		err = s.Update(t.Context(), "ana", func(standing.Standing) (standing.Decision, error) {
			return standing.Decision{
				Events:  []audit.Event{{Kind: audit.PasswordWrong}},
				Notices: []notice.Message{{Organisation: "there is none"}},
			}, nil
		})
		if err == nil {
			t.Error("a letter of an organisation that is not there")
		}
		if want := []audit.Kind{audit.SignedOut, audit.SignedIn}; !slices.Equal(told, want) {
			t.Errorf("told of %v, want %v", told, want)
		}
	})
}
