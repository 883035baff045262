package specimen

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"strings"

	"golang.org/x/image/font/opentype"

	"github.com/sparekey/sparekey/internal/safecopy/plane"
)

// A sheet of paper is drawn at half its size: a page of A4 has as many pixels as a
// scan at 150 to the inch.
const pageBroad, pageTall = 105.0, 148.5

// A paper is a sheet that is written from top to bottom.
type paper struct {
	*canvas
	tone    color.NRGBA
	left, y float64
}

func (g *Generator) paper() *paper { return g.sheet(pageBroad, pageTall) }

func (g *Generator) sheet(wide, high float64) *paper {
	img := image.NewNRGBA(image.Rect(0, 0, int(wide*dots), int(high*dots)))
	light := uint8(225 + g.random.IntN(31))
	draw.Draw(img, img.Rect, image.NewUniform(color.NRGBA{light, light, light - uint8(g.random.IntN(18)), 255}), image.Point{}, draw.Src)
	c := &canvas{img, g.fonts, g.random}
	return &paper{c, c.ink(), 5 + g.random.Float64()*6, 7 + g.random.Float64()*6}
}

func (p *paper) down(by float64) { p.y += by }

// all are the typefaces a page may be set in.
func (p *paper) all() []*opentype.Font {
	return []*opentype.Font{p.fonts.regular, p.fonts.bold, p.fonts.mono}
}

// write puts a line of text at x and goes to the next.
func (p *paper) write(f *opentype.Font, text string, x, high float64) []plane.Quad {
	slots := p.print(f, text, x, p.y, high, p.tone)
	p.y += high * 2
	return slots
}

// labelled writes a number after its label and returns where the number stands.
func (p *paper) labelled(label, number string) []plane.Quad {
	return p.write(p.fonts.regular, label+number, p.left, 1.2)[len(label):]
}

func (p *paper) rule(y float64) {
	p.block(p.left, y, float64(p.Rect.Dx())/dots-2*p.left, 0.12, color.Gray{110})
}

// paragraph writes lines of words, with now and then a number among them.
func (p *paper) paragraph(lines int) {
	font, high := p.fonts.regular, 1.1
	if p.random.IntN(4) == 0 {
		font = p.fonts.mono
	}
	fits := int((float64(p.Rect.Dx())/dots - 2*p.left) / (high * 0.87))
	for range lines {
		text := p.words(14)
		if p.random.IntN(3) == 0 {
			text = p.words(3) + " " + some(p.random, numerals, 6+p.random.IntN(14)) + " " + text
		}
		p.write(font, text[:min(fits, len(text))], p.left, high)
	}
	p.down(1.5)
}

var vocabulary = strings.Fields(`de het een van aan voor met door over onder na bij uit tot op is zijn wordt werd heeft had
	kan kon moet mag aanvraag besluit bezwaar gegevens persoon datum bedrag betaling rekening nummer adres gemeente burger
	brief bijlage formulier telefoon kosten jaar maand week dag termijn artikel lid wet regeling verzoek toestemming`)

func (p *paper) words(n int) string {
	all := make([]string, n)
	for i := range all {
		all[i] = pick(p.random, vocabulary)
	}
	return strings.Join(all, " ")
}

func (g *Generator) iban() string {
	return grouped(fmt.Sprintf("NL%s%s%s", some(g.random, numerals, 2), some(g.random, capitals, 4), some(g.random, numerals, 10)), 4)
}

func (g *Generator) phone() string {
	return pick(g.random, []string{"030 - ", "06 ", "+31 20 ", "0800-"}) + some(g.random, numerals, 7)
}

// grouped puts a space after every n characters.
func grouped(text string, n int) string {
	var b strings.Builder
	for i, r := range text {
		if i > 0 && i%n == 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	return b.String()
}
