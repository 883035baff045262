package reader_test

import (
	"image"
	"image/color"
	"image/draw"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"

	"github.com/sparekey/sparekey/internal/safecopy/mrz"
	"github.com/sparekey/sparekey/internal/safecopy/plane"
	"github.com/sparekey/sparekey/internal/safecopy/reader"
	"github.com/sparekey/sparekey/test/specimen"
)

// pages are typefaces of pages without a zone: most have one pitch for all
// characters, like a zone.
var pages = strings.Fields(`truetype/dejavu/DejaVuSansMono.ttf truetype/liberation/LiberationMono-Regular.ttf
	truetype/liberation/LiberationMono-Bold.ttf opentype/ocr-b/OCRBS.otf truetype/liberation/LiberationSans-Regular.ttf`)

const (
	prose   = "abcdefghijklmnopqrstuvwxyz    "
	capital = "ABCDEFGHIJKLMNOPQRSTUVWXYZ     "
	numeric = "0123456789 0123456789 .,-/"
)

// writtenPage is a page of lines that are no zone: prose, capitals, tables of
// numbers, in one typeface.
func writtenPage(t *testing.T, r *rand.Rand) *image.NRGBA {
	t.Helper()
	data, err := os.ReadFile("/usr/share/fonts/" + pages[r.IntN(len(pages))])
	if err != nil {
		t.Skip("the fonts of Debian for pages are not on this machine")
	}
	parsed, err := opentype.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	size := 18 + 22*r.Float64()
	face, err := opentype.NewFace(parsed, &opentype.FaceOptions{Size: size, DPI: 72, Hinting: font.HintingNone})
	if err != nil {
		t.Fatal(err)
	}
	defer face.Close()
	img := image.NewNRGBA(image.Rect(0, 0, 1200, 900))
	draw.Draw(img, img.Rect, image.NewUniform(color.NRGBA{235, 232, 225, 255}), image.Point{}, draw.Src)
	d := font.Drawer{Dst: img, Src: image.NewUniform(color.NRGBA{30, 30, 40, 255}), Face: face}
	from := [...]string{prose, prose, capital, numeric, prose + numeric}[r.IntN(5)]
	step := size * (1.2 + 1.2*r.Float64())
	for y := 80.0; y < 860; y += step {
		line := make([]byte, 20+r.IntN(40))
		for i := range line {
			line[i] = from[r.IntN(len(from))]
		}
		d.Dot = fixed.P(50, int(y))
		d.DrawString(string(line))
	}
	return img
}

// withoutZone is the i-th of many pictures without a zone: sides of documents
// that have none, other documents, pages, grain and stripes, under the conditions.
func withoutZone(t *testing.T, g *specimen.Generator, r *rand.Rand, i int) (string, image.Image) {
	t.Helper()
	conditions := append(specimen.Ten(), specimen.Harder()...)
	c := conditions[i/5%len(conditions)]
	switch i % 5 {
	case 0:
		return "page " + c.Name, c.Take(&specimen.Sample{Image: writtenPage(t, r)}, r).Image
	case 1:
		return "passport's back " + c.Name, c.Take(g.Document(specimen.Passport2021Back), r).Image
	case 2:
		return "page upright", writtenPage(t, r)
	case 3:
		k := specimen.Kinds()[r.IntN(len(specimen.Kinds()))]
		if i%2 == 0 {
			return string(k), g.Plain(k).Image
		}
		return string(k) + ", " + c.Name, c.Take(g.Plain(k), r).Image
	}
	img := image.NewGray(image.Rect(0, 0, 900, 600))
	across, down, grain := 0.1+r.Float64(), r.Float64()-0.5, r.IntN(120)+1
	for y := range 600 {
		for x := range 900 {
			v := 140 + r.IntN(grain)
			if i%2 == 0 && int(across*float64(x)+down*float64(y))%8 < 4 {
				v -= 90
			}
			img.Pix[y*img.Stride+x] = uint8(max(v, 0))
		}
	}
	return "grain", img
}

