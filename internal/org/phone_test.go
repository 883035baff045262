package org_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/sparekey/sparekey/internal/org"
)

func TestAPhoneIsKeptAsItIsWritten(t *testing.T) {
	for typed, want := range map[string]string{
		"":                       "",
		"  ":                     "",
		"+31 6 1234 5678":        "+31 6 1234 5678",
		" 020  -  123 45 67 ":    "020 - 123 45 67",
		"(+31) 20/123.45.67":     "(+31) 20/123.45.67",
		"(020) 123 45 67":        "(020) 123 45 67",
		"204":                    "204",
		"06\u00a01234\u00a05678": "06 1234 5678",
		strings.Repeat("1", 20):  strings.Repeat("1", 20),
	} {
		got, err := org.ParsePhone(typed)
		if err != nil || got != want {
			t.Errorf("%q: %q, %v", typed, got, err)
		}
	}
}

func TestWhatIsNoPhoneIsRefused(t *testing.T) {
	for _, typed := range []string{
		"12", strings.Repeat("1", 21), "call me", "=1+2+3", "-0612345678", "@0612345678", "06+12345678",
		"06\x0012345678", "+31\u202e612345678", "06\xff1234567", "1" + strings.Repeat("- ", 20) + "23",
	} {
		if got, err := org.ParsePhone(typed); !errors.Is(err, org.ErrPhone) || got != "" {
			t.Errorf("%q was taken as %q", typed, got)
		}
	}
}
