package glyph

import (
	"math"
	"testing"
)

func TestTheGeneratedWeightsUnpack(t *testing.T) {
	for name, n := range map[string]*Net{"characters": Characters(), "digits": Digits()} {
		out := make([]float32, len(n.Classes))
		var p Patch
		p.Ink(1)
		n.Beliefs(&p, out)
		sum, best := 0.0, 0
		for c, v := range out {
			sum += math.Exp(float64(v))
			if v > out[best] {
				best = c
			}
		}
		if math.Abs(sum-1) > 1e-4 {
			t.Errorf("%s: the probabilities sum to %v", name, sum)
		}
		if name == "characters" && n.Classes[best] != None {
			t.Errorf("%s: an empty place is read as %q", name, n.Classes[best])
		}
	}
}

func TestWhatIsPackedUnpacks(t *testing.T) {
	n := &Net{Classes: "01 ", Hidden: 2, First: make([]float32, 2*(Width*Height+1)), Second: make([]float32, 9)}
	for i := range n.First {
		n.First[i] = float32(math.Sin(float64(i)))
	}
	for i := range n.Second {
		n.Second[i] = float32(i) - 4
	}
	again, err := Unpack(n.Pack(), n.Classes, n.Hidden)
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range n.First {
		if math.Abs(float64(v-again.First[i])) > 1.0/127 {
			t.Fatalf("weight %d: %v became %v", i, v, again.First[i])
		}
	}
	for i, v := range n.Second {
		if math.Abs(float64(v-again.Second[i])) > 4.0/127 {
			t.Fatalf("weight %d of the second layer: %v became %v", i, v, again.Second[i])
		}
	}
	for _, damaged := range []string{"", "????", n.Pack()[4:]} {
		if _, err := Unpack(damaged, n.Classes, n.Hidden); err == nil {
			t.Error("damaged weights were taken")
		}
	}
}

func TestInkDoesNotDependOnTheLight(t *testing.T) {
	var bright, dim Patch
	for i := range bright {
		bright[i] = 220
		if i%Width > 6 && i%Width < 10 {
			bright[i] = 40
		}
		dim[i] = 30 + bright[i]/4
	}
	bright.Ink(0)
	dim.Ink(0)
	for i := range bright {
		if math.Abs(float64(bright[i]-dim[i])) > 1e-4 {
			t.Fatalf("pixel %d has ink %v in the light and %v in the dark", i, bright[i], dim[i])
		}
	}
}
