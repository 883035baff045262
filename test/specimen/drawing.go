package specimen

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"math"
	"math/rand/v2"
	"os"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/gomono"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
	"rsc.io/qr"

	"github.com/sparekey/sparekey/internal/safecopy/plane"
)

// FontPath is where Debian's fonts-ocr-b puts OCR-B, drawn sharp. (OCRB.otf beside it loses
// its `8` and `<` in golang.org/x/image, and OCRBE.otf is white on black.)
const FontPath = "/usr/share/fonts/opentype/ocr-b/OCRBS.otf"

// dots is how many pixels of a drawing a millimetre has: 305 to the inch.
const dots = 12.0

type fonts struct{ ocrB, regular, bold, mono *opentype.Font }

func loadFonts() (f fonts, err error) {
	data, err := os.ReadFile(FontPath)
	if err != nil {
		return f, fmt.Errorf("specimen: install fonts-ocr-b: %w", err)
	}
	for _, of := range []struct {
		to   **opentype.Font
		data []byte
	}{{&f.ocrB, data}, {&f.regular, goregular.TTF}, {&f.bold, gobold.TTF}, {&f.mono, gomono.TTF}} {
		if *of.to, err = opentype.Parse(of.data); err != nil {
			return f, fmt.Errorf("specimen: font: %w", err)
		}
	}
	return f, nil
}

// A canvas is a document as it is drawn; places on it are in millimetres.
type canvas struct {
	*image.NRGBA
	fonts  fonts
	random *rand.Rand
}

// newCanvas is a card or page with a coloured ground of fine waves.
func newCanvas(f fonts, r *rand.Rand, wide, high float64) *canvas {
	c := &canvas{image.NewNRGBA(image.Rect(0, 0, int(wide*dots), int(high*dots))), f, r}
	base := [3]float64{200 + r.Float64()*50, 200 + r.Float64()*50, 200 + r.Float64()*50}
	var waves [4][4]float64
	for i := range waves {
		waves[i] = [4]float64{r.Float64() * 0.12, r.Float64() * 0.12, r.Float64() * 6, 3 + r.Float64()*8}
	}
	// sin(a+b) = sin a cos b + cos a sin b: no sine for every pixel.
	across := make([][8]float64, c.Rect.Dx())
	for x := range across {
		for i, w := range waves {
			across[x][2*i], across[x][2*i+1] = math.Sincos(float64(x) * w[0])
		}
	}
	for y := range c.Rect.Dy() {
		var down [8]float64
		for i, w := range waves {
			sin, cos := math.Sincos(float64(y)*w[1] + w[2])
			down[2*i], down[2*i+1] = w[3]*cos, w[3]*sin
		}
		for x := range c.Rect.Dx() {
			shift := 0.0
			for i, v := range across[x] {
				shift += v * down[i]
			}
			at := c.Pix[c.PixOffset(x, y):]
			for k := range 3 {
				at[k] = level(base[k] + shift*(0.5+float64(k)*0.3))
			}
			at[3] = 255
		}
	}
	return c
}

func level(v float64) uint8 { return uint8(math.Round(min(max(v, 0), 255))) }

// ink is nearly black, not the same on every document.
func (c *canvas) ink() color.NRGBA {
	return color.NRGBA{uint8(c.random.IntN(45)), uint8(c.random.IntN(45)), uint8(c.random.IntN(55)), 255}
}

// line writes OCR-B at its standard pitch of ten characters an inch (Doc 9303 part
// 3, section 4.1), with the middle of the line at y, and returns its slots.
func (c *canvas) line(text string, x, y float64, ink color.Color) []plane.Quad {
	const pitch, high = 2.54, 2.7
	face, err := opentype.NewFace(c.fonts.ocrB, &opentype.FaceOptions{Size: c.sizeFor(c.fonts.ocrB, high), DPI: 72})
	if err != nil {
		panic(err) // a parsed font and a size above 0
	}
	defer func() { _ = face.Close() }()
	var slots []plane.Quad
	for i, r := range text {
		left := x + float64(i)*pitch
		advance, _ := face.GlyphAdvance(r)
		d := font.Drawer{Dst: c, Src: image.NewUniform(ink), Face: face, Dot: fixed.Point26_6{
			X: fixed.Int26_6((left+pitch/2)*dots*64) - advance/2, Y: fixed.Int26_6((y + high/2) * dots * 64)}}
		d.DrawString(string(r))
		slots = append(slots, box(left, y-high/2, pitch, high))
	}
	return slots
}

