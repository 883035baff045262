package ladder

import (
	"time"

	"github.com/sparekey/sparekey/internal/org"
)

// WorkingWait is how much of the time to object lies in working hours, and
// LongestWait how long that is waited for.
const (
	WorkingWait = 8 * time.Hour
	LongestWait = 72 * time.Hour
)

// WaitUntil returns when the time to object ends that begins at now: it is at
// least as long as the organisation says and holds 8 working hours in zone, but
// is not stretched beyond 72 hours for them.
func WaitUntil(now time.Time, p org.RecoveryPolicy, zone *time.Location) time.Time {
	least, most := now.Add(p.Waiting()), now.Add(max(p.Waiting(), LongestWait))
	hours, left := p.Working(), WorkingWait
	y, m, d := now.In(zone).Date()
	for day := 0; ; day++ {
		midnight := time.Date(y, m, d+day, 0, 0, 0, 0, zone)
		if midnight.After(most) {
			return most.UTC()
		}
		if !hours.Days[midnight.Weekday()] {
			continue
		}
		begin := time.Date(y, m, d+day, 0, hours.From, 0, 0, zone)
		end := time.Date(y, m, d+day, 0, hours.To, 0, 0, zone)
		if begin.Before(now) {
			begin = now
		}
		if here := end.Sub(begin); here >= left {
			return clamp(begin.Add(left), least, most).UTC()
		} else if here > 0 {
			left -= here
		}
	}
}

func clamp(t, least, most time.Time) time.Time {
	switch {
	case t.Before(least):
		return least
	case t.After(most):
		return most
	}
	return t
}
