package reader

import (
	"cmp"
	"image"
	"math"
	"slices"
	"strings"

	"github.com/sparekey/sparekey/internal/safecopy/glyph"
	"github.com/sparekey/sparekey/internal/safecopy/mrz"
	"github.com/sparekey/sparekey/internal/safecopy/plane"
)

// workPixels is how large the picture is in which characters are searched.
const workPixels = 3_000_000

// mostSheets bounds the time spent on one try of a picture full of rows.
const mostSheets = 6

// Zones finds the machine-readable zones in img, at any rotation, the surest
// first. The time is bounded by the pixels of img and by workPixels.
func Zones(img image.Image) []Zone {
	full := grayOf(img)
	if full.w < 32 || full.h < 32 {
		return nil
	}
	return (&eye{full: full, net: glyph.Characters()}).zones()
}

// Glance finds the zones that Zones finds first: those that are plain to see.
func Glance(img image.Image) []Zone {
	full := grayOf(img)
	if full.w < 32 || full.h < 32 {
		return nil
	}
	return (&eye{full: full, net: glyph.Characters()}).zonesIn(tries(full)[:1])
}

func (e *eye) zones() []Zone { return e.zonesIn(tries(e.full)) }

func (e *eye) zonesIn(ways []try) []Zone {
	full := e.full
	var found []guess
	for _, t := range ways {
		e.sheets = 0
		e.work = full
		if t.scale != 1 {
			e.work = full.resized(t.scale)
		}
		found = append(found, e.search(t.inking)...)
		if slices.ContainsFunc(found, func(g guess) bool { return g.isSure() }) {
			break
		}
	}
	return zonesOf(found)
}

// zonesOf keeps, of guesses that speak of the same place, the best.
func zonesOf(found []guess) []Zone {
	slices.SortStableFunc(found, func(a, b guess) int { return cmp.Compare(b.score, a.score) })
	var kept []guess
	var zones []Zone
	for _, g := range found {
		if !slices.ContainsFunc(kept, func(o guess) bool { return overlap(&o, &g) || overlap(&g, &o) }) {
			kept, zones = append(kept, g), append(zones, g.zone())
		}
	}
	return zones
}

// A try is one way to look for a zone.
type try struct {
	scale  float64
	inking inking
}

// tries begin with the way that finds most; the others cost time only on
// pictures in which it did not find a zone whose check digits are right.
func tries(g *gray) []try {
	pixels := float64(g.w * g.h)
	scale := 1.0
	switch {
	case pixels > workPixels*1.3:
		scale = math.Sqrt(workPixels / pixels)
	case max(g.w, g.h) < 1100:
		scale = min(1400/float64(max(g.w, g.h)), 4)
	}
	reach := max(int(math.Sqrt(pixels)*scale/70), 10)
	return []try{
		{scale, inking{reach: reach, deviations: 0.35, least: 6}},
		{scale, inking{reach: reach / 2, deviations: 0.5, least: 10}},
		{scale * 0.6, inking{reach: reach, deviations: 0.2, least: 4}},
	}
}

// search finds zones in the gray at work.
func (e *eye) search(k inking) []guess {
	soft := e.work.softened()
	all := blobs(k.runs(soft), 5, 150)
	var found []guess
	for _, angle := range tilts(all, 3) {
		f := frameAt(angle)
		marks := f.marks(all)
		seeds := chains(marks)
		var seen []*sheet
		for _, c := range seeds[:min(len(seeds), 6)] {
			if e.sheets >= mostSheets || slices.ContainsFunc(seen, func(s *sheet) bool { return s.holds(marks, c) }) {
				continue
			}
			r, ok := rowOf(marks, c)
			if low, high := r.ends(); !ok || high-low < 14 || high-low > 60 {
				continue
			}
			s := sheetOf(f, marks, r)
			seen = append(seen, s)
			if !s.isSound() {
				continue
			}
			e.sheets++
			if g, ok := e.best(s); ok {
				found = append(found, g)
			}
		}
		if slices.ContainsFunc(found, func(g guess) bool { return g.isSure() }) {
			break
		}
	}
	return found
}

// holds reports whether most of the chain's marks stand in rows of s.
func (s *sheet) holds(all []mark, c chain) bool {
	in := 0
	for _, i := range c.marks {
		for _, r := range s.rows {
			if slices.ContainsFunc(r.nodes, func(n node) bool { return n.mark == all[i] }) {
				in++
				break
			}
		}
	}
	return 2*in > len(c.marks)
}

// best is the best zone that the sheet can be read as, if it is one: a glance
// from both sides tells which way up to look carefully.
func (e *eye) best(s *sheet) (guess, bool) {
	low, high := e.reach(s)
	pages := func(isTurned bool, nudges []plane.Point) []guess {
		p := e.read(s, gaze{low, high, isTurned, nudges})
		return p.guesses()
	}
	glances := [2]float64{}
	for i := range glances {
		glances[i] = math.Inf(-1)
		for _, g := range pages(i == 1, nudges[:1]) {
			glances[i] = max(glances[i], g.score/g.size())
		}
	}
	var out guess
	found := false
	for i, glance := range glances {
		if glance < promising || glance < glances[1-i]-0.6 {
			continue
		}
		for _, g := range pages(i == 1, nudges[:]) {
			if !g.isBelievable() {
				continue
			}
			if g.settle(); !g.isText() {
				continue
			}
			if !found || g.score > out.score {
				out, found = g, true
			}
		}
	}
	return out, found
}

