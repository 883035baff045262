package throttle

import (
	"testing"
	"time"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func TestEachTryAfterTenFailuresWaitsTwiceAsLong(t *testing.T) {
	for _, c := range []struct {
		failures int
		wait     time.Duration
	}{
		{0, 0}, {9, 0}, {10, 30 * time.Second}, {11, time.Minute}, {12, 2 * time.Minute},
		{16, 32 * time.Minute}, {17, time.Hour}, {18, time.Hour}, {100, time.Hour}, {1 << 40, time.Hour},
	} {
		counter := Counter{Failures: c.failures, Last: noon}
		if got := counter.Wait(noon); got != c.wait {
			t.Errorf("%d failures: wait %s, want %s", c.failures, got, c.wait)
		}
		if c.wait > 0 {
			if _, ok := counter.Take(noon.Add(c.wait - time.Second)); ok {
				t.Errorf("%d failures: a second too early is let through", c.failures)
			}
			if next, ok := counter.Take(noon.Add(c.wait)); !ok || next.Failures != c.failures+1 {
				t.Errorf("%d failures: after the wait: %+v %v", c.failures, next, ok)
			}
		}
	}
}

func TestACounterStartsAnewADayAfterItsLastFailure(t *testing.T) {
	next, ok := Counter{Failures: 50, Last: noon}.Take(noon.Add(Forget))
	if !ok || next.Failures != 1 {
		t.Errorf("%+v %v", next, ok)
	}
}

// The last failure is counted by a clock that was ahead. Nobody waits for it to
// come round again: one try goes ahead, and the wait goes on from there.
func TestAClockSetBackLetsOneTryThroughAndNoMore(t *testing.T) {
	counter := Counter{Failures: 10, Last: noon}
	for _, back := range []time.Duration{time.Second, clockSkew} {
		if got := counter.Wait(noon.Add(-back)); got != 30*time.Second+back {
			t.Errorf("%s back, as the clocks of two machines may be apart: wait %s", back, got)
		}
	}
	for _, back := range []time.Duration{clockSkew + time.Second, time.Hour} {
		next, ok := counter.Take(noon.Add(-back))
		if !ok || next.Failures != 11 {
			t.Errorf("%s back: %+v %v", back, next, ok)
		}
		if got := next.Wait(noon.Add(-back)); got != time.Minute {
			t.Errorf("%s back, the second try: wait %s", back, got)
		}
	}
}

func TestMailsGoOnceAMinuteAndFiveAnHour(t *testing.T) {
	ago := func(minutes ...int) (sent []time.Time) {
		for _, m := range minutes {
			sent = append(sent, noon.Add(-time.Duration(m)*time.Minute))
		}
		return sent
	}
	for _, c := range []struct {
		sent []time.Time
		wait time.Duration
	}{
		{nil, 0}, {ago(0), time.Minute}, {ago(1), 0}, {ago(2, 10, 20, 30), 0},
		{ago(-1), 2 * time.Minute}, {ago(-2, -60), 0}, // by a clock that was ahead
		{ago(2, 10, 20, 30, 50), 10 * time.Minute}, {ago(2, 10, 20, 30, 60), 0},
	} {
		if got := MailWait(c.sent, noon); got != c.wait {
			t.Errorf("%v: %s, want %s", c.sent, got, c.wait)
		}
	}
}
