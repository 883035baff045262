package safecopy_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/sparekey/sparekey/internal/safecopy"
)

// scene is 40 × 24 pixels with another colour in each quarter.
func scene() *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, 40, 24))
	for y := range 24 {
		for x := range 40 {
			c := color.NRGBA{R: 230, G: 40, B: 40, A: 255}
			switch {
			case x >= 20 && y < 12:
				c = color.NRGBA{R: 40, G: 200, B: 40, A: 255}
			case x < 20 && y >= 12:
				c = color.NRGBA{R: 40, G: 40, B: 230, A: 255}
			case x >= 20:
				c = color.NRGBA{R: 240, G: 240, B: 240, A: 255}
			}
			img.SetNRGBA(x, y, c)
		}
	}
	return img
}

func sceneJPEG(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, scene(), &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func scenePNG(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, scene()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// withSegment puts a segment after the start of a JPEG.
func withSegment(file []byte, marker byte, body string) []byte {
	out := append([]byte{}, file[:2]...)
	out = append(out, 0xff, marker, byte((len(body)+2)>>8), byte(len(body)+2))
	return append(append(out, body...), file[2:]...)
}

// withChunk puts a chunk after the header of a PNG.
func withChunk(file []byte, name string, body []byte) []byte {
	c := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
	c = append(append(c, name...), body...)
	c = binary.BigEndian.AppendUint32(c, crc32.ChecksumIEEE(c[4:]))
	return append(append(append([]byte{}, file[:33]...), c...), file[33:]...)
}

// exifBlock says an orientation, and has a thumbnail if one is given.
func exifBlock(order binary.AppendByteOrder, orientation uint16, thumbnail []byte) []byte {
	b := []byte("II*\x00")
	if order.String() == "BigEndian" {
		b = []byte("MM\x00*")
	}
	entry := func(b []byte, tag, kind uint16, value uint32) []byte {
		b = order.AppendUint32(order.AppendUint16(order.AppendUint16(b, tag), kind), 1)
		if kind == 3 {
			return order.AppendUint16(order.AppendUint16(b, uint16(value)), 0)
		}
		return order.AppendUint32(b, value)
	}
	b = order.AppendUint32(b, 8)
	b = entry(order.AppendUint16(b, 1), 0x0112, 3, uint32(orientation))
	if thumbnail == nil {
		return order.AppendUint32(b, 0)
	}
	b = order.AppendUint32(b, 26)
	b = order.AppendUint16(b, 2)
	b = entry(b, 0x0201, 4, 56)
	b = entry(b, 0x0202, 4, uint32(len(thumbnail)))
	return append(order.AppendUint32(b, 0), thumbnail...)
}

func TestEveryOrientationIsTurnedUpright(t *testing.T) {
	red, green, blue, white := color.NRGBA{230, 40, 40, 255}, color.NRGBA{40, 200, 40, 255}, color.NRGBA{40, 40, 230, 255}, color.NRGBA{240, 240, 240, 255}
	// The corners someone sees: top left, top right, bottom left, bottom right.
	tests := map[uint16][4]color.NRGBA{
		1: {red, green, blue, white}, 2: {green, red, white, blue}, 3: {white, blue, green, red}, 4: {blue, white, red, green},
		5: {red, blue, green, white}, 6: {blue, red, white, green}, 7: {white, green, blue, red}, 8: {green, white, red, blue},
	}
	for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
		for orientation, want := range tests {
			p, err := safecopy.Open(withSegment(sceneJPEG(t), 0xe1, "Exif\x00\x00"+string(exifBlock(order, orientation, nil))))
			if err != nil {
				t.Fatal(err)
			}
			w, h := p.Facts.Width, p.Facts.Height
			if turned := orientation >= 5; turned != (w == 24 && h == 40) {
				t.Errorf("orientation %d: %d × %d pixels", orientation, w, h)
			}
			for i, at := range []image.Point{{3, 3}, {w - 4, 3}, {3, h - 4}, {w - 4, h - 4}} {
				if got := p.Image.NRGBAAt(at.X, at.Y); !near(got, want[i], 8) {
					t.Errorf("%s orientation %d, corner %d: %v, want %v", order, orientation, i, got, want[i])
				}
			}
			if p.Facts.Orientation != int(orientation) {
				t.Errorf("orientation %d is said to be %d", orientation, p.Facts.Orientation)
			}
		}
	}
}

func near(a, b color.NRGBA, by int) bool {
	for _, d := range []int{int(a.R) - int(b.R), int(a.G) - int(b.G), int(a.B) - int(b.B), int(a.A) - int(b.A)} {
		if d > by || d < -by {
			return false
		}
	}
	return true
}

func TestEveryKindOfPictureIsOpened(t *testing.T) {
	tests := []struct {
		name  string
		kind  safecopy.Kind
		alpha bool
		deep  bool
	}{
		{"cmyk.jpg", safecopy.JPEG, false, false},
		{"grey.jpg", safecopy.JPEG, false, false},
		{"progressive.jpg", safecopy.JPEG, false, false},
		{"bits.png", safecopy.PNG, false, false},
		{"deep.png", safecopy.PNG, false, true},
		{"interlaced.png", safecopy.PNG, false, true},
		{"alpha.png", safecopy.PNG, true, true},
		{"lossy.webp", safecopy.WebP, false, false},
		{"lossless.webp", safecopy.WebP, false, false},
		{"alpha.webp", safecopy.WebP, true, false},
	}
	for _, test := range tests {
		file, err := os.ReadFile(filepath.Join("testdata", test.name))
		if err != nil {
			t.Fatal(err)
		}
		p, err := safecopy.Open(file)
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		f := p.Facts
		if f.Kind != test.kind || f.Alpha != test.alpha || f.Deep != test.deep || f.Width != 40 || f.Height != 24 || f.Frames != 1 {
			t.Errorf("%s: %+v", test.name, f)
		}
		if !p.Image.Opaque() {
			t.Errorf("%s: the picture is not opaque", test.name)
		}
	}
}

func TestWhatIsNoUsablePictureIsNamed(t *testing.T) {
	jpg, pngFile := sceneJPEG(t), scenePNG(t)
	animated, err := os.ReadFile("testdata/animated.webp")
	if err != nil {
		t.Fatal(err)
	}
	lossy, err := os.ReadFile("testdata/lossy.webp")
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		file []byte
		why  safecopy.Unfit
		kind safecopy.Kind
	}{
		{"nothing", nil, safecopy.Empty, ""},
		{"text", []byte("this is no picture"), safecopy.NotAnImage, ""},
		{"zeros", make([]byte, 4096), safecopy.NotAnImage, ""},
		{"a PDF", []byte("%PDF-1.7\n"), safecopy.OtherKind, safecopy.PDF},
		{"HEIC", []byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00"), safecopy.OtherKind, safecopy.HEIC},
		{"a GIF", []byte("GIF89a\x01\x00\x01\x00"), safecopy.OtherKind, safecopy.GIF},
		{"too many bytes", append([]byte("\xff\xd8\xff"), make([]byte, safecopy.MaxBytes)...), safecopy.TooManyBytes, safecopy.JPEG},
		{"three bytes of JPEG", []byte("\xff\xd8\xff"), safecopy.Truncated, safecopy.JPEG},
		{"half a JPEG", jpg[:len(jpg)/2], safecopy.Truncated, safecopy.JPEG},
		{"a JPEG without its end", jpg[:len(jpg)-2], safecopy.Truncated, safecopy.JPEG},
		{"eight bytes of PNG", pngFile[:8], safecopy.Truncated, safecopy.PNG},
		{"a PNG without its end", pngFile[:len(pngFile)-12], safecopy.Truncated, safecopy.PNG},
		{"half a WebP", lossy[:len(lossy)/2], safecopy.Truncated, safecopy.WebP},
		{"an animated WebP", animated, safecopy.Animated, safecopy.WebP},
		{"a damaged PNG", damaged(pngFile), safecopy.Damaged, safecopy.PNG},
	}
	for _, test := range tests {
		_, err := safecopy.Open(test.file)
		unusable, ok := errors.AsType[*safecopy.Unusable](err)
		if !ok || unusable.Why != test.why || unusable.Kind != test.kind {
			t.Errorf("%s: %v, want %s (%s)", test.name, err, test.why, test.kind)
		}
	}
}

func damaged(file []byte) []byte {
	out := bytes.Clone(file)
	out[len(out)-20] ^= 0x55 // the checksum of the pixels
	return out
}

// claims are files of about 100 bytes that say they are that large.
func claims(w, h int) map[string][]byte {
	size := func(b []byte, at int) {
		binary.BigEndian.PutUint16(b[at:], uint16(h))
		binary.BigEndian.PutUint16(b[at+2:], uint16(w))
	}
	frame := []byte("\xff\xd8\xff\xc0\x00\x11\x08\x00\x00\x00\x00\x03\x01\x22\x00\x02\x11\x01\x03\x11\x01" +
		"\xff\xda\x00\x0c\x03\x01\x00\x02\x11\x03\x11\x00\x3f\x00\x12\x34\x56\xff\xd9")
	size(frame, 7)
	progressive := bytes.Clone(frame)
	progressive[3] = 0xc2
	header := binary.BigEndian.AppendUint32(nil, uint32(w))
	header = append(binary.BigEndian.AppendUint32(header, uint32(h)), 8, 6, 0, 0, 0)
	flat := withChunk(make([]byte, 33), "IHDR", header)[33:]
	pngFile := append([]byte("\x89PNG\r\n\x1a\n"), flat...)
	pngFile = withChunk(append(pngFile, withChunk(make([]byte, 33), "IEND", nil)[33:]...), "IDAT", []byte("x\x9c\x03\x00\x00\x00\x00\x01"))
	webp := []byte("RIFF\x1e\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x00\x00\x00\x00")
	webp = append(webp, byte(w-1), byte((w-1)>>8), 0, byte(h-1), byte((h-1)>>8), 0)
	return map[string][]byte{"jpeg": frame, "progressive": progressive, "png": pngFile, "webp": append(webp, make([]byte, 20)...)}
}

func TestAHundredBytesThatClaimAHugePictureTakeNoMemory(t *testing.T) {
	for _, size := range []int{65000, 16000, 7000} {
		for name, file := range claims(size, size) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := safecopy.Open(file)
			runtime.ReadMemStats(&after)
			unusable, ok := errors.AsType[*safecopy.Unusable](err)
			if !ok {
				t.Fatalf("%s of %d: %v", name, size, err)
			}
			if size > 7100 && unusable.Why != safecopy.TooLarge {
				t.Errorf("%s of %d: %v, want too large", name, size, err)
			}
			if took := after.TotalAlloc - before.TotalAlloc; took > 1<<20 {
				t.Errorf("%s of %d: took %d bytes of memory", name, size, took)
			}
		}
	}
}

