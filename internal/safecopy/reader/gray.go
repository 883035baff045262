package reader

import (
	"image"
	"image/color"
	"image/draw"
	"math"
)

// A gray is brightness, row by row, 0 black to 255. One pixel of the picture
// that was handed in is scale pixels of it.
type gray struct {
	w, h  int
	pix   []uint8
	scale float64

	// kept is what was made of it, where more than one search will want it; nil
	// where it is not kept.
	kept *made
}

// made is a gray at other scales, and softened.
type made struct {
	sizes map[float64]*gray
	soft  *gray
}

// A View is the brightness of a picture as the functions of this package take it
// first of all, and what they make of it: who calls several with one picture takes
// it once. It is for one goroutine at a time.
type View struct {
	*image.Gray

	full *gray
}

// NewView takes the brightness of img.
func NewView(img image.Image) *View { return viewOf(grayOf(img)) }

func viewOf(g *gray) *View {
	if g.kept == nil {
		g.kept = &made{sizes: make(map[float64]*gray)}
	}
	return &View{Gray: &image.Gray{Pix: g.pix, Stride: g.w, Rect: image.Rect(0, 0, g.w, g.h)}, full: g}
}

// negative is g with light and dark exchanged: readers look for dark print.
func (g *gray) negative() *gray {
	out := &gray{w: g.w, h: g.h, scale: g.scale, pix: make([]uint8, len(g.pix))}
	for i, v := range g.pix {
		out.pix[i] = 255 - v
	}
	return out
}

// grayOf takes the brightness of img at its own size, on white where it is
// transparent.
func grayOf(img image.Image) *gray {
	if v, ok := img.(*View); ok {
		return v.full
	}
	b := img.Bounds()
	g := &gray{w: b.Dx(), h: b.Dy(), scale: 1}
	if m, ok := img.(*image.Gray); ok && m.Stride == g.w && !b.Empty() {
		g.pix = m.Pix[:g.w*g.h] // nothing here writes to it
		return g
	}
	g.pix = make([]uint8, g.w*g.h)
	switch m := img.(type) {
	case *image.Gray:
		for y := range g.h {
			copy(g.pix[y*g.w:(y+1)*g.w], m.Pix[m.PixOffset(b.Min.X, b.Min.Y+y):])
		}
	case *image.YCbCr:
		for y := range g.h {
			copy(g.pix[y*g.w:(y+1)*g.w], m.Y[m.YOffset(b.Min.X, b.Min.Y+y):])
		}
	case *image.NRGBA:
		for y := range g.h {
			weigh(g.pix[y*g.w:(y+1)*g.w], m.Pix[m.PixOffset(b.Min.X, b.Min.Y+y):])
		}
	default:
		row := image.NewNRGBA(image.Rect(0, 0, g.w, 1))
		for y := range g.h {
			draw.Draw(row, row.Rect, image.NewUniform(color.White), image.Point{}, draw.Src)
			draw.Draw(row, row.Rect, img, image.Pt(b.Min.X, b.Min.Y+y), draw.Over)
			weigh(g.pix[y*g.w:(y+1)*g.w], row.Pix)
		}
	}
	return g
}

// weigh turns red, green, blue and alpha into brightness (ITU-R BT.601).
func weigh(to, from []uint8) {
	for i := range to {
		p := from[4*i : 4*i+4 : 4*i+4]
		v := (299*uint32(p[0]) + 587*uint32(p[1]) + 114*uint32(p[2])) / 1000
		if p[3] != 255 {
			v = (v*uint32(p[3]) + 255*(255-uint32(p[3]))) / 255
		}
		to[i] = uint8(v)
	}
}

// resized is g at another scale of the picture handed in: the mean of the
// pixels that fall together when smaller, a cubic between them when larger.
func (g *gray) resized(scale float64) *gray {
	if g.kept == nil {
		return g.sampled(scale)
	}
	out, ok := g.kept.sizes[scale]
	if !ok {
		out = viewOf(g.sampled(scale)).full
		g.kept.sizes[scale] = out
	}
	return out
}

func (g *gray) sampled(scale float64) *gray {
	out := &gray{w: max(int(float64(g.w)*scale/g.scale+0.5), 1), h: max(int(float64(g.h)*scale/g.scale+0.5), 1), scale: scale}
	across, down := taps(g.w, out.w), taps(g.h, out.h)
	out.pix = make([]uint8, out.w*out.h)
	lines := make(map[int][]float32) // source rows already resized across
	var spare, under [][]float32
	sum := make([]float32, out.w)
	for y := range out.h {
		t := down[y]
		under = under[:0]
		for n := range t.weights {
			line, ok := lines[t.from+n]
			if !ok {
				if len(spare) > 0 {
					line, spare = spare[len(spare)-1], spare[:len(spare)-1]
				} else {
					line = make([]float32, out.w)
				}
				acrossOf(line, g.pix[(t.from+n)*g.w:(t.from+n+1)*g.w], across)
				lines[t.from+n] = line
			}
			under = append(under, line)
		}
		summed(sum, under, t.weights)
		rounded(out.pix[y*out.w:(y+1)*out.w], sum)
		if y+1 < out.h {
			for at, line := range lines {
				if at < down[y+1].from {
					delete(lines, at)
					spare = append(spare, line)
				}
			}
		}
	}
	return out
}

