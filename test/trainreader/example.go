package main

import (
	"math"
	"math/rand/v2"

	"github.com/sparekey/sparekey/internal/safecopy/glyph"
)

// An example is an inked patch and the index of the class it shows.
type example struct {
	patch glyph.Patch
	class int
}

// A placed stamp lies with its cell's middle at x, in drawing pixels, scale
// times as large as it was drawn.
type placed struct {
	stamp    *stamp
	x, scale float32
}

// A view is how a patch looks at stamps that stand in a row.
type view struct {
	row           []placed
	across, along float32 // drawing pixels per patch pixel, down and right

	x, y         float32 // where the patch's middle looks
	slant, shear float32 // rise per pixel right; shift right per pixel down
}

// look samples the row, four points for each pixel.
func (v *view) look(p *glyph.Patch) {
	for j := range glyph.Height {
		for i := range glyph.Width {
			var sum float32
			for _, dy := range [2]float32{-0.25, 0.25} {
				for _, dx := range [2]float32{-0.25, 0.25} {
					a := (float32(i) + 0.5 + dx - glyph.Width/2.0) * v.along
					b := (float32(j) + 0.5 + dy - glyph.Height/2.0) * v.across
					sum += v.at(v.x+a+v.shear*b, v.y+b+v.slant*a)
				}
			}
			p[j*glyph.Width+i] = sum / 4
		}
	}
}

func (v *view) at(x, y float32) float32 {
	var ink float32
	for _, p := range v.row {
		ink = max(ink, p.stamp.at((x-p.x)/p.scale, y/p.scale))
	}
	return ink
}

func between(r *rand.Rand, low, high float32) float32 { return low + (high-low)*r.Float32() }

// spoil does to the ink of p what printing, light and a camera do, and inks it
// again as the reader would.
func spoil(r *rand.Rand, p *glyph.Patch) {
	backdrop(r, p)
	if r.IntN(2) == 0 {
		blur(p, between(r, 0, 2.1), between(r, 0, 1.9))
	} else {
		blur(p, between(r, 0, 0.8), between(r, 0, 0.8))
	}
	if r.IntN(3) == 0 {
		coarse(r, p)
	}
	noise := between(r, 0, 1)
	grain(r, p, noise*noise*0.22)
	var usual float32
	if r.IntN(2) == 0 {
		usual = between(r, 0.5, 1)
	}
	for i := range p {
		p[i] = -p[i]
	}
	p.Ink(usual)
}

// backdrop darkens the paper by a slope of light and by printed lines.
func backdrop(r *rand.Rand, p *glyph.Patch) {
	sx, sy := between(r, -0.2, 0.2), between(r, -0.2, 0.2)
	var depth, fx, fy, phase float32
	if r.IntN(2) == 0 {
		depth, fx, fy, phase = between(r, 0, 0.25), between(r, -1.5, 1.5), between(r, -1.5, 1.5), between(r, 0, 6.3)
	}
	strength := between(r, 0.5, 1)
	for j := range glyph.Height {
		for i := range glyph.Width {
			x, y := float32(i)/glyph.Width-0.5, float32(j)/glyph.Height-0.5
			paper := sx*x + sy*y
			if depth > 0 {
				paper += depth * max(float32(math.Sin(float64(fx*float32(i)+fy*float32(j)+phase))), 0)
			}
			at := &p[j*glyph.Width+i]
			*at = paper*(1-*at) + *at*strength
		}
	}
}

func blur(p *glyph.Patch, right, down float32) {
	if k := bell(right); len(k) > 1 {
		for j := range glyph.Height {
			smooth(p[j*glyph.Width:], glyph.Width, 1, k)
		}
	}
	if k := bell(down); len(k) > 1 {
		for i := range glyph.Width {
			smooth(p[i:], glyph.Height, glyph.Width, k)
		}
	}
}

// bell is half of a normal distribution, its middle first.
func bell(sigma float32) []float32 {
	if sigma < 0.2 {
		return nil
	}
	k := make([]float32, 1+int(sigma*2.5))
	sum := float32(0)
	for i := range k {
		k[i] = float32(math.Exp(-float64(i*i) / float64(2*sigma*sigma)))
		sum += k[i]
		if i > 0 {
			sum += k[i]
		}
	}
	for i := range k {
		k[i] /= sum
	}
	return k
}

func smooth(line []float32, count, stride int, k []float32) {
	var copied [max(glyph.Width, glyph.Height)]float32
	for i := range count {
		copied[i] = line[i*stride]
	}
	for i := range count {
		sum := k[0] * copied[i]
		for n := 1; n < len(k); n++ {
			sum += k[n] * (copied[max(i-n, 0)] + copied[min(i+n, count-1)])
		}
		line[i*stride] = sum
	}
}

// coarse keeps few pixels, as of a small picture, and spreads them again.
func coarse(r *rand.Rand, p *glyph.Patch) {
	step := between(r, 1.2, 2.8)
	ox, oy := between(r, 0, step), between(r, 0, step)
	wide, high := int(glyph.Width/step)+3, int(glyph.Height/step)+3
	small := make([]float32, wide*high)
	grit := between(r, 0, 0.12)
	for j := range high {
		for i := range wide {
			x0, y0 := (float32(i)-1)*step+ox, (float32(j)-1)*step+oy
			small[j*wide+i] = mean(p, x0, y0, step) + float32(r.NormFloat64())*grit
		}
	}
	for j := range glyph.Height {
		for i := range glyph.Width {
			x := (float32(i)+0.5-ox)/step + 0.5
			y := (float32(j)+0.5-oy)/step + 0.5
			a, b := min(max(int(x), 0), wide-2), min(max(int(y), 0), high-2)
			fx, fy := x-float32(a), y-float32(b)
			row := small[b*wide+a:]
			p[j*glyph.Width+i] = (row[0]*(1-fx)+row[1]*fx)*(1-fy) + (row[wide]*(1-fx)+row[wide+1]*fx)*fy
		}
	}
}

func mean(p *glyph.Patch, x0, y0, step float32) float32 {
	var sum, count float32
	for y := max(int(y0), 0); y <= min(int(y0+step), glyph.Height-1); y++ {
		for x := max(int(x0), 0); x <= min(int(x0+step), glyph.Width-1); x++ {
			sum, count = sum+p[y*glyph.Width+x], count+1
		}
	}
	if count == 0 {
		return 0
	}
	return sum / count
}

// grain adds noise, half of the time in flecks rather than single pixels.
func grain(r *rand.Rand, p *glyph.Patch, sigma float32) {
	if sigma < 0.005 {
		return
	}
	var n glyph.Patch
	for i := range n {
		n[i] = float32(r.NormFloat64()) * sigma
	}
	if r.IntN(2) == 0 {
		blur(&n, 0.8, 0.8)
		for i := range n {
			n[i] *= 1.4
		}
	}
	for i := range p {
		p[i] += n[i]
	}
}
