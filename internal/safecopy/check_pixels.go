package safecopy

import (
	"image"
	"math"
	"slices"
	"strings"

	"github.com/sparekey/sparekey/internal/safecopy/mrz"
	"github.com/sparekey/sparekey/internal/safecopy/plane"
	"github.com/sparekey/sparekey/internal/safecopy/reader"
)

// lookAtPixels judges what the picture shows: first what must be proven, and
// then, in as many views as are still worth the time, what can be read.
func (c *check) lookAtPixels(img *image.NRGBA, lossless bool) {
	picture, plain := c.lookAtMark(img, lossless)
	if c.worst() == Unsafe {
		return // by its file or by its words
	}
	solid := newSolidity(picture, lossless)
	red := viewOf(plain, viewKinds[redView])
	// Paint of the mark hardly darkens red: there the characters are as they were.
	zone, ok := c.remains(reader.Remains(red, solid.isCovered), picture)
	if ok {
		c.lookAtOptional(zone, solid)
		c.lookAtPlaces(zone, solid)
		c.lookBeside(red, zone, solid)
		c.lookForRows(red, zone, solid)
		c.lookOverLine(zone, solid)
	}
	if c.worst() == Safe && !c.want.Glance {
		c.lookForRows(viewOf(plain, lightOnDark), zone, solid)
	}
	for i, kind := range viewKinds {
		if worst := c.worst(); worst == Unsafe || worst == CannotTell && i > redView {
			break
		}
		if c.want.Glance && i != redView && i != darkView {
			continue
		}
		v := red
		if i != redView {
			v = viewOf(plain, kind)
		}
		if i == blueView && ok {
			c.lookForRows(v, zone, solid)
		}
		c.lookForNumbers(v, zone, solid)
		if c.worst() == Safe && (i == redView || i == darkView && !c.want.Glance) {
			c.lookForCodes(v, solid)
		}
	}
	if c.worst() != Unsafe {
		c.askSeconds(picture)
	}
}

// remains chooses the one number line of the copy of what remains of some.
func (c *check) remains(zones []reader.Zone, picture *image.NRGBA) (reader.Zone, bool) {
	if len(zones) == 0 || !zones[0].Exact {
		c.add(NoNumberLine, CannotTell, plane.Rect(picture.Rect))
		return reader.Zone{}, false
	}
	if len(zones) > 1 {
		c.add(TwoLines, CannotTell, around(zones[1]))
	}
	return refitted(zones[0]), true
}

// isCovered reports whether the middle of a slot is as dark as a box.
func (s *solidity) isCovered(slot plane.Quad) bool {
	return s.darkShare(slot.Part(0.15, 0.2, 0.85, 0.8)) == 1
}

// darkShare is the share of q that is as dark as a box; all of it outside the
// picture.
func (s *solidity) darkShare(q plane.Quad) float64 {
	all, dark := 0, 0
	in := q.Bounds().Intersect(s.img.Rect)
	for y := in.Min.Y; y < in.Max.Y; y++ {
		for x := in.Min.X; x < in.Max.X; x++ {
			if q.Contains(plane.Point{X: float64(x) + 0.5, Y: float64(y) + 0.5}) {
				all++
				if s.depth[y*s.img.Rect.Dx()+x] > 1 {
					dark++
				}
			}
		}
	}
	if all == 0 {
		return 0
	}
	return float64(dark) / float64(all)
}

// surelyDigits is how sure the reader must be, in the mean, that a row is digits.
const surelyDigits = 0.8

// surelyAny is how surely a row of digits is read that passes no test: names in capitals
// are read as such at times, but less surely.
const surelyAny = 0.85

// lookalike are the letters that are read as digits.
var lookalike = strings.NewReplacer("O", "0", "D", "0", "Q", "0", "I", "1", "L", "1", "Z", "2", "S", "5", "G", "6", "B", "8")

// legible is how sure the reader must be of a character for it to count as
// read. It is low: what a machine half reads, a person reads.
const legible = 0.5

// showsOptional reports whether characters of the optional data, other than
// fillers, were read in a zone.
func showsOptional(z reader.Zone, solid *solidity) bool {
	for _, s := range mrz.Optional(z.Format) {
		for i := s.From; i < s.To; i++ {
			line := z.Lines[s.Line]
			if line.Text[i] != '<' && line.Sure[i] > legible && !solid.isCovered(line.Slots[i]) {
				return true
			}
		}
	}
	return false
}

