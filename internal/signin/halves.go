package signin

import (
	"context"
	"errors"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/factor"
	"github.com/sparekey/sparekey/internal/ladder"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/session"
	"github.com/sparekey/sparekey/internal/standing"
)

// OpenHalves goes on with the sign-in behind token by the two halves of a pass that
// the desk gave: it opens a session in which MFA is set up anew. The password was
// right in this sign-in. A wrong half counts as a wrong code does. It returns
// factor.ErrPassHalf, ErrOver, a *ThrottledError or a *WrongCodeError.
func (s *Service) OpenHalves(ctx context.Context, token session.Token, mailed, read string, origin audit.Origin) (Opening, error) {
	first, err := factor.ParsePassHalf(mailed)
	if err != nil {
		return Opening{}, err
	}
	second, err := factor.ParsePassHalf(read)
	if err != nil {
		return Opening{}, err
	}
	c, err := s.challenge(ctx, token)
	if err == nil && c.Member == "" {
		err = ErrOver // the organisation is still to be chosen
	}
	if err != nil {
		return Opening{}, err
	}
	try, err := s.Store.TakeCodeTry(ctx, c.ID, codeKey(c.Member, c.Device), s.Now())
	switch {
	case errors.Is(err, org.ErrNotFound), errors.Is(err, standing.ErrTaken):
		return Opening{}, ErrOver
	case err != nil:
		return Opening{}, err
	case try.Wait > 0:
		return Opening{}, &ThrottledError{Wait: try.Wait}
	}
	opened, in, err := s.newSession(c.Member, session.ByPass, origin)
	if err != nil {
		return Opening{}, err
	}
	in.Reach, in.Pass = session.SetUpOnly, ladder.Halves(string(first), string(second))
	holds, scene := setBefore(c.Created), s.asMember(c.Member, origin)
	err = scene.Update(ctx, s.Store, c.Member, func(st standing.Standing) (standing.Decision, error) {
		if st.Member.State != org.Active || !holds(st) || st.Password.Ended {
			return standing.Decision{}, ErrOver
		}
		d, err := ladder.Decide(st, ladder.Step{Kind: ladder.OpenPass, Pass: standing.Pass{ID: in.Pass}}, scene.Now)
		if err != nil {
			return standing.Decision{}, err
		}
		d.Events = append(d.Events, audit.Event{Kind: audit.SignedIn, Reason: string(in.CameBy)})
		return d.And(
			standing.CloseChallenge{ID: c.ID}, standing.ForgetFailures{Key: codeKey(c.Member, c.Device)},
			standing.OpenSession{Session: ladder.Bounded(st, in)},
		), nil
	})
	if _, refused := errors.AsType[*ladder.Refusal](err); refused {
		return Opening{}, s.wrongCode(ctx, c, &WrongCodeError{Left: try.Left}, Answer{Kind: session.ByPass, Origin: origin})
	}
	if errors.Is(err, standing.ErrTaken) {
		return Opening{}, ErrOver
	}
	return Opening{Session: opened, Next: c.Next, Reach: in.Reach}, err
}
