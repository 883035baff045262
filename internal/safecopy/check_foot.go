package safecopy

import (
	"bytes"
	"image"
	"image/draw"
	"image/jpeg"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode/decoder"

	"github.com/sparekey/sparekey/internal/safecopy/plane"
)

// footModule is the side of a module of the code at the foot of a copy of that
// width, in pixels.
func footModule(width int) int { return min(max((width+225)/450, 3), 8) }

// footQuiet is the empty edge around that code, in modules (ISO/IEC 18004).
const footQuiet = 4

// readFoot reads the strip under a copy: what its code says, and how high the
// strip is. It believes the code only where the whole strip is, pixel by
// pixel, what footOf draws for it, so that nothing else can stand there.
func readFoot(img *image.NRGBA, lossless bool) (m Mark, height int, ok bool) {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	module := footModule(w)
	for version := 1; version <= 40; version++ {
		size := 17 + 4*version
		side := (size + 2*footQuiet) * module
		if side > h || side > w {
			break
		}
		at := image.Pt(footQuiet*module, h-side+footQuiet*module)
		if !isFinder(img, at, module) || !isFinder(img, at.Add(image.Pt((size-7)*module, 0)), module) ||
			!isFinder(img, at.Add(image.Pt(0, (size-7)*module)), module) {
			continue
		}
		text, err := readModules(img, at, module, size)
		if err != nil {
			continue
		}
		if m, ok := readLabel(text); ok && isFoot(img, m, side, lossless) {
			return m, side, true
		}
	}
	return Mark{}, 0, false
}

// isDarkModule looks at the middle of a module.
func isDarkModule(img *image.NRGBA, at image.Point, module, x, y int) bool {
	return brightness(img, at.X+x*module+module/2, at.Y+y*module+module/2) < 128
}

func brightness(img *image.NRGBA, x, y int) int {
	p := img.Pix[y*img.Stride+4*x:]
	return (299*int(p[0]) + 587*int(p[1]) + 114*int(p[2])) / 1000
}

// isFinder reports whether one of the three large squares of a code is there.
func isFinder(img *image.NRGBA, at image.Point, module int) bool {
	for y := range 7 {
		for x := range 7 {
			ring := max(max(3-x, x-3), max(3-y, y-3))
			if isDarkModule(img, at, module, x, y) != (ring != 2) {
				return false
			}
		}
	}
	return true
}

func readModules(img *image.NRGBA, at image.Point, module, size int) (string, error) {
	bits, err := gozxing.NewSquareBitMatrix(size)
	if err != nil {
		return "", err
	}
	for y := range size {
		for x := range size {
			if isDarkModule(img, at, module, x, y) {
				bits.Set(x, y)
			}
		}
	}
	result, err := decoder.NewDecoder().Decode(bits, map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_CHARACTER_SET: "UTF-8"})
	if err != nil {
		return "", err
	}
	return result.GetText(), nil
}

// How far a pixel of the strip may be from what was drawn and went through JPEG
// again, of 255: more in squares of its blocks that hold ink or a part of the
// picture, as what is above the strip went through it once already.
const (
	footLight  = 12 // in brightness
	footRipple = 24 // in one colour
	footPlain  = 2
	footBorder = 80 // in a first row that shares its colours with the last of the picture
	footSquare = 16 // side of the squares of JPEG, colours at half the size
)

// isFoot compares the strip with the one that m gets.
func isFoot(img *image.NRGBA, m Mark, height int, lossless bool) bool {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	want := footOf(m, w)
	if want.Rect.Dy() != height {
		return false
	}
	top := h - height
	begin := top / footSquare * footSquare
	strip := image.NewNRGBA(image.Rect(0, 0, w, h-begin))
	draw.Draw(strip, strip.Rect, img, image.Pt(0, begin), draw.Src)
	draw.Draw(strip, image.Rect(0, top-begin, w, h-begin), want, image.Point{}, draw.Src)
	if lossless {
		return bytes.Equal(strip.Pix, img.Pix[begin*img.Stride:])
	}
	ripples := rippled(strip)
	again, err := throughJPEG(strip)
	if err != nil {
		return false
	}
	for y := top - begin; y < h-begin; y++ {
		for x := range w {
			light, colour := footPlain, footPlain
			if y == top-begin && top%2 == 1 {
				light, colour = footBorder, footBorder
			} else if ripples[(y/footSquare)*squares(w)+x/footSquare] {
				light, colour = footLight, footRipple
			}
			is, drawn := img.Pix[(begin+y)*img.Stride+4*x:], again.Pix[y*again.Stride+4*x:]
			if far(brightness(img, x, begin+y), brightness(again, x, y), light) {
				return false
			}
			for c := range 3 {
				if far(int(is[c]), int(drawn[c]), colour) {
					return false
				}
			}
		}
	}
	return true
}

func far(a, b, allowed int) bool { return a-b > allowed || b-a > allowed }

func squares(length int) int { return (length + footSquare - 1) / footSquare }

// rippled tells which squares are not one plain white.
func rippled(strip *image.NRGBA) []bool {
	w, h := strip.Rect.Dx(), strip.Rect.Dy()
	out := make([]bool, squares(w)*squares(h))
	for y := range h {
		for x := range w {
			if p := strip.Pix[y*strip.Stride+4*x:]; p[0] != 255 || p[1] != 255 || p[2] != 255 {
				out[y/footSquare*squares(w)+x/footSquare] = true
			}
		}
	}
	return out
}

// throughJPEG is img as it comes back from the file of a copy.
func throughJPEG(img *image.NRGBA) (*image.NRGBA, error) {
	file, err := Encode(img, JPEG)
	if err != nil {
		return nil, err
	}
	again, err := jpeg.Decode(bytes.NewReader(file))
	if err != nil {
		return nil, err
	}
	return overWhite(again), nil
}

// lookAtMark reads the mark back and gives the picture above its foot, as it is
// and without the mark. Without a foot, both are all of the picture.
func (c *check) lookAtMark(img *image.NRGBA, lossless bool) (picture, plain *image.NRGBA) {
	whole := plane.Rect(img.Rect)
	m, height, ok := readFoot(img, lossless)
	if !ok {
		c.add(NoMark, CannotTell, whole)
		return img, img
	}
	c.Mark = m
	above := image.Rect(0, 0, img.Rect.Dx(), img.Rect.Dy()-height)
	picture = &image.NRGBA{Pix: img.Pix[:above.Dy()*img.Stride], Stride: img.Stride, Rect: above}
	for _, bare := range bareOfMark(picture, m) {
		c.add(NoMark, CannotTell, bare)
	}
	c.lookAtWords(m, plane.Rect(image.Rect(0, above.Max.Y, above.Max.X, img.Rect.Max.Y)))
	return picture, withoutMark(picture, m)
}
