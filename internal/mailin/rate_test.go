package mailin

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestOfMailsAtOnceOneIsAnswered(t *testing.T) {
	m := newMeter()
	now := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	var answers atomic.Int32
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			if m.mayAnswer("eva@bakery.nl", now) {
				answers.Add(1)
			}
		})
	}
	all.Wait()
	if n := answers.Load(); n != 1 {
		t.Errorf("%d answers", n)
	}
}

func TestAnswersHaveTheirHourToo(t *testing.T) {
	m := newMeter()
	now := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	for i := range perAnswers {
		if !m.mayAnswer(fmt.Sprint(i), now) {
			t.Fatal(i)
		}
	}
	if m.mayAnswer("late", now.Add(window-time.Second)) || !m.mayAnswer("late", now.Add(window)) {
		t.Error("not an hour")
	}
}

func TestWhatIsOverIsForgotten(t *testing.T) {
	m := newMeter()
	now := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	for i := range 500 {
		m.allow(now, quota{fmt.Sprint("case ", i), perCase})
		m.answered[fmt.Sprint(i)] = now
	}
	m.allow(now.Add(answerPause), quota{"all", perAll})
	if len(m.seen) != 1 || len(m.answered) != 0 {
		t.Errorf("%d and %d are kept", len(m.seen), len(m.answered))
	}
}
