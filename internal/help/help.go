// Package help carries requests for help between a member who is locked out and
// the colleagues who may let them in.
//
// It owns making, showing, withdrawing, refusing and objecting, and the second
// administrator's agreement. What a colleague gives is package operate's, the
// session that follows is signin's, and what is allowed ladder's. It refuses to
// show a matching code to anybody but the browser that asked.
package help

import (
	"context"
	"errors"
	"io"
	"slices"
	"time"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/factor"
	"github.com/sparekey/sparekey/internal/ladder"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/session"
	"github.com/sparekey/sparekey/internal/standing"
)

// Errors that a caller tells apart.
var (
	// ErrOver says that the sign-in in which help is asked is over.
	ErrOver = errors.New("this sign-in is over")
	// ErrChanged says that somebody else changed what was decided about.
	ErrChanged = errors.New("it has changed meanwhile")
)

// A Store is what requests need kept.
type Store interface {
	standing.Keeper
	Helpers(ctx context.Context, m org.MemberID) ([]standing.Helper, error)
	KnownDevice(ctx context.Context, device session.Hash, now time.Time) ([]org.MemberID, error)
	Askings(ctx context.Context, colleague org.MemberID, now time.Time, skip int) ([]standing.Asking, error)
	CountAskings(ctx context.Context, colleague org.MemberID, now time.Time) (int, error)
	RequestBy(ctx context.Context, o org.OrganisationID, id string) (org.MemberID, error)
	RequestIn(ctx context.Context, browser session.Hash) (m org.MemberID, id string, err error)
}

// A Service carries requests. It is safe for use by many.
type Service struct {
	Store  Store
	Now    func() time.Time
	Random io.Reader
	NewID  func() string
}

// Helpers returns those whom a request of the member goes to.
func (s *Service) Helpers(ctx context.Context, st standing.Standing) ([]standing.Helper, error) {
	helpers, err := s.Store.Helpers(ctx, st.Member.ID)
	return ladder.Able(st, helpers, s.Now()), err
}

// A Call is a member's call for help, from a sign-in whose password was right.
type Call struct {
	Challenge session.Challenge
	Browser   session.Token // what this browser was given before; empty: nothing
	Origin    audit.Origin
}

// Ask makes a request and returns what the browser shows from now on to go on
// with it. Where one lives in this browser, it goes on with that one, and what the
// browser showed for it until now is worth nothing any more. It returns
// ErrOver or a *ladder.Refusal; what is refused is recorded.
func (s *Service) Ask(ctx context.Context, c Call) (session.Token, error) {
	helpers, err := s.Store.Helpers(ctx, c.Challenge.Member)
	if err != nil {
		return "", err
	}
	// Always a new one: what lies in a browser may have been planted there.
	token, err := session.NewToken(s.Random)
	if err != nil {
		return "", err
	}
	step := ladder.Step{Kind: ladder.AskHelp, Helpers: helpers, Browser: hashOf(c.Browser)}
	step.Request = standing.Request{ID: s.NewID(), Browser: token.Hash(), Origin: c.Origin}
	if device := c.Challenge.Device; device != "" { // it may be known as that of another with the same address
		known, err := s.Store.KnownDevice(ctx, device, s.Now())
		if err != nil {
			return "", err
		}
		step.Request.Known = slices.Contains(known, c.Challenge.Member)
	}
	if step.Request.Code, err = factor.NewMatchingCode(s.Random); err != nil {
		return "", err
	}
	scene := s.asMember(c.Challenge.Member, c.Origin)
	err = scene.Update(ctx, s.Store, c.Challenge.Member, func(st standing.Standing) (standing.Decision, error) {
		if !c.Challenge.Open(scene.Now) || st.Password.Set.After(c.Challenge.Created) || st.Password.Ended {
			return standing.Decision{}, ErrOver
		}
		d, err := ladder.Decide(st, step, scene.Now)
		if refusal, ok := errors.AsType[*ladder.Refusal](err); ok && refusal.Reason == ladder.AlreadyAsked {
			return d.And(standing.TurnBrowser{From: step.Browser, To: token.Hash()}), nil
		}
		return d, err
	})
	if refusal, ok := errors.AsType[*ladder.Refusal](err); ok {
		return "", s.refused(ctx, scene, c.Challenge.Member, refusal)
	}
	return token, err
}

func hashOf(token session.Token) session.Hash {
	if token == "" {
		return ""
	}
	return token.Hash()
}

// Here returns the newest request that was made in the browser that shows token,
// and the member's standing. It returns an error wrapping org.ErrNotFound where
// there is none.
func (s *Service) Here(ctx context.Context, token session.Token) (standing.Standing, standing.Request, error) {
	if token == "" {
		return standing.Standing{}, standing.Request{}, org.ErrNotFound
	}
	m, id, err := s.Store.RequestIn(ctx, token.Hash())
	if err != nil {
		return standing.Standing{}, standing.Request{}, err
	}
	return s.load(ctx, m, id)
}

func (s *Service) load(ctx context.Context, m org.MemberID, id string) (standing.Standing, standing.Request, error) {
	st, err := s.Store.Standing(ctx, m)
	if err != nil {
		return standing.Standing{}, standing.Request{}, err
	}
	r, ok := st.Request(id)
	if !ok {
		return standing.Standing{}, standing.Request{}, org.ErrNotFound
	}
	return st, r, nil
}

// Withdraw takes back the request of the browser that shows token, and what was
// given for it. It returns a *ladder.Refusal, or an error wrapping org.ErrNotFound.
func (s *Service) Withdraw(ctx context.Context, token session.Token, origin audit.Origin) error {
	st, r, err := s.Here(ctx, token)
	if err != nil {
		return err
	}
	return s.take(ctx, s.asMember(st.Member.ID, origin), st.Member.ID, ladder.Step{
		Kind: ladder.WithdrawHelp, Request: standing.Request{ID: r.ID}, Browser: token.Hash(),
	})
}

