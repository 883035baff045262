package safecopy

import (
	"image"
	"math"
	"strings"
	"time"
	"unicode"

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
	s := sampled(img, weaveOf(m, w, h), max(int(em/12), 1))
	s.flatten(max(int(0.6*em)/s.step, 2))
	across, down := cells(w, em), cells(h, em)
	var bare []plane.Quad
	for j := range down {
		for i := range across {
			cell := image.Rect(w*i/across, h*j/down, w*(i+1)/across, h*(j+1)/down)
			if !s.isMarked(cell) {
				bare = append(bare, plane.Rect(cell))
			}
		}
	}
	return bare
}

func cells(length int, em float64) int { return max(int(float64(length)/(cellEms*em)), 1) }

// samples are every so many pixels of a picture: how red they are, how much ink
// the mark puts there, and whether they count.
type samples struct {
	step, w, h int
	red, ink   []float64
	ground     []float64 // how red what is around is, in the mean
	counts     []float64 // 0 or 1
}

func sampled(img *image.NRGBA, v weave, step int) *samples {
	s := &samples{step: step, w: (img.Rect.Dx() + step - 1) / step, h: (img.Rect.Dy() + step - 1) / step}
	s.red, s.ink, s.counts = make([]float64, s.w*s.h), make([]float64, s.w*s.h), make([]float64, s.w*s.h)
	line := make([]uint8, img.Rect.Dx())
	for y := range s.h {
		v.line(y*step, line)
		for x := range s.w {
			p := img.Pix[y*step*img.Stride+4*x*step:]
			if max(p[0], p[1], p[2]) < 40 {
				continue // a box, or black that hides the mark all the same
			}
			at := y*s.w + x
			s.red[at], s.ink[at], s.counts[at] = redness(p), float64(line[x*step])/255, 1
		}
	}
	return s
}

// flatten takes the mean of what is around off every sample, so that the
// document's own colours and the edge of the table do not count.
func (s *samples) flatten(reach int) {
	count, red, ink := s.sums(s.counts), s.sums(s.red), s.sums(s.ink)
	s.ground = make([]float64, len(s.red))
	for y := range s.h {
		for x := range s.w {
			at := y*s.w + x
			if s.counts[at] == 0 {
				continue
			}
			around := image.Rect(x-reach, y-reach, x+reach+1, y+reach+1).Intersect(image.Rect(0, 0, s.w, s.h))
			n := s.within(count, around)
			s.ground[at] = s.within(red, around) / n
			s.red[at] -= s.ground[at]
			s.ink[at] -= s.within(ink, around) / n
		}
	}
}

// sums holds at (x, y) the sum of all values above and to the left of it.
func (s *samples) sums(of []float64) []float64 {
	out := make([]float64, (s.w+1)*(s.h+1))
	for y := range s.h {
		row := 0.0
		for x := range s.w {
			row += of[y*s.w+x]
			out[(y+1)*(s.w+1)+x+1] = out[y*(s.w+1)+x+1] + row
		}
	}
	return out
}

func (s *samples) within(sums []float64, r image.Rectangle) float64 {
	at := func(x, y int) float64 { return sums[y*(s.w+1)+x] }
	return at(r.Max.X, r.Max.Y) - at(r.Min.X, r.Max.Y) - at(r.Max.X, r.Min.Y) + at(r.Min.X, r.Min.Y)
}

// isMarked correlates the redness in a cell with the ink of the mark there.
func (s *samples) isMarked(cell image.Rectangle) bool {
	var n, all, inks, reds, both, full float64
	for y := cell.Min.Y / s.step; y < min(cell.Max.Y/s.step, s.h); y++ {
		for x := cell.Min.X / s.step; x < min(cell.Max.X/s.step, s.w); x++ {
			at := y*s.w + x
			all++
			n += s.counts[at]
			if s.counts[at] > 0 {
				inks, reds, both = inks+s.ink[at]*s.ink[at], reds+s.red[at]*s.red[at], both+s.ink[at]*s.red[at]
				// What opaque ink would add to this ground.
				full += s.ink[at] * s.ink[at] * (inkRedness - s.ground[at])
			}
		}
	}
	if n < cellOpen*all || inks < 0.02*n {
		return true
	}
	return both > cellAlike*math.Sqrt(inks*reds) && both > cellStrength*full && both > 0
}

