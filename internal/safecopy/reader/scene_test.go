package reader

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"math"
	"math/rand/v2"
	"os"
	"sync"
	"testing"

	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"

	"github.com/sparekey/sparekey/internal/safecopy/mrz"
	"github.com/sparekey/sparekey/internal/safecopy/plane"
)

var ocrFont = sync.OnceValues(func() (*opentype.Font, error) {
	data, err := os.ReadFile("/usr/share/fonts/opentype/ocr-b/OCRBS.otf")
	if err != nil {
		return nil, err
	}
	return opentype.Parse(data)
})

// A scene is a page with a machine-readable zone, seen by a camera.
type scene struct {
	img    *image.Gray
	format mrz.Format
	lines  []string
	slots  [][]plane.Quad
}

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

func word(r *rand.Rand, length int, from string) string {
	out := make([]byte, length)
	for i := range out {
		out[i] = from[r.IntN(len(from))]
	}
	return string(out)
}

func padded(text string, width int) string {
	for len(text) < width {
		text += "<"
	}
	return text[:width]
}

// zoneText makes lines with right check digits.
func zoneText(r *rand.Rand, f mrz.Format) []string {
	digits := "0123456789"
	name := word(r, 3+r.IntN(9), letters) + "<<" + word(r, 3+r.IntN(6), letters) + "<" + word(r, 2+r.IntN(7), letters)
	birth := fmt.Sprintf("%02d%02d%02d", r.IntN(100), 1+r.IntN(12), 1+r.IntN(28))
	expiry := fmt.Sprintf("%02d%02d%02d", r.IntN(40), 1+r.IntN(12), 1+r.IntN(28))
	number := word(r, 2, letters) + word(r, 1, letters+digits) + word(r, 6, digits)
	state := word(r, 3, letters)
	sex := word(r, 1, "MF<")
	own := word(r, r.IntN(8), letters+digits)
	var lines []string
	switch f {
	case mrz.TD1:
		lines = []string{padded("I<"+state+number+"0"+own, 30), padded(birth+"0"+sex+expiry+"0"+state, 30), padded(name, 30)}
	case mrz.Licence:
		lines = []string{"D1NLD" + word(r, 11, digits) + word(r, 13, letters+digits) + "0"}
	default:
		code := "P<"
		if f == mrz.TD2 {
			code = "I<"
		} else if f != mrz.TD3 {
			code = "V<"
		}
		lines = []string{padded(code+state+name, f.Width()), padded(number+"0"+state+birth+"0"+sex+expiry+"0"+own, f.Width())}
	}
	for _, c := range f.Checks() {
		text := ""
		for _, s := range c.Over {
			text += lines[s.Line][s.From:s.To]
		}
		line := []byte(lines[c.At.Line])
		line[c.At.Index] = '0' + byte(mrz.Digit(text))
		lines[c.At.Line] = string(line)
	}
	return lines
}

// newScene prints the zone on a page of 1400 by 1000 (cards: 1200 by 760).
func newScene(t testing.TB, r *rand.Rand, f mrz.Format) *scene {
	t.Helper()
	parsed, err := ocrFont()
	if err != nil {
		t.Skip("the OCR-B font of Debian (fonts-ocr-b) is not on this machine")
	}
	s := &scene{img: image.NewGray(image.Rect(0, 0, 1400, 1000)), format: f, lines: zoneText(r, f)}
	paper := 200 + r.Float64()*45
	depth, fx, fy := 6+r.Float64()*14, 0.05+r.Float64()*0.3, 0.05+r.Float64()*0.3
	for y := range 1000 {
		for x := range 1400 {
			v := paper - depth*max(0, math.Sin(fx*float64(x)+fy*float64(y)+3*math.Sin(float64(y)/90)))
			s.img.SetGray(x, y, color.Gray{Y: uint8(v)})
		}
	}
	for range 8 {
		s.print(parsed, 24, 420+40*r.IntN(3), 80+r.IntN(560), word(r, 6+r.IntN(16), letters+" abcdefghij"))
	}
	draw.Draw(s.img, image.Rect(60, 150, 360, 600), image.NewUniform(color.Gray{Y: uint8(60 + r.IntN(120))}), image.Point{}, draw.Src)
	pitch := 1280.0 / float64(max(f.Width(), 36))
	gap := pitch * (2.3 + 0.3*r.Float64())
	if f == mrz.TD1 {
		gap = pitch * (1.6 + 0.3*r.Float64())
	}
	for i, line := range s.lines {
		y := 960 - gap*float64(len(s.lines)-1-i)
		var row []plane.Quad
		for k := range line {
			x := 60 + pitch*float64(k)
			s.print(parsed, pitch/0.72, int(x), int(y), line[k:k+1])
			row = append(row, plane.Quad{{X: x, Y: y - pitch}, {X: x + pitch, Y: y - pitch}, {X: x + pitch, Y: y}, {X: x, Y: y}})
		}
		s.slots = append(s.slots, row)
	}
	return s
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
	back, forth := homographyOf(to, from), homographyOf(from, to)
	out := &scene{format: s.format, lines: s.lines, img: image.NewGray(image.Rect(0, 0, box.Dx(), box.Dy()))}
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
	for _, row := range s.slots {
		var moved []plane.Quad
		for _, q := range row {
			for i := range q {
				q[i] = apply(forth, q[i])
			}
			moved = append(moved, q)
		}
		out.slots = append(out.slots, moved)
	}
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
