package specimen

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"strings"

	"github.com/sparekey/sparekey/internal/safecopy/plane"
)

// A Kind is a kind of document without a machine-readable zone.
type Kind string

// What has none, and may yet look as if: rows of even characters, OCR-B, `<`, long
// numbers, bars and squares.
const (
	CardFront    Kind = "front of a card"
	LicenceFront Kind = "front of a licence"
	BankCard     Kind = "bank card"
	NumberPage   Kind = "page of a passport without zone"
	Letter       Kind = "letter"
	Extract      Kind = "extract of the Chamber of Commerce"
	TextPage     Kind = "page of text"
	Table        Kind = "table of numbers"
	Form         Kind = "ruled form"
	Listing      Kind = "listing with rows of <"
	GiroSlip     Kind = "giro slip with a line in OCR-B"
	ParcelLabel  Kind = "parcel label with barcodes"
	Receipt      Kind = "receipt"
)

// Kinds are all of them.
func Kinds() []Kind {
	return []Kind{CardFront, LicenceFront, BankCard, NumberPage, Letter, Extract, TextPage, Table, Form, Listing,
		GiroSlip, ParcelLabel, Receipt}
}

// Plain draws a document of that kind, no two alike. Its Format is None and it has
// no Lines; Numbers are those a citizen has, not those of companies and banks.
func (g *Generator) Plain(k Kind) *Sample {
	s := &Sample{Model: Model(k)}
	switch k {
	case CardFront:
		g.cardFront(s)
	case LicenceFront:
		g.licenceFront(s)
	case BankCard:
		g.bankCard(s)
	case NumberPage:
		return g.Document(pick(g.random, []Model{Passport2014Back, Passport2021Back}))
	case Letter:
		g.letter(s)
	case Extract:
		g.extract(s)
	case TextPage:
		g.textPage(s)
	case Table:
		g.table(s)
	case Form:
		g.form(s)
	case Listing:
		g.listing(s)
	case GiroSlip:
		g.giroSlip(s)
	case ParcelLabel:
		g.parcelLabel(s)
	case Receipt:
		g.receipt(s)
	default:
		panic("specimen: no such kind: " + string(k))
	}
	s.Outline = plane.Rect(s.Image.Rect)
	return s
}

func (g *Generator) cardFront(s *Sample) {
	h := newHolder(g.random, s.Model)
	c := newCanvas(g.fonts, g.random, cardWide, cardHigh)
	ink := c.ink()
	c.heading(pick(g.random, []string{"IDENTITEITSKAART", "IDENTITY CARD", "VERBLIJFSTITEL", "BEDRIJFSPAS"}), 28, 6, ink)
	s.Portrait = c.portrait(4, 12+3*g.random.Float64(), 24, 31)
	c.fields([][2]string{{"Naam / Surname", h.surname}, {"Voornamen / Given names", h.given},
		{"Geboren / Date of birth", dotted(h.birth)}, {"Documentnummer / Document no.", h.number},
		{"Geldig tot / Date of expiry", dotted(h.expiry)}}, 31, 12, 7.6, ink)
	s.Image = c.NRGBA
}

func (g *Generator) licenceFront(s *Sample) {
	h := newHolder(g.random, s.Model)
	c := newCanvas(g.fonts, g.random, cardWide, cardHigh)
	ink := c.ink()
	c.heading("RIJBEWIJS  KONINKRIJK DER NEDERLANDEN", 12, 5, ink)
	s.Portrait = c.portrait(3, 11, 22, 29)
	for i, field := range []string{"1. " + h.surname, "2. " + h.given, "3. " + dotted(h.birth) + " UTRECHT",
		"4a. " + dotted(day(g.random, 14, 10)) + "   4c. Gemeente Utrecht", "4b. " + dotted(h.expiry),
		"5. " + some(g.random, numerals, 10), "9. AM B BE"} {
		c.print(c.fonts.regular, field, 28, 12+float64(i)*5.2, 2, ink)
	}
	s.Image = c.NRGBA
}

func (g *Generator) bankCard(s *Sample) {
	h := newHolder(g.random, s.Model)
	c := newCanvas(g.fonts, g.random, cardWide, cardHigh)
	ink := c.ink()
	c.heading(pick(g.random, []string{"BANK", "SPAARBANK", "CREDIT"}), 5, 8, ink)
	c.block(8, 18, 11, 9, color.NRGBA{200, 170, 90, 255})
	if g.random.IntN(2) == 0 {
		c.line(grouped(some(g.random, numerals, 16), 4), 8, 34, ink) // embossed digits look like this
	} else {
		c.print(c.fonts.mono, grouped(some(g.random, numerals, 16), 4), 8, 36, 3.4, ink)
	}
	c.print(c.fonts.mono, g.iban(), 8, 43, 2, ink)
	c.print(c.fonts.mono, h.given+" "+h.surname, 8, 49, 2, ink)
	s.Image = c.NRGBA
}

