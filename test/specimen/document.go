package specimen

import (
	"image"
	"image/color"
	"math/rand/v2"

	"github.com/sparekey/sparekey/internal/safecopy/mrz"
	"github.com/sparekey/sparekey/internal/safecopy/plane"
)

// A Model is a kind of document, with the side that is seen.
type Model string

// The Dutch models, and the international formats.
const (
	Passport2001     Model = "nl-passport-2001"      // number printed on the holder page and in the zone
	Passport2014     Model = "nl-passport-2014"      // number in the zone
	Passport2014Back Model = "nl-passport-2014-back" // number printed, no zone
	Passport2021     Model = "nl-passport-2021"      // no number on this side
	Passport2021Back Model = "nl-passport-2021-back" // digits and QR, no zone
	Identity2014     Model = "nl-identity-2014"      // back: zone, number top right
	Identity2021     Model = "nl-identity-2021"      // back: zone without it, digits and QR
	Licence2006      Model = "nl-licence-2006"       // back: number top left, barcode
	Licence2014      Model = "nl-licence-2014"       // back: number top left, QR
	Residence        Model = "nl-residence"          // V-number in line 1
	CardOne          Model = "td1-line-1"            // a national number in line 1
	CardTwo          Model = "td1-line-2"            // … in line 2
	CardNone         Model = "td1-plain"
	CardOld          Model = "td2"
	PassportOther    Model = "td3-number"
	PassportPlain    Model = "td3-plain"
	VisaA            Model = "mrv-a"
	VisaB            Model = "mrv-b"
)

// Models are all kinds; Zoned are those whose drawn side has a zone.
func Models() []Model {
	return append(Zoned(), Passport2014Back, Passport2021Back)
}

// Zoned are the models whose drawn side has a machine-readable zone.
func Zoned() []Model {
	return []Model{Passport2001, Passport2014, Passport2021, Identity2014, Identity2021, Licence2006, Licence2014,
		Residence, CardOne, CardTwo, CardNone, CardOld, PassportOther, PassportPlain, VisaA, VisaB}
}

// A Sample is one picture of one document with the truth about it. Regions are in
// pixels of Image.
type Sample struct {
	Image *image.NRGBA
	Model Model

	// Format and Lines are the machine-readable zone; None without one.
	Format mrz.Format
	Lines  []string
	Slots  [][]plane.Quad // of each character of each line

	// Numbers are printed outside the zone; Personal are the parts of the zone
	// from which a person's number follows.
	Numbers  []Number
	Personal []Number
	Codes    []Code

	// Repeated are numbers of other countries' holders that are printed besides
	// standing in the zone.
	Repeated []Number

	Portrait plane.Quad // zero without one

	// Outline is the edge of the document itself.
	Outline plane.Quad
}

// A Number is where a person's number, or what gives it away, stands.
type Number struct {
	Text  string
	Quad  plane.Quad
	Slots []plane.Quad
}

// A Code is a QR code or, without Text, a barcode.
type Code struct {
	Text string
	Quad plane.Quad
}

// Generator draws documents. It is for one goroutine.
type Generator struct {
	random *rand.Rand
	fonts  fonts
}

// New returns a generator whose documents follow from seed alone.
func New(seed uint64) (*Generator, error) {
	f, err := loadFonts()
	if err != nil {
		return nil, err
	}
	return &Generator{rand.New(rand.NewPCG(seed, 0x5a7e)), f}, nil
}

// Sizes in millimetres: cards ID-1 (ISO/IEC 7810), TD2, and a passport's page (Doc 9303 part 4).
const (
	cardWide, cardHigh = 85.6, 54.0
	td2Wide, td2High   = 105.0, 74.0
	pageWide, pageHigh = 125.0, 88.0
	lineStep           = 6.35
)

// Document draws a document of that model with a new holder.
func (g *Generator) Document(m Model) *Sample {
	h := newHolder(g.random, m)
	s := &Sample{Model: m}
	switch m {
	case Passport2001, Passport2014, Passport2021, PassportOther, PassportPlain, VisaA:
		g.page(s, h)
	case Passport2014Back, Passport2021Back:
		g.backOfPage(s, h)
	case CardOld, VisaB:
		g.oldCard(s, h)
	case Licence2006, Licence2014:
		g.licence(s, h)
	default:
		g.card(s, h)
	}
	b := s.Image.Rect
	s.Outline = plane.Rect(b)
	return s
}

