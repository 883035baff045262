package reader

import (
	"image"
	"slices"

	"github.com/sparekey/sparekey/internal/safecopy/glyph"
	"github.com/sparekey/sparekey/internal/safecopy/mrz"
	"github.com/sparekey/sparekey/internal/safecopy/plane"
)

// Covered stands in a Line's Text for a character that a box covers.
const Covered = ' '

// Remains finds zones of which boxes cover the optional data, by the characters
// that remain. isCovered tells whether a slot lies in a box. Where it does the
// Text is Covered, if the format has optional data there; and Exact speaks of
// the check digits that can be seen, of which there must be two.
func Remains(img image.Image, isCovered func(plane.Quad) bool) []Zone {
	full := grayOf(img)
	if full.w < 32 || full.h < 32 {
		return nil
	}
	return (&eye{full: full, net: glyph.Characters(), isCovered: isCovered}).zones()
}

// blank says of a look that its place is covered: it speaks for no character
// and against none.
func (l *look) blank() {
	l.covered = true
	clear(l.beliefs[:])
}

// optionalAt tells, line by line, which characters of a format are optional data.
func optionalAt(f mrz.Format) [][]bool {
	out := make([][]bool, f.Lines())
	for i := range out {
		out[i] = make([]bool, f.Width())
	}
	for _, s := range mrz.Optional(f) {
		for i := s.From; i < s.To; i++ {
			out[s.Line][i] = true
		}
	}
	return out
}

// coveredWorth is how far a covered place speaks for a format.
func coveredWorth(isOptional bool) float64 {
	if isOptional {
		return 0
	}
	return hopeless
}

// open is how many characters of the guess are not covered.
func (g *guess) open() int {
	count := 0
	for _, line := range g.looks {
		for i := range line {
			if !line[i].covered {
				count++
			}
		}
	}
	return count
}

// withoutCovered leaves out what decoding put into covered places, and the
// check digits that count them: of the others none is wrong, and two are seen to
// be right, where the rest is exact.
func (g *guess) withoutCovered() {
	isCovered := func(p mrz.Position) bool { return g.looks[p.Line][p.Index].covered }
	var wrong []mrz.Part
	right := 0
	for _, c := range g.format.Checks() {
		hidden := isCovered(c.At)
		for _, s := range c.Over {
			for i := s.From; i < s.To; i++ {
				hidden = hidden || isCovered(mrz.Position{Line: s.Line, Index: i})
			}
		}
		if hidden {
			continue
		}
		switch {
		case slices.Contains(g.wrong, c.Part):
			wrong = append(wrong, c.Part)
		case g.isSeenRight(c):
			right++
		}
	}
	if g.open() < len(g.looks)*len(g.looks[0]) {
		g.wrong = wrong
		g.isPartly, g.right = true, right
	}
	for n, line := range g.looks {
		text := []byte(g.text[n])
		for i := range line {
			if line[i].covered {
				text[i] = Covered
			}
		}
		g.text[n] = string(text)
	}
}
