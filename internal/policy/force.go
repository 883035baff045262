package policy

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/ladder"
	"github.com/sparekey/sparekey/internal/notice"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/session"
	"github.com/sparekey/sparekey/internal/standing"
)

// Graces are how long a first set-up may wait when forcing goes on.
var Graces = []time.Duration{0, 7 * 24 * time.Hour, 14 * 24 * time.Hour}

// Pauses are how long forcing may be off for a while.
var Pauses = []ladder.Length{ladder.OneHour, ladder.UntilMidnight, ladder.OneDay, ladder.ThreeDays, ladder.SevenDays}

// A Preview says whom forcing MFA would concern.
type Preview struct {
	standing.Census
	// Sole says that nobody else administers the organisation.
	Sole bool
}

// Covers reports whether a preview that was shown still says enough of what holds
// now: nobody's suspension ends unsaid, who administers is as it was, and hardly
// more have to set up MFA.
func (shown Preview) Covers(now Preview) bool {
	const hardly = 10 // a tenth
	return now.Suspended <= shown.Suspended && now.Without <= shown.Without+shown.Without/hardly && now.Sole == shown.Sole
}

// Preview counts whom forcing MFA would concern now.
func (s *Service) Preview(ctx context.Context, o org.OrganisationID) (Preview, error) {
	census, err := s.Store.Census(ctx, o, s.Now())
	if err != nil {
		return Preview{}, err
	}
	house, err := s.Store.House(ctx, o)
	if err != nil {
		return Preview{}, err
	}
	active := 0
	for _, a := range house.Administrators {
		if a.State == org.Active {
			active++
		}
	}
	return Preview{Census: census, Sole: active == 1}, nil
}

// Force makes everybody have MFA from now on. Grace, one of Graces, delays a first
// set-up alone: every suspension ends at once, and whoever had one is given an
// enrolment pass. Shown is the preview that was agreed to; nil: none was shown. It
// returns ErrChanged where MFA is forced already or the preview no longer Covers
// what holds, ErrDesk, ErrBad or a *ladder.Refusal.
func (s *Service) Force(ctx context.Context, by By, o org.OrganisationID, grace time.Duration, shown *Preview) (Outcome, error) {
	if !slices.Contains(Graces, grace) {
		return Outcome{}, ErrBad
	}
	if err := s.permit(ctx, by, o, ladder.ForceMFA); err != nil {
		return Outcome{}, err
	}
	if shown != nil {
		now, err := s.Preview(ctx, o)
		if err != nil {
			return Outcome{}, err
		}
		if !shown.Covers(now) {
			return Outcome{}, ErrChanged
		}
	}
	done, err := s.settle(ctx, by, o, ladder.ForceMFA, func(h standing.House, now time.Time) (standing.Settling, error) {
		switch {
		case h.Organisation.Kind == org.Desk:
			return standing.Settling{}, ErrDesk
		case h.Organisation.Enforces(now):
			return standing.Settling{}, ErrChanged
		}
		return forced(h, by, grace, now), nil
	})
	if err != nil {
		return Outcome{}, err
	}
	// What is not done here the next round of GiveOwed does: forcing itself is saved.
	_, _ = s.GiveOwed(ctx, o)
	return done, nil
}

// forced is the change that turns forcing on.
func forced(h standing.House, by By, grace time.Duration, now time.Time) standing.Settling {
	to := h.Organisation
	since := now
	if h.LastSuspended.After(since) {
		since = h.LastSuspended // by a machine whose clock is ahead
	}
	to.MFA = to.MFA.On(since, grace)
	to.MFA.ForcedBy = by.Giver.Actor.Member
	facts := map[string]string{"was": state(h.Organisation, now)}
	if grace > 0 {
		facts["grace-until"] = stamp(to.MFA.GraceUntil)
	}
	return standing.Settling{
		Organisation: to,
		Events:       []audit.Event{{Kind: audit.ForcingSet, Reason: "on", Facts: facts}},
		Notices:      h.Tell(notice.ForcingOn, notice.Facts{UsableFrom: to.MFA.GraceUntil}),
	}
}

// state is a stable word for where forcing stands.
func state(o org.Organisation, now time.Time) string {
	switch {
	case o.MFA.Paused(now):
		return "paused"
	case o.Enforces(now):
		return "on"
	}
	return "off"
}