func (g *Generator) page(s *Sample, h holder) {
	c := newCanvas(g.fonts, g.random, pageWide, pageHigh)
	ink := c.ink()
	format, code, issuer, optional := mrz.TD3, "P", "NLD", ""
	switch s.Model {
	case Passport2001, Passport2014:
		optional = h.bsn
	case PassportOther:
		issuer, optional = pick(g.random, []string{"EST", "LTU", "LVA", "CZE", "FIN", "ISL", "TWN"}), some(g.random, numerals, 11)
	case PassportPlain:
		issuer = pick(g.random, []string{"UTO", "GBR", "USA", "CAN", "LUX"})
	case VisaA:
		format, code, issuer, optional = mrz.MRVA, "V", "UTO", some(g.random, capitals+numerals, 8)
	}
	c.heading("PASPOORT / PASSPORT", 40, 8, ink)
	s.Portrait = c.portrait(6, 16, 32, 41)
	c.fields([][2]string{{"Type / Code / No.", code + "  " + issuer + "  " + h.number}, {"Naam / Surname", h.surname},
		{"Voornamen / Given names", h.given}, {"Geboren / Date of birth", dotted(h.birth)},
		{"Geldig tot / Date of expiry", dotted(h.expiry)}}, 44, 16, 8.2, ink)
	if s.Model == Passport2001 {
		c.printed(s, "Persoonsnummer / Personal no.", h.bsn, 88, 28.5, 2.4, ink)
	}
	if s.Model == PassportOther {
		c.repeated(s, optional, 88, 33, ink)
	}
	s.zone(c, h, format, zoneText{code, issuer, optional, ""}, [2]float64{6.6, pageHigh - 15.9}, ink)
	s.Image = c.NRGBA
}

// backOfPage is the other side of the holder page since 2014: no zone.
func (g *Generator) backOfPage(s *Sample, h holder) {
	c := newCanvas(g.fonts, g.random, pageWide, pageHigh)
	ink := c.ink()
	c.heading("KONINKRIJK DER NEDERLANDEN", 30, 9, ink)
	c.printed(s, "Burgerservicenummer / Personal no.", h.bsn, 12, 30, 2.8, ink)
	c.fields([][2]string{{"Plaats van uitgifte / Issued at", "UTRECHT"}, {"Lengte / Height", "1,78 m"}}, 12, 40, 9, ink)
	if s.Model == Passport2021Back {
		s.Codes = append(s.Codes, Code{h.bsn, c.code(h.bsn, c.shift(92), c.shift(20), 15+3*c.random.Float64())})
	}
	s.Image = c.NRGBA
}

func (g *Generator) oldCard(s *Sample, h holder) {
	c := newCanvas(g.fonts, g.random, td2Wide, td2High)
	ink := c.ink()
	s.Portrait = c.portrait(6, 12, 26, 32)
	c.fields([][2]string{{"Name", h.surname}, {"Given names", h.given}, {"Born", dotted(h.birth)}, {"No.", h.number}}, 38, 14, 8, ink)
	text, format := zoneText{"I", "UTO", some(g.random, numerals, 7), ""}, mrz.TD2
	if s.Model == VisaB {
		text.code, format = "V", mrz.MRVB
	}
	s.zone(c, h, format, text, [2]float64{6.8, td2High - 15.9}, ink)
	s.Image = c.NRGBA
}

