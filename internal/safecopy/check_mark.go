package safecopy

import (
	"image"
	"math"
	"strings"
	"time"

	"github.com/sparekey/sparekey/internal/safecopy/plane"
)

// How surely the mark must be read back in a cell of the picture.
const (
	cellEms      = 4.0  // side of a cell, in ems
	cellAlike    = 0.35 // least correlation of the redness with the mark
	cellStrength = 0.2  // least opacity of the mark
	cellOpen     = 0.25 // a cell of which less is outside boxes is not asked
)

// redness is how much redder than its other light a pixel is: paint of the
// mark adds to it, and ink and paper of any grey have none.
func redness(p []uint8) float64 { return float64(p[0]) - (float64(p[1])+float64(p[2]))/2 }

// inkRedness is the redness of the mark's own colour.
var inkRedness = redness([]uint8{markColour.R, markColour.G, markColour.B})

// bareOfMark gives the cells of the picture where the mark of m cannot be read
// back. Cells that boxes cover are left out, and ones where the mark has almost
// no letters.
func bareOfMark(img *image.NRGBA, m Mark) []plane.Quad {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	em := markEm(w, h)
	v, step := weaveOf(m, w, h), max(int(em/12), 1)
	across, down := cells(w, em), cells(h, em)
	var bare []plane.Quad
	for j := range down {
		for i := range across {
			cell := image.Rect(w*i/across, h*j/down, w*(i+1)/across, h*(j+1)/down)
			if !isMarked(img, v, cell, step) {
				bare = append(bare, plane.Rect(cell))
			}
		}
	}
	return bare
}

func cells(length int, em float64) int { return max(int(float64(length)/(cellEms*em)), 1) }

// isMarked correlates the redness in a cell with the ink that v puts there.
func isMarked(img *image.NRGBA, v weave, cell image.Rectangle, step int) bool {
	var n, all, sumInk, sumRed, inkInk, redRed, inkRed float64
	for y := cell.Min.Y; y < cell.Max.Y; y += step {
		for x := cell.Min.X; x < cell.Max.X; x += step {
			all++
			p := img.Pix[y*img.Stride+4*x:]
			if max(p[0], p[1], p[2]) < 40 {
				continue // a box, or black that hides the mark all the same
			}
			ink, red := float64(v.at(x, y))/255, redness(p)
			n++
			sumInk, sumRed = sumInk+ink, sumRed+red
			inkInk, redRed, inkRed = inkInk+ink*ink, redRed+red*red, inkRed+ink*red
		}
	}
	if n < cellOpen*all {
		return true
	}
	inks, reds := inkInk-sumInk*sumInk/n, redRed-sumRed*sumRed/n
	both := inkRed - sumInk*sumRed/n
	if inks < 0.02*n {
		return true
	}
	return both > cellAlike*math.Sqrt(inks*reds) && both > cellStrength*inkRedness*inks
}

// lookAtWords compares what the mark says with what the copy must be for.
func (c *check) lookAtWords(m Mark, where plane.Quad) {
	day, err := time.Parse(time.DateOnly, m.Date)
	if err != nil {
		c.add(NoDate, CannotTell, where)
	} else if date := day.Format(time.DateOnly); c.want.Since != "" && date < c.want.Since || c.want.Today != "" && date > c.want.Today {
		c.add(Stale, CannotTell, where)
	}
	if c.want.Case != "" && m.Case != oneLine(c.want.Case) {
		c.add(OtherCase, CannotTell, where)
	}
	if m.For == "" || c.want.For != "" && !strings.EqualFold(m.For, oneLine(c.want.For)) {
		c.add(OtherFor, CannotTell, where)
	}
}
