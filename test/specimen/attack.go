package specimen

import (
	"image"
	"image/color"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/sparekey/sparekey/internal/safecopy"
	"github.com/sparekey/sparekey/internal/safecopy/plane"
)

// A Place is a part of a picture on which a citizen's number, or what gives it
// away, can be seen.
type Place struct {
	What safecopy.What
	Quad plane.Quad

	// Slots are its characters, in reading order; nil for a code.
	Slots []plane.Quad

	// Text is what stands there, to be written elsewhere by an attack.
	Text string

	cover plane.Quad // what a right copy covers it with; zero for half a character around it
}

// A Subject is a picture of one document, and everything on it that a safe copy
// covers.
type Subject struct {
	Image  *image.NRGBA
	Places []Place
	Mark   safecopy.Mark

	// Tool are the boxes that the tool proposes, and Notes what it says of them.
	Tool  []safecopy.Box
	Notes []safecopy.Note

	// Issuer is where the number line says which state made the document; zero
	// where it does not.
	Issuer plane.Quad
}

// Said reports whether the tool says so of its proposal.
func (s Subject) Said(code safecopy.NoteCode) bool {
	return slices.ContainsFunc(s.Notes, func(n safecopy.Note) bool { return n.Code == code })
}

// boxes are the boxes of a right copy: every place, padded by half a character.
func (s Subject) boxes() []safecopy.Box {
	boxes := slices.Clone(s.Tool)
	for _, p := range s.Places {
		boxes = append(boxes, p.box())
	}
	return boxes
}

func (p Place) box() safecopy.Box {
	if p.cover != (plane.Quad{}) {
		return safecopy.Box{Quad: p.cover, What: p.What}
	}
	return safecopy.Box{Quad: p.Quad.Grow(p.em() / 2), What: p.What}
}

// em is the height of a character of p, in pixels; of a code, a sixth of it.
func (p Place) em() float64 {
	if len(p.Slots) == 0 {
		b := p.Quad.Bounds()
		return float64(max(b.Dx(), b.Dy())) / 6
	}
	return height(p.Slots[0])
}

func height(q plane.Quad) float64 {
	left := plane.Point{X: q[3].X - q[0].X, Y: q[3].Y - q[0].Y}
	return max(abs(left.X)+abs(left.Y), 1)
}

func abs(x float64) float64 { return max(x, -x) }

// An Attack makes the file of a copy that must not be called safe.
type Attack struct {
	Name string

	// Applies reports whether the attack can be made on a document with these
	// places; nil means on every one that has a number in characters.
	Applies func(Subject) bool

	// File makes the copy. It does not change the subject.
	File func(Subject, *rand.Rand) ([]byte, error)
}

// Attacks are all attacks there are.
func Attacks() []Attack {
	var all []Attack
	all = append(all, coverAttacks()...)
	all = append(all, leftAttacks()...)
	all = append(all, pixelAttacks()...)
	all = append(all, besideAttacks()...)
	all = append(all, markAttacks()...)
	return append(all, fileAttacks()...)
}

// On reports whether the attack can be made on s.
func (a Attack) On(s Subject) bool {
	if a.Applies != nil {
		return a.Applies(s)
	}
	return len(s.numbers()) > 0
}

// numbers are the places whose characters are a number: not codes.
func (s Subject) numbers() []Place {
	var places []Place
	for _, p := range s.Places {
		if len(p.Slots) > 0 {
			places = append(places, p)
		}
	}
	return places
}

func has(what safecopy.What) func(Subject) bool {
	return func(s Subject) bool {
		for _, p := range s.Places {
			if p.What == what {
				return true
			}
		}
		return false
	}
}

// copied makes a copy of a picture as the tool does, in the kind that chance
// chooses.
func copied(img *image.NRGBA, boxes []safecopy.Box, mark safecopy.Mark, random *rand.Rand) ([]byte, error) {
	return written(safecopy.Make(img, boxes, mark), random)
}

