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

// Pass returns the pass behind a mailed link and whom it is for. It returns
// ErrLink where it was used, replaced or taken away, has expired or never was.
// It changes nothing, so a scanner may open it.
func (s *Service) Pass(ctx context.Context, token session.Token) (standing.Link, standing.Standing, error) {
	link, st, err := s.Linked(ctx, token, standing.ForPass)
	if err != nil {
		return link, st, err
	}
	if _, err := ladder.Decide(st, openPass(link), s.Now()); err != nil {
		return standing.Link{}, standing.Standing{}, ErrLink
	}
	return link, st, nil
}

func openPass(link standing.Link) ladder.Step {
	return ladder.Step{Kind: ladder.OpenPass, Pass: standing.Pass{ID: link.ID}}
}

// OpenPass opens a session in which MFA is set up anew, for whoever has both the
// link and the member's password. The pass itself is spent when that is done.
// It returns ErrLink, ErrWrong, ErrNewPassword, a *ThrottledError, or an error
// wrapping password.ErrBusy. Of c it takes no address.
func (s *Service) OpenPass(ctx context.Context, token session.Token, c Credentials) (Opening, error) {
	link, st, err := s.Pass(ctx, token)
	if err != nil {
		return Opening{}, err
	}
	also, err := s.passwordOf(ctx, st, c)
	if err != nil {
		return Opening{}, err
	}
	opened, in, err := s.newSession(link.Member, session.ByPass, c.Origin)
	if err != nil {
		return Opening{}, err
	}
	in.Reach = session.SetUpOnly
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

// passwordOf checks a password of one member, counted as at sign-in, and returns
// what else a right one saves.
func (s *Service) passwordOf(ctx context.Context, st standing.Standing, c Credentials) ([]standing.Effect, error) {
	candidates, err := s.Store.Candidates(ctx, st.Member.Email)
	if err != nil {
		return nil, err
	}
	device, err := s.device(ctx, c.Device, candidates)
	if err != nil {
		return nil, err
	}
	asker, key := known(c.Origin), s.passwordKey(st.Member.Email, device)
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
	case len(candidates) > 1:
		// One address is several members': see Password.
		return nil, s.Store.GiveBackTry(ctx, key)
	}
	return []standing.Effect{standing.ForgetFailures{Key: key}}, nil
}
