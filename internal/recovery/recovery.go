// Package recovery carries what comes after a backup was used, and what stops
// a recovery: "Have you lost your phone?" and "This was not me".
//
// It owns loading, deciding and saving; the rules are package ladder's. It
// refuses to sign anyone in (signin) and to set up a factor (enrol).
package recovery

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/factor"
	"github.com/sparekey/sparekey/internal/ladder"
	"github.com/sparekey/sparekey/internal/notice"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/session"
	"github.com/sparekey/sparekey/internal/standing"
)

// ErrLink says that a "This was not me" link was used, has expired, or never was.
var ErrLink = errors.New("this link is over")

// A Store is what recovery needs kept.
type Store interface {
	standing.Keeper
	Helpers(ctx context.Context, m org.MemberID) ([]standing.Helper, error)
	Link(ctx context.Context, id session.Hash) (standing.Link, error)
}

// A Service carries recoveries. It is safe for use by many.
type Service struct {
	Store  Store
	Now    func() time.Time
	Random io.Reader
}

func (s *Service) scene(actor audit.Actor, origin audit.Origin) standing.Scene {
	return standing.Scene{Now: s.Now(), Actor: actor, Origin: origin, Random: s.Random}
}

// Ways returns the rungs as they stand for a member now.
func (s *Service) Ways(ctx context.Context, st standing.Standing) ([]ladder.Way, error) {
	helpers, err := s.Store.Helpers(ctx, st.Member.ID)
	if err != nil {
		return nil, err
	}
	return ladder.Ways(st, helpers, s.Now()), nil
}

// Lost answers "Have you lost your phone?" with yes: the factors named are gone
// at once, with every other session and known device. Only a session that came
// by a backup may answer. It returns a *ladder.Refusal.
func (s *Service) Lost(ctx context.Context, in session.Session, which []factor.AuthenticatorID, origin audit.Origin) error {
	return s.answer(ctx, in, ladder.Step{Kind: ladder.SayLost, Lost: which, Session: in.ID}, origin)
}

// NotLost answers it with no. It returns a *ladder.Refusal.
func (s *Service) NotLost(ctx context.Context, in session.Session, origin audit.Origin) error {
	return s.answer(ctx, in, ladder.Step{Kind: ladder.SayNotLost, Session: in.ID}, origin)
}

func (s *Service) answer(ctx context.Context, in session.Session, step ladder.Step, origin audit.Origin) error {
	scene := s.scene(audit.Actor{Kind: audit.Member, Member: in.Member}, origin)
	scene.Session = in.ID
	return scene.Update(ctx, s.Store, in.Member, func(st standing.Standing) (standing.Decision, error) {
		if !in.CameByBackup() {
			return standing.Decision{}, &ladder.Refusal{Step: step.Kind, Reason: ladder.NotNow}
		}
		return ladder.Decide(st, step, scene.Now)
	})
}

// Objection returns the link behind "This was not me" and whom it is about. It
// changes nothing, so that a mail scanner may open it. It returns ErrLink.
func (s *Service) Objection(ctx context.Context, token session.Token) (standing.Link, standing.Standing, error) {
	link, err := s.Store.Link(ctx, token.Hash())
	if errors.Is(err, org.ErrNotFound) || (err == nil && (link.Purpose != standing.ForObjection || !link.Open(s.Now()))) {
		return standing.Link{}, standing.Standing{}, ErrLink
	}
	if err != nil {
		return standing.Link{}, standing.Standing{}, err
	}
	st, err := s.Store.Standing(ctx, link.Member)
	return link, st, err
}

// MayObject returns nil if the link may be used by mail alone, else the
// *ladder.Refusal that Object would return.
func (s *Service) MayObject(link standing.Link, st standing.Standing) error {
	_, err := ladder.Decide(st, ladder.Step{Kind: ladder.Object, Address: link.Address}, s.Now())
	return err
}

// Object freezes the recovery of the member whom the link is about, ends all
// their sessions and tells the administrators. In is the session of the
// browser, zero where there is none: one in which this member has proved a
// factor may object again from an address that did before. It returns ErrLink,
// or a *ladder.Refusal.
func (s *Service) Object(ctx context.Context, token session.Token, in session.Session, origin audit.Origin) error {
	link, _, err := s.Objection(ctx, token)
	if err != nil {
		return err
	}
	helpers, err := s.Store.Helpers(ctx, link.Member)
	if err != nil {
		return err
	}
	byFactor := in.Member == link.Member && !in.FactorProved.IsZero()
	actor := audit.Actor{Kind: audit.Stranger} // whoever reads that mailbox
	if byFactor {
		actor = audit.Actor{Kind: audit.Member, Member: link.Member}
	}
	scene := s.scene(actor, origin)
	err = scene.Update(ctx, s.Store, link.Member, func(st standing.Standing) (standing.Decision, error) {
		d, err := ladder.Decide(st, ladder.Step{Kind: ladder.Object, Address: link.Address, ByFactor: byFactor}, scene.Now)
		if err != nil {
			return standing.Decision{}, err
		}
		d.Notices = append(d.Notices, ladder.TellOthers(st, notice.FrozenToAdministrators, notice.Facts{}, ladder.Told(st, helpers, scene.Now))...)
		return d.And(standing.UseLink{ID: link.ID}), nil
	})
	if errors.Is(err, standing.ErrTaken) {
		return ErrLink
	}
	return err
}
