package reader

import (
	"image"
	"math"

	"github.com/sparekey/sparekey/internal/safecopy/glyph"
	"github.com/sparekey/sparekey/internal/safecopy/plane"
)

// Fine print is looked for in tiles, each made larger, so that what a tile takes
// does not grow with the picture and each has text directions of its own.
const (
	fineTile     = 520     // pixels of the picture, of a side
	fineOverlap  = 130     // pixels that a tile shares with the next: a number of the finest print
	fineScale    = 3.0     // of pictures of a scan or a screen
	photoScale   = 2.0     // of photos, of which characters have more pixels
	photoAtLeast = 3 << 20 // pixels
)

// FinePrint finds rows of at least eight digits that are too small for Numbers:
// from about six pixels high, dark on light and light on dark. It takes longer.
func FinePrint(img image.Image) []Number {
	full := grayOf(img)
	scale := fineScale
	if full.w*full.h >= photoAtLeast {
		scale = photoScale
	}
	net := glyph.Digits()
	var out []Number
	for _, box := range tilesOf(full.w, full.h) {
		n := &numberSearch{full: full.part(box), net: net, scale: scale, isBoth: true, left: float64(box.Min.X), top: float64(box.Min.Y)}
		for _, number := range n.all() {
			out = withLonger(out, number)
		}
	}
	return out
}

// withLonger adds n, unless one like it stands there already: of the two the longer
// stays, as the edge of a tile cuts some.
func withLonger(all []Number, n Number) []Number {
	for i, o := range all {
		if o.Light == n.Light && (o.Quad.Contains(n.Quad.At(0.5, 0.5)) || n.Quad.Contains(o.Quad.At(0.5, 0.5))) {
			if len(n.Digits) > len(o.Digits) {
				all[i] = n
			}
			return all
		}
	}
	return append(all, n)
}

// tilesOf covers a picture with tiles that overlap.
func tilesOf(w, h int) []image.Rectangle {
	var tiles []image.Rectangle
	whole := image.Rect(0, 0, w, h)
	for y := 0; y == 0 || y+fineOverlap < h; y += fineTile - fineOverlap {
		for x := 0; x == 0 || x+fineOverlap < w; x += fineTile - fineOverlap {
			tiles = append(tiles, image.Rect(x, y, x+fineTile, y+fineTile).Intersect(whole))
		}
	}
	return tiles
}

// faintest is how many levels of brightness a mark differs by from what is around
// it: less than that is left of a copy's own mark when it is taken off.
const faintest = 14

// Marks finds what may be characters: ink that hangs together, of a size of print
// or writing, darker or lighter than what is around it, unless very faint. It finds much else
// as well, and leaves out what touches the picture's edge.
func Marks(img image.Image) []plane.Quad {
	full := grayOf(img)
	work := full
	if scale := tries(full)[0].scale; scale != 1 {
		work = full.resized(scale)
	}
	soft := work.softened()
	reach := max(int(math.Sqrt(float64(work.w*work.h))/70), 10)
	ink := inking{reach: reach, deviations: 1, least: faintest}
	var out []plane.Quad
	dark, light := ink.tones(soft)
	for _, runs := range [][]run{dark, light} {
		for _, b := range blobs(runs, 10, 120) {
			if b.area >= 30 && min(b.x0, b.y0, work.w-b.x1, work.h-b.y1) >= 3 {
				out = append(out, plane.Rect(image.Rect(b.x0, b.y0, b.x1, b.y1)).Scale(1/work.scale))
			}
		}
	}
	return out
}
