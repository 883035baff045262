package ladder

import (
	"time"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/notice"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/standing"
)

// CutShort reports whether forcing has ended a suspension before its time, up to
// now: that member is owed a pass.
func CutShort(s standing.Standing, now time.Time) bool {
	p := s.Organisation.MFA
	cutBy := func(at time.Time) bool {
		return !at.IsZero() && !s.Suspension.Since.After(at) && at.Before(s.Suspension.Until)
	}
	if s.Suspension.Since.IsZero() {
		return false
	}
	return cutBy(p.ForcedSince) || p.Forced && !now.Before(p.OffUntil) && cutBy(p.OffUntil)
}

// PassInstead is the decision that puts an enrolment pass in the place of a
// suspension that was cut short: step has who forced (By), the pass and its link.
// Whoever forced gets none: nobody helps themselves, and they have just proved
// their factor. To an administrator it opens after the time to object, as any pass
// that another administrator gives.
func PassInstead(s standing.Standing, step Step, now time.Time) standing.Decision {
	d := dropSuspension(s, "forced")
	if !s.MFA() || s.Member.State != org.Active || s.Status == standing.Frozen || s.Member.ID == step.By.Actor.Member {
		return d
	}
	given := givePass(s, step, now)
	for i := range given.Events {
		given.Events[i].Reason, given.Events[i].Facts = "forced", nil
	}
	for i, m := range given.Notices {
		if m.Kind == notice.EnrolmentPass {
			given.Notices[i].Kind = notice.PassInstead
			given.Notices[i].Facts.UsableFrom = passOf(given).From
		}
	}
	return d.Merge(given)
}

// passOf returns the pass that a decision gives.
func passOf(d standing.Decision) standing.Pass {
	for _, e := range d.Effects {
		if set, ok := e.(standing.SetPass); ok {
			return set.Pass
		}
	}
	return standing.Pass{}
}

// ForcedBy is whoever turned forcing on, as the one who gives those passes. Who is
// what is known of them; it is not looked at where that was the operator.
func ForcedBy(o org.Organisation, who standing.Colleague) standing.Giver {
	if o.MFA.ForcedBy == "" {
		return standing.Giver{Actor: audit.Actor{Kind: audit.Operator}}
	}
	who.Member.ID = o.MFA.ForcedBy
	return who.Gives()
}
