// Package policy changes what holds for a whole organisation: whether MFA is
// forced, how its members get back in, whether devices are remembered, and what it
// is called.
//
// It owns saying beforehand whom a change concerns, that what weakens waits, and
// that those whom it concerns are told. It refuses to say who may (ladder does), and
// to do anything about one member but give the pass that forcing owes.
package policy

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/ladder"
	"github.com/sparekey/sparekey/internal/notice"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/standing"
)

// Errors that a caller tells apart.
var (
	// ErrChanged says that what is to be changed is no longer as it was seen: look
	// again. Nothing was done.
	ErrChanged = errors.New("changed meanwhile")
	// ErrDesk says that the desk always forces MFA and remembers no device.
	ErrDesk = errors.New("the desk always forces MFA and remembers no device")
	// ErrBad says that what was asked for cannot be.
	ErrBad = errors.New("cannot be set so")
)

// A Store is what these changes need kept.
type Store interface {
	standing.Keeper
	House(ctx context.Context, o org.OrganisationID) (standing.House, error)
	// Settle saves a change in one transaction; see store.Settle.
	Settle(ctx context.Context, o org.OrganisationID, by standing.Giver, decide func(standing.House) (standing.Settling, error)) error
	Census(ctx context.Context, o org.OrganisationID, now time.Time) (standing.Census, error)
	// CutShort returns members whose suspension forcing may have ended before its
	// time; of every organisation where o is empty.
	CutShort(ctx context.Context, o org.OrganisationID, now time.Time, limit int) ([]org.MemberID, error)
	Colleague(ctx context.Context, m org.MemberID) (standing.Colleague, error)
	Helpers(ctx context.Context, m org.MemberID) ([]standing.Helper, error)
	Record(ctx context.Context, events ...audit.Event) error
}

// A Service changes organisations. It is safe for use by many.
type Service struct {
	Store  Store
	Now    func() time.Time
	Random io.Reader
	Zone   *time.Location // in which midnight and working hours are
}

// A By says who changes something, and from where.
type By struct {
	Giver  standing.Giver
	Origin audit.Origin
}

// An Outcome is what became of a change.
type Outcome struct {
	// Changed is false where all was so already.
	Changed bool
	// From is when what waits begins to hold; zero: nothing waits.
	From time.Time
	// Told are the names of those who are told.
	Told []string
}

// House returns an organisation and its administrators.
func (s *Service) House(ctx context.Context, o org.OrganisationID) (standing.House, error) {
	return s.Store.House(ctx, o)
}

// errSame says that a change would change nothing.
var errSame = errors.New("nothing to change")

// settle has a change saved, if whoever asks for it may. It returns a
// *ladder.Refusal, which is recorded, or ErrChanged.
func (s *Service) settle(
	ctx context.Context, by By, o org.OrganisationID, do ladder.Action, change func(standing.House, time.Time) (standing.Settling, error),
) (Outcome, error) {
	if err := s.permit(ctx, by, o, do); err != nil {
		return Outcome{}, err
	}
	var done Outcome
	err := s.Store.Settle(ctx, o, by.Giver, func(h standing.House) (standing.Settling, error) {
		now := s.Now() // the row is locked: whatever was saved before has happened before
		d, err := change(h, now)
		if err != nil {
			return standing.Settling{}, err
		}
		done = Outcome{Changed: true}
		for i := range d.Events {
			e := &d.Events[i]
			e.At, e.Organisation, e.Actor, e.Origin = now, o, by.Giver.Actor, by.Origin
		}
		for i := range d.Notices {
			f := &d.Notices[i].Facts
			f.Giver, f.At, f.Browser, f.Address = by.Giver.Name, now, by.Origin.Browser, by.Origin.Address
		}
		done.Told = told(h, d.Notices)
		return d, nil
	})
	switch {
	case errors.Is(err, errSame):
		return Outcome{}, nil
	case errors.Is(err, standing.ErrTaken):
		return Outcome{}, ErrChanged
	case err != nil:
		return Outcome{}, err
	}
	return done, nil
}

// told returns the names of those to whom messages go.
func told(h standing.House, messages []notice.Message) []string {
	if len(messages) == 0 {
		return nil
	}
	var names []string
	for _, a := range h.Administrators {
		names = append(names, a.Name)
	}
	return names
}

// permit asks the rules whether a colleague may. The operator may.
func (s *Service) permit(ctx context.Context, by By, o org.OrganisationID, do ladder.Action) error {
	as, now := by.Giver.As, s.Now()
	if by.Giver.Actor.Kind == audit.Operator && as == nil {
		return nil
	}
	reason := ladder.Unknown
	var until time.Time
	if as != nil && as.Member.Organisation == o {
		reason, until = ladder.Permit(*as, do, ladder.Whom{}, now)
	}
	if reason == "" {
		return nil
	}
	refusal := &ladder.Refusal{Step: ladder.StepKind(do), Reason: reason, Until: until}
	if reason == ladder.StaleProof {
		return refusal // they are asked for it, and it is no refusal then
	}
	event := audit.Event{
		Kind: audit.RecoveryRefused, At: now, Organisation: o, Actor: by.Giver.Actor, Origin: by.Origin, Reason: string(reason),
		Facts: map[string]string{"step": string(do)},
	}
	if err := s.Store.Record(ctx, event); err != nil {
		return err
	}
	return refusal
}

// stamp writes an instant into the facts of an event.
func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }
