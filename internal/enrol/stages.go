package enrol

import (
	"bytes"
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/factor"
	"github.com/sparekey/sparekey/internal/ladder"
	"github.com/sparekey/sparekey/internal/notice"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/password"
	"github.com/sparekey/sparekey/internal/session"
	"github.com/sparekey/sparekey/internal/standing"
)

// Check takes the code that guards a first set-up. It returns ErrNone,
// ErrMalformed, ErrWrong or ErrExpired.
func (s *Service) Check(ctx context.Context, v standing.Visit, text string) error {
	up, err := s.at(ctx, v.Session, standing.StageMailCode)
	if err != nil {
		return err
	}
	mailed, err := s.typed(ctx, v, standing.ForSetUp, text)
	if err != nil {
		return err
	}
	up.Stage, up.Guarded = standing.StageScan, true
	return s.advance(ctx, v, up, standing.Decision{Effects: []standing.Effect{standing.UseMailCode{ID: mailed.ID}}})
}

// CheckAgain mails a new code for Check. It returns ErrNone or a *WaitError.
func (s *Service) CheckAgain(ctx context.Context, v standing.Visit) error {
	return s.again(ctx, v, standing.StageMailCode)
}

// Scan takes a name and the first code of the new authenticator: from here on
// it counts. It returns the session's new token, and ErrNone, ErrMalformed,
// ErrWrong, ErrClock, factor.ErrNameTaken, an org.ErrName or a
// *ladder.Refusal.
func (s *Service) Scan(ctx context.Context, v standing.Visit, name, text string) (session.Token, error) {
	up, err := s.at(ctx, v.Session, standing.StageScan)
	if err != nil {
		return "", err
	}
	if name, err = org.ParseName(name); err != nil {
		return "", err
	}
	st, err := s.Store.Standing(ctx, v.Session.Member)
	if err != nil {
		return "", err
	}
	for _, a := range st.Authenticators {
		// With a pass the old ones go: a new phone may be called as the old one was.
		if strings.EqualFold(a.Name, name) && !v.Session.CameByPass() {
			return "", factor.ErrNameTaken
		}
	}
	step, err := s.confirm(up, text)
	if errors.Is(err, ErrWrong) {
		err = s.wrong(ctx, v, "authenticator")
	}
	if err != nil {
		return "", err
	}
	return s.add(ctx, v, up, factor.Authenticator{
		ID: factor.AuthenticatorID(s.NewID()), Name: name, Secret: up.Secret, LastStep: step,
	})
}

// confirm returns the time step of a right first code, or says what is wrong
// with it in the way that helps most. It never says anything about codes of
// other authenticators: nobody counts the tries here.
func (s *Service) confirm(up standing.SetUp, text string) (uint64, error) {
	code, err := factor.ParseTOTPCode(text)
	if err != nil {
		return 0, fmt.Errorf("first code: %w", ErrMalformed)
	}
	now := s.Now()
	if step, ok, _ := up.Secret.Match(code, now, 0); ok {
		return step, nil
	}
	for off := time.Minute; off <= clockHint; off += factor.Period {
		_, ahead, _ := up.Secret.Match(code, now.Add(off), 0)
		_, behind, _ := up.Secret.Match(code, now.Add(-off), 0)
		if ahead || behind {
			return 0, ErrClock
		}
	}
	return 0, ErrWrong
}

// clockHint is how far a phone's clock may be off for the page to say so.
const clockHint = 15 * time.Minute

// add saves the confirmed authenticator, raises the session, and goes on.
func (s *Service) add(ctx context.Context, v standing.Visit, up standing.SetUp, a factor.Authenticator) (session.Token, error) {
	token, err := session.NewToken(s.Random)
	if err != nil {
		return "", err
	}
	administrators, err := s.told(ctx, v)
	if err != nil {
		return "", err
	}
	next := up
	next.Session, next.Stage, next.Secret = token.Hash(), standing.StageCodes, factor.Secret{}
	if next.Codes, next.Set, err = s.draw(ctx, v); err != nil {
		return "", err
	}
	scene := s.scene(v)
	next.Expires = scene.Now.Add(standing.SetUpLifetime)
	err = scene.Update(ctx, s.Store, v.Session.Member, func(st standing.Standing) (standing.Decision, error) {
		if reason, until := ladder.May(st, v.Session, ladder.AddAuthenticator, scene.Now); reason != "" {
			return standing.Decision{}, &ladder.Refusal{Step: ladder.FinishSetUp, Reason: reason, Until: until}
		}
		// MFA may have been turned off or on since it began, and then it would have
		// begun otherwise.
		if up.Kind != KindFor(st, v.Session) || (!up.Guarded && ladder.GuardsSetUp(st, v.Session, scene.Now)) {
			return standing.Decision{}, standing.ErrTaken
		}
		a.Added, a.LastUsed = scene.Now, scene.Now
		a.PowersFrom = ladder.PowersFrom(st, v.Session, scene.Now)
		raised := v.Session
		raised.ID, raised.Reach, raised.FactorProved, raised.PowersFrom = token.Hash(), session.Everything, scene.Now, a.PowersFrom
		d, err := ladder.Decide(st, finishing(st, v, a, administrators), scene.Now)
		if err != nil {
			return standing.Decision{}, err
		}
		before := standing.Decision{Effects: []standing.Effect{standing.DropSetUp{Session: up.Session}}}
		d = before.Merge(d).And(standing.RaiseSession{Old: v.Session.ID, Session: raised})
		if up.Kind != standing.FurtherFactor {
			d = d.And(standing.SaveSetUp{SetUp: next})
		}
		return d, nil
	})
	if errors.Is(err, standing.ErrTaken) {
		return "", ErrNone
	}
	return token, err
}

