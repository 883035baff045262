package reader

import (
	"cmp"
	"image"
	"math"
	"slices"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"

	"github.com/sparekey/sparekey/internal/safecopy/plane"
)

// The kinds of codes.
const (
	QRCode  = "qr"
	Barcode = "barcode" // with bars, or with rows of bars (PDF417)
)

// Codes finds QR codes by the squares in their corners, whether they can be
// decoded or not, and barcodes by their bars. Text is set for the QR codes
// that could be decoded, at some size and contrast.
func Codes(img image.Image) []Code {
	full := grayOf(img)
	if full.w < 24 || full.h < 24 {
		return nil
	}
	var out []Code
	add := func(c Code) bool {
		isNew := !slices.ContainsFunc(out, func(o Code) bool {
			return o.Quad.Contains(c.Quad.At(0.5, 0.5)) || c.Quad.Contains(o.Quad.At(0.5, 0.5))
		})
		if isNew {
			out = append(out, c)
		}
		return isNew
	}
	scale := tries(full)[0].scale
	for _, s := range []float64{scale, scale * 0.45} {
		work := full.resized(s)
		reach := max(int(math.Sqrt(float64(work.w*work.h))/40), 12)
		for _, k := range []inking{{reach, 0.3, 4}, {2 * reach, 0.2, 2}} {
			for _, q := range squareTriples(work, newStencil(work, k)) {
				if add(Code{Kind: QRCode, Quad: q.quad.Scale(1 / s)}) {
					c := &out[len(out)-1]
					c.Text, _ = decodeQR(full, c.Quad, q.module/s)
				}
			}
		}
	}
	for _, q := range bars(full) {
		add(Code{Kind: Barcode, Quad: q})
	}
	return out
}

// A stencil is which pixels are ink.
type stencil struct {
	w, h int
	ink  []bool
	rows [][]run
}

func newStencil(g *gray, k inking) *stencil {
	s := &stencil{w: g.w, h: g.h, ink: make([]bool, g.w*g.h), rows: make([][]run, g.h)}
	for _, r := range k.runs(g) {
		for x := r.x0; x < r.x1; x++ {
			s.ink[r.y*g.w+x] = true
		}
		s.rows[r.y] = append(s.rows[r.y], r)
	}
	return s
}

// A corner is one of the three squares of a QR code.
type corner struct {
	x, y, module float64
	seen         int
}

// corners are the places where ink crosses as 1 : 1 : 3 : 1 : 1, across and
// down (ISO/IEC 18004, section 6.3.3).
func (s *stencil) corners() []corner {
	var out []corner
	for y, row := range s.rows {
		for i := 0; i+2 < len(row); i++ {
			a, b, c := row[i], row[i+1], row[i+2]
			module, ok := squareRatio([5]int{a.x1 - a.x0, b.x0 - a.x1, b.x1 - b.x0, c.x0 - b.x1, c.x1 - c.x0})
			if !ok {
				continue
			}
			x := (b.x0 + b.x1) / 2
			middle, down, ok := s.crossDown(x, y, module)
			if !ok {
				continue
			}
			out = merge(out, corner{float64(b.x0+b.x1) / 2, middle, (module + down) / 2, 1})
		}
	}
	return slices.DeleteFunc(out, func(c corner) bool { return c.seen < 2 })
}

func merge(all []corner, c corner) []corner {
	for i := range all {
		o := &all[i]
		if math.Hypot(o.x-c.x, o.y-c.y) < 2.5*o.module && like(o.module, c.module, 1.5) {
			n := float64(o.seen)
			o.x, o.y, o.module = (o.x*n+c.x)/(n+1), (o.y*n+c.y)/(n+1), (o.module*n+c.module)/(n+1)
			o.seen++
			return all
		}
	}
	return append(all, c)
}

func like(a, b, factor float64) bool { return a < b*factor && b < a*factor }

