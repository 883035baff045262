package reader

import (
	"cmp"
	"image"
	"math"
	"slices"
	"sync"

	"github.com/sparekey/sparekey/internal/safecopy/glyph"
	"github.com/sparekey/sparekey/internal/safecopy/plane"
)

// leastDigits is how many digits a row must have to be handed out.
const leastDigits = 8

// Numbers finds rows of at least eight printed digits, also with spaces, dots
// or hyphens between them, in the regions where, or everywhere when it is nil;
// at any rotation, dark on light. The digits of a machine-readable zone are among
// them.
func Numbers(img image.Image, where []plane.Quad) []Number {
	full := grayOf(img)
	if full.w < 16 || full.h < 16 {
		return nil
	}
	net := glyph.Digits()
	if where == nil {
		n := &numberSearch{full: full, net: net, scale: tries(full)[0].scale}
		return n.all()
	}
	var out []Number
	for _, q := range where {
		box := q.Bounds().Inset(-4).Intersect(image.Rect(0, 0, full.w, full.h))
		if box.Dx() < 8 || box.Dy() < 8 {
			continue
		}
		part := full.part(box)
		n := &numberSearch{full: part, net: net, scale: min(900/float64(max(part.w, part.h)), 4), left: float64(box.Min.X), top: float64(box.Min.Y)}
		out = append(out, n.all()...)
	}
	return out
}

// AllNumbers finds what Numbers finds everywhere, and rows that are light on dark.
func AllNumbers(img image.Image) []Number {
	full := grayOf(img)
	if full.w < 16 || full.h < 16 {
		return nil
	}
	n := &numberSearch{full: full, net: glyph.Digits(), scale: tries(full)[0].scale, isBoth: true}
	return n.all()
}

// part is a copy of the pixels in box.
func (g *gray) part(box image.Rectangle) *gray {
	out := &gray{w: box.Dx(), h: box.Dy(), scale: g.scale}
	for y := box.Min.Y; y < box.Max.Y; y++ {
		out.pix = append(out.pix, g.pix[y*g.w+box.Min.X:y*g.w+box.Max.X]...)
	}
	return out
}

// A numberSearch looks through one picture, whose first pixel lies at left
// and top of the picture that was handed in.
type numberSearch struct {
	full      *gray
	net       *glyph.Net
	scale     float64
	left, top float64
	isBoth    bool // light on dark, too
}

func (n *numberSearch) all() []Number {
	work := n.full
	if n.scale != 1 {
		work = n.full.resized(n.scale)
	}
	reach := max(int(math.Sqrt(float64(work.w*work.h))/70), 10)
	dark, light := inking{reach: reach, deviations: 0.4, least: 8}.tones(work.softened())
	out := n.among(dark, func() *gray { return work })
	if !n.isBoth {
		return out
	}
	for _, number := range n.among(light, sync.OnceValue(work.negative)) {
		number.Light = true
		out = append(out, number)
	}
	return out
}

// among finds the rows among runs; work is the picture they are ink of, which is
// asked for only where there are some.
func (n *numberSearch) among(runs []run, work func() *gray) (out []Number) {
	found := blobs(runs, 3, 160)
	for _, angle := range tilts(found, 2) {
		f := frameAt(angle)
		for _, c := range digitRows(f, found) {
			if number, ok := n.read(work(), f, c); ok && !known(out, number) {
				out = append(out, number)
			}
		}
	}
	return out
}

func known(all []Number, n Number) bool {
	return slices.ContainsFunc(all, func(o Number) bool { return o.Quad.Contains(n.Quad.At(0.5, 0.5)) })
}

// digitRows are marks of one height on one line, near each other.
func digitRows(f frame, all []blob) [][]mark {
	var marks []mark
	for i := range all {
		if m := f.mark(&all[i]); m.h >= 6 && m.h <= 90 && m.w <= 6*m.h && m.w >= 0.09*m.h {
			marks = append(marks, m)
		}
	}
	slices.SortFunc(marks, func(a, b mark) int { return cmp.Compare(a.u-a.w/2, b.u-b.w/2) })
	used := make([]bool, len(marks))
	var out [][]mark
	for i := range marks {
		if used[i] {
			continue
		}
		chain := []mark{marks[i]}
		last := i
		for j := i + 1; j < len(marks); j++ {
			a, b := &marks[last], &marks[j]
			gap := (b.u - b.w/2) - (a.u + a.w/2)
			if gap > 1.3*a.h {
				break
			}
			if like := b.h / a.h; !used[j] && gap > -0.2*a.h && like > 0.8 && like < 1.25 && math.Abs(a.v-b.v) < 0.2*a.h {
				chain = append(chain, *b)
				used[j], last = true, j
			}
		}
		if wide(chain) >= leastDigits {
			out = append(out, chain)
		}
	}
	return out
}

