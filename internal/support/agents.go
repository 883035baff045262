package support

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/desk"
	"github.com/sparekey/sparekey/internal/factor"
	"github.com/sparekey/sparekey/internal/ladder"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/session"
	"github.com/sparekey/sparekey/internal/standing"
)

// An Agent is a member of the desk who acts, in a session, and from where.
type Agent struct {
	As     standing.Colleague
	Origin audit.Origin
}

func (a Agent) scene(s *Service) standing.Scene {
	return standing.Scene{Now: s.Now(), Actor: a.As.Gives().Actor, Origin: a.Origin, Random: s.Random, Session: a.As.Session.ID}
}

// Queue returns the cases of the desk, and what there is to do. It returns an error
// wrapping org.ErrNotFound for whoever is none of the desk, or a *ladder.Refusal.
func (s *Service) Queue(ctx context.Context, a Agent) ([]standing.Queued, error) {
	if reason, until := ladder.PermitAgent(a.As, false, false, s.Now()); reason == ladder.Unknown {
		return nil, fmt.Errorf("queue: %w", org.ErrNotFound)
	} else if reason != "" {
		return nil, &ladder.Refusal{Step: ladder.StepKind(desk.See), Reason: reason, Until: until}
	}
	return s.Store.Queue(ctx)
}

// FiguresTime is of how long the figures of the desk are.
const FiguresTime = 90 * 24 * time.Hour

// Figures returns the figures of the desk, of the cases of the last 90 days.
func (s *Service) Figures(ctx context.Context) (standing.DeskFigures, error) {
	return s.Store.DeskFigures(ctx, s.Now().Add(-FiguresTime))
}

// A Dossier is a case as an agent sees it.
type Dossier struct {
	Standing standing.Standing // of the claimant
	Case     standing.Case
	// Newest says that the claimant has no later case: only then it can go on.
	Newest   bool
	Evidence []standing.Evidence
	Helpers  []standing.Helper
	Traces   []standing.Trace
	Agents   []standing.Agent
	Own      bool // the agent belongs to the claimant's organisation too
	Receipts []standing.Receipt
	// PhoneReason is why the number on file is none to read half a pass to; empty: it is.
	PhoneReason ladder.Reason
	PhoneUntil  time.Time
}

// See returns the case with a number. Errors as for Queue.
func (s *Service) See(ctx context.Context, a Agent, number string) (Dossier, error) {
	if reason, until := ladder.PermitAgent(a.As, false, false, s.Now()); reason == ladder.Unknown {
		return Dossier{}, fmt.Errorf("case: %w", org.ErrNotFound)
	} else if reason != "" {
		return Dossier{}, &ladder.Refusal{Step: ladder.StepKind(desk.See), Reason: reason, Until: until}
	}
	m, id, err := s.Store.CaseBy(ctx, number)
	if err != nil {
		return Dossier{}, err
	}
	d := Dossier{}
	if d.Standing, err = s.Store.Standing(ctx, m); err != nil {
		return Dossier{}, err
	}
	d.Case, d.Newest = d.Standing.Case, d.Standing.Case.ID == id
	if !d.Newest {
		if d.Case, err = s.Store.Case(ctx, number); err != nil {
			return Dossier{}, err
		}
	}
	helpers, err := s.Store.Helpers(ctx, m)
	if err != nil {
		return Dossier{}, err
	}
	d.Helpers = ladder.Able(d.Standing, helpers, s.Now())
	if d.Agents, err = s.Store.Agents(ctx, d.Standing.Organisation.ID); err != nil {
		return Dossier{}, err
	}
	d.Own = slices.ContainsFunc(d.Agents, func(g standing.Agent) bool { return g.ID == a.As.Member.ID && g.Own })
	if d.Traces, err = s.Store.Traces(ctx, m); err != nil {
		return Dossier{}, err
	}
	if d.Case.Destroyed.IsZero() {
		if d.Evidence, err = s.Store.EvidenceOf(ctx, id); err != nil {
			return Dossier{}, err
		}
	}
	if d.Receipts, err = s.Store.ReceiptsOf(ctx, id); err != nil {
		return Dossier{}, err
	}
	d.PhoneReason, d.PhoneUntil = desk.PhoneFor(d.Standing, s.Now())
	return d, nil
}

