package safecopy

import (
	"image"
	"testing"

	"github.com/sparekey/sparekey/internal/safecopy/plane"
	"github.com/sparekey/sparekey/internal/safecopy/reader"
)

func TestAPieceOfANumberLineIsToldFromATitle(t *testing.T) {
	of := func(v float64, n int) []float64 {
		all := make([]float64, n)
		for i := range all {
			all[i] = v
		}
		return all
	}
	for _, test := range []struct {
		text string
		sure float64
		like bool
		want bool
	}{
		{"3F87N2Y31<<<<<<<<", 0.98, true, true},
		{"98526520<", 0.9, true, true},
		{"98526520<", 0.9, false, false},
		{"2FNB<<<", 0.8, false, true},
		{"AB12CD34EF56GH", 0.97, true, true},
		{"AB12CD34EF56GH", 0.97, false, false},
		{"PA55P00RTWPA55P0RT", 0.88, true, false},
		{"A1<<<", 0.98, true, false},
	} {
		if got := isPieceOfLine(test.text, of(test.sure, len(test.text)), test.like); got != test.want {
			t.Errorf("%s, %v sure, like the line: %v: %v", test.text, test.sure, test.like, got)
		}
	}
}

func TestDigitsPastedOverTheNamesOfTheNumberLineAreTold(t *testing.T) {
	line := func(text string) reader.Line {
		l := reader.Line{Text: text}
		for i := range text {
			l.Slots, l.Sure = append(l.Slots, plane.Rect(image.Rect(20*i, 0, 20*i+20, 30))), append(l.Sure, 0.95)
		}
		return l
	}
	zone := reader.Zone{Lines: []reader.Line{line("V<UTOPETERS<<YBSZGSZO<<<<<<<")}}
	for text, want := range map[string]bool{
		"V<UT0PETERS<<Y8526520<<<<<<<": true, "V<UTOPETERS<<YBSZGSZO<<85265<": true, "V<UT0PETERS<<YBSZGSZO<<<<<<<": false,
	} {
		if got := digitsInNames(line(text), zone) >= rowDigits; got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
}