// summed is the sum of lines, each by its weight: four at a time, as a cubic has
// them.
func summed(to []float32, lines [][]float32, weights []float32) {
	clear(to)
	for ; len(lines) >= 4; lines, weights = lines[4:], weights[4:] {
		a, b, c, d := lines[0][:len(to)], lines[1][:len(to)], lines[2][:len(to)], lines[3][:len(to)]
		wa, wb, wc, wd := weights[0], weights[1], weights[2], weights[3]
		for x := range to {
			to[x] += wa*a[x] + wb*b[x] + wc*c[x] + wd*d[x]
		}
	}
	for n, line := range lines {
		for x, v := range line {
			to[x] += weights[n] * v
		}
	}
}

// rounded takes the nearest levels. Comparing is quicker than min and max of floats
// where a browser runs it.
func rounded(to []uint8, from []float32) {
	for x, v := range from {
		switch {
		case v >= 254.5:
			to[x] = 255
		case v > 0:
			to[x] = uint8(v + 0.5)
		default:
			to[x] = 0
		}
	}
}

func acrossOf(line []float32, row []uint8, across []tap) {
	for x := range across {
		t := &across[x]
		part := row[t.from : t.from+len(t.weights)]
		var sum float32
		for n, weight := range t.weights {
			sum += weight * float32(part[n])
		}
		line[x] = sum
	}
}

// A tap is what one new pixel takes from the old ones beginning at from.
type tap struct {
	from    int
	weights []float32
}

func taps(old, now int) []tap {
	ratio := float64(old) / float64(now)
	out := make([]tap, now)
	for i := range out {
		var low, high int
		var weight func(int) float64
		if ratio >= 1 {
			a, b := float64(i)*ratio, float64(i+1)*ratio
			low, high = int(a), int(math.Ceil(b-1e-9))
			weight = func(n int) float64 { return min(float64(n+1), b) - max(float64(n), a) }
		} else {
			middle := (float64(i)+0.5)*ratio - 0.5
			low, high = int(math.Floor(middle))-1, int(math.Floor(middle))+3
			weight = func(n int) float64 { return cubic(float64(n) - middle) }
		}
		out[i] = tapOf(low, high, old, weight)
	}
	return out
}

// tapOf folds what lies outside the picture onto its edge.
func tapOf(low, high, size int, weight func(int) float64) tap {
	first, last := min(max(low, 0), size-1), min(max(high, 1), size)
	t := tap{first, make([]float32, max(last-first, 1))}
	sum := float32(0)
	for n := low; n < high; n++ {
		w := float32(weight(n))
		t.weights[min(max(n-first, 0), len(t.weights)-1)] += w
		sum += w
	}
	for n := range t.weights {
		t.weights[n] /= sum
	}
	return t
}

// cubic is Catmull and Rom's kernel.
func cubic(x float64) float64 {
	x = math.Abs(x)
	switch {
	case x < 1:
		return 1 + x*x*(1.5*x-2.5)
	case x < 2:
		return 2 + x*(-4+x*(2.5-0.5*x))
	}
	return 0
}

// at is the brightness between pixels; the edge goes on outside.
func (g *gray) at(x, y float64) float32 {
	x, y = x-0.5, y-0.5
	// Written so that what is no number lies outside, too.
	if !(x >= 0 && y >= 0 && x < float64(g.w-1) && y < float64(g.h-1)) {
		return g.atEdge(x, y)
	}
	i, j := int(x), int(y)
	fx, fy := float32(x-float64(i)), float32(y-float64(j))
	row := g.pix[j*g.w+i : j*g.w+i+2]
	under := g.pix[(j+1)*g.w+i : (j+1)*g.w+i+2]
	top := float32(row[0])*(1-fx) + float32(row[1])*fx
	return top*(1-fy) + (float32(under[0])*(1-fx)+float32(under[1])*fx)*fy
}

func (g *gray) atEdge(x, y float64) float32 {
	if math.IsNaN(x) || math.IsNaN(y) {
		return 0
	}
	i, j := int(min(max(x+0.5, 0), float64(g.w-1))), int(min(max(y+0.5, 0), float64(g.h-1)))
	return float32(g.pix[j*g.w+i])
}
