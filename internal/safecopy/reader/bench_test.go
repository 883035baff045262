package reader_test

import (
	"math/rand/v2"
	"testing"

	"github.com/sparekey/sparekey/internal/safecopy/reader"
	"github.com/sparekey/sparekey/test/specimen"
)

// BenchmarkPhotoOfTwelveMegapixels is without decoding the file.
func BenchmarkPhotoOfTwelveMegapixels(b *testing.B) {
	g, err := specimen.New(1)
	if err != nil {
		b.Skip("the fonts of Debian for specimens are not on this machine")
	}
	s := specimen.Photo12(g.Document(specimen.Identity2021), rand.New(rand.NewPCG(1, 1)))
	b.Run("zones", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if zones := reader.Zones(s.Image); len(zones) == 0 || !zones[0].Exact {
				b.Fatal("not read")
			}
		}
	})
	b.Run("numbers", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			reader.Numbers(s.Image, nil)
		}
	})
	b.Run("codes", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			reader.Codes(s.Image)
		}
	})
}
