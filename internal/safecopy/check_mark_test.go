package safecopy_test

import (
	"image"
	"image/color"
	"image/draw"
	"math"
	"slices"
	"testing"

	xdraw "golang.org/x/image/draw"

	"github.com/sparekey/sparekey/internal/safecopy"
	"github.com/sparekey/sparekey/internal/safecopy/plane"
)

// photo is a picture of coloured waves, light and dark.
func photo(w, h int) *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			fx, fy := float64(x), float64(y)
			light := 150 + 60*math.Sin(fx/170)*math.Cos(fy/90) + float64((x*31+y*17)%13)
			img.SetNRGBA(x, y, color.NRGBA{
				uint8(light), uint8(light - 20 + 20*math.Sin(fy/130)), uint8(light - 30 + 30*math.Cos(fx/110)), 255,
			})
		}
	}
	return img
}

func encoded(t testing.TB, img image.Image, kind safecopy.Kind) []byte {
	t.Helper()
	file, err := safecopy.Encode(img, kind)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func TestTheMarkOfACopyIsReadBack(t *testing.T) {
	t.Parallel()
	box := []safecopy.Box{{Quad: plane.Rect(image.Rect(300, 300, 560, 340))}}
	for _, size := range [][2]int{{600, 400}, {1200, 800}, {700, 1100}} {
		for _, kind := range []safecopy.Kind{safecopy.JPEG, safecopy.PNG} {
			for _, mark := range []safecopy.Mark{someMark, {For: "Ökonomie & Ζώη", Date: "2026-11-22"}} {
				v := safecopy.CheckFile(encoded(t, safecopy.Make(photo(size[0], size[1]), box, mark), kind), safecopy.Expect{})
				if slices.Contains(reasons(v), safecopy.NoMark) || v.Mark != mark {
					t.Errorf("%v %s %+v: %v, read %+v", size, kind, mark, reasons(v), v.Mark)
				}
			}
		}
	}
}

func TestAMarkThatIsNotAcrossTheWholePictureIsMissed(t *testing.T) {
	t.Parallel()
	plain := photo(1200, 800)
	made := safecopy.Make(plain, nil, someMark)
	foot := image.Rect(0, 800, 1200, made.Rect.Dy())
	bare := image.NewNRGBA(made.Rect) // the foot of a copy under a picture without mark
	draw.Draw(bare, plain.Rect, plain, image.Point{}, draw.Src)
	draw.Draw(bare, foot, made, foot.Min, draw.Src)
	pasted := image.NewNRGBA(made.Rect) // a part of the picture put over the mark
	draw.Draw(pasted, made.Rect, made, image.Point{}, draw.Src)
	draw.Draw(pasted, image.Rect(200, 150, 700, 500), plain, image.Pt(200, 150), draw.Src)
	other := safecopy.Make(plain, nil, safecopy.Mark{For: "Autoverhuur", Date: "2026-11-22"})
	draw.Draw(other, foot, made, foot.Min, draw.Src)
	grey := image.NewNRGBA(made.Rect)
	for i := 0; i < len(made.Pix); i += 4 {
		l := uint8((int(made.Pix[i]) + int(made.Pix[i+1]) + int(made.Pix[i+2])) / 3)
		copy(grey.Pix[i:], []uint8{l, l, l, 255})
	}
	small := image.NewNRGBA(image.Rect(0, 0, 800, made.Rect.Dy()*2/3))
	xdraw.CatmullRom.Scale(small, small.Rect, made, made.Rect, draw.Src, nil)
	tests := map[string]image.Image{
		"no foot": plain, "no mark": bare, "a part pasted": pasted, "the foot of another": other, "grey": grey,
		"cut at the side": made.SubImage(image.Rect(0, 0, 1100, made.Rect.Dy())),
		"cut at the top":  made.SubImage(image.Rect(0, 90, 1200, made.Rect.Dy())), "rescaled": small,
	}
	for name, img := range tests {
		v := safecopy.CheckFile(encoded(t, img, safecopy.PNG), safecopy.Expect{})
		if !slices.Contains(reasons(v), safecopy.NoMark) {
			t.Errorf("%s: the mark is said to be there: %v", name, reasons(v))
		}
	}
}

func TestACopyIsForOneCaseAndTime(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		mark safecopy.Mark
		want safecopy.Expect
		code safecopy.ReasonCode
		told bool
	}{
		{"nothing is asked", someMark, safecopy.Expect{}, safecopy.OtherCase, false},
		{"the same case", someMark, safecopy.Expect{Case: "2026-0042"}, safecopy.OtherCase, false},
		{"another case", someMark, safecopy.Expect{Case: "2026-0043"}, safecopy.OtherCase, true},
		{"for the same", someMark, safecopy.Expect{For: "gemeente  UTRECHT"}, safecopy.OtherFor, false},
		{"for another", someMark, safecopy.Expect{For: "Gemeente Zeist"}, safecopy.OtherFor, true},
		{"for nobody", safecopy.Mark{Date: "2026-11-22"}, safecopy.Expect{}, safecopy.OtherFor, true},
		{"no day", safecopy.Mark{For: "x", Date: "22 nov"}, safecopy.Expect{}, safecopy.NoDate, true},
		{"the first day", someMark, safecopy.Expect{Since: "2026-11-22"}, safecopy.Stale, false},
		{"the day before", someMark, safecopy.Expect{Since: "2026-11-23"}, safecopy.Stale, true},
		{"the last day", someMark, safecopy.Expect{Today: "2026-11-22"}, safecopy.Stale, false},
		{"the day after", someMark, safecopy.Expect{Today: "2026-11-21"}, safecopy.Stale, true},
	}
	for _, test := range tests {
		v := safecopy.CheckFile(encoded(t, safecopy.Make(photo(600, 400), nil, test.mark), safecopy.PNG), test.want)
		if got := slices.Contains(reasons(v), test.code); got != test.told {
			t.Errorf("%s: %v; %s: %v, want %v", test.name, reasons(v), test.code, got, test.told)
		}
	}
}

