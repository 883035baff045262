package specimen

import (
	"bytes"
	"image"
	"image/jpeg"
	"math"
	"math/rand/v2"

	"golang.org/x/image/draw"

	"github.com/sparekey/sparekey/internal/safecopy/plane"
)

// A Condition is how a picture was taken. Take returns a new sample with truth moved along.
type Condition struct {
	Name string
	Take func(s *Sample, r *rand.Rand) *Sample
}

// Ten are the conditions that the bars are set for.
func Ten() []Condition {
	return []Condition{
		{"clean", func(s *Sample, _ *rand.Rand) *Sample { return s.turned(0) }},
		{"turned +5", func(s *Sample, r *rand.Rand) *Sample { return s.turned(3 + 2*r.Float64()) }},
		{"turned -5", func(s *Sample, r *rand.Rand) *Sample { return s.turned(-3 - 2*r.Float64()) }},
		{"turned 90", func(s *Sample, r *rand.Rand) *Sample { return s.turned(90) }},
		{"turned 180", func(s *Sample, r *rand.Rand) *Sample { return s.turned(180) }},
		{"blurred", func(s *Sample, r *rand.Rand) *Sample { return s.with(softened(2.5 + r.Float64())) }},
		{"JPEG 15", func(s *Sample, _ *rand.Rand) *Sample { return s.with(squeezed(15)) }},
		{"130 dpi", func(s *Sample, _ *rand.Rand) *Sample { return s.resized(130.0 / (dots * 25.4)) }},
		{"perspective", func(s *Sample, r *rand.Rand) *Sample { return s.leaning(r, 0.10) }},
		{"bad photo", badPhoto},
	}
}

// Harder are reported beside them.
func Harder() []Condition {
	return []Condition{
		{"any angle", func(s *Sample, r *rand.Rand) *Sample { return s.turned(r.Float64() * 360) }},
		{"blurred more", func(s *Sample, _ *rand.Rand) *Sample { return s.with(softened(4.5)) }},
		{"moved", func(s *Sample, r *rand.Rand) *Sample { return s.with(smeared(6+r.IntN(5), r.IntN(2) == 0)) }},
		{"sharp shadow", func(s *Sample, r *rand.Rand) *Sample { return s.with(shadow(r, 0.35, 6)) }},
		{"glare", func(s *Sample, r *rand.Rand) *Sample { return s.with(glare(r)) }},
		{"photo of a screen", func(s *Sample, r *rand.Rand) *Sample { return s.leaning(r, 0.05).with(moire(r)) }},
		{"100 dpi", func(s *Sample, _ *rand.Rand) *Sample { return s.resized(100.0 / (dots * 25.4)) }},
		{"300 pixels wide", func(s *Sample, _ *rand.Rand) *Sample { return s.resized(300 / float64(s.Image.Rect.Dx())) }},
		{"strong perspective", func(s *Sample, r *rand.Rand) *Sample { return s.leaning(r, 0.2) }},
		{"worse photo", func(s *Sample, r *rand.Rand) *Sample {
			return badPhoto(s.with(shadow(r, 0.45, 20)), r).with(noised(r, 10), squeezed(20))
		}},
	}
}

func badPhoto(s *Sample, r *rand.Rand) *Sample {
	return s.leaning(r, 0.06).resized(0.75).with(shadow(r, 0.6, 200), softened(1.1), noised(r, 8), squeezed(40))
}

// Photo12 is s as a phone takes it: 4000 × 3000 pixels of a table with the document on it.
func Photo12(s *Sample, r *rand.Rand) *Sample {
	to := plane.Rect(image.Rect(0, 0, 4000, 3000)).Part(0.12, 0.14, 0.88, 0.86)
	high := float64(s.Image.Rect.Dy()) / float64(s.Image.Rect.Dx()) * 3040
	to[2].Y, to[3].Y = to[0].Y+high, to[0].Y+high
	for i := range to {
		to[i].X, to[i].Y = to[i].X+r.Float64()*100-50, to[i].Y+r.Float64()*100-50
	}
	return s.mapped(to, image.Rect(0, 0, 4000, 3000), r)
}

// mapped lays the picture on a table so that its corners come to those of to.
func (s *Sample) mapped(to plane.Quad, size image.Rectangle, r *rand.Rand) *Sample {
	from := plane.Rect(s.Image.Rect)
	there, ok := plane.Onto(from, to)
	back, ok2 := plane.Onto(to, from)
	if !ok || !ok2 {
		panic("specimen: a condition that folds the picture")
	}
	out := image.NewNRGBA(size)
	table := [3]float64{60 + r.Float64()*150, 60 + r.Float64()*150, 60 + r.Float64()*150}
	grain, wobble := make([]float64, 126), make([]int, size.Dy())
	for i := range grain {
		grain[i] = 8 * math.Sin(float64(i)*2*math.Pi/126)
	}
	for y := range wobble {
		wobble[y] = int(60 + 60*math.Sin(float64(y)*0.013))
	}
	for y := range size.Dy() {
		for x := range size.Dx() {
			p := back.At(plane.Point{X: float64(x) + 0.5, Y: float64(y) + 0.5})
			at := out.Pix[out.PixOffset(x, y):]
			at[3] = 255
			if !s.sample(p, at) {
				for k := range 3 {
					at[k] = level(table[k] + grain[(x+wobble[y])%len(grain)])
				}
			}
		}
	}
	t := s.moved(there.Quad)
	t.Image = out
	return t
}

