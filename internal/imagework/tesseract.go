package imagework

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"math"
	"strings"
	"time"

	"golang.org/x/image/draw"
)

// Tesseract is a second reader of text: the program of that name.
type Tesseract struct{ ctx context.Context }

const tesseract = "tesseract"

// Is reports whether the program is installed.
func (Tesseract) Is() bool { return has(tesseract) }

// read is how many pixels tesseract gets to read at most: more makes it slower,
// not better.
const read = 4e6

var tesseractLimits = Limits{Memory: 512 << 20, CPU: 20 * time.Second, Wall: 30 * time.Second, Output: 1 << 20}

// Read gives the lines that tesseract sees in img (safecopy.Second).
func (t Tesseract) Read(img image.Image) ([]string, error) {
	said, err := Task{
		Program: tesseract, Args: []string{"-", "-", "--psm", "11", "-l", "eng"},
		Env: []string{"OMP_THREAD_LIMIT=1"}, Input: bytes.NewReader(greyMap(img)), Limits: tesseractLimits,
	}.Run(t.ctx)
	if err != nil {
		return nil, err
	}
	return strings.FieldsFunc(string(said), func(r rune) bool { return r == '\n' || r == '\f' }), nil
}

// greyMap writes img in grey as a portable graymap (netpbm, "P5"), made smaller to
// what is read.
func greyMap(img image.Image) []byte {
	r := img.Bounds()
	scale := min(1, math.Sqrt(read/float64(max(1, r.Dx()*r.Dy()))))
	w, h := max(1, int(float64(r.Dx())*scale)), max(1, int(float64(r.Dy())*scale))
	small := img
	if scale < 1 {
		to := image.NewNRGBA(image.Rect(0, 0, w, h))
		draw.ApproxBiLinear.Scale(to, to.Rect, img, r, draw.Src, nil)
		small = to
	}
	at := small.Bounds().Min
	var b bytes.Buffer
	fmt.Fprintf(&b, "P5\n%d %d\n255\n", w, h)
	for y := range h {
		for x := range w {
			b.WriteByte(color.GrayModel.Convert(small.At(at.X+x, at.Y+y)).(color.Gray).Y)
		}
	}
	return b.Bytes()
}
