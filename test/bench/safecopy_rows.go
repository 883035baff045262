package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image/jpeg"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"github.com/sparekey/sparekey/internal/safecopy"
	"github.com/sparekey/sparekey/internal/safecopy/plane"
	"github.com/sparekey/sparekey/internal/safecopy/reader"
	"github.com/sparekey/sparekey/test/specimen"
)

func percent(part, of int) float64 { return 100 * float64(part) / float64(max(of, 1)) }

func shareOf(part, of int) string {
	return fmt.Sprintf("%d of %d (%.1f %%)", part, of, percent(part, of))
}

// bars are the figures of all ten conditions together.
func (n copies) bars() []figure {
	least := func(what string, part, of int, bar float64) figure {
		return figure{what, shareOf(part, of), fmt.Sprintf("≥ %.4g %%", bar), verdictOf(percent(part, of) >= bar)}
	}
	return []figure{
		least("zones found", n.found, n.documents, foundBar),
		least("zones read exactly", n.exact, n.documents, exactBar),
		{what: "said to be exact and wrong", measured: fmt.Sprint(n.falselyExact)},
		least("optional data wholly covered, of those found", n.field, n.found, coveredBar),
		least("and all printed numbers and codes too", n.all, n.found, coveredBar),
		{what: "other countries' numbers that are printed beside the zone, covered", measured: shareOf(n.hidden, n.repeated)},
		{what: "other boxes", measured: fmt.Sprint(n.idle)},
		{what: "processor time of a proposal", measured: spreadOf(n.processor).in("ms", 0)},
	}
}

// row is the figure of one condition.
func (n copies) row(name string) figure {
	return figure{
		what: name,
		measured: fmt.Sprintf("found %d of %d, exact %.1f %%, covered %d of %d, other boxes %d, %.0f ms",
			n.found, n.documents, percent(n.exact, n.documents), n.all, n.found, n.idle, spreadOf(n.processor).median),
		bar:     fmt.Sprintf("exact ≥ %.0f %%", exactEachBar),
		verdict: verdictOf(percent(n.exact, n.documents) >= exactEachBar),
	}
}

// measurePlain looks at documents without a zone: kinds take turns.
func measurePlain(ctx context.Context) ([]figure, error) {
	kinds := specimen.Kinds()
	n := &copies{}
	err := spreadOut(ctx, plainDocuments, n, func(g *specimen.Generator, _ *rand.Rand, index int) (copies, error) {
		return lookAtPlain(g.Plain(kinds[index%len(kinds)]))
	})
	if err != nil {
		return nil, err
	}
	return []figure{
		{
			what: "zones found on documents without one", measured: shareOf(n.found, n.documents),
			bar: fmt.Sprintf("≤ %.1f %%", falseZonesBar), verdict: verdictOf(percent(n.found, n.documents) <= falseZonesBar),
		},
		{what: "on these, citizens' numbers and codes all covered", measured: shareOf(n.all, n.documents)},
		{what: "boxes on other rows of nine digits that pass the elfproef", measured: fmt.Sprint(n.field)},
		{what: "boxes on anything else", measured: fmt.Sprint(n.idle)},
		{what: "processor time of a proposal", measured: spreadOf(n.processor).in("ms", 0)},
	}, nil
}

// lookAtPlain counts in found a zone where there is none, in all a document that
// is covered, in field the boxes on other numbers and in idle those on nothing.
func lookAtPlain(s *specimen.Sample) (copies, error) {
	began, err := threadTime()
	if err != nil {
		return copies{}, err
	}
	p := safecopy.Propose(s.Image, safecopy.Options{})
	ended, err := threadTime()
	n := copies{documents: 1, found: one(len(p.Zones) > 0), processor: []float64{milliseconds(ended - began)}}
	whole := true
	for _, number := range s.Numbers {
		whole = whole && specimen.Covered(number.Slots, p.Boxes)
	}
	for _, code := range s.Codes {
		whole = whole && specimen.Covered([]plane.Quad{code.Quad}, p.Boxes)
	}
	n.all = one(whole)
	for _, b := range s.Idle(p.Boxes) {
		if b.What == safecopy.NineDigits {
			n.field++
		} else {
			n.idle++
		}
	}
	return n, err
}