// sample is the picture's colour at p, between its pixels.
func (s *Sample) sample(p plane.Point, to []uint8) bool {
	b := s.Image.Rect
	x, y := p.X-0.5, p.Y-0.5
	if p.X < 0 || p.Y < 0 || p.X >= float64(b.Dx()) || p.Y >= float64(b.Dy()) {
		return false
	}
	i, j := int(math.Floor(x)), int(math.Floor(y))
	fx, fy := x-float64(i), y-float64(j)
	i0, i1, j0, j1 := max(i, 0), min(i+1, b.Dx()-1), max(j, 0), min(j+1, b.Dy()-1)
	at := func(x, y int) []uint8 { return s.Image.Pix[s.Image.PixOffset(x, y):] }
	a, e, c, d := at(i0, j0), at(i1, j0), at(i0, j1), at(i1, j1)
	for k := range 3 {
		to[k] = uint8((float64(a[k])*(1-fx)+float64(e[k])*fx)*(1-fy) + (float64(c[k])*(1-fx)+float64(d[k])*fx)*fy + 0.5)
	}
	return true
}

// moved is s with every region moved; its picture is left to the caller.
func (s *Sample) moved(by func(plane.Quad) plane.Quad) *Sample {
	all := func(qs []plane.Quad) []plane.Quad {
		out := make([]plane.Quad, len(qs))
		for i, q := range qs {
			out[i] = by(q)
		}
		return out
	}
	numbers := func(ns []Number) []Number {
		var out []Number
		for _, n := range ns {
			out = append(out, Number{n.Text, by(n.Quad), all(n.Slots)})
		}
		return out
	}
	t := *s
	t.Slots, t.Codes = nil, nil
	for _, line := range s.Slots {
		t.Slots = append(t.Slots, all(line))
	}
	for _, c := range s.Codes {
		t.Codes = append(t.Codes, Code{c.Text, by(c.Quad)})
	}
	t.Numbers, t.Personal, t.Repeated = numbers(s.Numbers), numbers(s.Personal), numbers(s.Repeated)
	t.Outline = by(s.Outline)
	if s.Portrait != (plane.Quad{}) {
		t.Portrait = by(s.Portrait)
	}
	return &t
}

// turned lies on a table, turned by that many degrees.
func (s *Sample) turned(degrees float64) *Sample {
	w, h := float64(s.Image.Rect.Dx()), float64(s.Image.Rect.Dy())
	sin, cos := math.Sincos(degrees * math.Pi / 180)
	wide, high := math.Abs(w*cos)+math.Abs(h*sin)+60, math.Abs(w*sin)+math.Abs(h*cos)+60
	to := plane.Rect(s.Image.Rect)
	for i, p := range to {
		x, y := p.X-w/2, p.Y-h/2
		to[i] = plane.Point{X: x*cos - y*sin + wide/2, Y: x*sin + y*cos + high/2}
	}
	return s.mapped(to, image.Rect(0, 0, int(wide), int(high)), rand.New(rand.NewPCG(uint64(w), uint64(h))))
}

// leaning is seen from aside: each corner is off by up to part of the size.
func (s *Sample) leaning(r *rand.Rand, part float64) *Sample {
	w, h := float64(s.Image.Rect.Dx()), float64(s.Image.Rect.Dy())
	size := image.Rect(0, 0, int(w*(1+2*part))+40, int(h*(1+2*part))+40)
	to := plane.Rect(s.Image.Rect)
	for i := range to {
		to[i].X += w*part + 20 + (2*r.Float64()-1)*w*part*0.7
		to[i].Y += h*part + 20 + (2*r.Float64()-1)*h*part*0.7
	}
	return s.mapped(to, size, r)
}

func (s *Sample) resized(by float64) *Sample {
	out := image.NewNRGBA(image.Rect(0, 0, int(float64(s.Image.Rect.Dx())*by), int(float64(s.Image.Rect.Dy())*by)))
	draw.CatmullRom.Scale(out, out.Rect, s.Image, s.Image.Rect, draw.Src, nil)
	t := s.moved(func(q plane.Quad) plane.Quad { return q.Scale(by) })
	t.Image = out
	return t
}

// with is the same view after changes to its pixels.
func (s *Sample) with(changes ...func(*image.NRGBA) *image.NRGBA) *Sample {
	t := *s
	for _, change := range changes {
		t.Image = change(t.Image)
	}
	return &t
}

