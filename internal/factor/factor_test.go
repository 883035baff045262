package factor

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

// The key of RFC 4226 appendix D and of the SHA-1 rows of RFC 6238 appendix B.
var rfcSecret = SecretFromBytes([]byte("12345678901234567890"))

func TestCodesAreThoseOfRFC4226AppendixD(t *testing.T) {
	for counter, want := range []Code{
		"755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489",
	} {
		if got := rfcSecret.Code(uint64(counter)); got != want {
			t.Errorf("counter %d: %s, want %s", counter, string(got), string(want))
		}
	}
}

func TestCodesAreThoseOfRFC6238AppendixB(t *testing.T) {
	// The appendix shows eight digits; six digits are its last six.
	for unix, want := range map[int64]string{
		59: "94287082", 1111111109: "07081804", 1111111111: "14050471",
		1234567890: "89005924", 2000000000: "69279037", 20000000000: "65353130",
	} {
		if got := rfcSecret.Code(Step(time.Unix(unix, 0))); string(got) != want[2:] {
			t.Errorf("time %d: %s, want %s", unix, string(got), want[2:])
		}
	}
}

func TestACodeMatchesOneStepEitherSideAndOnlyOnce(t *testing.T) {
	now := time.Unix(1_800_000_000, 0) // the first second of a step
	step := Step(now)
	code := rfcSecret.Code(step)
	for _, c := range []struct {
		name  string
		at    time.Time
		last  uint64
		ok    bool
		spent bool
	}{
		{"same step", now, 0, true, false},
		{"last second of the same step", now.Add(29 * time.Second), 0, true, false},
		{"last second of the step after", now.Add(59 * time.Second), 0, true, false},
		{"first second two steps after", now.Add(60 * time.Second), 0, false, false},
		{"clock 31 s behind", now.Add(-1 * time.Second), 0, true, false},
		{"first second of the step before", now.Add(-30 * time.Second), 0, true, false},
		{"clock two steps behind", now.Add(-31 * time.Second), 0, false, false},
		{"step spent", now, step, false, true},
		{"later step spent", now, step + 1, false, true},
		{"step before spent", now, step - 1, true, false},
	} {
		got, ok, spent := rfcSecret.Match(code, c.at, c.last)
		if ok != c.ok || spent != c.spent || (ok && got != step) {
			t.Errorf("%s: step %d ok %v spent %v, want ok %v spent %v", c.name, got, ok, spent, c.ok, c.spent)
		}
	}
	if _, ok, _ := (Secret{}).Match((Secret{}).Code(step), now, 0); ok {
		t.Error("the zero secret matches a code")
	}
}

func TestTypedCodes(t *testing.T) {
	for typed, want := range map[string]string{
		"123456": "123456", " 123 456\n": "123456", "123-456": "123456", "000000": "000000", "123\u00a0456": "123456",
		"12345": "", "1234567": "", "12345a": "", "١٢٣٤٥٦": "", "１２３４５６": "", "": "",
		"123456\x00": "", "\u202e123456": "", strings.Repeat(" ", 300) + "123456": "",
	} {
		got, err := ParseTOTPCode(typed)
		if string(got) != want || (want == "") != errors.Is(err, ErrCode) {
			t.Errorf("%q: %q %v, want %q", typed, string(got), err, want)
		}
	}
}

func TestBackupCodesReadBackHoweverTheyAreTyped(t *testing.T) {
	codes, err := NewBackupCodes(bytes.NewReader(bytes.Repeat([]byte{0, 0x11, 0xff, 0x7a, 0x42}, 20)))
	if err != nil || len(codes) != 10 {
		t.Fatal(codes, err)
	}
	for _, code := range codes {
		written := code.Written()
		lookAlike := strings.NewReplacer("0", "o", "1", "l").Replace(strings.ToLower(written))
		for _, typed := range []string{written, strings.ToLower(written), strings.ReplaceAll(written, " ", ""), strings.ReplaceAll(written, " ", "-"), lookAlike} {
			if got, err := ParseBackupCode(typed); err != nil || got != code {
				t.Errorf("%q is not read as %q: %v", typed, written, err)
			}
		}
	}
	for _, typed := range []string{"", "ABCD", "U000-0000-0000-0000", "0000-0000-0000-00000", "ſ000-0000-0000-0000", "0000-0000-0000-000\x00"} {
		if _, err := ParseBackupCode(typed); !errors.Is(err, ErrCode) {
			t.Errorf("%q is taken", typed)
		}
	}
}

func TestNoSecretPrintsItself(t *testing.T) {
	for _, secret := range []any{rfcSecret, Code("123456"), BackupCode("ABCDEFGHJKMNPQRS")} {
		for _, verb := range []string{"%v", "%s", "%+v", "%#v"} {
			said := fmt.Sprintf(verb, secret)
			for _, leak := range []string{"123456", "ABCDEF", "49 50", "3132"} {
				if strings.Contains(said, leak) {
					t.Errorf("%T with %s prints %q", secret, verb, said)
				}
			}
		}
	}
}

func TestMailCodesDrawAgainInsteadOfFavouringLowOnes(t *testing.T) {
	draws := bytes.NewReader([]byte{0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x2a})
	if code, err := NewMailCode(draws); err != nil || code != "00000042" {
		t.Errorf("%s %v", string(code), err)
	}
}

func FuzzParseBackupCode(f *testing.F) {
	f.Add("ABCD-EFGH-JKMN-PQRS")
	f.Add("oOiIlL0011223344")
	f.Fuzz(func(t *testing.T, typed string) {
		code, err := ParseBackupCode(typed)
		if err != nil {
			return
		}
		if again, err := ParseBackupCode(code.Written()); err != nil || again != code {
			t.Fatalf("%q reads as %q, which reads as %q", typed, string(code), string(again))
		}
	})
}

func FuzzParseCode(f *testing.F) {
	f.Add("123 456")
	f.Fuzz(func(t *testing.T, typed string) {
		if code, err := ParseTOTPCode(typed); err == nil && (len(code) != 6 || strings.Trim(string(code), "0123456789") != "") {
			t.Fatalf("%q reads as %q", typed, string(code))
		}
	})
}