// specimensVariable names a folder with public specimen images; without it they
// are looked for beside the repository.
const specimensVariable = "SPAREKEY_SPECIMENS"

// measureSpecimens reads the public specimen images, where they are.
func measureSpecimens(ctx context.Context) ([]figure, error) {
	folder := os.Getenv(specimensVariable)
	if folder == "" {
		folder = filepath.Join("..", "shared", "specimens")
	}
	const what = "public specimens: zones found"
	text, err := os.ReadFile(filepath.Join(folder, "truth.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return []figure{{what: what, measured: "the images are not in " + folder + "; " + specimensVariable + " names their folder", verdict: notMeasured}}, nil
	}
	if err != nil {
		return nil, err
	}
	var truth []struct {
		File  string
		Lines []string
	}
	if err := json.Unmarshal(text, &truth); err != nil {
		return nil, fmt.Errorf("truth of the specimens: %w", err)
	}
	zoned, found, exact, wrongly := 0, 0, 0, 0
	for _, t := range truth {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		file, err := os.ReadFile(filepath.Join(folder, t.File))
		if err != nil {
			return nil, err
		}
		picture, err := safecopy.Open(file)
		if err != nil {
			return nil, fmt.Errorf("specimen %s: %w", t.File, err)
		}
		zones := reader.Zones(picture.Image)
		if len(t.Lines) == 0 {
			wrongly += one(len(zones) > 0)
			continue
		}
		zoned++
		found += one(len(zones) > 0)
		exact += one(slices.ContainsFunc(zones, func(z reader.Zone) bool { return slices.Equal(textOf(z), t.Lines) }))
	}
	return []figure{
		{what: what, measured: shareOf(found, zoned), bar: "all", verdict: verdictOf(found == zoned)},
		{what: "public specimens: zones read exactly", measured: shareOf(exact, zoned)},
		{what: "public specimens: zones found where there is none", measured: fmt.Sprint(wrongly), bar: "0", verdict: verdictOf(wrongly == 0)},
	}, nil
}

func textOf(z reader.Zone) []string {
	var lines []string
	for _, l := range z.Lines {
		lines = append(lines, l.Text)
	}
	return lines
}

// measurePhotos takes the processor time of this whole process, the collector's
// too, for JPEGs of 12 megapixels, one after the other: from the bytes to the boxes.
func measurePhotos(ctx context.Context) ([]figure, error) {
	var opening, zones, whole []float64
	for i := range photos {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		g, err := specimen.New(copiesSeed + uint64(i))
		if err != nil {
			return nil, err
		}
		s := specimen.Photo12(documentOf(g, i), rand.New(rand.NewPCG(copiesSeed, uint64(i))))
		var file bytes.Buffer
		if err := jpeg.Encode(&file, s.Image, &jpeg.Options{Quality: 90}); err != nil {
			return nil, err
		}
		var picture *safecopy.Picture
		var wrong error
		opened, err := processorTime(func() { picture, wrong = safecopy.Open(file.Bytes()) })
		if err = errors.Join(err, wrong); err != nil {
			return nil, err
		}
		read, err := processorTime(func() { reader.Zones(picture.Image) })
		if err != nil {
			return nil, err
		}
		proposed, err := processorTime(func() { safecopy.Propose(picture.Image, safecopy.Options{}) })
		if err != nil {
			return nil, err
		}
		opening, zones, whole = append(opening, opened.Seconds()), append(zones, read.Seconds()), append(whole, (opened+proposed).Seconds())
	}
	all := spreadOf(whole)
	return []figure{
		{
			what: "processor time for a JPEG of 12 megapixels, opened and looked at", measured: all.in("s", 2),
			bar: fmt.Sprintf("≤ %.0f s", photoBar.Seconds()), verdict: verdictOf(all.median <= photoBar.Seconds()),
		},
		{what: "of which opening", measured: spreadOf(opening).in("s", 2)},
		{what: "of which finding and reading zones", measured: spreadOf(zones).in("s", 2)},
	}, nil
}

// processorTime is what do takes of all cores together.
func processorTime(do func()) (time.Duration, error) {
	runtime.GC() // what came before is not do's
	began, err := cpuTimeOf(os.Getpid())
	if err != nil {
		return 0, err
	}
	do()
	ended, err := cpuTimeOf(os.Getpid())
	return ended - began, err
}
