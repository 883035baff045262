package factor

import (
	"fmt"
	"io"
	"log/slog"
	"strings"
)

const (
	// BackupCodes is the number of codes in a set.
	BackupCodes = 10
	// FewBackupCodes is the number of codes left below which a member is reminded.
	FewBackupCodes = 3

	backupCodeBytes   = 10 // 80 bits
	backupCodeLetters = 16
	// crockford is Douglas Crockford's base 32: digits and letters without I, L, O, U.
	crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
)

// A BackupCode is one of ten single-use codes that a member keeps on paper: 80
// bits as sixteen characters of Crockford's base 32. It shows itself to no log.
type BackupCode string

// NewBackupCodes draws a set of BackupCodes codes from random.
func NewBackupCodes(random io.Reader) ([]BackupCode, error) {
	set := make([]BackupCode, BackupCodes)
	for i := range set {
		var b [backupCodeBytes]byte
		if _, err := io.ReadFull(random, b[:]); err != nil {
			return nil, fmt.Errorf("draw backup codes: %w", err)
		}
		set[i] = encodeBackupCode(b)
	}
	return set, nil
}

func encodeBackupCode(b [backupCodeBytes]byte) BackupCode {
	letters := make([]byte, backupCodeLetters)
	for half := range 2 { // 40 bits are eight letters
		var bits uint64
		for _, x := range b[half*5 : half*5+5] {
			bits = bits<<8 | uint64(x)
		}
		for i := range 8 {
			letters[half*8+i] = crockford[bits>>(35-5*i)&31]
		}
	}
	return BackupCode(letters)
}

// ParseBackupCode returns the code typed: any case, with or without spaces and
// hyphens, O read as 0 and I and L as 1. Anything else gives ErrCode.
func ParseBackupCode(typed string) (BackupCode, error) {
	if len(typed) > maxTyped {
		return "", ErrCode
	}
	letters := make([]byte, 0, backupCodeLetters)
	for _, r := range typed {
		if isSeparator(r) {
			continue
		}
		if r > 127 {
			return "", ErrCode
		}
		letter := strings.ToUpper(string(r))
		switch letter {
		case "O":
			letter = "0"
		case "I", "L":
			letter = "1"
		}
		if !strings.Contains(crockford, letter) || len(letters) == backupCodeLetters {
			return "", ErrCode
		}
		letters = append(letters, letter[0])
	}
	if len(letters) != backupCodeLetters {
		return "", ErrCode
	}
	return BackupCode(letters), nil
}

// Written returns the code as it is shown: four groups of four.
func (c BackupCode) Written() string {
	groups := make([]string, 0, 4)
	for rest := string(c); len(rest) >= 4; rest = rest[4:] {
		groups = append(groups, rest[:4])
	}
	return strings.Join(groups, " ")
}

// String hides the code.
func (BackupCode) String() string { return "[backup code]" }

// GoString hides the code from %#v.
func (BackupCode) GoString() string { return "factor.BackupCode{}" }

// LogValue hides the code.
func (BackupCode) LogValue() slog.Value { return slog.StringValue("[backup code]") }

// A StoredCode is what is kept of a backup code: its hash under the salt of
// its set, and whether it was spent.
type StoredCode struct {
	ID    BackupCodeID
	Hash  []byte
	Spent bool
}

// A CodeSet is what is kept of a member's ten codes. The zero CodeSet is none.
type CodeSet struct {
	Salt  []byte
	Codes []StoredCode
}

// Left returns how many codes are not spent.
func (s CodeSet) Left() int {
	left := 0
	for _, c := range s.Codes {
		if !c.Spent {
			left++
		}
	}
	return left
}