func written(img image.Image, random *rand.Rand) ([]byte, error) {
	kind := safecopy.JPEG
	if random.IntN(3) == 0 {
		kind = safecopy.PNG
	}
	return safecopy.Encode(img, kind)
}

// worked makes an attack that changes the pixels of every place instead of
// covering it.
func worked(name string, change func(img *image.NRGBA, p Place, random *rand.Rand)) Attack {
	return Attack{Name: name, File: func(s Subject, random *rand.Rand) ([]byte, error) {
		img := clone(s.Image)
		for _, p := range s.Places {
			change(img, p, random)
		}
		return copied(img, nil, s.Mark, random)
	}}
}

// boxed makes an attack that covers a copy with boxes of its own choice.
func boxed(name string, choose func(p Place, random *rand.Rand) []plane.Quad) Attack {
	return Attack{Name: name, File: func(s Subject, random *rand.Rand) ([]byte, error) {
		var boxes []safecopy.Box
		for _, p := range s.Places {
			for _, q := range choose(p, random) {
				boxes = append(boxes, safecopy.Box{Quad: q, What: p.What})
			}
		}
		return copied(s.Image, boxes, s.Mark, random)
	}}
}

// coverAttacks cover the numbers badly.
func coverAttacks() []Attack {
	return []Attack{
		boxed("no cover, mark alone", func(Place, *rand.Rand) []plane.Quad { return nil }),
		boxed("left half covered", func(p Place, _ *rand.Rand) []plane.Quad { return []plane.Quad{p.Quad.Part(-0.05, -0.5, 0.5, 1.5)} }),
		boxed("right half covered", func(p Place, _ *rand.Rand) []plane.Quad { return []plane.Quad{p.Quad.Part(0.5, -0.5, 1.05, 1.5)} }),
		boxed("upper half covered", func(p Place, _ *rand.Rand) []plane.Quad { return []plane.Quad{p.Quad.Part(-0.05, -0.5, 1.05, 0.5)} }),
		boxed("one character open", func(p Place, random *rand.Rand) []plane.Quad {
			n := max(len(p.Slots), 3)
			at := float64(random.IntN(min(n, 9)))
			return []plane.Quad{p.Quad.Part(-0.05, -0.5, at/float64(n), 1.5), p.Quad.Part((at+1)/float64(n), -0.5, 1.05, 1.5)}
		}),
		boxed("box shifted", func(p Place, random *rand.Rand) []plane.Quad {
			by := p.em() * (1.2 + random.Float64())
			if random.IntN(2) == 0 {
				by = -by
			}
			q := p.box().Quad
			dx, dy := q[1].X-q[0].X, q[1].Y-q[0].Y
			length := max(abs(dx)+abs(dy), 1)
			return []plane.Quad{shifted(q, by*dx/length, by*dy/length)}
		}),
		boxed("box too low", func(p Place, random *rand.Rand) []plane.Quad {
			q := p.box().Quad
			dx, dy := q[3].X-q[0].X, q[3].Y-q[0].Y
			part := 0.5 + 0.3*random.Float64()
			return []plane.Quad{shifted(q, part*dx, part*dy)}
		}),
		worked("bar of 60 %", bar(0.60)), worked("bar of 85 %", bar(0.85)), worked("bar of 95 %", bar(0.95)), worked("bar of 98 %", bar(0.98)),
		worked("blur of 4 pixels", blurred(4)), worked("blur of 8 pixels", blurred(8)),
		worked("pixelated by 8", pixelated(8)),
		worked("scribble", scribbled), worked("strike line", struck), worked("white fluid", fluid),
	}
}

