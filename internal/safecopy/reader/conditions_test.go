package reader

import (
	"math/rand/v2"
	"os"
	"strconv"
	"testing"

	"github.com/sparekey/sparekey/internal/safecopy/mrz"
)

var conditions = []struct {
	name string
	camera
}{
	{"clean", camera{scale: 1, contrast: 1}},
	{"5 degrees", camera{angle: 5, scale: 1, contrast: 1}},
	{"minus 5 degrees", camera{angle: -5, scale: 1, contrast: 1}},
	{"quarter turn", camera{angle: 90, scale: 1, contrast: 1}},
	{"upside down", camera{angle: 180, scale: 1, contrast: 1}},
	{"blur", camera{scale: 1, contrast: 1, blur: 4}},
	{"JPEG 15", camera{scale: 1, contrast: 1, quality: 15}},
	{"130 dpi", camera{scale: 0.46, contrast: 1}},
	{"perspective", camera{angle: 3, scale: 1, contrast: 1, perspective: 0.05}},
	{"bad photo", camera{angle: 8, scale: 0.8, contrast: 0.6, perspective: 0.03, blur: 2, noise: 9, quality: 40, light: 0.5}},
	{"any angle", camera{angle: 37, scale: 0.9, contrast: 0.8, noise: 4}},
}

// TestZonesAreReadUnderManyConditions prints a table; READER_COUNT enlarges it.
func TestZonesAreReadUnderManyConditions(t *testing.T) {
	count, _ := strconv.Atoi(os.Getenv("READER_COUNT"))
	count = max(count, 6)
	seed, _ := strconv.ParseUint(os.Getenv("READER_SEED"), 10, 64)
	for _, c := range conditions {
		found, exact, covered := 0, 0, 0
		for i := range count {
			r := rand.New(rand.NewPCG(seed, uint64(i)))
			f := mrz.Formats()[i%6]
			s := newScene(t, r, f).seen(r, c.camera)
			zones := Zones(s.img)
			if len(zones) == 0 || zones[0].Format != f {
				t.Logf("%s %d %s: not found", c.name, i, f)
				continue
			}
			found++
			if wrong := wrongCharacters(zones[0], s.lines); wrong == 0 {
				exact++
			} else {
				t.Logf("%s %d %s: %d wrong: %v for %v", c.name, i, f, wrong, texts(zones[0]), s.lines)
			}
			if coversAll(zones[0], s) {
				covered++
			} else {
				t.Logf("%s %d %s: not covered", c.name, i, f)
			}
		}
		t.Logf("%-16s found %d, exact %d, slots right %d of %d", c.name, found, exact, covered, count)
	}
}

func texts(z Zone) []string {
	var out []string
	for _, l := range z.Lines {
		out = append(out, l.Text)
	}
	return out
}

func coversAll(z Zone, s *scene) bool {
	for i, line := range z.Lines {
		for k, q := range line.Slots {
			if !q.Contains(s.slots[i][k].At(0.5, 0.5)) {
				return false
			}
		}
	}
	return true
}
