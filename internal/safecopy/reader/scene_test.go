package reader

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"math"
	"math/rand/v2"

	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"

	"github.com/sparekey/sparekey/internal/safecopy/plane"
)

// A scene is a printed page, or what a camera sees of it.
type scene struct{ img *image.Gray }

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

func word(r *rand.Rand, length int, from string) string {
	out := make([]byte, length)
	for i := range out {
		out[i] = from[r.IntN(len(from))]
	}
	return string(out)
}

func (s *scene) print(parsed *opentype.Font, size float64, x, y int, text string) {
	face, err := opentype.NewFace(parsed, &opentype.FaceOptions{Size: size, DPI: 72, Hinting: font.HintingNone})
	if err != nil {
		panic(err)
	}
	defer face.Close()
	d := font.Drawer{Dst: s.img, Src: image.NewUniform(color.Gray{Y: 35}), Face: face, Dot: fixed.P(x, y)}
	d.DrawString(text)
}

// A camera is how the page is seen.
type camera struct {
	angle, perspective float64 // degrees; part of the width
	scale              float64
	blur, noise        float64
	quality            int
	light              float64 // how much of it is lost towards one corner
	contrast           float64 // 1 for all
}

func (s *scene) seen(r *rand.Rand, c camera) *scene {
	w, h := float64(s.img.Rect.Dx()), float64(s.img.Rect.Dy())
	lean := func() float64 { return (r.Float64()*2 - 1) * c.perspective * w }
	from := plane.Quad{{X: 0, Y: 0}, {X: w, Y: 0}, {X: w, Y: h}, {X: 0, Y: h}}
	f := frameAt(c.angle * math.Pi / 180)
	var to plane.Quad
	for i, p := range from {
		x, y := f.back((p.X-w/2)*c.scale+lean()*c.scale, (p.Y-h/2)*c.scale+lean()*c.scale)
		to[i] = plane.Point{X: x, Y: y}
	}
	box := to.Bounds().Inset(-30)
	for i := range to {
		to[i].X, to[i].Y = to[i].X-float64(box.Min.X), to[i].Y-float64(box.Min.Y)
	}
	back := homographyOf(to, from)
	out := &scene{image.NewGray(image.Rect(0, 0, box.Dx(), box.Dy()))}
	page := grayOf(s.img).resized(c.scale)
	for y := range box.Dy() {
		for x := range box.Dx() {
			p := apply(back, plane.Point{X: float64(x) + 0.5, Y: float64(y) + 0.5})
			v := 70.0
			if p.X >= 0 && p.Y >= 0 && p.X < w && p.Y < h {
				v = float64(page.at(p.X*page.scale, p.Y*page.scale))
			}
			v *= 1 - c.light*(float64(x)/float64(box.Dx())+float64(y)/float64(box.Dy()))/2
			v = 128 + (v-128)*c.contrast
			out.img.Pix[y*out.img.Stride+x] = uint8(min(max(v, 0), 255))
		}
	}
	out.spoil(r, c)
	return out
}

func (s *scene) spoil(r *rand.Rand, c camera) {
	g := grayOf(s.img)
	for left := c.blur; left > 0.3; left -= 0.8 {
		g = g.softened()
	}
	for i := range g.pix {
		g.pix[i] = uint8(min(max(float64(g.pix[i])+r.NormFloat64()*c.noise, 0), 255))
	}
	copy(s.img.Pix, g.pix)
	if c.quality > 0 {
		var file bytes.Buffer
		if err := jpeg.Encode(&file, s.img, &jpeg.Options{Quality: c.quality}); err != nil {
			panic(err)
		}
		again, err := jpeg.Decode(&file)
		if err != nil {
			panic(err)
		}
		draw.Draw(s.img, s.img.Rect, again, image.Point{}, draw.Src)
	}
}

// homographyOf is the map that takes each corner of one quad to the other's.
func homographyOf(from, to plane.Quad) []float64 {
	a, side := newSquare(8), make([]float64, 8)
	for i := range 4 {
		x, y, u, v := from[i].X, from[i].Y, to[i].X, to[i].Y
		a[2*i] = []float64{x, y, 1, 0, 0, 0, -u * x, -u * y}
		a[2*i+1] = []float64{0, 0, 0, x, y, 1, -v * x, -v * y}
		side[2*i], side[2*i+1] = u, v
	}
	solve(a, side)
	return side
}

func apply(h []float64, p plane.Point) plane.Point {
	z := h[6]*p.X + h[7]*p.Y + 1
	return plane.Point{X: (h[0]*p.X + h[1]*p.Y + h[2]) / z, Y: (h[3]*p.X + h[4]*p.Y + h[5]) / z}
}
