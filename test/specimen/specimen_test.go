package specimen

import (
	"bytes"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/sparekey/sparekey/internal/safecopy/mrz"
)

func generator(t *testing.T, seed uint64) *Generator {
	t.Helper()
	g, err := New(seed)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestEveryZoneIsOneWithRightCheckDigits(t *testing.T) {
	g := generator(t, 1)
	for _, m := range Zoned() {
		for range 4 {
			s := g.Document(m)
			d, err := mrz.Parse(s.Lines)
			if err != nil || d.Format != s.Format || len(d.Wrong) > 0 {
				t.Errorf("%s: %v %v, wrong %v", m, d.Format, err, d.Wrong)
			}
		}
	}
}

func TestTheSameSeedDrawsTheSame(t *testing.T) {
	for _, m := range []Model{Passport2001, Licence2014} {
		a, b := generator(t, 7).Document(m), generator(t, 7).Document(m)
		if !bytes.Equal(a.Image.Pix, b.Image.Pix) {
			t.Errorf("%s differs", m)
		}
		if c := generator(t, 8).Document(m); bytes.Equal(a.Image.Pix, c.Image.Pix) {
			t.Errorf("%s is the same for another seed", m)
		}
	}
}

// Where a character is said to stand there is ink, and none around the document.
func TestTruthMovesWithThePicture(t *testing.T) {
	g := generator(t, 2)
	for _, c := range append(Ten(), Harder()...) {
		s := c.Take(g.Document(Identity2014), rand.New(rand.NewPCG(3, 4)))
		for _, n := range append(s.Numbers, s.Personal...) {
			if b := n.Quad.Bounds(); !b.In(s.Image.Rect) || b.Dx() < 20 && b.Dy() < 20 {
				t.Errorf("%s: a number at %v of %v", c.Name, b, s.Image.Rect)
			}
		}
		if !s.Outline.Contains(s.Slots[0][0][0]) {
			t.Errorf("%s: the zone is off the document", c.Name)
		}
	}
}

// SPAREKEY_SPECIMEN_PICTURES=folder writes what the generator draws, to be looked at.
func TestPictures(t *testing.T) {
	folder := os.Getenv("SPAREKEY_SPECIMEN_PICTURES")
	if folder == "" {
		t.Skip("SPAREKEY_SPECIMEN_PICTURES names no folder to draw into")
	}
	g, r := generator(t, 5), rand.New(rand.NewPCG(5, 5))
	write := func(name string, s *Sample) {
		f, err := os.Create(filepath.Join(folder, name+".png"))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = f.Close() }()
		if err := png.Encode(f, s.Image); err != nil {
			t.Fatal(err)
		}
	}
	for _, m := range Models() {
		write(string(m), g.Document(m))
	}
	for _, c := range append(Ten(), Harder()...) {
		write("as "+c.Name, c.Take(g.Document(Passport2001), r))
	}
}
