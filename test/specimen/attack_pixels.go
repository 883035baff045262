package specimen

import (
	"image"
	"image/color"
	"image/draw"
	"math"
	"math/rand/v2"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gomonobold"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"

	"github.com/sparekey/sparekey/internal/safecopy/plane"
)

func clone(img *image.NRGBA) *image.NRGBA {
	out := image.NewNRGBA(image.Rect(0, 0, img.Rect.Dx(), img.Rect.Dy()))
	draw.Draw(out, out.Rect, img, img.Rect.Min, draw.Src)
	return out
}

func shifted(q plane.Quad, dx, dy float64) plane.Quad {
	for i := range q {
		q[i].X, q[i].Y = q[i].X+dx, q[i].Y+dy
	}
	return q
}

// within calls do for every pixel of img that has its centre in q.
func within(img *image.NRGBA, q plane.Quad, do func(p []uint8, x, y int)) {
	b := q.Bounds().Intersect(img.Rect)
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			if q.Contains(plane.Point{X: float64(x) + 0.5, Y: float64(y) + 0.5}) {
				do(img.Pix[img.PixOffset(x, y):][:4], x, y)
			}
		}
	}
}

// bar lays black of that opacity over a place.
func bar(opacity float64) func(*image.NRGBA, Place, *rand.Rand) {
	return func(img *image.NRGBA, p Place, _ *rand.Rand) {
		within(img, p.box().Quad, func(px []uint8, _, _ int) {
			for c := range 3 {
				px[c] = uint8(float64(px[c])*(1-opacity) + 0.5)
			}
		})
	}
}

// blurred blurs a place by a Gauss curve of that many pixels.
func blurred(sigma float64) func(*image.NRGBA, Place, *rand.Rand) {
	reach := int(3 * sigma)
	weights := make([]float64, 2*reach+1)
	for i := range weights {
		weights[i] = math.Exp(-math.Pow(float64(i-reach)/sigma, 2) / 2)
	}
	return func(img *image.NRGBA, p Place, _ *rand.Rand) {
		q := p.box().Quad
		for _, step := range []image.Point{{1, 0}, {0, 1}} {
			from := clone(img)
			within(img, q, func(px []uint8, x, y int) {
				var sum [3]float64
				var total float64
				for i, w := range weights {
					at := image.Pt(x, y).Add(step.Mul(i - reach))
					if !at.In(from.Rect) {
						continue
					}
					total += w
					for c := range 3 {
						sum[c] += w * float64(from.Pix[from.PixOffset(at.X, at.Y)+c])
					}
				}
				for c := range 3 {
					px[c] = uint8(sum[c]/total + 0.5)
				}
			})
		}
	}
}

// pixelated makes a place of squares of that many pixels.
func pixelated(side int) func(*image.NRGBA, Place, *rand.Rand) {
	return func(img *image.NRGBA, p Place, _ *rand.Rand) {
		from, q := clone(img), p.box().Quad
		within(img, q, func(px []uint8, x, y int) {
			square := image.Rect(x/side*side, y/side*side, x/side*side+side, y/side*side+side).Intersect(img.Rect)
			var sum [3]int
			for sy := square.Min.Y; sy < square.Max.Y; sy++ {
				for sx := square.Min.X; sx < square.Max.X; sx++ {
					for c := range 3 {
						sum[c] += int(from.Pix[from.PixOffset(sx, sy)+c])
					}
				}
			}
			for c := range 3 {
				px[c] = uint8(sum[c] / (square.Dx() * square.Dy()))
			}
		})
	}
}

// stroke draws a line of that width with round ends.
func stroke(img *image.NRGBA, a, b plane.Point, width float64, c color.NRGBA) {
	length := max(math.Hypot(b.X-a.X, b.Y-a.Y), 1)
	for i := 0.0; i <= length; i += 0.5 {
		x, y := a.X+(b.X-a.X)*i/length, a.Y+(b.Y-a.Y)*i/length
		for dy := -width / 2; dy <= width/2; dy++ {
			for dx := -width / 2; dx <= width/2; dx++ {
				if dx*dx+dy*dy <= width*width/4 {
					img.SetNRGBA(int(x+dx), int(y+dy), c)
				}
			}
		}
	}
}

func scribbled(img *image.NRGBA, p Place, random *rand.Rand) {
	q, from := p.Quad, p.Quad.At(0, 0.5)
	for i := range 24 {
		to := q.At(float64(i+1)/24+0.06*random.NormFloat64(), 0.5+0.45*math.Copysign(1, float64(i%2)-0.5)+0.1*random.NormFloat64())
		stroke(img, from, to, p.em()/6, color.NRGBA{15, 15, 20, 255})
		from = to
	}
}

func struck(img *image.NRGBA, p Place, random *rand.Rand) {
	tilt := 0.15 * random.NormFloat64()
	stroke(img, p.Quad.At(-0.02, 0.5-tilt), p.Quad.At(1.02, 0.5+tilt), p.em()/3, color.NRGBA{A: 255})
}

