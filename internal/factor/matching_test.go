package factor

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestMatchingCodesAreReadAsTheyAreHeard(t *testing.T) {
	for typed, want := range map[string]MatchingCode{
		"ACD346": "ACD346", "acd346": "ACD346", " acd 346 ": "ACD346", "a-c-d-3-4-6": "ACD346",
		"ACD34": "", "ACD3467": "", "ACB346": "", "ACD3O6": "", "": "", "ÀCD346": "", strings.Repeat(" ", 99): "",
	} {
		got, err := ParseMatchingCode(typed)
		if got != want || (want == "") != errors.Is(err, ErrMatchingCode) {
			t.Errorf("%q: %q, %v", typed, string(got), err)
		}
	}
}

func TestAMatchingCodeIsDrawnEvenlyAndHidesItself(t *testing.T) {
	seen := map[byte]int{}
	for range 5000 {
		code, err := NewMatchingCode(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := ParseMatchingCode(code.Groups()); err != nil || !again.Equal(code) {
			t.Fatalf("%q is read as %q, %v", string(code), string(again), err)
		}
		for i := range len(code) {
			seen[code[i]]++
		}
		if shown := fmt.Sprintf("%v %s %#v", code, code, code); strings.Contains(shown, string(code)) {
			t.Fatal("a code shows itself")
		}
	}
	for _, letter := range []byte(matchingLetters) {
		if n := seen[letter]; n < 950 || n > 1360 { // 1154 on average, ± 6 standard deviations
			t.Errorf("%c came %d times of 30000", letter, n)
		}
	}
	if code, err := NewMatchingCode(bytes.NewReader([]byte{0, 255, 1, 2, 3, 4, 5})); err != nil || code != "ACDEFG" {
		t.Errorf("%q, %v", string(code), err)
	}
	if MatchingCode("").Equal("") {
		t.Error("no code fits no code")
	}
}
