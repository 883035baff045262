package safecopy

import (
	"image"

	"github.com/sparekey/sparekey/internal/safecopy/mrz"
	"github.com/sparekey/sparekey/internal/safecopy/plane"
	"github.com/sparekey/sparekey/internal/safecopy/reader"
)

// How far around a document nothing is asked: its edge and its shadow. One line
// alone tells less well where the edge is.
const (
	edgeMargin     = 4.0  // millimetres
	edgeMarginLine = 12.0 // millimetres
	besideMost     = 5    // marks: fewer than the digits of a number
)

// lookBeside asks that nothing lies beside the document that may be text. Of the
// document itself it is known where it prints numbers; of a letter, a slip or
// another page nothing is, and that no number was read there proves nothing.
func (c *check) lookBeside(view *image.Gray, z reader.Zone, solid *solidity) {
	h, ok := onto(z)
	if !ok {
		return // no places are known either
	}
	s, margin := sheets[z.Format], edgeMargin
	if z.Format == mrz.Licence {
		margin = edgeMarginLine
	}
	document := h.Quad(plane.Quad{
		{X: -margin, Y: -margin}, {X: s.wide + margin, Y: -margin}, {X: s.wide + margin, Y: s.high + margin}, {X: -margin, Y: s.high + margin},
	})
	count, first := 0, plane.Quad{}
	for _, mark := range reader.Marks(view) {
		if document.Contains(mark.At(0.5, 0.5)) || solid.darkShare(mark) > 0.5 {
			continue
		}
		if count++; count == 1 {
			first = mark
		}
	}
	if count > besideMost {
		c.add(TextBeside, CannotTell, first)
	}
}
