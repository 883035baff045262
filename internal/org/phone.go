package org

import (
	"errors"
	"strings"
	"unicode/utf8"
)

// Bounds of a telephone number. E.164 has at most 15 digits, and people write an
// extension behind them; three are enough for one inside the house.
const (
	MaxPhone       = 40 // characters
	minPhoneDigits = 3
	maxPhoneDigits = 20
)

// ErrPhone says that a text is no telephone number.
var ErrPhone = errors.New("a telephone number has 3 to 20 digits, and between them spaces, dots, hyphens, slashes or brackets")

// ParsePhone returns text as a telephone number, as typed but trimmed and with
// runs of spaces folded; an empty text is no number, and fits. Else it returns
// ErrPhone.
func ParsePhone(text string) (string, error) {
	if !utf8.ValidString(text) {
		return "", ErrPhone
	}
	text = strings.Join(strings.Fields(text), " ")
	if text == "" {
		return "", nil
	}
	digits := 0
	for i, r := range text {
		switch {
		case r >= '0' && r <= '9':
			digits++
		case r == '+' && (i == 0 || text[:i] == "("), i > 0 && strings.ContainsRune(" .-/()", r), r == '(':
		default:
			return "", ErrPhone
		}
	}
	if digits < minPhoneDigits || digits > maxPhoneDigits || utf8.RuneCountInString(text) > MaxPhone {
		return "", ErrPhone
	}
	return text, nil
}
