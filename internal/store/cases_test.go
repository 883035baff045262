package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/standing"
)

func aCase() standing.Case {
	return standing.Case{
		ID: "case", Number: "2026-0042", Member: "ana", Begun: standing.ByChat, Created: noon, Alone: true, State: standing.CaseOpen, Since: noon, Heard: noon,
		Pin: "123456", Token: "token",
	}
}

// goingOn is that case when it was approved and handed over.
func goingOn() standing.Case {
	c := aCase()
	c.State, c.Since, c.Heard, c.Asked, c.Answered = standing.CaseHanded, noon.Add(time.Hour), noon.Add(time.Minute), noon.Add(2*time.Minute), noon.Add(3*time.Minute)
	c.PinWrong, c.Agent, c.First, c.FirstAt, c.Second, c.PickedAt, c.SecondAt = 1, "sam", "sam", noon.Add(4*time.Minute), "ida", noon.Add(5*time.Minute), noon.Add(6*time.Minute)
	c.Opens, c.Handed, c.Refused, c.Reason = noon.Add(7*time.Minute), noon.Add(8*time.Minute), 2, "why"
	c.Checked = []standing.Check{{Item: "face", How: "looked", By: "sam", At: noon}}
	c.Destroy, c.Destroyed = noon.Add(9*time.Minute), noon.Add(10*time.Minute)
	return c
}

func anEntry() standing.Entry {
	return standing.Entry{At: noon, Kind: standing.FromClaimant, Via: standing.ByMail, Once: "once", Text: "Mijn telefoon ligt in de gracht.", File: "evidence"}
}

// withSeq is an entry as it is read: what it was sent with is no matter any more.
func withSeq(e standing.Entry, seq int64) standing.Entry {
	e.Seq, e.Once = seq, ""
	return e
}

func anEvidence() standing.Evidence {
	return standing.Evidence{
		ID: "evidence", Kind: standing.Selfie, At: noon, Via: standing.ByChat, Size: 7, Type: "image/jpeg", Hash: "00ff", Look: 1 << 63, Pages: 2, Doubtful: true,
		Findings: []standing.Finding{{Code: "seal-none", Sure: 90, Found: "x"}},
	}
}

// withCase gives ana a case.
func withCase(t *testing.T, s *Store) {
	t.Helper()
	withAna(t, s)
	apply(t, s, standing.AddCase{Case: aCase()})
}

func TestAConversationLosesNothingAndHasNothingTwice(t *testing.T) {
	const speakers, each = 8, 25
	onBoth(t, func(t *testing.T, s *Store) {
		withCase(t, s)
		var all sync.WaitGroup
		for n := range speakers {
			all.Go(func() {
				for i := range each {
					e := standing.Entry{Kind: standing.FromClaimant, At: noon, Once: fmt.Sprintf("%d-%d", n, i), Text: fmt.Sprintf("%d says %d", n, i)}
					for range 2 { // sent again, as after an answer that was lost
						if err := tryApply(t, s, standing.AddEntry{Case: "case", Entry: e}); err != nil {
							t.Errorf("say: %v", err)
						}
					}
				}
			})
		}
		all.Wait()
		list, err := s.Entries(t.Context(), "case", 0)
		must(t, err)
		seen := map[string]bool{}
		for i, e := range list {
			if e.Seq != int64(i+1) || seen[e.Text] {
				t.Fatalf("entry %d is number %d: %q", i+1, e.Seq, e.Text)
			}
			seen[e.Text] = true
		}
		if len(list) != speakers*each {
			t.Errorf("%d entries, want %d", len(list), speakers*each)
		}
	})
}

func TestMarksOnlyRiseAndNeverBeyondTheEnd(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		withCase(t, s)
		for range 3 {
			apply(t, s, standing.AddEntry{Case: "case", Entry: standing.Entry{Kind: standing.FromAgent, By: "sam", Text: "x"}})
		}
		mark := func(side standing.Side, delivered, read int64) {
			must(t, s.Mark(t.Context(), "case", side, standing.Marks{Delivered: delivered, Read: read}))
		}
		mark(standing.Claimants, 2, 1)
		mark(standing.Claimants, 1, 0)
		mark(standing.Claimants, 9, 9) // of nothing that was said
		mark(standing.Desks, 3, 3)
		claimant, desk, err := s.Marks(t.Context(), "case")
		must(t, err)
		if claimant != (standing.Marks{Delivered: 2, Read: 1}) || desk != (standing.Marks{Delivered: 3, Read: 3}) {
			t.Errorf("%+v and %+v", claimant, desk)
		}
	})
}

