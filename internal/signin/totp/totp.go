// Package totp is the sign-in method of authenticator apps (RFC 6238).
//
// It owns how a typed code is matched to one of a member's authenticators. It
// refuses to spend it: the step it returns is decided on and saved elsewhere.
package totp

import (
	"context"
	"fmt"

	"github.com/sparekey/sparekey/internal/factor"
	"github.com/sparekey/sparekey/internal/ladder"
	"github.com/sparekey/sparekey/internal/session"
	"github.com/sparekey/sparekey/internal/signin"
)

// Method checks codes of authenticator apps. The zero Method is ready.
type Method struct{}

// Kind is session.ByFactor.
func (Method) Kind() session.CameBy { return session.ByFactor }

// Parse takes six digits, however they are spaced.
func (Method) Parse(typed string) error {
	if _, err := factor.ParseTOTPCode(typed); err != nil {
		return fmt.Errorf("authenticator code: %w", signin.ErrMalformed)
	}
	return nil
}

// Check tries the code on each of the member's authenticators.
func (Method) Check(_ context.Context, a signin.Attempt) (signin.Proof, error) {
	code, err := factor.ParseTOTPCode(a.Typed)
	if err != nil {
		return signin.Proof{}, fmt.Errorf("authenticator code: %w", signin.ErrMalformed)
	}
	wrong := signin.ErrWrong
	for _, authenticator := range a.Standing.Authenticators {
		step, ok, spent := authenticator.Secret.Match(code, a.Now, authenticator.LastStep)
		if ok {
			return signin.Proof{
				Step:       ladder.Step{Kind: ladder.ProveFactor, Authenticator: authenticator.ID, Counter: step},
				PowersFrom: authenticator.PowersFrom,
			}, nil
		}
		if spent {
			wrong = signin.ErrReplayed
		}
	}
	return signin.Proof{}, wrong
}