// fluid paints white of 90 % over a place.
func fluid(img *image.NRGBA, p Place, _ *rand.Rand) {
	within(img, p.box().Quad, func(px []uint8, _, _ int) {
		for c := range 3 {
			px[c] = uint8(float64(px[c])*0.1 + 0.9*250)
		}
	})
}

func lettering(em float64) font.Face {
	parsed, err := opentype.Parse(gomonobold.TTF)
	if err != nil {
		panic(err)
	}
	face, err := opentype.NewFace(parsed, &opentype.FaceOptions{Size: em, DPI: 72})
	if err != nil {
		panic(err)
	}
	return face
}

// writeAt writes text upright with its left top corner at a point.
func writeAt(img *image.NRGBA, at image.Point, text string, em float64, c color.NRGBA) {
	d := font.Drawer{Dst: img, Src: image.NewUniform(c), Face: lettering(em), Dot: fixed.P(at.X, at.Y+int(0.8*em))}
	d.DrawString(text)
}

// writeIn writes the characters of p where they stand, in another colour.
func writeIn(img *image.NRGBA, p Place, c color.NRGBA) {
	letters := []rune(p.Text)
	for i, slot := range p.Slots {
		if i < len(letters) {
			b := slot.Bounds()
			writeAt(img, b.Min, string(letters[i]), 1.1*p.em(), c)
		}
	}
}

// above is p in small, in the half character by which a box is higher than p.
func (p Place) above() Place {
	small := p
	small.Slots = nil
	for _, slot := range p.Slots {
		small.Slots = append(small.Slots, slot.Part(0.1, -0.42, 0.9, -0.02))
	}
	return small
}

// writeSomewhere writes the first number in the free part of a picture, on white.
func writeSomewhere(img *image.NRGBA, s Subject, random *rand.Rand, em float64, c color.NRGBA) {
	writeOn(color.NRGBA{255, 255, 255, 255}, img, s, random, em, c)
}

// writeOn is writeSomewhere on another ground.
func writeOn(ground color.NRGBA, img *image.NRGBA, s Subject, random *rand.Rand, em float64, c color.NRGBA) {
	text := digitsOf(s)
	size := image.Pt(int(0.62*em*float64(len(text)))+8, int(1.2*em)+6)
	if random.IntN(3) == 0 { // in groups
		text = text[:3] + []string{" ", "."}[random.IntN(2)] + text[3:6] + " " + text[6:]
		size.X += int(1.24 * em)
	}
	at := freeSpot(s, size, random)
	draw.Draw(img, image.Rectangle{at, at.Add(size)}, image.NewUniform(ground), image.Point{}, draw.Src)
	writeAt(img, at.Add(image.Pt(4, 3)), text, em, c)
}

// digitsOf is the number of s: of all runs of nine digits in its places, the
// first.
func digitsOf(s Subject) string {
	for _, p := range s.numbers() {
		run := ""
		for _, r := range p.Text + " " {
			if r >= '0' && r <= '9' {
				run += string(r)
				if len(run) == 9 {
					return run
				}
				continue
			}
			run = ""
		}
	}
	return "123456782"
}

// freeSpot is where a rectangle of that size touches no box of a right copy, or
// nearly none.
func freeSpot(s Subject, size image.Point, random *rand.Rand) image.Point {
	b, boxes := s.Image.Rect, s.boxes()
	best, least := b.Min, math.MaxInt
	for range 100 {
		at := image.Pt(random.IntN(max(b.Dx()-size.X, 1)), random.IntN(max(b.Dy()-size.Y, 1)))
		area, over := image.Rectangle{at, at.Add(size)}, 0
		for _, box := range boxes {
			common := box.Quad.Bounds().Intersect(area)
			over += common.Dx() * common.Dy()
		}
		if over < least {
			best, least = at, over
		}
	}
	return best
}

// paste copies a part of from to a point.
func paste(img, from *image.NRGBA, part image.Rectangle, to image.Point) {
	part = part.Intersect(from.Rect)
	draw.Draw(img, part.Sub(part.Min).Add(to), from, part.Min, draw.Src)
}

// beside puts two pictures next to one another.
func beside(a, b *image.NRGBA) *image.NRGBA {
	out := image.NewNRGBA(image.Rect(0, 0, a.Rect.Dx()+b.Rect.Dx(), max(a.Rect.Dy(), b.Rect.Dy())))
	draw.Draw(out, out.Rect, image.White, image.Point{}, draw.Src)
	draw.Draw(out, a.Rect, a, a.Rect.Min, draw.Src)
	draw.Draw(out, b.Rect.Add(image.Pt(a.Rect.Dx(), 0)), b, b.Rect.Min, draw.Src)
	return out
}

// quarterTurns turns a picture clockwise.
func quarterTurns(img *image.NRGBA, turns int) *image.NRGBA {
	for range turns {
		w, h := img.Rect.Dx(), img.Rect.Dy()
		out := image.NewNRGBA(image.Rect(0, 0, h, w))
		for y := range h {
			for x := range w {
				copy(out.Pix[out.PixOffset(h-1-y, x):][:4], img.Pix[img.PixOffset(x, y):][:4])
			}
		}
		img = out
	}
	return img
}
