// Package reader finds and reads, in the pixels of a picture, what may hold a
// citizen service number: machine-readable zones, rows of digits, QR codes and
// barcodes. It decides nothing: what to cover and what to believe is
// safecopy's.
package reader

import (
	"github.com/sparekey/sparekey/internal/safecopy/mrz"
	"github.com/sparekey/sparekey/internal/safecopy/plane"
)

// Zone is a machine-readable zone that was found in a picture.
type Zone struct {
	Format mrz.Format
	Lines  []Line

	// Exact reports whether every check digit of the format is right.
	Exact bool

	// Sure is how likely the zone is one, 0 to 1.
	Sure float64
}

// Line is one line of a Zone: Text[i] stands in Slots[i].
type Line struct {
	Text  string
	Slots []plane.Quad

	// Sure is the share of belief in each character, 0 to 1.
	Sure []float64
}

// At is the character whose slot holds p; false where none does.
func (z Zone) At(p plane.Point) (char byte, ok bool) {
	for _, line := range z.Lines {
		for i, slot := range line.Slots {
			if slot.Contains(p) {
				return line.Text[i], true
			}
		}
	}
	return 0, false
}

// Number is a row of printed digits.
type Number struct {
	Digits string
	Quad   plane.Quad
	Slots  []plane.Quad
	Sure   float64
	Light  bool // on what is darker
}

// Code is a QR code, another matrix code or a barcode. Text is empty where it
// was found but not decoded.
type Code struct {
	Kind string
	Text string
	Quad plane.Quad
}
