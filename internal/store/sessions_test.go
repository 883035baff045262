package store

import (
	"errors"
	"fmt"
	"reflect"
	"syscall"
	"testing"
	"time"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/session"
	"github.com/sparekey/sparekey/internal/standing"
)

func TestASessionLivesUntilItEndsOrIsIdle(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		withAna(t, s)
		long := aSession("long") // idle after an hour
		short := aSession("short")
		short.Ends = noon.Add(30 * time.Minute)
		apply(t, s, standing.OpenSession{Session: long}, standing.OpenSession{Session: short})
		for _, c := range []struct {
			in    session.Session
			after time.Duration
			alive bool
		}{
			{long, 0, true}, {long, time.Hour - time.Millisecond, true}, {long, time.Hour, false},
			{short, 30*time.Minute - time.Millisecond, true}, {short, 30 * time.Minute, false},
		} {
			now := noon.Add(c.after)
			if c.in.Alive(now) != c.alive {
				t.Fatalf("the noun says otherwise about %s", c.after)
			}
			got, viewer, err := s.Session(t.Context(), c.in.ID, now)
			if c.alive && (err != nil || got != c.in || viewer.Member != person("ana", org.Administrator) || viewer.Organisation != bakery()) {
				t.Errorf("after %s: %+v %+v %v", c.after, got, viewer, err)
			}
			if !c.alive && !errors.Is(err, org.ErrNotFound) {
				t.Errorf("after %s: %v", c.after, err)
			}
			list, err := s.Sessions(t.Context(), "ana", now)
			must(t, err)
			listed := false
			for _, in := range list {
				listed = listed || in == c.in
			}
			if listed != c.alive {
				t.Errorf("after %s: listed %v", c.after, list)
			}
		}
	})
}

func TestTouchMovesTheLastUseForwardOnly(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		withAna(t, s)
		apply(t, s, standing.OpenSession{Session: aSession("a")}, standing.OpenSession{Session: aSession("b")})
		ctx := t.Context()
		for _, at := range []time.Time{noon.Add(50 * time.Minute), noon.Add(10 * time.Minute)} {
			must(t, s.Touch(ctx, hash("b"), at))
			in, _, err := s.Session(ctx, hash("b"), noon.Add(100*time.Minute))
			if err != nil || !in.LastUsed.Equal(noon.Add(50*time.Minute)) {
				t.Errorf("last used %s %v", in.LastUsed, err)
			}
		}
		list, err := s.Sessions(ctx, "ana", noon)
		if err != nil || len(list) != 2 || list[0].ID != hash("b") {
			t.Errorf("the one used last is not first: %v %v", list, err)
		}
		must(t, s.Touch(ctx, hash("none"), noon))
	})
}

// TestASessionNeverShowsWhatWasTrueBefore guards what Session keeps in memory:
// it reads before and after every change that a viewer can see.
func TestASessionNeverShowsWhatWasTrueBefore(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		withAna(t, s)
		ctx := t.Context()
		must(t, s.AddTeam(ctx, org.Team{ID: "ovens", Organisation: "bakery", Name: "Ovens"}))
		apply(t, s, standing.OpenSession{Session: aSession("s")})
		look := func() standing.Viewer {
			_, before, err := s.Session(ctx, hash("s"), noon)
			must(t, err)
			_, again, err := s.Session(ctx, hash("s"), noon)
			if err != nil || before != again {
				t.Errorf("shows %+v, then %+v %v", before, again, err)
			}
			return again
		}
		for what, change := range map[string]struct {
			make  func() error
			shows func(standing.Viewer) bool
		}{
			"language":    {func() error { return tryApply(t, s, standing.SetLanguage{Language: org.Dutch}) }, func(v standing.Viewer) bool { return v.Member.Language == org.Dutch }},
			"status":      {func() error { return tryApply(t, s, standing.SetStatus{Status: standing.Replacing, At: noon}) }, func(v standing.Viewer) bool { return v.Status == standing.Replacing }},
			"MFA":         {func() error { return tryApply(t, s, standing.SetMFA{Since: noon}) }, standing.Viewer.MFA},
			"supervision": {func() error { return s.AddSupervisor(ctx, "ovens", "ana") }, func(v standing.Viewer) bool { return v.Member.Supervises }},
		} {
			if change.shows(look()) {
				t.Errorf("%s: there before it was made", what)
			}
			must(t, change.make())
			if !change.shows(look()) {
				t.Errorf("%s: not shown", what)
			}
		}
		apply(t, s, standing.EndSessions{})
		if _, _, err := s.Session(ctx, hash("s"), noon); !errors.Is(err, org.ErrNotFound) {
			t.Errorf("an ended session: %v", err)
		}
	})
}

func TestViewsInMemoryAreBounded(t *testing.T) {
	v := views{seen: make(map[session.Hash]view)}
	for i := range maxViews + 1 {
		v.put(hash(fmt.Sprint(i)), view{at: versions{1, 1}})
	}
	if len(v.seen) > maxViews {
		t.Errorf("%d views", len(v.seen))
	}
	last := hash(fmt.Sprint(maxViews))
	if _, ok := v.get(last, versions{1, 1}); !ok {
		t.Error("the last is not there")
	}
	if _, ok := v.get(last, versions{2, 1}); ok {
		t.Error("a view of another version is shown")
	}
}

