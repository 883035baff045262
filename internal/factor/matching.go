package factor

import (
	"crypto/subtle"
	"errors"
	"io"
	"strings"
)

// matchingLetters are told apart by eye and by ear: of B and 8, O and 0, I and 1,
// S and 5, Z and 2 there is none.
const matchingLetters = "ACDEFGHJKLMNPQRTUVWXY34679"

// MatchingCodeLetters is how many a matching code has.
const MatchingCodeLetters = 6

// MatchingTries is the number of wrong matching codes that close a request.
const MatchingTries = 3

// A MatchingCode ties what a helper hears to the browser that asks for help. It
// shows itself to no log.
type MatchingCode string

// ErrMatchingCode says that a text can be no matching code.
var ErrMatchingCode = errors.New("a matching code has six letters and digits")

// NewMatchingCode draws a code from random, each equally likely.
func NewMatchingCode(random io.Reader) (MatchingCode, error) {
	code, err := draw(random, matchingLetters, MatchingCodeLetters)
	return MatchingCode(code), err
}

// ParseMatchingCode returns typed as a code, in any case, spaces and hyphens
// dropped, or ErrMatchingCode.
func ParseMatchingCode(typed string) (MatchingCode, error) {
	if len(typed) > 64 {
		return "", ErrMatchingCode
	}
	code := strings.ToUpper(strings.NewReplacer(" ", "", "-", "", "\t", "", "\u00a0", "").Replace(strings.TrimSpace(typed)))
	if len(code) != MatchingCodeLetters || strings.Trim(code, matchingLetters) != "" {
		return "", ErrMatchingCode
	}
	return MatchingCode(code), nil
}

// Equal compares in constant time.
func (c MatchingCode) Equal(other MatchingCode) bool {
	return c != "" && subtle.ConstantTimeCompare([]byte(c), []byte(other)) == 1
}

// Groups returns the code as it is shown and read out: "ACD 346".
func (c MatchingCode) Groups() string {
	if len(c) != MatchingCodeLetters {
		return ""
	}
	return string(c[:3]) + " " + string(c[3:])
}

// String hides the code.
func (MatchingCode) String() string { return "[matching code]" }

// GoString hides the code from %#v.
func (MatchingCode) GoString() string { return "factor.MatchingCode{}" }