func (g *Generator) letter(s *Sample) {
	p := g.paper()
	p.write(p.fonts.bold, pick(g.random, []string{"Gemeente Utrecht", "Belastingdienst", "Stichting Voorbeeld"}), p.left, 1.8)
	p.down(1)
	for _, line := range []string{"Postbus " + some(g.random, numerals, 4), some(g.random, numerals, 4) + " AB  UTRECHT",
		"Telefoon " + g.phone(), "Kenmerk " + some(g.random, capitals+numerals, 10), "IBAN " + g.iban()} {
		p.write(p.fonts.regular, line, p.left+g.random.Float64()*0.2, 1.1)
	}
	h := newHolder(g.random, s.Model)
	p.down(4)
	p.write(p.fonts.regular, h.given+" "+h.surname, p.left, 1.2)
	p.down(4)
	if g.random.IntN(2) == 0 {
		s.number(h.bsn, p.labelled("Uw burgerservicenummer: ", h.bsn))
	}
	for range 3 + g.random.IntN(3) {
		p.paragraph(3 + g.random.IntN(5))
	}
	s.Image = p.NRGBA
}

func (g *Generator) extract(s *Sample) {
	p := g.paper()
	p.write(p.fonts.bold, "Uittreksel Handelsregister  Kamer van Koophandel", p.left, 1.7)
	p.down(2)
	for _, row := range [][2]string{{"KvK-nummer", some(g.random, numerals, 8)}, {"RSIN", citizenNumber(g.random)},
		{"Vestigingsnummer", some(g.random, numerals, 12)}, {"Btw-nummer", "NL" + citizenNumber(g.random) + "B01"},
		{"Rechtsvorm", "Besloten vennootschap"}, {"Statutaire naam", pick(g.random, surnames) + " Holding B.V."},
		{"SBI-code", some(g.random, numerals, 5)}, {"Telefoonnummer", g.phone()}, {"Rekening", g.iban()},
		{"Datum akte", dotted(day(g.random, 0, 24))}, {"Bestuurder", newHolder(g.random, s.Model).surname},
		{"Waarmerk", grouped(some(g.random, numerals, 20), 5)}} {
		y := p.y
		p.write(p.fonts.regular, row[0], p.left, 1.15)
		p.y = y
		p.write(p.fonts.bold, row[1], p.left+34, 1.15)
		if g.random.IntN(3) == 0 {
			p.rule(p.y - 0.9)
		}
		p.down(0.9)
	}
	p.paragraph(4)
	s.Image = p.NRGBA
}

func (g *Generator) textPage(s *Sample) {
	p := g.paper()
	for p.y < pageTall-20 {
		p.paragraph(4 + g.random.IntN(8))
	}
	s.Image = p.NRGBA
}

func (g *Generator) table(s *Sample) {
	p := g.paper()
	font := pick(g.random, p.all())
	columns, high := 3+g.random.IntN(4), 1+g.random.Float64()*0.5
	wide := (pageBroad - 2*p.left) / float64(columns)
	for p.y < pageTall-12 {
		y := p.y
		for i := range columns {
			p.y = y
			p.write(font, some(g.random, numerals, 3+g.random.IntN(int(wide/high/1.1)-3)), p.left+float64(i)*wide, high)
			p.block(p.left+float64(i)*wide-0.7, y-1.4*high, 0.12, 2.6*high, color.Gray{90})
		}
		p.rule(p.y - 1.1*high)
		p.down(0.6)
	}
	s.Image = p.NRGBA
}

// form has rows of boxes with one character each, as forms of the tax office have.
func (g *Generator) form(s *Sample) {
	p := g.paper()
	p.write(p.fonts.bold, "Formulier "+some(g.random, numerals, 3), p.left, 2)
	for p.y < pageTall-16 {
		p.down(1.5)
		p.write(p.fonts.regular, p.words(3), p.left, 1.1)
		text := pick(g.random, []string{some(g.random, numerals, 10), g.iban(), pick(g.random, surnames), ""})
		n := 12 + g.random.IntN(18)
		cell := (pageBroad - 2*p.left) / 30
		for i := range n {
			x := p.left + float64(i)*cell
			p.block(x, p.y, cell, 0.12, color.Gray{80})
			p.block(x, p.y+3.4, cell, 0.12, color.Gray{80})
			p.block(x, p.y, 0.12, 3.4, color.Gray{80})
			if i < len(text) {
				p.print(p.fonts.mono, text[i:i+1], x+0.8, p.y+2.6, 1.7, p.tone)
			}
		}
		p.block(p.left+float64(n)*cell, p.y, 0.12, 3.5, color.Gray{80})
		p.down(4)
	}
	s.Image = p.NRGBA
}

