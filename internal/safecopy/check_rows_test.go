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

func TestAPieceThatIsCutIsToldByItsDigits(t *testing.T) {
	high := func(n int, first float64) []float64 {
		sure := make([]float64, n)
		for i := range sure {
			sure[i] = 0.97
		}
		sure[0], sure[n-1] = first, 0
		return sure
	}
	for text, want := range map[string]bool{"844927196 ": true, "B56766053 ": true, "APASSPORT ": false, "7ABCDEF12 ": false, "A85A7X531 ": true} {
		if got := isPieceOfLine(text, high(len(text), 0.3), true); got != want {
			t.Errorf("%q: %v", text, got)
		}
		if isPieceOfLine(text, high(len(text), 0.3), false) {
			t.Errorf("%q is taken for a piece of the line at another size", text)
		}
	}
}

func TestStrokesThatReturnAreNoNumber(t *testing.T) {
	for _, test := range []struct {
		digits string
		sure   float64
		want   bool
	}{
		{"777777777", 0.89, true}, {"77777177", 0.59, true}, {"777777777", 0.97, false}, {"123456782", 0.5, false}, {"777717712", 0.8, false},
	} {
		if got := isPattern(reader.Number{Digits: test.digits, Sure: test.sure}); got != test.want {
			t.Errorf("%s, %v sure: %v", test.digits, test.sure, got)
		}
	}
}

func TestADigitOverTheNumberLineIsToldFromItsGaps(t *testing.T) {
	slot := func(i, step int) plane.Quad { return plane.Rect(image.Rect(step*i, 0, step*i+step, 30)) }
	var line reader.Line
	for i := range 30 {
		line.Slots, line.Sure, line.Text = append(line.Slots, slot(i, 20)), append(line.Sure, 0.95), line.Text+"A"
	}
	zone := reader.Zone{Lines: []reader.Line{line}}
	number := func(step int) reader.Number {
		return reader.Number{Digits: "123456782", Quad: plane.Rect(image.Rect(100, 0, 100+9*step, 30))}
	}
	if !isAsFarApart(number(20), zone) || !isAsFarApart(number(18), zone) {
		t.Error("the gaps of the line are taken for something written over it")
	}
	if isAsFarApart(number(11), zone) || isAsFarApart(number(28), zone) {
		t.Error("what is written over the line is taken for its gaps")
	}
}

func TestWhatLiesOverTheNumberLineIsTold(t *testing.T) {
	blank := image.NewNRGBA(image.Rect(0, 0, 800, 60))
	for i := range blank.Pix {
		blank.Pix[i] = 255
	}
	for unread, want := range map[int]bool{overMost: false, overMost + 1: true} {
		var line reader.Line
		for i := range 30 {
			sure := 0.95
			if i >= 10 && i < 10+unread {
				sure = 0
			}
			line.Text += "L"
			line.Slots, line.Sure = append(line.Slots, plane.Rect(image.Rect(20*i, 10, 20*i+20, 40))), append(line.Sure, sure)
		}
		c := &check{Verdict: Verdict{Answer: Safe}}
		c.lookOverLine(reader.Zone{Lines: []reader.Line{line}}, newSolidity(blank, true))
		if told := len(c.Reasons) == 1 && c.Reasons[0].Code == OtherLine; told != want {
			t.Errorf("%d that cannot be read: %+v", unread, c.Reasons)
		}
	}
}

func TestALetterThatLooksLikeADigitIsOneOfTheDocumentsNumber(t *testing.T) {
	zone := reader.Zone{Lines: []reader.Line{{Text: "IBIB5S2562NLD8412128M"}}}
	if !isInZone("181855256", zone) {
		t.Error("the number of the document is taken for another")
	}
	if isInZone("123456782", zone) || isInZone("181800000", zone) {
		t.Error("another number is taken for the document's")
	}
}
