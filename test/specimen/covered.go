package specimen

import (
	"image"
	"slices"

	"github.com/sparekey/sparekey/internal/safecopy"
	"github.com/sparekey/sparekey/internal/safecopy/plane"
)

// Covered reports whether the boxes hide every slot: its middle, and points close
// to its edges all around.
func Covered(slots []plane.Quad, boxes []safecopy.Box) bool {
	return covered(slots, boxes, func(plane.Point) bool { return true })
}

// CoveredOn is Covered for what of the slots lies on the picture.
func CoveredOn(picture image.Rectangle, slots []plane.Quad, boxes []safecopy.Box) bool {
	on := plane.Rect(picture)
	return covered(slots, boxes, on.Contains)
}

func covered(slots []plane.Quad, boxes []safecopy.Box, counts func(plane.Point) bool) bool {
	for _, slot := range slots {
		for _, x := range []float64{0.1, 0.5, 0.9} {
			for _, y := range []float64{0.05, 0.5, 0.95} {
				if at := slot.At(x, y); counts(at) && !hidden(at, boxes) {
					return false
				}
			}
		}
	}
	return true
}

func hidden(at plane.Point, boxes []safecopy.Box) bool {
	for _, b := range boxes {
		if b.Quad.Contains(at) {
			return true
		}
	}
	return false
}

// Idle are the boxes that hide nothing of a person's number, nor a code: neither
// the middle of a slot nor of a code lies in them.
func (s *Sample) Idle(boxes []safecopy.Box) []safecopy.Box {
	var places []plane.Quad
	for _, n := range slices.Concat(s.Personal, s.Numbers, s.Repeated) {
		places = append(places, n.Slots...)
	}
	for _, c := range s.Codes {
		places = append(places, c.Quad)
	}
	var idle []safecopy.Box
	for _, b := range boxes {
		hides := false
		for _, q := range places {
			hides = hides || b.Quad.Contains(q.At(0.5, 0.5))
		}
		if !hides {
			idle = append(idle, b)
		}
	}
	return idle
}