// size is how many characters the guess has that no box covers.
func (g *guess) size() float64 { return float64(g.open()) }

// believable and surely are how much a character of a zone speaks for it, in
// the mean: patterns that are taken for characters stay below the first, and
// zones that were read well lie above the second.
const believable, surely = 0.85, 1.4

// promising is what a glance must say for a careful look.
const promising = 0.4

// isBelievable reports whether enough was read for a zone.
func (g *guess) isBelievable() bool { return g.score > believable*g.size() }

// isSure reports whether nothing better needs to be looked for.
func (g *guess) isSure() bool { return len(g.wrong) == 0 && g.score > surely*g.size() }

// isContradicted reports whether characters were seen that cannot stand where
// they are, or single gaps like those between words, more than a bad picture
// makes. Longer gaps may be covered.
func (g *guess) isContradicted() bool {
	against := 0
	for n, line := range g.text {
		isGap := func(i int) bool {
			return i >= 0 && i < len(line) && g.looks[n][i].beliefs[classes-1] > -0.7
		}
		for i := range len(line) {
			l := &g.looks[n][i]
			switch {
			case isGap(i):
				if !isGap(i-1) && !isGap(i+1) {
					against++
				}
			case l.beliefs[classOf(line[i])] < doubtful && l.beliefs[classes-1] < -1:
				against++
			}
		}
	}
	return float64(against+g.strays()) > 0.07*g.size()
}

// strays counts what was seen where names have ended and only fillers can
// stand.
func (g *guess) strays() int {
	s := mrz.Names(g.format)
	count, fillers := 0, 0
	for i := s.From; i < s.To; i++ {
		switch {
		case g.text[s.Line][i] == '<':
			fillers++
		case fillers < 3:
			fillers = 0
		case g.looks[s.Line][i].beliefs[classOf('<')] < doubtful:
			count++
		}
	}
	return count
}

// isText reports whether what was read looks like a zone's text.
func (g *guess) isText() bool {
	return g.isVaried() && !g.isContradicted() && g.isClear() && g.isSupported()
}

// isClear reports whether the perceptron is sure, in the mean, of what stands
// where something stands: other typefaces, and text upside down, leave it in
// doubt.
func (g *guess) isClear() bool {
	sum, count := 0.0, 0
	for n, line := range g.text {
		for i := range len(line) {
			if l := &g.looks[n][i]; l.beliefs[classes-1] < -0.7 {
				sum, count = sum+math.Exp(float64(l.beliefs[classOf(line[i])])), count+1
			}
		}
	}
	return sum > 0.7*float64(count)
}

// doubtful is the belief in a character, in nats, below which it was not seen.
const doubtful = -4.5

// isExact reports whether every check digit is right, and was seen to be: none
// of the characters that one covers was made up to please it.
func (g *guess) isExact() bool {
	for _, c := range g.format.Checks() {
		if !g.isSeenRight(c) {
			return false
		}
	}
	return true
}

// isSupported reports whether two check digits, or the only one, are seen to be
// right, or the rest is beyond doubt. One of four agrees by chance too often; that
// of a day that no calendar has does not count.
func (g *guess) isSupported() bool {
	right := 0
	for _, c := range g.format.Checks() {
		isDate := c.Part == mrz.BirthPart || c.Part == mrz.ExpiryPart
		if g.isSeenRight(c) && (!isDate || isDay(g.text[c.At.Line][c.At.Index-6:c.At.Index])) {
			right++
		}
	}
	return g.score > surely*g.size() || right >= min(2, len(g.format.Checks()))
}

// isDay reports whether text, YYMMDD, can be a day; what is unknown is `<<`.
func isDay(text string) bool {
	for i, most := range [3]string{"99", "12", "31"} {
		two := text[2*i : 2*i+2]
		if two != "<<" && (strings.Contains(two, "<") || two > most || i > 0 && two == "00") {
			return false
		}
	}
	return true
}

func (g *guess) isSeenRight(c mrz.Check) bool {
	made := func(p mrz.Position) bool {
		return g.looks[p.Line][p.Index].beliefs[classOf(g.text[p.Line][p.Index])] < doubtful
	}
	if slices.Contains(g.wrong, c.Part) || made(c.At) {
		return false
	}
	for _, s := range c.Over {
		for i := s.From; i < s.To; i++ {
			if made(mrz.Position{Line: s.Line, Index: i}) {
				return false
			}
		}
	}
	return true
}

// isVaried reports whether the text has as many kinds of characters as names,
// dates and numbers have: strokes of a pattern are all read as a few.
func (g *guess) isVaried() bool {
	const strokes = "I1LJTF7"
	kinds := map[rune]int{}
	filled, stroked := 0, 0
	for _, c := range strings.ReplaceAll(strings.Join(g.text, ""), "<", "") {
		kinds[c]++
		filled++
		if strings.ContainsRune(strokes, c) {
			stroked++
		}
	}
	return len(kinds) >= 8 && 100*stroked <= 62*filled
}

// overlap reports whether both guesses speak of the same place.
func overlap(a, b *guess) bool {
	for _, line := range b.looks {
		l := line[len(line)/2].quad
		if hull(a).Contains(l.At(0.5, 0.5)) {
			return true
		}
	}
	return false
}

func hull(g *guess) plane.Quad {
	top, low := g.looks[0], g.looks[len(g.looks)-1]
	return plane.Quad{top[0].quad[0], top[len(top)-1].quad[1], low[len(low)-1].quad[2], low[0].quad[3]}
}
