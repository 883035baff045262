package safecopy

import "image"

// The views through red light, and with the dark part spread out.
const redView, darkView = 0, 3

// viewKinds are the grey pictures in which a number is looked for: through red,
// green and blue light alone, their differences, and with the dark part spread
// out, as a bar that is not opaque leaves it.
var viewKinds = []func(r, g, b int) uint8{
	redView: func(r, _, _ int) uint8 { return uint8(r) },
	func(_, g, _ int) uint8 { return uint8(g) },
	func(_, _, b int) uint8 { return uint8(b) },
	darkView: func(r, g, b int) uint8 { return spread(max(r, g, b), 3) },
	func(r, g, b int) uint8 { return spread(max(r, g, b), 12) },
	func(_, g, b int) uint8 { return uint8(min(max(128+4*(g-b), 0), 255)) },
}

func spread(v, by int) uint8 { return uint8(min(v*by, 255)) }

// viewOf is img as a kind of view shows it.
func viewOf(img *image.NRGBA, kind func(r, g, b int) uint8) *image.Gray {
	v := image.NewGray(img.Rect)
	for y := range img.Rect.Dy() {
		from, to := img.Pix[y*img.Stride:], v.Pix[y*v.Stride:]
		for x := range img.Rect.Dx() {
			to[x] = kind(int(from[4*x]), int(from[4*x+1]), int(from[4*x+2]))
		}
	}
	return v
}

// negative is a view with light and dark exchanged: readers look for dark print.
func negative(view *image.Gray) *image.Gray {
	out := image.NewGray(view.Rect)
	for i, v := range view.Pix {
		out.Pix[i] = 255 - v
	}
	return out
}
