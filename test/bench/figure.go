package main

import (
	"fmt"
	"slices"
	"time"
)

// A section is what one measurement found.
type section struct {
	title   string
	how     string // what was done, in a sentence or two
	figures []figure
}

// A figure is one thing measured, and the bar it is held against.
type figure struct {
	what     string
	measured string
	bar      string // empty: there is none
	verdict  verdict
}

// A verdict says how a figure stands to its bar.
type verdict string

// The verdicts. What has no bar has none.
const (
	noVerdict   verdict = ""
	met         verdict = "met"
	missed      verdict = "missed"
	notMeasured verdict = "not measured"
)

func verdictOf(ok bool) verdict {
	if ok {
		return met
	}
	return missed
}

// A spread is the least, the middle and the most of several values.
type spread struct{ least, median, most float64 }

// spreadOf returns the spread of values, of which there must be one at least.
func spreadOf(values []float64) spread {
	sorted := slices.Sorted(slices.Values(values))
	return spread{sorted[0], percentile(sorted, 50), sorted[len(sorted)-1]}
}

// percentile returns the value below or at which percent of the sorted values
// lie; the 50th is the median.
func percentile(sorted []float64, percent float64) float64 {
	at := percent / 100 * float64(len(sorted)-1)
	below := int(at)
	if below+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	return sorted[below] + (at-float64(below))*(sorted[below+1]-sorted[below])
}

// in writes a spread with a unit: the median first.
func (s spread) in(unit string, decimals int) string {
	return fmt.Sprintf("%.*f %s (%.*f to %.*f)", decimals, s.median, unit, decimals, s.least, decimals, s.most)
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func microseconds(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }

// each applies a conversion to all durations.
func each(durations []time.Duration, convert func(time.Duration) float64) []float64 {
	values := make([]float64, len(durations))
	for i, d := range durations {
		values[i] = convert(d)
	}
	return values
}
