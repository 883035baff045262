package signin

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/ladder"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/session"
	"github.com/sparekey/sparekey/internal/standing"
	"github.com/sparekey/sparekey/internal/throttle"
)

// touchEvery is how exactly the last use of a session is known. Noting every
// request would write to the database on each of them.
const touchEvery = time.Minute

// Current returns the session behind token and whom it shows. It returns an
// error wrapping org.ErrNotFound where there is none that is alive.
func (s *Service) Current(ctx context.Context, token session.Token) (session.Session, standing.Viewer, error) {
	now := s.Now()
	current, viewer, err := s.Store.Session(ctx, token.Hash(), now)
	if err != nil {
		return session.Session{}, standing.Viewer{}, err
	}
	if !ladder.Holds(viewer, current, now) {
		return session.Session{}, standing.Viewer{}, fmt.Errorf("session of what was given: %w", org.ErrNotFound)
	}
	if now.Sub(current.LastUsed) >= touchEvery {
		if err := s.Store.Touch(ctx, current.ID, now); err != nil {
			return session.Session{}, standing.Viewer{}, err
		}
	}
	return current, viewer, nil
}

// SignOut ends the session.
func (s *Service) SignOut(ctx context.Context, in session.Session, origin audit.Origin) error {
	return s.asMember(in.Member, origin).Update(ctx, s.Store, in.Member, func(standing.Standing) (standing.Decision, error) {
		return standing.Decision{
			Effects: []standing.Effect{standing.EndSession{ID: in.ID}},
			Events:  []audit.Event{{Kind: audit.SignedOut}},
		}, nil
	})
}

// AsksFactor reports whether a renewal in this session asks for a factor too.
func (s *Service) AsksFactor(ctx context.Context, in session.Session) (bool, error) {
	st, err := s.Store.Standing(ctx, in.Member)
	return err == nil && ladder.FactorAsked(st, in), err
}

// A Renewal is what a member types to prove once more who they are.
type Renewal struct {
	Password string
	Code     string // of an authenticator; unused where none is asked
	Origin   audit.Origin
}

// ErrWrongPassword says that the password typed in a renewal does not fit. It
// is an ErrWrong.
var ErrWrongPassword = &wrongPasswordError{}

type wrongPasswordError struct{}

func (*wrongPasswordError) Error() string { return "wrong password" }
func (*wrongPasswordError) Unwrap() error { return ErrWrong }

// Renew proves again who is at the browser of a session and returns its new
// token: whoever proves something gets another token. It returns
// ErrWrongPassword, an error wrapping ErrMalformed, a *WrongCodeError or a
// *ThrottledError.
func (s *Service) Renew(ctx context.Context, in session.Session, r Renewal) (session.Token, error) {
	st, err := s.Store.Standing(ctx, in.Member)
	if err != nil {
		return "", err
	}
	method, err := s.method(session.ByFactor)
	if err != nil {
		return "", err
	}
	askFactor := ladder.FactorAsked(st, in)
	if askFactor {
		if err := method.Parse(r.Code); err != nil {
			return "", err
		}
	}
	passwords := s.passwordKey(st.Member.Email, in.Device)
	if err := s.renewPassword(ctx, st, passwords, r); err != nil {
		return "", err
	}
	token, err := session.NewToken(s.Random)
	if err != nil {
		return "", err
	}
	raised := in
	raised.ID, raised.PasswordProved = token.Hash(), s.Now()
	effects, err := s.forgetTries(ctx, st.Member.Email, passwords)
	if err != nil {
		return "", err
	}
	step := ladder.Step{}
	if askFactor {
		codes := codeKey(in.Member, in.Device)
		if err := s.take(ctx, codes); err != nil {
			return "", err
		}
		proof, err := method.Check(ctx, Attempt{Standing: st, Typed: r.Code, Now: s.Now(), Asker: known(r.Origin)})
		if errors.Is(err, ErrWrong) || errors.Is(err, ErrReplayed) {
			return "", s.wrongRenewal(ctx, in.Member, err, r.Origin)
		}
		if err != nil {
			return "", err
		}
		raised.FactorProved, raised.PowersFrom = s.Now(), proof.PowersFrom
		effects, step = append(effects, standing.ForgetFailures{Key: codes}), proof.Step
	}
	return token, s.saveRenewal(ctx, in, raised, step, effects, r.Origin)
}

// forgetTries returns what a right password saves about the tries at an address,
// the last of which was this one. Where the address is several members', it only
// gives that one back: see Password.
func (s *Service) forgetTries(ctx context.Context, address org.Email, key throttle.Key) ([]standing.Effect, error) {
	candidates, err := s.Store.Candidates(ctx, address)
	if err != nil {
		return nil, err
	}
	if len(candidates) > 1 {
		return nil, s.Store.GiveBackTry(ctx, key)
	}
	return []standing.Effect{standing.ForgetFailures{Key: key}}, nil
}

// renewPassword checks the password of a renewal.
func (s *Service) renewPassword(ctx context.Context, st standing.Standing, key throttle.Key, r Renewal) error {
	if err := s.take(ctx, key); err != nil {
		return err
	}
	mine := []standing.Candidate{{Member: st.Member.ID, Organisation: st.Organisation.ID, Hash: st.Password.Hash}}
	fitting, err := s.fitting(ctx, known(r.Origin), r.Password, mine)
	if err != nil {
		// The password was not looked at, so this was no try.
		return errors.Join(err, s.Store.GiveBackTry(context.WithoutCancel(ctx), key))
	}
	if len(fitting) == 1 && !st.Password.Ended {
		return nil
	}
	if err := s.wrongPassword(ctx, mine, r.Origin); !errors.Is(err, ErrWrong) {
		return err
	}
	return ErrWrongPassword
}

// saveRenewal saves the proofs of a renewal.
func (s *Service) saveRenewal(ctx context.Context, in, raised session.Session, step ladder.Step, effects []standing.Effect, origin audit.Origin) error {
	scene := s.asMember(in.Member, origin)
	err := scene.Update(ctx, s.Store, in.Member, func(st standing.Standing) (standing.Decision, error) {
		d := standing.Decision{}
		if step.Kind != "" {
			var err error
			if d, err = ladder.Decide(st, step, scene.Now); err != nil {
				return standing.Decision{}, err
			}
		}
		d.Events = append(d.Events, audit.Event{Kind: audit.ProofRenewed})
		return d.And(effects...).And(standing.RaiseSession{Old: in.ID, Session: raised}), nil
	})
	if errors.Is(err, standing.ErrTaken) {
		return s.wrongRenewal(ctx, in.Member, ErrReplayed, origin)
	}
	return err
}

// wrongRenewal records a wrong code of a renewal and returns it as an error.
func (s *Service) wrongRenewal(ctx context.Context, m org.MemberID, why error, origin audit.Origin) error {
	kind := audit.CodeWrong
	if errors.Is(why, ErrReplayed) {
		kind = audit.CodeReplayed
	}
	err := s.asMember(m, origin).Update(ctx, s.Store, m, func(st standing.Standing) (standing.Decision, error) {
		d := standing.Decision{
			Effects: []standing.Effect{standing.CountWrongCode{}},
			Events:  []audit.Event{{Kind: kind, Reason: "renewal"}},
		}
		return d.Merge(endPassword(st, st.WrongCodes+1)), nil
	})
	if err != nil {
		return err
	}
	return &WrongCodeError{Left: -1, Replayed: kind == audit.CodeReplayed}
}
