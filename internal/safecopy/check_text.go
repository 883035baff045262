package safecopy

import (
	"image"
	"slices"
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
	for _, line := range lines {
		for _, n := range numbersIn(line) {
			if !c.isOfMark(n) {
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

// mostGap is how many spaces, dots and dashes may stand between groups of digits.
const mostGap = 3

// numbersIn gives the digits in a line that pass the elfproef: nine, in one group
// or in several with spaces, dots or dashes between, or eight in one piece. In the
// line of a zone other digits stand before them without a gap.
func numbersIn(line string) []string {
	var found, groups []string
	run, gap := "", 0
	inZone := strings.Contains(line, "<<") && !strings.Contains(line, "D1NLD")
	end := func() {
		for i := 0; inZone && len(groups) == 0 && len(run) > 9 && i+9 <= len(run); i++ {
			if mrz.Elfproef(run[i : i+9]) {
				found = append(found, run[i:i+9])
			}
		}
		if run != "" {
			groups = append(groups, run)
		}
		found = append(found, numbersOf(groups)...)
		run, gap, groups = "", 0, nil
	}
	for _, r := range line {
		switch {
		case r >= '0' && r <= '9':
			if gap > 0 {
				groups, run, gap = append(groups, run), "", 0
			}
			run += string(r)
		case (r == ' ' || r == '.' || r == '-') && run != "" && gap < mostGap:
			gap++
		default:
			end()
		}
	}
	end()
	return found
}

// numbersOf are the neighbouring groups that are nine digits together, and single
// ones of eight, that pass the elfproef.
func numbersOf(groups []string) (found []string) {
	for i := range groups {
		digits := ""
		for _, g := range groups[i:] {
			if digits += g; len(digits) >= 9 {
				break
			}
		}
		for _, candidate := range []string{digits, groups[i]} {
			isWhole := candidate == groups[i]
			if (len(candidate) == 9 || len(candidate) == 8 && isWhole) && mrz.Elfproef(candidate) && !slices.Contains(found, candidate) {
				found = append(found, candidate)
			}
		}
	}
	return found
}

// hasNumber reports whether neighbouring groups are nine digits that pass the
// elfproef.
func hasNumber(groups []string) bool {
	return slices.ContainsFunc(numbersOf(groups), func(n string) bool { return len(n) == 9 })
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