// An Order is what an agent does with a case.
type Order struct {
	Agent
	Kind     desk.StepKind
	Words    Words
	To       org.MemberID     // of HandOn
	Checks   []standing.Check // of Tick
	Pin      string           // of Call, as the caller read it out
	Verified ladder.Verified  // of Hand: how the half reaches the claimant; of Release: how they were verified
	Evidence standing.EvidenceKind
}

// Handed is the half of a pass that is read out. It is shown once.
type Handed struct{ Read factor.PassHalf }

// Act has an agent take a step with a case. It returns ErrWords, ErrChanged,
// ladder.ErrStale, a *ladder.Refusal, or an error wrapping org.ErrNotFound. Of Hand
// it returns the half that is read out.
func (s *Service) Act(ctx context.Context, number string, o Order) (Handed, error) {
	d, err := s.See(ctx, o.Agent, number)
	if err != nil {
		return Handed{}, err
	}
	if !d.Newest {
		return Handed{}, &ladder.Refusal{Step: ladder.StepKind(o.Kind), Reason: desk.CaseOver}
	}
	step := desk.Step{
		Kind: o.Kind, By: o.As.Gives(), Foreign: d.Own, To: o.To, Checks: o.Checks, Verified: o.Verified, Zone: s.Zone, Keep: s.Keep,
		Helpers: d.Helpers, Agents: d.Agents, PinRight: o.Kind == desk.Call && d.Case.Pin.Equal(o.Pin),
		Evidence: standing.Evidence{Kind: o.Evidence},
	}
	for _, e := range d.Evidence {
		step.Have = append(step.Have, e.Kind)
	}
	if strings.TrimSpace(o.Words.Text) != "" {
		if step.Entry, err = o.Words.entry(); err != nil {
			return Handed{}, err
		}
	}
	handed, err := s.prepare(&step)
	if err != nil {
		return Handed{}, err
	}
	scene := o.scene(s)
	if o.Kind == desk.Reject || o.Kind == desk.Release {
		if note, err := audit.ParseNote(o.Words.Text); err == nil {
			scene.Origin.Note = note
		}
	}
	err = scene.Update(ctx, s.Store, d.Standing.Member.ID, func(st standing.Standing) (standing.Decision, error) {
		if st.Case.ID != d.Case.ID {
			return standing.Decision{}, standing.ErrTaken
		}
		decision, err := desk.Decide(st, step, scene.Now)
		if err != nil {
			return decision, err
		}
		if weighty(o.Kind) {
			decision = step.By.Bind(st.Member.ID, decision)
		}
		return s.threaded(st.Case, decision), nil
	})
	return handed, s.refuse(ctx, scene, d.Standing.Member.ID, err)
}

// weighty reports whether a step is held to what is known of the agent.
func weighty(kind desk.StepKind) bool {
	return slices.Contains([]desk.StepKind{desk.Approve, desk.Confirm, desk.Reject, desk.Hand, desk.Release}, kind)
}

// prepare draws what a step needs.
func (s *Service) prepare(step *desk.Step) (Handed, error) {
	switch step.Kind {
	case desk.Call:
		pin, err := factor.NewCasePin(s.Random)
		step.NewPin.Pin = pin
		return Handed{}, err
	case desk.Approve, desk.Pick:
		step.Agents = s.shuffled(step.Agents)
	case desk.Confirm:
		// Nobody holds it: it only stands for the time in which one can object.
		token, err := session.NewToken(s.Random)
		step.Pass.ID = token.Hash()
		return Handed{}, err
	case desk.Hand:
		mailed, err := factor.NewPassHalf(s.Random)
		if err != nil {
			return Handed{}, err
		}
		read, err := factor.NewPassHalf(s.Random)
		step.Half, step.Pass.ID = string(mailed), ladder.Halves(string(mailed), string(read))
		return Handed{Read: read}, err
	}
	return Handed{}, nil
}

