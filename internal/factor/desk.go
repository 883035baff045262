package factor

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"strings"
)

// CasePinDigits is how many a case's PIN has, and PinTries the number of wrong ones
// in a row after which the case gets another.
const (
	CasePinDigits = 6
	PinTries      = 3
)

// A CasePin ties a call to the page of a case. It shows itself to no log.
type CasePin string

// NewCasePin draws a PIN from random, each equally likely.
func NewCasePin(random io.Reader) (CasePin, error) {
	text, err := draw(random, "0123456789", CasePinDigits)
	return CasePin(text), err
}

// Equal compares what was typed, spaces dropped, in constant time.
func (p CasePin) Equal(typed string) bool {
	typed = strings.ReplaceAll(strings.TrimSpace(typed), " ", "")
	return p != "" && subtle.ConstantTimeCompare([]byte(p), []byte(typed)) == 1
}

// Groups returns the PIN as it is shown and read out: "123 456".
func (p CasePin) Groups() string {
	if len(p) != CasePinDigits {
		return ""
	}
	return string(p[:3]) + " " + string(p[3:])
}

// String hides the PIN.
func (CasePin) String() string { return "[case PIN]" }

// GoString hides the PIN from %#v.
func (CasePin) GoString() string { return "factor.CasePin{}" }

// PassHalfLetters is how many half a pass has: 47 bits.
const PassHalfLetters = 10

// A PassHalf is half of an enrolment pass that the desk gives: one is mailed, the
// other read out. It shows itself to no log.
type PassHalf string

// ErrPassHalf says that a text can be no half of a pass.
var ErrPassHalf = errors.New("half a pass has ten letters and digits")

// NewPassHalf draws one from random, each equally likely.
func NewPassHalf(random io.Reader) (PassHalf, error) {
	text, err := draw(random, matchingLetters, PassHalfLetters)
	return PassHalf(text), err
}

// ParsePassHalf returns typed as a half, in any case, spaces and hyphens dropped, or
// ErrPassHalf.
func ParsePassHalf(typed string) (PassHalf, error) {
	if len(typed) > 64 {
		return "", ErrPassHalf
	}
	half := strings.ToUpper(strings.NewReplacer(" ", "", "-", "", "\t", "", "\u00a0", "").Replace(strings.TrimSpace(typed)))
	if len(half) != PassHalfLetters || strings.Trim(half, matchingLetters) != "" {
		return "", ErrPassHalf
	}
	return PassHalf(half), nil
}

// Groups returns the half as it is shown and read out: "ACDEF GH346".
func (h PassHalf) Groups() string {
	if len(h) != PassHalfLetters {
		return ""
	}
	return string(h[:5]) + " " + string(h[5:])
}

// String hides the half.
func (PassHalf) String() string { return "[half a pass]" }

// GoString hides the half from %#v.
func (PassHalf) GoString() string { return "factor.PassHalf{}" }

// draw returns so many letters out of random, each equally likely.
func draw(random io.Reader, letters string, count int) (string, error) {
	limit := 256 / len(letters) * len(letters)
	var text strings.Builder
	for text.Len() < count {
		var b [1]byte
		if _, err := io.ReadFull(random, b[:]); err != nil {
			return "", fmt.Errorf("draw letters: %w", err)
		}
		if int(b[0]) < limit { // taking more modulo would favour the first letters
			text.WriteByte(letters[int(b[0])%len(letters)])
		}
	}
	return text.String(), nil
}