// squareRatio reports whether five lengths are as 1 : 1 : 3 : 1 : 1.
func squareRatio(n [5]int) (module float64, ok bool) {
	total := n[0] + n[1] + n[2] + n[3] + n[4]
	module = float64(total) / 7
	if module < 1.3 {
		return 0, false
	}
	for i, length := range n {
		want, slack := module, 0.65*module
		if i == 2 {
			want, slack = 3*module, 1.4*module
		}
		if math.Abs(float64(length)-want) > slack {
			return 0, false
		}
	}
	return module, true
}

// crossDown looks for the same ratio down through x, y.
func (s *stencil) crossDown(x, y int, module float64) (middle, down float64, ok bool) {
	most := int(5 * module)
	count := func(from, step int, isInk bool) int {
		n := 0
		for at := from; at >= 0 && at < s.h && n <= most && s.ink[at*s.w+x] == isInk; at += step {
			n++
		}
		return n
	}
	up := count(y, -1, true)
	under := count(y+1, 1, true)
	gapUp := count(y-up, -1, false)
	gapDown := count(y+1+under, 1, false)
	endUp := count(y-up-gapUp, -1, true)
	endDown := count(y+1+under+gapDown, 1, true)
	down, ok = squareRatio([5]int{endUp, gapUp, up + under, gapDown, endDown})
	return float64(y+1) + float64(under-up)/2, down, ok && like(down, module, 1.9)
}

// A triple is a QR code found by its corners.
type triple struct {
	quad        plane.Quad
	module      float64
	corners     [3]corner
	right, down plane.Point // of one module
	alike       float64     // the least alike of its squares
}

// mostCorners bounds the search for triples.
const mostCorners = 40

// squareTriples are the codes in g, of which s is the ink, the surest first.
func squareTriples(g *gray, s *stencil) []triple {
	all := s.corners()
	slices.SortStableFunc(all, func(a, b corner) int { return b.seen - a.seen })
	all = all[:min(len(all), mostCorners)]
	var out []triple
	for i := range all {
		for j := range all {
			for k := j + 1; k < len(all); k++ {
				if i == j || i == k {
					continue
				}
				if t, ok := tripleOf(all[i], all[j], all[k]); ok && g.squares(&t) {
					out = append(out, t)
				}
			}
		}
	}
	slices.SortStableFunc(out, func(a, b triple) int { return cmp.Compare(b.alike, a.alike) })
	return out
}

// squares reports whether squares as in the corners of QR codes stand in all three
// corners of t, and keeps how alike they are: grain and rows of letters have a few
// lines that cross as 1 : 1 : 3 : 1 : 1, but no squares.
func (g *gray) squares(t *triple) bool {
	const alike = 0.55
	t.alike = 1
	for _, c := range t.corners {
		if t.alike = min(t.alike, g.square(c, t.right, t.down)); t.alike < alike {
			return false
		}
	}
	return true
}

// square is how alike (-1 to 1) the picture around c is to the square of seven by
// seven modules in a code's corner; right and down are one module, about.
func (g *gray) square(c corner, right, down plane.Point) float64 {
	want, seen := make([]float64, 0, 49), make([]float64, 0, 49)
	best := -1.0
	for _, size := range [3]float64{1, 0.87, 1.15} {
		want, seen = want[:0], seen[:0]
		for j := -3; j <= 3; j++ {
			for i := -3; i <= 3; i++ {
				x, y := float64(i)*size, float64(j)*size
				seen = append(seen, float64(g.at(c.x+x*right.X+y*down.X, c.y+x*right.Y+y*down.Y)))
				white := 0.0
				if max(i, -i, j, -j) == 2 {
					white = 1
				}
				want = append(want, white)
			}
		}
		best = max(best, correlation(want, seen))
	}
	return best
}

