package signin

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/ladder"
	"github.com/sparekey/sparekey/internal/notice"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/session"
	"github.com/sparekey/sparekey/internal/standing"
	"github.com/sparekey/sparekey/internal/throttle"
)

// Pending returns the sign-in behind token and, once the organisation is
// chosen, the member's standing. It returns ErrOver where it is over.
func (s *Service) Pending(ctx context.Context, token session.Token) (session.Challenge, standing.Standing, error) {
	c, err := s.challenge(ctx, token)
	if err != nil || c.Member == "" {
		return c, standing.Standing{}, err
	}
	st, err := s.Store.Standing(ctx, c.Member)
	return c, st, err
}

// Abandon ends the sign-in behind token, if it is under way.
func (s *Service) Abandon(ctx context.Context, token session.Token) error {
	c, err := s.challenge(ctx, token)
	if errors.Is(err, ErrOver) || c.Member == "" {
		return nil
	}
	if err != nil {
		return err
	}
	err = s.asMember(c.Member, c.Origin).Update(ctx, s.Store, c.Member, func(standing.Standing) (standing.Decision, error) {
		return standing.Decision{Effects: []standing.Effect{standing.CloseChallenge{ID: c.ID}}}, nil
	})
	if errors.Is(err, standing.ErrTaken) {
		return nil
	}
	return err
}

// challenge loads an open challenge, or returns ErrOver.
func (s *Service) challenge(ctx context.Context, token session.Token) (session.Challenge, error) {
	if token == "" {
		return session.Challenge{}, ErrOver
	}
	c, err := s.Store.Challenge(ctx, token.Hash())
	if errors.Is(err, org.ErrNotFound) || (err == nil && !c.Open(s.Now())) {
		return session.Challenge{}, ErrOver
	}
	return c, err
}

// An Answer is what a member types to finish a sign-in.
type Answer struct {
	Kind   session.CameBy // ByFactor, ByBackupCode, ByBackupEmail or BySuspension
	Typed  string
	Device session.Token // the browser's; empty: one is made where it becomes known
	Origin audit.Origin
	// Remember wishes the device to be remembered, which counts with a factor and
	// where the organisation allows it. Reminder is what the browser shows; what
	// it was remembered by before ends then.
	Remember bool
	Reminder session.Reminder
}

// A SignedIn is a finished sign-in.
type SignedIn struct {
	Session session.Token
	Device  session.Token // to be kept by the browser; empty: nothing new
	CameBy  session.CameBy
	Next    string
	Remembering
}

// Answer checks an answer to the sign-in behind token and opens a session. It
// returns an error wrapping ErrMalformed, a *WrongCodeError, a *ThrottledError,
// ErrOver, or a *ladder.Refusal.
func (s *Service) Answer(ctx context.Context, token session.Token, a Answer) (SignedIn, error) {
	method, err := s.method(a.Kind)
	if err != nil {
		return SignedIn{}, err
	}
	if err := method.Parse(a.Typed); err != nil {
		return SignedIn{}, err
	}
	c, err := s.challenge(ctx, token)
	if err != nil {
		return SignedIn{}, err
	}
	try, err := s.Store.TakeCodeTry(ctx, c.ID, codeKey(c.Member, c.Device), s.Now())
	switch {
	case errors.Is(err, org.ErrNotFound), errors.Is(err, standing.ErrTaken):
		return SignedIn{}, ErrOver
	case err != nil:
		return SignedIn{}, err
	case try.Wait > 0:
		return SignedIn{}, &ThrottledError{Wait: try.Wait}
	}
	st, err := s.Store.Standing(ctx, c.Member)
	if err != nil {
		return SignedIn{}, err
	}
	proof, err := method.Check(ctx, Attempt{Standing: st, Bound: c.ID, Typed: a.Typed, Now: s.Now(), Asker: known(a.Origin)})
	if errors.Is(err, ErrWrong) || errors.Is(err, ErrReplayed) {
		replayed := errors.Is(err, ErrReplayed) || s.finished(ctx, c.ID)
		return SignedIn{}, s.wrongCode(ctx, c, &WrongCodeError{Left: try.Left, Replayed: replayed}, a)
	}
	if err != nil {
		// The code was not looked at, so this was no try.
		return SignedIn{}, errors.Join(err, s.Store.GiveBackCodeTry(context.WithoutCancel(ctx), c.ID, codeKey(c.Member, c.Device)))
	}
	return s.finish(ctx, token, a, finishing{c, st, proof, try})
}

// finishing is a right answer on its way to a session.
type finishing struct {
	challenge session.Challenge
	standing  standing.Standing
	proof     Proof
	try       standing.Try
}