// lookAtWords compares what the mark says with what the copy must be for.
func (c *check) lookAtWords(m Mark, where plane.Quad) {
	day, err := time.Parse(time.DateOnly, m.Date)
	if err != nil {
		c.add(NoDate, CannotTell, where)
	} else if date := day.Format(time.DateOnly); c.want.Since != "" && date < c.want.Since || c.want.Today != "" && date > c.want.Today {
		c.add(Stale, CannotTell, where)
	}
	if m.HasNumber() {
		c.add(MarkNumber, Unsafe, where)
	}
	if c.want.Case != "" && m.Case != oneLine(c.want.Case) {
		c.add(OtherCase, CannotTell, where)
	}
	if m.For == "" || c.want.For != "" && !strings.EqualFold(m.For, oneLine(c.want.For)) {
		c.add(OtherFor, CannotTell, where)
	}
}

// HasNumber reports whether a text of the mark holds nine digits that can be a
// citizen service number, in whatever digits, with anything but letters between.
func (m Mark) HasNumber() bool {
	for _, text := range []string{m.For, m.Purpose, m.Date, m.Case} {
		var groups []string
		run := ""
		end := func(isGap bool) {
			if run != "" {
				groups, run = append(groups, run), ""
			}
			if !isGap {
				groups = nil
			}
		}
		for _, r := range oneLine(text) + " " {
			if d, ok := digitOf(r); ok {
				run += string(d)
				continue
			}
			end(!unicode.IsLetter(r))
			if hasNumber(groups) {
				return true
			}
		}
	}
	return false
}

// digitOf is the value of a decimal digit of any script, as one of 0 to 9. Digits
// of one script follow each other, from zero.
func digitOf(r rune) (rune, bool) {
	if !unicode.IsDigit(r) {
		return 0, false
	}
	zero := r
	for unicode.IsDigit(zero-1) && r-zero < 9 {
		zero--
	}
	if r > unicode.MaxASCII && unicode.Is(mathematical, r) {
		zero = r - (r-0x1d7ce)%10
	}
	return '0' + r - zero, true
}

// mathematical are five sets of ten digits without a gap between the sets.
var mathematical = &unicode.RangeTable{R32: []unicode.Range32{{Lo: 0x1d7ce, Hi: 0x1d7ff, Stride: 1}}}

// isOfMark reports whether digits stand in one text of the mark, or in its date
// and case, which are one line.
func (c *check) isOfMark(digits string) bool {
	m := c.Mark
	for _, text := range []string{m.For, m.Purpose, m.Date + " " + m.Case} {
		if strings.Contains(digitsOnly(text), digits) {
			return true
		}
	}
	return false
}

// withoutMark takes the mark of m off a picture that has it, as far as the eight
// bits of a channel allow, so that what is under it can be read.
func withoutMark(img *image.NRGBA, m Mark) *image.NRGBA {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	out, v, without := image.NewNRGBA(image.Rect(0, 0, w, h)), weaveOf(m, w, h), bareColours()
	line := make([]uint8, w)
	for y := range h {
		from, to := img.Pix[y*img.Stride:y*img.Stride+4*w], out.Pix[y*out.Stride:]
		copy(to, from)
		v.line(y, line)
		for x, most := range line {
			if most == 0 {
				continue
			}
			bare, p := &without[most], to[4*x:4*x+3:4*x+3]
			p[0], p[1], p[2] = bare[0][p[0]], bare[1][p[1]], bare[2][p[2]]
		}
	}
	return out
}

// bareColours tells of every strength of the mark's ink, and of each of red, green
// and blue, what was there before it: the same for all pixels that are alike.
func bareColours() *[256][3][256]uint8 {
	all := new([256][3][256]uint8)
	ink := [3]int{int(markColour.R), int(markColour.G), int(markColour.B)}
	for most := range all {
		cover := int(float64(most) * markOpacity)
		for c := range 3 {
			for now := range 256 {
				all[most][c][now] = uint8(min(max((now*255-ink[c]*cover+(255-cover)/2)/(255-cover), 0), 255))
			}
		}
	}
	return all
}