// tripleOf makes a code of the corner between the two others.
func tripleOf(c, a, b corner) (triple, bool) {
	ax, ay, bx, by := a.x-c.x, a.y-c.y, b.x-c.x, b.y-c.y
	la, lb := math.Hypot(ax, ay), math.Hypot(bx, by)
	module := (a.module + b.module + c.module) / 3
	if !like(a.module, b.module, 1.5) || !like(a.module, c.module, 1.5) || !like(la, lb, 1.5) {
		return triple{}, false
	}
	if math.Abs(ax*bx+ay*by) > 0.65*la*lb {
		return triple{}, false
	}
	if ax*by-ay*bx < 0 {
		ax, ay, bx, by = bx, by, ax, ay
	}
	n := modulesBetween(plane.Point{X: ax, Y: ay}, plane.Point{X: bx, Y: by}, module)
	if n < 11 || n > 175 {
		return triple{}, false
	}
	edge := 4 / n
	at := func(p, q float64) plane.Point { return plane.Point{X: c.x + p*ax + q*bx, Y: c.y + p*ay + q*by} }
	return triple{
		quad:   plane.Quad{at(-edge, -edge), at(1+edge, -edge), at(1+edge, 1+edge), at(-edge, 1+edge)},
		module: module, corners: [3]corner{c, a, b},
		right: plane.Point{X: ax / n, Y: ay / n}, down: plane.Point{X: bx / n, Y: by / n},
	}, true
}

// modulesBetween is how many modules lie from the middle of one corner to that of
// the others, at a and b from it, when a module is crossed in that many pixels, in
// the mean of across and down. Squares that lean are crossed in more.
func modulesBetween(a, b plane.Point, crossed float64) float64 {
	area := math.Abs(a.X*b.Y - a.Y*b.X)
	// A line along x goes b.Y/area of a and a.Y/area of b for each pixel; it leaves
	// the square at the side that it meets first.
	across, down := max(math.Abs(a.Y), math.Abs(b.Y)), max(math.Abs(a.X), math.Abs(b.X))
	return area * (1/across + 1/down) / 2 / crossed
}

// decodeQR tries several sizes and ways to tell black from white.
func decodeQR(full *gray, q plane.Quad, module float64) (string, bool) {
	box := q.Grow(3 * module).Bounds().Intersect(image.Rect(0, 0, full.w, full.h))
	if box.Empty() {
		return "", false
	}
	part := full.part(box)
	part.scale = 1
	for _, pixels := range []float64{4, 6, 3} {
		scale := min(pixels/module, 1200/float64(max(part.w, part.h)))
		sized := part.resized(scale).stretched()
		img := &image.Gray{Pix: sized.pix, Stride: sized.w, Rect: image.Rect(0, 0, sized.w, sized.h)}
		source := gozxing.NewLuminanceSourceFromImage(img)
		for _, b := range []gozxing.Binarizer{gozxing.NewHybridBinarizer(source), gozxing.NewGlobalHistgramBinarizer(source)} {
			if text, ok := decodeBits(b); ok {
				return text, true
			}
		}
	}
	return "", false
}

// decodeBits hands the picture to gozxing. It was written for pictures of
// codes, and what a stranger's picture makes of it may index out of range: that
// is no code then.
func decodeBits(b gozxing.Binarizer) (text string, ok bool) {
	defer func() {
		if recover() != nil {
			text, ok = "", false
		}
	}()
	bitmap, err := gozxing.NewBinaryBitmap(b)
	if err != nil {
		return "", false
	}
	result, err := qrcode.NewQRCodeReader().Decode(bitmap, map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_TRY_HARDER: true})
	if err != nil {
		return "", false
	}
	return result.GetText(), true
}

// stretched spreads the brightness over all levels.
func (g *gray) stretched() *gray {
	var counts [256]int
	for _, v := range g.pix {
		counts[v]++
	}
	level := func(share float64) int {
		left := int(share * float64(len(g.pix)))
		for v, n := range counts {
			if left -= n; left < 0 {
				return v
			}
		}
		return 255
	}
	low, high := level(0.02), level(0.98)
	out := &gray{w: g.w, h: g.h, scale: g.scale, pix: make([]uint8, len(g.pix))}
	for i, v := range g.pix {
		out.pix[i] = uint8(min(max((int(v)-low)*255/max(high-low, 1), 0), 255))
	}
	return out
}