// wide is about how many digits the marks of a chain may be.
func wide(chain []mark) int {
	count := 0
	for _, m := range chain {
		count += max(int(math.Round(m.w/(0.75*m.h))), 1)
	}
	return count
}

// read takes the longest run of digits in the row, whichever way up.
func (n *numberSearch) read(g *gray, f frame, row []mark) (Number, bool) {
	heights := make([]float64, 0, len(row))
	for _, m := range row {
		heights = append(heights, m.h)
	}
	high := median(heights)
	var cells []cell
	for _, m := range row {
		cells = append(cells, split(f, m, high)...)
	}
	best, bestSum := Number{}, 0.0
	for _, isTurned := range []bool{false, true} {
		if isTurned {
			slices.Reverse(cells)
			for i := range cells {
				cells[i] = cells[i].turned()
			}
		}
		if number, sum := n.longest(g, cells); sum > bestSum {
			best, bestSum = number, sum
		}
	}
	return best, len(best.Digits) >= leastDigits
}

// split makes a cell of a mark, or several where digits touch each other.
func split(f frame, m mark, high float64) []cell {
	parts := 1
	if m.w > 1.05*high {
		parts = max(int(math.Round(m.w/(0.68*high))), 2)
	}
	step := m.w / float64(parts)
	var out []cell
	for i := range parts {
		x, y := f.back(m.u+(float64(i)-float64(parts-1)/2)*step, m.v)
		along, down := high*glyph.RowWidth/glyph.CellWidth, high*glyph.RowHeight/glyph.CellHeight
		out = append(out, cell{
			middle: plane.Point{X: x, Y: y},
			right:  plane.Point{X: f.cos * along, Y: f.sin * along},
			down:   plane.Point{X: -f.sin * down, Y: f.cos * down},
		})
	}
	return out
}

// longest is the longest run of cells that show digits, and how much the
// perceptron believes in it.
func (n *numberSearch) longest(g *gray, cells []cell) (Number, float64) {
	digits, sure := n.classify(g, cells)
	best, bestSum := Number{}, 0.0
	for from := 0; from < len(cells); from++ {
		to, sum := from, 0.0
		for to < len(cells) && digits[to] != glyph.None {
			sum += sure[to]
			to++
		}
		if to-from >= leastDigits && sum > bestSum {
			best, bestSum = Number{Digits: string(digits[from:to]), Sure: sum / float64(to-from)}, sum
			for _, c := range cells[from:to] {
				best.Slots = append(best.Slots, n.place(c))
			}
			first, last := best.Slots[0], best.Slots[len(best.Slots)-1]
			best.Quad = plane.Quad{first[0], last[1], last[2], first[3]}
		}
		from = to
	}
	return best, bestSum
}

func (n *numberSearch) place(c cell) plane.Quad {
	q := c.quad().Scale(1 / n.scale)
	for i := range q {
		q[i].X, q[i].Y = q[i].X+n.left, q[i].Y+n.top
	}
	return q
}

func (n *numberSearch) classify(g *gray, cells []cell) (digits []byte, sure []float64) {
	const count = len(glyph.DigitClasses)
	var one [count]float32
	for _, c := range cells {
		var sum [count]float64
		for _, nudge := range nudges {
			var p glyph.Patch
			g.patch(c, 1, nudge, &p)
			p.Ink(0)
			n.net.Beliefs(&p, one[:])
			for i, v := range one {
				sum[i] += math.Exp(float64(v)) / float64(len(nudges))
			}
		}
		best := 0
		for i := range sum {
			if sum[i] > sum[best] {
				best = i
			}
		}
		digit := glyph.DigitClasses[best]
		if sum[best] < 0.4 {
			digit = glyph.None
		}
		digits, sure = append(digits, digit), append(sure, sum[best])
	}
	return digits, sure
}
