package ladder

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/sparekey/sparekey/internal/org"
)

func amsterdam(t testing.TB) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func TestTheTimeToObjectHoldsEightWorkingHours(t *testing.T) {
	zone := amsterdam(t)
	at := func(day, hour int) time.Time { return time.Date(2026, time.March, day, hour, 0, 0, 0, zone) } // the 2nd is a Monday
	weekend := org.RecoveryPolicy{Hours: org.WorkingHours{Days: [7]bool{true, false, false, false, false, false, true}, From: 10 * 60, To: 14 * 60}}
	for _, c := range []struct {
		name       string
		policy     org.RecoveryPolicy
		from, want time.Time
	}{
		{"Monday morning: 24 hours hold eight", org.RecoveryPolicy{}, at(2, 9), at(3, 9)},
		{"Monday at noon: five and three", org.RecoveryPolicy{}, at(2, 12), at(3, 12)},
		{"Monday night", org.RecoveryPolicy{}, at(2, 23), at(3, 23)},
		{"Friday at 16: one, and seven on Monday", org.RecoveryPolicy{}, at(6, 16), at(9, 16)},
		{"Friday at 17: eight on Monday would be 72 hours", org.RecoveryPolicy{}, at(6, 17), at(9, 17)},
		{"Friday at 9", org.RecoveryPolicy{}, at(6, 9), at(7, 9)},
		{"Saturday at noon: all on Monday", org.RecoveryPolicy{}, at(7, 12), at(9, 17)},
		{"a longer wait", org.RecoveryPolicy{Wait: 48 * time.Hour}, at(2, 9), at(4, 9)},
		{"a wait of a week", org.RecoveryPolicy{Wait: org.MaxWait}, at(6, 16), at(13, 16)},
		{"nobody works enough: 72 hours", weekend, at(2, 9), at(5, 9)},
		{"no shorter than 24 hours, whatever is kept", org.RecoveryPolicy{Wait: time.Second}, at(2, 9), at(3, 9)},
	} {
		if got := WaitUntil(c.from.UTC(), c.policy, zone); !got.Equal(c.want) {
			t.Errorf("%s: %s, want %s", c.name, got.In(zone), c.want)
		}
	}
}

func TestTheTimeToObjectIsNeverShorterThanADay(t *testing.T) {
	zone := amsterdam(t)
	rapid.Check(t, func(t *rapid.T) {
		var p org.RecoveryPolicy
		p.Wait = time.Duration(rapid.Int64Range(-1e15, 1e16).Draw(t, "wait"))
		p.Hours.From = rapid.IntRange(0, 1440).Draw(t, "from")
		p.Hours.To = rapid.IntRange(0, 1440).Draw(t, "to")
		for day := range p.Hours.Days {
			p.Hours.Days[day] = rapid.Bool().Draw(t, "day")
		}
		now := noon.Add(time.Duration(rapid.Int64Range(0, int64(400*24*time.Hour)).Draw(t, "now")))
		wait := WaitUntil(now, p, zone).Sub(now)
		if wait < org.MinWait || wait < p.Waiting() || wait > max(LongestWait, p.Waiting()) {
			t.Fatalf("waits %s", wait)
		}
	})
}
