package reader

import (
	"cmp"
	"math"
	"slices"
)

// tilts are the angles, in radians from 0 to below π, at which most blobs of
// like size stand side by side; the likeliest first.
func tilts(all []blob, most int) []float64 {
	const bins = 180
	var votes [bins]float64
	grid := newGrid(all)
	for i := range all {
		b := &all[i]
		side := float64(b.side())
		grid.near(b, 2.4*side, func(o *blob) {
			dx, dy := o.middleX()-b.middleX(), o.middleY()-b.middleY()
			away := math.Hypot(dx, dy)
			like := float64(o.side()) / side
			if away < 0.5*side || away > 2.4*side || like < 0.7 || like > 1.4 {
				return
			}
			angle := math.Atan2(dy, dx)
			if angle < 0 {
				angle += math.Pi
			}
			votes[int(angle*bins/math.Pi)%bins] += side / away
		})
	}
	return peaks(votes[:], most)
}

func peaks(votes []float64, most int) []float64 {
	bins := len(votes)
	smooth := make([]float64, bins)
	for i := range smooth {
		for d := -2; d <= 2; d++ {
			smooth[i] += votes[(i+d+bins)%bins] * float64(3-max(d, -d))
		}
	}
	order := make([]int, bins)
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(smooth[b], smooth[a]) })
	var out []float64
	var taken []int
	for _, i := range order {
		isNear := slices.ContainsFunc(taken, func(t int) bool {
			d := max(i-t, t-i)
			return min(d, bins-d) < 7
		})
		if isNear || smooth[i] == 0 {
			continue
		}
		taken = append(taken, i)
		left, right := smooth[(i+bins-1)%bins], smooth[(i+1)%bins]
		shift := 0.0
		if curve := left + right - 2*smooth[i]; curve < 0 {
			shift = (left - right) / (2 * curve)
		}
		out = append(out, (float64(i)+0.5+shift)*math.Pi/float64(bins))
		if len(out) == most {
			break
		}
	}
	return out
}

func (b *blob) side() int        { return max(b.x1-b.x0, b.y1-b.y0) }
func (b *blob) middleX() float64 { return float64(b.x0+b.x1) / 2 }
func (b *blob) middleY() float64 { return float64(b.y0+b.y1) / 2 }

// A grid finds blobs near another.
type grid struct {
	all  []blob
	cell float64
	at   map[[2]int][]int
}

func newGrid(all []blob) *grid {
	g := &grid{all: all, cell: 48, at: map[[2]int][]int{}}
	for i := range all {
		k := g.key(all[i].middleX(), all[i].middleY())
		g.at[k] = append(g.at[k], i)
	}
	return g
}

func (g *grid) key(x, y float64) [2]int { return [2]int{int(x / g.cell), int(y / g.cell)} }

// near calls do for the blobs whose middle is at most that far in x and in y.
func (g *grid) near(b *blob, far float64, do func(*blob)) {
	low := g.key(max(b.middleX()-far, 0), max(b.middleY()-far, 0))
	high := g.key(b.middleX()+far, b.middleY()+far)
	for j := low[1]; j <= high[1]; j++ {
		for i := low[0]; i <= high[0]; i++ {
			for _, n := range g.at[[2]int{i, j}] {
				if o := &g.all[n]; o != b {
					do(o)
				}
			}
		}
	}
}

// A frame turns the picture so that text at its angle runs along u, with v
// downwards.
type frame struct{ cos, sin float64 }

func frameAt(angle float64) frame { return frame{math.Cos(angle), math.Sin(angle)} }

func (f frame) turn(x, y float64) (u, v float64) { return x*f.cos + y*f.sin, y*f.cos - x*f.sin }
func (f frame) back(u, v float64) (x, y float64) { return u*f.cos - v*f.sin, u*f.sin + v*f.cos }

// A mark is a blob seen in a frame: its middle, and its size along and across.
type mark struct{ u, v, w, h float64 }

// marks are the blobs whose size could be that of a character.
func (f frame) marks(all []blob) []mark {
	var out []mark
	for i := range all {
		m := f.mark(&all[i])
		if m.h >= 5 && m.h <= 110 && m.w <= 1.7*m.h && m.w >= 0.08*m.h {
			out = append(out, m)
		}
	}
	slices.SortFunc(out, func(a, b mark) int {
		return cmp.Or(cmp.Compare(a.u, b.u), cmp.Compare(a.v, b.v))
	})
	return out
}

func (f frame) mark(b *blob) mark {
	u0, v0 := math.Inf(1), math.Inf(1)
	u1, v1 := math.Inf(-1), math.Inf(-1)
	// A pixel reaches half of its shadow around its middle.
	half := (math.Abs(f.cos) + math.Abs(f.sin)) / 2
	for _, r := range b.runs {
		y := float64(r.y) + 0.5
		for _, x := range [2]float64{float64(r.x0) + 0.5, float64(r.x1) - 0.5} {
			u, v := f.turn(x, y)
			u0, u1, v0, v1 = min(u0, u), max(u1, u), min(v0, v), max(v1, v)
		}
	}
	return mark{(u0 + u1) / 2, (v0 + v1) / 2, u1 - u0 + 2*half, v1 - v0 + 2*half}
}
