// Package mailcode is the sign-in method of a mailed code: to the backup e-mail
// (rung 3), or to the sign-in address while MFA is suspended.
//
// It owns how a typed code is compared with the one that was mailed to the
// same browser's sign-in. It refuses to send one, and to spend it: the effects
// it returns are saved elsewhere.
package mailcode

import (
	"context"
	"errors"
	"fmt"

	"github.com/sparekey/sparekey/internal/factor"
	"github.com/sparekey/sparekey/internal/ladder"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/session"
	"github.com/sparekey/sparekey/internal/signin"
	"github.com/sparekey/sparekey/internal/standing"
)

// A Store finds the code that was mailed for a challenge. It returns an error
// wrapping org.ErrNotFound where there is none.
type Store interface {
	MailCode(ctx context.Context, purpose standing.Purpose, bound session.Hash) (standing.MailCode, error)
}

// Method checks codes mailed to the backup e-mail.
type Method struct{ Store Store }

// Suspended checks codes mailed to the sign-in address while MFA is suspended.
type Suspended struct{ Store Store }

// Kind is session.BySuspension.
func (Suspended) Kind() session.CameBy { return session.BySuspension }

// Parse takes eight digits, however they are spaced.
func (Suspended) Parse(typed string) error { return Method{}.Parse(typed) }

// Check compares with the last code mailed for the same challenge, while it is
// valid.
func (m Suspended) Check(ctx context.Context, a signin.Attempt) (signin.Proof, error) {
	return check(ctx, m.Store, a, standing.ForSuspended, a.Standing.Member.Email, ladder.SpendSuspendedCode)
}

// Kind is session.ByBackupEmail.
func (Method) Kind() session.CameBy { return session.ByBackupEmail }

// Parse takes eight digits, however they are spaced.
func (Method) Parse(typed string) error {
	if _, err := factor.ParseMailCode(typed); err != nil {
		return fmt.Errorf("mailed code: %w", signin.ErrMalformed)
	}
	return nil
}

// Check compares with the last code mailed for the same challenge, while it is
// valid.
func (m Method) Check(ctx context.Context, a signin.Attempt) (signin.Proof, error) {
	return check(ctx, m.Store, a, standing.ForSignIn, a.Standing.BackupEmail.Address, ladder.SpendMailCode)
}

func check(ctx context.Context, store Store, a signin.Attempt, p standing.Purpose, address org.Email, step ladder.StepKind) (signin.Proof, error) {
	typed, err := factor.ParseMailCode(a.Typed)
	if err != nil {
		return signin.Proof{}, fmt.Errorf("mailed code: %w", signin.ErrMalformed)
	}
	mailed, err := store.MailCode(ctx, p, a.Bound)
	if errors.Is(err, org.ErrNotFound) {
		return signin.Proof{}, signin.ErrWrong
	}
	if err != nil {
		return signin.Proof{}, err
	}
	// A code sent to an address that has been changed since proves nothing.
	if !mailed.Open(a.Now) || mailed.Address != address || !typed.Equal(mailed.Code) {
		return signin.Proof{}, signin.ErrWrong
	}
	return signin.Proof{
		Step:    ladder.Step{Kind: step},
		Effects: []standing.Effect{standing.UseMailCode{ID: mailed.ID}},
	}, nil
}
