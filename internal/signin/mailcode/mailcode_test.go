package mailcode_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/sparekey/sparekey/internal/factor"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/session"
	"github.com/sparekey/sparekey/internal/signin"
	"github.com/sparekey/sparekey/internal/signin/mailcode"
	"github.com/sparekey/sparekey/internal/signin/methodtest"
	"github.com/sparekey/sparekey/internal/standing"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// mailed are the codes that were mailed, by challenge.
type mailed map[session.Hash]standing.MailCode

func (m mailed) MailCode(_ context.Context, purpose standing.Purpose, bound session.Hash) (standing.MailCode, error) {
	code, ok := m[bound]
	if !ok || code.Purpose != purpose {
		return standing.MailCode{}, fmt.Errorf("mail code: %w", org.ErrNotFound)
	}
	return code, nil
}

func scene() mailed {
	code := func(digits factor.Code) standing.MailCode {
		return standing.MailCode{
			ID: "id-" + string(digits), Purpose: standing.ForSignIn, Code: digits, Address: "eva@private.example",
			Sent: noon, Expires: noon.Add(factor.MailCodeLifetime),
		}
	}
	return mailed{"hers": code("01234567"), "another": code("76543210")}
}

func right() signin.Attempt {
	return signin.Attempt{
		Standing: standing.Standing{BackupEmail: factor.BackupEmail{Address: "eva@private.example"}},
		Bound:    "hers", Typed: "0123 4567", Now: noon,
	}
}

func subject() methodtest.Subject {
	codes := scene()
	return methodtest.Subject{
		Method: mailcode.Method{Store: codes}, Right: right(),
		Wrong: "00000000", Others: "76543210",
		Malformed: []string{"123456", "1234567", "123456789", "abcdefgh", "7K2M-9QXR-4TDA-W6HP"},
		Spend: func(a signin.Attempt, p signin.Proof) signin.Attempt {
			for _, e := range p.Effects {
				if used, ok := e.(standing.UseMailCode); ok && used.ID == codes[a.Bound].ID {
					delete(codes, a.Bound)
				}
			}
			return a
		},
		Spent: signin.ErrWrong, // a used code is forgotten
	}
}

func TestMailedCodes(t *testing.T) { methodtest.Run(t, subject()) }

// suspended is the same with codes mailed to the sign-in address.
func suspended() methodtest.Subject {
	s := subject()
	codes := scene()
	for id, code := range codes {
		code.Purpose = standing.ForSuspended
		codes[id] = code
	}
	s.Method, s.Right = mailcode.Suspended{Store: codes}, right()
	s.Right.Standing.Member.Email = s.Right.Standing.BackupEmail.Address
	s.Spend = func(a signin.Attempt, _ signin.Proof) signin.Attempt { delete(codes, a.Bound); return a }
	return s
}

func TestCodesWhileMFAIsSuspended(t *testing.T) { methodtest.Run(t, suspended()) }

func TestACodeForOneAddressIsNoneForTheOther(t *testing.T) {
	a := right()
	if _, err := (mailcode.Suspended{Store: scene()}).Check(t.Context(), a); !errors.Is(err, signin.ErrWrong) {
		t.Errorf("a code of the backup e-mail: %v", err)
	}
}

func FuzzMailedCode(f *testing.F) { methodtest.Fuzz(f, subject()) }

func TestAMailedCodeFitsOnlyAsItWasMeant(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*signin.Attempt, *standing.MailCode)
		want   error
	}{
		{"as it was meant", func(*signin.Attempt, *standing.MailCode) {}, nil},
		{"in the last second", func(a *signin.Attempt, _ *standing.MailCode) { a.Now = noon.Add(10*time.Minute - time.Second) }, nil},
		{"one second later", func(a *signin.Attempt, _ *standing.MailCode) { a.Now = noon.Add(10 * time.Minute) }, signin.ErrWrong},
		{"in another sign-in", func(a *signin.Attempt, _ *standing.MailCode) { a.Bound = "another" }, signin.ErrWrong},
		{"mailed for something else", func(_ *signin.Attempt, m *standing.MailCode) { m.Purpose = standing.ForSetUp }, signin.ErrWrong},
		{"tried four times", func(_ *signin.Attempt, m *standing.MailCode) { m.Tries = 4 }, nil},
		{"tried five times", func(_ *signin.Attempt, m *standing.MailCode) { m.Tries = 5 }, signin.ErrWrong},
		{"the address was changed since", func(a *signin.Attempt, _ *standing.MailCode) { a.Standing.BackupEmail.Address = "new@private.example" }, signin.ErrWrong},
		{"the address was removed since", func(a *signin.Attempt, _ *standing.MailCode) { a.Standing.BackupEmail = factor.BackupEmail{} }, signin.ErrWrong},
	} {
		codes, a := scene(), right()
		code := codes["hers"]
		c.change(&a, &code)
		codes["hers"] = code
		if _, err := (mailcode.Method{Store: codes}).Check(t.Context(), a); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
}

// broken is a store that fails.
type broken struct{ err error }

func (b broken) MailCode(context.Context, standing.Purpose, session.Hash) (standing.MailCode, error) {
	return standing.MailCode{}, b.err
}

func TestAStoreThatFailsMakesNoCodeWrong(t *testing.T) {
	gone := errors.New("database gone")
	if _, err := (mailcode.Method{Store: broken{gone}}).Check(t.Context(), right()); !errors.Is(err, gone) {
		t.Errorf("got %v", err)
	}
}
