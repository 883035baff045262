package reader

import (
	"image"
	"math"
	"slices"

	"github.com/sparekey/sparekey/internal/safecopy/glyph"
	"github.com/sparekey/sparekey/internal/safecopy/plane"
)

// mostRowsRead bounds the time that a picture full of rows takes.
const mostRowsRead = 60

// Rows reads every row of equally spaced marks in img as characters of a
// machine-readable zone, whichever of both ways up they are surer: those of a zone
// are among them, and much that is none. It looks along and across the lines of a
// zone, and where else most marks stand side by side.
func Rows(img image.Image, zone Zone) []Line {
	full := grayOf(img)
	if full.w < 32 || full.h < 32 {
		return nil
	}
	first := tries(full)[0]
	e := &eye{full: full, work: full, net: glyph.Characters()}
	if first.scale != 1 {
		e.work = full.resized(first.scale)
	}
	all := blobs(first.inking.runs(e.work.softened()), 5, 150)
	var out []Line
	for _, angle := range append(anglesOf(zone), tilts(all, 3)...) {
		f := frameAt(angle)
		marks := f.marks(all)
		for _, c := range chains(marks) {
			r, ok := rowOf(marks, c)
			low, high := r.ends()
			if !ok || high-low > 60 || len(out) == mostRowsRead || slices.ContainsFunc(out, r.isOn(f, e.work.scale)) {
				continue
			}
			out = append(out, e.lineOf(f, &r))
		}
	}
	return out
}

// anglesOf is the angle of a zone's lines and that across, in radians from 0 to below π.
func anglesOf(z Zone) []float64 {
	slots := z.Lines[0].Slots
	from, to := slots[0].At(0.5, 0.5), slots[len(slots)-1].At(0.5, 0.5)
	along := math.Mod(math.Atan2(to.Y-from.Y, to.X-from.X)+2*math.Pi, math.Pi)
	return []float64{along, math.Mod(along+math.Pi/2, math.Pi)}
}

// isOn tells of lines that pass through the middle of r.
func (r *row) isOn(f frame, scale float64) func(Line) bool {
	low, high := r.ends()
	x, y := f.back(r.curve.at(float64(low+high) / 2))
	middle := plane.Point{X: x / scale, Y: y / scale}
	return func(l Line) bool {
		return slices.ContainsFunc(l.Slots, func(q plane.Quad) bool { return q.Contains(middle) })
	}
}

// lineOf reads a row by itself, and a place more on each side.
func (e *eye) lineOf(f frame, r *row) Line {
	low, high := r.ends()
	var cells []cell
	for k := low - 1; k <= high+1; k++ {
		cells = append(cells, r.cell(f, float64(k)))
	}
	upright := lineOfLooks(e.readRow(cells, nudges[:]))
	slices.Reverse(cells)
	for i := range cells {
		cells[i] = cells[i].turned()
	}
	if turned := lineOfLooks(e.readRow(cells, nudges[:])); sum(turned.Sure) > sum(upright.Sure) {
		return turned
	}
	return upright
}

// cell is the place of character k of a row of which no other rows are known.
func (r *row) cell(f frame, k float64) cell {
	place := func(k float64) plane.Point {
		x, y := f.back(r.curve.at(k))
		return plane.Point{X: x, Y: y}
	}
	before, after := place(k-0.5), place(k+0.5)
	right := plane.Point{X: after.X - before.X, Y: after.Y - before.Y}
	// Where only fillers were found, characters are as high as a pitch.
	high := r.high / r.curve.u[1]
	if high < 0.8 {
		high = 0.95
	}
	return cell{place(k), right, plane.Point{X: -right.Y * high, Y: right.X * high}}
}

// lineOfLooks takes the likeliest of each place, Covered where that is nothing.
func lineOfLooks(looks []look) Line {
	var l Line
	text := make([]byte, 0, len(looks))
	for i := range looks {
		best := 0
		for c, v := range looks[i].beliefs {
			if v > looks[i].beliefs[best] {
				best = c
			}
		}
		sure := math.Exp(float64(looks[i].beliefs[best]))
		if best == classes-1 {
			text, sure = append(text, Covered), 0
		} else {
			text = append(text, glyph.CharacterClasses[best])
		}
		l.Slots, l.Sure = append(l.Slots, looks[i].quad), append(l.Sure, sure)
	}
	l.Text = string(text)
	return l
}

func sum(of []float64) (total float64) {
	for _, v := range of {
		total += v
	}
	return total
}
