package safecopy

import (
	"image"
	"image/color"
	"image/draw"
	"strings"

	"rsc.io/qr"
)

// footTitle begins the text of our own QR code; the number is its version.
const footTitle = "SAFE-COPY/1"

// label is the text of the QR code at the foot of a copy.
func (m Mark) label() string {
	return strings.Join([]string{footTitle, m.Date, m.Case, m.For, m.Purpose}, "\n")
}

// readLabel reads what label wrote. It reports false for any other text.
func readLabel(text string) (Mark, bool) {
	parts := strings.Split(text, "\n")
	if len(parts) != 5 || parts[0] != footTitle {
		return Mark{}, false
	}
	m := Mark{Date: parts[1], Case: parts[2], For: parts[3], Purpose: parts[4]}
	return m, m == m.clean()
}

// footOf draws the strip under a copy of that width: a QR code with label, and
// the words of the mark in plain black.
func footOf(m Mark, width int) *image.Gray {
	module := footModule(width)
	code, err := qr.Encode(m.label(), qr.M)
	if err != nil {
		// Four texts of markLetters letters fit, whatever the letters.
		panic("the label of a mark does not fit a QR code: " + err.Error())
	}
	const quiet = footQuiet
	side := (code.Size + 2*quiet) * module
	foot := image.NewGray(image.Rect(0, 0, width, side))
	draw.Draw(foot, foot.Rect, image.White, image.Point{}, draw.Src)
	for y := range code.Size {
		for x := range code.Size {
			if code.Black(x, y) {
				at := image.Rect(x+quiet, y+quiet, x+quiet+1, y+quiet+1)
				square := image.Rect(at.Min.X*module, at.Min.Y*module, at.Max.X*module, at.Max.Y*module)
				draw.Draw(foot, square, image.Black, image.Point{}, draw.Src)
			}
		}
	}
	space := image.Rect(side, 0, width-quiet*module, side)
	writeFoot(foot, space, m)
	return foot
}

// writeFoot writes the words in as large letters as fit in space.
func writeFoot(foot *image.Gray, space image.Rectangle, m Mark) {
	var lines []string
	for _, parts := range [][]string{{"COPY", "KOPIE"}, {m.For}, {m.Purpose}, {m.Date, m.Case}} {
		if l := strings.Trim(strings.Join(parts, " · "), " ·"); l != "" {
			lines = append(lines, l)
		}
	}
	if space.Dx() < 8 {
		return
	}
	const trial = 64.0
	widest := 1
	for _, l := range lines {
		widest = max(widest, writeLine(l, trial, 0).Rect.Dx())
	}
	em := min(float64(space.Dy())/(1.4*float64(len(lines))+0.4), trial*float64(space.Dx())/float64(widest+4))
	if em < 1 {
		return
	}
	top := float64(space.Min.Y) + (float64(space.Dy())-1.4*em*float64(len(lines)))/2
	for i, l := range lines {
		mask := writeLine(l, em, 0)
		at := image.Pt(space.Min.X, int(top+1.4*em*float64(i)))
		draw.DrawMask(foot, mask.Rect.Add(at), image.NewUniform(color.Gray{}), image.Point{}, mask, image.Point{}, draw.Over)
	}
}