// finish opens the session that a right answer earns.
func (s *Service) finish(ctx context.Context, pending session.Token, a Answer, f finishing) (SignedIn, error) {
	c, proof := f.challenge, f.proof
	token, opened, err := s.newSession(c.Member, a.Kind, a.Origin)
	if err != nil {
		return SignedIn{}, err
	}
	done := SignedIn{Session: token, CameBy: a.Kind, Next: c.Next}
	effects := append([]standing.Effect{
		standing.CloseChallenge{ID: c.ID},
		standing.ForgetFailures{Key: codeKey(c.Member, c.Device)},
	}, proof.Effects...)
	if a.Kind == session.ByFactor {
		opened.FactorProved, opened.PowersFrom = opened.Created, proof.PowersFrom
		device, err := s.deviceToken(ctx, a.Device, f.standing.Member)
		if err != nil {
			return SignedIn{}, err
		}
		done.Device, opened.Device = device, device.Hash()
		effects = append(effects, standing.KnowDevice{Device: session.Device{
			ID: device.Hash(), Member: c.Member, Created: opened.Created, Expires: opened.Created.Add(session.DeviceLifetime),
		}})
	}
	wish, err := s.wish(a, opened)
	if err != nil {
		return SignedIn{}, err
	}
	scene := s.asMember(c.Member, a.Origin)
	err = scene.Update(ctx, s.Store, c.Member, func(st standing.Standing) (standing.Decision, error) {
		d, err := ladder.Decide(st, proof.Step, scene.Now)
		if err != nil {
			return standing.Decision{}, err
		}
		d.Events = append(d.Events, audit.Event{Kind: audit.SignedIn, Reason: string(a.Kind)})
		in := ladder.Bounded(st, opened)
		done.Remembering = Remembering{}
		if wish.made() && ladder.MayRemember(st, scene.Now) {
			in.Remembered, done.Remembering = wish.device.ID, wish.Remembering
			d = d.Merge(wish.grant(st))
		}
		return d.And(effects...).And(standing.OpenSession{Session: in}), nil
	})
	if errors.Is(err, standing.ErrTaken) {
		// Someone was first: with this sign-in (a form sent twice), or with this code.
		if _, err := s.challenge(ctx, pending); err != nil {
			return SignedIn{}, err
		}
		return SignedIn{}, s.wrongCode(ctx, c, &WrongCodeError{Left: f.try.Left, Replayed: true}, a)
	}
	if err != nil {
		return SignedIn{}, s.refused(ctx, c.Member, err, a.Origin)
	}
	return done, nil
}

// deviceToken returns the browser's own token if it is known for the same
// person, else a new one: neither one that someone planted in the browser nor
// one that another person has used there becomes known.
func (s *Service) deviceToken(ctx context.Context, has session.Token, m org.Member) (session.Token, error) {
	if has == "" {
		return session.NewToken(s.Random)
	}
	known, err := s.Store.KnownDevice(ctx, has.Hash(), s.Now())
	if err != nil {
		return "", err
	}
	same, err := s.Store.MembersByEmail(ctx, m.Email)
	if err != nil {
		return "", err
	}
	for _, other := range same {
		if slices.Contains(known, other.ID) {
			return has, nil
		}
	}
	return session.NewToken(s.Random)
}

// finished reports whether a sign-in is gone that was there a moment ago: the same
// form came twice, and the code was right.
func (s *Service) finished(ctx context.Context, id session.Hash) bool {
	_, err := s.Store.Challenge(ctx, id)
	return errors.Is(err, org.ErrNotFound)
}

// wrongCode records a wrong code and returns it as an error.
func (s *Service) wrongCode(ctx context.Context, c session.Challenge, wrong *WrongCodeError, a Answer) error {
	kind := audit.CodeWrong
	if wrong.Replayed {
		kind = audit.CodeReplayed
	}
	ctx = context.WithoutCancel(ctx) // whoever hangs up has tried all the same
	err := s.asMember(c.Member, a.Origin).Update(ctx, s.Store, c.Member, func(st standing.Standing) (standing.Decision, error) {
		d := standing.Decision{Events: []audit.Event{{Kind: kind, Reason: string(a.Kind), Facts: map[string]string{"left": strconv.Itoa(wrong.Left)}}}}
		if wrong.Left == 0 {
			d.Events = append(d.Events, audit.Event{Kind: audit.ChallengeEnded, Reason: "too-many-codes"})
			if !wrong.Replayed { // a form sent twice is no stranger
				d = d.Merge(warn(st, s.Now()))
			}
		}
		return d.Merge(endPassword(st, st.WrongCodes)), nil
	})
	if err != nil {
		return err
	}
	return wrong
}

