package specimen

import (
	"bytes"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/sparekey/sparekey/internal/safecopy/mrz"
)

func TestPlainDocumentsHaveNoZoneAndFollowFromTheSeed(t *testing.T) {
	a, b := generator(t, 11), generator(t, 11)
	for _, k := range Kinds() {
		began := time.Now()
		one := a.Plain(k)
		t.Logf("%-40s %v in %v", k, one.Image.Rect.Max, time.Since(began).Round(time.Millisecond))
		if one.Format != mrz.None || len(one.Lines) > 0 || len(one.Personal) > 0 {
			t.Errorf("%s has a zone", k)
		}
		if !bytes.Equal(one.Image.Pix, b.Plain(k).Image.Pix) {
			t.Errorf("%s differs for the same seed", k)
		}
		another := a.Plain(k)
		b.Plain(k)
		if bytes.Equal(one.Image.Pix, another.Image.Pix) {
			t.Errorf("%s is always the same", k)
		}
		for _, n := range one.Numbers {
			if !n.Quad.Bounds().In(one.Image.Rect) {
				t.Errorf("%s: a number at %v, off the picture", k, n.Quad.Bounds())
			}
		}
	}
}

func TestTwoDocumentsLieBesideEachOther(t *testing.T) {
	g := generator(t, 3)
	two := Two(g.Document(CardOne), g.Document(Passport2014))
	if two[0].Image != two[1].Image {
		t.Error("they lie in two pictures")
	}
	if above, below := two[0].Outline.Bounds(), two[1].Outline.Bounds(); above.Overlaps(below) || !above.Union(below).In(two[0].Image.Rect) {
		t.Errorf("they lie at %v and %v of %v", above, below, two[0].Image.Rect)
	}
}

func TestACutDocumentIsPartlyOffThePicture(t *testing.T) {
	g, r := generator(t, 4), rand.New(rand.NewPCG(4, 4))
	for range 8 {
		whole := g.Document(CardOne)
		s := Cut(whole, r)
		if s.Outline.Bounds().In(s.Image.Rect) {
			t.Errorf("all of the document is on the picture: %v in %v", s.Outline.Bounds(), s.Image.Rect)
		}
		if n := s.Personal[0].Quad.Bounds(); n.In(s.Image.Rect) {
			x, y := n.Min.X, n.Min.Y
			o := whole.Personal[0].Quad.Bounds().Min
			if s.Image.NRGBAAt(x, y) != whole.Image.NRGBAAt(o.X, o.Y) {
				t.Error("truth did not move with the cut")
			}
		}
	}
}
