package safecopy

import (
	"image"
	"image/color"
	"math"
	"strings"
	"unicode"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"golang.org/x/image/vector"
)

// How the mark is written. Red takes light away from the green and blue
// channels alone, so the red one still shows the document as it was, and the
// difference between them shows the mark whatever is printed under it.
const (
	markOpacity = 0.38
	markAngle   = -30 * math.Pi / 180 // rising to the right
	markPitch   = 1.7                 // from line to line, in ems
	markLetters = 60                  // of each text; longer ones are cut
)

var markColour = color.NRGBA{R: 230, G: 0, B: 20, A: 255}

// clean makes one short line of every text of m.
func (m Mark) clean() Mark {
	return Mark{For: oneLine(m.For), Purpose: oneLine(m.Purpose), Date: oneLine(m.Date), Case: oneLine(m.Case)}
}

func oneLine(text string) string {
	text = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "?"))
	letters := []rune(strings.Join(strings.Fields(text), " "))
	if len(letters) > markLetters {
		letters = append(letters[:markLetters-1], '…')
	}
	return string(letters)
}

// lines are what is repeated across the picture.
func (m Mark) lines() []string {
	lines := []string{"COPY  KOPIE"}
	for _, l := range []string{m.For, m.Purpose, strings.TrimSpace(m.Date + "  " + m.Case)} {
		if l != "" {
			lines = append(lines, l)
		}
	}
	return lines
}

// markEm is the size of the letters in a picture of w × h pixels.
func markEm(w, h int) float64 { return max(math.Sqrt(float64(w)*float64(h))/30, 12) }

// A weave says how much ink the mark puts on each point of a picture: its lines
// repeated without end along a slanted axis, each row begun elsewhere.
type weave struct {
	pitch    float64
	sin, cos float64
	rows     []*image.Alpha
}

// weaveOf makes the weave of m on a picture of w × h pixels.
func weaveOf(m Mark, w, h int) weave {
	em := markEm(w, h)
	v := weave{pitch: markPitch * em, sin: math.Sin(markAngle), cos: math.Cos(markAngle)}
	for _, l := range m.lines() {
		v.rows = append(v.rows, writeLine(l, em, 1.6*em))
	}
	return v
}

// line is the ink on the centres of the pixels of row y, 0 to 255, into ink. It is
// asked of every pixel of a photo, so what two neighbours share is worked out once.
func (v weave) line(y int, ink []uint8) {
	fy := float64(y) + 0.5
	row, mask, my, shift := math.NaN(), (*image.Alpha)(nil), 0, 0
	for x := range ink {
		fx := float64(x) + 0.5
		along, across := fx*v.cos+fy*v.sin, fy*v.cos-fx*v.sin
		if in := math.Floor(across / v.pitch); in != row {
			row, mask = in, v.rows[wrap(int(in), len(v.rows))]
			// A third of a line, so that no column of the picture stays bare.
			shift = wrap(int(math.Floor(along))+int(row)*mask.Rect.Dx()/3, mask.Rect.Dx()) - int(math.Floor(along))
		}
		if my = int(across - row*v.pitch); my >= mask.Rect.Dy() {
			ink[x] = 0
			continue
		}
		mx := int(math.Floor(along)) + shift
		if wide := mask.Rect.Dx(); mx >= wide || mx < 0 {
			now := wrap(mx, wide)
			shift, mx = shift+now-mx, now
		}
		ink[x] = mask.Pix[my*mask.Stride+mx]
	}
}

func wrap(i, n int) int {
	if i %= n; i < 0 {
		i += n
	}
	return i
}

// drawMark lays the weave of m over img.
func drawMark(img *image.NRGBA, m Mark) {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	v := weaveOf(m, w, h)
	ink, line := [3]uint32{uint32(markColour.R), uint32(markColour.G), uint32(markColour.B)}, make([]uint8, w)
	for y := range h {
		row := img.Pix[y*img.Stride : y*img.Stride+4*w]
		v.line(y, line)
		for x, most := range line {
			cover := uint32(float64(most) * markOpacity)
			if cover == 0 {
				continue
			}
			for c := range 3 {
				row[4*x+c] = uint8((uint32(row[4*x+c])*(255-cover) + ink[c]*cover + 127) / 255)
			}
		}
	}
}

// boldFace is Go Bold (Bigelow & Holmes, under the licence of Go).
func boldFace() *sfnt.Font {
	f, err := sfnt.Parse(gobold.TTF)
	if err != nil {
		panic("the font that is compiled in cannot be read: " + err.Error())
	}
	return f
}

// writeLine draws text with letters of em pixels, and gap empty pixels after it.
// The mask is one em and a quarter high.
func writeLine(text string, em, gap float64) *image.Alpha {
	f, size := boldFace(), fixed.Int26_6(em*64)
	var buffer sfnt.Buffer
	type placed struct {
		glyph sfnt.GlyphIndex
		x     float32
	}
	var glyphs []placed
	var x fixed.Int26_6
	for _, r := range text {
		g, err := f.GlyphIndex(&buffer, r)
		if err != nil {
			continue
		}
		advance, err := f.GlyphAdvance(&buffer, g, size, font.HintingNone)
		if err != nil {
			continue
		}
		glyphs = append(glyphs, placed{g, float32(x) / 64})
		x += advance
	}
	mask := image.NewAlpha(image.Rect(0, 0, max(int(float64(x)/64+gap), 1), int(math.Ceil(1.25*em))))
	pen := vector.NewRasterizer(mask.Rect.Dx(), mask.Rect.Dy())
	for _, p := range glyphs {
		outline, err := f.LoadGlyph(&buffer, p.glyph, size, nil)
		if err != nil {
			continue
		}
		trace(pen, outline, p.x, float32(0.95*em))
	}
	pen.Draw(mask, mask.Rect, image.Opaque, image.Point{})
	return mask
}

// trace hands the outline of a glyph to pen, moved by (dx, dy).
func trace(pen *vector.Rasterizer, outline sfnt.Segments, dx, dy float32) {
	at := func(p fixed.Point26_6) (x, y float32) { return float32(p.X)/64 + dx, float32(p.Y)/64 + dy }
	for _, s := range outline {
		ax, ay := at(s.Args[0])
		bx, by := at(s.Args[1])
		cx, cy := at(s.Args[2])
		switch s.Op {
		case sfnt.SegmentOpMoveTo:
			pen.ClosePath()
			pen.MoveTo(ax, ay)
		case sfnt.SegmentOpLineTo:
			pen.LineTo(ax, ay)
		case sfnt.SegmentOpQuadTo:
			pen.QuadTo(ax, ay, bx, by)
		case sfnt.SegmentOpCubeTo:
			pen.CubeTo(ax, ay, bx, by, cx, cy)
		}
	}
	pen.ClosePath()
}
