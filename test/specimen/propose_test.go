package specimen

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/sparekey/sparekey/internal/safecopy"
	"github.com/sparekey/sparekey/internal/safecopy/plane"
)

// Each model under one condition, another one for each seed; the bench has them all.
func TestWhatGivesANumberAwayIsCovered(t *testing.T) {
	t.Parallel()
	const seed = 11
	g := generator(t, seed)
	for i, m := range Zoned() {
		c := Ten()[(i+seed)%len(Ten())]
		s := c.Take(g.Document(m), rand.New(rand.NewPCG(seed, uint64(i))))
		p := safecopy.Propose(s.Image, safecopy.Options{})
		if len(p.Zones) != 1 || p.Zones[0].Format != s.Format {
			t.Errorf("%s, %s: zones found: %d", m, c.Name, len(p.Zones))
			continue
		}
		for _, n := range append(s.Personal, s.Numbers...) {
			if !Covered(n.Slots, p.Boxes) {
				t.Errorf("%s, %s: a number is open", m, c.Name)
			}
		}
		for _, code := range s.Codes {
			if !Covered([]plane.Quad{code.Quad}, p.Boxes) {
				t.Errorf("%s, %s: a code is open", m, c.Name)
			}
		}
	}
}

// Without a number line, the number and the code are found by themselves, and the
// person is told that no line was found.
func TestTheBackOfAPassportIsCoveredWithoutALine(t *testing.T) {
	t.Parallel()
	g := generator(t, 12)
	for _, m := range []Model{Passport2014Back, Passport2021Back} {
		s := g.Document(m)
		p := safecopy.Propose(s.Image, safecopy.Options{})
		if len(p.Zones) != 0 || !slices.ContainsFunc(p.Notes, func(n safecopy.Note) bool { return n.Code == safecopy.NoLine }) {
			t.Errorf("%s: %d zones, notes %v", m, len(p.Zones), p.Notes)
		}
		if !Covered(s.Numbers[0].Slots, p.Boxes) {
			t.Errorf("%s: the printed number is open", m)
		}
		for _, code := range s.Codes {
			if !Covered([]plane.Quad{code.Quad}, p.Boxes) {
				t.Errorf("%s: the code is open", m)
			}
		}
	}
}

// Many states print the number of the holder that stands in the zone once more.
func TestANumberThatRepeatsTheZoneIsCovered(t *testing.T) {
	t.Parallel()
	g := generator(t, 13)
	for _, m := range []Model{CardOne, CardTwo, PassportOther} {
		s := g.Document(m)
		if p := safecopy.Propose(s.Image, safecopy.Options{}); !Covered(s.Repeated[0].Slots, p.Boxes) {
			t.Errorf("%s: the number beside the zone is open", m)
		}
	}
}

// open are the parts of what gives s's holder away that no box hides.
func open(s *Sample, p safecopy.Proposal) (left []string) {
	for _, n := range slices.Concat(s.Personal, s.Numbers) {
		if !Covered(n.Slots, p.Boxes) {
			left = append(left, "a number is open")
		}
	}
	for _, code := range s.Codes {
		if !Covered([]plane.Quad{code.Quad}, p.Boxes) {
			left = append(left, "a code is open")
		}
	}
	return left
}

func says(p safecopy.Proposal, code safecopy.NoteCode) bool {
	return slices.ContainsFunc(p.Notes, func(n safecopy.Note) bool { return n.Code == code })
}

func TestOfTwoDocumentsInOnePictureBothAreCovered(t *testing.T) {
	t.Parallel()
	g := generator(t, 14)
	two := Two(g.Document(Identity2014), g.Document(Passport2001))
	p := safecopy.Propose(two[0].Image, safecopy.Options{})
	if len(p.Zones) != 2 || !says(p, safecopy.SeveralLines) {
		t.Errorf("%d zones, notes %v", len(p.Zones), p.Notes)
	}
	for _, s := range two {
		for _, what := range open(s, p) {
			t.Errorf("%s: %s", s.Model, what)
		}
	}
	if idle := two[0].Idle(two[1].Idle(p.Boxes)); len(idle) > 0 {
		t.Errorf("%d boxes hide nothing", len(idle))
	}
}

func TestADocumentIsCoveredHoweverItWasTaken(t *testing.T) {
	t.Parallel()
	upsideDown, blurred, screen := Ten()[4], Ten()[5], Harder()[5]
	for _, c := range []struct {
		how    Condition
		models []Model
	}{
		{upsideDown, []Model{Identity2021, Passport2001, Licence2014}},
		{blurred, []Model{Licence2006}}, // its bars are gone: where the model has them is covered
		{screen, []Model{Licence2006, Identity2014}},
	} {
		g, r := generator(t, 15), rand.New(rand.NewPCG(15, 15))
		for _, m := range c.models {
			s := c.how.Take(g.Document(m), r)
			p := safecopy.Propose(s.Image, safecopy.Options{})
			for _, what := range open(s, p) {
				t.Errorf("%s, %s: %s", c.how.Name, m, what)
			}
			if idle := s.Idle(p.Boxes); len(idle) > 0 {
				t.Errorf("%s, %s: %d boxes hide nothing, the first for %s", c.how.Name, m, len(idle), idle[0].What)
			}
		}
	}
}

// Numbers of telephones, accounts and registers are left alone; that of a company
// that passes the elfproef cannot be told from a citizen's, and is covered.
func TestAPageWithLongNumbersThatAreNoneIsLeftAlone(t *testing.T) {
	t.Parallel()
	g := generator(t, 16)
	for _, k := range []Kind{Extract, BankCard, TextPage, GiroSlip} {
		s := g.Plain(k)
		p := safecopy.Propose(s.Image, safecopy.Options{})
		if len(p.Zones) > 0 || !says(p, safecopy.NoLine) {
			t.Errorf("%s: %d zones, notes %v", k, len(p.Zones), p.Notes)
		}
		for _, b := range p.Boxes {
			if k != Extract || b.What != safecopy.NineDigits {
				t.Errorf("%s: a box for %s at %v", k, b.What, b.Quad.Bounds())
			}
		}
		if most := 2; len(p.Boxes) > most { // the company's number, and that of its tax
			t.Errorf("%s: %d boxes", k, len(p.Boxes))
		}
	}
}
