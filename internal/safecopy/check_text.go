package safecopy

import (
	"image"
	"strings"

	"github.com/sparekey/sparekey/internal/safecopy/mrz"
	"github.com/sparekey/sparekey/internal/safecopy/plane"
)

// askSeconds lets every other reader look at the picture above the foot.
func (c *check) askSeconds(img *image.NRGBA) {
	whole := plane.Rect(img.Rect)
	for _, s := range c.second {
		for _, seen := range []*image.NRGBA{img, stretched(img)} {
			lines, err := s.Read(seen)
			if err != nil {
				c.add(SecondFailed, CannotTell, whole)
				break
			}
			if c.holdsNumber(lines) {
				c.add(SecondRead, Unsafe, whole)
				break
			}
		}
	}
}

// stretched makes the dark half of the picture light, where a bar leaves a
// number behind.
func stretched(img *image.NRGBA) *image.NRGBA {
	out := image.NewNRGBA(img.Rect)
	for y := range img.Rect.Dy() {
		from, to := img.Pix[y*img.Stride:], out.Pix[y*out.Stride:]
		for i := 0; i < 4*img.Rect.Dx(); i += 4 {
			for ch := range 3 {
				to[i+ch] = uint8(min(int(from[i+ch])*4, 255))
			}
			to[i+3] = 255
		}
	}
	return out
}

// holdsNumber reports whether lines of text show a number that may be a
// citizen's, or a whole zone.
func (c *check) holdsNumber(lines []string) bool {
	known := digitsOnly(c.Mark.Date + " " + c.Mark.Case + " " + c.Mark.For + " " + c.Mark.Purpose)
	for _, line := range lines {
		for _, n := range numbersIn(line) {
			if !strings.Contains(known, n) {
				return true
			}
		}
	}
	return holdsZone(lines)
}

func digitsOnly(text string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, text)
}

// numbersIn gives the runs of digits in a line that pass the elfproef: nine,
// also with a space, dot or dash between groups, or eight in one piece. In the
// line of a zone other digits stand before them without a gap.
func numbersIn(line string) []string {
	var found []string
	run, parted, gap := "", false, false
	inZone := strings.Contains(line, "<<") && !strings.Contains(line, "D1NLD")
	end := func() {
		for i := 0; inZone && !parted && len(run) > 9 && i+9 <= len(run); i++ {
			if mrz.Elfproef(run[i : i+9]) {
				found = append(found, run[i:i+9])
			}
		}
		if mrz.Elfproef(run) && (len(run) == 9 || !parted) {
			found = append(found, run)
		}
		run, parted, gap = "", false, false
	}
	for _, r := range line {
		switch {
		case r >= '0' && r <= '9':
			parted = parted || gap
			gap = false
			run += string(r)
		case (r == ' ' || r == '.' || r == '-') && run != "" && !gap:
			gap = true
		default:
			end()
		}
	}
	end()
	return found
}

// holdsZone reports whether some neighbouring lines are a machine-readable
// zone whose check digits agree.
func holdsZone(lines []string) bool {
	var close []string
	for _, l := range lines {
		if l = strings.ReplaceAll(l, " ", ""); len(l) >= 30 {
			close = append(close, l)
		}
	}
	for _, f := range mrz.Formats() {
		for i := range close {
			if i+f.Lines() > len(close) {
				break
			}
			if d, err := mrz.Parse(close[i : i+f.Lines()]); err == nil && len(d.Wrong) == 0 {
				return true
			}
		}
	}
	return false
}
