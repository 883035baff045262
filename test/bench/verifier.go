package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strings"

	"github.com/sparekey/sparekey/internal/safecopy"
	"github.com/sparekey/sparekey/test/specimen"
)

// The bars of issue 5 for the verifier, and how much is judged.
const (
	ownBar      = 95.0 // percent
	leastUnsafe = 2000
	leastOwn    = 200

	// attacksEach are made on each document; attempts is how many own copies that
	// were called safe are tried with other readers, which takes seconds each.
	attacksEach = 10
	attempts    = 60
)

// verifierCopies is what a flag sets: how many documents there are.
var verifierCopies = 224

// measureVerifier measures what the verifier says about the tool's own copies,
// and about files that must not be called safe.
func measureVerifier(ctx context.Context, _ *stage) (section, error) {
	sum := &verdicts{}
	if err := spreadOut(ctx, verifierCopies, sum, func(g *specimen.Generator, r *rand.Rand, index int) (*verdicts, error) {
		return judgeOne(ctx, g, r, index)
	}); err != nil {
		return section{}, err
	}
	return section{
		title: "What the verifier of safe copies says",
		how: fmt.Sprintf("%d made-up documents of every format and Dutch model under the ten conditions in turn, from seed %d (go run ./test/bench -only "+
			"verifier -seed %d -copies %d). Of each, the copy that the tool makes by itself, if it finds a number line, and %d attacks, all %d in turn. "+
			"A copy is complete unless the tool itself says that this state prints a number at places it does not know. Other readers: tesseract, zbarimg "+
			"and the package's own reader after stretches of contrast, on the first %d copies that were called safe. Processor time of the checking thread.",
			verifierCopies, copiesSeed, copiesSeed, verifierCopies, attacksEach, len(specimen.Attacks()), attempts),
		figures: sum.figures(),
	}, ctx.Err()
}

// judgeOne judges the tool's own copy of a document, and some attacks on it.
func judgeOne(ctx context.Context, g *specimen.Generator, r *rand.Rand, index int) (*verdicts, error) {
	n := &verdicts{}
	// Models and conditions have a common divisor: the conditions move on by one
	// when all pairs of it are through.
	ten := specimen.Ten()
	condition := ten[(index+index/80)%len(ten)]
	sample := condition.Take(documentOf(g, index), r)
	want := safecopy.Expect{Case: "2026-0042", For: "Gemeente Utrecht", Since: "2026-11-01", Today: "2026-11-30"}
	s := sample.Subject(safecopy.Mark{For: want.For, Purpose: "identificatie", Date: "2026-11-22", Case: want.Case})
	name := fmt.Sprintf("%s, %s", sample.Model, condition.Name)
	if s.Said(safecopy.NoLine) {
		n.refused++ // the tool makes nothing by itself
	} else if err := n.judgeOwn(ctx, s, r, name, index); err != nil {
		return nil, err
	}
	all := specimen.Attacks()
	for made, at := 0, index*attacksEach; made < attacksEach && at < index*attacksEach+len(all) && ctx.Err() == nil; at++ {
		a := all[(at+int(copiesSeed%1000))%len(all)]
		if !a.On(s) {
			continue
		}
		made++
		file, err := a.File(s, r)
		if err != nil {
			return nil, fmt.Errorf("%s on %s: %w", a.Name, name, err)
		}
		v, took, err := judged(file, want)
		if err != nil {
			return nil, err
		}
		n.unsafe.count(v, took)
		if v.Answer == safecopy.Safe {
			n.holes = append(n.holes, a.Name+" on "+name)
			fmt.Fprintf(os.Stderr, "  called safe: document %d, %s on %s\n", index, a.Name, name)
		}
	}
	return n, nil
}

func (n *verdicts) judgeOwn(ctx context.Context, s specimen.Subject, r *rand.Rand, name string, index int) error {
	file, err := s.ToolCopy(r)
	if err != nil {
		return err
	}
	v, took, err := judged(file, safecopy.Expect{Case: s.Mark.Case, For: s.Mark.For, Since: s.Mark.Date, Today: s.Mark.Date})
	if err != nil {
		return err
	}
	if s.Said(safecopy.NotAllPlaces) {
		n.incomplete.count(v, took)
	} else {
		n.own.count(v, took)
		if v.Answer != safecopy.Safe {
			n.doubts = append(n.doubts, fmt.Sprintf("%s: %s (document %d)", name, v.Reasons[0].Code, index))
		}
	}
	if v.Answer != safecopy.Safe || !isTried(index) {
		return nil
	}
	n.attempts++
	if err := s.FindNumber(ctx, file); errors.Is(err, specimen.ErrRead) {
		n.read = append(n.read, fmt.Sprintf("%s: %v", name, err))
	} else if err != nil {
		return err
	}
	return nil
}

// isTried reports whether other readers try the copy of that document: they are
// spread over all, so that no model and condition is left out.
func isTried(index int) bool {
	step := max(verifierCopies/attempts, 1)
	return index%step == 0 && index/step < attempts
}