func squeezed(quality int) func(*image.NRGBA) *image.NRGBA {
	return func(img *image.NRGBA) *image.NRGBA {
		var file bytes.Buffer
		if err := jpeg.Encode(&file, img, &jpeg.Options{Quality: quality}); err != nil {
			panic(err) // a buffer takes all
		}
		back, err := jpeg.Decode(&file)
		if err != nil {
			panic(err) // written just now
		}
		out := image.NewNRGBA(img.Rect)
		draw.Draw(out, out.Rect, back, back.Bounds().Min, draw.Src)
		return out
	}
}

// softened averages with a normal weight of that deviation in pixels.
func softened(deviation float64) func(*image.NRGBA) *image.NRGBA {
	reach := int(math.Ceil(2.5 * deviation))
	weights, sum := make([]float64, 2*reach+1), 0.0
	for i := range weights {
		d := float64(i - reach)
		weights[i] = math.Exp(-d * d / (2 * deviation * deviation))
		sum += weights[i]
	}
	for i := range weights {
		weights[i] /= sum
	}
	return func(img *image.NRGBA) *image.NRGBA { return averaged(averaged(img, weights, true), weights, false) }
}

// smeared is blurred evenly along one side.
func smeared(pixels int, across bool) func(*image.NRGBA) *image.NRGBA {
	weights := make([]float64, pixels|1)
	for i := range weights {
		weights[i] = 1 / float64(len(weights))
	}
	return func(img *image.NRGBA) *image.NRGBA { return averaged(img, weights, across) }
}

func averaged(img *image.NRGBA, weights []float64, across bool) *image.NRGBA {
	out := image.NewNRGBA(img.Rect)
	w, h, reach := img.Rect.Dx(), img.Rect.Dy(), len(weights)/2
	parts := make([]int32, len(weights)) // of 65536
	for i, weight := range weights {
		parts[i] = int32(math.Round(weight * 65536))
	}
	along, step, lines, next := h, img.Stride, w, 4
	if across {
		along, step, lines, next = w, 4, h, img.Stride
	}
	for line := range lines {
		from, to := img.Pix[line*next:], out.Pix[line*next:]
		for i := range along {
			var r, g, b int32
			for k, part := range parts {
				at := from[min(max(i+k-reach, 0), along-1)*step:]
				r, g, b = r+part*int32(at[0]), g+part*int32(at[1]), b+part*int32(at[2])
			}
			pixel := to[i*step : i*step+4]
			pixel[0], pixel[1], pixel[2], pixel[3] = clipped(r), clipped(g), clipped(b), 255
		}
	}
	return out
}

func clipped(v int32) uint8 { return uint8(min(max((v+32768)>>16, 0), 255)) }

// each changes every pixel to times it plus more, which change gives for its place.
func each(change func(x, y int) (times, more float64)) func(*image.NRGBA) *image.NRGBA {
	return func(img *image.NRGBA) *image.NRGBA {
		out := image.NewNRGBA(img.Rect)
		for y := range img.Rect.Dy() {
			for x := range img.Rect.Dx() {
				times, more := change(x, y)
				from, to := img.Pix[y*img.Stride+x*4:], out.Pix[y*out.Stride+x*4:]
				for k := range 3 {
					to[k] = uint8(min(max(float64(from[k])*times+more+0.5, 0), 255))
				}
				to[3] = 255
			}
		}
		return out
	}
}

func noised(r *rand.Rand, deviation float64) func(*image.NRGBA) *image.NRGBA {
	return each(func(_, _ int) (float64, float64) { return 1, r.NormFloat64() * deviation })
}

// shadow darkens one side of a line through the picture, over soft pixels.
func shadow(r *rand.Rand, dark, soft float64) func(*image.NRGBA) *image.NRGBA {
	angle, along := r.Float64()*2*math.Pi, 200+r.Float64()*600
	sin, cos := math.Sincos(angle)
	return each(func(x, y int) (float64, float64) {
		side := 1 / (1 + math.Exp(-(float64(x)*cos+float64(y)*sin-along*math.Abs(cos+sin))/soft))
		return 1 - (1-dark)*side, 0
	})
}

func glare(r *rand.Rand) func(*image.NRGBA) *image.NRGBA {
	u, v, wide := r.Float64(), r.Float64(), 60+r.Float64()*80
	return func(img *image.NRGBA) *image.NRGBA {
		cx, cy := u*float64(img.Rect.Dx()), v*float64(img.Rect.Dy())
		return each(func(x, y int) (float64, float64) {
			d := math.Hypot(float64(x)-cx, float64(y)-cy) / wide
			white := math.Exp(-d * d)
			return 1 - white, 255 * white
		})(img)
	}
}

// moire is the pattern of a screen's own pixels.
func moire(r *rand.Rand) func(*image.NRGBA) *image.NRGBA {
	a, b := 1.9+r.Float64()*0.4, 1.9+r.Float64()*0.4
	return each(func(x, y int) (float64, float64) {
		return 0.86 + 0.1*math.Sin(float64(x)*a) + 0.04*math.Sin(float64(y)*b), 0
	})
}