// leftAttacks cover rightly, but not everything.
func leftAttacks() []Attack {
	leave := func(name string, what safecopy.What) Attack {
		return Attack{Name: name, Applies: has(what), File: func(s Subject, random *rand.Rand) ([]byte, error) {
			var boxes []safecopy.Box
			for _, p := range s.Places {
				if p.What != what {
					boxes = append(boxes, p.box())
				}
			}
			return copied(s.Image, boxes, s.Mark, random)
		}}
	}
	return []Attack{
		leave("number line left", safecopy.OptionalData), leave("printed number left", safecopy.PrintedNumber), leave("code left", safecopy.Code),
		lastOpen("composite left", 1), lastOpen("check digits left", 2),
		{Name: "code behind a bar of 60 %", Applies: has(safecopy.Code), File: func(s Subject, random *rand.Rand) ([]byte, error) {
			img := clone(s.Image)
			var boxes []safecopy.Box
			for _, p := range s.Places {
				if p.What == safecopy.Code {
					bar(0.6)(img, p, random)
				} else {
					boxes = append(boxes, p.box())
				}
			}
			return copied(img, boxes, s.Mark, random)
		}},
	}
}

// lastOpen leaves the last characters of the optional data open.
func lastOpen(name string, open int) Attack {
	return Attack{Name: name, Applies: has(safecopy.OptionalData), File: func(s Subject, random *rand.Rand) ([]byte, error) {
		var boxes []safecopy.Box
		for _, p := range s.Places {
			q := p.box().Quad
			if n := len(p.Slots); p.What == safecopy.OptionalData && n > open {
				q = p.Quad.Part(-0.5/float64(n), -0.5, float64(n-open)/float64(n), 1.5)
			}
			boxes = append(boxes, safecopy.Box{Quad: q, What: p.What})
		}
		return copied(s.Image, boxes, s.Mark, random)
	}}
}

// right is a right copy of s, before it is written.
func (s Subject) right() *image.NRGBA { return safecopy.Make(s.Image, s.boxes(), s.Mark) }

// pixelAttacks show the number elsewhere in a copy that is right otherwise.
func pixelAttacks() []Attack {
	onCopy := func(name string, change func(img *image.NRGBA, s Subject, random *rand.Rand)) Attack {
		return Attack{Name: name, File: func(s Subject, random *rand.Rand) ([]byte, error) {
			img := s.right()
			change(img, s, random)
			return written(img, random)
		}}
	}
	before := func(name string, change func(img *image.NRGBA, s Subject, random *rand.Rand)) Attack {
		return Attack{Name: name, File: func(s Subject, random *rand.Rand) ([]byte, error) {
			img := clone(s.Image)
			change(img, s, random)
			return copied(img, s.boxes(), s.Mark, random)
		}}
	}
	return []Attack{
		onCopy("near-black number on the box", func(img *image.NRGBA, s Subject, random *rand.Rand) {
			level := uint8(3 + random.IntN(20))
			for _, p := range s.numbers() {
				writeIn(img, p, color.NRGBA{level, level, level, 255})
			}
		}),
		onCopy("near-black number in the box's margin", func(img *image.NRGBA, s Subject, random *rand.Rand) {
			level := uint8(3 + random.IntN(10))
			for _, p := range s.numbers() {
				writeIn(img, p.above(), color.NRGBA{level, level, level, 255})
			}
		}),
		onCopy("number in one channel of the box", func(img *image.NRGBA, s Subject, random *rand.Rand) {
			c := [3]uint8{}
			c[random.IntN(3)] = uint8(20 + random.IntN(40))
			for _, p := range s.numbers() {
				writeIn(img, p, color.NRGBA{c[0], c[1], c[2], 255})
			}
		}),
		onCopy("box, then pasted over", func(img *image.NRGBA, s Subject, _ *rand.Rand) {
			p := s.numbers()[0]
			paste(img, s.Image, p.Quad.Bounds().Inset(-2), p.Quad.Bounds().Min.Sub(image.Pt(2, 2)))
		}),
		before("number in small print", func(img *image.NRGBA, s Subject, random *rand.Rand) {
			dark := func() uint8 { return uint8(random.IntN(90)) }
			writeSomewhere(img, s, random, 8.5+8*random.Float64(), color.NRGBA{dark(), dark(), dark(), 255})
		}),
		before("number in white on blue", func(img *image.NRGBA, s Subject, random *rand.Rand) {
			writeOn(color.NRGBA{30, 60, 140, 255}, img, s, random, 20+12*random.Float64(), color.NRGBA{250, 250, 250, 255})
		}),
		before("number in one channel", func(img *image.NRGBA, s Subject, random *rand.Rand) {
			writeSomewhere(img, s, random, 24, color.NRGBA{255, 255, 150, 255})
		}),
		pastedElsewhere("number pasted elsewhere", func([]uint8) {}),
		pastedElsewhere("number pasted elsewhere, light on dark", func(p []uint8) { p[0], p[1], p[2] = 255-p[0], 255-p[1], 255-p[2] }),
		pastedElsewhere("number pasted elsewhere, in yellow", func(p []uint8) { p[0], p[1], p[2] = 245, 245, uint8(60+int(p[2])*3/4) }),
		{Name: "second document beside it", File: func(s Subject, random *rand.Rand) ([]byte, error) {
			wide := beside(s.Image, s.Image)
			return copied(wide, s.boxes(), s.Mark, random)
		}},
		{Name: "second document beside it, pixelated", File: func(s Subject, random *rand.Rand) ([]byte, error) {
			other := clone(s.Image)
			for _, p := range s.Places {
				pixelated(8)(other, p, random)
			}
			return copied(beside(s.Image, other), s.boxes(), s.Mark, random)
		}},
		turned("no cover, turned by 90°", 1), turned("no cover, upside down", 2),
		{Name: "number line cut off, printed number open", Applies: has(safecopy.PrintedNumber), File: cutOff},
	}
}