// listing is what programs print: rows of equal width, some of them of `<`.
func (g *Generator) listing(s *Sample) {
	p := g.paper()
	for high := 1 + g.random.Float64()*0.4; p.y < pageTall-12; {
		n := 24 + g.random.IntN(24)
		row := pick(g.random, []string{"<<<<<<< HEAD", "cout << name << endl << value << endl;", strings.Repeat("<", n/2),
			strings.Repeat("-", n), strings.Repeat("<>", n/3), "if (a << 3 < b) return c << d;", "cat <<EOF >>/tmp/list",
			strings.Repeat("=", n), "0x" + some(g.random, "0123456789ABCDEF", n), some(g.random, capitals+numerals, n),
			"drwxr-xr-x 2 root root " + some(g.random, numerals, 6), p.words(4), "<td>" + p.words(1) + "</td><td>" + some(g.random, numerals, 9)})
		p.write(p.fonts.mono, row, p.left, high)
	}
	s.Image = p.NRGBA
}

// giroSlip has at its foot the line that Dutch giro slips had for machines, in OCR-B.
func (g *Generator) giroSlip(s *Sample) {
	h := newHolder(g.random, s.Model)
	c := newCanvas(g.fonts, g.random, 150, 70)
	ink := c.ink()
	c.heading("ACCEPTGIRO", 6, 8, ink)
	c.fields([][2]string{{"Naar rekening", g.iban()}, {"Van", h.given + " " + h.surname}, {"Betalingskenmerk",
		grouped(some(g.random, numerals, 16), 4)}}, 8, 16, 9, ink)
	c.line(">", 8, 61, ink)
	c.line(some(g.random, numerals, 16)+"<", 13, 61, ink)
	c.line(some(g.random, numerals, 9)+"+ "+some(g.random, numerals, 4)+">", 70, 61, ink)
	if g.random.IntN(2) == 0 {
		c.line(some(g.random, numerals, 7)+"< "+some(g.random, numerals, 12), 8, 54, ink)
	}
	s.Image = c.NRGBA
}

func (g *Generator) parcelLabel(s *Sample) {
	h := newHolder(g.random, s.Model)
	c := newCanvas(g.fonts, g.random, 100, 70)
	draw.Draw(c, c.Rect, image.White, image.Point{}, draw.Src)
	ink := c.ink()
	c.fields([][2]string{{"AAN", h.given + " " + h.surname}, {"", "Lange Straat " + some(g.random, numerals, 2)},
		{"", some(g.random, numerals, 4) + " XY AMERSFOORT"}}, 5, 5, 7, ink)
	s.Codes = append(s.Codes, Code{"", c.bars(8, 32, 70, 14)})
	c.print(c.fonts.mono, "3S"+some(g.random, capitals+numerals, 4)+some(g.random, numerals, 9), 20, 50, 2.2, ink)
	if g.random.IntN(2) == 0 {
		text := "https://example.com/" + some(g.random, numerals, 8)
		s.Codes = append(s.Codes, Code{text, c.code(text, 78, 6, 17)})
	}
	c.line("C"+some(g.random, numerals, 8), 8, 62, ink)
	s.Image = c.NRGBA
}

func (g *Generator) receipt(s *Sample) {
	p := g.sheet(58, 110)
	high := 1.2 + g.random.Float64()*0.3
	wide := int((58 - 2*p.left) / (high * 0.87))
	p.write(p.fonts.mono, pick(g.random, []string{"SUPERMARKT", "TANKSTATION", "BOUWMARKT"}), p.left+8, 1.8)
	for p.y < 92 {
		switch g.random.IntN(5) {
		case 0:
			p.write(p.fonts.mono, strings.Repeat(pick(g.random, []string{"-", "=", "*", "<"}), wide), p.left, high)
		case 1:
			p.write(p.fonts.mono, "TERMINAL "+some(g.random, numerals, wide-10), p.left, high)
		default:
			price := fmt.Sprintf("%d,%02d", g.random.IntN(90), g.random.IntN(100))
			p.write(p.fonts.mono, fmt.Sprintf("%-*.*s%s", wide-6, wide-6, strings.ToUpper(p.words(3)), price), p.left, high)
		}
	}
	s.Codes = append(s.Codes, Code{"", p.bars(10, 96, 38, 9)})
	s.Image = p.NRGBA
}
