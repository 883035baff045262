// Package enrol sets up what a member proves with: the first authenticator and
// further ones, backup codes, the backup e-mail.
//
// It owns the stages of a set-up and what each needs. Nothing half done counts:
// an authenticator counts once its first code is confirmed, codes once one was
// typed back, an address once its mailed code was. It refuses to decide who may
// set up what (ladder) and to remove anything (mylogin).
package enrol

import (
	"context"
	"errors"
	"fmt"
	"io"
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

// Errors that a caller tells apart.
var (
	// ErrNone says that no set-up is under way in this session at this stage.
	ErrNone = errors.New("no such set-up is under way")
	// ErrMalformed says that what was typed cannot be such a code.
	ErrMalformed = errors.New("not a code of this kind")
	// ErrWrong says that a code does not fit.
	ErrWrong = errors.New("the code does not fit")
	// ErrExpired says that a mailed code is too old or was tried too often.
	ErrExpired = errors.New("the code has expired")
	// ErrClock says that the code would be right at another time of day.
	ErrClock = errors.New("the authenticator's clock is off")
	// ErrIsSignIn says that a backup e-mail must differ from the sign-in address.
	ErrIsSignIn = errors.New("that is the sign-in address")
	// ErrIsBackup says that the address is the backup e-mail already.
	ErrIsBackup = errors.New("that is the backup e-mail already")
)

// A WaitError says that a further mail has to wait.
type WaitError struct{ Wait time.Duration }

// Error says how long.
func (e *WaitError) Error() string { return "wait " + e.Wait.String() }

// A Hasher hashes backup codes.
type Hasher interface {
	Salt() ([]byte, error)
	Derive(ctx context.Context, a password.Asker, secret, salt []byte) ([]byte, error)
}

// A Store is what a set-up needs kept.
type Store interface {
	standing.Keeper
	SetUp(ctx context.Context, in session.Hash) (standing.SetUp, error)
	MailCode(ctx context.Context, purpose standing.Purpose, bound session.Hash) (standing.MailCode, error)
	TakeMailCodeTry(ctx context.Context, id string, now time.Time) (left int, err error)
	Helpers(ctx context.Context, m org.MemberID) ([]standing.Helper, error)
}

// A Service sets up factors. It is safe for use by many.
type Service struct {
	Store  Store
	Hasher Hasher
	Now    func() time.Time
	Random io.Reader
	NewID  func() string
}

func (s *Service) scene(v standing.Visit) standing.Scene {
	return v.Scene(s.Now(), s.Random)
}

// Under returns the set-up under way in a session, or ErrNone.
func (s *Service) Under(ctx context.Context, in session.Session) (standing.SetUp, error) {
	up, err := s.Store.SetUp(ctx, in.ID)
	if errors.Is(err, org.ErrNotFound) || (err == nil && !s.Now().Before(up.Expires)) {
		return standing.SetUp{}, ErrNone
	}
	return up, err
}

// Mailed returns the code that was mailed last for the stage of a set-up, to say
// where and until when. It returns an error wrapping org.ErrNotFound where none
// was.
func (s *Service) Mailed(ctx context.Context, up standing.SetUp) (standing.MailCode, error) {
	purpose := standing.ForSetUp
	if up.Stage == standing.StageBackupEmailCode {
		purpose = standing.ForBackupEmail
	}
	return s.Store.MailCode(ctx, purpose, up.Session)
}

// at returns the set-up under way if it is at the stage, else ErrNone.
func (s *Service) at(ctx context.Context, in session.Session, stage standing.Stage) (standing.SetUp, error) {
	up, err := s.Under(ctx, in)
	if err == nil && up.Stage != stage {
		return standing.SetUp{}, ErrNone
	}
	return up, err
}

// KindFor returns what a set-up of an authenticator in session would be for st
// now.
func KindFor(st standing.Standing, in session.Session) standing.SetUpKind {
	switch {
	case !st.MFA():
		return standing.FirstFactor
	case st.Status == standing.Replacing, in.CameByPass():
		return standing.ReplacedFactor
	}
	return standing.FurtherFactor
}

// Begin begins to set up an authenticator. Where that is a first one and the
// member did not just come by the invitation, a code is mailed first. It
// returns ladder.ErrStale, a *ladder.Refusal or a *WaitError.
func (s *Service) Begin(ctx context.Context, v standing.Visit) error {
	secret, err := factor.NewSecret(s.Random)
	if err != nil {
		return err
	}
	return s.begin(ctx, v, ladder.AddAuthenticator, func(st standing.Standing, up *standing.SetUp) {
		up.Kind, up.Secret = KindFor(st, v.Session), secret
		up.Stage, up.Guarded = standing.StageScan, true
		if ladder.GuardsSetUp(st, v.Session, up.Begun) {
			up.Stage, up.Guarded = standing.StageMailCode, false
		}
	})
}

// BeginCodes begins to make a new set of backup codes. Errors as for Begin.
func (s *Service) BeginCodes(ctx context.Context, v standing.Visit) error {
	codes, set, err := s.draw(ctx, v)
	if err != nil {
		return err
	}
	return s.begin(ctx, v, ladder.MakeCodes, func(_ standing.Standing, up *standing.SetUp) {
		up.Kind, up.Stage, up.Codes, up.Set = standing.CodesOnly, standing.StageCodes, codes, set
	})
}

// BeginBackupEmail begins to set another backup e-mail. Errors as for Begin.
func (s *Service) BeginBackupEmail(ctx context.Context, v standing.Visit) error {
	return s.begin(ctx, v, ladder.ChangeBackupEmail, func(_ standing.Standing, up *standing.SetUp) {
		up.Kind, up.Stage = standing.BackupEmailOnly, standing.StageBackupEmail
	})
}

// begin checks that the act is allowed and saves the set-up that fill completes.
func (s *Service) begin(ctx context.Context, v standing.Visit, act ladder.Act, fill func(standing.Standing, *standing.SetUp)) error {
	code, err := standing.NewMailCode(s.Random, v.Session.Member, standing.ForSetUp, v.Session.ID, s.Now())
	if err != nil {
		return err
	}
	scene := s.scene(v)
	return scene.Update(ctx, s.Store, v.Session.Member, func(st standing.Standing) (standing.Decision, error) {
		if reason, until := ladder.May(st, v.Session, act, scene.Now); reason != "" {
			return standing.Decision{}, &ladder.Refusal{Step: ladder.StepKind(act), Reason: reason, Until: until}
		}
		if act == ladder.ChangeBackupEmail && st.Organisation.Recovery(scene.Now).BackupEmailClosed {
			return standing.Decision{}, &ladder.Refusal{Step: ladder.StepKind(act), Reason: ladder.BackupEmailClosed}
		}
		if !ladder.Fresh(st, v.Session, scene.Now) {
			return standing.Decision{}, ladder.ErrStale
		}
		up := standing.SetUp{Session: v.Session.ID, Member: v.Session.Member, Begun: scene.Now, Expires: scene.Now.Add(standing.SetUpLifetime)}
		fill(st, &up)
		d := standing.Decision{
			Effects: []standing.Effect{standing.SaveSetUp{SetUp: up}},
			Events:  []audit.Event{{Kind: audit.SetUpBegun, Reason: string(up.Kind)}},
		}
		if up.Stage != standing.StageMailCode {
			return d, nil
		}
		mailed, err := mailing(st, code, st.Member.Email, notice.SetUpCode)
		return d.Merge(mailed), err
	})
}

// Stop ends the set-up under way. What was confirmed before stays.
func (s *Service) Stop(ctx context.Context, v standing.Visit) error {
	err := s.scene(v).Update(ctx, s.Store, v.Session.Member, func(standing.Standing) (standing.Decision, error) {
		return standing.Decision{
			Effects: []standing.Effect{standing.DropSetUp{Session: v.Session.ID}},
			Events:  []audit.Event{{Kind: audit.SetUpStopped}},
		}, nil
	})
	if errors.Is(err, standing.ErrTaken) {
		return ErrNone
	}
	return err
}

// mailing is the decision to mail a code to an address, or a *WaitError if it
// is too soon after the last.
func mailing(st standing.Standing, code standing.MailCode, to org.Email, kind notice.Kind) (standing.Decision, error) {
	if wait := st.MailWait(code.Purpose, code.Bound, code.Sent); wait > 0 {
		return standing.Decision{}, &WaitError{Wait: wait}
	}
	code.Address = to
	return standing.Decision{
		Effects: []standing.Effect{standing.SaveMailCode{MailCode: code}},
		Events:  []audit.Event{{Kind: audit.MailCodeSent, Reason: string(code.Purpose)}},
		Notices: ladder.Tell(st, kind, code.Facts(), to),
	}, nil
}

// typed compares a typed code with the one mailed for the purpose in this
// session and returns it. It counts the try first.
func (s *Service) typed(ctx context.Context, v standing.Visit, purpose standing.Purpose, text string) (standing.MailCode, error) {
	code, err := factor.ParseMailCode(text)
	if err != nil {
		return standing.MailCode{}, fmt.Errorf("mailed code: %w", ErrMalformed)
	}
	mailed, err := s.Store.MailCode(ctx, purpose, v.Session.ID)
	if errors.Is(err, org.ErrNotFound) || (err == nil && !mailed.Open(s.Now())) {
		return standing.MailCode{}, ErrExpired
	}
	if err != nil {
		return standing.MailCode{}, err
	}
	if _, err := s.Store.TakeMailCodeTry(ctx, mailed.ID, s.Now()); err != nil {
		if errors.Is(err, standing.ErrTaken) || errors.Is(err, org.ErrNotFound) {
			return standing.MailCode{}, ErrExpired
		}
		return standing.MailCode{}, err
	}
	if !code.Equal(mailed.Code) {
		return standing.MailCode{}, s.wrong(ctx, v, purpose)
	}
	return mailed, nil
}

// wrong records a wrong code and returns ErrWrong.
func (s *Service) wrong(ctx context.Context, v standing.Visit, purpose standing.Purpose) error {
	err := s.scene(v).Update(ctx, s.Store, v.Session.Member, func(standing.Standing) (standing.Decision, error) {
		return standing.Decision{Events: []audit.Event{{Kind: audit.CodeWrong, Reason: string(purpose)}}}, nil
	})
	if err != nil {
		return err
	}
	return ErrWrong
}

// again mails a new code in place of the last one.
func (s *Service) again(ctx context.Context, v standing.Visit, stage standing.Stage) error {
	up, err := s.at(ctx, v.Session, stage)
	if err != nil {
		return err
	}
	purpose, kind := standing.ForSetUp, notice.SetUpCode
	if stage == standing.StageBackupEmailCode {
		purpose, kind = standing.ForBackupEmail, notice.BackupEmailConfirm
	}
	code, err := standing.NewMailCode(s.Random, v.Session.Member, purpose, v.Session.ID, s.Now())
	if err != nil {
		return err
	}
	return s.scene(v).Update(ctx, s.Store, v.Session.Member, func(st standing.Standing) (standing.Decision, error) {
		to := st.Member.Email
		if purpose == standing.ForBackupEmail {
			to = up.Address
		}
		return mailing(st, code, to, kind)
	})
}
