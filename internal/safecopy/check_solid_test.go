package safecopy

import (
	"image"
	"image/color"
	"testing"

	"github.com/sparekey/sparekey/internal/safecopy/plane"
)

// boxed is a picture of stripes with a box from (40, 40) to (200, 100), as it
// comes back from a file of that kind.
func boxed(t *testing.T, kind Kind, change func(img *image.NRGBA)) *solidity {
	t.Helper()
	img := image.NewNRGBA(image.Rect(0, 0, 256, 160))
	for y := range 160 {
		for x := range 256 {
			v := uint8(90 + 150*((x/2+y/3)%2))
			img.SetNRGBA(x, y, color.NRGBA{v, v, uint8(200 - x/2), 255})
		}
	}
	fill(img, plane.Rect(image.Rect(40, 40, 200, 100)))
	change(img)
	file, err := Encode(img, kind)
	if err != nil {
		t.Fatal(err)
	}
	p, err := Open(file)
	if err != nil {
		t.Fatal(err)
	}
	return newSolidity(p.Image, kind == PNG)
}

func TestWhatLiesInASolidBoxIsCovered(t *testing.T) {
	dot := func(c color.NRGBA) func(*image.NRGBA) {
		return func(img *image.NRGBA) {
			for y := 66; y < 74; y++ {
				for x := 110; x < 113; x++ {
					img.SetNRGBA(x, y, c)
				}
			}
		}
	}
	nothing := func(*image.NRGBA) {}
	field := image.Rect(50, 50, 190, 90)
	tests := []struct {
		name   string
		change func(img *image.NRGBA)
		field  image.Rectangle
		want   bool
	}{
		{"a field inside", nothing, field, true},
		{"one that ends four pixels before the edge", nothing, image.Rect(44, 44, 196, 96), true},
		{"one that ends two pixels before the edge", nothing, image.Rect(42, 44, 196, 96), false},
		{"one that begins outside", nothing, image.Rect(30, 50, 190, 90), false},
		{"one elsewhere", nothing, image.Rect(10, 110, 120, 150), false},
		{"one outside the picture", nothing, image.Rect(300, 300, 350, 350), false},
		{"ink of 8 levels", dot(color.NRGBA{8, 8, 8, 255}), field, false},
		{"ink of 4 levels", dot(color.NRGBA{4, 4, 4, 255}), field, false},
		{"blue ink", dot(color.NRGBA{0, 0, 60, 255}), field, false},
		{"red ink", dot(color.NRGBA{30, 0, 0, 255}), field, false},
		{"white ink", dot(color.NRGBA{255, 255, 255, 255}), field, false},
		{"ink that the box was not drawn over", func(img *image.NRGBA) {
			for y := 60; y < 80; y++ {
				img.SetNRGBA(44+y%3, y, color.NRGBA{70, 70, 70, 255})
			}
		}, image.Rect(44, 44, 196, 96), false},
	}
	for _, kind := range []Kind{JPEG, PNG} {
		for _, test := range tests {
			if got, core := boxed(t, kind, test.change).covers(plane.Rect(test.field)); got != test.want {
				t.Errorf("%s, %s: covered: %v (core %.2f), want %v", kind, test.name, got, core, test.want)
			}
		}
	}
}

func TestWhatIsPaintedOnABoxIsToldFromRipples(t *testing.T) {
	ink := func(level uint8, at image.Point) func(*image.NRGBA) {
		return func(img *image.NRGBA) {
			for y := at.Y; y < at.Y+6; y++ {
				img.SetNRGBA(at.X, y, color.NRGBA{level, level, level, 255})
				img.SetNRGBA(at.X+3, y, color.NRGBA{level, level, level, 255})
			}
		}
	}
	box := plane.Rect(image.Rect(40, 40, 200, 100))
	for _, kind := range []Kind{JPEG, PNG} {
		for _, test := range []struct {
			name   string
			change func(*image.NRGBA)
			want   bool
		}{
			{"nothing", func(*image.NRGBA) {}, false},
			{"a box askew", func(img *image.NRGBA) {
				fill(img, plane.Quad{{X: 42, Y: 20}, {X: 210, Y: 41}, {X: 203, Y: 99}, {X: 36, Y: 81}})
			}, false},
			{"3 levels in the middle", ink(3, image.Pt(120, 70)), true},
			{"5 levels by the edge", ink(5, image.Pt(120, 49)), true},
			{"12 levels by the edge", ink(12, image.Pt(50, 72)), true},
			{"30 levels by the edge", ink(30, image.Pt(120, 49)), true},
		} {
			if got := boxed(t, kind, test.change).hasPaint(box); got != test.want {
				t.Errorf("%s, %s: %v", kind, test.name, got)
			}
		}
	}
}

func TestAFieldAmongRipplesHasNoCore(t *testing.T) {
	low := func(img *image.NRGBA) {
		for y := 54; y < 100; y++ {
			for x := 40; x < 200; x++ {
				img.SetNRGBA(x, y, color.NRGBA{255, 255, 255, 255})
			}
		}
	}
	for kind, want := range map[Kind]bool{JPEG: false, PNG: true} {
		flat, core := boxed(t, kind, low).covers(plane.Rect(image.Rect(50, 44, 190, 50)))
		if !flat || (core >= coreAtLeast) != want {
			t.Errorf("%s: flat %v, core %.2f, want one: %v", kind, flat, core, want)
		}
	}
}

func TestABarThatIsNotOpaqueIsNoBox(t *testing.T) {
	for _, opacity := range []float64{0.6, 0.85, 0.95, 0.97, 0.99} {
		for _, kind := range []Kind{JPEG, PNG} {
			s := boxed(t, kind, func(img *image.NRGBA) {
				for y := 40; y < 100; y++ {
					for x := 40; x < 200; x++ {
						v := uint8((1-opacity)*(90+150*float64((x/4+y/5)%2)) + 0.5)
						img.SetNRGBA(x, y, color.NRGBA{v, v, v, 255})
					}
				}
			})
			if flat, _ := s.covers(plane.Rect(image.Rect(50, 50, 190, 90))); flat {
				t.Errorf("a bar of %.0f %% in %s is said to be solid", 100*opacity, kind)
			}
		}
	}
}
