package web_test

import (
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/sparekey/sparekey/internal/ladder"
	"github.com/sparekey/sparekey/internal/operate"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/policy"
	"github.com/sparekey/sparekey/internal/standing"
)

// colleague is the member as one who acts in the session of a browser.
func (p *person) colleague(b *browser) standing.Colleague {
	p.site.t.Helper()
	who, err := p.site.store.Colleague(p.site.t.Context(), p.id)
	p.site.must(err)
	in, _, err := p.site.store.Session(p.site.t.Context(), hashOf(b.cookie("sparekey-session")), p.site.clock.now())
	p.site.must(err)
	who.Session = in
	return who
}

// Two administrators turn forcing on at once while a third disables someone. One of
// the two does it; whoever disables is refused, or was first and sees it become a
// pass; nobody is in without a factor while MFA is forced.
func TestForcingRacesItselfAndWhoeverDisables(t *testing.T) {
	const rounds = 15
	onBoth(t, func(t *testing.T, s *site) {
		ann, bea, cas := s.person("ann", administrator, withMFA), s.person("bea", administrator, withMFA), s.person("cas", administrator, withMFA)
		atAnn, atBea, atCas := ann.inside(), bea.inside(), cas.inside()
		now := func() time.Time { // no two acts at one instant
			s.clock.move(time.Millisecond)
			return s.clock.now()
		}
		policies := &policy.Service{Store: s.store, Now: now, Random: rand.Reader, Zone: time.UTC}
		acts := &operate.Service{Store: s.store, Now: now, Random: rand.Reader, NewID: s.newID, Zone: time.UTC}
		disabled := 0
		for round := range rounds {
			eva := s.person(fmt.Sprintf("eva%d", round), withMFA)
			var forced [2]error
			var suspended error
			var all sync.WaitGroup
			tried := make(chan struct{}) // closed once disabling was tried
			for i, who := range []standing.Colleague{ann.colleague(atAnn), bea.colleague(atBea)} {
				all.Go(func() {
					if round%3 == 0 {
						<-tried // now and then whoever disables is first
					}
					_, forced[i] = policies.Force(t.Context(), policy.By{Giver: who.Gives()}, "bakery", 0, nil)
				})
			}
			helper := cas.colleague(atCas)
			all.Go(func() {
				defer close(tried)
				_, suspended = acts.Carry(t.Context(), eva.id, operate.Order{
					By: operate.By{Giver: helper.Gives(), Why: "lost it"}, Kind: ladder.Suspend, Verified: ladder.InPerson, Length: ladder.OneDay,
				})
			})
			all.Wait()
			if (forced[0] == nil) == (forced[1] == nil) || !errors.Is(errors.Join(forced[:]...), policy.ErrChanged) {
				t.Fatalf("round %d: forcing ended in %v and %v", round, forced[0], forced[1])
			}
			refusal, refused := errors.AsType[*ladder.Refusal](suspended)
			if suspended != nil && !errors.Is(suspended, operate.ErrChanged) && !(refused && refusal.Reason == ladder.MFAForced) {
				t.Fatalf("round %d: disabling ended in %v", round, suspended)
			}
			if ladder.Suspended(eva.standing(), s.clock.now()) {
				t.Fatalf("round %d: MFA is disabled for someone while it is forced", round)
			}
			_, err := policies.GiveOwed(t.Context(), "")
			s.must(err)
			st := eva.standing()
			if (st.Pass.ID != "") != (suspended == nil) || st.Suspension != (standing.Suspension{}) {
				t.Fatalf("round %d: disabling ended in %v and left %+v, %+v", round, suspended, st.Suspension, st.Pass)
			}
			if suspended == nil {
				disabled++
			}
			_, err = policies.Release(t.Context(), policy.By{Giver: ann.colleague(atAnn).Gives()}, "bakery")
			s.must(err)
			if ladder.Suspended(eva.standing(), s.clock.now()) {
				t.Fatalf("round %d: what forcing has ended came back", round)
			}
		}
		if disabled < rounds/3 {
			t.Errorf("disabled before forcing: %d of %d", disabled, rounds)
		}
	})
}

// A machine whose clock is behind forces: what another gave a moment ago is over all
// the same, and stays so.
func TestForcingByASlowClockEndsWhatAFastOneGave(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	baas := s.person("baas", administrator, withMFA)
	eva := s.person("eva", withMFA)
	at := baas.inside()
	s.clock.move(3 * time.Second)
	eva.suspended(false)
	slow := &policy.Service{Store: s.store, Now: func() time.Time { return s.clock.now().Add(-2 * time.Second) }, Random: rand.Reader, Zone: time.UTC}
	if _, err := slow.Force(t.Context(), policy.By{Giver: baas.colleague(at).Gives()}, "bakery", 0, nil); err != nil {
		t.Fatal(err)
	}
	_, err := (&policy.Service{Store: s.store, Now: s.clock.now, Random: rand.Reader, Zone: time.UTC}).GiveOwed(t.Context(), "bakery")
	s.must(err)
	s.settles(func(o *org.Organisation) { o.MFA = o.MFA.Off(s.clock.now()) })
	if st := eva.standing(); ladder.Suspended(st, s.clock.now()) || st.Pass.ID == "" {
		t.Errorf("left: %+v, %+v", st.Suspension, st.Pass)
	}
}
