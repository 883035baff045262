package specimen

import (
	"image"
	"image/color"
	"image/draw"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/sparekey/sparekey/internal/safecopy"
	"github.com/sparekey/sparekey/internal/safecopy/plane"
)

// plainPassport is a page with two lines and a printed number, written in Go
// Mono: enough for attacks that are seen without reading.
func plainPassport() Subject {
	img := image.NewNRGBA(image.Rect(0, 0, 1100, 700))
	draw.Draw(img, img.Rect, image.NewUniform(color.NRGBA{236, 240, 244, 255}), image.Point{}, draw.Src)
	ink := color.NRGBA{20, 20, 30, 255}
	const em, pitch = 34.0, 22
	place := func(what safecopy.What, at image.Point, text string, em float64) Place {
		p := Place{What: what, Text: text}
		for i := range text {
			p.Slots = append(p.Slots, plane.Rect(image.Rect(at.X+i*pitch, at.Y, at.X+(i+1)*pitch, at.Y+int(em))))
		}
		p.Quad = plane.Rect(image.Rect(at.X, at.Y, at.X+len(text)*pitch, at.Y+int(em)))
		for i, slot := range p.Slots {
			writeAt(img, slot.Bounds().Min, text[i:i+1], em, ink)
		}
		return p
	}
	place("", image.Pt(60, 560), "P<NLDDE<BRUIJN<<WILLEKE<LISELOTTE<<<<<<<<<<<", em)
	place("", image.Pt(60, 620), "SPECI20142NLD6503101F2403096", em)
	optional := place(safecopy.OptionalData, image.Pt(60+28*pitch, 620), "999999990<<<<<84", em)
	printed := place(safecopy.PrintedNumber, image.Pt(700, 120), "999999990", em)
	return Subject{Image: img, Places: []Place{optional, printed}, Mark: safecopy.Mark{For: "Gemeente Utrecht", Date: "2026-11-22", Case: "2026-0042"}}
}

var asked = safecopy.Expect{Case: "2026-0042", For: "Gemeente Utrecht", Since: "2026-11-01", Today: "2026-11-23"}

func TestEveryAttackMakesAFileThatIsNotCalledSafe(t *testing.T) {
	s := plainPassport()
	before := slices.Clone(s.Image.Pix)
	names := map[string]bool{}
	for _, a := range Attacks() {
		if names[a.Name] {
			t.Errorf("two attacks are called %q", a.Name)
		}
		names[a.Name] = true
		if !a.On(s) {
			continue
		}
		file, err := a.File(s, rand.New(rand.NewPCG(1, 2)))
		if err != nil {
			t.Errorf("%s: %v", a.Name, err)
			continue
		}
		v := safecopy.Check(file, asked)
		if v.Answer == safecopy.Safe || v.Unusable != nil {
			t.Errorf("%s: %s %v", a.Name, v.Answer, v.Unusable)
		}
		if !slices.Equal(before, s.Image.Pix) {
			t.Fatalf("%s changed the subject", a.Name)
		}
	}
	if len(names) < 45 {
		t.Errorf("%d attacks", len(names))
	}
}

func TestAttacksOnTheFileAndTheMarkAreToldByTheirReason(t *testing.T) {
	s := plainPassport()
	for name, code := range map[string]safecopy.ReasonCode{
		"thumbnail in EXIF": safecopy.PictureInFile, "picture in XMP": safecopy.PictureInFile, "further picture (MPF)": safecopy.PictureInFile,
		"picture after the end": safecopy.PictureInFile, "picture in a comment": safecopy.PictureInFile, "second frame": safecopy.PictureInFile,
		"chunk with a picture": safecopy.PictureInFile, "bytes after the end of PNG": safecopy.MoreInFile,
		"picture between codes and end": safecopy.MoreInFile, "pixels after the last pixel": safecopy.MoreInFile,
		"box of transparent pixels": safecopy.HiddenPixels,
		"mark missing":              safecopy.NoMark, "mark in grey": safecopy.NoMark, "foot of a copy under an open picture": safecopy.NoMark,
		"open copy on a screen": safecopy.NoMark, "mark stale": safecopy.Stale, "mark of tomorrow": safecopy.Stale,
		"mark for another": safecopy.OtherFor, "mark of another case": safecopy.OtherCase,
	} {
		found := false
		for _, a := range Attacks() {
			if a.Name != name {
				continue
			}
			found = true
			file, err := a.File(s, rand.New(rand.NewPCG(1, 2)))
			if err != nil {
				t.Fatal(err)
			}
			v := safecopy.Check(file, asked)
			if !slices.ContainsFunc(v.Reasons, func(r safecopy.Reason) bool { return r.Code == code }) {
				t.Errorf("%s: %+v, want %s", name, v.Reasons, code)
			}
		}
		if !found {
			t.Errorf("there is no attack %q", name)
		}
	}
}
