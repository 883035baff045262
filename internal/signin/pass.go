package signin

import (
	"context"
	"errors"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/ladder"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/session"
	"github.com/sparekey/sparekey/internal/standing"
	"github.com/sparekey/sparekey/internal/throttle"
)

// Pass returns the pass behind a mailed link and whom it is for. It returns
// ErrLink where it was used, replaced or taken away, has expired or never was, and
// a *ladder.Refusal with Until where it is not open yet.
// It changes nothing, so a scanner may open it.
func (s *Service) Pass(ctx context.Context, token session.Token) (standing.Link, standing.Standing, error) {
	link, st, err := s.Linked(ctx, token, standing.ForPass)
	if err != nil {
		return link, st, err
	}
	if _, err := ladder.Decide(st, openPass(link), s.Now()); err != nil {
		if refusal, ok := errors.AsType[*ladder.Refusal](err); ok && !refusal.Until.IsZero() {
			return link, st, err
		}
		return standing.Link{}, standing.Standing{}, ErrLink
	}
	return link, st, nil
}

func openPass(link standing.Link) ladder.Step {
	return ladder.Step{Kind: ladder.OpenPass, Pass: standing.Pass{ID: link.ID}}
}

// OpenPass opens a session in which MFA is set up anew, for whoever has both the
// link and the member's password. The pass itself is spent when that is done.
// It returns ErrLink, a *ladder.Refusal as Pass does, ErrWrong, ErrNewPassword, a *ThrottledError, or an error
// wrapping password.ErrBusy. Of c it takes neither address nor device.
func (s *Service) OpenPass(ctx context.Context, token session.Token, c Credentials) (Opening, error) {
	link, st, err := s.Pass(ctx, token)
	if err != nil {
		return Opening{}, err
	}
	also, err := s.passwordAt(ctx, link, st, c)
	if err != nil {
		return Opening{}, err
	}
	opened, in, err := s.newSession(link.Member, session.ByPass, c.Origin)
	if err != nil {
		return Opening{}, err
	}
	in.Reach, in.Pass = session.SetUpOnly, link.ID
	holds, scene := sameHash(st.Password.Hash), s.asMember(link.Member, c.Origin)
	err = scene.Update(ctx, s.Store, link.Member, func(st standing.Standing) (standing.Decision, error) {
		if st.Member.State != org.Active || !holds(st) || st.Password.Ended {
			return standing.Decision{}, ErrLink
		}
		d, err := ladder.Decide(st, openPass(link), scene.Now)
		if err != nil {
			return standing.Decision{}, ErrLink
		}
		d.Events = append(d.Events, audit.Event{Kind: audit.SignedIn, Reason: string(in.CameBy)})
		return d.And(also...).And(standing.OpenSession{Session: ladder.Bounded(st, in)}), nil
	})
	return Opening{Session: opened, Reach: in.Reach}, err
}

// passwordAt checks the password of the member whom a link is for, and returns
// what else a right one saves. Tries count against the link: strangers who know
// the address keep nobody out who holds it.
func (s *Service) passwordAt(ctx context.Context, link standing.Link, st standing.Standing, c Credentials) ([]standing.Effect, error) {
	asker, key := known(c.Origin), throttle.Key{Kind: throttle.Password, Subject: string(link.ID)}
	if err := s.Hasher.Room(asker); err != nil {
		return nil, err
	}
	if err := s.take(ctx, key); err != nil {
		return nil, err
	}
	mine := []standing.Candidate{{Member: st.Member.ID, Organisation: st.Organisation.ID, Hash: st.Password.Hash}}
	fitting, err := s.fitting(ctx, asker, c.Password, mine)
	if err != nil {
		// The password was not looked at, so this was no try.
		return nil, errors.Join(err, s.Store.GiveBackTry(context.WithoutCancel(ctx), key))
	}
	switch {
	case len(fitting) == 0:
		return nil, s.wrongPassword(ctx, mine, c.Origin)
	case st.Password.Ended:
		return nil, ErrNewPassword
	}
	return []standing.Effect{standing.ForgetFailures{Key: key}}, nil
}
