package safecopy

import (
	"math"
	"testing"
)

// TestALineOfInkIsWhatEveryPixelAsksFor works the weave out again, pixel by pixel.
func TestALineOfInkIsWhatEveryPixelAsksFor(t *testing.T) {
	for _, size := range [][2]int{{900, 640}, {311, 1200}, {40, 40}} {
		w, h := size[0], size[1]
		v := weaveOf(Mark{For: "Gemeente Utrecht", Purpose: "Inschrijving", Date: "2026-11-22", Case: "7"}, w, h)
		got := make([]uint8, w)
		for y := range h {
			v.line(y, got)
			for x := range w {
				fx, fy := float64(x)+0.5, float64(y)+0.5
				along, across := fx*v.cos+fy*v.sin, fy*v.cos-fx*v.sin
				row := math.Floor(across / v.pitch)
				mask := v.rows[wrap(int(row), len(v.rows))]
				want := uint8(0)
				if my := int(across - row*v.pitch); my < mask.Rect.Dy() {
					mx := wrap(int(math.Floor(along))+int(row)*mask.Rect.Dx()/3, mask.Rect.Dx())
					want = mask.Pix[my*mask.Stride+mx]
				}
				if got[x] != want {
					t.Fatalf("%d × %d, at (%d, %d): %d, want %d", w, h, x, y, got[x], want)
				}
			}
		}
	}
}
