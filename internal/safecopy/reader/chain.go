package reader

import (
	"cmp"
	"math"
	"slices"
)

// A chain is marks side by side, at one distance from each other.
type chain struct {
	marks   []int // indexes, left to right
	pitch   float64
	regular int // how many steps are one pitch
}

// chains links every mark to the next one of like height, where both choose
// each other; those with the most regular steps come first.
func chains(all []mark) []chain {
	next, before := linked(all)
	var out []chain
	for i := range all {
		if before[i] >= 0 && next[before[i]] == i {
			continue
		}
		c := chain{marks: []int{i}}
		for at := i; next[at] >= 0 && before[next[at]] == at; {
			at = next[at]
			c.marks = append(c.marks, at)
		}
		if c.measure(all); c.regular >= 5 {
			out = append(out, c)
		}
	}
	slices.SortStableFunc(out, func(a, b chain) int { return cmp.Compare(b.regular, a.regular) })
	return out
}

func (c *chain) measure(all []mark) {
	if len(c.marks) < 6 {
		return
	}
	steps := make([]float64, 0, len(c.marks))
	for n, i := range c.marks[1:] {
		steps = append(steps, all[i].u-all[c.marks[n]].u)
	}
	c.pitch = median(steps)
	for _, s := range steps {
		if math.Abs(s-c.pitch) < 0.22*c.pitch {
			c.regular++
		}
	}
}

// linked tells for every mark the nearest to its right and to its left that
// could stand beside it; -1 for none. The marks lie in order of u.
func linked(all []mark) (next, before []int) {
	next, before = make([]int, len(all)), make([]int, len(all))
	for i := range all {
		next[i], before[i] = -1, -1
	}
	beside := func(a, b *mark) (cost float64, ok bool) {
		h := max(a.h, b.h)
		du, dv := b.u-a.u, math.Abs(b.v-a.v)
		like := a.h / b.h
		ok = du > 0.4*h && du < 2.2*h && dv < 0.3*h && like > 0.6 && like < 1.66
		return du + 2*dv, ok
	}
	nearest := func(i, step int) int {
		best, found := math.Inf(1), -1
		for j := i + step; j >= 0 && j < len(all); j += step {
			if math.Abs(all[j].u-all[i].u) > min(3.7*all[i].h, best) {
				break
			}
			a, b := &all[min(i, j)], &all[max(i, j)]
			if cost, ok := beside(a, b); ok && cost < best {
				best, found = cost, j
			}
		}
		return found
	}
	for i := range all {
		next[i], before[i] = nearest(i, 1), nearest(i, -1)
	}
	return next, before
}

func median(of []float64) float64 { return quantile(of, 0.5) }

// quantile is the value below which that share of the values lies; 0 for none.
func quantile(of []float64, share float64) float64 {
	if len(of) == 0 {
		return 0
	}
	sorted := slices.Clone(of)
	slices.Sort(sorted)
	return sorted[min(int(share*float64(len(sorted))), len(sorted)-1)]
}
