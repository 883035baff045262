package main

import "testing"

func TestPercentileLiesBetweenNeighbours(t *testing.T) {
	for _, c := range []struct {
		name    string
		sorted  []float64
		percent float64
		want    float64
	}{
		{"the median of an odd number", []float64{1, 2, 9}, 50, 2},
		{"the median of an even number", []float64{1, 2, 4, 9}, 50, 3},
		{"of one value", []float64{7}, 99, 7},
		{"the least", []float64{1, 2}, 0, 1},
		{"the most", []float64{1, 2}, 100, 2},
		{"near the end", []float64{0, 100}, 99, 99},
	} {
		if got := percentile(c.sorted, c.percent); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestSpreadIsOfAnyOrder(t *testing.T) {
	if got, want := spreadOf([]float64{3, 1, 2}), (spread{1, 2, 3}); got != want {
		t.Errorf("%v, want %v", got, want)
	}
}
