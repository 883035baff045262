// Package operate does what someone does about another member: it disables their
// MFA, lets them set it up again, signs them out, ends their membership, and
// invites.
//
// It owns saying beforehand who will be told, and saving what the rules allow.
// It refuses to decide that (ladder), to know whether whoever gives is who they
// say (the caller does), and to do anything without a word of why.
package operate

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/factor"
	"github.com/sparekey/sparekey/internal/ladder"
	"github.com/sparekey/sparekey/internal/notice"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/session"
	"github.com/sparekey/sparekey/internal/standing"
)

// A Store is what these acts need kept.
type Store interface {
	standing.Keeper
	Administrators(ctx context.Context, o org.OrganisationID) ([]standing.Helper, error)
	Helpers(ctx context.Context, m org.MemberID) ([]standing.Helper, error)
	Organisations(ctx context.Context) ([]org.Organisation, error)
	MemberByEmail(ctx context.Context, o org.OrganisationID, address org.Email) (org.Member, error)
	CreateOrganisation(ctx context.Context, o org.Organisation, first org.Member, d standing.Decision) error
	AddMember(ctx context.Context, m org.Member, d standing.Decision) error
	Link(ctx context.Context, id session.Hash) (standing.Link, error)
	// SuspensionsEnding returns members who may have to be told that a suspension
	// ends before soon, or has ended at now.
	SuspensionsEnding(ctx context.Context, now, soon time.Time, limit int) ([]org.MemberID, error)
}

// A Service acts. It is safe for use by many.
type Service struct {
	Store  Store
	Now    func() time.Time
	Random io.Reader
	NewID  func() string
	Zone   *time.Location // in which midnight is
}

// A By says who does something, and why.
type By struct {
	Giver standing.Giver
	// Why is in the giver's own words. It is kept with the event, where it can be
	// erased.
	Why string
	// Origin is where a member who gives does it.
	Origin audit.Origin
}

// An Order says what is to be done about a member, by whom and why.
type Order struct {
	By
	// Kind is ladder.Suspend, EndSuspension, GivePass, Agree, Stop, Release, SignOut
	// or Deactivate.
	Kind ladder.StepKind
	// Verified belongs to Suspend, GivePass and Release.
	Verified ladder.Verified
	// Length and Lost belong to Suspend.
	Length ladder.Length
	Lost   bool
	// Devices has SignOut forget the known browsers too.
	Devices bool
	// Given is when the pass was given that Agree and Stop are about: another one may
	// stand in its place by now.
	Given time.Time
	// Request names the request for help that a Suspend or GivePass answers, and
	// Matching is the code that was typed for it. Browser is what this browser was
	// given when it asked for help itself; empty: it never did.
	Request  string
	Matching factor.MatchingCode
	Browser  session.Token
}

// A Plan is what an order comes to.
type Plan struct {
	Standing standing.Standing // before it
	Told     []notice.Message  // who is told what; without links
	From     time.Time         // of a pass: until then there is time to object
	Until    time.Time         // of a suspension, or of a pass
}

// Plan returns what an order would come to now, and changes nothing. It returns
// a *ladder.Refusal, audit.ErrNote, or an error wrapping org.ErrNotFound.
func (s *Service) Plan(ctx context.Context, m org.MemberID, o Order) (Plan, error) {
	st, err := s.Store.Standing(ctx, m)
	if err != nil {
		return Plan{}, err
	}
	if as := o.Giver.As; as != nil && as.Member.Organisation != st.Organisation.ID {
		// Nothing of it is written into the log of another organisation.
		return Plan{}, fmt.Errorf("member %s: %w", m, org.ErrNotFound)
	}
	if o.Why, err = o.note(); err != nil {
		return Plan{}, err
	}
	step, err := s.step(ctx, st, o)
	if err != nil {
		return Plan{}, err
	}
	d, err := o.decide(st, step, s.Now())
	if err != nil {
		return Plan{}, err
	}
	return planned(st, d), nil
}

