package specimen

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/sparekey/sparekey/internal/safecopy"
)

// smallPassport is a passport at 130 dots per inch: the verifier reads it, and is
// soon done with it.
func smallPassport(t *testing.T) Subject {
	t.Helper()
	sample := Ten()[at130(t)].Take(generator(t, 21).Document(Passport2001), rand.New(rand.NewPCG(21, 21)))
	return sample.Subject(safecopy.Mark{For: "Gemeente Utrecht", Date: "2026-11-22", Case: "2026-0042"})
}

// at130 is which of the ten conditions is 130 dots per inch.
func at130(t *testing.T) int {
	t.Helper()
	at := slices.IndexFunc(Ten(), func(c Condition) bool { return c.Name == "130 dpi" })
	if at < 0 {
		t.Fatal("there is no condition of 130 dpi")
	}
	return at
}

var asked = safecopy.Expect{Case: "2026-0042", For: "Gemeente Utrecht", Since: "2026-11-01", Today: "2026-11-23"}

// told are the reasons by which attacks on the file and on the mark are told.
var told = map[string]safecopy.ReasonCode{
	"thumbnail in EXIF": safecopy.PictureInFile, "picture in XMP": safecopy.PictureInFile, "further picture (MPF)": safecopy.PictureInFile,
	"picture after the end": safecopy.PictureInFile, "picture in a comment": safecopy.PictureInFile, "second frame": safecopy.PictureInFile,
	"chunk with a picture": safecopy.PictureInFile, "bytes after the end of PNG": safecopy.MoreInFile,
	"picture between codes and end": safecopy.MoreInFile, "pixels after the last pixel": safecopy.MoreInFile,
	"near-black number in the box's margin": safecopy.FieldNotSolid,
	"box of transparent pixels":             safecopy.HiddenPixels,
	"mark missing":                          safecopy.NoMark, "mark in grey": safecopy.NoMark, "foot of a copy under an open picture": safecopy.NoMark,
	"open copy on a screen": safecopy.NoMark, "mark stale": safecopy.Stale, "mark of tomorrow": safecopy.Stale,
	"mark for another": safecopy.OtherFor, "mark of another case": safecopy.OtherCase,
}

func TestEveryAttackMakesAFileThatIsNotCalledSafe(t *testing.T) {
	t.Parallel()
	s := smallPassport(t)
	before := slices.Clone(s.Image.Pix)
	names := map[string]bool{}
	for _, a := range Attacks() {
		if names[a.Name] {
			t.Errorf("two attacks are called %q", a.Name)
		}
		names[a.Name] = true
	}
	for name := range told {
		if !names[name] {
			t.Errorf("there is no attack %q", name)
		}
	}
	if len(names) < 45 {
		t.Errorf("%d attacks", len(names))
	}
	for _, a := range Attacks() {
		if !a.On(s) {
			continue
		}
		t.Run(a.Name, func(t *testing.T) {
			t.Parallel()
			file, err := a.File(s, rand.New(rand.NewPCG(1, 2)))
			if err != nil {
				t.Fatal(err)
			}
			v := safecopy.Check(file, asked)
			if v.Answer == safecopy.Safe || v.Unusable != nil {
				t.Errorf("%s %v", v.Answer, v.Unusable)
			}
			if code, ok := told[a.Name]; ok && !slices.ContainsFunc(v.Reasons, func(r safecopy.Reason) bool { return r.Code == code }) {
				t.Errorf("%+v, want %s", v.Reasons, code)
			}
			if !slices.Equal(before, s.Image.Pix) {
				t.Fatal("the subject was changed")
			}
		})
	}
}

func TestTheToolsOwnCopyIsCalledSafe(t *testing.T) {
	t.Parallel()
	s := smallPassport(t)
	file, err := s.ToolCopy(rand.New(rand.NewPCG(3, 4)))
	if err != nil {
		t.Fatal(err)
	}
	if v := safecopy.Check(file, asked); v.Answer != safecopy.Safe {
		t.Errorf("%s %+v", v.Answer, v.Reasons)
	}
}
