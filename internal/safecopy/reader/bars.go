package reader

import (
	"math"

	"github.com/sparekey/sparekey/internal/safecopy/plane"
)

// Barcodes are looked for in a picture of about this many pixels, in squares
// of tile pixels.
const (
	barPixels = 1_000_000
	tile      = 8
)

// A slope sums how brightness changes in one tile: its structure tensor.
type slope struct{ xx, xy, yy float64 }

func (s slope) plus(o slope) slope { return slope{s.xx + o.xx, s.xy + o.xy, s.yy + o.yy} }

// strength is the sum of the squares of all slopes, order how far they have
// one direction (0 to 1), and angle that direction.
func (s slope) strength() float64 { return s.xx + s.yy }
func (s slope) order() float64 {
	return math.Hypot(s.xx-s.yy, 2*s.xy) / max(s.xx+s.yy, 1)
}
func (s slope) angle() float64 { return math.Atan2(2*s.xy, s.xx-s.yy) / 2 }

// bars finds regions of many strokes side by side, all in one direction.
func bars(full *gray) []plane.Quad {
	g := full
	if pixels := float64(full.w * full.h); pixels > barPixels {
		g = full.resized(full.scale * math.Sqrt(barPixels/pixels))
	}
	wide, high := g.w/tile, g.h/tile
	tiles := g.slopes(wide, high)
	seen := make([]bool, len(tiles))
	var out []plane.Quad
	for i := range tiles {
		if seen[i] || !isBarred(tiles[i]) {
			continue
		}
		members := grow(tiles, seen, i, wide, high)
		if q, ok := g.barRegion(tiles, members, wide); ok {
			out = append(out, q.Scale(1/g.scale))
		}
	}
	return out
}

func isBarred(s slope) bool { return s.strength() > tile*tile*350 && s.order() > 0.72 }

func (g *gray) slopes(wide, high int) []slope {
	out := make([]slope, wide*high)
	for y := 1; y < min(high*tile, g.h-1); y++ {
		above, here, below := g.row(y-1), g.row(y), g.row(y+1)
		for x := 1; x < min(wide*tile, g.w-1); x++ {
			dx, dy := float64(here[x+1])-float64(here[x-1]), float64(below[x])-float64(above[x])
			s := &out[y/tile*wide+x/tile]
			s.xx, s.xy, s.yy = s.xx+dx*dx, s.xy+dx*dy, s.yy+dy*dy
		}
	}
	return out
}

// grow collects the barred tiles that hang together and run the same way.
func grow(tiles []slope, seen []bool, start, wide, high int) []int {
	members := []int{start}
	seen[start] = true
	angle := tiles[start].angle()
	for n := 0; n < len(members); n++ {
		x, y := members[n]%wide, members[n]/wide
		for _, d := range [8][2]int{{1, 0}, {-1, 0}, {0, 1}, {0, -1}, {1, 1}, {-1, -1}, {1, -1}, {-1, 1}} {
			i, j := x+d[0], y+d[1]
			if i < 0 || j < 0 || i >= wide || j >= high || seen[j*wide+i] {
				continue
			}
			next := tiles[j*wide+i]
			if isBarred(next) && math.Abs(math.Sin(next.angle()-angle)) < 0.3 {
				seen[j*wide+i] = true
				members = append(members, j*wide+i)
			}
		}
	}
	return members
}

// Least sizes of a barcode, in tiles and in strokes.
const (
	leastTiles   = 24
	leastStrokes = 22
)

// barRegion is the leaning rectangle around the tiles, if it is filled by
// them and the same strokes are crossed at several heights.
func (g *gray) barRegion(tiles []slope, members []int, wide int) (plane.Quad, bool) {
	if len(members) < leastTiles {
		return plane.Quad{}, false
	}
	var sum slope
	for _, m := range members {
		sum = sum.plus(tiles[m])
	}
	f := frameAt(sum.angle())
	u0, v0, u1, v1 := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for _, m := range members {
		u, v := f.turn((float64(m%wide)+0.5)*tile, (float64(m/wide)+0.5)*tile)
		u0, u1, v0, v1 = min(u0, u), max(u1, u), min(v0, v), max(v1, v)
	}
	u0, v0, u1, v1 = u0-tile/2, v0-tile/2, u1+tile/2, v1+tile/2
	if filled := float64(len(members)*tile*tile) / ((u1 - u0) * (v1 - v0)); filled < 0.6 || v1-v0 < 2.5*tile {
		return plane.Quad{}, false
	}
	steady := 0
	for _, part := range []float64{0.25, 0.4, 0.6, 0.75} {
		v := v0 + part*(v1-v0)
		if g.isCoded(f, u0, u1, v) && g.agree(f, u0, u1, v) {
			steady++
		}
	}
	corner := func(u, v float64) plane.Point { x, y := f.back(u, v); return plane.Point{X: x, Y: y} }
	return plane.Quad{corner(u0, v0), corner(u1, v0), corner(u1, v1), corner(u0, v1)}, steady >= 3
}

// isCoded reports whether many strokes are crossed along a line, and not all of one
// width: those of a screen, of hatching and of grilles are.
func (g *gray) isCoded(f frame, u0, u1, v float64) bool {
	line := g.line(f, u0, u1, v)
	middle := median(line)
	var edges []float64 // between pixels
	for i := 1; i < len(line); i++ {
		if (line[i] > middle) != (line[i-1] > middle) {
			edges = append(edges, float64(i)+(middle-line[i-1])/(line[i]-line[i-1]))
		}
	}
	var pairs []float64 // a dark stroke and a bright one: no threshold moves their width
	for i := 2; i < len(edges); i++ {
		pairs = append(pairs, edges[i]-edges[i-2])
	}
	usual, same := median(pairs), 0
	for _, w := range pairs {
		if like(w, usual, 1.15) {
			same++
		}
	}
	return len(edges) >= leastStrokes && 10*same < 7*len(pairs)
}

// agree reports whether lines a little above and below look the same, as
// those through bars do and those through letters do not.
func (g *gray) agree(f frame, u0, u1, v float64) bool {
	a, b := g.line(f, u0, u1, v-2), g.line(f, u0, u1, v+2)
	return correlation(a, b) > 0.75
}

func (g *gray) line(f frame, u0, u1, v float64) []float64 {
	var out []float64
	for u := u0; u < u1; u++ {
		x, y := f.back(u, v)
		out = append(out, float64(g.at(x, y)))
	}
	return out
}

func correlation(a, b []float64) float64 {
	ma, mb := mean(a), mean(b)
	var ab, aa, bb float64
	for i := range a {
		da, db := a[i]-ma, b[i]-mb
		ab, aa, bb = ab+da*db, aa+da*da, bb+db*db
	}
	return ab / math.Sqrt(max(aa*bb, 1e-9))
}

func mean(of []float64) float64 {
	sum := 0.0
	for _, v := range of {
		sum += v
	}
	return sum / float64(max(len(of), 1))
}