func TestTheLimitOfPixelsIsTheLastThatOpens(t *testing.T) {
	if testing.Short() {
		t.Skip("takes 400 MB of memory")
	}
	encode := func(w, h int) []byte {
		var b bytes.Buffer
		if err := (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&b, image.NewGray(image.Rect(0, 0, w, h))); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	if _, err := safecopy.Open(encode(33000, 1000)); err != nil {
		t.Errorf("33 megapixels of grey: %v", err)
	}
	_, err := safecopy.Open(encode(50001, 1000))
	if unusable, ok := errors.AsType[*safecopy.Unusable](err); !ok || unusable.Why != safecopy.TooLarge {
		t.Errorf("a line more than the limit: %v", err)
	}
}

func TestWhatAFileCarriesBesidesItsPictureIsFound(t *testing.T) {
	jpg, pngFile := sceneJPEG(t), scenePNG(t)
	after := func(file []byte, more ...byte) []byte { return append(bytes.Clone(file), more...) }
	tests := []struct {
		name   string
		file   []byte
		want   safecopy.ExtraKind
		images bool
	}{
		{"a thumbnail", withSegment(jpg, 0xe1, "Exif\x00\x00"+string(exifBlock(binary.BigEndian, 1, jpg))), safecopy.Thumbnail, true},
		{"EXIF alone", withSegment(jpg, 0xe1, "Exif\x00\x00"+string(exifBlock(binary.BigEndian, 1, nil))), safecopy.EXIF, false},
		{"the thumbnail of JFIF", withSegment(jpg, 0xe0, "JFIF\x00\x01\x02\x00\x00\x01\x00\x01\x01\x01abc"), safecopy.Thumbnail, true},
		{"further pictures", withSegment(jpg, 0xe2, "MPF\x00II*\x00"), safecopy.MPF, true},
		{"XMP", withSegment(jpg, 0xe1, "http://ns.adobe.com/xap/1.0/\x00<x/>"), safecopy.XMP, false},
		{"XMP with a picture", withSegment(jpg, 0xe1, "http://ns.adobe.com/xap/1.0/\x00<x>/9j/4AAQ</x>"), safecopy.XMP, true},
		{"a profile", withSegment(jpg, 0xe2, "ICC_PROFILE\x00\x01\x01abc"), safecopy.ICC, false},
		{"a comment", withSegment(jpg, 0xfe, "hello"), safecopy.Comment, false},
		{"a preview of Photoshop", withSegment(jpg, 0xed, "Photoshop 3.0\x008BIM"+string(jpg[:40])), safecopy.Photoshop, true},
		{"a part nobody knows", withSegment(jpg, 0xe9, "what is this"), safecopy.Stray, false},
		{"bytes after a JPEG", after(jpg, 1, 2, 3), safecopy.Trailing, false},
		{"a picture after a JPEG", after(jpg, jpg...), safecopy.Trailing, true},
		{"bytes after a PNG", after(pngFile, 0), safecopy.Trailing, false},
		{"a picture after a PNG", after(pngFile, jpg...), safecopy.Trailing, true},
		{"a text in a PNG", withChunk(pngFile, "tEXt", []byte("Comment\x00hello")), safecopy.Comment, false},
		{"a profile in a PNG", withChunk(pngFile, "iCCP", []byte("p\x00\x00x")), safecopy.ICC, false},
		{"EXIF in a PNG", withChunk(pngFile, "eXIf", exifBlock(binary.LittleEndian, 1, jpg)), safecopy.Thumbnail, true},
		{"a private chunk", withChunk(pngFile, "prVt", jpg), safecopy.Stray, true},
	}
	for _, test := range tests {
		p, err := safecopy.Open(test.file)
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		found := false
		for _, e := range p.Facts.Extras {
			found = found || e.What == test.want && e.Image == test.images
		}
		if !found {
			t.Errorf("%s: %+v, want %s (a picture: %v)", test.name, p.Facts.Extras, test.want, test.images)
		}
	}
	for name, file := range map[string][]byte{"jpeg": jpg, "png": pngFile} {
		p, err := safecopy.Open(file)
		if err != nil || len(p.Facts.Extras) > 0 {
			t.Errorf("a plain %s: %v, %+v", name, err, p.Facts.Extras)
		}
	}
}

func TestTransparencyIsLaidOverWhite(t *testing.T) {
	img := image.NewNRGBA(image.Rect(0, 0, 2, 1))
	img.SetNRGBA(0, 0, color.NRGBA{R: 10, G: 20, B: 30})
	img.SetNRGBA(1, 0, color.NRGBA{R: 10, G: 20, B: 30, A: 255})
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	p, err := safecopy.Open(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if !p.Facts.Alpha || p.Image.NRGBAAt(0, 0) != (color.NRGBA{255, 255, 255, 255}) || p.Image.NRGBAAt(1, 0) != (color.NRGBA{10, 20, 30, 255}) {
		t.Errorf("%+v %v", p.Facts, p.Image.Pix)
	}
}

func FuzzOpen(f *testing.F) {
	f.Add(sceneJPEG(f))
	f.Add(scenePNG(f))
	f.Add(withSegment(sceneJPEG(f), 0xe1, "Exif\x00\x00"+string(exifBlock(binary.BigEndian, 6, sceneJPEG(f)))))
	files, err := filepath.Glob("testdata/*.*")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range files {
		file, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(file)
	}
	for _, file := range claims(65000, 65000) {
		f.Add(file)
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		p, err := safecopy.Open(file)
		if err != nil {
			if _, ok := errors.AsType[*safecopy.Unusable](err); !ok {
				t.Fatalf("an error of another type: %v", err)
			}
			return
		}
		if !p.Image.Opaque() || p.Image.Rect.Empty() || p.Image.Rect.Dx() != p.Facts.Width || p.Image.Rect.Dy() != p.Facts.Height {
			t.Fatalf("%v of %+v", p.Image.Rect, p.Facts)
		}
	})
}
