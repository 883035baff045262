package safecopy

import (
	"image"
	"slices"
	"strconv"
	"strings"

	"github.com/sparekey/sparekey/internal/safecopy/mrz"
	"github.com/sparekey/sparekey/internal/safecopy/plane"
	"github.com/sparekey/sparekey/internal/safecopy/reader"
)

// Options are what the person chose.
type Options struct {
	// CoverPhoto covers the holder's photo too.
	CoverPhoto bool
}

// Proposal is what to cover, before a person has looked.
type Proposal struct {
	Boxes []Box
	Notes []Note

	// Zones are the number lines that were found.
	Zones []reader.Zone
}

// NoteCode is stable: pages and commands choose their sentence by it.
type NoteCode string

// What was found, and what could not be.
const (
	FoundLine    NoteCode = "number-line"    // Args: the format. Its optional data is covered
	FoundPlace   NoteCode = "printed-number" // where this model prints it
	FoundCodes   NoteCode = "codes"          // Args: how many
	FoundDigits  NoteCode = "nine-digits"    // Args: how many rows pass the elfproef
	FoundPhoto   NoteCode = "portrait"
	NoLine       NoteCode = "no-number-line"
	NoPhoto      NoteCode = "no-portrait" // asked for, and where it is is not known
	SeveralLines NoteCode = "several-lines"
	OtherSide    NoteCode = "other-side"    // of this model the number is printed on the side that is not seen
	NotAllPlaces NoteCode = "places-unsure" // this state prints a number at places that are not known here
)

// Note is one thing to say about a proposal. It never holds a number of a person.
type Note struct {
	Code NoteCode
	Args []string
}

// Propose finds what has to be covered in an upright picture: the optional data
// of every number line with the check digits that depend on it, of every country;
// where the Dutch models print the number; every QR code and barcode; and rows of
// nine digits that pass the elfproef. Boxes reach half a character further.
func Propose(img image.Image, o Options) Proposal {
	gray := reader.NewView(img)
	p := &Proposal{Zones: reader.Zones(gray)}
	for _, z := range p.Zones {
		p.cover(z, gray.Bounds(), o)
	}
	switch len(p.Zones) {
	case 0:
		p.note(NoLine)
		if o.CoverPhoto {
			p.note(NoPhoto)
		}
	case 1:
	default:
		p.note(SeveralLines, strconv.Itoa(len(p.Zones)))
	}
	p.coverCodes(reader.Codes(gray))
	p.coverDigits(reader.Numbers(gray, nil))
	return *p
}

func (p *Proposal) note(code NoteCode, args ...string) {
	n := Note{Code: code, Args: args}
	if !slices.ContainsFunc(p.Notes, func(o Note) bool { return o.Code == code && slices.Equal(o.Args, args) }) {
		p.Notes = append(p.Notes, n)
	}
}

// cover puts boxes on one document.
func (p *Proposal) cover(z reader.Zone, picture image.Rectangle, o Options) {
	p.note(FoundLine, z.Format.String())
	pad := charWidth(z) / 2
	for _, span := range mrz.Optional(z.Format) {
		p.Boxes = append(p.Boxes, Box{Quad: spanOf(z.Lines[span.Line].Slots, span.From, span.To).Grow(pad), What: OptionalData})
	}
	places, known := numberPlaces(z, picture)
	for _, b := range places {
		p.Boxes = append(p.Boxes, Box{Quad: b.Quad.Grow(pad), What: b.What})
		p.note(FoundPlace)
	}
	if !known {
		p.note(NotAllPlaces)
	}
	m := modelOf(z)
	if m.otherSide {
		p.note(OtherSide)
	}
	if !o.CoverPhoto {
		return
	}
	h, ok := onto(z)
	q, inside := m.portrait.on(h, picture)
	if !ok || !inside || m.portrait == (region{}) {
		p.note(NoPhoto)
		return
	}
	p.Boxes = append(p.Boxes, Box{Quad: q, What: Portrait})
	p.note(FoundPhoto)
}

// spanOf is the region of the characters from (inclusive) to to (exclusive).
func spanOf(slots []plane.Quad, from, to int) plane.Quad {
	first, last := slots[from], slots[to-1]
	return plane.Quad{first[0], last[1], last[2], first[3]}
}