// around is the region of a zone.
func around(z reader.Zone) plane.Quad {
	first, last := z.Lines[0].Slots, z.Lines[len(z.Lines)-1].Slots
	return plane.Quad{first[0][0], first[len(first)-1][1], last[len(last)-1][2], last[0][3]}
}

// edgePart is how much of a box outside what it covers is looked at for what is
// painted on it, in characters: boxes are padded by half a character.
const edgePart = 0.4

// lookAtOptional asks that every slot of the optional data lies in a box, with
// a part of a character more on each side, as boxes are padded.
func (c *check) lookAtOptional(z reader.Zone, solid *solidity) {
	for _, s := range mrz.Optional(z.Format) {
		slots := z.Lines[s.Line].Slots[s.From:s.To]
		span := plane.Quad{slots[0][0], slots[len(slots)-1][1], slots[len(slots)-1][2], slots[0][3]}
		weakest := 1.0
		for i, slot := range slots {
			left, right := 0.0, 1.0
			if i == 0 {
				left = -0.15
			}
			if i == len(slots)-1 {
				right = 1.15
			}
			flat, core := solid.covers(slot.Part(left, 0.06, right, 0.94))
			if !flat {
				core = -1
			}
			weakest = min(weakest, core)
		}
		switch {
		case weakest < 0:
			c.add(FieldNotSolid, Unsafe, span)
		case weakest < coreAtLeast:
			// So low that the ripples of JPEG reach everywhere.
			c.add(FieldNotSolid, CannotTell, span)
		case solid.hasPaint(span.Grow(edgePart * charWidth(z))):
			c.add(FieldNotSolid, CannotTell, span)
		}
	}
}

// lookAtPlaces asks that every place where this model of a document prints a
// number, or what holds one, lies in a box.
func (c *check) lookAtPlaces(z reader.Zone, solid *solidity) {
	places, isKnown := numberPlaces(z, solid.img.Rect)
	if !isKnown {
		c.add(UnknownModel, CannotTell, around(z))
	}
	for _, p := range places {
		// Places are listed wider than what is printed there. Boxes are padded by
		// half a character; so much the line may tell otherwise on the copy.
		flat, core := solid.covers(p.Quad.Grow(-charWidth(z) / 2))
		switch {
		case !flat && p.What == Code:
			c.add(CodeOpen, Unsafe, p.Quad)
		case !flat:
			c.add(PrintedOpen, Unsafe, p.Quad)
		case core < coreAtLeast || solid.hasPaint(p.Quad):
			c.add(FieldNotSolid, CannotTell, p.Quad)
		}
	}
}

// lookForNumbers looks in one view for number lines, rows of digits and codes
// that can be read.
func (c *check) lookForNumbers(view *reader.View, zone reader.Zone, solid *solidity) {
	zones := reader.Zones
	if c.want.Glance {
		zones = reader.Glance
	}
	for _, z := range zones(view) {
		if showsOptional(z, solid) {
			c.addOnce(NumberLineOpen, Unsafe, around(z))
		}
	}
	numbers := reader.AllNumbers(view)
	if !c.want.Glance {
		numbers = append(numbers, reader.FinePrint(view)...)
	}
	// Light on dark, the gaps between characters of the zone look like digits; what is
	// written over it stands closer or farther apart.
	numbers = slices.DeleteFunc(numbers, func(n reader.Number) bool {
		_, on := zone.At(n.Quad.At(0.5, 0.5))
		return n.Light && on && isAsFarApart(n, zone) || isPattern(n)
	})
	for _, n := range numbers {
		switch {
		case c.isOfMark(n.Digits) || isOfZone(n, zone) || isInZone(n.Digits, zone):
		case hasElfproef(n.Digits) && n.Sure > surelyDigits:
			c.addOnce(DigitsOpen, Unsafe, n.Quad)
		case hasElfproef(n.Digits):
			c.addOnce(OtherDigits, CannotTell, n.Quad)
		case len(n.Digits) >= 9 && len(n.Digits) <= 10 && n.Sure > surelyAny:
			c.addOnce(OtherDigits, CannotTell, n.Quad)
		}
	}
}

