package reader

import (
	"image"
	"math/rand/v2"
	"testing"

	"github.com/sparekey/sparekey/internal/safecopy/mrz"
)

// BenchmarkZonesInTwelveMegapixels reads a photo of 4000 by 3000 pixels.
func BenchmarkZonesInTwelveMegapixels(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 1))
	s := newScene(b, r, mrz.TD3).seen(r, camera{angle: 4, scale: 2, contrast: 0.8, noise: 4, perspective: 0.03, light: 0.3})
	img := image.NewNRGBA(image.Rect(0, 0, 4000, 3000))
	for y := range 3000 {
		for x := range 4000 {
			img.Set(x, y, s.img.At(min(x, s.img.Rect.Dx()-1), min(y, s.img.Rect.Dy()-1)))
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		if zones := Zones(img); len(zones) == 0 || !zones[0].Exact {
			b.Fatal("not read")
		}
	}
}