// charWidth is how wide a character of z is, in pixels.
func charWidth(z reader.Zone) float64 { return pitch(z.Lines[0].Slots) }

// pitch is how far apart characters stand in a row of at least two.
func pitch(slots []plane.Quad) float64 {
	a, b := middle(slots[0]), middle(slots[len(slots)-1])
	return plane.Distance(a, b) / float64(len(slots)-1)
}

func (p *Proposal) coverCodes(codes []reader.Code) {
	for _, c := range codes {
		b := c.Quad.Bounds()
		p.Boxes = append(p.Boxes, Box{Quad: c.Quad.Grow(float64(max(b.Dx(), b.Dy())) / 20), What: Code})
	}
	if len(codes) > 0 {
		p.note(FoundCodes, strconv.Itoa(len(codes)))
	}
}

// coverDigits covers rows that can be a citizen service number or repeat the
// optional data of a number line, but for those in number lines, of which the
// optional data is covered already.
func (p *Proposal) coverDigits(rows []reader.Number) {
	found := 0
	for _, n := range rows {
		if q := n.Quad; p.isRepeated(n.Digits) && !p.inLine(middle(q)) {
			p.Boxes = append(p.Boxes, Box{Quad: q.Grow(pitch(n.Slots) / 2), What: PrintedNumber})
			p.note(FoundPlace)
			continue
		}
		for _, span := range citizenNumbers(n) {
			q := spanOf(n.Slots, span[0], span[1])
			if p.inLine(middle(q)) {
				continue
			}
			p.Boxes = append(p.Boxes, Box{Quad: q.Grow(plane.Distance(q[0], q[1]) / 9 / 2), What: NineDigits})
			found++
		}
	}
	if found > 0 {
		p.note(FoundDigits, strconv.Itoa(found))
	}
}

// leastRepeated is how many digits together in optional data are looked for
// elsewhere on the document.
const leastRepeated = 8

// isRepeated reports whether the digits hold a number that also stands in the
// optional data of a number line, one misread digit forgiven: many states print the
// holder's number beside it.
func (p *Proposal) isRepeated(digits string) bool {
	for _, z := range p.Zones {
		for _, s := range mrz.Optional(z.Format) {
			for _, number := range strings.FieldsFunc(z.Lines[s.Line].Text[s.From:s.To], func(r rune) bool { return r < '0' || r > '9' }) {
				if len(number) >= leastRepeated && holds(digits, number) {
					return true
				}
			}
		}
	}
	return false
}

// holds reports whether number stands in digits, but for one digit. A number that
// fills optional data to its end has check digits behind it, which are not printed.
func holds(digits, number string) bool {
	for cut := range min(3, len(number)-leastRepeated+1) {
		part := number[:len(number)-cut]
		for from := 0; from+len(part) <= len(digits); from++ {
			other := 0
			for i := range len(part) {
				if digits[from+i] != part[i] {
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

func (p *Proposal) inLine(at plane.Point) bool {
	for _, z := range p.Zones {
		for _, l := range z.Lines {
			if spanOf(l.Slots, 0, len(l.Slots)).Grow(2).Contains(at) {
				return true
			}
		}
	}
	return false
}

// citizenNumbers are the parts of a row of digits, as written between gaps, that
// have nine digits together and pass the elfproef: from (inclusive) to to
// (exclusive).
func citizenNumbers(n reader.Number) (spans [][2]int) {
	starts := groups(n)
	ends := append(slices.Clone(starts[1:]), len(n.Digits))
	for i, from := range starts {
		for _, to := range ends[i:] {
			if to-from == 9 && mrz.Elfproef(n.Digits[from:to]) {
				spans = append(spans, [2]int{from, to})
			}
		}
	}
	return spans
}

// groups are where the parts of a row begin that stand apart from each other.
func groups(n reader.Number) []int {
	starts := []int{0}
	var steps []float64
	for i := 1; i < len(n.Slots); i++ {
		steps = append(steps, plane.Distance(middle(n.Slots[i-1]), middle(n.Slots[i])))
	}
	usual := slices.Sorted(slices.Values(steps))
	for i, step := range steps {
		if step > 1.35*usual[len(usual)/2] {
			starts = append(starts, i+1)
		}
	}
	return starts
}
