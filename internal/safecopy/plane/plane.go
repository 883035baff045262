// Package plane is the geometry of a picture: points, four-sided regions and
// the maps between them.
//
// Coordinates are pixels of the upright picture (orientation applied), with x
// to the right, y down, and (0, 0) the top left corner of the first pixel.
package plane

import (
	"image"
	"math"
)

// Point is a place in a picture, in pixels.
type Point struct{ X, Y float64 }

// Quad is a four-sided region: top left, top right, bottom right and bottom
// left as someone sees them who reads the text in it, whichever way it lies.
type Quad [4]Point

// Rect makes the upright quad of r.
func Rect(r image.Rectangle) Quad {
	x0, y0, x1, y1 := float64(r.Min.X), float64(r.Min.Y), float64(r.Max.X), float64(r.Max.Y)
	return Quad{{x0, y0}, {x1, y0}, {x1, y1}, {x0, y1}}
}

// Bounds is the smallest upright rectangle of whole pixels around q.
func (q Quad) Bounds() image.Rectangle {
	x0, y0, x1, y1 := q[0].X, q[0].Y, q[0].X, q[0].Y
	for _, p := range q[1:] {
		x0, y0, x1, y1 = min(x0, p.X), min(y0, p.Y), max(x1, p.X), max(y1, p.Y)
	}
	return image.Rect(int(math.Floor(x0)), int(math.Floor(y0)), int(math.Ceil(x1)), int(math.Ceil(y1)))
}

// Contains reports whether p lies in q, which is convex.
func (q Quad) Contains(p Point) bool {
	left, right := false, false
	for i := range q {
		a, b := q[i], q[(i+1)%4]
		switch cross := (b.X-a.X)*(p.Y-a.Y) - (b.Y-a.Y)*(p.X-a.X); {
		case cross > 0:
			left = true
		case cross < 0:
			right = true
		}
	}
	return !(left && right)
}

// Grow moves every side of q outwards by that many pixels.
func (q Quad) Grow(by float64) Quad {
	wide, high := Distance(q[0], q[1])+Distance(q[3], q[2]), Distance(q[0], q[3])+Distance(q[1], q[2])
	if wide == 0 || high == 0 {
		return q
	}
	return q.Part(-2*by/wide, -2*by/high, 1+2*by/wide, 1+2*by/high)
}

// Part is the region of q between the fractions x0 to x1 of its width and y0
// to y1 of its height; below 0 and above 1 lie outside q.
func (q Quad) Part(x0, y0, x1, y1 float64) Quad {
	return Quad{q.At(x0, y0), q.At(x1, y0), q.At(x1, y1), q.At(x0, y1)}
}

// At is the point at the fractions x of q's width and y of its height
// (bilinear: right for a parallelogram, near enough for a weak perspective).
func (q Quad) At(x, y float64) Point {
	top := between(q[0], q[1], x)
	bottom := between(q[3], q[2], x)
	return between(top, bottom, y)
}

// Scale multiplies all coordinates.
func (q Quad) Scale(by float64) Quad {
	for i := range q {
		q[i].X, q[i].Y = q[i].X*by, q[i].Y*by
	}
	return q
}

func between(a, b Point, part float64) Point {
	return Point{a.X + (b.X-a.X)*part, a.Y + (b.Y-a.Y)*part}
}

// Distance is how far a and b are apart, in pixels.
func Distance(a, b Point) float64 { return math.Hypot(b.X-a.X, b.Y-a.Y) }