// SPAREKEY_READER_NONE pictures without a zone are looked at; few without it.
func TestNoZoneIsFoundWhereThereIsNone(t *testing.T) {
	count, seed := setting("SPAREKEY_READER_NONE", 5), uint64(setting("SPAREKEY_READER_SEED", 1))
	g, err := specimen.New(seed)
	if err != nil {
		t.Skip("the fonts of Debian for specimens are not on this machine")
	}
	r := rand.New(rand.NewPCG(seed, 4))
	alarms := 0
	for i := range count {
		name, img := withoutZone(t, g, r, i)
		if zones := reader.Zones(img); len(zones) > 0 {
			alarms++
			t.Logf("%d %s: %s sure %.2f, exact %v: %v", i, name, zones[0].Format, zones[0].Sure, zones[0].Exact, lines(zones[0]))
		}
	}
	t.Logf("%d false zones in %d pictures", alarms, count)
	if 200*alarms > count {
		t.Errorf("%d false zones in %d pictures are more than 0.5 %%", alarms, count)
	}
}

// What is left of a zone behind the boxes of a copy must still be found: the
// verifier looks there.
func TestAZoneIsFoundThatIsPartlyCovered(t *testing.T) {
	g, err := specimen.New(8)
	if err != nil {
		t.Skip("the fonts of Debian for specimens are not on this machine")
	}
	r := rand.New(rand.NewPCG(8, 8))
	for _, m := range []specimen.Model{specimen.Passport2014, specimen.Identity2014, specimen.CardTwo, specimen.VisaB} {
		s := specimen.Ten()[1].Take(g.Document(m), r)
		for _, p := range s.Personal {
			q := p.Quad.Grow(4)
			box := q.Bounds()
			for y := box.Min.Y; y < box.Max.Y; y++ {
				for x := box.Min.X; x < box.Max.X; x++ {
					if q.Contains(plane.Point{X: float64(x), Y: float64(y)}) {
						s.Image.SetNRGBA(x, y, color.NRGBA{0, 0, 0, 255})
					}
				}
			}
		}
		zones := reader.Zones(s.Image)
		if len(zones) == 0 || zones[0].Format.Lines() != s.Format.Lines() || zones[0].Format.Width() != s.Format.Width() || !standsRight(zones[0], s) {
			t.Errorf("%s: %d zones", m, len(zones))
			for _, z := range zones {
				t.Logf("%s %v for %v", z.Format, lines(z), s.Lines)
			}
		} else if hasComposite := s.Format.Checks()[len(s.Format.Checks())-1].Part == mrz.CompositePart; zones[0].Exact && len(s.Personal) > 0 && hasComposite {
			t.Errorf("%s: every check digit is right behind boxes", m)
		}
	}
}

// Whatever the pixels, reading ends without a panic, and slots go with text.
func FuzzReading(f *testing.F) {
	f.Add(uint16(40), []byte("ink"))
	f.Add(uint16(200), []byte(strings.Repeat("\x00\xff\xff\x00\xff", 4000)))
	f.Fuzz(func(t *testing.T, width uint16, pix []byte) {
		w := int(width%400) + 1
		h := min(len(pix)/w, 400)
		img := &image.Gray{Pix: pix[:w*h], Stride: w, Rect: image.Rect(0, 0, w, h)}
		for _, z := range reader.Zones(img) {
			for _, l := range z.Lines {
				if len(l.Text) != z.Format.Width() || len(l.Slots) != len(l.Text) || len(l.Sure) != len(l.Text) {
					t.Errorf("%s with %d characters in %d slots", z.Format, len(l.Text), len(l.Slots))
				}
			}
		}
		for _, n := range reader.Numbers(img, nil) {
			if len(n.Digits) != len(n.Slots) {
				t.Errorf("%d digits in %d slots", len(n.Digits), len(n.Slots))
			}
		}
		reader.Codes(img)
	})
}

// What programs print has rows of `<` under rows of capitals and digits.
func TestAListingIsNoZone(t *testing.T) {
	for _, seed := range []uint64{4} {
		g, err := specimen.New(seed)
		if err != nil {
			t.Skip("the fonts of Debian for specimens are not on this machine")
		}
		if zones := reader.Zones(g.Plain(specimen.Listing).Image); len(zones) > 0 {
			t.Errorf("seed %d: %s, %v", seed, zones[0].Format, lines(zones[0]))
		}
	}
}
