package safecopy_test

import (
	"errors"
	"image"
	"slices"
	"testing"

	"github.com/sparekey/sparekey/internal/safecopy"
)

// a reading is a second reader that sees the same in every picture.
type reading struct {
	lines []string
	err   error
}

func (r reading) Read(image.Image) ([]string, error) { return r.lines, r.err }

func TestTheSecondReaderIsHeard(t *testing.T) {
	t.Parallel()
	file := encoded(t, safecopy.Make(image.NewGray(image.Rect(0, 0, 300, 200)), nil, safecopy.Mark{For: "x 9999999901", Date: "2026-11-22"}), safecopy.PNG)
	tests := []struct {
		name   string
		second reading
		code   safecopy.ReasonCode
		told   bool
	}{
		{"nothing", reading{}, safecopy.SecondRead, false},
		{"a number", reading{lines: []string{"BSN 123456782"}}, safecopy.SecondRead, true},
		{"a number in groups", reading{lines: []string{"1234.56.782"}}, safecopy.SecondRead, true},
		{"a number in a zone's line", reading{lines: []string{"I<NLDSPECI20142123456782<<<<<8"}}, safecopy.SecondRead, true},
		{"a number before a longer one", reading{lines: []string{"123456782 5123456789"}}, safecopy.SecondRead, true},
		{"a number after a date", reading{lines: []string{"12-03-1990 123456782"}}, safecopy.SecondRead, true},
		{"a number in groups among others", reading{lines: []string{"26 1234 56 782 11"}}, safecopy.SecondRead, true},
		{"a number in groups far apart", reading{lines: []string{"1234 - 56 - 782"}}, safecopy.SecondRead, true},
		{"eight digits of one", reading{lines: []string{"no 10000008."}}, safecopy.SecondRead, true},
		{"nine digits that are none", reading{lines: []string{"123456789"}}, safecopy.SecondRead, false},
		{"a number inside a longer one", reading{lines: []string{"0123456782", "12345678201"}}, safecopy.SecondRead, false},
		{"a date in groups", reading{lines: []string{"10 00 0008"}}, safecopy.SecondRead, false},
		{"what the mark itself says", reading{lines: []string{"999999990"}}, safecopy.SecondRead, false},
		{"a whole zone", reading{lines: []string{"P<NLDDE<BRUIJN<<WILLEKE<LISELOTTE<<<<<<<<<<<", "SPECI20142NLD6503101F2403096999999990<<<<<84"}}, safecopy.SecondRead, true},
		{"a zone whose end is covered", reading{lines: []string{"P<NLDDE<BRUIJN<<WILLEKE<LISELOTTE<<<<<<<<<<<", "SPECI20142NLD6503101F2403096"}}, safecopy.SecondRead, false},
		{"it gave up", reading{err: errors.New("out of memory")}, safecopy.SecondFailed, true},
	}
	for _, test := range tests {
		v := safecopy.Check(file, safecopy.Expect{}, test.second)
		if got := slices.Contains(reasons(v), test.code); got != test.told {
			t.Errorf("%s: %v; %s: %v, want %v", test.name, reasons(v), test.code, got, test.told)
		}
		if test.code == safecopy.SecondRead && test.told && v.Answer != safecopy.Unsafe {
			t.Errorf("%s: %s", test.name, v.Answer)
		}
	}
}