// told returns who is told of a set-up besides the member: that of a pass.
func (s *Service) told(ctx context.Context, v standing.Visit) ([]standing.Helper, error) {
	if !v.Session.CameByPass() {
		return nil, nil
	}
	st, err := s.Store.Standing(ctx, v.Session.Member)
	if err != nil {
		return nil, err
	}
	helpers, err := s.Store.Helpers(ctx, v.Session.Member)
	return ladder.Told(st, helpers, s.Now()), err
}

// finishing is the step that a confirmed authenticator is: with an enrolment
// pass it stands in place of all that was before.
func finishing(st standing.Standing, v standing.Visit, a factor.Authenticator, administrators []standing.Helper) ladder.Step {
	step := ladder.Step{Kind: ladder.FinishSetUp, New: a, Session: v.Session.ID}
	if v.Session.CameByPass() {
		step.Kind, step.Pass, step.Administrators = ladder.UsePass, st.Pass, administrators
	}
	return step
}

// draw makes a set of codes and their hashes.
func (s *Service) draw(ctx context.Context, v standing.Visit) ([]factor.BackupCode, factor.CodeSet, error) {
	codes, err := factor.NewBackupCodes(s.Random)
	if err != nil {
		return nil, factor.CodeSet{}, err
	}
	salt, err := s.Hasher.Salt()
	if err != nil {
		return nil, factor.CodeSet{}, err
	}
	set := factor.CodeSet{Salt: salt}
	for _, code := range codes {
		hash, err := s.Hasher.Derive(ctx, password.Asker{Known: true, Address: v.Origin.Address}, []byte(code), salt)
		if err != nil {
			return nil, factor.CodeSet{}, err
		}
		set.Codes = append(set.Codes, factor.StoredCode{ID: factor.BackupCodeID(s.NewID()), Hash: hash})
	}
	return codes, set, nil
}

// Codes takes one of the shown codes, typed back: from here on the set counts
// and the one before it is dead. It reports whether the set-up goes on to the
// backup e-mail. It returns ErrNone, ErrMalformed or ErrWrong.
func (s *Service) Codes(ctx context.Context, v standing.Visit, text string) (more bool, err error) {
	up, err := s.at(ctx, v.Session, standing.StageCodes)
	if err != nil {
		return false, err
	}
	typed, err := factor.ParseBackupCode(text)
	if err != nil {
		return false, fmt.Errorf("backup code: %w", ErrMalformed)
	}
	if !among(typed, up.Codes) {
		return false, ErrWrong
	}
	err = s.scene(v).Update(ctx, s.Store, v.Session.Member, func(st standing.Standing) (standing.Decision, error) {
		// The form sent twice: a set that counts already is not made anew, or
		// codes of it that were spent since would come back.
		if bytes.Equal(st.Codes.Salt, up.Set.Salt) {
			return standing.Decision{}, ErrNone
		}
		if err := s.stillMay(st, v, up, ladder.MakeCodes); err != nil {
			return standing.Decision{}, err
		}
		now := s.Now()
		d := standing.Decision{
			Effects: []standing.Effect{standing.DropSetUp{Session: up.Session}, standing.SetCodes{Set: up.Set, At: now}},
			Events:  []audit.Event{{Kind: audit.BackupCodesMade}},
		}
		if up.Kind != standing.FirstFactor {
			d.Notices = ladder.Tell(st, notice.BackupCodesReplaced, notice.Facts{}, st.Addresses()...)
		}
		more = up.Kind == standing.FirstFactor && st.BackupEmail.Address == "" && !st.Organisation.Recovery(now).BackupEmailClosed
		if !more {
			return d, nil
		}
		next := up
		next.Stage, next.Codes, next.Set = standing.StageBackupEmail, nil, factor.CodeSet{}
		next.Expires = now.Add(standing.SetUpLifetime)
		return d.And(standing.SaveSetUp{SetUp: next}), nil
	})
	if errors.Is(err, standing.ErrTaken) {
		return false, ErrNone
	}
	return more, err
}