// decide is ladder.Decide, held to the pass that whoever acts has seen.
func (o Order) decide(st standing.Standing, step ladder.Step, now time.Time) (standing.Decision, error) {
	if (o.Kind == ladder.Agree || o.Kind == ladder.Stop) && !st.Pass.Given.Equal(o.Given) {
		return standing.Decision{}, &ladder.Refusal{Step: o.Kind, Reason: ladder.PassEnded}
	}
	return ladder.Decide(st, step, now)
}

// note returns why, in words. A colleague need not give any for what lets nobody in.
func (o Order) note() (string, error) {
	lets := []ladder.StepKind{ladder.Suspend, ladder.GivePass, ladder.Agree, ladder.Release}
	if o.Giver.As != nil && !slices.Contains(lets, o.Kind) && strings.TrimSpace(o.Why) == "" {
		return "", nil
	}
	return audit.ParseNote(o.Why)
}

// Told returns those who hear of what is done about a member, besides the member.
func (s *Service) Told(ctx context.Context, st standing.Standing) ([]standing.Helper, error) {
	helpers, err := s.Store.Helpers(ctx, st.Member.ID)
	return ladder.Told(st, helpers, s.Now()), err
}

// Carry carries an order out. Errors as for Plan: what is refused is recorded.
func (s *Service) Carry(ctx context.Context, m org.MemberID, o Order) (Plan, error) {
	plan, err := s.Plan(ctx, m, o)
	refusal, isRefused := errors.AsType[*ladder.Refusal](err)
	if isRefused && refusal.Reason == ladder.WrongMatching {
		return Plan{}, s.mistyped(ctx, m, o)
	}
	if isRefused {
		return Plan{}, s.refused(ctx, m, o, refusal)
	}
	if err != nil {
		return Plan{}, err
	}
	step, err := s.step(ctx, plan.Standing, o)
	if err != nil {
		return Plan{}, err
	}
	scene := s.scene(o.By)
	err = scene.Update(ctx, s.Store, m, func(st standing.Standing) (standing.Decision, error) {
		d, err := o.decide(st, step, scene.Now)
		plan = planned(st, d)
		return o.Giver.Bind(m, d), err
	})
	refusal, isRefused = errors.AsType[*ladder.Refusal](err)
	if errors.Is(err, standing.ErrTaken) {
		if o.Kind != ladder.Deactivate || o.Giver.As != nil {
			return Plan{}, ErrChanged
		}
		refusal, err = s.overtaken(ctx, m)
		isRefused = err == nil
	}
	if isRefused {
		return Plan{}, s.refused(ctx, m, o, refusal)
	}
	return plan, err
}

// mistyped counts a wrong matching code, in the transaction that looks at it, and
// returns the refusal. Where something else is wrong by now, that is returned.
func (s *Service) mistyped(ctx context.Context, m org.MemberID, o Order) error {
	before, err := s.Store.Standing(ctx, m)
	if err != nil {
		return err
	}
	step, err := s.step(ctx, before, o)
	if err != nil {
		return err
	}
	var refusal *ladder.Refusal
	scene := s.scene(o.By)
	err = scene.Update(context.WithoutCancel(ctx), s.Store, m, func(st standing.Standing) (standing.Decision, error) {
		_, err := ladder.Decide(st, step, scene.Now)
		found, ok := errors.AsType[*ladder.Refusal](err)
		if !ok {
			return standing.Decision{}, errors.Join(err, ErrChanged) // it fits after all
		}
		refusal = found
		d := standing.Decision{Events: []audit.Event{refusedEvent(refusal)}}
		if refusal.Reason != ladder.WrongMatching {
			return d, nil
		}
		counting := step
		counting.Kind = ladder.Mistype
		counted, err := ladder.Decide(st, counting, scene.Now)
		return o.Giver.Bind(m, d.Merge(counted)), err
	})
	switch {
	case errors.Is(err, standing.ErrTaken):
		return ErrChanged
	case err != nil:
		return err
	}
	return refusal
}