// Release ends forcing at once, and tells every administrator. It returns
// ErrChanged where it is off, ErrDesk or a *ladder.Refusal.
func (s *Service) Release(ctx context.Context, by By, o org.OrganisationID) (Outcome, error) {
	return s.settle(ctx, by, o, ladder.ForceMFA, func(h standing.House, now time.Time) (standing.Settling, error) {
		to, err := unforced(h)
		if err != nil {
			return standing.Settling{}, err
		}
		to.MFA = to.MFA.Off(now)
		return standing.Settling{
			Organisation: to,
			Events:       []audit.Event{{Kind: audit.ForcingSet, Reason: "off", Facts: map[string]string{"was": state(h.Organisation, now)}}},
			Notices:      h.Tell(notice.ForcingOff, notice.Facts{}),
		}, nil
	})
}

// Pause ends forcing until an instant at which it comes back by itself, and tells
// every administrator; length is one of Pauses. It returns ErrChanged where forcing
// is off altogether, ErrDesk, ErrBad or a *ladder.Refusal. From is that instant.
func (s *Service) Pause(ctx context.Context, by By, o org.OrganisationID, length ladder.Length) (Outcome, error) {
	if !slices.Contains(Pauses, length) {
		return Outcome{}, ErrBad
	}
	var until time.Time
	done, err := s.settle(ctx, by, o, ladder.ForceMFA, func(h standing.House, now time.Time) (standing.Settling, error) {
		to, err := unforced(h)
		if err != nil {
			return standing.Settling{}, err
		}
		until = length.Until(now, s.Zone)
		to.MFA = to.MFA.Pause(now, until)
		return standing.Settling{
			Organisation: to,
			Events: []audit.Event{{Kind: audit.ForcingSet, Reason: "paused", Facts: map[string]string{
				"was": state(h.Organisation, now), "until": stamp(until),
			}}},
			Notices: h.Tell(notice.ForcingPaused, notice.Facts{Until: until}),
		}, nil
	})
	done.From = until
	return done, err
}

// unforced returns an organisation whose forcing may be ended.
func unforced(h standing.House) (org.Organisation, error) {
	switch {
	case h.Organisation.Kind == org.Desk:
		return org.Organisation{}, ErrDesk
	case !h.Organisation.MFA.Forced:
		return org.Organisation{}, ErrChanged
	}
	return h.Organisation, nil
}

// owedAtOnce bounds how many passes one round gives.
const owedAtOnce = 200

// GiveOwed gives an enrolment pass to each member whose suspension forcing has ended
// before its time, of every organisation where o is empty, and returns how many
// suspensions it took away. The suspension is the mark that a pass is owed: it goes
// in the transaction that gives the pass, so that a round may be cut short, be run
// again, and run in several processes at once.
func (s *Service) GiveOwed(ctx context.Context, o org.OrganisationID) (int, error) {
	owed, err := s.Store.CutShort(ctx, o, s.Now(), owedAtOnce)
	if err != nil {
		return 0, err
	}
	given := 0
	var failed error
	for _, m := range owed {
		if err := s.giveInstead(ctx, m); err != nil {
			failed = errors.Join(failed, err) // one member's trouble is not the next one's
			continue
		}
		given++
	}
	return given, failed
}

// giveInstead puts a pass in the place of a suspension that was cut short.
func (s *Service) giveInstead(ctx context.Context, m org.MemberID) error {
	st, err := s.Store.Standing(ctx, m)
	if err != nil {
		return err
	}
	var who standing.Colleague
	if by := st.Organisation.MFA.ForcedBy; by != "" {
		who, _ = s.Store.Colleague(ctx, by) // whoever is gone has no name, and gave it all the same
	}
	helpers, err := s.Store.Helpers(ctx, m)
	if err != nil {
		return err
	}
	token, err := session.NewToken(s.Random)
	if err != nil {
		return err
	}
	giver := ladder.ForcedBy(st.Organisation, who)
	scene := standing.Scene{Now: s.Now(), Actor: giver.Actor, Random: s.Random}
	return scene.Update(ctx, s.Store, m, func(st standing.Standing) (standing.Decision, error) {
		if !ladder.CutShort(st, scene.Now) {
			return standing.Decision{}, nil
		}
		return ladder.PassInstead(st, ladder.Step{
			By: giver, Pass: standing.Pass{ID: token.Hash()}, Link: standing.PassPath + string(token),
			Administrators: ladder.Told(st, helpers, scene.Now), Zone: s.Zone,
		}, scene.Now), nil
	})
}
