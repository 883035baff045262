package safecopy

import (
	"github.com/sparekey/sparekey/internal/safecopy/mrz"
	"github.com/sparekey/sparekey/internal/safecopy/plane"
	"github.com/sparekey/sparekey/internal/safecopy/reader"
)

// How far around a document its edge and its shadow are taken for nothing, and marks
// only count that are shaped as characters and as high as one another. One line alone
// tells less well where the edges are that lie far from it.
const (
	surelyOut     = 1.0  // millimetres: nearer than that is the document
	edgeMargin    = 4.0  // millimetres
	farMarginLine = 12.0 // millimetres, above a single line
	sameHeight    = 0.75 // the smaller by the larger
	besideMost    = 5    // marks near each other: fewer than the digits of a number
	besideReach   = 8.0  // how far that is, in sides of a mark
)

// lookBeside asks that nothing lies beside the document that may be text. Of the
// document itself it is known where it prints numbers; of a letter, a slip or
// another page nothing is, and that no number was read there proves nothing.
func (c *check) lookBeside(view *reader.View, z reader.Zone, solid *solidity) {
	h, ok := onto(z)
	if !ok {
		return // no places are known either
	}
	s, above := sheets[z.Format], edgeMargin
	if z.Format == mrz.Licence {
		above = farMarginLine
	}
	around := func(by, above float64) plane.Quad {
		return h.Quad(plane.Quad{{X: -by, Y: -above}, {X: s.wide + by, Y: -above}, {X: s.wide + by, Y: s.high + by}, {X: -by, Y: s.high + by}})
	}
	document, edge := around(surelyOut, surelyOut), around(edgeMargin, above)
	var marks []markBeside
	for _, q := range reader.Marks(view) {
		b, middle := q.Bounds(), q.At(0.5, 0.5)
		m := markBeside{q, middle, float64(max(b.Dx(), b.Dy())), edge.Contains(middle)}
		if !document.Contains(middle) && solid.darkShare(q) <= 0.5 && (!m.atEdge || m.isLikeCharacter()) {
			marks = append(marks, m)
		}
	}
	for _, m := range marks {
		near := 0
		for _, o := range marks {
			least := 0.5
			if m.atEdge || o.atEdge {
				least = sameHeight
			}
			if like := min(o.side/m.side, m.side/o.side); like > least && plane.Distance(o.middle, m.middle) < besideReach*m.side {
				near++
			}
		}
		if near > besideMost {
			c.add(TextBeside, CannotTell, m.quad)
			return
		}
	}
}

// A markBeside is what may be a character beside the document.
type markBeside struct {
	quad   plane.Quad
	middle plane.Point
	side   float64 // the longer one, in pixels
	atEdge bool    // where the document's edge and its shadow may be
}

// isLikeCharacter reports whether it has the shape of most characters, upright or on
// its side: edges and shadows are long and thin.
func (m markBeside) isLikeCharacter() bool {
	b := m.quad.Bounds()
	return float64(min(b.Dx(), b.Dy())) > 0.4*m.side
}
