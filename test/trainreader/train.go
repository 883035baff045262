package main

import (
	"math"
	"math/rand/v2"

	"github.com/sparekey/sparekey/internal/safecopy/glyph"
)

const (
	inputs = glyph.Width*glyph.Height + 1
	batch  = 64
)

// A trainer adjusts a net by Adam (Kingma and Ba, 2015) on batches of examples.
// It runs in one goroutine, in a fixed order.
type trainer struct {
	net    *glyph.Net
	from   source
	random *rand.Rand

	first, second moments
	batches       int
}

type moments struct{ slope, mean, square []float32 }

func newMoments(size int) moments {
	return moments{make([]float32, size), make([]float32, size), make([]float32, size)}
}

func newTrainer(from source, hidden int, seed uint64) *trainer {
	classes := from.classes()
	net := &glyph.Net{
		Classes: classes, Hidden: hidden,
		First: make([]float32, hidden*inputs), Second: make([]float32, len(classes)*(hidden+1)),
	}
	r := rand.New(rand.NewPCG(seed, uint64(len(classes))))
	scatter(r, net.First, math.Sqrt(2.0/(inputs/4)))
	scatter(r, net.Second, math.Sqrt(2.0/float64(hidden)))
	return &trainer{
		net: net, from: from, random: r,
		first: newMoments(len(net.First)), second: newMoments(len(net.Second)),
	}
}

func scatter(r *rand.Rand, weights []float32, sigma float64) {
	for i := range weights {
		weights[i] = float32(r.NormFloat64() * sigma)
	}
}

// step trains on one batch at that rate of learning and returns the mean loss,
// in nats, of its examples.
func (t *trainer) step(rate float64) float64 {
	loss := 0.0
	for range batch {
		e := t.from.draw(t.random)
		loss += t.learn(&e)
	}
	t.batches++
	t.first.apply(t.net.First, rate, t.batches)
	t.second.apply(t.net.Second, rate, t.batches)
	return loss / batch
}

// learn adds one example's slopes of the loss.
func (t *trainer) learn(e *example) float64 {
	n := t.net
	hidden, out := make([]float32, n.Hidden), make([]float32, len(n.Classes))
	n.Layers(&e.patch, hidden, out)
	loss := -float64(out[e.class])
	back := make([]float32, n.Hidden)
	for c := range out {
		d := float32(math.Exp(float64(out[c])))
		if c == e.class {
			d--
		}
		at := c * (n.Hidden + 1)
		weights, slope := n.Second[at:at+n.Hidden+1], t.second.slope[at:at+n.Hidden+1]
		for h, v := range hidden {
			slope[h] += d * v
			back[h] += d * weights[h]
		}
		slope[n.Hidden] += d
	}
	for h, d := range back {
		if hidden[h] <= 0 {
			continue
		}
		slope := t.first.slope[h*inputs : (h+1)*inputs]
		for i, v := range e.patch[:] {
			slope[i] += d * v
		}
		slope[inputs-1] += d
	}
	return loss
}

func (m *moments) apply(weights []float32, rate float64, batches int) {
	const keepMean, keepSquare = 0.9, 0.999
	scale := float32(rate * math.Sqrt(1-math.Pow(keepSquare, float64(batches))) / (1 - math.Pow(keepMean, float64(batches))))
	for i, s := range m.slope {
		s /= batch
		m.mean[i] = keepMean*m.mean[i] + (1-keepMean)*s
		m.square[i] = keepSquare*m.square[i] + (1-keepSquare)*s*s
		weights[i] -= scale * m.mean[i] / (float32(math.Sqrt(float64(m.square[i]))) + 1e-8)
		m.slope[i] = 0
	}
}

// mistakes is the share of fresh examples that the net gets wrong.
func (t *trainer) mistakes(count int, seed uint64) float64 {
	r := rand.New(rand.NewPCG(seed, 77))
	out := make([]float32, len(t.net.Classes))
	wrong := 0
	for range count {
		e := t.from.draw(r)
		t.net.Beliefs(&e.patch, out)
		best := 0
		for c := range out {
			if out[c] > out[best] {
				best = c
			}
		}
		if best != e.class {
			wrong++
		}
	}
	return float64(wrong) / float64(count)
}
