package safecopy_test

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"strings"
	"testing"

	"github.com/sparekey/sparekey/internal/safecopy"
	"github.com/sparekey/sparekey/internal/safecopy/plane"
)

// page is a picture with fine structure everywhere.
func page(w, h int) *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			v := uint8(x*7+y*13) | 0x80
			if (x/3+y/5)%4 == 0 {
				v = 20
			}
			img.SetNRGBA(x, y, color.NRGBA{v, v - v/8, v - v/4, 255})
		}
	}
	return img
}

var someMark = safecopy.Mark{For: "Gemeente Utrecht", Purpose: "inschrijving", Date: "2026-11-22", Case: "2026-0042"}

// tilted is a box of about 240 × 40 pixels that lies askew.
var tilted = plane.Quad{{X: 90.3, Y: 120.2}, {X: 330.8, Y: 140.9}, {X: 327.1, Y: 182.4}, {X: 86.5, Y: 161.7}}

func TestABoxIsOneColourInEveryCopy(t *testing.T) {
	made := safecopy.Make(page(480, 320), []safecopy.Box{{Quad: tilted}}, someMark)
	for _, kind := range []safecopy.Kind{safecopy.JPEG, safecopy.PNG} {
		file, err := safecopy.Encode(made, kind)
		if err != nil {
			t.Fatal(err)
		}
		p, err := safecopy.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		allowed := map[safecopy.Kind]uint8{safecopy.JPEG: 12, safecopy.PNG: 0}[kind]
		inside, most := tilted.Grow(-3), uint8(0)
		for y := range p.Facts.Height {
			for x := range p.Facts.Width {
				if inside.Contains(plane.Point{X: float64(x) + 0.5, Y: float64(y) + 0.5}) {
					c := p.Image.NRGBAAt(x, y)
					most = max(most, c.R, c.G, c.B)
				}
			}
		}
		t.Logf("%s: the box differs from black by %d of 255 at most", kind, most)
		if most > allowed {
			t.Errorf("%s: the box differs from black by %d of 255, want %d at most", kind, most, allowed)
		}
	}
}

func TestTheMarkIsUnderTheBoxesAndAcrossTheRest(t *testing.T) {
	white := image.NewNRGBA(image.Rect(0, 0, 480, 320))
	draw.Draw(white, white.Rect, image.White, image.Point{}, draw.Src)
	made := safecopy.Make(white, []safecopy.Box{{Quad: tilted}}, someMark)
	const cell = 60
	for top := 0; top < 320; top += cell {
		for left := 0; left < 480; left += cell {
			red := 0
			for y := top; y < min(top+cell, 320); y++ {
				for x := left; x < min(left+cell, 480); x++ {
					c := made.NRGBAAt(x, y)
					if tilted.Contains(plane.Point{X: float64(x) + 0.5, Y: float64(y) + 0.5}) {
						if c != (color.NRGBA{A: 255}) {
							t.Fatalf("(%d, %d) in the box is %v", x, y, c)
						}
					} else if c.R > c.G+60 {
						red++
					}
				}
			}
			if red == 0 {
				t.Errorf("nothing of the mark from (%d, %d) on", left, top)
			}
		}
	}
}

func TestACopyKeepsWhatWasThereAndAddsAFoot(t *testing.T) {
	img := page(480, 320)
	before := bytes.Clone(img.Pix)
	made := safecopy.Make(img, nil, someMark)
	if made.Rect.Dx() != 480 || made.Rect.Dy() <= 320 || made.Rect.Dy() > 320+320 {
		t.Errorf("%v", made.Rect)
	}
	if !bytes.Equal(before, img.Pix) {
		t.Error("the picture that was handed in has changed")
	}
	if !made.Opaque() {
		t.Error("the copy is transparent somewhere")
	}
}

func TestAQuadWhoseSidesCrossCoversAllAroundIt(t *testing.T) {
	crossed := plane.Quad{{X: 10, Y: 10}, {X: 60, Y: 40}, {X: 60, Y: 10}, {X: 10, Y: 40}}
	made := safecopy.Make(page(100, 100), []safecopy.Box{{Quad: crossed}}, someMark)
	for _, at := range []image.Point{{11, 25}, {35, 11}, {35, 39}, {59, 25}} {
		if c := made.NRGBAAt(at.X, at.Y); c != (color.NRGBA{A: 255}) {
			t.Errorf("%v is %v", at, c)
		}
	}
}

func TestTextsOfAnyLengthAndKindAreMarked(t *testing.T) {
	for _, text := range []string{"", "\x00\n\t", strings.Repeat("Ω", 500), strings.Repeat("🙂", 500), "\xff\xfe", "日本語"} {
		for _, size := range [][2]int{{1, 1}, {40, 30}, {300, 2000}} {
			m := safecopy.Mark{For: text, Purpose: text, Date: text, Case: text}
			made := safecopy.Make(page(size[0], size[1]), nil, m)
			if made.Rect.Dx() != size[0] {
				t.Errorf("%q on %v: %v", text, size, made.Rect)
			}
		}
	}
}

func TestACopyIsOnePictureAndNothingElse(t *testing.T) {
	made := safecopy.Make(page(200, 100), []safecopy.Box{{Quad: tilted}}, someMark)
	jpg, err := safecopy.Encode(made, safecopy.JPEG)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := jpegMarkers(t, jpg), "d8 db c0 c4 da d9"; got != want {
		t.Errorf("segments of the JPEG: %s, want %s", got, want)
	}
	pngFile, err := safecopy.Encode(made, safecopy.PNG)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := pngNames(t, pngFile), "IHDR IDAT IEND"; got != want {
		t.Errorf("chunks of the PNG: %s, want %s", got, want)
	}
	if _, err := safecopy.Encode(made, safecopy.WebP); err == nil {
		t.Error("a copy was written as WebP")
	}
}

// jpegMarkers lists the markers of a JPEG file, equal neighbours once, and
// fails on a byte that belongs to none.
func jpegMarkers(t *testing.T, b []byte) string {
	t.Helper()
	const digits = "0123456789abcdef"
	var list []string
	add := func(m byte) {
		name := string([]byte{digits[m>>4], digits[m&15]})
		if len(list) == 0 || list[len(list)-1] != name {
			list = append(list, name)
		}
	}
	add(b[1])
	for at := 2; at < len(b); {
		if b[at] != 0xff {
			t.Fatalf("byte %d belongs to no segment", at)
		}
		m := b[at+1]
		add(m)
		if at += 2; m == 0xd9 {
			if at != len(b) {
				t.Fatalf("%d bytes after the end", len(b)-at)
			}
			break
		}
		at += int(b[at])<<8 | int(b[at+1])
		if m == 0xda {
			for b[at] != 0xff || b[at+1] == 0 {
				at++
			}
		}
	}
	return strings.Join(list, " ")
}

func pngNames(t *testing.T, b []byte) string {
	t.Helper()
	var list []string
	for at := 8; at < len(b); {
		name := string(b[at+4 : at+8])
		if len(list) == 0 || list[len(list)-1] != name {
			list = append(list, name)
		}
		at += 12 + int(b[at])<<24 + int(b[at+1])<<16 + int(b[at+2])<<8 + int(b[at+3])
	}
	return strings.Join(list, " ")
}
