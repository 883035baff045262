package specimen

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/draw"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"slices"

	xdraw "golang.org/x/image/draw"

	"github.com/sparekey/sparekey/internal/safecopy"
)

// markAttacks are copies that are covered rightly and marked wrongly, and
// uncovered ones that borrow a mark.
func markAttacks() []Attack {
	remarked := func(name string, change func(m *safecopy.Mark)) Attack {
		return Attack{Name: name, File: func(s Subject, random *rand.Rand) ([]byte, error) {
			m := s.Mark
			change(&m)
			return copied(s.Image, s.boxes(), m, random)
		}}
	}
	return []Attack{
		{Name: "mark missing", File: func(s Subject, random *rand.Rand) ([]byte, error) { return written(s.unmarked(), random) }},
		{Name: "mark in grey", File: func(s Subject, random *rand.Rand) ([]byte, error) {
			img := s.right()
			for i := 0; i < len(img.Pix); i += 4 {
				l := uint8((299*int(img.Pix[i]) + 587*int(img.Pix[i+1]) + 114*int(img.Pix[i+2])) / 1000)
				img.Pix[i], img.Pix[i+1], img.Pix[i+2] = l, l, l
			}
			return written(img, random)
		}},
		remarked("mark stale", func(m *safecopy.Mark) { m.Date = "2019-03-04" }),
		remarked("mark of tomorrow", func(m *safecopy.Mark) { m.Date = "2099-01-01" }),
		remarked("mark for another", func(m *safecopy.Mark) { m.For = "Autoverhuur Noord" }),
		remarked("mark of another case", func(m *safecopy.Mark) { m.Case = "1999-0001" }),
		{Name: "foot of a copy under an open picture", File: func(s Subject, random *rand.Rand) ([]byte, error) {
			img := s.right()
			draw.Draw(img, s.Image.Rect, s.Image, image.Point{}, draw.Src)
			return written(img, random)
		}},
		{Name: "open copy, made smaller", File: rescaled(0.7)}, {Name: "open copy, made larger", File: rescaled(1.4)},
		{Name: "open copy on a screen", File: func(s Subject, random *rand.Rand) ([]byte, error) {
			made := safecopy.Make(s.Image, nil, s.Mark)
			screen := image.NewNRGBA(image.Rect(0, 0, made.Rect.Dx()+160, made.Rect.Dy()+120))
			draw.Draw(screen, screen.Rect, image.NewUniform(image.White.C), image.Point{}, draw.Src)
			draw.Draw(screen, made.Rect.Add(image.Pt(80, 60)), made, image.Point{}, draw.Src)
			return written(screen, random)
		}},
	}
}

// unmarked is a picture covered by boxes, without mark or foot.
func (s Subject) unmarked() *image.NRGBA {
	img := clone(s.Image)
	for _, b := range s.boxes() {
		within(img, b.Quad, func(px []uint8, _, _ int) { px[0], px[1], px[2] = 0, 0, 0 })
	}
	return img
}

func rescaled(by float64) func(Subject, *rand.Rand) ([]byte, error) {
	return func(s Subject, random *rand.Rand) ([]byte, error) {
		made := safecopy.Make(s.Image, nil, s.Mark)
		out := image.NewNRGBA(image.Rect(0, 0, int(by*float64(made.Rect.Dx())), int(by*float64(made.Rect.Dy()))))
		xdraw.CatmullRom.Scale(out, out.Rect, made, made.Rect, draw.Src, nil)
		return written(out, random)
	}
}

