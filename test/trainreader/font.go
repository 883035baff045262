package main

import (
	"errors"
	"fmt"
	"image"
	"os"

	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

// unit is how many pixels high a capital H (or a digit) is in the drawings
// that examples are taken from.
const unit = 48

// A stamp is one character drawn large: ink from 0 to 1.
type stamp struct {
	ink           []float32
	width, height int

	// x and y of the drawing's first pixel, seen from the middle of the
	// character's cell: half the advance, half the height of a capital.
	left, top float32

	// Halves of the character's own width, for fonts without a fixed pitch.
	middle, half float32
}

// at is the ink at a place seen from the cell's middle, in drawing pixels.
func (s *stamp) at(x, y float32) float32 {
	x, y = x-s.left-0.5, y-s.top-0.5
	if x < 0 || y < 0 || x >= float32(s.width-1) || y >= float32(s.height-1) {
		return 0
	}
	i, j := int(x), int(y)
	fx, fy := x-float32(i), y-float32(j)
	row := s.ink[j*s.width+i:]
	below := row[s.width:]
	return (row[0]*(1-fx)+row[1]*fx)*(1-fy) + (below[0]*(1-fx)+below[1]*fx)*fy
}

// A typeface has its characters in several thicknesses.
type typeface struct {
	pitch float32 // of a digit, in drawing pixels
	drawn map[rune][]stamp
}

// thicknesses are how many drawing pixels are added around every stroke.
var thicknesses = []int{-2, -1, 0, 1, 2, 3}

func loadTypeface(path, text string) (*typeface, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("a font that training needs (see the package's comment): %w", err)
	}
	parsed, err := opentype.Parse(data)
	if err != nil {
		return nil, fmt.Errorf("font %s: %w", path, err)
	}
	size, err := sizeForUnit(parsed)
	if err != nil {
		return nil, fmt.Errorf("font %s: %w", path, err)
	}
	face, err := opentype.NewFace(parsed, &opentype.FaceOptions{Size: size, DPI: 72, Hinting: font.HintingNone})
	if err != nil {
		return nil, fmt.Errorf("font %s: %w", path, err)
	}
	defer face.Close()
	t := &typeface{drawn: map[rune][]stamp{}}
	for _, r := range text {
		plain, err := draw(face, r)
		if err != nil {
			return nil, fmt.Errorf("font %s: %w", path, err)
		}
		for _, by := range thicknesses {
			t.drawn[r] = append(t.drawn[r], plain.thicker(by))
		}
	}
	advance, _ := face.GlyphAdvance('0')
	t.pitch = float32(advance) / 64
	return t, nil
}

func sizeForUnit(parsed *opentype.Font) (float64, error) {
	const probe = 200
	face, err := opentype.NewFace(parsed, &opentype.FaceOptions{Size: probe, DPI: 72, Hinting: font.HintingNone})
	if err != nil {
		return 0, err
	}
	defer face.Close()
	bounds, _, ok := face.GlyphBounds('H')
	if !ok {
		return 0, errors.New("it has no H")
	}
	return probe * unit * 64 / float64(bounds.Max.Y-bounds.Min.Y), nil
}

// edge is room around a drawing for thicker strokes.
const edge = 8

func draw(face font.Face, r rune) (stamp, error) {
	box, mask, at, advance, ok := face.Glyph(fixed.Point26_6{}, r)
	alpha, isAlpha := mask.(*image.Alpha)
	if !ok || !isAlpha || box.Empty() {
		return stamp{}, fmt.Errorf("no drawing of %q", r)
	}
	s := stamp{width: box.Dx() + 2*edge, height: box.Dy() + 2*edge}
	s.ink = make([]float32, s.width*s.height)
	for y := range box.Dy() {
		for x := range box.Dx() {
			s.ink[(y+edge)*s.width+x+edge] = float32(alpha.AlphaAt(at.X+x, at.Y+y).A) / 255
		}
	}
	s.left = float32(box.Min.X-edge) - float32(advance)/128
	s.top = float32(box.Min.Y-edge) + unit/2
	s.half = float32(box.Dx()) / 2
	s.middle = float32(box.Min.X) + s.half - float32(advance)/128
	return s, nil
}

// thicker is the drawing with that many pixels added around its strokes, or
// taken away when by is negative.
func (s stamp) thicker(by int) stamp {
	out := s
	if by == 0 {
		return out
	}
	out.ink = make([]float32, len(s.ink))
	reach := max(by, -by)
	for y := range s.height {
		for x := range s.width {
			out.ink[y*s.width+x] = s.extreme(x, y, reach, by > 0)
		}
	}
	return out
}

func (s *stamp) extreme(x, y, reach int, most bool) float32 {
	found := s.ink[y*s.width+x]
	for dy := -reach; dy <= reach; dy++ {
		for dx := -reach; dx <= reach; dx++ {
			if dx*dx+dy*dy > reach*reach {
				continue
			}
			var v float32
			if i, j := x+dx, y+dy; i >= 0 && j >= 0 && i < s.width && j < s.height {
				v = s.ink[j*s.width+i]
			}
			if most {
				found = max(found, v)
			} else {
				found = min(found, v)
			}
		}
	}
	return found
}
