package backupcode_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"strings"
	"testing"

	"github.com/sparekey/sparekey/internal/factor"
	"github.com/sparekey/sparekey/internal/password"
	"github.com/sparekey/sparekey/internal/signin"
	"github.com/sparekey/sparekey/internal/signin/backupcode"
	"github.com/sparekey/sparekey/internal/signin/methodtest"
	"github.com/sparekey/sparekey/internal/standing"
)

// quick stands in for Argon2id.
type quick struct{ err error }

func (q quick) Derive(_ context.Context, _ password.Asker, secret, salt []byte) ([]byte, error) {
	sum := sha256.Sum256(append(append([]byte{}, salt...), secret...))
	return sum[:], q.err
}

// set returns ten codes drawn from a seed, and what is kept of them.
func set(seed byte) ([]factor.BackupCode, factor.CodeSet) {
	codes, err := factor.NewBackupCodes(bytes.NewReader(bytes.Repeat([]byte{seed, 7, seed, 1, 9, 200, seed}, 20)))
	if err != nil {
		panic(err) // the reader holds enough
	}
	kept := factor.CodeSet{Salt: []byte{seed}}
	for i, code := range codes {
		hash, _ := quick{}.Derive(context.Background(), password.Asker{}, []byte(code), kept.Salt)
		kept.Codes = append(kept.Codes, factor.StoredCode{ID: factor.BackupCodeID("code-" + string(rune('0'+i))), Hash: hash})
	}
	return codes, kept
}

func subject() methodtest.Subject {
	hers, kept := set(3)
	others, _ := set(5)
	return methodtest.Subject{
		Method: backupcode.Method{Hasher: quick{}},
		Right:  signin.Attempt{Standing: standing.Standing{Codes: kept}, Typed: hers[4].Written()},
		Wrong:  "0000-0000-0000-0000",
		Others: others[4].Written(),
		Malformed: []string{
			"123456", "12345678", "0000-0000-0000-000", "0000-0000-0000-00000", "UUUU-UUUU-UUUU-UUUU", "0000-0000-0000-000!",
		},
		Spend: func(a signin.Attempt, p signin.Proof) signin.Attempt {
			codes := append([]factor.StoredCode{}, a.Standing.Codes.Codes...)
			for i := range codes {
				codes[i].Spent = codes[i].Spent || codes[i].ID == p.Step.Code
			}
			a.Standing.Codes.Codes = codes
			return a
		},
		Spent: signin.ErrReplayed,
	}
}

func TestBackupCodes(t *testing.T) { methodtest.Run(t, subject()) }

func FuzzBackupCode(f *testing.F) { methodtest.Fuzz(f, subject()) }

func TestABackupCodeIsReadHoweverItIsWritten(t *testing.T) {
	s := subject()
	written := s.Right.Typed
	for name, text := range map[string]string{
		"small letters":         strings.ToLower(written),
		"no hyphens":            strings.ReplaceAll(written, "-", ""),
		"spaces":                strings.ReplaceAll(written, "-", " "),
		"no-break spaces":       strings.ReplaceAll(written, "-", "\u00a0"),
		"O for 0":               strings.ReplaceAll(written, "0", "O"),
		"o for 0":               strings.ReplaceAll(written, "0", "o"),
		"I for 1":               strings.ReplaceAll(written, "1", "I"),
		"l for 1":               strings.ReplaceAll(written, "1", "l"),
		"pasted with a newline": written + "\r\n",
	} {
		again := s.Right
		again.Typed = text
		if _, err := s.Method.Check(t.Context(), again); err != nil {
			t.Errorf("%s, %q: %v", name, text, err)
		}
	}
	if !strings.ContainsAny(written, "0") || !strings.ContainsAny(written, "1") {
		t.Fatalf("%s holds no 0 or no 1: the cases above say nothing", written)
	}
}

func TestABackupCodeThatCannotBeHashedIsNoWrongOne(t *testing.T) {
	busy := errors.New("busy")
	s := subject()
	if _, err := (backupcode.Method{Hasher: quick{busy}}).Check(t.Context(), s.Right); !errors.Is(err, busy) {
		t.Errorf("got %v", err)
	}
}