// List returns the requests that who is asked, the newest first but for skip of
// them. A list holds some only: another follows until it is empty.
func (s *Service) List(ctx context.Context, who standing.Colleague, skip int) ([]standing.Asking, error) {
	return s.Store.Askings(ctx, who.Member.ID, s.Now(), skip)
}

// Count returns how many of those wait for an answer; it stops at a hundred.
func (s *Service) Count(ctx context.Context, m org.MemberID) (int, error) {
	return s.Store.CountAskings(ctx, m, s.Now())
}

// See returns a request in the organisation of who, and the standing of whoever
// made it. It returns an error wrapping org.ErrNotFound where who may not even
// know of it, and a *ladder.Refusal where they may not see it.
func (s *Service) See(ctx context.Context, who standing.Colleague, id string) (standing.Standing, standing.Request, error) {
	m, err := s.Store.RequestBy(ctx, who.Member.Organisation, id)
	if err != nil {
		return standing.Standing{}, standing.Request{}, err
	}
	st, r, err := s.load(ctx, m, id)
	if err != nil {
		return standing.Standing{}, standing.Request{}, err
	}
	switch reason, until := ladder.Permit(who, ladder.SeeRequest, ladder.About(st, s.Now()), s.Now()); reason {
	case "":
		return st, r, nil
	case ladder.Unknown:
		return standing.Standing{}, standing.Request{}, org.ErrNotFound
	default:
		return standing.Standing{}, standing.Request{}, &ladder.Refusal{Step: ladder.StepKind(ladder.SeeRequest), Reason: reason, Until: until}
	}
}

// Asker returns who made a request in an organisation, or an error wrapping
// org.ErrNotFound.
func (s *Service) Asker(ctx context.Context, o org.OrganisationID, id string) (org.MemberID, error) {
	return s.Store.RequestBy(ctx, o, id)
}

// A Reply is what a colleague does with a request besides giving something.
type Reply struct {
	As     standing.Colleague
	Why    string // in their own words
	Origin audit.Origin
	// Browser is what this browser was given when it asked for help itself; empty:
	// it never did.
	Browser session.Token
}

// Refuse turns a request down with words that the member reads. It returns
// audit.ErrNote, a *ladder.Refusal, ErrChanged, or an error wrapping
// org.ErrNotFound. What is refused is recorded.
func (s *Service) Refuse(ctx context.Context, id string, r Reply) error {
	return s.reply(ctx, id, r, ladder.RefuseHelp)
}

// Agree is the second administrator's agreement to the pass that answered a
// request: it opens at once. Errors as for Refuse.
func (s *Service) Agree(ctx context.Context, id string, r Reply) error {
	return s.reply(ctx, id, r, ladder.Agree)
}

// Stop objects to that pass: the recovery is frozen. Errors as for Refuse.
func (s *Service) Stop(ctx context.Context, id string, r Reply) error {
	return s.reply(ctx, id, r, ladder.Stop)
}

func (s *Service) reply(ctx context.Context, id string, r Reply, kind ladder.StepKind) error {
	st, request, err := s.See(ctx, r.As, id)
	if err != nil {
		return err
	}
	why, err := audit.ParseNote(r.Why)
	if err != nil {
		return err
	}
	helpers, err := s.Store.Helpers(ctx, st.Member.ID)
	if err != nil {
		return err
	}
	r.Origin.Note = why
	giver := r.As.Gives()
	scene := standing.Scene{Now: s.Now(), Actor: giver.Actor, Origin: r.Origin, Random: s.Random, Session: r.As.Session.ID}
	return s.take(ctx, scene, st.Member.ID, ladder.Step{
		Kind: kind, By: giver, Request: standing.Request{ID: request.ID, Words: why}, Browser: hashOf(r.Browser),
		Administrators: ladder.Told(st, helpers, s.Now()), Helpers: helpers,
	})
}

// take takes a step, and records it where it is refused.
func (s *Service) take(ctx context.Context, scene standing.Scene, m org.MemberID, step ladder.Step) error {
	err := scene.Update(ctx, s.Store, m, func(st standing.Standing) (standing.Decision, error) {
		if r, ok := st.Request(step.Request.ID); (step.Kind == ladder.Agree || step.Kind == ladder.Stop) && (!ok || r.Browser != st.Pass.Browser) {
			// The pass of another request, or of none, stands in its place.
			return standing.Decision{}, &ladder.Refusal{Step: step.Kind, Reason: ladder.PassEnded}
		}
		d, err := ladder.Decide(st, step, scene.Now)
		return step.By.Bind(m, d), err
	})
	if refusal, ok := errors.AsType[*ladder.Refusal](err); ok {
		return s.refused(ctx, scene, m, refusal)
	}
	if errors.Is(err, standing.ErrTaken) {
		return ErrChanged
	}
	return err
}

func (s *Service) asMember(m org.MemberID, origin audit.Origin) standing.Scene {
	return standing.Scene{Now: s.Now(), Actor: audit.Actor{Kind: audit.Member, Member: m}, Origin: origin, Random: s.Random}
}

// refused records a refusal and returns it.
func (s *Service) refused(ctx context.Context, scene standing.Scene, m org.MemberID, r *ladder.Refusal) error {
	err := scene.Update(ctx, s.Store, m, func(standing.Standing) (standing.Decision, error) {
		return standing.Decision{Events: []audit.Event{{
			Kind: audit.RecoveryRefused, Reason: string(r.Reason), Facts: map[string]string{"step": string(r.Step)},
		}}}, nil
	})
	if err != nil {
		return err
	}
	return r
}
