package safecopy

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"image/png"
	"io"

	"golang.org/x/image/webp"
)

// The limits that hold before any pixel is decoded.
const (
	MaxBytes  = 32 << 20   // of a file
	MaxPixels = 50_000_000 // of a picture
	MaxMemory = 400 << 20  // bytes that decoding and turning a picture upright may take
)

// Kind is what a file is, by its first bytes.
type Kind string

// The kinds that can be opened, and then those that are only recognised.
const (
	JPEG Kind = "jpeg"
	PNG  Kind = "png"
	WebP Kind = "webp"

	HEIC Kind = "heic"
	AVIF Kind = "avif"
	GIF  Kind = "gif"
	TIFF Kind = "tiff"
	BMP  Kind = "bmp"
	PDF  Kind = "pdf"
)

// Unfit is why a file cannot be used. It is stable: pages and commands choose
// their sentence by it.
type Unfit string

// Why a file cannot be used.
const (
	Empty        Unfit = "empty"        // no bytes at all
	NotAnImage   Unfit = "not-an-image" // nothing that is known
	OtherKind    Unfit = "other-kind"   // known, but not decoded here: see Kind
	TooManyBytes Unfit = "too-many-bytes"
	TooLarge     Unfit = "too-large" // more pixels, or more memory to decode them, than the limits
	Truncated    Unfit = "truncated" // the file ends before the picture does
	Damaged      Unfit = "damaged"
	Animated     Unfit = "animated" // frames of which none is the picture
)

// Unusable is the error for a file that is no picture that can be worked with.
type Unusable struct {
	Why           Unfit
	Kind          Kind // empty where nothing is known
	Width, Height int  // 0 where nothing is known
	Err           error
}

func (u *Unusable) Error() string {
	text := "unusable file: " + string(u.Why)
	if u.Kind != "" {
		text += " (" + string(u.Kind) + ")"
	}
	if u.Err != nil {
		text += ": " + u.Err.Error()
	}
	return text
}

func (u *Unusable) Unwrap() error { return u.Err }

// A Picture is an image file that was opened.
type Picture struct {
	// Image is what someone sees who opens the file: upright, the first frame,
	// laid over white where the file is transparent. Every pixel is opaque.
	Image *image.NRGBA

	Facts Facts

	file   []byte
	hidden *image.NRGBA // the colours under transparent pixels; nil without alpha
}

// Facts are what is known about the file besides its pixels.
type Facts struct {
	Kind          Kind
	Width, Height int // of Picture.Image

	// Orientation is what EXIF says, 1 to 8; 1 where it says nothing.
	Orientation int

	// Frames is 1, or how many pictures a PNG's animation has.
	Frames int

	Alpha bool // some pixel is not wholly opaque
	Deep  bool // more than 8 bits per channel, of which Image keeps the upper 8

	// Extras is what else the file carries, in the order of the file.
	Extras []Extra
}

// ExtraKind names a part of a file that is not the picture.
type ExtraKind string

// What a file may carry besides its picture.
const (
	EXIF      ExtraKind = "exif"
	Thumbnail ExtraKind = "thumbnail"
	MPF       ExtraKind = "mpf" // further pictures, CIPA DC-007
	XMP       ExtraKind = "xmp"
	ICC       ExtraKind = "icc"
	Comment   ExtraKind = "comment"
	Photoshop ExtraKind = "photoshop"
	Frame     ExtraKind = "frame"
	Trailing  ExtraKind = "trailing" // bytes after the end of the picture, CVE-2023-21036
	Stray     ExtraKind = "stray"    // bytes between parts, or a part that nobody knows
)

// An Extra is a part of a file that is not the picture.
type Extra struct {
	What  ExtraKind
	Bytes int

	// Image reports whether the bytes hold something that begins like a picture.
	Image bool
}

// Open decodes the picture in file, by its content. Every error is an
// *Unusable. It keeps file, which must not change afterwards.
func Open(file []byte) (*Picture, error) {
	switch kind := KindOf(file); {
	case len(file) == 0:
		return nil, &Unusable{Why: Empty}
	case len(file) > MaxBytes:
		return nil, &Unusable{Why: TooManyBytes, Kind: kind}
	case kind == JPEG:
		return open(file, kind, scanJPEG, jpeg.Decode)
	case kind == PNG:
		return open(file, kind, scanPNG, png.Decode)
	case kind == WebP:
		return open(file, kind, scanWebP, webp.Decode)
	case kind != "":
		return nil, &Unusable{Why: OtherKind, Kind: kind}
	}
	return nil, &Unusable{Why: NotAnImage}
}

// signatures are the first bytes of each kind.
var signatures = []struct {
	kind Kind
	at   int
	text string
}{
	{JPEG, 0, "\xff\xd8\xff"}, {PNG, 0, "\x89PNG\r\n\x1a\n"}, {WebP, 8, "WEBP"}, {GIF, 0, "GIF8"},
	{TIFF, 0, "II*\x00"}, {TIFF, 0, "MM\x00*"}, {BMP, 0, "BM"}, {PDF, 0, "%PDF-"},
	{AVIF, 4, "ftypavif"}, {AVIF, 4, "ftypavis"},
	{HEIC, 4, "ftypheic"}, {HEIC, 4, "ftypheix"}, {HEIC, 4, "ftypheim"}, {HEIC, 4, "ftypheis"},
	{HEIC, 4, "ftyphevc"}, {HEIC, 4, "ftypmif1"}, {HEIC, 4, "ftypmsf1"},
}

// KindOf tells what a file is by its first bytes; empty if nothing is known.
func KindOf(file []byte) Kind {
	for _, s := range signatures {
		if len(file) >= s.at+len(s.text) && string(file[s.at:s.at+len(s.text)]) == s.text {
			return s.kind
		}
	}
	return ""
}

