// Package backupcode is the sign-in method of the ten codes on paper (rung 2).
//
// It owns how a typed code is found among the stored hashes. It refuses to
// spend it: the step it returns is decided on and saved elsewhere.
package backupcode

import (
	"context"
	"crypto/subtle"
	"fmt"

	"github.com/sparekey/sparekey/internal/factor"
	"github.com/sparekey/sparekey/internal/ladder"
	"github.com/sparekey/sparekey/internal/password"
	"github.com/sparekey/sparekey/internal/session"
	"github.com/sparekey/sparekey/internal/signin"
)

// A Deriver hashes a code under the salt of its set.
type Deriver interface {
	Derive(ctx context.Context, a password.Asker, secret, salt []byte) ([]byte, error)
}

// Method checks backup codes.
type Method struct{ Hasher Deriver }

// Kind is session.ByBackupCode.
func (Method) Kind() session.CameBy { return session.ByBackupCode }

// Parse takes sixteen characters of Crockford's base 32, however they are spaced.
func (Method) Parse(typed string) error {
	if _, err := factor.ParseBackupCode(typed); err != nil {
		return fmt.Errorf("backup code: %w", signin.ErrMalformed)
	}
	return nil
}

// Check computes one hash, whether the member has codes or not.
func (m Method) Check(ctx context.Context, a signin.Attempt) (signin.Proof, error) {
	code, err := factor.ParseBackupCode(a.Typed)
	if err != nil {
		return signin.Proof{}, fmt.Errorf("backup code: %w", signin.ErrMalformed)
	}
	hash, err := m.Hasher.Derive(ctx, a.Asker, []byte(code), a.Standing.Codes.Salt)
	if err != nil {
		return signin.Proof{}, err
	}
	for _, stored := range a.Standing.Codes.Codes {
		if subtle.ConstantTimeCompare(hash, stored.Hash) != 1 {
			continue
		}
		if stored.Spent {
			return signin.Proof{}, signin.ErrReplayed
		}
		return signin.Proof{Step: ladder.Step{Kind: ladder.SpendBackupCode, Code: stored.ID}}, nil
	}
	return signin.Proof{}, signin.ErrWrong
}
