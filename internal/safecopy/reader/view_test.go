package reader

import (
	"image"
	"math/rand/v2"
	"testing"
)

// TestAViewAnswersAsThePictureDoes holds what is kept of a view against the same
// made anew.
func TestAViewAnswersAsThePictureDoes(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	img, negative := image.NewGray(image.Rect(0, 0, 320, 200)), image.NewGray(image.Rect(0, 0, 320, 200))
	for i := range img.Pix {
		img.Pix[i] = uint8(r.IntN(256))
		negative.Pix[i] = 255 - img.Pix[i]
	}
	v := NewView(img)
	v.full.resized(0.6).softened()
	for range 2 { // the second time it is kept
		alike(t, "the view", v, img)
		alike(t, "its negative", viewOf(v.full.negative()), negative)
	}
	sized, soft := v.full.resized(0.6), v.full.softened()
	if v.full.resized(0.6) != sized || v.full.softened() != soft {
		t.Error("nothing is kept")
	}
}

func alike(t *testing.T, what string, v *View, img *image.Gray) {
	t.Helper()
	want := grayOf(img)
	for _, pair := range [][2]*gray{
		{v.full, want}, {v.full.softened(), want.softened()},
		{v.full.resized(0.6), want.resized(0.6)}, {v.full.resized(2), want.resized(2)},
		{v.full.resized(0.6).softened(), want.resized(0.6).softened()},
	} {
		got, want := pair[0], pair[1]
		if got.w != want.w || got.h != want.h || got.scale != want.scale {
			t.Fatalf("%s is %d × %d at %v, want %d × %d at %v", what, got.w, got.h, got.scale, want.w, want.h, want.scale)
		}
		for i := range want.pix {
			if d := int(got.pix[i]) - int(want.pix[i]); d < -1 || d > 1 {
				t.Fatalf("%s at scale %v: level %d at %d, want %d", what, got.scale, got.pix[i], i, want.pix[i])
			}
		}
	}
}