func refusedEvent(r *ladder.Refusal) audit.Event {
	return audit.Event{Kind: audit.RecoveryRefused, Reason: string(r.Reason), Facts: map[string]string{"step": string(r.Step)}}
}

// planned is what a decision comes to.
func planned(st standing.Standing, d standing.Decision) Plan {
	plan := Plan{Standing: st, Told: withoutLinks(d.Notices)}
	for _, e := range d.Effects {
		switch e := e.(type) {
		case standing.SetSuspension:
			plan.Until = e.Suspension.Until
		case standing.SetPass:
			plan.From, plan.Until = e.Pass.From, e.Pass.Expires
		}
	}
	return plan
}

// overtaken says why a membership could not be ended after all: someone else
// ended it at the same time, or that of the other administrator.
func (s *Service) overtaken(ctx context.Context, m org.MemberID) (*ladder.Refusal, error) {
	st, err := s.Store.Standing(ctx, m)
	if err != nil {
		return nil, err
	}
	if st.Member.State == org.Deactivated {
		return &ladder.Refusal{Step: ladder.Deactivate, Reason: ladder.NotActive}, nil
	}
	return &ladder.Refusal{Step: ladder.Deactivate, Reason: ladder.LastAdministrator}, nil
}

// scene says that the giver acts now, and why.
func (s *Service) scene(by By) standing.Scene {
	why, err := audit.ParseNote(by.Why)
	if err != nil {
		why = "" // an invitation says itself why
	}
	scene := standing.Scene{Now: s.Now(), Actor: by.Giver.Actor, Random: s.Random}
	if as := by.Giver.As; as != nil {
		scene.Session, scene.Origin = as.Session.ID, by.Origin
	}
	scene.Origin.Note = why
	return scene
}

// step returns the step that an order is.
func (s *Service) step(ctx context.Context, st standing.Standing, o Order) (ladder.Step, error) {
	step := ladder.Step{Kind: o.Kind, By: o.Giver, Verified: o.Verified, Devices: o.Devices, Zone: s.Zone}
	helpers, err := s.Store.Helpers(ctx, st.Member.ID)
	if err != nil {
		return ladder.Step{}, err
	}
	step.Administrators, step.Helpers = ladder.Told(st, helpers, s.Now()), helpers
	step.Request.ID, step.Matching = o.Request, o.Matching
	if o.Browser != "" {
		step.Browser = o.Browser.Hash()
	}
	switch o.Kind {
	case ladder.Suspend:
		step.Suspension = standing.Suspension{Until: o.Length.Until(s.Now(), s.Zone), Lost: o.Lost}
		return step, nil
	case ladder.GivePass:
		token, err := session.NewToken(s.Random)
		step.Pass = standing.Pass{ID: token.Hash()}
		if o.Request == "" { // else it opens in the browser that asked
			step.Link = standing.PassPath + string(token)
		}
		return step, err
	case ladder.EndSuspension, ladder.Agree, ladder.Stop, ladder.Release, ladder.SignOut, ladder.Deactivate:
		return step, nil
	}
	return ladder.Step{}, fmt.Errorf("%q is no order", o.Kind)
}

// refused records a refusal and returns it.
func (s *Service) refused(ctx context.Context, m org.MemberID, o Order, r *ladder.Refusal) error {
	err := s.scene(o.By).Update(ctx, s.Store, m, func(standing.Standing) (standing.Decision, error) {
		return standing.Decision{Events: []audit.Event{refusedEvent(r)}}, nil
	})
	if err != nil {
		return err
	}
	return r
}

// withoutLinks returns the messages as they may be shown to whoever gives.
func withoutLinks(messages []notice.Message) []notice.Message {
	shown := make([]notice.Message, len(messages))
	for i, m := range messages {
		m.Facts.Link = ""
		shown[i] = m
	}
	return shown
}
