package store

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sparekey/sparekey/internal/factor"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/session"
	"github.com/sparekey/sparekey/internal/standing"
	"github.com/sparekey/sparekey/internal/throttle"
)

var codeKey = throttle.Key{Kind: throttle.Code, Subject: "ana"}

func TestTriesWaitAfterThoseThatAreFree(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		try := func(key throttle.Key, at time.Time, want time.Duration) {
			t.Helper()
			if wait, err := s.TakeTry(t.Context(), key, at); err != nil || wait != want {
				t.Errorf("wait %s %v, want %s", wait, err, want)
			}
		}
		for range throttle.Free {
			try(codeKey, noon, 0)
		}
		try(codeKey, noon, throttle.FirstWait)
		try(codeKey, noon.Add(throttle.FirstWait-time.Millisecond), time.Millisecond) // and counts nothing
		try(codeKey, noon.Add(throttle.FirstWait), 0)
		try(codeKey, noon.Add(throttle.FirstWait), 2*throttle.FirstWait)
		for _, other := range []throttle.Key{
			{Kind: throttle.Password, Subject: "ana"}, {Kind: throttle.Code, Subject: "bob"}, {Kind: throttle.Code, Subject: "ana", Device: "d"},
		} {
			try(other, noon, 0)
		}
	})
}

func TestTriesSideBySideNeverOverrun(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		var through atomic.Int64
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				for range 10 {
					wait, err := s.TakeTry(t.Context(), codeKey, noon)
					if err != nil {
						t.Error(err)
					}
					if wait == 0 {
						through.Add(1)
					}
				}
			})
		}
		all.Wait()
		if through.Load() != throttle.Free {
			t.Errorf("%d tries went through, want %d", through.Load(), throttle.Free)
		}
	})
}

func TestACodeTryIsCountedThreeTimesOrNotAtAll(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		withAna(t, s)
		ctx := t.Context()
		apply(t, s, standing.OpenChallenge{Challenge: aChallenge("c")})
		counted := func() (tries, wrong int) {
			c, err := s.Challenge(ctx, hash("c"))
			must(t, err)
			return c.Tries, anasStanding(t, s).WrongCodes
		}
		for used := 1; used <= session.ChallengeTries; used++ {
			try, err := s.TakeCodeTry(ctx, hash("c"), codeKey, noon)
			if want := (standing.Try{Left: session.ChallengeTries - used}); err != nil || try != want {
				t.Errorf("try %d: %+v %v", used, try, err)
			}
			if tries, wrong := counted(); tries != used || wrong != used {
				t.Errorf("try %d: counted %d in the challenge, %d for the member", used, tries, wrong)
			}
		}
		if _, err := s.TakeCodeTry(ctx, hash("c"), codeKey, noon); !errors.Is(err, standing.ErrTaken) {
			t.Errorf("one try too many: %v", err)
		}
		// The last try may have been right.
		apply(t, s, standing.CloseChallenge{ID: hash("c")})
		if _, err := s.TakeCodeTry(ctx, hash("c"), codeKey, noon); !errors.Is(err, org.ErrNotFound) {
			t.Errorf("a challenge that is gone: %v", err)
		}
		apply(t, s, standing.OpenChallenge{Challenge: aChallenge("c")})
		for range throttle.Free - session.ChallengeTries { // the tries above count
			if _, err := s.TakeTry(ctx, codeKey, noon); err != nil {
				t.Fatal(err)
			}
		}
		try, err := s.TakeCodeTry(ctx, hash("c"), codeKey, noon)
		if err != nil || try != (standing.Try{Wait: throttle.FirstWait}) {
			t.Errorf("a try that must wait: %+v %v", try, err)
		}
		if tries, wrong := counted(); tries != 0 || wrong != session.ChallengeTries {
			t.Errorf("a try that must wait counted: %d in the challenge, %d for the member", tries, wrong)
		}
		apply(t, s, standing.MarkProved{At: noon})
		if _, wrong := counted(); wrong != 0 {
			t.Errorf("after a proof %d wrong codes are left", wrong)
		}
	})
}

func TestAChallengeTakesTriesUntilItExpires(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		withAna(t, s)
		apply(t, s, standing.OpenChallenge{Challenge: aChallenge("c")})
		last := noon.Add(session.ChallengeLifetime - time.Millisecond)
		if try, err := s.TakeCodeTry(t.Context(), hash("c"), codeKey, last); err != nil || try.Wait != 0 {
			t.Errorf("in its last instant: %+v %v", try, err)
		}
		if _, err := s.TakeCodeTry(t.Context(), hash("c"), codeKey, last.Add(time.Millisecond)); !errors.Is(err, standing.ErrTaken) {
			t.Errorf("a millisecond too late: %v", err)
		}
		if wrong := anasStanding(t, s).WrongCodes; wrong != 1 {
			t.Errorf("%d wrong codes, want 1", wrong)
		}
	})
}

func TestAMailedCodeTakesFiveTriesUntilItExpires(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		withAna(t, s)
		ctx := t.Context()
		apply(t, s, standing.SaveMailCode{MailCode: aMailCode("m")})
		last := noon.Add(factor.MailCodeLifetime - time.Millisecond)
		for want := session.ChallengeTries - 1; want >= 0; want-- {
			if left, err := s.TakeMailCodeTry(ctx, "m", last); err != nil || left != want {
				t.Errorf("%d left %v, want %d", left, err, want)
			}
		}
		apply(t, s, standing.SaveMailCode{MailCode: aMailCode("late")})
		for id, at := range map[string]time.Time{"m": noon, "late": last.Add(time.Millisecond), "none": noon} {
			if _, err := s.TakeMailCodeTry(ctx, id, at); !errors.Is(err, standing.ErrTaken) {
				t.Errorf("%s: %v", id, err)
			}
		}
	})
}
