package reader

import (
	"cmp"
	"math"
	"slices"

	"github.com/sparekey/sparekey/internal/safecopy/plane"
)

// A sheet is rows of characters that stand above each other in columns: the
// k-th character of every row is in column k.
type sheet struct {
	frame frame
	rows  []sheetRow // top to bottom

	// u and v of column k at an offset of d pitches below the first row, by
	// terms 1, k, k², d, k·d, k³, k²·d (k in tens; the last two 0 when few
	// characters were found). A common fit places characters of a row in which
	// few were found.
	u, v   [terms]float64
	middle float64
}

const terms = 7

type sheetRow struct {
	row
	offset         float64 // pitches below the row that the sheet grew from
	shiftU, shiftV float64 // what the common fit leaves
}

// Distances between the baselines of neighbouring lines, in pitches.
const nearestRow, farthestRow = 1.15, 7.5

// sheetOf finds the rows above and below one row.
func sheetOf(f frame, all []mark, first row) *sheet {
	s := &sheet{frame: f, rows: []sheetRow{{row: first}}}
	offsets := first.offsets(all)
	slices.SortFunc(offsets, func(a, b float64) int { return cmp.Compare(math.Abs(a), math.Abs(b)) })
	for _, offset := range offsets {
		// A row is laid out after the nearest one that is known: perspective
		// changes the pitch from row to row.
		near := &s.rows[0]
		for i := range s.rows {
			if math.Abs(s.rows[i].offset-offset) < math.Abs(near.offset-offset) {
				near = &s.rows[i]
			}
		}
		if r, ok := near.copyAt(all, offset-near.offset); ok && !s.has(&r) {
			s.rows = append(s.rows, sheetRow{row: r, offset: first.offsetOf(&r)})
		}
	}
	slices.SortFunc(s.rows, func(a, b sheetRow) int { return cmp.Compare(a.offset, b.offset) })
	s.align()
	s.fit()
	return s
}

// align renumbers the columns of rows as long as the fullest one that begin
// one or two columns off it: where columns lean by more than half a pitch from
// row to row, the nearest column is the wrong one.
func (s *sheet) align() {
	fullest := &s.rows[0]
	for i := range s.rows {
		if len(s.rows[i].nodes) > len(fullest.nodes) {
			fullest = &s.rows[i]
		}
	}
	low, high := fullest.ends()
	for i := range s.rows {
		r := &s.rows[i]
		a, b := r.ends()
		if by := low - a; by == high-b && by != 0 && max(by, -by) <= 2 {
			for n := range r.nodes {
				r.nodes[n].k += by
			}
			r.curve.middle += float64(by)
		}
	}
}

// has reports whether a row of the sheet has half of the characters of r.
func (s *sheet) has(r *row) bool {
	for i := range s.rows {
		same := 0
		for _, n := range r.nodes {
			if slices.ContainsFunc(s.rows[i].nodes, func(o node) bool { return o.mark == n.mark }) {
				same++
			}
		}
		if 2*same > len(r.nodes) {
			return true
		}
	}
	return false
}

// offsetOf is how many pitches another row lies below r.
func (r *row) offsetOf(o *row) float64 {
	var of []float64
	for _, n := range o.nodes {
		_, v := r.curve.at(float64(n.k))
		of = append(of, (n.mark.v-v)/r.curve.pitch(float64(n.k)))
	}
	return median(of)
}

// mostRows is how many rows beside one are looked at.
const mostRows = 5

// offsets are how many pitches below the row other rows may lie, those with the
// most characters first.
func (r *row) offsets(all []mark) []float64 {
	const fine = 8 // bins per pitch
	var bins [int(2*farthestRow*fine) + 1]int
	low, high := r.ends()
	place := func(m mark) (float64, bool) {
		k := r.curve.index(m.u)
		if k < float64(low-4) || k > float64(high+4) || m.h < 0.6*r.high || m.h > 1.5*r.high {
			return 0, false
		}
		_, v := r.curve.at(k)
		d := (m.v - v) / r.curve.pitch(k)
		return d, math.Abs(d) > nearestRow && math.Abs(d) < farthestRow
	}
	for _, m := range all {
		if d, ok := place(m); ok {
			bins[int((d+farthestRow)*fine)]++
		}
	}
	var out []float64
	for {
		best, count := 0, 0
		for i := 1; i+1 < len(bins); i++ {
			if sum := bins[i-1] + 2*bins[i] + bins[i+1]; sum > count {
				best, count = i, sum
			}
		}
		if count < 8 || len(out) == mostRows {
			return out
		}
		weighted, all := 0.0, 0
		for i := best - 1; i <= best+1; i++ {
			weighted, all = weighted+float64(bins[i])*(float64(i)+0.5), all+bins[i]
			bins[i] = 0
		}
		out = append(out, weighted/float64(all)/fine-farthestRow)
	}
}

// copyAt is the row that many pitches below r, its characters in r's columns.
func (r *row) copyAt(all []mark, offset float64) (row, bool) {
	next := row{curve: r.curve, high: r.high}
	for i := range 3 {
		next.curve.v[i] += offset * [3]float64{r.curve.u[1], 2 * r.curve.u[2], 0}[i]
	}
	// Where columns lean, all of the row's characters stand beside r's places
	// by the same part of a pitch.
	low, high := r.ends()
	var sin, cos float64
	for _, m := range all {
		k := next.curve.index(m.u)
		_, v := next.curve.at(k)
		if k > float64(low-4) && k < float64(high+4) && math.Abs(m.v-v) < 0.3*r.high {
			sin, cos = sin+math.Sin(2*math.Pi*k), cos+math.Cos(2*math.Pi*k)
		}
	}
	shift := math.Atan2(sin, cos) / (2 * math.Pi)
	next.curve.u[0] += shift * r.curve.u[1]
	next.nodes = []node{{k: low}, {k: high}}
	for range 4 {
		next.collect(all, 4)
		if len(next.nodes) < 6 || !next.fit() {
			return row{}, false
		}
	}
	return next, len(next.nodes) >= 7
}

