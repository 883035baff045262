package safecopy

import (
	"image"

	"github.com/sparekey/sparekey/internal/safecopy/plane"
)

// How flat a box must be. The first pixels inside its edges are not asked;
// then the ripples of JPEG are let pass; and blocks of 8 × 8 pixels that lie in
// the box wholly have none, as its colour is black.
const (
	solidMargin = 3  // pixels from the edge of the box
	rippleReach = 8  // pixels from the edge that JPEG disturbs in brightness
	colourReach = 16 // pixels from the edge that JPEG disturbs in colour
	ripple      = 12 // the most of 255 that it disturbs by
	darkest     = 40 // brighter pixels belong to no box

	// cornerRipple is which part of a dark corner's brightness JPEG spreads over its square.
	cornerRipple = 6
)

// solidity answers whether places of one picture lie in solid boxes.
type solidity struct {
	img *image.NRGBA

	// depth is how far each pixel is from the nearest one that is too bright
	// for a box, in pixels along the longer axis, up to 255. What lies outside
	// the picture counts as more of the same.
	depth []uint8

	// brightest is what the brightest pixel has of every square of 8 × 8 pixels, row
	// by row: squares of JPEG, which it makes one by one.
	brightest []uint8

	lossless bool
}

// block is the side of the squares that JPEG makes one by one.
const block = 8

// A span is the columns from one to before another.
type span struct{ from, to int }

func newSolidity(img *image.NRGBA, lossless bool) *solidity {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	s := &solidity{img: img, depth: make([]uint8, w*h), lossless: lossless}
	across := (w + block - 1) / block
	s.brightest = make([]uint8, across*(h/block))
	// Boxes take a small part of a picture: only what is dark is gone through again.
	dark, levels := make([]span, h), make([]uint8, w)
	for y := range h {
		row, depth := img.Pix[y*img.Stride:y*img.Stride+4*w], s.depth[y*w:(y+1)*w]
		for x := range levels {
			levels[x] = max(row[4*x], row[4*x+1], row[4*x+2])
			if levels[x] <= darkest {
				if depth[x] = 255; dark[y].to == 0 {
					dark[y].from = x
				}
				dark[y].to = x + 1
			}
		}
		if y < h/block*block { // a square that what is under the picture has a part of is left out
			brightest := s.brightest[y/block*across : (y/block+1)*across]
			for x, level := range levels {
				brightest[x/block] = max(brightest[x/block], level)
			}
		}
	}
	nearer := func(at, x, y int) {
		if x >= 0 && x < w && y >= 0 && y < h {
			s.depth[at] = min(s.depth[at], s.depth[y*w+x]+min(1, 255-s.depth[y*w+x]))
		}
	}
	for y, in := range dark {
		for x := in.from; x < in.to; x++ {
			at := y*w + x
			if s.depth[at] == 0 {
				continue
			}
			nearer(at, x-1, y)
			nearer(at, x-1, y-1)
			nearer(at, x, y-1)
			nearer(at, x+1, y-1)
		}
	}
	for y := h - 1; y >= 0; y-- {
		for x := dark[y].to - 1; x >= dark[y].from; x-- {
			at := y*w + x
			if s.depth[at] == 0 {
				continue
			}
			nearer(at, x+1, y)
			nearer(at, x+1, y+1)
			nearer(at, x, y+1)
			nearer(at, x-1, y+1)
		}
	}
	return s
}

// isPainted reports whether a pixel inside a box is lighter than any ripple makes
// it: a square of JPEG that lies in the box wholly has none in brightness, and one
// of which a dark corner lies outside has little.
func (s *solidity) isPainted(x, y int) bool {
	w := s.img.Rect.Dx()
	p := s.img.Pix[y*s.img.Stride+4*x:]
	if s.depth[y*w+x] <= solidMargin || y/block >= s.img.Rect.Dy()/block {
		return false
	}
	if s.lossless {
		return max(p[0], p[1], p[2]) > 0
	}
	most := s.brightest[y/block*((w+block-1)/block)+x/block]
	return most <= darkest && min(p[0], p[1], p[2]) > most/cornerRipple
}

// hasPaint reports whether something is painted, however faintly, where q lies in a box.
func (s *solidity) hasPaint(q plane.Quad) bool {
	in := q.Bounds().Intersect(s.img.Rect)
	for y := in.Min.Y; y < in.Max.Y; y++ {
		for x := in.Min.X; x < in.Max.X; x++ {
			if s.isPainted(x, y) && q.Contains(plane.Point{X: float64(x) + 0.5, Y: float64(y) + 0.5}) {
				return true
			}
		}
	}
	return false
}

// covers reports whether every pixel of q, which may hold a number, lies inside
// a solid box: deep enough, and as flat as that depth allows. core is the share
// of q that lies where even JPEG leaves no ripple.
func (s *solidity) covers(q plane.Quad) (flat bool, core float64) {
	b := q.Bounds()
	in := b.Intersect(s.img.Rect)
	all, deep := 0, 0
	for y := in.Min.Y; y < in.Max.Y; y++ {
		for x := in.Min.X; x < in.Max.X; x++ {
			if !q.Contains(plane.Point{X: float64(x) + 0.5, Y: float64(y) + 0.5}) {
				continue
			}
			all++
			depth := s.depth[y*s.img.Rect.Dx()+x]
			if depth > rippleReach || s.lossless && depth > solidMargin {
				deep++
			}
			if !s.isFlat(x, y, depth) {
				return false, 0
			}
		}
	}
	if all == 0 {
		return false, 0
	}
	return true, float64(deep) / float64(all)
}

func (s *solidity) isFlat(x, y int, depth uint8) bool {
	p := s.img.Pix[y*s.img.Stride+4*x:]
	most, least := max(p[0], p[1], p[2]), min(p[0], p[1], p[2])
	switch {
	case depth <= solidMargin:
		return false
	case s.lossless || depth > colourReach:
		return most == 0
	case depth > rippleReach:
		// Paint of any brightness raises all three; a ripple of colour never does.
		return most <= ripple && least == 0
	}
	return most <= ripple
}

// coreAtLeast is the share of a place that must lie out of reach of ripples.
const coreAtLeast = 0.2
