package specimen

import (
	"image"
	"image/color"
	"image/draw"
	"math/rand/v2"

	"github.com/sparekey/sparekey/internal/safecopy/plane"
)

// Two lays a above b on one table and returns both as they lie there: each with its
// own truth, both with the same picture.
func Two(a, b *Sample) [2]*Sample {
	const gap = 50
	wide := max(a.Image.Rect.Dx(), b.Image.Rect.Dx()) + 2*gap
	img := image.NewNRGBA(image.Rect(0, 0, wide, a.Image.Rect.Dy()+b.Image.Rect.Dy()+3*gap))
	draw.Draw(img, img.Rect, image.NewUniform(color.NRGBA{118, 104, 92, 255}), image.Point{}, draw.Src)
	lay := func(s *Sample, y int) *Sample {
		draw.Draw(img, s.Image.Rect.Add(image.Pt(gap, y)), s.Image, image.Point{}, draw.Src)
		t := s.shifted(gap, y)
		t.Image = img
		return t
	}
	return [2]*Sample{lay(a, gap), lay(b, a.Image.Rect.Dy()+2*gap)}
}

// Cut is s with a twentieth to a fifth of it off the picture at one side. Truth that
// is off lies outside Image.
func Cut(s *Sample, r *rand.Rand) *Sample {
	part := 0.05 + r.Float64()*0.15
	b := s.Image.Rect
	off := b
	switch x, y := int(float64(b.Dx())*part), int(float64(b.Dy())*part); r.IntN(4) {
	case 0:
		off.Min.X += x
	case 1:
		off.Max.X -= x
	case 2:
		off.Min.Y += y
	default:
		off.Max.Y -= y
	}
	img := image.NewNRGBA(image.Rect(0, 0, off.Dx(), off.Dy()))
	draw.Draw(img, img.Rect, s.Image, off.Min, draw.Src)
	t := s.shifted(-off.Min.X, -off.Min.Y)
	t.Image = img
	return t
}

func (s *Sample) shifted(x, y int) *Sample {
	return s.moved(func(q plane.Quad) plane.Quad {
		for i := range q {
			q[i].X, q[i].Y = q[i].X+float64(x), q[i].Y+float64(y)
		}
		return q
	})
}