func (g *Generator) card(s *Sample, h holder) {
	c := newCanvas(g.fonts, g.random, cardWide, cardHigh)
	ink := c.ink()
	text := zoneText{code: "I", issuer: "NLD"}
	switch s.Model {
	case Identity2014:
		text.optional = h.bsn + fill("", 5) + check14(h.bsn)
		c.printed(s, "BSN", h.bsn, 60, 9, 2.3, ink)
	case Identity2021:
		s.Codes = append(s.Codes, Code{h.bsn, c.code(h.bsn, c.shift(70), c.shift(7), 10+2*c.random.Float64())})
		c.printed(s, "BSN", h.bsn, 46, 10, 2.3, ink)
	case Residence:
		text.code, text.optional = "IR", "VNR"+some(g.random, numerals, 10)
	case CardOne:
		text.code, text.issuer = "ID", pick(g.random, []string{"ESP", "EST", "LTU", "LVA", "SWE", "HRV", "SVN", "SRB"})
		text.optional = some(g.random, numerals, 11)
		c.repeated(s, text.optional, 57, 10, ink)
	case CardTwo:
		text.code, text.issuer = "ID", pick(g.random, []string{"BEL", "POL"})
		text.second = some(g.random, numerals, 11)
		c.repeated(s, text.second, 57, 18, ink)
	case CardNone:
		text.issuer = pick(g.random, []string{"UTO", "CHE", "FRA"})
	}
	c.fields([][2]string{{"Autoriteit / Authority", "BURG. VAN UTRECHT"}, {"Lengte / Height", "1,78 m"},
		{"Afgegeven / Issued", dotted(day(g.random, 14, 10))}}, 6, 6, 8, ink)
	if g.random.IntN(2) == 0 {
		s.Portrait = c.portrait(32, 6, 12, 16)
	}
	s.zone(c, h, mrz.TD1, text, [2]float64{4.7, cardHigh - 17.2}, ink)
	s.Image = c.NRGBA
}

func (g *Generator) licence(s *Sample, h holder) {
	c := newCanvas(g.fonts, g.random, cardWide, cardHigh)
	ink := c.ink()
	c.printed(s, "BSN / Rijbewijsnummer", h.bsn, 5, 8.5, 2.2, ink)
	c.print(c.fonts.regular, some10(h.number), 32, 8.5, 2.2, ink)
	for i, class := range []string{"AM", "A1", "A2", "A", "B", "C", "D", "BE", "T"} {
		y := 14 + float64(i)*3.1
		c.print(c.fonts.bold, class, 6, y, 1.4, ink)
		if i%2 == 0 {
			c.print(c.fonts.regular, dotted(day(g.random, 0, 24)), 20, y, 1.4, ink)
			c.print(c.fonts.regular, dotted(h.expiry), 38, y, 1.4, ink)
		}
	}
	if s.Model == Licence2006 {
		s.Codes = append(s.Codes, Code{"", c.bars(c.shift(58), c.shift(12), 22, 8)})
	} else {
		s.Codes = append(s.Codes, Code{h.bsn + " " + h.number, c.code(h.bsn+" "+h.number, c.shift(62), c.shift(8), 14+3*c.random.Float64())})
	}
	s.zone(c, h, mrz.Licence, zoneText{}, [2]float64{4.7, cardHigh - 5}, ink)
	s.Image = c.NRGBA
}

type zoneText struct{ code, issuer, optional, second string }

// zone writes the machine-readable zone, its first line's middle at at.
func (s *Sample) zone(c *canvas, h holder, f mrz.Format, t zoneText, at [2]float64, ink color.Color) {
	s.Format, s.Lines = f, h.zone(f, t.code, t.issuer, t.optional, t.second)
	for i, line := range s.Lines {
		s.Slots = append(s.Slots, c.line(line, at[0], at[1]+float64(i)*lineStep, ink))
	}
	for _, span := range mrz.Optional(f) {
		slots := s.Slots[span.Line][span.From:span.To]
		s.Personal = append(s.Personal, Number{s.Lines[span.Line][span.From:span.To], around(slots), slots})
	}
}

func (s *Sample) number(text string, slots []plane.Quad) {
	s.Numbers = append(s.Numbers, Number{text, around(slots), slots})
}

// around is the region from the first slot to the last.
func around(slots []plane.Quad) plane.Quad {
	first, last := slots[0], slots[len(slots)-1]
	return plane.Quad{first[0], last[1], last[2], first[3]}
}

func dotted(day string) string { return day[4:] + "." + day[2:4] + "." + day[:2] }

func (c *canvas) heading(text string, x, y float64, ink color.Color) {
	c.print(c.fonts.bold, text, x, y, 2.6, ink)
}

// fields writes labels with what stands under them.
func (c *canvas) fields(all [][2]string, x, y, step float64, ink color.Color) {
	for i, f := range all {
		at := y + float64(i)*step
		c.print(c.fonts.regular, f[0], x, at, 1.2, ink)
		c.print(c.fonts.bold, f[1], x, at+3.6, 2.0, ink)
	}
}