func TestTwoStoresOnOneDatabaseSeeEachOthersChanges(t *testing.T) {
	for name, options := range engines(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := options(t)
			one, other := withAna(t, openStore(t, o)), openStore(t, o)
			apply(t, one, standing.OpenSession{Session: aSession("s")})
			_, viewer, err := other.Session(t.Context(), hash("s"), noon)
			must(t, err)
			apply(t, one, standing.SetLanguage{Language: org.Dutch})
			_, changed, err := other.Session(t.Context(), hash("s"), noon)
			if err != nil || viewer.Member.Language != org.English || changed.Member.Language != org.Dutch {
				t.Errorf("%s, then %s %v", viewer.Member.Language, changed.Member.Language, err)
			}
		})
	}
}

func TestOnlyAnActiveMemberHasASession(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		withAna(t, s)
		invited := person("ina", org.Employee)
		invited.State = org.Invited
		in := aSession("s")
		in.Member = "ina"
		must(t, s.AddMember(t.Context(), invited, standing.Decision{Effects: []standing.Effect{standing.OpenSession{Session: in}}}))
		if _, _, err := s.Session(t.Context(), in.ID, noon); !errors.Is(err, org.ErrNotFound) {
			t.Errorf("of an invited member: %v", err)
		}
		must(t, s.Update(t.Context(), "ina", func(standing.Standing) (standing.Decision, error) {
			return standing.Decision{Effects: []standing.Effect{standing.Activate{}}}, nil
		}))
		if _, _, err := s.Session(t.Context(), in.ID, noon); err != nil {
			t.Errorf("of an active member: %v", err)
		}
	})
}

func TestADeviceIsKnownUntilItExpiresAndToEachMemberApart(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		withAna(t, s)
		must(t, s.AddMember(t.Context(), person("bob", org.Employee), standing.Decision{}))
		know := func(m org.MemberID, until time.Duration) {
			must(t, s.Update(t.Context(), m, func(standing.Standing) (standing.Decision, error) {
				return standing.Decision{Effects: []standing.Effect{standing.KnowDevice{Device: session.Device{
					ID: hash("device"), Member: m, Created: noon, Expires: noon.Add(until)}}}}, nil
			}))
		}
		know("ana", time.Minute)
		know("ana", 2*time.Hour) // again, until later
		know("bob", time.Hour)
		for after, want := range map[time.Duration]int{0: 2, time.Hour - time.Millisecond: 2, time.Hour: 1, 2 * time.Hour: 0} {
			known, err := s.KnownDevice(t.Context(), hash("device"), noon.Add(after))
			if err != nil || len(known) != want {
				t.Errorf("after %s: %v %v", after, known, err)
			}
		}
	})
}

func TestAChoiceIsMadeOnceAmongTheCandidates(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		withAna(t, s)
		ctx := t.Context()
		must(t, s.AddMember(ctx, person("bob", org.Employee), standing.Decision{}))
		must(t, s.AddMember(ctx, person("eve", org.Employee), standing.Decision{}))
		c := aChallenge("c")
		c.Member, c.Candidates = "", []org.MemberID{"ana", "bob"}
		must(t, s.StartChallenge(ctx, c, audit.Event{Kind: audit.PasswordRight, At: noon}))
		if kept, err := s.Challenge(ctx, c.ID); err != nil || !reflect.DeepEqual(kept, c) {
			t.Errorf("%+v %v", kept, err)
		}
		if _, err := s.TakeCodeTry(ctx, c.ID, codeKey, noon); !errors.Is(err, org.ErrNotFound) {
			t.Errorf("a code before the choice: %v", err)
		}
		for _, choice := range []struct {
			id   session.Hash
			m    org.MemberID
			want error
		}{
			{c.ID, "eve", org.ErrNotFound}, {hash("none"), "ana", org.ErrNotFound},
			{c.ID, "bob", nil}, {c.ID, "ana", standing.ErrTaken}, {c.ID, "bob", standing.ErrTaken},
		} {
			if err := s.ChooseMember(ctx, choice.id, choice.m); !errors.Is(err, choice.want) {
				t.Errorf("%s: %v, want %v", choice.m, err, choice.want)
			}
		}
		if kept, err := s.Challenge(ctx, c.ID); err != nil || kept.Member != "bob" {
			t.Errorf("%+v %v", kept, err)
		}
	})
}

func TestACandidateMayCloseASignInThatIsToBeChosen(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		withAna(t, s)
		c := aChallenge("c")
		c.Member, c.Candidates = "", []org.MemberID{"bob", "ana"}
		must(t, s.StartChallenge(t.Context(), c))
		apply(t, s, standing.CloseChallenge{ID: c.ID})
		if err := tryApply(t, s, standing.CloseChallenge{ID: c.ID}); !errors.Is(err, standing.ErrTaken) {
			t.Errorf("a second time: %v", err)
		}
		c.Candidates = []org.MemberID{"bob", "diana"}
		must(t, s.StartChallenge(t.Context(), c))
		if err := tryApply(t, s, standing.CloseChallenge{ID: c.ID}); !errors.Is(err, standing.ErrTaken) {
			t.Errorf("one in which ana is no candidate: %v", err)
		}
	})
}

func BenchmarkSession(b *testing.B) {
	for name, options := range engines(b) {
		b.Run(name, func(b *testing.B) {
			s := withAna(b, openStore(b, options(b)))
			apply(b, s, standing.OpenSession{Session: aSession("s")})
			id := hash("s")
			b.ReportAllocs()
			before := processorTime(b)
			for b.Loop() {
				if _, _, err := s.Session(b.Context(), id, noon); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(processorTime(b)-before)/float64(b.N), "cpu-ns/op")
		})
	}
}

// processorTime returns what this process has used: on a busy machine the time
// that passes says little.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var used syscall.Rusage
	must(b, syscall.Getrusage(syscall.RUSAGE_SELF, &used))
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