func TestANumberInTheWordsOfTheMarkIsUnsafe(t *testing.T) {
	for _, test := range []struct {
		mark safecopy.Mark
		want bool
	}{
		{safecopy.Mark{For: "Gemeente Utrecht", Date: "2026-11-22", Case: "2026-0042"}, false},
		{safecopy.Mark{For: "Bank, BSN 123456782", Date: "2026-11-22"}, true},
		{safecopy.Mark{For: "x", Purpose: "1234.56.782", Date: "2026-11-22"}, true},
		{safecopy.Mark{For: "x", Purpose: "12/34_56 - 782", Date: "2026-11-22"}, true},
		{safecopy.Mark{For: "x", Date: "2026-11-22", Case: "123456782"}, true},
		{safecopy.Mark{For: "x", Date: "2026-11-22", Case: "26 123456782 1"}, true},
		{safecopy.Mark{For: "１２３４５６７８２", Date: "2026-11-22"}, true},
		{safecopy.Mark{For: "١٢٣٤٥٦٧٨٢", Date: "2026-11-22"}, true},
		{safecopy.Mark{For: "𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟐", Date: "2026-11-22"}, true},
		{safecopy.Mark{For: "1𝟐𝟛456782", Date: "2026-11-22"}, true},
		{safecopy.Mark{For: "0612345678", Date: "2026-11-22", Case: "123456789"}, false},
		{safecopy.Mark{For: "flat 1234 b 56782", Date: "2026-11-22"}, false},
	} {
		if got := test.mark.HasNumber(); got != test.want {
			t.Errorf("%+v: %v", test.mark, got)
		}
		file := encoded(t, safecopy.Make(page(640, 480), nil, test.mark), safecopy.PNG)
		if got := slices.Contains(reasons(safecopy.CheckFile(file, safecopy.Expect{})), safecopy.MarkNumber); got != test.want {
			t.Errorf("a copy with %+v: %v", test.mark, got)
		}
	}
}

func TestNothingElseCanBeWrittenOnTheStripOfACopy(t *testing.T) {
	t.Parallel()
	for _, size := range [][2]int{{601, 401}, {640, 416}, {500, 503}} {
		for _, kind := range []safecopy.Kind{safecopy.JPEG, safecopy.PNG} {
			made := safecopy.Make(photo(size[0], size[1]), nil, someMark)
			if v := safecopy.CheckFile(encoded(t, made, kind), safecopy.Expect{}); slices.Contains(reasons(v), safecopy.NoMark) {
				t.Fatalf("%s of %v: the mark is not read", kind, size)
			}
			for _, level := range []uint8{225, 240} {
				for _, y := range []int{size[1] + 3, size[1] + 12, made.Rect.Dy() - 14} {
					written := image.NewNRGBA(made.Rect)
					draw.Draw(written, written.Rect, made, image.Point{}, draw.Src)
					// Strokes as of a row of digits.
					for i := range 9 {
						x := size[0] - 90 + 9*i
						draw.Draw(written, image.Rect(x, y, x+3, y+10), image.NewUniform(color.NRGBA{level, level, level, 255}), image.Point{}, draw.Src)
					}
					v := safecopy.CheckFile(encoded(t, written, kind), safecopy.Expect{})
					if !slices.Contains(reasons(v), safecopy.NoMark) {
						t.Errorf("%s of %v: strokes of %d at %d pass", kind, size, level, y-size[1])
					}
				}
			}
		}
	}
}