// beyondDoubt is how surely nearly equal digits are read where they are digits.
const beyondDoubt = 0.95

// isPattern reports whether what was read as a number is strokes that return, such as
// those between the words of the mark: all but two of its digits are the same, and
// none too surely. Of numbers hardly one in thirty thousand is like that.
func isPattern(n reader.Number) bool {
	most := 0
	for _, d := range "0123456789" {
		most = max(most, strings.Count(n.Digits, string(d)))
	}
	return most >= len(n.Digits)-2 && n.Sure < beyondDoubt
}

// isAsFarApart reports whether the digits of a number are as far apart as the
// characters of the number line.
func isAsFarApart(n reader.Number, z reader.Zone) bool {
	pitch := plane.Distance(n.Quad.At(0, 0.5), n.Quad.At(1, 0.5)) / float64(len(n.Digits))
	for _, l := range z.Lines {
		if p, _ := sizeOf(l); math.Abs(pitch/p-1) < rowAlike {
			return true
		}
	}
	return false
}

// lookForCodes looks for codes that can be read. Others that look like one are
// found in the mark and in patterns; where a document has a code, its place must
// be solid all the same.
func (c *check) lookForCodes(view *reader.View, solid *solidity) {
	for _, code := range reader.Codes(view) {
		switch {
		case code.Text != "":
			c.addOnce(CodeOpen, Unsafe, code.Quad)
		case code.Kind == reader.QRCode && solid.darkShare(code.Quad) < 0.9:
			c.addOnce(CodeMaybe, CannotTell, code.Quad)
		}
	}
}

// isInZone reports whether digits stand in the open part of the number line too,
// but for one that was misread: then they are the number of the document.
func isInZone(digits string, z reader.Zone) bool {
	for _, line := range z.Lines {
		text := lookalike.Replace(line.Text)
		for i := 0; i+len(digits) <= len(text); i++ {
			other := 0
			for k := range len(digits) {
				if text[i+k] != digits[k] {
					other++
				}
			}
			if other <= 1 {
				return true
			}
		}
	}
	return false
}

// hasElfproef reports whether nine neighbouring digits pass it.
func hasElfproef(digits string) bool {
	if len(digits) == 8 {
		return mrz.Elfproef(digits)
	}
	for i := 0; i+9 <= len(digits); i++ {
		if mrz.Elfproef(digits[i : i+9]) {
			return true
		}
	}
	return false
}

// isOfZone reports whether a row of digits is what can be seen of the zone itself:
// half of them, which chance never does, lie on characters that look like them, also the other way up.
func isOfZone(n reader.Number, z reader.Zone) bool {
	looks := &lookAlikes
	if isTurned(n, z) {
		looks = &turnedAlikes
	}
	alike := 0
	for i, slot := range n.Slots {
		if c, ok := z.At(slot.At(0.5, 0.5)); ok && strings.IndexByte(looks[n.Digits[i]-'0'], c) >= 0 {
			alike++
		}
	}
	return 2*alike >= len(n.Digits)
}

// isTurned reports whether a row runs against the number line.
func isTurned(n reader.Number, z reader.Zone) bool {
	if len(n.Slots) == 0 || len(z.Lines) == 0 {
		return false
	}
	line := z.Lines[0].Slots
	from, to := middle(line[0]), middle(line[len(line)-1])
	first, last := middle(n.Slots[0]), middle(n.Slots[len(n.Slots)-1])
	return (to.X-from.X)*(last.X-first.X)+(to.Y-from.Y)*(last.Y-first.Y) < 0
}

// lookAlikes are the characters that are read as each digit, turnedAlikes those
// that are when they stand on their heads.
var (
	lookAlikes   = [10]string{"0OQDCUG", "1ILT", "2Z", "3", "4A", "5S", "6G", "7T", "8B", "9"}
	turnedAlikes = [10]string{"0OQDCUG", "1IL", "27Z", "3E", "4H", "5S", "9", "LT", "8B", "6G"}
)

// addOnce leaves out what was told of the same place already.
func (c *check) addOnce(code ReasonCode, answer Answer, region plane.Quad) {
	for _, r := range c.Reasons {
		if r.Code == code && r.Region.Contains(region.At(0.5, 0.5)) {
			return
		}
	}
	c.add(code, answer, region)
}
