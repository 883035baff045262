package reader_test

import (
	"image"
	"math"
	"math/rand/v2"
	"testing"

	"rsc.io/qr"

	"github.com/sparekey/sparekey/internal/safecopy/plane"
	"github.com/sparekey/sparekey/internal/safecopy/reader"
	"github.com/sparekey/sparekey/test/specimen"
)

// Grain is no code, and neither are the lines of a screen.
func TestNoCodeIsFoundWhereThereIsNone(t *testing.T) {
	g, err := specimen.New(21)
	if err != nil {
		t.Skip("the fonts of Debian for specimens are not on this machine")
	}
	r := rand.New(rand.NewPCG(21, 1))
	for _, c := range append(specimen.Ten(), specimen.Harder()...) {
		switch c.Name {
		case "bad photo", "photo of a screen", "worse photo":
			if codes := reader.Codes(c.Take(g.Document(specimen.CardNone), r).Image); len(codes) > 0 {
				t.Errorf("%s: %d codes, the first a %s", c.Name, len(codes), codes[0].Kind)
			}
		}
	}
}

// The smallest code there is measures 14 modules between its corners; seen
// slantwise, lines cross them in more pixels than they are wide.
func TestTheSmallestCodeIsFoundHoweverItLies(t *testing.T) {
	made, err := qr.Encode("123456782", qr.M)
	if err != nil {
		t.Fatal(err)
	}
	for _, degrees := range []float64{0, 20, 43, 45, 70} {
		for _, lean := range []float64{0, 0.45} {
			img := image.NewGray(image.Rect(0, 0, 500, 500))
			sin, cos := math.Sincos(degrees * math.Pi / 180)
			const module = 8.0
			for y := range 500 {
				for x := range 500 {
					u, v := float64(x-250)*cos+float64(y-250)*sin, float64(y-250)*cos-float64(x-250)*sin
					i, j := math.Floor((u+lean*v)/module+float64(made.Size)/2), math.Floor(v/module+float64(made.Size)/2)
					img.Pix[y*img.Stride+x] = 230
					if made.Black(int(i), int(j)) {
						img.Pix[y*img.Stride+x] = 25
					}
				}
			}
			codes := reader.Codes(img)
			if len(codes) != 1 {
				t.Errorf("turned by %v°, leaning by %v: %d codes", degrees, lean, len(codes))
				continue
			}
			for _, corner := range [4][2]float64{{-10, -10}, {10, -10}, {10, 10}, {-10, 10}} {
				v := corner[1] * module
				u := corner[0]*module - lean*v
				if at := (plane.Point{X: 250 + u*cos - v*sin, Y: 250 + u*sin + v*cos}); !codes[0].Quad.Contains(at) {
					t.Errorf("turned by %v°, leaning by %v: the corner at %v is not in it", degrees, lean, corner)
				}
			}
			if codes[0].Text != "123456782" && lean == 0 {
				t.Errorf("turned by %v°: read as %q", degrees, codes[0].Text)
			}
		}
	}
}