// fileAttacks hide the open picture in the file of a right copy.
func fileAttacks() []Attack {
	inJPEG := func(name string, change func(file, open []byte) []byte) Attack {
		return Attack{Name: name, File: func(s Subject, _ *rand.Rand) ([]byte, error) {
			file, err := safecopy.Encode(s.right(), safecopy.JPEG)
			if err != nil {
				return nil, err
			}
			open, err := thumbnail(s.Image)
			return change(file, open), err
		}}
	}
	inPNG := func(name string, change func(file, open []byte) []byte) Attack {
		return Attack{Name: name, File: func(s Subject, _ *rand.Rand) ([]byte, error) {
			file, err := safecopy.Encode(s.right(), safecopy.PNG)
			if err != nil {
				return nil, err
			}
			open, err := thumbnail(s.Image)
			return change(file, open), err
		}}
	}
	return []Attack{
		inJPEG("thumbnail in EXIF", func(file, open []byte) []byte { return withSegment(file, 0xe1, exifWith(open)) }),
		inJPEG("picture in XMP", func(file, open []byte) []byte {
			return withSegment(file, 0xe1, append([]byte("http://ns.adobe.com/xap/1.0/\x00"), open...))
		}),
		inJPEG("further picture (MPF)", func(file, open []byte) []byte {
			return append(withSegment(file, 0xe2, []byte("MPF\x00II*\x00\x08\x00\x00\x00")), open...)
		}),
		inJPEG("picture after the end", func(file, open []byte) []byte { return append(file, open...) }),
		inJPEG("picture in a comment", func(file, open []byte) []byte { return withSegment(file, 0xfe, open) }),
		inJPEG("picture between codes and end", func(file, open []byte) []byte {
			spare := bytes.ReplaceAll(open, []byte{0xff}, []byte{0xff, 0})
			return slices.Concat(file[:len(file)-2], spare, file[len(file)-2:])
		}),
		inPNG("bytes after the end of PNG", func(file, open []byte) []byte { return append(file, open[2:]...) }),
		inPNG("chunk with a picture", func(file, open []byte) []byte { return withChunk(file, 33, "prVt", open) }),
		inPNG("pixels after the last pixel", func(file, open []byte) []byte { return withChunk(file, len(file)-12, "IDAT", open[2:]) }),
		inPNG("second frame", func(file, open []byte) []byte {
			return withChunk(withChunk(file, len(file)-12, "fdAT", open), 33, "acTL", []byte{0, 0, 0, 2, 0, 0, 0, 0})
		}),
		{Name: "box of transparent pixels", File: transparent},
	}
}

// transparent makes the pixels of the boxes transparent instead of black.
func transparent(s Subject, _ *rand.Rand) ([]byte, error) {
	img := safecopy.Make(s.Image, nil, s.Mark)
	for _, b := range s.boxes() {
		within(img, b.Quad, func(px []uint8, _, _ int) { px[3] = 0 })
	}
	var file bytes.Buffer
	err := png.Encode(&file, img)
	return file.Bytes(), err
}

// thumbnail is a small JPEG of an open picture, 320 pixels wide.
func thumbnail(img *image.NRGBA) ([]byte, error) {
	small := image.NewNRGBA(image.Rect(0, 0, 320, max(320*img.Rect.Dy()/img.Rect.Dx(), 1)))
	xdraw.CatmullRom.Scale(small, small.Rect, img, img.Rect, draw.Src, nil)
	var file bytes.Buffer
	err := jpeg.Encode(&file, small, &jpeg.Options{Quality: 75})
	return file.Bytes(), err
}

// exifWith is a block of EXIF with a thumbnail.
func exifWith(open []byte) []byte {
	b := append([]byte("Exif\x00\x00II*\x00"), 8, 0, 0, 0, 0, 0, 14, 0, 0, 0) // no entry, then the second directory
	entry := func(tag uint16, value uint32) {
		b = binary.LittleEndian.AppendUint16(b, tag)
		b = binary.LittleEndian.AppendUint16(b, 4)
		b = binary.LittleEndian.AppendUint32(b, 1)
		b = binary.LittleEndian.AppendUint32(b, value)
	}
	b = append(b, 2, 0)
	entry(0x0201, 44)
	entry(0x0202, uint32(len(open)))
	return append(append(b, 0, 0, 0, 0), open...)
}

// withSegment puts a segment after the start of a JPEG; what does not fit is cut.
func withSegment(file []byte, marker byte, body []byte) []byte {
	body = body[:min(len(body), 65000)]
	head := []byte{0xff, marker, byte((len(body) + 2) >> 8), byte(len(body) + 2)}
	return slices.Concat(file[:2], head, body, file[2:])
}

// withChunk puts a chunk into a PNG at a byte between two others.
func withChunk(file []byte, at int, name string, body []byte) []byte {
	c := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
	c = append(append(c, name...), body...)
	c = binary.BigEndian.AppendUint32(c, crc32.ChecksumIEEE(c[4:]))
	return slices.Concat(file[:at], c, file[at:])
}
