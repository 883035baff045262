package reader

import (
	"fmt"
	"testing"

	"github.com/sparekey/sparekey/internal/safecopy/mrz"
)

// seen is a guess of which every character was seen as it stands in text.
func seen(f mrz.Format, text ...string) *guess {
	g := &guess{format: f, text: text, score: 1.2 * float64(f.Lines()*f.Width())}
	for _, line := range text {
		looks := make([]look, len(line))
		for i := range line {
			var sums [classes]float64
			sums[classOf(line[i])] = 1
			looks[i].beliefs = doubted(&sums)
		}
		g.looks = append(g.looks, looks)
	}
	g.wrong = mrz.Wrong(f, text)
	return g
}

func TestNothingStandsBehindTheNames(t *testing.T) {
	good := []string{"I<UTOD231458907<<<<<<<<<<<<<<<", "7408122F1204159UTO<<<<<<<<<<<6", "ERIKSSON<<ANNA<MARIA<<<<<<<<<<"}
	if g := seen(mrz.TD1, good...); g.strays() != 0 || !g.isText() {
		t.Errorf("Doc 9303's own card has %d strays, is text: %v", g.strays(), g.isText())
	}
	for _, c := range []struct {
		names string
		want  int
	}{
		{"ERIKSSON<<ANNA<MARIA<<<LLLLLLL", 7}, // what read these lines were pages of `<`
		{"V<<<<<<<<<<<<<<<<<UCLLUJCCJOLV", 12},
		{"ERIKSSON<<<<<<<<<<<<<<<<<<<<L<", 1},
	} {
		g := seen(mrz.TD1, good[0], good[1], c.names)
		if got := g.strays(); got != c.want {
			t.Errorf("%s: %d strays", c.names, got)
		}
		if g.isText() != (c.want < 7) {
			t.Errorf("%s is text: %v", c.names, g.isText())
		}
	}
}

func TestOneCheckDigitOfSeveralSupportsNoZone(t *testing.T) {
	for _, c := range []struct {
		what, middle string
		want         bool
	}{
		{"all", "7408122F1204159UTO<<<<<<<<<<<6", true},
		{"number and birth", "7408122F1204158UTO<<<<<<<<<<<0", true},
		{"number alone", "7408120F1204158UTO<<<<<<<<<<<0", false},
		{"number, and a birth in month 93", fmt.Sprintf("749312%dF1204158UTO<<<<<<<<<<<0", mrz.Digit("749312")), false},
		{"number, and a birth of one digit", "<000000F1204158UTO<<<<<<<<<<<0", false},
	} {
		g := seen(mrz.TD1, "I<UTOD231458907<<<<<<<<<<<<<<<", c.middle, "ERIKSSON<<ANNA<MARIA<<<<<<<<<<")
		if g.isSupported() != c.want {
			t.Errorf("right are %s: supported %v, wrong %v", c.what, !c.want, g.wrong)
		}
	}
}
