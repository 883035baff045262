package reader

import "math"

// An inking says which pixels count as ink: those darker than what is around
// them, within reach pixels, by deviations of the brightness there.
type inking struct {
	reach      int
	deviations float64
	least      float64 // levels of brightness
}

// runs are the horizontal runs of ink, row by row. Sums move along with the
// window, so that memory is a few rows.
func (k inking) runs(g *gray) []run {
	dark, _ := k.tones(g)
	return dark
}

// tones are the runs of ink, and those of what is lighter than what is around it
// by as much.
func (k inking) tones(g *gray) (dark, light []run) {
	sums := newWindow(g, k.reach)
	var out toned
	for y := range g.h {
		sums.moveTo(y)
		k.rowRuns(&out, g.pix[y*g.w:(y+1)*g.w], sums, y)
	}
	return out[1], out[2]
}

// toned are runs by their tone: none, dark, light.
type toned [3][]run

func (k inking) rowRuns(out *toned, row []uint8, sums *window, y int) {
	start, tone := 0, 0
	var total, square int64
	for x := 0; x < min(k.reach, len(row)); x++ {
		total, square = total+int64(sums.total[x]), square+int64(sums.square[x])
	}
	spread := k.deviations * k.deviations
	for x, v := range row {
		if in := x + k.reach; in < len(row) {
			total, square = total+int64(sums.total[in]), square+int64(sums.square[in])
		}
		if gone := x - k.reach - 1; gone >= 0 {
			total, square = total-int64(sums.total[gone]), square-int64(sums.square[gone])
		}
		// The mean is total / count. All is multiplied by count: nothing is divided,
		// and below it nothing is lost.
		count := int64(sums.rows * (min(x+k.reach, len(row)-1) - max(x-k.reach, 0) + 1))
		now, far := 1, float64(total-int64(v)*count)
		if far < 0 {
			now, far = 2, -far
		}
		if far <= k.least*float64(count) || far*far <= spread*float64(square*count-total*total) {
			now = 0
		}
		if now != tone {
			out[tone] = append(out[tone], run{y, start, x})
			start, tone = x, now
		}
	}
	if tone > 0 {
		out[tone] = append(out[tone], run{y, start, len(row)})
	}
	out[0] = out[0][:0]
}

// A run is the pixels from x0 to before x1 in row y.
type run struct{ y, x0, x1 int }

// A window holds, per column, sums over the rows near one row.
type window struct {
	g             *gray
	reach, rows   int
	top, bottom   int // rows [top, bottom) are in
	total, square []int32
}

func newWindow(g *gray, reach int) *window {
	return &window{g: g, reach: reach, total: make([]int32, g.w), square: make([]int32, g.w)}
}

func (s *window) moveTo(y int) {
	for ; s.bottom < min(y+s.reach+1, s.g.h); s.bottom++ {
		s.add(s.bottom, 1)
	}
	for ; s.top < y-s.reach; s.top++ {
		s.add(s.top, -1)
	}
	s.rows = s.bottom - s.top
}

func (s *window) add(y int, sign int32) {
	for x, v := range s.g.pix[y*s.g.w : (y+1)*s.g.w] {
		s.total[x] += sign * int32(v)
		s.square[x] += sign * int32(v) * int32(v)
	}
}

// softened is g with every pixel the mean of the three by three around it,
// which keeps strokes and takes most of the noise.
func (g *gray) softened() *gray {
	if g.kept == nil {
		return g.blurred()
	}
	if g.kept.soft == nil {
		g.kept.soft = g.blurred()
	}
	return g.kept.soft
}

func (g *gray) blurred() *gray {
	out := &gray{w: g.w, h: g.h, scale: g.scale, pix: make([]uint8, len(g.pix))}
	three := make([]uint16, g.w)
	for y := range g.h {
		above, here, below := g.row(y-1), g.row(y), g.row(y+1)
		for x := range three {
			three[x] = uint16(above[x]) + uint16(here[x]) + uint16(below[x])
		}
		to := out.pix[y*g.w : (y+1)*g.w]
		for x := range to {
			to[x] = uint8((three[max(x-1, 0)] + three[x] + three[min(x+1, g.w-1)] + 4) / 9)
		}
	}
	return out
}

func (g *gray) row(y int) []uint8 {
	y = min(max(y, 0), g.h-1)
	return g.pix[y*g.w : (y+1)*g.w]
}

// A blob is ink that hangs together.
type blob struct {
	runs           []run
	x0, y0, x1, y1 int
	area           int
}

// blobs joins runs that touch, corners included, and keeps blobs whose longer
// side is from least to most pixels.
func blobs(runs []run, least, most int) []blob {
	label := joined(runs)
	number := make([]int, len(runs))
	var all []blob
	for i, r := range runs {
		root := i
		for label[root] != root {
			root = label[root]
		}
		label[i] = root
		if root == i {
			number[i] = len(all)
			all = append(all, blob{x0: math.MaxInt, y0: r.y})
		}
		b := &all[number[root]]
		b.x0, b.x1, b.y1 = min(b.x0, r.x0), max(b.x1, r.x1), r.y+1
		b.area += r.x1 - r.x0
	}
	kept := all[:0]
	place := make([]int, len(all))
	for n, b := range all {
		place[n] = -1
		if side := max(b.x1-b.x0, b.y1-b.y0); side >= least && side <= most {
			place[n] = len(kept)
			kept = append(kept, b)
		}
	}
	for i, r := range runs {
		if at := place[number[label[i]]]; at >= 0 {
			kept[at].runs = append(kept[at].runs, r)
		}
	}
	return kept
}

// joined links every run to an earlier one of the same blob, or to itself.
// Roots are always the earliest run of their blob.
func joined(runs []run) []int {
	label := make([]int, len(runs))
	find := func(i int) int {
		for label[i] != i {
			label[i] = label[label[i]]
			i = label[i]
		}
		return i
	}
	above, row := 0, 0 // above walks the previous row's runs
	for i, r := range runs {
		label[i] = i
		if i > 0 && runs[i-1].y != r.y {
			above, row = row, i
		}
		if row == 0 || runs[row-1].y != r.y-1 {
			continue
		}
		for above < row && (runs[above].y < r.y-1 || runs[above].x1 < r.x0) {
			above++
		}
		for at := above; at < row && runs[at].x0 <= r.x1; at++ {
			a, b := find(at), find(i)
			label[max(a, b)] = min(a, b)
		}
	}
	return label
}
