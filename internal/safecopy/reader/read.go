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
	covered bool             // by a box
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
	sheets     int // looked at in this try

	// isCovered tells of places that boxes cover; nil where none are known.
	isCovered func(plane.Quad) bool
}

// A gaze is which columns of a sheet are looked at, from which side, and how
// carefully.
type gaze struct {
	low, high int
	isTurned  bool
	nudges    []plane.Point
}

// nudges are where a patch is looked at, in parts of a character, for a fit
// that is a little off; the first alone is a glance.
var nudges = [...]plane.Point{{}, {X: -0.06, Y: -0.05}, {X: 0.06, Y: 0.05}}

// reach is the columns of the sheet: those found, some beyond, and more as
// long as there is something in them.
func (e *eye) reach(s *sheet) (low, high int) {
	const beyond, farthest = 3, 18
	low, high = math.MaxInt, math.MinInt
	for i := range s.rows {
		a, b := s.rows[i].ends()
		low, high = min(low, a), max(high, b)
	}
	first, last := low, high
	low, high = low-beyond, high+beyond
	usual := e.usual(s, first, last)
	for last-low < 60 && first-low < farthest && e.isMarked(s, low, low+1, usual) {
		low -= beyond
	}
	for high-first < 60 && high-last < farthest && e.isMarked(s, high-1, high, usual) {
		high += beyond
	}
	return low, high
}

// usual is the contrast of the sheet's characters.
func (e *eye) usual(s *sheet, low, high int) float64 {
	var of []float64
	for i := range s.rows {
		for k := low; k <= high; k += 3 {
			of = append(of, e.contrast(s.cell(&s.rows[i], float64(k))))
		}
	}
	return median(of)
}

func (e *eye) isMarked(s *sheet, low, high int, usual float64) bool {
	for i := range s.rows {
		for k := low; k <= high; k++ {
			if e.contrast(s.cell(&s.rows[i], float64(k))) > 0.6*usual {
				return true
			}
		}
	}
	return false
}

func (e *eye) contrast(c cell) float64 {
	var p glyph.Patch
	g := e.finest(c)
	g.patch(c, g.scale/e.work.scale, plane.Point{}, &p)
	return float64(p.Ink(0))
}

// read looks at the sheet's places.
func (e *eye) read(s *sheet, z gaze) page {
	p := page{}
	for i := range s.rows {
		r := &s.rows[i]
		if z.isTurned {
			r = &s.rows[len(s.rows)-1-i]
		}
		cells := make([]cell, 0, z.high-z.low+1)
		for k := z.low; k <= z.high; k++ {
			if z.isTurned {
				cells = append(cells, s.cell(r, float64(z.low+z.high-k)).turned())
			} else {
				cells = append(cells, s.cell(r, float64(k)))
			}
		}
		offset := r.offset
		if z.isTurned {
			offset = -offset
		}
		p.rows, p.offsets = append(p.rows, e.readRow(cells, z.nudges)), append(p.offsets, offset)
	}
	return p
}

// finest is the picture in which a character has enough pixels and not many
// more.
func (e *eye) finest(c cell) *gray {
	if length(c.right) < 26 && e.full.scale > e.work.scale {
		return e.full
	}
	return e.work
}

func (e *eye) readRow(cells []cell, nudges []plane.Point) []look {
	g := e.finest(cells[0])
	by := g.scale / e.work.scale
	patches := make([]glyph.Patch, len(cells)*len(nudges))
	contrasts := make([]float64, 0, len(patches))
	for i, c := range cells {
		for n, nudge := range nudges {
			p := &patches[i*len(nudges)+n]
			g.patch(c, by, nudge, p)
			contrasts = append(contrasts, float64(p.Contrast()))
		}
	}
	usual := float32(quantile(contrasts, 0.6))
	out := make([]look, len(cells))
	var one [classes]float32
	for i := range cells {
		var sum [classes]float64
		for n := range nudges {
			p := &patches[i*len(nudges)+n]
			p.Ink(usual)
			e.net.Beliefs(p, one[:])
			for c, v := range one {
				sum[c] += math.Exp(float64(v))
			}
		}
		if isSolid(&patches[i*len(nudges)]) {
			sum = [classes]float64{classes - 1: 1}
		}
		out[i].beliefs = doubted(&sum)
		out[i].quad = cells[i].quad().Scale(1 / e.work.scale)
		if e.isCovered != nil && e.isCovered(out[i].quad) {
			out[i].blank()
		}
	}
	return out
}

// isSolid reports whether ink fills the middle of a patch, as a box does that
// covers a character, and no character does.
func isSolid(p *glyph.Patch) bool {
	const top, bottom = glyph.Height / 4, glyph.Height - glyph.Height/4
	dark := 0
	for _, v := range p[top*glyph.Width : bottom*glyph.Width] {
		if v > 0.7 {
			dark++
		}
	}
	return 10*dark > 8*(bottom-top)*glyph.Width
}

// twins are characters that differ by little: half of them stand for the other
// where a printer or a camera is not at its best.
const twins = "0O1I2Z5S6G8B0DUVMN0Q"

// doubted turns sums of probabilities into beliefs, and keeps some for what
// the perceptron has no doubt is wrong, so that check digits can overrule it.
func doubted(sums *[classes]float64) (beliefs [classes]float32) {
	const twin, other = 0.02, 0.0005
	total := 0.0
	for _, v := range sums {
		total += v
	}
	var p [classes]float64
	for c, v := range sums {
		p[c] = v/total + other
	}
	for i := 0; i < len(twins); i += 2 {
		a, b := classOf(twins[i]), classOf(twins[i+1])
		p[a], p[b] = p[a]+twin*sums[b]/total, p[b]+twin*sums[a]/total
	}
	for c, v := range p {
		beliefs[c] = float32(math.Log(v / (1 + other*float64(classes))))
	}
	return beliefs
}

// patch samples one character's surroundings; by is how many pixels of g one
// pixel of the cell's gray is.
func (g *gray) patch(c cell, by float64, nudge plane.Point, p *glyph.Patch) {
	right := plane.Point{X: c.right.X * by * glyph.CellWidth, Y: c.right.Y * by * glyph.CellWidth}
	down := plane.Point{X: c.down.X * by * glyph.CellHeight, Y: c.down.Y * by * glyph.CellHeight}
	x0 := c.middle.X*by + (nudge.X-0.5)*right.X + (nudge.Y-0.5)*down.X
	y0 := c.middle.Y*by + (nudge.X-0.5)*right.Y + (nudge.Y-0.5)*down.Y
	// Four points per patch pixel where the picture is finer than the patch.
	points := 1
	if length(down) > 1.4*glyph.Height {
		points = 2
	}
	across := plane.Point{X: right.X / float64(glyph.Width*points), Y: right.Y / float64(glyph.Width*points)}
	under := plane.Point{X: down.X / float64(glyph.Height*points), Y: down.Y / float64(glyph.Height*points)}
	for j := range glyph.Height {
		for i := range glyph.Width {
			var sum float32
			for n := range points {
				for m := range points {
					a, b := float64(i*points+m)+0.5, float64(j*points+n)+0.5
					sum += g.at(x0+a*across.X+b*under.X, y0+a*across.Y+b*under.Y)
				}
			}
			p[j*glyph.Width+i] = sum / float32(points*points)
		}
	}
}
