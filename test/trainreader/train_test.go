package main

import (
	"crypto/sha256"
	"fmt"
	"runtime"
	"testing"

	"github.com/sparekey/sparekey/internal/safecopy/glyph"
)

// trained is the sum of the weights after a few batches, seed 1, on amd64 with
// the OCR-B fonts of Debian.
const trained = "ab845f8b80a14e8f"

func TestTheSameSeedTrainsTheSameWeights(t *testing.T) {
	zones, err := loadZones()
	if err != nil {
		t.Skip("the OCR-B fonts of Debian (fonts-ocr-b) are not on this machine")
	}
	sum := func(seed uint64) string {
		tr := newTrainer(zones, 16, seed)
		for range 12 {
			tr.step(0.002)
		}
		return fmt.Sprintf("%x", sha256.Sum256([]byte(tr.net.Pack())))[:16]
	}
	first := sum(1)
	if again := sum(1); again != first {
		t.Errorf("the same seed gave %s and %s", first, again)
	}
	if other := sum(2); other == first {
		t.Error("another seed gave the same weights")
	}
	if runtime.GOARCH == "amd64" && first != trained {
		t.Errorf("the weights sum to %s, not to %s: weights.go is no longer what this command writes", first, trained)
	}
}

func TestTrainingLearns(t *testing.T) {
	zones, err := loadZones()
	if err != nil {
		t.Skip("the OCR-B fonts of Debian (fonts-ocr-b) are not on this machine")
	}
	tr := newTrainer(zones, 32, 1)
	first := tr.step(0.003)
	last := 0.0
	for range 60 {
		last = tr.step(0.003)
	}
	if last > 0.9*first {
		t.Errorf("the loss went from %.2f to %.2f", first, last)
	}
}

func TestExamplesOfEveryClassAreDrawn(t *testing.T) {
	zones, err := loadZones()
	if err != nil {
		t.Skip("the OCR-B fonts of Debian (fonts-ocr-b) are not on this machine")
	}
	tr := newTrainer(zones, 1, 1)
	seen := map[int]bool{}
	for range 1500 {
		e := zones.draw(tr.random)
		seen[e.class] = true
		for _, v := range e.patch {
			if v < 0 || v > 1 {
				t.Fatalf("ink %v is not from 0 to 1", v)
			}
		}
	}
	if len(seen) != len(glyph.CharacterClasses) {
		t.Errorf("%d of %d classes were drawn", len(seen), len(glyph.CharacterClasses))
	}
}
