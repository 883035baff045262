package ladder

import (
	"time"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/notice"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/standing"
)

// RemindedBefore is how long before the end of a suspension the member is told that
// it is near. One that is no longer than that tells so itself.
const RemindedBefore = 2 * time.Hour

// NearEnd returns what there is to tell at now of the end of a suspension: that it is
// near, or has come. The suspension ends without it. One that forcing has cut short
// is not told of here: a pass comes in its place. It may be asked again: what was
// told is in the standing.
func NearEnd(s standing.Standing, helpers []standing.Helper, now time.Time) standing.Decision {
	given := s.Suspension
	concerns := s.MFA() && s.Member.State == org.Active && s.Status != standing.Frozen
	switch {
	case given.Since.IsZero() || given.Over || CutShort(s, now):
		return standing.Decision{}
	case !now.Before(given.Until):
		d := standing.Decision{Effects: []standing.Effect{standing.MarkEnd{Over: true}}}
		if !concerns {
			return d
		}
		d.Events = []audit.Event{{Kind: audit.SuspensionEnded, Reason: "over", At: given.Until}}
		d.Notices = tell(s, notice.SuspensionOver, notice.Facts{Lost: given.Lost})
		d.Notices = append(d.Notices, TellOthers(s, notice.SuspensionOverToAdministrators, notice.Facts{}, Told(s, helpers, now))...)
		return d
	case given.Reminded || now.Before(given.Until.Add(-RemindedBefore)):
		return standing.Decision{}
	}
	d := standing.Decision{Effects: []standing.Effect{standing.MarkEnd{}}}
	if concerns && Suspended(s, now) && given.Until.Sub(given.Since) > RemindedBefore {
		d.Notices = tell(s, notice.SuspensionEnding, notice.Facts{Until: given.Until, Lost: given.Lost})
	}
	return d
}
