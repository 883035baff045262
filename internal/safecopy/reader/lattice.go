package reader

import (
	"math"
	"slices"
)

// A node is a mark's place in a lattice: the k-th character of a row.
type node struct {
	mark mark
	k    int
}

// A curve gives a place for every k: quadratic, so that a weak perspective and
// bent paper fit.
type curve struct {
	middle float64 // k is counted from here, for the sums' sake
	u, v   [3]float64
}

func (c *curve) at(k float64) (u, v float64) {
	k -= c.middle
	return c.u[0] + k*(c.u[1]+k*c.u[2]), c.v[0] + k*(c.v[1]+k*c.v[2])
}

// pitch is how far apart characters are near k.
func (c *curve) pitch(k float64) float64 { return c.u[1] + 2*(k-c.middle)*c.u[2] }

// index is the k at which the curve passes u.
func (c *curve) index(u float64) float64 {
	k := c.middle + (u-c.u[0])/c.u[1]
	for range 3 {
		at, _ := c.at(k)
		p := c.pitch(k)
		if p < 0.4*c.u[1] || p > 2.5*c.u[1] {
			return math.Inf(1)
		}
		k += (u - at) / p
	}
	return k
}

// A row is one line of equally spaced characters.
type row struct {
	curve curve
	nodes []node
	high  float64 // height of a capital or digit
}

// rowOf grows a chain into a row: it takes in the marks that stand where its
// spacing foretells them, also beyond gaps of characters that were not found.
func rowOf(all []mark, c chain) (row, bool) {
	r := row{}
	k := 0
	for n, i := range c.marks {
		if n > 0 {
			k += max(int(math.Round((all[i].u-all[c.marks[n-1]].u)/c.pitch)), 1)
		}
		r.nodes = append(r.nodes, node{all[i], k})
	}
	if !r.fit() {
		return row{}, false
	}
	for range 12 {
		before := len(r.nodes)
		r.collect(all, 5)
		if !r.fit() {
			return row{}, false
		}
		if len(r.nodes) == before {
			break
		}
	}
	return r, len(r.nodes) >= 6
}

// collect takes the marks near the row's places, up to beyond places outside
// of what it has already.
func (r *row) collect(all []mark, beyond int) {
	low, high := r.ends()
	best := map[int]node{}
	off := map[int]float64{}
	for _, m := range all {
		at := r.curve.index(m.u)
		k := math.Round(at)
		if int(k) < low-beyond || int(k) > high+beyond || math.Abs(at-k) > 0.27 {
			continue
		}
		_, v := r.curve.at(at)
		if dv := math.Abs(m.v - v); dv < 0.25*r.high && m.h > 0.55*r.high && m.h < 1.35*r.high {
			cost := math.Abs(at-k) + dv/r.high + math.Abs(m.h/r.high-1)
			if was, ok := off[int(k)]; !ok || cost < was {
				best[int(k)], off[int(k)] = node{m, int(k)}, cost
			}
		}
	}
	r.nodes = r.nodes[:0]
	for k := low - beyond; k <= high+beyond; k++ {
		if n, ok := best[k]; ok {
			r.nodes = append(r.nodes, n)
		}
	}
}

func (r *row) ends() (low, high int) {
	if len(r.nodes) == 0 {
		return 0, 0
	}
	return r.nodes[0].k, r.nodes[len(r.nodes)-1].k
}

// fit lays the curve through the nodes, leaving out those far from it.
func (r *row) fit() bool {
	nodes := r.nodes
	for round := range 3 {
		if len(nodes) < 4 {
			return false
		}
		r.curve = curveOf(nodes)
		heights := make([]float64, 0, len(nodes))
		for _, n := range nodes {
			heights = append(heights, n.mark.h)
		}
		r.high = quantile(heights, 0.7)
		if r.curve.u[1] <= 1 || round == 2 {
			break
		}
		nodes = slices.DeleteFunc(slices.Clone(nodes), func(n node) bool {
			u, v := r.curve.at(float64(n.k))
			return math.Hypot(n.mark.u-u, n.mark.v-v) > 0.25*r.curve.u[1]
		})
	}
	return r.curve.u[1] > 1
}

// curveOf is the least squares fit; a straight line for few nodes.
func curveOf(nodes []node) curve {
	first, last := nodes[0].k, nodes[len(nodes)-1].k
	c := curve{middle: float64(first+last) / 2}
	count := 3
	if len(nodes) < 9 || last-first < 9 {
		count = 2
	}
	var a, bu, bv = newSquare(count), make([]float64, count), make([]float64, count)
	for _, n := range nodes {
		k := float64(n.k) - c.middle
		basis := [3]float64{1, k, k * k}
		for i := range count {
			for j := range count {
				a[i][j] += basis[i] * basis[j]
			}
			bu[i] += basis[i] * n.mark.u
			bv[i] += basis[i] * n.mark.v
		}
	}
	solve(a, bu, bv)
	copy(c.u[:], bu)
	copy(c.v[:], bv)
	return c
}

func newSquare(n int) [][]float64 {
	a := make([][]float64, n)
	for i := range a {
		a[i] = make([]float64, n)
	}
	return a
}

// solve turns both right sides into the solutions of a·x = side (Gauss with
// pivots); what a does not determine becomes 0.
func solve(a [][]float64, sides ...[]float64) {
	n := len(a)
	for c := range n {
		p := c
		for r := c + 1; r < n; r++ {
			if math.Abs(a[r][c]) > math.Abs(a[p][c]) {
				p = r
			}
		}
		a[c], a[p] = a[p], a[c]
		for _, s := range sides {
			s[c], s[p] = s[p], s[c]
		}
		if math.Abs(a[c][c]) < 1e-12 {
			continue
		}
		for r := range n {
			if r == c {
				continue
			}
			by := a[r][c] / a[c][c]
			for j := c; j < n; j++ {
				a[r][j] -= by * a[c][j]
			}
			for _, s := range sides {
				s[r] -= by * s[c]
			}
		}
	}
	for c := range n {
		for _, s := range sides {
			if math.Abs(a[c][c]) < 1e-12 {
				s[c] = 0
			} else {
				s[c] /= a[c][c]
			}
		}
	}
}
