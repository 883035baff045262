package password

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/sparekey/sparekey/internal/password/zxcvbn"
)

const (
	// MinAlone is the shortest password that is the only proof, in characters,
	// and MinWithMFA the shortest beside a second factor (NIST SP 800-63B-4,
	// section 3.1.1.2, asks 15 and 8).
	MinAlone   = 15
	MinWithMFA = 10
	// MaxBytes is the longest password taken; a longer one is refused, never cut.
	MaxBytes = 1000
	// weak is the strength, of 0 to 4, below which a password is too common.
	weak = 2
	// judged is how much of a password the meter looks at: what is longer than
	// this is strong already, and the meter's time grows with the length.
	judged = 60
)

// Problems of a new password. Each chooses a sentence.
var (
	ErrShort  = errors.New("password too short")
	ErrLong   = errors.New("password too long")
	ErrOdd    = errors.New("password holds characters that cannot be typed")
	ErrCommon = errors.New("password too easy to guess")
	ErrYours  = errors.New("password holds the name, address or organisation")
)

// Normalise returns the form in which a password is hashed: NFC, so that the
// same letters fit whatever keyboard composed them (NIST SP 800-63B-4, section
// 3.1.1.2). Nothing is cut, folded or trimmed.
func Normalise(password string) string { return norm.NFC.String(password) }

// Judge returns why password will not do: nil, or one of the problems above.
// Mfa says whether MFA is on; own are the words about the member and the
// organisation that a password may not hold.
func Judge(password string, mfa bool, own []string) error {
	if len(password) > MaxBytes {
		return ErrLong
	}
	if !utf8.ValidString(password) || strings.ContainsFunc(password, unicode.IsControl) {
		return ErrOdd
	}
	if utf8.RuneCountInString(Normalise(password)) < MinLength(mfa) {
		return ErrShort
	}
	if rests := withoutOwn(password, own); utf8.RuneCountInString(rests) < MinWithMFA-2 && rests != strings.ToLower(password) {
		return ErrYours
	}
	if Strength(password, own) < weak {
		return ErrCommon
	}
	return nil
}

// MinLength returns the fewest characters of a password, with MFA on or off.
func MinLength(mfa bool) int {
	if mfa {
		return MinWithMFA
	}
	return MinAlone
}

// Long reports whether password will do without MFA.
func Long(password string) bool {
	return utf8.RuneCountInString(Normalise(password)) >= MinAlone
}

// Strength returns how hard password is to guess, from 0 to 4. It knows some
// tens of thousands of common passwords, names and words, and own.
func Strength(password string, own []string) int {
	if runes := []rune(password); len(runes) > judged {
		password = string(runes[:judged])
	}
	return zxcvbn.Strength(password, words(own))
}

// withoutOwn returns password in lower case with the own words taken out: what
// is left has to be a password by itself.
func withoutOwn(password string, own []string) string {
	rest := strings.ToLower(password)
	for _, word := range words(own) {
		rest = strings.ReplaceAll(rest, word, "")
	}
	return rest
}

// words splits names and addresses into the words worth looking for.
func words(own []string) []string {
	found := []string{"sparekey"}
	for _, text := range own {
		for _, word := range strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
			if utf8.RuneCountInString(word) >= 4 {
				found = append(found, word)
			}
		}
	}
	return found
}