// fit lays the common fit through all rows' nodes.
func (s *sheet) fit() {
	s.middle = s.rows[0].curve.middle
	far := map[[2]int]bool{}
	used := terms
	if s.isSparse() {
		used = terms - 2
	}
	for range 3 {
		a, bu, bv := newSquare(used), make([]float64, used), make([]float64, used)
		for ri := range s.rows {
			for ni, n := range s.rows[ri].nodes {
				if far[[2]int{ri, ni}] {
					continue
				}
				basis := s.basis(float64(n.k), s.rows[ri].offset)
				for i := range used {
					for j := range used {
						a[i][j] += basis[i] * basis[j]
					}
					bu[i] += basis[i] * n.mark.u
					bv[i] += basis[i] * n.mark.v
				}
			}
		}
		solve(a, bu, bv)
		s.u, s.v = [terms]float64{}, [terms]float64{}
		copy(s.u[:], bu)
		copy(s.v[:], bv)
		for ri := range s.rows {
			for ni, n := range s.rows[ri].nodes {
				u, v := s.common(float64(n.k), s.rows[ri].offset)
				far[[2]int{ri, ni}] = math.Hypot(n.mark.u-u, n.mark.v-v) > 0.3*s.rows[ri].curve.u[1]
			}
		}
	}
	for ri := range s.rows {
		r := &s.rows[ri]
		var us, vs []float64
		for ni, n := range r.nodes {
			if u, v := s.common(float64(n.k), r.offset); !far[[2]int{ri, ni}] {
				us, vs = append(us, n.mark.u-u), append(vs, n.mark.v-v)
			}
		}
		r.shiftU, r.shiftV = median(us), median(vs)
	}
}

// isSparse reports whether too few characters were found for curves that may
// swing beyond them.
func (s *sheet) isSparse() bool {
	count, low, high := 0, math.MaxInt, math.MinInt
	for i := range s.rows {
		a, b := s.rows[i].ends()
		low, high = min(low, a), max(high, b)
		count += len(s.rows[i].nodes)
	}
	return count < 20 || 100*count < 85*len(s.rows)*(high-low+1)
}

func (s *sheet) basis(k, d float64) [terms]float64 {
	k = (k - s.middle) / 10
	return [terms]float64{1, k, k * k, d, k * d, k * k * k, k * k * d}
}

func (s *sheet) common(k, d float64) (u, v float64) {
	for i, b := range s.basis(k, d) {
		u, v = u+s.u[i]*b, v+s.v[i]*b
	}
	return u, v
}

// isSound reports whether the fit keeps the rows' pitch from end to end; blobs
// that are no text can be fitted by anything.
func (s *sheet) isSound() bool {
	for i := range s.rows {
		r := &s.rows[i]
		low, high := r.ends()
		for _, k := range [3]int{low, (low + high) / 2, high} {
			c := s.cell(r, float64(k))
			if part := length(c.right) / r.curve.u[1]; !(part > 0.3 && part < 3) || !(length(c.down) < 4*r.high) {
				return false
			}
		}
	}
	return true
}

// A cell is where one character stands, in pixels of the gray it was found in.
type cell struct {
	middle      plane.Point
	right, down plane.Point // one pitch along the row; one character's height
}

// cell is the place of character k of a row.
func (s *sheet) cell(r *sheetRow, k float64) cell {
	place := func(k, d float64) plane.Point {
		u, v := s.common(k, d)
		x, y := s.frame.back(u+r.shiftU, v+r.shiftV)
		return plane.Point{X: x, Y: y}
	}
	m, before, after := place(k, r.offset), place(k-0.5, r.offset), place(k+0.5, r.offset)
	right := plane.Point{X: after.X - before.X, Y: after.Y - before.Y}
	down := plane.Point{X: -right.Y, Y: right.X}
	if len(s.rows) > 1 {
		below := place(k, r.offset+1)
		lean := plane.Point{X: below.X - m.X, Y: below.Y - m.Y}
		// The columns tell how characters lean, unless rows are misaligned.
		if cross := right.X*lean.Y - right.Y*lean.X; cross > 0.8*length(right)*length(lean) {
			down = lean
		}
	}
	// Characters shrink with the pitch towards the far end of a row.
	high := r.high * length(right) / r.curve.u[1] / length(down)
	return cell{m, right, plane.Point{X: down.X * high, Y: down.Y * high}}
}

func length(p plane.Point) float64 { return math.Hypot(p.X, p.Y) }

// quad is the cell as a region, a little higher than the character.
func (c cell) quad() plane.Quad {
	at := func(x, y float64) plane.Point {
		return plane.Point{X: c.middle.X + x*c.right.X + y*c.down.X, Y: c.middle.Y + x*c.right.Y + y*c.down.Y}
	}
	const half = 0.62
	return plane.Quad{at(-0.5, -half), at(0.5, -half), at(0.5, half), at(-0.5, half)}
}

// turned is the cell as someone sees it for whom the picture is upside down.
func (c cell) turned() cell {
	return cell{c.middle, plane.Point{X: -c.right.X, Y: -c.right.Y}, plane.Point{X: -c.down.X, Y: -c.down.Y}}
}