// shuffled returns the agents with the least to do first, those with as much as one
// another in an order that nobody foresees.
func (s *Service) shuffled(agents []standing.Agent) []standing.Agent {
	list := slices.Clone(agents)
	var seed [32]byte
	if _, err := s.Random.Read(seed[:]); err == nil {
		r := rand.New(rand.NewChaCha8(seed))
		r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	}
	slices.SortStableFunc(list, func(a, b standing.Agent) int { return a.Busy - b.Busy })
	return list
}

// Page returns one page of a piece of evidence for an agent, and logs that they look
// at it.
func (s *Service) Page(ctx context.Context, a Agent, number, evidence string, page int) ([]byte, error) {
	d, err := s.See(ctx, a, number)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(d.Evidence, func(e standing.Evidence) bool { return e.ID == evidence })
	if i < 0 || page < 1 || page > d.Evidence[i].Pages {
		return nil, fmt.Errorf("evidence: %w", org.ErrNotFound)
	}
	if _, err := s.Act(ctx, number, Order{Agent: a, Kind: desk.View, Evidence: d.Evidence[i].Kind}); err != nil {
		return nil, err
	}
	picture, err := s.Store.EvidencePage(ctx, d.Case.ID, evidence, page)
	if err != nil {
		return nil, err
	}
	return stamped(picture, a.As.Member.Name+"  "+number+"  "+s.Now().In(s.Zone).Format("2006-01-02 15:04"))
}

// Tend does with every case what is due: it abandons those of which nothing is heard,
// picks another second agent where the one picked has not come, and destroys the
// evidence of those that are over. It returns how many were destroyed.
func (s *Service) Tend(ctx context.Context) (destroyed int, err error) {
	due, err := s.Store.Overdue(ctx, s.dues())
	if err != nil {
		return 0, err
	}
	for _, number := range due {
		gone, one := s.tend(ctx, number)
		err = errors.Join(err, one)
		if gone {
			destroyed++
		}
	}
	if destroyed > 0 {
		err = errors.Join(err, s.Store.Scrub(ctx))
	}
	return destroyed, err
}

// dues are the instants before which something must have happened for nothing to be due.
func (s *Service) dues() standing.Dues {
	now := s.Now()
	return standing.Dues{Now: now, Heard: now.Add(-desk.Quiet), Picked: now.Add(-desk.SecondTime), Ended: now.Add(-max(s.Keep, 0))}
}

func (s *Service) tend(ctx context.Context, number string) (destroyed bool, err error) {
	m, id, err := s.Store.CaseBy(ctx, number)
	if err != nil {
		return false, err
	}
	receipts, err := s.Store.ReceiptsOf(ctx, id)
	if err != nil {
		return false, err
	}
	c, err := s.Store.Case(ctx, number)
	if err != nil {
		return false, err
	}
	before, err := s.Store.Standing(ctx, m)
	if err != nil {
		return false, err
	}
	agents, err := s.Store.Agents(ctx, before.Organisation.ID)
	if err != nil {
		return false, err
	}
	agents = s.shuffled(agents)
	scene := s.asProgram()
	err = scene.Update(ctx, s.Store, m, func(st standing.Standing) (standing.Decision, error) {
		destroyed = false
		if st.Case.ID != id {
			st.Case = c // an earlier one, which nothing but its end changes
		}
		for _, kind := range []desk.StepKind{desk.Destroy, desk.Abandon, desk.Pick} {
			step := desk.Step{Kind: kind, Receipts: receipts, Keep: s.Keep, Agents: agents}
			d, err := desk.Decide(st, step, scene.Now)
			if _, refused := errors.AsType[*ladder.Refusal](err); refused {
				continue
			}
			destroyed = kind == desk.Destroy
			return d, err
		}
		return standing.Decision{}, nil
	})
	return destroyed && err == nil, err
}

// Undestroyed returns the numbers of cases of which something is left that should be
// gone.
func (s *Service) Undestroyed(ctx context.Context) ([]string, error) {
	return s.Store.Undestroyed(ctx, s.dues())
}