// judged is the verifier's verdict, and the milliseconds of processor time it took.
func judged(file []byte, want safecopy.Expect) (v safecopy.Verdict, took float64, err error) {
	began, err := threadTime()
	if err != nil {
		return v, 0, err
	}
	v = safecopy.Check(file, want)
	ended, err := threadTime()
	return v, milliseconds(ended - began), err
}

// verdicts counts what the verifier said.
type verdicts struct {
	own, incomplete, unsafe answers
	refused, attempts       int

	// What a person has to look into: attacks that were called safe, complete
	// copies that were not, numbers that another reader read.
	holes, doubts, read []string
}

type answers struct {
	safe, unsafe, unknown int
	first                 map[safecopy.ReasonCode]int
	took                  []float64
}

func (a *answers) of() int { return a.safe + a.unsafe + a.unknown }

func (a *answers) count(v safecopy.Verdict, took float64) {
	a.took = append(a.took, took)
	if a.first == nil {
		a.first = map[safecopy.ReasonCode]int{}
	}
	if len(v.Reasons) > 0 {
		a.first[v.Reasons[0].Code]++
	}
	switch v.Answer {
	case safecopy.Safe:
		a.safe++
	case safecopy.Unsafe:
		a.unsafe++
	default:
		a.unknown++
	}
}

func (a *answers) add(more answers) {
	a.safe, a.unsafe, a.unknown = a.safe+more.safe, a.unsafe+more.unsafe, a.unknown+more.unknown
	a.took = append(a.took, more.took...)
	if a.first == nil {
		a.first = map[safecopy.ReasonCode]int{}
	}
	for code, count := range more.first {
		a.first[code] += count
	}
}

func (n *verdicts) add(more *verdicts) {
	if more == nil {
		return
	}
	n.own.add(more.own)
	n.incomplete.add(more.incomplete)
	n.unsafe.add(more.unsafe)
	n.refused, n.attempts = n.refused+more.refused, n.attempts+more.attempts
	n.holes, n.doubts, n.read = append(n.holes, more.holes...), append(n.doubts, more.doubts...), append(n.read, more.read...)
}

func (n *verdicts) figures() []figure {
	all := []figure{
		{
			what: "unsafe files called safe", measured: fmt.Sprintf("%d of %d", n.unsafe.safe, n.unsafe.of()),
			bar: fmt.Sprintf("0 of ≥ %d", leastUnsafe), verdict: enough(n.unsafe.of() >= leastUnsafe, n.unsafe.safe == 0),
		},
		{what: "unsafe files otherwise", measured: n.unsafe.otherwise()},
		{
			what: "the tool's complete copies called safe", measured: shareOf(n.own.safe, n.own.of()),
			bar: fmt.Sprintf("≥ %.0f %% of ≥ %d together", ownBar, leastOwn), verdict: enough(n.own.of()+n.incomplete.of() >= leastOwn, percent(n.own.safe, n.own.of()) >= ownBar),
		},
		{what: "the others of these", measured: n.own.otherwise()},
		{what: "copies of which the tool says that it does not know every place, called safe", measured: shareOf(n.incomplete.safe, n.incomplete.of())},
		{what: "the others of these", measured: n.incomplete.otherwise()},
		{what: "documents without a number line for the tool: no copy", measured: fmt.Sprint(n.refused)},
		{
			what: "numbers read by others on copies called safe", measured: fmt.Sprintf("%d of %d", len(n.read), n.attempts),
			bar: "0", verdict: enough(n.attempts > 0, len(n.read) == 0),
		},
		{what: "processor time of a check, the tool's copies", measured: timesOf(append(slices.Clone(n.own.took), n.incomplete.took...))},
		{what: "processor time of a check, unsafe files", measured: timesOf(n.unsafe.took)},
	}
	for _, list := range []struct {
		what  string
		lines []string
	}{{"called safe", n.holes}, {"read by another", n.read}, {"not called safe", n.doubts}} {
		for _, line := range slices.Sorted(slices.Values(list.lines)) {
			all = append(all, figure{what: list.what, measured: line})
		}
	}
	return all
}

// enough says how a figure stands to its bar; with too few it is not measured,
// unless it is missed already.
func enough(are, ok bool) verdict {
	if ok && !are {
		return notMeasured
	}
	return verdictOf(ok)
}

// otherwise counts the answers other than safe, with the first reasons.
func (a *answers) otherwise() string {
	codes := slices.SortedFunc(maps.Keys(a.first), func(x, y safecopy.ReasonCode) int {
		return cmp.Or(cmp.Compare(a.first[y], a.first[x]), cmp.Compare(x, y))
	})
	var list []string
	for _, code := range codes {
		list = append(list, fmt.Sprintf("%s %d", code, a.first[code]))
	}
	return fmt.Sprintf("unsafe %d, cannot tell %d; first reasons: %s", a.unsafe, a.unknown, cmp.Or(strings.Join(list, ", "), "none"))
}

func timesOf(took []float64) string {
	if len(took) == 0 {
		return "none"
	}
	sorted := slices.Sorted(slices.Values(took))
	return fmt.Sprintf("median %.0f ms, p99 %.0f ms", percentile(sorted, 50), percentile(sorted, 99))
}