// TestWatchersOfACaseAreTold holds also for another process on the same database.
func TestWatchersOfACaseAreTold(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		withCase(t, s)
		ctx, stop := context.WithCancel(t.Context())
		var listening sync.WaitGroup
		listening.Go(func() { s.Listen(ctx) })
		defer listening.Wait()
		defer stop()
		told, end := s.Watch("case")
		defer end()
		elsewhere, endElsewhere := s.Watch("another")
		defer endElsewhere()
		wait := func(what string) {
			t.Helper()
			select {
			case <-told:
			case <-time.After(10 * time.Second):
				t.Fatalf("nothing is heard of %s", what)
			}
		}
		quiet := func() { // after what Listen says when it begins
			for {
				select {
				case <-told:
				case <-elsewhere:
				case <-time.After(300 * time.Millisecond):
					return
				}
			}
		}
		quiet()
		apply(t, s, standing.AddEntry{Case: "case", Entry: anEntry()})
		wait("an entry")
		must(t, s.Mark(t.Context(), "case", standing.Desks, standing.Marks{Delivered: 1}))
		wait("a mark")
		apply(t, s, standing.SetCase{From: standing.CaseOpen, Case: goingOn()})
		wait("a change of state")
		select {
		case <-elsewhere:
			t.Error("who watches another case is told")
		default:
		}
	})
}

func TestTheSameFileOnAnotherCaseIsTold(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		withCase(t, s)
		must(t, s.AddMember(t.Context(), person("bea", org.Administrator), standing.Decision{}))
		other := aCase()
		other.ID, other.Number, other.Member = "other", "2026-0043", "bea"
		keep := func(m org.MemberID, c string, e standing.Evidence) {
			must(t, s.Update(t.Context(), m, func(standing.Standing) (standing.Decision, error) {
				return standing.Decision{Effects: []standing.Effect{standing.KeepEvidence{Case: c, Evidence: e, Pages: [][]byte{{1}}}}}, nil
			}))
		}
		must(t, s.Update(t.Context(), "bea", func(standing.Standing) (standing.Decision, error) {
			return standing.Decision{Effects: []standing.Effect{standing.AddCase{Case: other}}}, nil
		}))
		first := anEvidence()
		keep("ana", "case", first)
		for name, c := range map[string]struct {
			change func(*standing.Evidence)
			want   bool
		}{
			"the same file":         {func(e *standing.Evidence) { e.Look = 0 }, true},
			"six bits away":         {func(e *standing.Evidence) { e.Hash, e.Look = "other", first.Look^0x3f }, true},
			"seven bits away":       {func(e *standing.Evidence) { e.Hash, e.Look = "other", first.Look^0x7f }, false},
			"another without looks": {func(e *standing.Evidence) { e.Hash, e.Look = "other", 0 }, false},
		} {
			e := anEvidence()
			e.ID = name
			c.change(&e)
			keep("bea", "other", e)
			list, err := s.EvidenceOf(t.Context(), "other")
			must(t, err)
			for _, got := range list {
				if got.ID == name && got.Elsewhere != c.want {
					t.Errorf("%s: %v", name, got.Elsewhere)
				}
			}
		}
	})
}

// TestNothingIsLeftOfDestroyedEvidence reads the files of the database itself.
func TestNothingIsLeftOfDestroyedEvidence(t *testing.T) {
	s := openStore(t, engines(t)["SQLite"](t))
	withCase(t, s)
	secretText, secretPage := strings.Repeat("een geheim gesprek ", 40), bytes.Repeat([]byte("gezicht"), 3000)
	apply(t, s, standing.AddEntry{Case: "case", Entry: standing.Entry{Kind: standing.FromClaimant, Text: secretText}},
		standing.KeepEvidence{Case: "case", Evidence: anEvidence(), Pages: [][]byte{secretPage, secretPage}})
	var key, sealed, page []byte
	must(t, s.read.row(t.Context(), `SELECT key FROM case_keys`).Scan(&key))
	must(t, s.read.row(t.Context(), `SELECT content FROM case_entries`).Scan(&sealed))
	must(t, s.read.row(t.Context(), `SELECT content FROM case_pages WHERE page = 1`).Scan(&page))
	parts := map[string][]byte{
		"the conversation": []byte(secretText[:60]), "a face": secretPage[:60], "the key": key[20:60], "the sealed conversation": sealed[20:80], "a sealed page": page[4000:4060],
	}
	found := func() map[string]bool {
		all := map[string]bool{}
		names, err := filepath.Glob(s.file + "*")
		must(t, err)
		for _, name := range names {
			content, err := os.ReadFile(name)
			must(t, err)
			for what, part := range parts {
				if bytes.Contains(content, part) {
					all[what] = true
				}
			}
		}
		return all
	}
	if before := found(); before["the conversation"] || before["a face"] || !before["the key"] || !before["a sealed page"] {
		t.Fatalf("before: %v", before)
	}
	apply(t, s, standing.DestroyEvidence{Case: "case", At: noon})
	must(t, s.Scrub(t.Context()))
	if left := found(); len(left) > 0 {
		t.Errorf("left in the files: %v", left)
	}
	if _, err := s.Entries(t.Context(), "case", 0); err != nil {
		t.Errorf("an empty conversation: %v", err)
	}
	receipts, err := s.ReceiptsOf(t.Context(), "case")
	must(t, err)
	if len(receipts) != 1 || receipts[0].Hash != "00ff" {
		t.Errorf("receipts %+v", receipts)
	}
}