// turned leaves everything open and lies on its side.
func turned(name string, quarters int) Attack {
	return Attack{Name: name, File: func(s Subject, random *rand.Rand) ([]byte, error) {
		return copied(quarterTurns(s.Image, quarters), nil, s.Mark, random)
	}}
}

// cutOff keeps the part of the picture without the number line.
func cutOff(s Subject, random *rand.Rand) ([]byte, error) {
	keep := s.Image.Rect
	for _, p := range s.Places {
		if p.What != safecopy.OptionalData {
			continue
		}
		line := p.Quad.Bounds().Inset(-int(3 * p.em()))
		// The largest of the four strips beside the line.
		best := image.Rectangle{}
		for _, part := range []image.Rectangle{
			image.Rect(keep.Min.X, keep.Min.Y, keep.Max.X, line.Min.Y), image.Rect(keep.Min.X, line.Max.Y, keep.Max.X, keep.Max.Y),
			image.Rect(keep.Min.X, keep.Min.Y, line.Min.X, keep.Max.Y), image.Rect(line.Max.X, keep.Min.Y, keep.Max.X, keep.Max.Y),
		} {
			if part = part.Intersect(keep); part.Dx()*part.Dy() > best.Dx()*best.Dy() {
				best = part
			}
		}
		keep = best
	}
	if keep.Dx() < 50 || keep.Dy() < 50 {
		keep = s.Image.Rect
	}
	return copied(clone(s.Image.SubImage(keep).(*image.NRGBA)), nil, s.Mark, random)
}

// letters is how many letters and digits stand in a place, fillers left out.
func (p Place) letters() int { return len(p.Text) - strings.Count(p.Text, "<") }

// pastedElsewhere repeats a piece of the picture with a number on it, every pixel
// of it changed.
func pastedElsewhere(name string, change func(p []uint8)) Attack {
	numbered := func(s Subject) []Place {
		return slices.DeleteFunc(s.numbers(), func(p Place) bool { return len(p.secrets()) == 0 && p.letters() < 6 })
	}
	return Attack{Name: name, Applies: func(s Subject) bool { return len(numbered(s)) > 0 },
		File: func(s Subject, random *rand.Rand) ([]byte, error) {
			img, p := clone(s.Image), numbered(s)[0]
			around := p.Quad.Bounds().Inset(-int(p.em() / 2))
			at := freeSpot(s, around.Size(), random)
			paste(img, s.Image, around, at)
			within(img, plane.Rect(image.Rectangle{at, at.Add(around.Size())}), func(px []uint8, _, _ int) { change(px) })
			return copied(img, s.boxes(), s.Mark, random)
		}}
}
