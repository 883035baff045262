package main

import (
	"math/rand/v2"
	"strings"

	"github.com/sparekey/sparekey/internal/safecopy/glyph"
)

// A source draws one example after another.
type source interface {
	classes() string
	draw(r *rand.Rand) example
}

// zones draws characters as they stand in a machine-readable zone: one pitch
// apart, with whatever stands beside them. The sharp OCR-B has all characters;
// of the round one x/image draws neither 8 nor `<`, which come from the other.
type zones struct{ faces [2]*typeface }

const zoneText = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ<"

func loadZones() (*zones, error) {
	sharp, err := loadTypeface("/usr/share/fonts/opentype/ocr-b/OCRBS.otf", zoneText)
	if err != nil {
		return nil, err
	}
	round, err := loadTypeface("/usr/share/fonts/opentype/ocr-b/OCRB.otf", strings.NewReplacer("8", "", "<", "").Replace(zoneText))
	if err != nil {
		return nil, err
	}
	round.drawn['8'], round.drawn['<'] = sharp.drawn['8'], sharp.drawn['<']
	return &zones{[2]*typeface{sharp, round}}, nil
}

func (z *zones) classes() string { return glyph.CharacterClasses }

func (z *zones) draw(r *rand.Rand) example {
	e := example{class: r.IntN(len(zoneText))}
	row := zoneRow{face: z.faces[r.IntN(2)], thickness: r.IntN(len(thicknesses)), filler: between(r, 0.75, 1.02)}
	v := view{
		along:  glyph.CellWidth * row.face.pitch / glyph.Width * between(r, 0.92, 1.08),
		across: glyph.CellHeight * unit / glyph.Height * between(r, 0.92, 1.14),
		x:      between(r, -0.12, 0.12) * row.face.pitch,
		y:      between(r, -0.12, 0.12) * unit,
		slant:  between(r, -0.06, 0.06), shear: between(r, -0.12, 0.12),
	}
	if r.IntN(20) == 0 {
		e.class = len(zoneText)
		row.nothing(r, &v)
	} else {
		v.row = append(v.row, row.put(e.class, 0))
		for _, side := range []float32{-1, 1} {
			if r.IntN(10) > 0 {
				v.row = append(v.row, row.put(r.IntN(len(zoneText)), side))
			}
		}
	}
	v.look(&e.patch)
	spoil(r, &e.patch)
	return e
}

// A zoneRow is how one line of a zone is printed; filler is the size of `<`.
type zoneRow struct {
	face      *typeface
	thickness int
	filler    float32
}

// put places a class that many pitches from the middle.
func (z *zoneRow) put(class int, pitches float32) placed {
	p := placed{&z.face.drawn[rune(zoneText[class])][z.thickness], pitches * z.face.pitch, 1}
	if zoneText[class] == '<' {
		p.scale = z.filler
	}
	return p
}

// nothing shows what is no character: an empty place, the gap between two,
// or the edges of what stands above or below.
func (z *zoneRow) nothing(r *rand.Rand, v *view) {
	kind := r.IntN(3)
	for _, side := range []float32{-0.5, 0.5} {
		switch kind {
		case 0:
			side *= 2
			if r.IntN(2) == 0 {
				continue
			}
		case 2:
			v.y = between(r, 0.45, 0.8) * unit * (2*float32(r.IntN(2)) - 1)
		}
		v.row = append(v.row, z.put(r.IntN(len(zoneText)), side))
	}
}

// numbers draws digits of many typefaces as they stand in a printed number,
// and letters and signs that are none.
type numbers struct{ faces []*typeface }

const (
	digitText = "0123456789"
	otherText = "ACDEFGHJKLMNPQRTUVWXYabdefhkmnprtuvwxy/-.:+<%"
)

// digitFonts are typefaces in which numbers are printed.
var digitFonts = strings.Fields(`
	truetype/dejavu/DejaVuSans.ttf truetype/dejavu/DejaVuSans-Bold.ttf
	truetype/dejavu/DejaVuSansCondensed.ttf truetype/dejavu/DejaVuSansCondensed-Bold.ttf
	truetype/dejavu/DejaVuSansMono.ttf truetype/dejavu/DejaVuSerif.ttf truetype/dejavu/DejaVuSerif-Bold.ttf
	truetype/liberation/LiberationSans-Regular.ttf truetype/liberation/LiberationSans-Bold.ttf
	truetype/liberation/LiberationSansNarrow-Regular.ttf truetype/liberation/LiberationSansNarrow-Bold.ttf
	truetype/liberation/LiberationSerif-Regular.ttf truetype/liberation/LiberationSerif-Bold.ttf
	truetype/liberation/LiberationMono-Regular.ttf truetype/liberation/LiberationMono-Bold.ttf
	truetype/liberation/LiberationSans-Italic.ttf
	opentype/urw-base35/URWGothic-Book.otf opentype/urw-base35/URWBookman-Light.otf
	opentype/urw-base35/C059-Roman.otf opentype/urw-base35/P052-Roman.otf
	opentype/urw-base35/NimbusMonoPS-Bold.otf
	opentype/ocr-b/OCRBS.otf`)

func loadNumbers() (*numbers, error) {
	n := &numbers{}
	for _, path := range digitFonts {
		face, err := loadTypeface("/usr/share/fonts/"+path, digitText+otherText)
		if err != nil {
			return nil, err
		}
		n.faces = append(n.faces, face)
	}
	return n, nil
}

func (n *numbers) classes() string { return glyph.DigitClasses }

func (n *numbers) draw(r *rand.Rand) example {
	face := n.faces[r.IntN(len(n.faces))]
	thickness := r.IntN(len(thicknesses))
	e := example{class: len(digitText)}
	text := byte(' ')
	if r.IntN(4) > 0 {
		e.class = r.IntN(len(digitText))
		text = digitText[e.class]
	} else {
		text = otherText[r.IntN(len(otherText))]
	}
	v := view{
		along:  glyph.RowWidth * unit / glyph.Width * between(r, 0.85, 1.15),
		across: glyph.RowHeight * unit / glyph.Height * between(r, 0.90, 1.12),
		x:      between(r, -0.09, 0.09) * unit, y: between(r, -0.09, 0.09) * unit,
		slant: between(r, -0.06, 0.06), shear: between(r, -0.15, 0.15),
	}
	this := &face.drawn[rune(text)][thickness]
	v.row = append(v.row, placed{this, -this.middle, 1})
	for _, side := range []float32{-1, 1} {
		if r.IntN(6) == 0 {
			continue
		}
		next := &face.drawn[rune(digitText[r.IntN(10)])][thickness]
		gap := between(r, 0.06, 0.3) * unit
		v.row = append(v.row, placed{next, side*(this.half+gap+next.half) - next.middle, 1})
	}
	v.look(&e.patch)
	spoil(r, &e.patch)
	return e
}
