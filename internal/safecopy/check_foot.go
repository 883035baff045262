package safecopy

import (
	"image"

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
func readFoot(img *image.NRGBA) (m Mark, height int, ok bool) {
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
		if m, ok := readLabel(text); ok && isFoot(img, m, side) {
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

// footTolerance is how far a pixel of the strip may be from what was drawn, of
// 255: JPEG ripples beside the edges of letters and modules.
const footTolerance = 40

// isFoot compares the strip with the one that m gets.
func isFoot(img *image.NRGBA, m Mark, height int) bool {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	want := footOf(m, w)
	if want.Rect.Dy() != height {
		return false
	}
	// The picture above the strip reaches into its first blocks of JPEG.
	for y := range height {
		allowed := footTolerance
		if y < 16 {
			allowed = 2 * footTolerance
		}
		for x := range w {
			p := img.Pix[(h-height+y)*img.Stride+4*x:]
			v := int(want.Pix[y*want.Stride+x])
			for _, c := range p[:3] {
				if d := int(c) - v; d > allowed || d < -allowed {
					return false
				}
			}
		}
	}
	return true
}

// lookAtMark reads the mark back and gives the picture above its foot, as it is
// and without the mark. Without a foot, both are all of the picture.
func (c *check) lookAtMark(img *image.NRGBA) (picture, plain *image.NRGBA) {
	whole := plane.Rect(img.Rect)
	m, height, ok := readFoot(img)
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
