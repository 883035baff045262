package safecopy

import (
	"image"

	"github.com/sparekey/sparekey/internal/safecopy/reader"
)

// The views through red and blue light, and with the dark part spread out.
const redView, blueView, darkView = 0, 2, 3

// viewKinds are the grey pictures in which a number is looked for, each made of
// pixels of four bytes: through red, green and blue light alone, their differences,
// and with the dark part spread out, as a bar that is not opaque leaves it.
var viewKinds = []func(to, from []uint8){
	redView: func(to, from []uint8) { throughOne(to, from) },
	func(to, from []uint8) { throughOne(to, from[1:]) },
	blueView: func(to, from []uint8) { throughOne(to, from[2:]) },
	darkView: func(to, from []uint8) { spread(to, from, 3) },
	func(to, from []uint8) { spread(to, from, 12) },
	func(to, from []uint8) {
		for i := range to {
			to[i] = uint8(min(max(128+4*(int(from[4*i+1])-int(from[4*i+2])), 0), 255))
		}
	},
}

// throughOne takes every fourth byte.
func throughOne(to, from []uint8) {
	for i := range to {
		to[i] = from[4*i]
	}
}

// lightOnDark is the view through red light with light and dark exchanged: rows
// are looked for dark on light.
func lightOnDark(to, from []uint8) {
	throughOne(to, from)
	for i := range to {
		to[i] = 255 - to[i]
	}
}

func spread(to, from []uint8, by int) {
	for i := range to {
		to[i] = uint8(min(int(max(from[4*i], from[4*i+1], from[4*i+2]))*by, 255))
	}
}

// viewOf is img as a kind of view shows it.
func viewOf(img *image.NRGBA, kind func(to, from []uint8)) *reader.View {
	v := image.NewGray(img.Rect)
	for y := range img.Rect.Dy() {
		kind(v.Pix[y*v.Stride:(y+1)*v.Stride], img.Pix[y*img.Stride:])
	}
	return reader.NewView(v)
}
