// Package methodtest is the suite that every sign-in method passes.
//
// It owns what all methods have in common: the right answer and nothing else
// fits, nothing is spent by looking, and whatever a stranger types is answered
// calmly. It refuses to know how a method checks: each brings its own scene.
package methodtest

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/sparekey/sparekey/internal/signin"
)

// A Subject is a sign-in method, with a scene to try it in. Fill in every field.
type Subject struct {
	Method signin.Method
	// Right is an answer that fits. Run changes only what it typed.
	Right signin.Attempt
	// Wrong is well formed and fits nobody; Others is the right answer of
	// another member at the same instant.
	Wrong, Others string
	// Malformed are texts that can be no answer of this kind.
	Malformed []string
	// Spend saves what a proof of Right spends, and returns the same answer
	// given once more.
	Spend func(signin.Attempt, signin.Proof) signin.Attempt
	// Spent is what the second answer gives: signin.ErrReplayed, or
	// signin.ErrWrong of a method that forgets what was spent.
	Spent error
}

// hostile is what strangers type into any field. None of it is an answer of any
// method.
var hostile = []string{
	"",
	" ",
	"\x00",
	"123456\x00",
	"12345678\x00",
	"\u202e123456",
	"12345678\u202e",
	"١٢٣٤٥٦",
	"١٢٣٤٥٦٧٨",
	"१२३४५६",
	"１２３４５６",
	"１２３４５６７８",
	"𝟏𝟐𝟑𝟒𝟓𝟔",
	"12345\u0301",
	"\xff\xfe\xfd",
	"-1",
	"+123456",
	"0x1234",
	"1e5",
	"' OR 1=1 --",
	"<b>123456</b>",
	"../../etc/passwd",
	strings.Repeat("1", 1<<20),
	strings.Repeat(" ", 1<<20),
	strings.Repeat("123456 ", 100_000),
}

// Run holds the method of s to the contract of signin.Method.
func Run(t *testing.T, s Subject) {
	t.Run("the right answer fits, as often as it is looked at, and looking spends nothing", func(t *testing.T) {
		first := s.fits(t, s.Right)
		second := s.fits(t, s.Right)
		if !reflect.DeepEqual(first, second) {
			t.Errorf("looked at twice it proves %+v, then %+v", first, second)
		}
		if first.Step.Kind == "" {
			t.Error("a right answer takes no step")
		}
	})
	t.Run("a wrong answer does not fit", func(t *testing.T) {
		s.refuses(t, typed(s.Right, s.Wrong), signin.ErrWrong)
	})
	t.Run("another member's answer does not fit", func(t *testing.T) {
		s.refuses(t, typed(s.Right, s.Others), signin.ErrWrong)
	})
	t.Run("an answer for a member who has nothing to prove does not fit", func(t *testing.T) {
		nobody := s.Right
		nobody.Standing.Authenticators, nobody.Bound = nil, ""
		nobody.Standing.Codes.Codes, nobody.Standing.Codes.Salt = nil, nil
		s.refuses(t, nobody, signin.ErrWrong)
	})
	t.Run("the right answer fits once", func(t *testing.T) {
		s.refuses(t, s.Spend(s.Right, s.fits(t, s.Right)), s.Spent)
	})
	t.Run("what can be no answer is told apart from a wrong one", func(t *testing.T) {
		for _, text := range append(append([]string{}, hostile...), s.Malformed...) {
			s.refuses(t, typed(s.Right, text), signin.ErrMalformed)
		}
	})
	t.Run("the text of an error holds nothing that was typed", func(t *testing.T) {
		const secret = "typed-by-someone-ünlikely"
		if err := s.Method.Parse(secret); err == nil || strings.Contains(err.Error(), secret) {
			t.Errorf("Parse says %q", err)
		}
	})
	t.Run("whatever is typed, Parse and Check agree", func(t *testing.T) {
		for _, text := range append(append([]string{s.Right.Typed, s.Wrong, s.Others}, hostile...), s.Malformed...) {
			s.agree(t, text)
		}
	})
}

// Fuzz looks for a text that the method of s does not answer calmly.
func Fuzz(f *testing.F, s Subject) {
	for _, text := range append(append([]string{s.Right.Typed, s.Wrong, s.Others}, hostile[:len(hostile)-3]...), s.Malformed...) {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) { s.agree(t, text) })
}

// typed is the attempt with something else typed.
func typed(a signin.Attempt, text string) signin.Attempt {
	a.Typed = text
	return a
}

// agree fails unless Parse and Check are of one mind about text, and the answer
// is one that a caller knows.
func (s Subject) agree(t *testing.T, text string) {
	t.Helper()
	parsed := s.Method.Parse(text)
	if parsed != nil && !errors.Is(parsed, signin.ErrMalformed) {
		t.Fatalf("Parse(%.60q) = %v, which wraps no ErrMalformed", text, parsed)
	}
	proof, err := s.Method.Check(t.Context(), typed(s.Right, text))
	switch {
	case parsed != nil && !errors.Is(err, signin.ErrMalformed):
		t.Errorf("Parse refuses %.60q and Check gives %v", text, err)
	case parsed == nil && errors.Is(err, signin.ErrMalformed):
		t.Errorf("Parse takes %.60q and Check calls it malformed", text)
	case err != nil && !errors.Is(err, signin.ErrMalformed) && !errors.Is(err, signin.ErrWrong) && !errors.Is(err, signin.ErrReplayed):
		t.Errorf("Check(%.60q) = %v, which no caller knows", text, err)
	case err != nil && !reflect.DeepEqual(proof, signin.Proof{}):
		t.Errorf("Check(%.60q) fails and proves %+v", text, proof)
	}
}

// fits returns what a right answer proves, and fails if it changed the scene.
func (s Subject) fits(t *testing.T, a signin.Attempt) signin.Proof {
	t.Helper()
	if err := s.Method.Parse(a.Typed); err != nil {
		t.Fatalf("Parse of the right answer: %v", err)
	}
	before := a.Standing
	before.Authenticators = append(before.Authenticators[:0:0], before.Authenticators...)
	before.Codes.Codes = append(before.Codes.Codes[:0:0], before.Codes.Codes...)
	proof, err := s.Method.Check(t.Context(), a)
	if err != nil {
		t.Fatalf("Check of the right answer: %v", err)
	}
	if !reflect.DeepEqual(before, a.Standing) {
		t.Fatal("Check changed the standing it was given")
	}
	return proof
}

// refuses fails unless the attempt gives want and proves nothing.
func (s Subject) refuses(t *testing.T, a signin.Attempt, want error) {
	t.Helper()
	proof, err := s.Method.Check(t.Context(), a)
	if !errors.Is(err, want) {
		t.Errorf("Check(%.60q) = %v, want %v", a.Typed, err, want)
	}
	if !reflect.DeepEqual(proof, signin.Proof{}) {
		t.Errorf("Check(%.60q) fails and proves %+v", a.Typed, proof)
	}
}
