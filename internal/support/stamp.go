package support

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"math"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/f64"
	"golang.org/x/image/math/fixed"

	xdraw "golang.org/x/image/draw"
)

// stampColour is red that what lies under it shows through.
var stampColour = color.NRGBA{R: 190, G: 20, B: 30, A: 64}

// stamped returns a picture (JPEG) with words across all of it, on a slant, so that a
// photo of a screen says who looked and when.
func stamped(picture []byte, words string) ([]byte, error) {
	img, err := jpeg.Decode(bytes.NewReader(picture))
	if err != nil {
		return nil, fmt.Errorf("open a page of evidence: %w", err)
	}
	b := img.Bounds()
	out := image.NewRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	draw.Draw(out, out.Rect, img, b.Min, draw.Src)
	line, err := written(words, max(float64(min(b.Dx(), b.Dy()))/22, 12))
	if err != nil {
		return nil, err
	}
	wide, high := line.Rect.Dx(), line.Rect.Dy()
	sin, cos := math.Sincos(-math.Pi / 7)
	reach := b.Dx() + b.Dy()
	for row, y := 0, -reach; y < reach; row, y = row+1, y+4*high {
		for x := -reach - row%2*wide/2; x < reach; x += wide + 2*high {
			at := f64.Aff3{cos, -sin, cos*float64(x) - sin*float64(y), sin, cos, sin*float64(x) + cos*float64(y)}
			xdraw.ApproxBiLinear.Transform(out, at, line, line.Rect, xdraw.Over, nil)
		}
	}
	var to bytes.Buffer
	if err := jpeg.Encode(&to, out, &jpeg.Options{Quality: 85}); err != nil {
		return nil, fmt.Errorf("write a page of evidence: %w", err)
	}
	return to.Bytes(), nil
}

// written is a line of text, as high as size says in pixels.
func written(text string, size float64) (*image.NRGBA, error) {
	parsed, err := opentype.Parse(gobold.TTF)
	if err != nil {
		return nil, fmt.Errorf("read the font: %w", err)
	}
	face, err := opentype.NewFace(parsed, &opentype.FaceOptions{Size: size, DPI: 72})
	if err != nil {
		return nil, fmt.Errorf("make the font: %w", err)
	}
	defer func() { _ = face.Close() }() // it holds nothing
	wide := font.MeasureString(face, text).Ceil()
	line := image.NewNRGBA(image.Rect(0, 0, wide, int(size*1.4)))
	pen := font.Drawer{Dst: line, Src: image.NewUniform(stampColour), Face: face, Dot: fixed.P(0, int(size*1.1))}
	pen.DrawString(text)
	return line, nil
}
