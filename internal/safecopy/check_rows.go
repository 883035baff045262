package safecopy

import (
	"math"

	"github.com/sparekey/sparekey/internal/safecopy/plane"
	"github.com/sparekey/sparekey/internal/safecopy/reader"
)

// What a row of characters must be to be taken for a piece of a number line: titles
// in capitals stand as far apart at times, and are read as one less surely.
const (
	rowAlike   = 0.17 // how much pitch and height may differ from those of the number line
	rowLetters = 6    // characters in one run: fewer give no number away
	rowSurely  = 0.93 // in the mean, where none is a filler
	rowBroken  = 0.6  // less sure than that ends a stretch: it is cut, or a gap
	rowFillers = 3    // neighbouring ones, at whatever pitch
	rowFiller  = 0.7  // how surely each of those is read, where the pitch is another
	rowWithin  = 0.65 // in the mean, where some are fillers
	rowDigits  = 4    // in such a run that is cut, or among the names of the number line, where only letters stand
)

// lookForRows asks that no piece of a number line stands elsewhere than in it: its
// optional data may be letters and digits mixed, which no reader of numbers takes for one.
func (c *check) lookForRows(view *reader.View, z reader.Zone, solid *solidity) {
	for _, row := range reader.Rows(view, z) {
		if digitsInNames(row, z) >= rowDigits {
			c.add(OtherLine, CannotTell, plane.Quad{row.Slots[0][0], row.Slots[len(row.Slots)-1][1], row.Slots[len(row.Slots)-1][2], row.Slots[0][3]})
			return
		}
		like := isLikeLine(row, z)
		isOpen := func(i int) bool {
			_, on := z.At(middle(row.Slots[i]))
			return !on && row.Text[i] != reader.Covered && !solid.isCovered(row.Slots[i])
		}
		for from := 0; from < len(row.Slots); from++ {
			to := from
			for to < len(row.Slots) && isOpen(to) {
				to++
			}
			if isPieceOfLine(row.Text[from:to], row.Sure[from:to], like) {
				first, last := row.Slots[from], row.Slots[to-1]
				c.add(OtherLine, CannotTell, plane.Quad{first[0], last[1], last[2], first[3]})
				return
			}
			from = to
		}
	}
}

// Of the number line's own characters so many in a row are read where nothing covers
// them, however bad the photo.
const (
	overMost   = 4
	overUnread = 0.2 // how surely, at most
)

// lookOverLine asks that nothing lies over the open part of the number line: characters
// that cannot be read there may be others, in ink that shows in no view.
func (c *check) lookOverLine(z reader.Zone, solid *solidity) {
	for _, line := range z.Lines {
		run := 0
		for i, q := range line.Slots {
			if line.Text[i] == ' ' || line.Text[i] == reader.Covered || line.Sure[i] > overUnread || solid.isCovered(q) {
				run = 0
				continue
			}
			if run++; run > overMost {
				c.add(OtherLine, CannotTell, q)
				return
			}
		}
	}
}

// digitsInNames counts the characters of a row that are digits, surely, where the
// number line has letters or fillers: read as its own they become those.
func digitsInNames(row reader.Line, z reader.Zone) int {
	count := 0
	for i, q := range row.Slots {
		if c, on := z.At(middle(q)); on && (c >= 'A' && c <= 'Z' || c == '<') && row.Text[i] >= '0' && row.Text[i] <= '9' && row.Sure[i] > surely {
			count++
		}
	}
	return count
}

// isPieceOfLine judges one run of characters; like tells that they are as far apart
// and as high as those of the number line.
func isPieceOfLine(text string, sure []float64, like bool) bool {
	total, fillers, most, run := 0.0, 0, 0, 0
	least := legible
	if !like {
		least = rowFiller
	}
	for i := range text {
		total += sure[i]
		if text[i] != '<' || sure[i] < least {
			run = 0
			continue
		}
		fillers++
		run++
		most = max(most, run)
	}
	if len(text) < rowLetters {
		return false
	}
	return most >= rowFillers || like && (fillers > 0 && total > rowWithin*float64(len(text)) || total > rowSurely*float64(len(text)) || hasSureStretch(text, sure))
}

// hasSureStretch reports whether enough neighbouring characters are read surely, digits
// among them as in no title, also where those around them are cut or none.
func hasSureStretch(text string, sure []float64) bool {
	for from := range text {
		total, digits := 0.0, 0
		for to := from; to < len(text) && text[to] != ' ' && sure[to] >= rowBroken; to++ {
			total += sure[to]
			if text[to] >= '0' && text[to] <= '9' {
				digits++
			}
			if n := to - from + 1; n >= rowLetters && digits >= rowDigits && total > rowSurely*float64(n) {
				return true
			}
		}
	}
	return false
}

// isLikeLine compares a row with the number line.
func isLikeLine(row reader.Line, z reader.Zone) bool {
	alike := func(a, b float64) bool { return math.Abs(a/b-1) < rowAlike }
	pitch, high := sizeOf(row)
	for _, l := range z.Lines {
		if p, h := sizeOf(l); alike(pitch, p) && alike(high, h) {
			return true
		}
	}
	return false
}

// sizeOf is how far characters of a line stand apart, and how high they are, in the
// mean, in pixels.
func sizeOf(l reader.Line) (pitch, high float64) {
	n := len(l.Slots) - 1
	for _, q := range l.Slots {
		high += plane.Distance(q.At(0.5, 0), q.At(0.5, 1)) / float64(n+1)
	}
	return plane.Distance(middle(l.Slots[0]), middle(l.Slots[n])) / float64(n), high
}