// stillMay reports whether a later stage of a set-up may be saved: MFA is still
// on, and where the set-up was for this alone, its act is still allowed and the
// proof fresh. It returns ErrNone, ladder.ErrStale or a *ladder.Refusal.
func (s *Service) stillMay(st standing.Standing, v standing.Visit, up standing.SetUp, act ladder.Act) error {
	if !st.MFA() {
		return ErrNone
	}
	if up.Kind != standing.CodesOnly && up.Kind != standing.BackupEmailOnly {
		return nil
	}
	if reason, until := ladder.May(st, v.Session, act, s.Now()); reason != "" {
		return &ladder.Refusal{Step: ladder.StepKind(act), Reason: reason, Until: until}
	}
	if !ladder.Fresh(st, v.Session, s.Now()) {
		return ladder.ErrStale
	}
	return nil
}

// among reports whether code is one of codes, in constant time.
func among(code factor.BackupCode, codes []factor.BackupCode) bool {
	found := 0
	for _, c := range codes {
		found |= subtle.ConstantTimeCompare([]byte(code), []byte(c))
	}
	return found == 1
}

// BackupEmail takes the address that is to become the backup e-mail and mails
// it a code. It returns ErrNone, ErrIsSignIn, ErrIsBackup or a *WaitError.
func (s *Service) BackupEmail(ctx context.Context, v standing.Visit, address org.Email) error {
	up, err := s.at(ctx, v.Session, standing.StageBackupEmail)
	if err != nil {
		return err
	}
	code, err := standing.NewMailCode(s.Random, v.Session.Member, standing.ForBackupEmail, v.Session.ID, s.Now())
	if err != nil {
		return err
	}
	up.Stage, up.Address = standing.StageBackupEmailCode, address
	return s.scene(v).Update(ctx, s.Store, v.Session.Member, func(st standing.Standing) (standing.Decision, error) {
		switch {
		case !st.MFA():
			return standing.Decision{}, ErrNone
		case address == st.Member.Email:
			return standing.Decision{}, ErrIsSignIn
		case address == st.BackupEmail.Address:
			return standing.Decision{}, ErrIsBackup
		}
		d, err := mailing(st, code, address, notice.BackupEmailConfirm)
		return d.And(standing.SaveSetUp{SetUp: up}), err
	})
}

// BackupEmailAgain mails a new code. It returns ErrNone or a *WaitError.
func (s *Service) BackupEmailAgain(ctx context.Context, v standing.Visit) error {
	return s.again(ctx, v, standing.StageBackupEmailCode)
}

// BackupEmailOther goes back to ask for another address. It returns ErrNone.
func (s *Service) BackupEmailOther(ctx context.Context, v standing.Visit) error {
	up, err := s.at(ctx, v.Session, standing.StageBackupEmailCode)
	if err != nil {
		return err
	}
	up.Stage, up.Address = standing.StageBackupEmail, ""
	return s.advance(ctx, v, up, standing.Decision{})
}

// BackupEmailCode takes the code mailed to the address: from here on it is the
// backup e-mail. It returns when it begins to recover, and ErrNone,
// ErrMalformed, ErrWrong, ErrExpired or a *ladder.Refusal.
func (s *Service) BackupEmailCode(ctx context.Context, v standing.Visit, text string) (time.Time, error) {
	up, err := s.at(ctx, v.Session, standing.StageBackupEmailCode)
	if err != nil {
		return time.Time{}, err
	}
	mailed, err := s.typed(ctx, v, standing.ForBackupEmail, text)
	if err != nil {
		return time.Time{}, err
	}
	scene := s.scene(v)
	// A mailed code or the invitation guarded this set-up, so the address
	// counts at once; one that is changed later waits.
	usable := scene.Now.Add(factor.BackupEmailDelay)
	if up.Kind == standing.FirstFactor && up.Guarded {
		usable = scene.Now
	}
	err = scene.Update(ctx, s.Store, v.Session.Member, func(st standing.Standing) (standing.Decision, error) {
		if err := s.stillMay(st, v, up, ladder.ChangeBackupEmail); err != nil {
			return standing.Decision{}, err
		}
		if mailed.Address != up.Address {
			return standing.Decision{}, ErrExpired
		}
		set := factor.BackupEmail{Address: up.Address, Confirmed: scene.Now, UsableFrom: usable}
		return standing.Decision{
			Effects: []standing.Effect{
				standing.UseMailCode{ID: mailed.ID}, standing.DropSetUp{Session: up.Session}, standing.SetBackupEmail{BackupEmail: set},
			},
			Events:  []audit.Event{{Kind: audit.BackupEmailSet}},
			Notices: ladder.Tell(st, notice.BackupEmailChanged, notice.Facts{Masked: up.Address.Masked(), UsableFrom: usable}, st.Addresses()...),
		}, nil
	})
	if errors.Is(err, standing.ErrTaken) {
		return time.Time{}, ErrExpired
	}
	return usable, err
}

// advance saves a set-up that has gone on to its next stage, with d.
func (s *Service) advance(ctx context.Context, v standing.Visit, up standing.SetUp, d standing.Decision) error {
	up.Expires = s.Now().Add(standing.SetUpLifetime)
	err := s.scene(v).Update(ctx, s.Store, v.Session.Member, func(standing.Standing) (standing.Decision, error) {
		return d.And(standing.SaveSetUp{SetUp: up}), nil
	})
	if errors.Is(err, standing.ErrTaken) {
		return ErrExpired
	}
	return err
}