// TestNoKeyIsLeftInPostgres looks at the pages of the table of keys.
func TestNoKeyIsLeftInPostgres(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		if s.file != "" {
			return // see TestNothingIsLeftOfDestroyedEvidence
		}
		withCase(t, s)
		raw := func() (size int64) {
			must(t, s.read.row(t.Context(), `SELECT pg_relation_size('case_keys')`).Scan(&size))
			return size
		}
		if raw() == 0 {
			t.Fatal("the table of keys is empty before")
		}
		apply(t, s, standing.DestroyEvidence{Case: "case", At: noon})
		must(t, s.Scrub(t.Context()))
		if n := raw(); n != 0 {
			t.Errorf("the table of keys still takes %d bytes", n)
		}
	})
}

func TestWhatShouldBeGoneIsNamed(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		withCase(t, s)
		ended := aCase()
		ended.State, ended.Destroy = standing.CaseDone, noon.Add(time.Hour)
		apply(t, s, standing.SetCase{From: standing.CaseOpen, Case: ended})
		left := func(now time.Time) string {
			list, err := s.Undestroyed(t.Context(), standing.Dues{Now: now})
			must(t, err)
			return strings.Join(list, " ")
		}
		if got := left(noon.Add(time.Hour - time.Millisecond)); got != "" {
			t.Errorf("before it is due: %s", got)
		}
		if got := left(noon.Add(time.Hour)); got != "2026-0042" {
			t.Errorf("when it is due: %q", got)
		}
		due, err := s.Overdue(t.Context(), standing.Dues{Now: noon.Add(time.Hour)})
		must(t, err)
		if len(due) != 1 {
			t.Errorf("due %v", due)
		}
		if sooner, err := s.Overdue(t.Context(), standing.Dues{Now: noon, Ended: noon}); err != nil || len(sooner) != 1 {
			t.Errorf("kept for no time: %v, %v", sooner, err)
		}
		marked := ended
		marked.Destroyed = noon.Add(time.Hour)
		apply(t, s, standing.SetCase{From: standing.CaseDone, Case: marked})
		if got := left(noon.Add(2 * time.Hour)); got != "2026-0042" {
			t.Errorf("marked as destroyed with its key there: %q", got)
		}
		apply(t, s, standing.DestroyEvidence{Case: "case", At: noon})
		if got := left(noon.Add(2 * time.Hour)); got != "" {
			t.Errorf("destroyed: %s", got)
		}
	})
}

func TestCaseNumbersAreUsedOnceAYear(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		var all sync.WaitGroup
		var mu sync.Mutex
		seen := map[string]bool{}
		for range 20 {
			all.Go(func() {
				n, err := s.NextCaseNumber(t.Context(), 2026)
				mu.Lock()
				defer mu.Unlock()
				if err != nil || seen[n] {
					t.Errorf("%s: %v", n, err)
				}
				seen[n] = true
			})
		}
		all.Wait()
		if n, err := s.NextCaseNumber(t.Context(), 2027); err != nil || n != "2027-0001" || !seen["2026-0001"] || !seen["2026-0020"] {
			t.Errorf("%s, %v of %v", n, err, seen)
		}
	})
}

func TestAnAgentOfTheDeskIsBoundAndAStrangerIsNot(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		withCase(t, s)
		for _, o := range []org.Organisation{{ID: "desk", Name: "Desk", Kind: org.Desk, Plan: org.Free, Language: org.Dutch}, {ID: "mill", Name: "Mill", Kind: org.Customer, Plan: org.Free, Language: org.Dutch}} {
			m := person("of-"+org.MemberID(o.ID), org.Administrator)
			m.Organisation = o.ID
			if o.Kind == org.Desk {
				m.Stored = org.Lead
			}
			must(t, s.CreateOrganisation(t.Context(), o, m, standing.Decision{}))
		}
		if err := tryApply(t, s, standing.NeedColleague{Member: "of-desk"}); err != nil {
			t.Errorf("of the desk: %v", err)
		}
		if err := tryApply(t, s, standing.NeedColleague{Member: "of-mill"}); !errors.Is(err, standing.ErrTaken) {
			t.Errorf("of another organisation: %v", err)
		}
	})
}

func TestTracesAreOfTheClaimantsOrganisation(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		withCase(t, s)
		must(t, s.Record(t.Context(), audit.Event{Kind: audit.SignedIn, At: noon, Organisation: "bakery", Subject: "ana", Origin: audit.Origin{Browser: "Firefox on Android"}},
			audit.Event{Kind: audit.SignedIn, At: noon, Organisation: "mill", Subject: "joe"}))
		list, err := s.Traces(t.Context(), "ana")
		must(t, err)
		if len(list) != 1 || list[0].Origin.Browser != "Firefox on Android" || list[0].Name == "" {
			t.Errorf("%+v", list)
		}
	})
}
