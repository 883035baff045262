package specimen

import (
	"github.com/sparekey/sparekey/internal/safecopy"
	"github.com/sparekey/sparekey/internal/safecopy/mrz"
	"github.com/sparekey/sparekey/internal/safecopy/plane"
)

// Subject is the sample as something to make copies of, right ones and attacks. A
// place is covered by the box that the tool proposes for it, and by one around it
// where the tool proposes none.
func (s *Sample) Subject(mark safecopy.Mark) Subject {
	subject := Subject{Image: s.Image, Mark: mark}
	for _, n := range s.Personal {
		subject.Places = append(subject.Places, Place{What: safecopy.OptionalData, Quad: n.Quad, Slots: n.Slots, Text: n.Text})
	}
	for _, n := range s.Numbers {
		subject.Places = append(subject.Places, Place{What: safecopy.PrintedNumber, Quad: n.Quad, Slots: n.Slots, Text: n.Text})
	}
	for _, c := range s.Codes {
		subject.Places = append(subject.Places, Place{What: safecopy.Code, Quad: c.Quad, Text: c.Text})
	}
	proposed := safecopy.Propose(s.Image, safecopy.Options{})
	subject.Tool, subject.Notes = proposed.Boxes, proposed.Notes
	if s.Format != mrz.None && s.Format != mrz.Licence {
		top := s.Slots[0]
		subject.Issuer = plane.Quad{top[0][0], top[4][1], top[4][2], top[0][3]}.Grow(2)
	}
	for i := range subject.Places {
		p := &subject.Places[i]
		p.cover = p.Quad.Grow(p.em() / 2)
		for _, b := range proposed.Boxes {
			if covers(b.Quad, p.Quad) {
				p.cover = b.Quad
			}
		}
	}
	return subject
}

func covers(box, q plane.Quad) bool {
	for _, corner := range q {
		if !box.Contains(corner) {
			return false
		}
	}
	return true
}

// Dutch are the models with a number line of which the tool knows every place
// that shows a number.
func Dutch() []Model {
	return []Model{Passport2001, Passport2014, Passport2021, Identity2014, Identity2021, Licence2006, Licence2014, Residence}
}
