// Package readiness shows administrators how their members would fare if their
// phones were gone, and has those reminded who have no backup.
//
// It owns who may, and how often. It refuses to say what would carry a member
// (ladder) and to count them (the store does).
package readiness

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/ladder"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/standing"
)

// A SoonError says that members were reminded less than a week ago.
type SoonError struct{ Until time.Time }

// Error names no one.
func (e *SoonError) Error() string {
	return "members were reminded already: not before " + e.Until.UTC().Format(time.RFC3339)
}

// ErrNobody says that nobody is without a backup.
var ErrNobody = errors.New("nobody is without a backup")

// A Store is what is read and kept.
type Store interface {
	Readiness(ctx context.Context, r standing.Readying, now time.Time) (standing.Readiness, error)
	Reminding(ctx context.Context, o org.OrganisationID) (standing.Reminding, error)
	Remind(ctx context.Context, by standing.Colleague, e audit.Event, now time.Time) (int, error)
	RemindSome(ctx context.Context, now time.Time) (more bool, err error)
}

// A Service shows readiness. It is safe for use by many.
type Service struct {
	Store Store
	Now   func() time.Time
}

// PageSize is how many members a page has, at most.
const PageSize = 50

// A View is a page of readiness, and whether members may be reminded.
type View struct {
	standing.Readiness
	Reminded standing.Reminding
	// Again is from when members may be reminded again; zero: now.
	Again time.Time
	// May is why whoever looks may not have them reminded; empty: they may.
	May ladder.Reason
}

func (s *Service) may(who standing.Colleague, do ladder.Action) error {
	switch reason, until := ladder.Permit(who, do, ladder.Whom{}, s.Now()); reason {
	case "":
		return nil
	case ladder.Unknown:
		return org.ErrNotFound
	case ladder.StaleProof:
		return ladder.ErrStale
	default:
		return &ladder.Refusal{Step: ladder.StepKind(do), Reason: reason, Until: until}
	}
}

// Page returns a page of those of who's organisation with a colour (empty:
// everybody). It returns an error wrapping org.ErrNotFound for whoever must not
// know of it.
func (s *Service) Page(ctx context.Context, who standing.Colleague, r standing.Readying) (View, error) {
	if err := s.may(who, ladder.SeeReadiness); err != nil {
		return View{}, err
	}
	r.Organisation, r.Limit = who.Organisation.ID, PageSize
	var v View
	var err error
	if v.Readiness, err = s.Store.Readiness(ctx, r, s.Now()); err != nil {
		return View{}, err
	}
	if v.Reminded, err = s.Store.Reminding(ctx, r.Organisation); err != nil {
		return View{}, err
	}
	if again := again(v.Reminded); s.Now().Before(again) {
		v.Again = again
	}
	v.May, _ = ladder.Permit(who, ladder.RemindOfBackups, ladder.Whom{}, s.Now())
	return v, nil
}

// again is the instant from which members may be reminded again. Reminders that
// are not done yet may take a day.
func again(r standing.Reminding) time.Time {
	switch {
	case r.Asked.IsZero():
		return time.Time{}
	case r.Done.IsZero():
		return r.Asked.Add(24*time.Hour + standing.RemindEvery)
	}
	return r.Done.Add(standing.RemindEvery)
}

// atOnce bounds how long the request that asks for reminders puts them into the
// outbox itself; the server does the rest.
const atOnce = 2 * time.Second

// Remind has everybody reminded who has MFA and no backup, and returns how many
// they are. It returns ladder.ErrStale, a *ladder.Refusal, a *SoonError, ErrNobody,
// an error wrapping org.ErrNotFound for whoever must not know of it, and one
// wrapping standing.ErrTaken where whoever asks was changed meanwhile.
func (s *Service) Remind(ctx context.Context, who standing.Colleague, origin audit.Origin) (int, error) {
	if err := s.may(who, ladder.RemindOfBackups); err != nil {
		return 0, err
	}
	now := s.Now()
	v, err := s.Page(ctx, who, standing.Readying{})
	switch {
	case err != nil:
		return 0, err
	case !v.Again.IsZero():
		return 0, &SoonError{Until: v.Again}
	case v.NoBackup == 0:
		return 0, ErrNobody
	}
	count, err := s.Store.Remind(ctx, who, audit.Event{
		Kind: audit.BackupsReminded, At: now, Organisation: who.Organisation.ID, Origin: origin,
		Actor: audit.Actor{Kind: audit.Member, Member: who.Member.ID},
	}, now)
	if err != nil {
		return 0, err
	}
	brief, cancel := context.WithTimeout(ctx, atOnce)
	defer cancel()
	for more := true; more && brief.Err() == nil; {
		if more, err = s.Store.RemindSome(brief, now); err != nil && brief.Err() == nil {
			return count, fmt.Errorf("the reminders are asked for, and go out later: %w", err)
		}
	}
	return count, nil
}
