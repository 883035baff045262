package reader

import (
	"math"

	"github.com/sparekey/sparekey/internal/safecopy/glyph"
	"github.com/sparekey/sparekey/internal/safecopy/plane"
)

const classes = len(glyph.CharacterClasses)

// A look is what the perceptron believes of one place.
type look struct {
	beliefs [classes]float32 // logarithms of probabilities
	quad    plane.Quad       // in pixels of the picture handed in
}

// A page is a sheet read one way up: rows top to bottom, left to right.
type page struct {
	rows    [][]look
	offsets []float64 // of the rows, in pitches downwards
}

// An eye samples a picture at the fineness that fits the characters.
type eye struct {
	full, work *gray
	net        *glyph.Net
}

// read looks at every place of the sheet, some beyond its ends.
func (e *eye) read(s *sheet, isTurned bool) page {
	low, high := math.MaxInt, math.MinInt
	for i := range s.rows {
		a, b := s.rows[i].ends()
		low, high = min(low, a), max(high, b)
	}
	low, high = low-margin, high+margin
	p := page{}
	for i := range s.rows {
		r := &s.rows[i]
		if isTurned {
			r = &s.rows[len(s.rows)-1-i]
		}
		cells := make([]cell, 0, high-low+1)
		for k := low; k <= high; k++ {
			if isTurned {
				cells = append(cells, s.cell(r, float64(low+high-k)).turned())
			} else {
				cells = append(cells, s.cell(r, float64(k)))
			}
		}
		offset := r.offset
		if isTurned {
			offset = -offset
		}
		p.rows, p.offsets = append(p.rows, e.readRow(cells)), append(p.offsets, offset)
	}
	return p
}

// margin is how many places beyond the found characters are looked at: enough
// for a line whose ends were missed.
const margin = 8

// nudges are where a patch is looked at, in parts of a character, for a fit
// that is a little off.
var nudges = [...]plane.Point{{}, {X: -0.06, Y: -0.05}, {X: 0.06, Y: 0.05}}

func (e *eye) readRow(cells []cell) []look {
	g := e.work
	if pitch := length(cells[0].right); pitch < 26 && e.full.scale > e.work.scale {
		g = e.full
	}
	by := g.scale / e.work.scale
	patches := make([][len(nudges)]glyph.Patch, len(cells))
	contrasts := make([]float64, 0, len(cells))
	for i, c := range cells {
		for n, nudge := range nudges {
			g.patch(c, by, nudge, &patches[i][n])
		}
		trial := patches[i][0]
		contrasts = append(contrasts, float64(trial.Ink(0)))
	}
	usual := float32(quantile(contrasts, 0.6))
	out := make([]look, len(cells))
	var one [classes]float32
	for i := range cells {
		var sum [classes]float64
		for n := range nudges {
			patches[i][n].Ink(usual)
			e.net.Beliefs(&patches[i][n], one[:])
			for c, v := range one {
				sum[c] += math.Exp(float64(v))
			}
		}
		for c, v := range sum {
			out[i].beliefs[c] = float32(math.Log(v/float64(len(nudges)) + 1e-7))
		}
		out[i].quad = cells[i].quad().Scale(1 / e.work.scale)
	}
	return out
}

// patch samples one character's surroundings; by is how many pixels of g one
// pixel of the cell's gray is.
func (g *gray) patch(c cell, by float64, nudge plane.Point, p *glyph.Patch) {
	right := plane.Point{X: c.right.X * by * glyph.CellWidth, Y: c.right.Y * by * glyph.CellWidth}
	down := plane.Point{X: c.down.X * by * glyph.CellHeight, Y: c.down.Y * by * glyph.CellHeight}
	x0 := c.middle.X*by + (nudge.X-0.5)*right.X + (nudge.Y-0.5)*down.X
	y0 := c.middle.Y*by + (nudge.X-0.5)*right.Y + (nudge.Y-0.5)*down.Y
	// Several points per patch pixel where the picture is finer than the patch.
	points := min(max(int(math.Ceil(length(down)/glyph.Height)), 1), 4)
	for j := range glyph.Height {
		for i := range glyph.Width {
			var sum float32
			for n := range points {
				for m := range points {
					a := (float64(i) + (float64(m)+0.5)/float64(points)) / glyph.Width
					b := (float64(j) + (float64(n)+0.5)/float64(points)) / glyph.Height
					sum += g.at(x0+a*right.X+b*down.X, y0+a*right.Y+b*down.Y)
				}
			}
			p[j*glyph.Width+i] = sum / float32(points*points)
		}
	}
}
