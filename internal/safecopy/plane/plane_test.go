package plane

import (
	"image"
	"math"
	"testing"
)

func TestAHomographyTakesCornersToCorners(t *testing.T) {
	from := Rect(image.Rect(0, 0, 100, 60))
	to := Quad{{12, 7}, {130, 20}, {118, 95}, {3, 80}}
	h, ok := Onto(from, to)
	if !ok {
		t.Fatal("no homography")
	}
	for i, p := range h.Quad(from) {
		if math.Hypot(p.X-to[i].X, p.Y-to[i].Y) > 1e-6 {
			t.Errorf("corner %d went to %v, want %v", i, p, to[i])
		}
	}
	back, ok := Onto(to, from)
	if middle := back.At(h.At(Point{33, 44})); !ok || math.Hypot(middle.X-33, middle.Y-44) > 1e-6 {
		t.Errorf("there and back again ended at %v", middle)
	}
	if _, ok := Onto(Quad{{0, 0}, {1, 0}, {2, 0}, {3, 0}}, to); ok {
		t.Error("a line was taken for a region")
	}
}

func TestGrowingAndTakingPartsOfARegion(t *testing.T) {
	q := Rect(image.Rect(10, 10, 30, 20))
	if got := q.Grow(2).Bounds(); got != image.Rect(8, 8, 32, 22) {
		t.Errorf("grown by two pixels: %v", got)
	}
	if got := q.Part(0.5, 0, 1, 1).Bounds(); got != image.Rect(20, 10, 30, 20) {
		t.Errorf("the right half: %v", got)
	}
	if !q.Contains(Point{20, 15}) || q.Contains(Point{31, 15}) {
		t.Error("inside and outside are confused")
	}
}