// anatomy is what the parts of a file say before any pixel is decoded.
type anatomy struct {
	width, height int
	orientation   int
	frames        int
	deep          bool
	pictured      bool // the picture itself was met

	// perPixel is how many bytes of memory the decoder takes for a pixel, and
	// least is how many bytes of file the picture cannot do without.
	perPixel float64
	least    int

	extras []Extra
}

func open(file []byte, kind Kind, scan func([]byte) (anatomy, error), decode func(io.Reader) (image.Image, error)) (*Picture, error) {
	parts, err := scan(file)
	unusable := func(why Unfit, err error) error {
		return &Unusable{Why: why, Kind: kind, Width: parts.width, Height: parts.height, Err: err}
	}
	if known, ok := errors.AsType[*Unusable](err); ok {
		return nil, unusable(known.Why, known.Err)
	}
	if err != nil {
		return nil, unusable(Damaged, err)
	}
	// Four bytes for the upright picture, and four while it is turned.
	pixels := float64(parts.width) * float64(parts.height)
	if pixels > MaxPixels || pixels*(parts.perPixel+8) > MaxMemory {
		return nil, unusable(TooLarge, nil)
	}
	if len(file) < parts.least {
		return nil, unusable(Truncated, nil)
	}
	decoded, err := decode(bytes.NewReader(file))
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return nil, unusable(Truncated, err)
	}
	if err != nil {
		return nil, unusable(Damaged, err)
	}
	if size := decoded.Bounds().Size(); size.X != parts.width || size.Y != parts.height {
		return nil, unusable(Damaged, fmt.Errorf("%d × %d pixels where the file says otherwise", size.X, size.Y))
	}
	p := &Picture{file: file, Facts: Facts{
		Kind: kind, Orientation: parts.orientation, Frames: parts.frames, Deep: parts.deep, Extras: parts.extras,
	}}
	p.take(decoded)
	return p, nil
}

// take makes the upright pictures of what was decoded.
func (p *Picture) take(decoded image.Image) {
	if !isOpaque(decoded) {
		p.Facts.Alpha = true
		p.hidden = upright(hiddenColours(decoded), p.Facts.Orientation)
	}
	p.Image = upright(overWhite(decoded), p.Facts.Orientation)
	p.Facts.Width, p.Facts.Height = p.Image.Rect.Dx(), p.Image.Rect.Dy()
}

func isOpaque(img image.Image) bool {
	o, ok := img.(interface{ Opaque() bool })
	return ok && o.Opaque()
}

// overWhite lays img over white, with the origin at (0, 0).
func overWhite(img image.Image) *image.NRGBA {
	b := img.Bounds()
	isPlain := isOpaque(img)
	if same, ok := img.(*image.NRGBA); ok && isPlain {
		out := image.NewNRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
		for y := range b.Dy() {
			copy(out.Pix[y*out.Stride:(y+1)*out.Stride], same.Pix[same.PixOffset(b.Min.X, b.Min.Y+y):])
		}
		return out
	}
	flat := image.NewRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	if !isPlain {
		draw.Draw(flat, flat.Rect, image.White, image.Point{}, draw.Src)
	}
	draw.Draw(flat, flat.Rect, img, b.Min, draw.Over)
	// Where every pixel is opaque, both kinds of alpha are the same bytes.
	return &image.NRGBA{Pix: flat.Pix, Stride: flat.Stride, Rect: flat.Rect}
}

// hiddenColours takes the colours of img as if nothing in it was transparent.
func hiddenColours(img image.Image) *image.NRGBA {
	b := img.Bounds()
	out := image.NewNRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	for y := range b.Dy() {
		for x := range b.Dx() {
			c := opaqueColour(img.At(b.Min.X+x, b.Min.Y+y))
			at := y*out.Stride + 4*x
			out.Pix[at], out.Pix[at+1], out.Pix[at+2], out.Pix[at+3] = c.R, c.G, c.B, 255
		}
	}
	return out
}

// opaqueColour keeps the colour that a transparent pixel carries, which the
// usual conversions turn black.
func opaqueColour(c color.Color) color.NRGBA {
	switch c := c.(type) {
	case color.NRGBA:
		return c
	case color.NRGBA64:
		return color.NRGBA{uint8(c.R >> 8), uint8(c.G >> 8), uint8(c.B >> 8), 255}
	case color.NYCbCrA:
		r, g, b := color.YCbCrToRGB(c.Y, c.Cb, c.Cr)
		return color.NRGBA{r, g, b, 255}
	}
	return color.NRGBAModel.Convert(c).(color.NRGBA)
}

// upright turns img as EXIF orientation (TIFF 6.0, tag 274) asks for.
func upright(img *image.NRGBA, orientation int) *image.NRGBA {
	if orientation <= 1 || orientation > 8 {
		return img
	}
	w, h := img.Rect.Dx(), img.Rect.Dy()
	size := image.Rect(0, 0, w, h)
	if orientation >= 5 {
		size = image.Rect(0, 0, h, w)
	}
	out := image.NewNRGBA(size)
	for y := range h {
		for x := range w {
			tox, toy := x, y
			switch orientation {
			case 2:
				tox = w - 1 - x
			case 3:
				tox, toy = w-1-x, h-1-y
			case 4:
				toy = h - 1 - y
			case 5:
				tox, toy = y, x
			case 6:
				tox, toy = h-1-y, x
			case 7:
				tox, toy = h-1-y, w-1-x
			case 8:
				tox, toy = y, w-1-x
			}
			copy(out.Pix[toy*out.Stride+4*tox:][:4], img.Pix[y*img.Stride+4*x:][:4])
		}
	}
	return out
}
