package reader

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"math/rand/v2"
	"testing"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gomonobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

func TestFinePrintIsRead(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for _, c := range []struct {
		name  string
		font  []byte
		em    float64
		light bool // on dark
		least int  // of twenty
	}{
		{"mono of 8.5 pixels", gomonobold.TTF, 8.5, false, 19},
		{"mono of 13 pixels", gomonobold.TTF, 13, false, 19},
		{"proportional of 10 pixels", goregular.TTF, 10, false, 19},
		{"proportional of 16 pixels", goregular.TTF, 16, false, 19},
		{"light mono of 8.5 pixels", gomonobold.TTF, 8.5, true, 19},
		{"light proportional of 10 pixels", goregular.TTF, 10, true, 19},
	} {
		parsed, err := opentype.Parse(c.font)
		if err != nil {
			t.Fatal(err)
		}
		face, err := opentype.NewFace(parsed, &opentype.FaceOptions{Size: c.em, DPI: 72})
		if err != nil {
			t.Fatal(err)
		}
		right := 0
		for range 20 {
			img := image.NewGray(image.Rect(0, 0, 700, 200))
			paper, ink := color.Gray{230}, color.Gray{20}
			if c.light {
				paper, ink = ink, paper
			}
			draw.Draw(img, img.Rect, image.NewUniform(paper), image.Point{}, draw.Src)
			digits := fmt.Sprintf("%09d", r.IntN(1e9))
			d := font.Drawer{Dst: img, Src: image.NewUniform(ink), Face: face, Dot: fixed.P(20+r.IntN(540), 40+r.IntN(120))}
			d.DrawString(digits)
			for _, n := range FinePrint(img) {
				if n.Digits == digits && n.Light == c.light {
					right++
					break
				}
			}
		}
		if right < c.least {
			t.Errorf("%s: %d of 20", c.name, right)
		}
	}
}

func TestTilesCoverThePicture(t *testing.T) {
	for _, size := range []image.Point{{16, 16}, {520, 520}, {521, 390}, {1600, 1200}, {4000, 3000}} {
		tiles := tilesOf(size.X, size.Y)
		for _, p := range []image.Point{{0, 0}, {size.X - 1, 0}, {0, size.Y - 1}, size.Sub(image.Pt(1, 1)), size.Div(2)} {
			covered := false
			for _, tile := range tiles {
				covered = covered || p.In(tile)
			}
			if !covered {
				t.Errorf("%v: no tile at %v", size, p)
			}
		}
	}
}
