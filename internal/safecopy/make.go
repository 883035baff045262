package safecopy

import (
	"image"
	"image/color"
	"image/draw"
	"math"

	"github.com/sparekey/sparekey/internal/safecopy/plane"
)

// boxColour is what every box is filled with.
var boxColour = color.NRGBA{A: 255}

// Make draws a safe copy of img: the mark across all of it, then the boxes on
// top, and under the picture a strip with the words of the mark and their QR
// code. The copy is as wide as img and, by that strip, higher; what was at
// (x, y) is still there. Where img is transparent, the copy is white.
func Make(img image.Image, boxes []Box, mark Mark) *image.NRGBA {
	mark = mark.clean()
	marked := overWhite(img)
	drawMark(marked, mark)
	for _, b := range boxes {
		fill(marked, b.Quad)
	}
	w, h := marked.Rect.Dx(), marked.Rect.Dy()
	foot := footOf(mark, w)
	copied := image.NewNRGBA(image.Rect(0, 0, w, h+foot.Rect.Dy()))
	draw.Draw(copied, marked.Rect, marked, image.Point{}, draw.Src)
	draw.Draw(copied, image.Rect(0, h, w, h+foot.Rect.Dy()), foot, image.Point{}, draw.Src)
	return copied
}

// fill paints q with hard edges: every pixel that has its centre in q or on its
// edge. A quad whose sides cross is no region: the rectangle around it is filled.
func fill(img *image.NRGBA, q plane.Quad) {
	around := q.Bounds().Intersect(img.Rect)
	whole := !isConvex(q)
	for y := around.Min.Y; y < around.Max.Y; y++ {
		for x := around.Min.X; x < around.Max.X; x++ {
			if whole || q.Contains(plane.Point{X: float64(x) + 0.5, Y: float64(y) + 0.5}) {
				img.SetNRGBA(x, y, boxColour)
			}
		}
	}
}

// isConvex reports whether the corners of q turn one way only, once around.
func isConvex(q plane.Quad) bool {
	turned := 0.0
	for i := range q {
		a, b, c := q[i], q[(i+1)%4], q[(i+2)%4]
		ux, uy, vx, vy := b.X-a.X, b.Y-a.Y, c.X-b.X, c.Y-b.Y
		turned += math.Atan2(ux*vy-uy*vx, ux*vx+uy*vy)
	}
	left, right := false, false
	for i := range q {
		a, b, c := q[i], q[(i+1)%4], q[(i+2)%4]
		cross := (b.X-a.X)*(c.Y-b.Y) - (b.Y-a.Y)*(c.X-b.X)
		left, right = left || cross > 0, right || cross < 0
	}
	return !(left && right) && math.Abs(math.Abs(turned)-2*math.Pi) < 1e-6
}
