package specimen

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/sparekey/sparekey/internal/safecopy"
	"github.com/sparekey/sparekey/internal/safecopy/plane"
)

// Each model under one condition, another one for each seed; the bench has them all.
func TestWhatGivesANumberAwayIsCovered(t *testing.T) {
	const seed = 11
	g := generator(t, seed)
	for i, m := range Zoned() {
		c := Ten()[(i+seed)%len(Ten())]
		s := c.Take(g.Document(m), rand.New(rand.NewPCG(seed, uint64(i))))
		p := safecopy.Propose(s.Image, safecopy.Options{})
		if len(p.Zones) != 1 || p.Zones[0].Format != s.Format {
			t.Errorf("%s, %s: zones found: %d", m, c.Name, len(p.Zones))
			continue
		}
		for _, n := range append(s.Personal, s.Numbers...) {
			if !Covered(n.Slots, p.Boxes) {
				t.Errorf("%s, %s: a number is open", m, c.Name)
			}
		}
		for _, code := range s.Codes {
			if !Covered([]plane.Quad{code.Quad}, p.Boxes) {
				t.Errorf("%s, %s: a code is open", m, c.Name)
			}
		}
	}
}

// Without a number line, the number and the code are found by themselves, and the
// person is told that no line was found.
func TestTheBackOfAPassportIsCoveredWithoutALine(t *testing.T) {
	g := generator(t, 12)
	for _, m := range []Model{Passport2014Back, Passport2021Back} {
		s := g.Document(m)
		p := safecopy.Propose(s.Image, safecopy.Options{})
		if len(p.Zones) != 0 || !slices.ContainsFunc(p.Notes, func(n safecopy.Note) bool { return n.Code == safecopy.NoLine }) {
			t.Errorf("%s: %d zones, notes %v", m, len(p.Zones), p.Notes)
		}
		if !Covered(s.Numbers[0].Slots, p.Boxes) {
			t.Errorf("%s: the printed number is open", m)
		}
		for _, code := range s.Codes {
			if !Covered([]plane.Quad{code.Quad}, p.Boxes) {
				t.Errorf("%s: the code is open", m)
			}
		}
	}
}
