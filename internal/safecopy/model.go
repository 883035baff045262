package safecopy

import (
	"image"
	"strings"

	"github.com/sparekey/sparekey/internal/safecopy/mrz"
	"github.com/sparekey/sparekey/internal/safecopy/plane"
	"github.com/sparekey/sparekey/internal/safecopy/reader"
)

// A model is a kind of document, known by its number line.
type model struct {
	// places are where it prints the holder's number, or a code with it, on the
	// side with the number line: in millimetres from the document's top left.
	places []place

	// portrait is where the holder's photo is on that side; zero where there is none.
	portrait region

	// elsewhere reports that a national number may be printed at places that are
	// not known here.
	elsewhere bool

	// otherSide reports that the number is printed on the side without the line.
	otherSide bool
}

type place struct {
	what What
	region
}

// region is left, top, right and bottom in millimetres.
type region [4]float64

// The places are wide enough for what differs between the years of one model.
var (
	dutchPassport2001 = model{places: []place{{PrintedNumber, region{82, 19, 123, 34}}}, portrait: region{4, 12, 41, 61}}
	dutchPassport2014 = model{portrait: region{4, 12, 41, 61}, otherSide: true}
	dutchIdentity2014 = model{places: []place{{PrintedNumber, region{50, 1.5, 84, 13}}}}
	dutchIdentity2021 = model{places: []place{{PrintedNumber, region{43, 1.5, 84, 23}}}}
	dutchLicence      = model{places: []place{{PrintedNumber, region{-2, -2, 52, 14}}, {Code, region{52, 2, 86, 30}}}}
	otherPassport     = model{portrait: region{4, 12, 41, 61}}
	otherCard         = model{}
)

// nationalNumber are the states whose documents carry a national number that
// is also printed on them, at places not listed here.
var nationalNumber = map[string]bool{
	"ESP": true, "EST": true, "LTU": true, "LVA": true, "SWE": true, "HRV": true, "SVN": true, "SRB": true,
	"BEL": true, "POL": true, "CZE": true, "FIN": true, "ISL": true, "TWN": true,
}

// modelOf tells the model from what its number line says. Covered characters
// read as anything, so that nothing here leans on the optional data alone:
// where two Dutch models may be meant, the places of both count.
func modelOf(z reader.Zone) model {
	top := z.Lines[0].Text
	switch z.Format {
	case mrz.Licence:
		return dutchLicence
	case mrz.TD1:
		switch {
		case !isDutch(z):
			return foreign(z, otherCard)
		case strings.HasPrefix(top, "IR") && isSure(z.Lines[0], 1, 2):
			return otherCard
		}
		return dutchCard(z.Lines[1].Text)
	case mrz.TD3:
		if !isDutch(z) {
			return foreign(z, otherPassport)
		}
		return dutchPassport(z.Lines[1].Text)
	}
	return foreign(z, model{})
}

// foreign is m as another state than the Netherlands makes it. A state that was
// not read surely may be any.
func foreign(z reader.Zone, m model) model {
	m.elsewhere = nationalNumber[z.Lines[0].Text[2:5]] || !isSure(z.Lines[0], 2, 5)
	return m
}

// surely is how far a character must be believed that no check digit counts.
const surely = 0.8

// isSure reports whether characters of a line are open, and surely what was read.
func isSure(line reader.Line, from, to int) bool {
	for i := from; i < to; i++ {
		if line.Text[i] == reader.Covered || line.Sure[i] < surely {
			return false
		}
	}
	return true
}

// isDutch reports whether the issuing state is the Netherlands, one misread letter
// forgiven; or, where that state was not read surely, the holder is Dutch.
func isDutch(z reader.Zone) bool {
	if areAlike(z.Lines[0].Text[2:5], "NLD") {
		return true
	}
	from := 10
	if z.Format == mrz.TD1 {
		from = 15
	}
	return !isSure(z.Lines[0], 2, 5) && areAlike(z.Lines[1].Text[from:from+3], "NLD")
}

// areAlike reports whether three letters differ in one at most.
func areAlike(a, b string) bool {
	alike := 0
	for i := range 3 {
		if a[i] == b[i] {
			alike++
		}
	}
	return alike >= 2
}

