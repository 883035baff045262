package reader

import (
	"fmt"
	"image"
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"golang.org/x/image/font/opentype"

	"github.com/sparekey/sparekey/internal/safecopy/glyph"
	"github.com/sparekey/sparekey/internal/safecopy/plane"
)

var numberFonts = strings.Fields(`truetype/dejavu/DejaVuSans.ttf truetype/liberation/LiberationSans-Regular.ttf
	truetype/liberation/LiberationSans-Bold.ttf truetype/liberation/LiberationSerif-Regular.ttf
	truetype/dejavu/DejaVuSansMono.ttf opentype/ocr-b/OCRBS.otf`)

// numberPage prints one number on a page of words, in some typeface and size.
func numberPage(t *testing.T, r *rand.Rand, separator string) (*scene, string) {
	t.Helper()
	data, err := os.ReadFile("/usr/share/fonts/" + numberFonts[r.IntN(len(numberFonts))])
	if err != nil {
		t.Skip("the fonts of Debian for numbers are not on this machine")
	}
	parsed, err := opentype.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	s := &scene{img: image.NewGray(image.Rect(0, 0, 1400, 1000))}
	paper := uint8(200 + r.IntN(50))
	for i := range s.img.Pix {
		s.img.Pix[i] = paper - uint8(r.IntN(8))
	}
	size := 26 + 24*r.Float64()
	for i := range 8 {
		s.print(parsed, size, 100, 100+90*i, word(r, 5+r.IntN(12), letters+" abcdefghijkmnopq"))
	}
	digits := word(r, 9, "0123456789")
	s.print(parsed, size, 300+r.IntN(300), 900, digits[:4]+separator+digits[4:6]+separator+digits[6:])
	return s, digits
}

func TestPrintedNumbersAreRead(t *testing.T) {
	for _, c := range []struct {
		name, separator string
		camera
		least int // of three
	}{
		{"clean", "", camera{scale: 1, contrast: 1}, 3},
		{"in groups", " ", camera{scale: 1, contrast: 1}, 3},
		{"with dots", ".", camera{scale: 1, contrast: 1}, 3},
		{"leaning", "", camera{angle: 7, scale: 1, contrast: 0.8, noise: 4}, 3},
		{"upside down", "", camera{angle: 180, scale: 1, contrast: 1}, 3},
		{"bad photo", "", camera{angle: 4, scale: 0.9, contrast: 0.7, blur: 1.5, noise: 6, quality: 40, light: 0.4}, 3},
	} {
		right := 0
		for i := range 3 {
			r := rand.New(rand.NewPCG(11, uint64(i)))
			page, digits := numberPage(t, r, c.separator)
			seen := page.seen(r, c.camera)
			var read []string
			for _, n := range Numbers(seen.img, nil) {
				read = append(read, n.Digits)
				if n.Digits == digits {
					right++
				}
			}
			if len(read) != 1 || read[0] != digits {
				t.Logf("%s %d: %v for %s", c.name, i, read, digits)
			}
		}
		t.Logf("%-12s %d of 3", c.name, right)
		if right < c.least {
			t.Errorf("%s: %d of 3 numbers were read, not %d", c.name, right, c.least)
		}
	}
}

func TestNumbersAreReadInsideARegion(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	page, digits := numberPage(t, r, "")
	inside := plane.Quad{{X: 250, Y: 830}, {X: 1300, Y: 830}, {X: 1300, Y: 940}, {X: 250, Y: 940}}
	got := Numbers(page.img, []plane.Quad{inside})
	if len(got) != 1 || got[0].Digits != digits || !inside.Contains(got[0].Quad.At(0.5, 0.5)) {
		t.Errorf("%v for %s", got, digits)
	}
	above := plane.Quad{{X: 50, Y: 20}, {X: 1300, Y: 20}, {X: 1300, Y: 800}, {X: 50, Y: 800}}
	if got := Numbers(page.img, []plane.Quad{above}); len(got) != 0 {
		t.Errorf("%v where there are words", got)
	}
}

func TestPicturesTooSmallHoldNothing(t *testing.T) {
	for _, size := range []int{0, 1, 2, 15, 31, 33} {
		for _, img := range []image.Image{
			image.NewGray(image.Rect(0, 0, size, size)), image.NewNRGBA(image.Rect(5, 5, 5+size, 5+3*size)),
		} {
			name := fmt.Sprint(img.Bounds())
			if z, n, c := Zones(img), Numbers(img, nil), Codes(img); len(z)+len(n)+len(c) > 0 {
				t.Errorf("%s: %v %v %v", name, z, n, c)
			}
		}
	}
}

func TestPlacesThatAreNoNumbersAreOutside(t *testing.T) {
	g := &gray{w: 2, h: 2, pix: []uint8{1, 2, 3, 4}, scale: 1}
	for _, x := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), -1e300, 1e300, 0, 2} {
		g.at(x, 1)
		g.at(1, x)
		var p glyph.Patch
		g.patch(cell{plane.Point{X: x, Y: x}, plane.Point{X: x}, plane.Point{Y: x}}, 1, plane.Point{}, &p)
	}
}