// warn is the decision to tell a member that someone has their password and
// no code to go with it (ASVS 5.0, 6.3.5), once an hour at most.
func warn(st standing.Standing, now time.Time) standing.Decision {
	if st.Mailed(standing.ForWarning, now.Add(-throttle.MailWindow)) {
		return standing.Decision{}
	}
	return standing.Decision{
		Effects: []standing.Effect{standing.CountMail{Mail: standing.Mail{Purpose: standing.ForWarning, At: now}}},
		Notices: ladder.Tell(st, notice.CodesTried, notice.Facts{}, st.Addresses()...),
	}
}

// endPassword is the decision to end a password after which too many wrong codes
// were tried: whoever tries them has it. It is empty while there are fewer.
func endPassword(st standing.Standing, wrongCodes int) standing.Decision {
	if wrongCodes < throttle.MaxWrongCodes || st.Password.Ended {
		return standing.Decision{}
	}
	ended := st.Password
	ended.Ended = true
	return standing.Decision{
		Effects: []standing.Effect{standing.SetPassword{Password: ended}, standing.CloseChallenges{}},
		Events:  []audit.Event{{Kind: audit.PasswordEnded, Reason: "too-many-codes"}},
		Notices: ladder.Tell(st, notice.PasswordEnded, notice.Facts{}, st.Addresses()...),
	}
}

// refused returns err; if it is a refusal of the rules, it is recorded first.
func (s *Service) refused(ctx context.Context, m org.MemberID, err error, origin audit.Origin) error {
	r, ok := errors.AsType[*ladder.Refusal](err)
	if !ok {
		return err
	}
	saved := s.asMember(m, origin).Update(ctx, s.Store, m, func(standing.Standing) (standing.Decision, error) {
		return standing.Decision{Events: []audit.Event{{Kind: audit.RecoveryRefused, Reason: string(r.Reason), Facts: map[string]string{"step": string(r.Step)}}}}, nil
	})
	if saved != nil {
		return saved
	}
	return r
}

// A mailing is a code that may be mailed for a sign-in: for which step, as which
// message and where to.
type mailing struct {
	step ladder.StepKind
	kind notice.Kind
	to   func(standing.Standing) org.Email
}

// mailings are the codes that may be mailed for a sign-in.
var mailings = map[standing.Purpose]mailing{
	standing.ForSignIn:    {ladder.AskMailCode, notice.SignInCode, func(st standing.Standing) org.Email { return st.BackupEmail.Address }},
	standing.ForSuspended: {ladder.AskSuspendedCode, notice.SuspendedCode, func(st standing.Standing) org.Email { return st.Member.Email }},
}

// MailCode mails a code for the sign-in behind token: to the backup e-mail
// (standing.ForSignIn, rung 3), or to the sign-in address while MFA is suspended
// (standing.ForSuspended). It returns ErrOver, a *ThrottledError or a
// *ladder.Refusal.
func (s *Service) MailCode(ctx context.Context, token session.Token, p standing.Purpose, origin audit.Origin) error {
	mails, ok := mailings[p]
	if !ok {
		return fmt.Errorf("no code is mailed for %q in a sign-in", p)
	}
	c, err := s.challenge(ctx, token)
	if err != nil {
		return err
	}
	scene := s.asMember(c.Member, origin)
	code, err := standing.NewMailCode(s.Random, c.Member, p, c.ID, scene.Now)
	if err != nil {
		return err
	}
	err = scene.Update(ctx, s.Store, c.Member, func(st standing.Standing) (standing.Decision, error) {
		d, err := ladder.Decide(st, ladder.Step{Kind: mails.step}, scene.Now)
		if err != nil {
			return standing.Decision{}, err
		}
		if wait := st.MailWait(p, c.ID, scene.Now); wait > 0 {
			return standing.Decision{}, &ThrottledError{Wait: wait}
		}
		code.Address = mails.to(st)
		d.Notices = append(d.Notices, ladder.Tell(st, mails.kind, code.Facts(), code.Address)...)
		return d.And(standing.SaveMailCode{MailCode: code}), nil
	})
	if err != nil {
		return s.refused(ctx, c.Member, err, origin)
	}
	return nil
}

// Mailed returns the code that was mailed for a purpose in the sign-in behind token, to say
// where and until when. It returns an error wrapping org.ErrNotFound where none
// was, and ErrOver.
func (s *Service) Mailed(ctx context.Context, token session.Token, p standing.Purpose) (standing.MailCode, error) {
	c, err := s.challenge(ctx, token)
	if err != nil {
		return standing.MailCode{}, err
	}
	return s.Store.MailCode(ctx, p, c.ID)
}
