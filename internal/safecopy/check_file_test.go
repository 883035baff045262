package safecopy_test

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"slices"
	"testing"

	"github.com/sparekey/sparekey/internal/safecopy"
)

func reasons(v safecopy.Verdict) []safecopy.ReasonCode {
	var codes []safecopy.ReasonCode
	for _, r := range v.Reasons {
		codes = append(codes, r.Code)
	}
	return codes
}

func TestWhatAFileHidesBesideItsPictureIsSaid(t *testing.T) {
	jpg, pngFile := sceneJPEG(t), scenePNG(t)
	seeThrough := image.NewNRGBA(image.Rect(0, 0, 9, 9))
	seeThrough.SetNRGBA(1, 1, color.NRGBA{A: 254})
	var alpha, deep, grey bytes.Buffer
	for _, err := range []error{png.Encode(&alpha, seeThrough), png.Encode(&deep, image.NewNRGBA64(image.Rect(0, 0, 9, 9))),
		jpeg.Encode(&grey, image.NewGray(image.Rect(0, 0, 50, 30)), nil)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	// The end marker is two bytes: what comes before it are codes.
	spare := slices.Concat(jpg[:len(jpg)-2], []byte("an earlier picture"), jpg[len(jpg)-2:])
	oddSteps := bytes.Clone(jpg)
	oddSteps[bytes.Index(jpg, []byte{0xff, 0xdb})+8]++
	tests := []struct {
		name string
		file []byte
		code safecopy.ReasonCode
		want bool
	}{
		{"a plain JPEG", jpg, safecopy.MoreInFile, false},
		{"a plain grey JPEG", grey.Bytes(), safecopy.MoreInFile, false},
		{"a plain PNG", pngFile, safecopy.MoreInFile, false},
		{"codes after the last block", spare, safecopy.MoreInFile, true},
		{"pixels after the last one", spareIDAT(pngFile), safecopy.MoreInFile, true},
		{"a comment", withSegment(jpg, 0xfe, "hello"), safecopy.MoreInFile, true},
		{"a table of codes twice", withSegment(jpg, 0xc4, string(slices.Concat([]byte{0}, make([]byte, 15), []byte{1, 7}))), safecopy.MoreInFile, true},
		{"a table of steps twice", withSegment(jpg, 0xdb, string(make([]byte, 65))), safecopy.MoreInFile, true},
		{"a table of steps that no quality has", oddSteps, safecopy.MoreInFile, true},
		{"a header of JFIF twice", withSegment(withSegment(jpg, 0xe0, plainJFIF), 0xe0, plainJFIF), safecopy.MoreInFile, true},
		{"a header of JFIF", withSegment(jpg, 0xe0, plainJFIF), safecopy.MoreInFile, false},
		{"a chunk of time", withChunk(pngFile, "tIME", []byte("1234567")), safecopy.MoreInFile, true},
		{"a chunk of control of frames", withChunk(pngFile, "fcTL", make([]byte, 4000)), safecopy.MoreInFile, true},
		{"a chunk of colours", withChunk(pngFile, "PLTE", []byte("123")), safecopy.MoreInFile, true},
		{"a picture after the end", append(bytes.Clone(jpg), jpg...), safecopy.PictureInFile, true},
		{"a further frame", withChunk(withChunk(pngFile, "fdAT", []byte("x")), "acTL", []byte{0, 0, 0, 2, 0, 0, 0, 0}), safecopy.PictureInFile, true},
		{"transparency", alpha.Bytes(), safecopy.HiddenPixels, true},
		{"16 bits", deep.Bytes(), safecopy.DeepColours, true},
		{"no picture", []byte("hello"), safecopy.UnusableFile, true},
	}
	for _, test := range tests {
		v := safecopy.Check(test.file, safecopy.Expect{})
		if v.Answer == safecopy.Safe {
			t.Errorf("%s is said to be safe", test.name)
		}
		if got := slices.Contains(reasons(v), test.code); got != test.want {
			t.Errorf("%s: %v; %s: %v, want %v", test.name, reasons(v), test.code, got, test.want)
		}
	}
}

const plainJFIF = "JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"

// spareIDAT puts a chunk of pixels after those of the picture.
func spareIDAT(file []byte) []byte {
	more := withChunk(make([]byte, 33), "IDAT", []byte("an earlier picture"))[33:]
	end := len(file) - 12
	return slices.Concat(file[:end], more, file[end:])
}

func TestEveryCopyThatIsMadeHasNoSpareData(t *testing.T) {
	for _, size := range [][2]int{{1, 1}, {16, 16}, {17, 33}, {640, 480}} {
		made := safecopy.Make(page(size[0], size[1]), nil, someMark)
		for _, kind := range []safecopy.Kind{safecopy.JPEG, safecopy.PNG} {
			file, err := safecopy.Encode(made, kind)
			if err != nil {
				t.Fatal(err)
			}
			if v := safecopy.CheckFile(file, safecopy.Expect{}); slices.Contains(reasons(v), safecopy.MoreInFile) {
				t.Errorf("%s of %v: %v", kind, size, reasons(v))
			}
		}
	}
}

func FuzzCheck(f *testing.F) {
	f.Add(sceneJPEG(f))
	f.Add(scenePNG(f))
	f.Add(spareIDAT(scenePNG(f)))
	f.Fuzz(func(t *testing.T, file []byte) {
		if v := safecopy.Check(file, safecopy.Expect{}); v.Answer == safecopy.Safe {
			t.Fatal("a picture of nothing is said to be safe")
		}
	})
}
