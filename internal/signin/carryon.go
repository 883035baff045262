package signin

import (
	"context"
	"errors"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/ladder"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/session"
	"github.com/sparekey/sparekey/internal/standing"
)

// CarryOn goes on with the sign-in behind token by what was given for the request
// that this browser made, which asked shows: while MFA is suspended it opens a
// session, and with an enrolment pass one in which MFA is set up anew. The
// password was right in this sign-in. It returns ErrOver, or a *ladder.Refusal
// where nothing is open here.
func (s *Service) CarryOn(ctx context.Context, token, asked session.Token, origin audit.Origin) (Opening, error) {
	c, err := s.challenge(ctx, token)
	if err == nil && c.Member == "" {
		err = ErrOver // the organisation is still to be chosen
	}
	if err != nil {
		return Opening{}, err
	}
	browser := hashOf(asked)
	opened, in, err := s.newSession(c.Member, session.BySuspension, origin)
	if err != nil {
		return Opening{}, err
	}
	opening := Opening{Session: opened, Next: c.Next}
	holds, scene := setBefore(c.Created), s.asMember(c.Member, origin)
	err = scene.Update(ctx, s.Store, c.Member, func(st standing.Standing) (standing.Decision, error) {
		if st.Member.State != org.Active || !holds(st) || st.Password.Ended {
			return standing.Decision{}, ErrOver
		}
		step, in := ladder.Step{Kind: ladder.CarryOn, Browser: browser}, in
		if r, ok := ladder.RequestIn(st, browser); ok {
			step.Request.ID = r.ID
			if r.Given == standing.GivenPass && st.Pass.Browser == browser { // and no pass that was mailed
				step.Kind, step.Pass.ID = ladder.OpenPass, st.Pass.ID
				in.CameBy, in.Reach, in.Pass = session.ByPass, session.SetUpOnly, st.Pass.ID
			}
		}
		d, err := ladder.Decide(st, step, scene.Now)
		if err != nil {
			return standing.Decision{}, err
		}
		opening.Reach = in.Reach
		d.Events = append(d.Events, audit.Event{Kind: audit.SignedIn, Reason: string(in.CameBy)})
		return d.And(standing.CloseChallenge{ID: c.ID}, standing.OpenSession{Session: ladder.Bounded(st, in)}), nil
	})
	switch {
	case errors.Is(err, standing.ErrTaken):
		return Opening{}, ErrOver
	case err != nil:
		return Opening{}, s.refused(ctx, c.Member, err, origin)
	}
	return opening, nil
}

func hashOf(token session.Token) session.Hash {
	if token == "" {
		return ""
	}
	return token.Hash()
}
