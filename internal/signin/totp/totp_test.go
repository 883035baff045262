package totp_test

import (
	"errors"
	"testing"
	"time"

	"github.com/sparekey/sparekey/internal/factor"
	"github.com/sparekey/sparekey/internal/signin"
	"github.com/sparekey/sparekey/internal/signin/methodtest"
	"github.com/sparekey/sparekey/internal/signin/totp"
	"github.com/sparekey/sparekey/internal/standing"
)

var (
	noon  = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	hers  = factor.SecretFromBytes([]byte("12345678901234567890")) // the secret of RFC 6238, appendix B
	tabs  = factor.SecretFromBytes([]byte("a second authenticat"))
	other = factor.SecretFromBytes([]byte("another member's key"))
)

func subject() methodtest.Subject {
	return methodtest.Subject{
		Method: totp.Method{},
		Right:  attempt(string(tabs.Code(factor.Step(noon)))),
		Wrong:  "000000",
		Others: string(other.Code(factor.Step(noon))),
		Malformed: []string{
			"12345", "1234567", "12345678", "abcdef", "12345a", "7K2M-9QXR-4TDA-W6HP",
		},
		Spend: func(a signin.Attempt, p signin.Proof) signin.Attempt {
			list := append([]factor.Authenticator{}, a.Standing.Authenticators...)
			for i := range list {
				if list[i].ID == p.Step.Authenticator {
					list[i].LastStep = p.Step.Counter
				}
			}
			a.Standing.Authenticators = list
			return a
		},
		Spent: signin.ErrReplayed,
	}
}

// attempt is a code typed at noon by a member with two authenticators.
func attempt(text string) signin.Attempt {
	return signin.Attempt{
		Standing: standing.Standing{Authenticators: []factor.Authenticator{
			{ID: "phone", Secret: hers, PowersFrom: noon.Add(-time.Hour)},
			{ID: "tablet", Secret: tabs, PowersFrom: noon.Add(time.Hour)},
		}},
		Typed: text, Now: noon,
	}
}

func TestAuthenticatorCodes(t *testing.T) { methodtest.Run(t, subject()) }

func FuzzAuthenticatorCode(f *testing.F) { methodtest.Fuzz(f, subject()) }

func TestACodeFitsItsOwnAuthenticator(t *testing.T) {
	for _, c := range []struct {
		secret factor.Secret
		id     factor.AuthenticatorID
		powers time.Time
	}{
		{hers, "phone", noon.Add(-time.Hour)},
		{tabs, "tablet", noon.Add(time.Hour)},
	} {
		proof, err := totp.Method{}.Check(t.Context(), attempt(string(c.secret.Code(factor.Step(noon)))))
		if err != nil || proof.Step.Authenticator != c.id || proof.Step.Counter != factor.Step(noon) || !proof.PowersFrom.Equal(c.powers) {
			t.Errorf("the code of the %s proves %+v, %v", c.id, proof, err)
		}
	}
}

func TestAClockMayBeOffByOneStep(t *testing.T) {
	// Noon is the first instant of a step, so the step before it ends a moment
	// earlier and the next begins 30 seconds later.
	for _, c := range []struct {
		name string
		off  time.Duration
		want error
	}{
		{"right", 0, nil},
		{"the last instant of the step", 29 * time.Second, nil},
		{"31 seconds ahead", 31 * time.Second, nil},
		{"the last instant of the next step", 59 * time.Second, nil},
		{"the first instant of the step after the next", 60 * time.Second, signin.ErrWrong},
		{"61 seconds ahead", 61 * time.Second, signin.ErrWrong},
		{"one second behind", -time.Second, nil},
		{"30 seconds behind", -30 * time.Second, nil},
		{"31 seconds behind: the step before the last", -31 * time.Second, signin.ErrWrong},
		{"61 seconds behind", -61 * time.Second, signin.ErrWrong},
	} {
		_, err := totp.Method{}.Check(t.Context(), attempt(string(hers.Code(factor.Step(noon.Add(c.off))))))
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
}

func TestCodesArePastedWithWhatProgramsPutAroundThem(t *testing.T) {
	code := string(hers.Code(factor.Step(noon)))
	for _, text := range []string{
		code[:3] + " " + code[3:], " " + code + "\r\n", code[:3] + "\u00a0" + code[3:], code[:3] + "\u202f" + code[3:], code[:3] + "-" + code[3:],
	} {
		if _, err := (totp.Method{}).Check(t.Context(), attempt(text)); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
}
