package store

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/notice"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/session"
	"github.com/sparekey/sparekey/internal/standing"
)

func TestForbiddingRememberedDevicesEndsThemAndWhatTheyOpened(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		withAna(t, s)
		other := person("gardener", org.Employee)
		other.Organisation = "garden"
		garden := bakery()
		garden.ID, garden.Name = "garden", "Buurttuin"
		must(t, s.CreateOrganisation(t.Context(), garden, other, standing.Decision{}))
		theirs := aRemembered("theirs")
		theirs.Member = "gardener"
		must(t, s.Update(t.Context(), "gardener", func(standing.Standing) (standing.Decision, error) {
			return standing.Decision{Effects: []standing.Effect{standing.Remember{Device: theirs}}}, nil
		}))
		byDevice, proved := aSession("by device"), aSession("proved")
		byDevice.CameBy, byDevice.FactorProved = session.ByRemembered, time.Time{}
		proved.CameBy = session.ByRemembered
		apply(t, s, standing.Remember{Device: aRemembered("laptop")}, standing.OpenSession{Session: byDevice}, standing.OpenSession{Session: proved})

		event := audit.Event{Kind: audit.RememberingSet, At: noon, Organisation: "bakery", Actor: audit.Actor{Kind: audit.Operator}, Reason: "no"}
		if err := s.remembering(t, "nowhere", noon, event); !errors.Is(err, org.ErrNotFound) {
			t.Errorf("an organisation that is not there: %v", err)
		}
		must(t, s.remembering(t, "bakery", time.Time{}, event))
		if _, _, err := s.Session(t.Context(), byDevice.ID, noon); !errors.Is(err, org.ErrNotFound) {
			t.Errorf("what a device opened goes on: %v", err)
		}
		if _, viewer, err := s.Session(t.Context(), proved.ID, noon); err != nil || !viewer.Organisation.RememberFrom.IsZero() {
			t.Errorf("a session with a factor: %+v %v", viewer.Organisation, err)
		}
		later := noon.Add(24 * time.Hour)
		told := aMessage("settings")
		told.Kind = notice.RememberingOn
		must(t, s.remembering(t, "bakery", later, event, told))
		if st := anasStanding(t, s); len(st.Remembered) != 0 || !st.Organisation.RememberFrom.Equal(later) {
			t.Errorf("allowed again: %+v", st.Remembered)
		}
		if _, viewer, err := s.Session(t.Context(), proved.ID, noon); err != nil || !viewer.Organisation.RememberFrom.Equal(later) {
			t.Errorf("a page shows the setting of before: %v", err)
		}
		if letter := claim(t, s, later); letter.Message.Kind != notice.RememberingOn {
			t.Errorf("told: %+v", letter.Message.Kind)
		}
		if st, err := s.Standing(t.Context(), "gardener"); err != nil || len(st.Remembered) != 1 {
			t.Errorf("another organisation's devices: %v %v", st.Remembered, err)
		}
		events, err := s.Events(t.Context(), EventFilter{Limit: 10})
		must(t, err)
		if len(events) != 2 || events[0].Kind != audit.RememberingSet {
			t.Errorf("logged: %+v", events)
		}
	})
}

// remembering lets an organisation remember devices from an instant.
func (s *Store) remembering(t *testing.T, o org.OrganisationID, from time.Time, e audit.Event, told ...notice.Message) error {
	t.Helper()
	return s.Settle(t.Context(), o, standing.Giver{}, func(h standing.House) (standing.Settling, error) {
		h.Organisation.RememberFrom = from
		return standing.Settling{Organisation: h.Organisation, Events: []audit.Event{e}, Notices: told}, nil
	})
}

func TestOfManyThatTurnTheSameTokenOneDoes(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		withAna(t, s)
		apply(t, s, standing.Remember{Device: aRemembered("laptop")})
		var all sync.WaitGroup
		var turned atomic.Int32
		for i := range 8 {
			all.Go(func() {
				err := tryApply(t, s, standing.TurnToken{ID: hash("laptop"), From: hash("laptop 1"), To: hash("next " + string(rune('a'+i))), At: noon})
				if err == nil {
					turned.Add(1)
				} else if !errors.Is(err, standing.ErrTaken) {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if turned.Load() != 1 {
			t.Errorf("turned %d times", turned.Load())
		}
	})
}
