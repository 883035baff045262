package specimen

import (
	"image/color"
	"strings"

	"golang.org/x/image/font/opentype"

	"github.com/sparekey/sparekey/internal/safecopy/plane"
)

// astray is how far, in millimetres, what is printed on one document stands from
// where the drawing of its model has it, in each direction: documents are printed
// by machines that were set by hand, and one model saw several.
const astray = 2.0

// The ways in which nine digits are written.
var groupings = [][]int{{9}, {9}, {9}, {3, 3, 3}, {4, 2, 3}}

// printed writes a holder's number with its label as one machine in one year did:
// up to astray from x and y (the baseline), a seventh larger or smaller, in one of
// the typefaces, in one of the groupings, the label above it or before it. Nothing
// of this leans on where safecopy looks.
func (c *canvas) printed(s *Sample, label, number string, x, y, high float64, ink color.Color) {
	x, y = c.shift(x), c.shift(y)
	high *= 0.87 + 0.27*c.random.Float64()
	font := pick(c.random, []*opentype.Font{c.fonts.regular, c.fonts.regular, c.fonts.bold, c.fonts.mono})
	slots := c.digits(font, number, x, y, high, ink)
	s.number(number, slots)
	small := min(high*0.55, 1.3)
	if c.random.IntN(3) > 0 || len(label) > 6 {
		c.print(c.fonts.regular, label, x, y-high-0.6-0.8*c.random.Float64(), small, ink)
		return
	}
	c.print(c.fonts.regular, label, x-float64(len(label))*small-0.8, y, small, ink)
}

// shift is at, up to astray off.
func (c *canvas) shift(at float64) float64 { return at + astray*(2*c.random.Float64()-1) }

// digits writes a number, nine digits in a grouping, and returns where its digits
// stand.
func (c *canvas) digits(font *opentype.Font, number string, x, y, high float64, ink color.Color) []plane.Quad {
	text := number
	if len(number) == 9 {
		var parts []string
		rest := number
		for _, n := range pick(c.random, groupings) {
			parts, rest = append(parts, rest[:n]), rest[n:]
		}
		text = strings.Join(parts, pick(c.random, []string{" ", "."}))
	}
	var slots []plane.Quad
	for i, q := range c.print(font, text, x, y, high, ink) {
		if strings.ContainsRune(numerals, rune(text[i])) {
			slots = append(slots, q)
		}
	}
	return slots
}

// repeated writes the number of another country's holder, which also stands in the
// zone, beside its label somewhere between the other fields.
func (c *canvas) repeated(s *Sample, number string, x, y float64, ink color.Color) {
	x, y = c.shift(x), c.shift(y)
	c.print(c.fonts.regular, "Personal no.", x, y-3, 1.2, ink)
	slots := c.digits(pick(c.random, []*opentype.Font{c.fonts.regular, c.fonts.bold}), number, x, y, 1.9+0.5*c.random.Float64(), ink)
	s.Repeated = append(s.Repeated, Number{number, around(slots), slots})
}
