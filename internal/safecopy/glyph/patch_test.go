package glyph

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func TestPaperAndInkAreTheBrightAndTheDarkPart(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 500 {
		var p Patch
		levels := 1 + r.IntN(400) // few levels make many alike
		for i := range p {
			p[i] = float32(r.IntN(levels)) / 2
		}
		sorted := slices.Sorted(slices.Values(p[:]))
		if paper, dark := p.extremes(); paper != sorted[281] || dark != sorted[14] {
			t.Fatalf("paper %v, ink %v of %v", paper, dark, sorted)
		}
	}
}
