package specimen

import (
	"image"
	"image/color"
	"image/draw"
	"math"
	"math/rand/v2"

	"github.com/sparekey/sparekey/internal/safecopy"
	"github.com/sparekey/sparekey/internal/safecopy/plane"
)

// besideAttacks show the number on something else in the picture, in ways that no
// reader of digits is made for, and the tool's own boxes leave it.
func besideAttacks() []Attack {
	const em = 34.0
	grey := func(level uint8) color.NRGBA { return color.NRGBA{level, level, level, 255} }
	ink := grey(25)
	beside := func(name string, paper color.NRGBA, write func(strip *image.NRGBA, digits string, random *rand.Rand)) Attack {
		return Attack{Name: name, File: func(s Subject, random *rand.Rand) ([]byte, error) {
			b := s.Image.Rect
			img := image.NewNRGBA(image.Rect(0, 0, max(b.Dx(), 560), b.Dy()+400))
			draw.Draw(img, img.Rect, image.NewUniform(paper), image.Point{}, draw.Src)
			draw.Draw(img, b, s.Image, b.Min, draw.Src)
			write(img.SubImage(image.Rect(0, b.Dy()+20, img.Rect.Dx(), img.Rect.Dy())).(*image.NRGBA), digitsOf(s), random)
			return copied(img, s.boxes(), s.Mark, random)
		}}
	}
	spaced := func(step image.Point, c color.NRGBA) func(*image.NRGBA, string, *rand.Rand) {
		return func(strip *image.NRGBA, digits string, _ *rand.Rand) {
			for i := range digits {
				writeAt(strip, strip.Rect.Min.Add(image.Pt(30, 10)).Add(step.Mul(i)), digits[i:i+1], em, c)
			}
		}
	}
	return []Attack{
		beside("slip with digits far apart", grey(232), spaced(image.Pt(56, 0), ink)),
		beside("slip with digits one below another", grey(232), spaced(image.Pt(0, 38), ink)),
		beside("slip with digits on two lines", grey(232), func(strip *image.NRGBA, digits string, _ *rand.Rand) {
			writeAt(strip, strip.Rect.Min.Add(image.Pt(40, 30)), digits[:5], em, ink)
			writeAt(strip, strip.Rect.Min.Add(image.Pt(40, 90)), digits[5:], em, ink)
		}),
		beside("slip in white on blue", color.NRGBA{30, 60, 140, 255}, spaced(image.Pt(21, 0), grey(250))),
		beside("slip with pencil", grey(232), spaced(image.Pt(21, 0), grey(196))),
		beside("slip askew", grey(232), func(strip *image.NRGBA, digits string, random *rand.Rand) {
			turned := image.NewNRGBA(image.Rect(0, 0, 320, 60))
			draw.Draw(turned, turned.Rect, image.NewUniform(grey(232)), image.Point{}, draw.Src)
			writeAt(turned, image.Pt(20, 10), digits, em, ink)
			angle := (0.3 + 0.9*random.Float64()) * math.Pi / 2
			pasteTurned(strip, turned, angle)
		}),
		{Name: "issuer covered, printed number scribbled", Applies: has(safecopy.PrintedNumber), File: func(s Subject, random *rand.Rand) ([]byte, error) {
			img := clone(s.Image)
			var boxes []safecopy.Box
			for _, p := range s.Places {
				switch p.What {
				case safecopy.PrintedNumber:
					scribbled(img, p, random)
				default:
					boxes = append(boxes, p.box())
				}
			}
			if s.Issuer != (plane.Quad{}) {
				boxes = append(boxes, safecopy.Box{Quad: s.Issuer})
			}
			return copied(img, boxes, s.Mark, random)
		}},
	}
}

// pasteTurned puts a picture in the middle of a strip, turned by that angle.
func pasteTurned(strip, img *image.NRGBA, angle float64) {
	sin, cos := math.Sincos(angle)
	mx, my := float64(strip.Rect.Min.X+strip.Rect.Max.X)/2, float64(strip.Rect.Min.Y+strip.Rect.Max.Y)/2
	for y := strip.Rect.Min.Y; y < strip.Rect.Max.Y; y++ {
		for x := strip.Rect.Min.X; x < strip.Rect.Max.X; x++ {
			dx, dy := float64(x)-mx, float64(y)-my
			at := image.Pt(int(dx*cos+dy*sin)+img.Rect.Dx()/2, int(dy*cos-dx*sin)+img.Rect.Dy()/2)
			if at.In(img.Rect) {
				strip.SetNRGBA(x, y, img.NRGBAAt(at.X, at.Y))
			}
		}
	}
}
