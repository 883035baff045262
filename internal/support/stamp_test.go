package support

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"testing"
)

func TestAPageSaysAllOverWhoLooksAtIt(t *testing.T) {
	img := image.NewGray(image.Rect(0, 0, 900, 600))
	draw.Draw(img, img.Rect, image.NewUniform(color.Gray{Y: 235}), image.Point{}, draw.Src)
	var plain bytes.Buffer
	if err := jpeg.Encode(&plain, img, nil); err != nil {
		t.Fatal(err)
	}
	file, err := stamped(plain.Bytes(), "Samir Bouzid  2026-0042  2026-03-02 13:00")
	if err != nil {
		t.Fatal(err)
	}
	out, err := jpeg.Decode(bytes.NewReader(file))
	if err != nil || out.Bounds() != img.Rect {
		t.Fatalf("%v %v", out.Bounds(), err)
	}
	// Nobody cuts a piece of 300 by 200 out of it without words.
	for y := 0; y < 600; y += 200 {
		for x := 0; x < 900; x += 300 {
			red := 0
			for py := y; py < y+200; py++ {
				for px := x; px < x+300; px++ {
					if r, g, _, _ := out.At(px, py).RGBA(); int(r>>8)-int(g>>8) > 20 {
						red++
					}
				}
			}
			if red < 300 {
				t.Errorf("at %d, %d only %d pixels of the words", x, y, red)
			}
		}
	}
	if _, err := stamped([]byte("no picture"), "x"); err == nil {
		t.Error("what is no picture is stamped")
	}
}