// sizeFor is the size at which f's capitals are that many millimetres high.
func (c *canvas) sizeFor(f *opentype.Font, high float64) float64 {
	const probe = 100
	face, err := opentype.NewFace(f, &opentype.FaceOptions{Size: probe, DPI: 72})
	if err != nil {
		panic(err) // a parsed font and a size above 0
	}
	defer func() { _ = face.Close() }()
	b, _, _ := face.GlyphBounds('H')
	return probe * high * dots / (float64(b.Max.Y-b.Min.Y) / 64)
}

// print writes ordinary type with capitals of that height, from the baseline at y,
// and returns where its characters stand.
func (c *canvas) print(f *opentype.Font, text string, x, y, high float64, ink color.Color) []plane.Quad {
	face, err := opentype.NewFace(f, &opentype.FaceOptions{Size: c.sizeFor(f, high), DPI: 72})
	if err != nil {
		panic(err) // a parsed font and a size above 0
	}
	defer func() { _ = face.Close() }()
	d := font.Drawer{Dst: c, Src: image.NewUniform(ink), Face: face,
		Dot: fixed.Point26_6{X: fixed.Int26_6(x * dots * 64), Y: fixed.Int26_6(y * dots * 64)}}
	var slots []plane.Quad
	for _, r := range text {
		from := float64(d.Dot.X) / 64 / dots
		d.DrawString(string(r))
		slots = append(slots, box(from, y-high, float64(d.Dot.X)/64/dots-from, high))
	}
	return slots
}

// code draws a QR code of that width.
func (c *canvas) code(text string, x, y, wide float64) plane.Quad {
	made, err := qr.Encode(text, qr.M)
	if err != nil {
		panic(err) // a few dozen characters always fit
	}
	module := wide / float64(made.Size)
	draw.Draw(c, box(x-2*module, y-2*module, wide+4*module, wide+4*module).Bounds(), image.White, image.Point{}, draw.Src)
	for j := range made.Size {
		for i := range made.Size {
			if made.Black(i, j) {
				c.block(x+float64(i)*module, y+float64(j)*module, module, module, color.Black)
			}
		}
	}
	return box(x, y, wide, wide)
}

// bars draws a barcode that holds made-up data.
func (c *canvas) bars(x, y, wide, high float64) plane.Quad {
	draw.Draw(c, box(x-1, y-0.5, wide+2, high+1).Bounds(), image.White, image.Point{}, draw.Src)
	for at := x; at < x+wide; {
		thick := 0.25 * float64(1+c.random.IntN(3))
		c.block(at, y, min(thick, x+wide-at), high, color.Black)
		at += thick + 0.25*float64(1+c.random.IntN(3))
	}
	return box(x, y, wide, high)
}

// portrait draws something with the tones of a face.
func (c *canvas) portrait(x, y, wide, high float64) plane.Quad {
	where := box(x, y, wide, high)
	b := where.Bounds()
	tone, hair := 120+c.random.Float64()*100, 20+c.random.Float64()*120
	for py := b.Min.Y; py < b.Max.Y; py++ {
		for px := b.Min.X; px < b.Max.X; px++ {
			u, v := float64(px-b.Min.X)/float64(b.Dx())*2-1, float64(py-b.Min.Y)/float64(b.Dy())*2-1
			l := 215.0
			switch head := u*u/0.3 + (v+0.1)*(v+0.1)/0.35; {
			case head < 1 && v < -0.35:
				l = hair
			case head < 1:
				l = tone - 40*u*u + 12*math.Sin(9*u)*math.Sin(11*v)
			case v > 0.45 && math.Abs(u) < 0.4+0.6*(v-0.45):
				l = hair * 0.8
			}
			c.SetNRGBA(px, py, color.NRGBA{level(l), level(l * 0.93), level(l * 0.88), 255})
		}
	}
	return where
}

func (c *canvas) block(x, y, wide, high float64, ink color.Color) {
	draw.Draw(c, image.Rect(int(math.Round(x*dots)), int(math.Round(y*dots)),
		int(math.Round((x+wide)*dots)), int(math.Round((y+high)*dots))), image.NewUniform(ink), image.Point{}, draw.Src)
}

// box is a region given in millimetres.
func box(x, y, wide, high float64) plane.Quad {
	return plane.Quad{{X: x * dots, Y: y * dots}, {X: (x + wide) * dots, Y: y * dots},
		{X: (x + wide) * dots, Y: (y + high) * dots}, {X: x * dots, Y: (y + high) * dots}}
}