// endOf is the day on which a document ends, as YYMMDD in 20YY, where its check
// digit says that it was read rightly.
func endOf(line string, at int) (day string, ok bool) {
	day = line[at : at+6]
	ok = strings.Trim(day, "0123456789") == "" && mrz.Value(line[at+6]) == mrz.Digit(day) && day < "700101"
	return day, ok
}

// dutchPassport tells the models apart by the day a passport ends. Those before
// 9 March 2014 were valid for five years at most.
func dutchPassport(line string) model {
	if ends, ok := endOf(line, 21); ok && ends >= "190309" {
		return dutchPassport2014
	}
	return dutchPassport2001
}

// dutchCard tells the models apart likewise: a card of the model of 2 August
// 2021 does not end before August 2026, and a card of the model before it ends
// before August 2031.
func dutchCard(line string) model {
	ends, ok := endOf(line, 8)
	switch {
	case ok && ends < "260802":
		return dutchIdentity2014
	case ok && ends >= "310802":
		return dutchIdentity2021
	}
	both := dutchIdentity2021
	both.places = append(both.places[:1:1], dutchIdentity2014.places...)
	return both
}

// Distances of a number line (ICAO Doc 9303 part 3, section 4.1; parts 4, 5 and
// 6): between characters, between lines, and from the document's left and
// bottom edges to the middle of the first character and of the last line.
const (
	charStep = 2.54
	lineStep = 6.35
)

type sheet struct{ wide, high, left, bottom float64 }

var sheets = map[mrz.Format]sheet{
	mrz.TD1:     {85.6, 54, 5.97, 4.5},
	mrz.TD2:     {105, 74, 8.07, 9.55},
	mrz.TD3:     {125, 88, 7.87, 9.55},
	mrz.MRVA:    {120, 80, 7.87, 9.55},
	mrz.MRVB:    {105, 74, 8.07, 9.55},
	mrz.Licence: {85.6, 54, 5.97, 5},
}

// onto returns the map from millimetres on z's document to pixels. One line alone
// tells of no perspective across it: then the document is taken to lie flat.
func onto(z reader.Zone) (plane.Homography, bool) {
	s := sheets[z.Format]
	first, last := z.Lines[0].Slots, z.Lines[len(z.Lines)-1].Slots
	n := len(first)
	to := plane.Quad{middle(first[0]), middle(first[n-1]), middle(last[n-1]), middle(last[0])}
	right, low := s.left+charStep*float64(n-1), s.high-s.bottom
	high := low - lineStep*float64(len(z.Lines)-1)
	if len(z.Lines) == 1 {
		dx, dy := (to[1].X-to[0].X)/(right-s.left), (to[1].Y-to[0].Y)/(right-s.left)
		high = low - 10
		for i := range 2 {
			to[i].X, to[i].Y = to[i].X+10*dy, to[i].Y-10*dx
		}
	}
	return plane.Onto(plane.Quad{{X: s.left, Y: high}, {X: right, Y: high}, {X: right, Y: low}, {X: s.left, Y: low}}, to)
}

func middle(q plane.Quad) plane.Point { return q.At(0.5, 0.5) }

// on is the region r of z's document in the picture; false where nothing of it is
// inside the picture.
func (r region) on(h plane.Homography, picture image.Rectangle) (plane.Quad, bool) {
	q := h.Quad(plane.Quad{{X: r[0], Y: r[1]}, {X: r[2], Y: r[1]}, {X: r[2], Y: r[3]}, {X: r[0], Y: r[3]}})
	return q, q.Bounds().Overlaps(picture)
}

// numberPlaces are where the document with this number line prints its holder's
// number, or a code, on the same side. known is false where it may print one at a
// place that is not listed. Places outside the picture are left out.
func numberPlaces(z reader.Zone, picture image.Rectangle) (places []Box, known bool) {
	m := modelOf(z)
	h, ok := onto(z)
	if !ok {
		return nil, false
	}
	for _, p := range m.places {
		if q, inside := p.on(h, picture); inside {
			places = append(places, Box{Quad: q, What: p.what})
		}
	}
	return places, !m.elsewhere
}
