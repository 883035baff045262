package safecopy

import (
	"github.com/sparekey/sparekey/internal/safecopy/mrz"
	"github.com/sparekey/sparekey/internal/safecopy/plane"
	"github.com/sparekey/sparekey/internal/safecopy/reader"
)

// How far around a document nothing is asked: its edge and its shadow. One line
// alone tells less well where the edges are that lie far from it.
const (
	edgeMargin    = 4.0  // millimetres
	farMarginLine = 12.0 // millimetres, above a single line
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
	document := h.Quad(plane.Quad{
		{X: -edgeMargin, Y: -above}, {X: s.wide + edgeMargin, Y: -above},
		{X: s.wide + edgeMargin, Y: s.high + edgeMargin}, {X: -edgeMargin, Y: s.high + edgeMargin},
	})
	var marks []markBeside
	for _, q := range reader.Marks(view) {
		if b := q.Bounds(); !document.Contains(q.At(0.5, 0.5)) && solid.darkShare(q) <= 0.5 {
			marks = append(marks, markBeside{q, q.At(0.5, 0.5), float64(max(b.Dx(), b.Dy()))})
		}
	}
	for _, m := range marks {
		near := 0
		for _, o := range marks {
			if like := o.side / m.side; like > 0.5 && like < 2 && plane.Distance(o.middle, m.middle) < besideReach*m.side {
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
}
