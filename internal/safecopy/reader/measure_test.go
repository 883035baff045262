package reader_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sparekey/sparekey/internal/safecopy/reader"
	"github.com/sparekey/sparekey/test/specimen"
)

// A tally counts what was read of the documents of one condition.
type tally struct {
	all, found, exact, falselyExact, numbers, rightNumbers, codes, foundCodes, decoded, falseCodes int
	took                                                                                           time.Duration
}

func share(part, of int) float64 { return 100 * float64(part) / float64(max(of, 1)) }

func (n tally) String() string {
	return fmt.Sprintf("of %3d: found %5.1f %%, exact %5.1f %%, falsely exact %d, numbers %5.1f %%, codes found %5.1f %%, decoded %5.1f %%, false %d, %d ms",
		n.all, share(n.found, n.all), share(n.exact, n.all), n.falselyExact, share(n.rightNumbers, n.numbers),
		share(n.foundCodes, n.codes), share(n.decoded, n.codes), n.falseCodes, n.took.Milliseconds()/int64(max(n.all, 1)))
}

func (n *tally) add(t *testing.T, name string, s *specimen.Sample) {
	t.Helper()
	began := time.Now()
	zones := reader.Zones(s.Image)
	n.took += time.Since(began)
	n.all++
	if len(zones) > 0 && zones[0].Format == s.Format && standsRight(zones[0], s) {
		n.found++
	} else {
		t.Logf("%s %s %s: not found (%d zones)", name, s.Model, s.Format, len(zones))
	}
	n.addNumbers(t, name, s)
	if len(zones) == 0 {
		return
	}
	switch wrong := differences(zones[0], s.Lines); {
	case wrong == 0:
		n.exact++
	case zones[0].Exact:
		n.falselyExact++
		fallthrough
	default:
		t.Logf("%s %s %s: %d wrong: %v for %v", name, s.Model, s.Format, wrong, lines(zones[0]), s.Lines)
	}
}

func (n *tally) addNumbers(t *testing.T, name string, s *specimen.Sample) {
	t.Helper()
	if len(s.Numbers) > 0 {
		read := reader.Numbers(s.Image, nil)
		for _, want := range s.Numbers {
			n.numbers++
			if slices.ContainsFunc(read, func(o reader.Number) bool {
				return strings.Contains(o.Digits, want.Text) && o.Quad.Contains(want.Quad.At(0.5, 0.5))
			}) {
				n.rightNumbers++
			} else {
				t.Logf("%s %s: number not read", name, s.Model)
			}
		}
	}
	if len(s.Codes) == 0 {
		return
	}
	codes := reader.Codes(s.Image)
	for _, want := range s.Codes {
		n.codes++
		i := slices.IndexFunc(codes, func(o reader.Code) bool { return o.Quad.Contains(want.Quad.At(0.5, 0.5)) })
		if i < 0 {
			t.Logf("%s %s: code not found", name, s.Model)
			continue
		}
		n.foundCodes++
		if codes[i].Text == want.Text {
			n.decoded++
		}
	}
	n.falseCodes += max(len(codes)-len(s.Codes), 0)
}

// standsRight reports whether the middle of every true character lies in the
// slot of the same index.
func standsRight(z reader.Zone, s *specimen.Sample) bool {
	if len(z.Lines) != len(s.Slots) {
		return false
	}
	for i, row := range s.Slots {
		for k, q := range row {
			if k >= len(z.Lines[i].Slots) || !z.Lines[i].Slots[k].Contains(q.At(0.5, 0.5)) {
				return false
			}
		}
	}
	return true
}

func differences(z reader.Zone, want []string) int {
	wrong := 0
	for i, line := range want {
		for k := range line {
			if i >= len(z.Lines) || k >= len(z.Lines[i].Text) || z.Lines[i].Text[k] != line[k] {
				wrong++
			}
		}
	}
	return wrong
}

func lines(z reader.Zone) []string {
	var out []string
	for _, l := range z.Lines {
		out = append(out, l.Text)
	}
	return out
}

func setting(name string, otherwise int) int {
	n, err := strconv.Atoi(os.Getenv(name))
	if err != nil {
		return otherwise
	}
	return n
}

// SPAREKEY_READER_COUNT documents per condition are read, from
// SPAREKEY_READER_SEED on; few without the first.
func TestZonesAreReadUnderTheTenConditions(t *testing.T) {
	count, seed := setting("SPAREKEY_READER_COUNT", 1), setting("SPAREKEY_READER_SEED", 1)
	all := tally{}
	conditions := specimen.Ten()
	if os.Getenv("SPAREKEY_READER_HARDER") != "" {
		conditions = specimen.Harder()
	}
	for _, c := range conditions {
		n := tally{}
		g, err := specimen.New(uint64(seed))
		if err != nil {
			t.Skip("the fonts of Debian for specimens are not on this machine")
		}
		r := rand.New(rand.NewPCG(uint64(seed), 9))
		models := specimen.Zoned()
		for i := range count {
			m := models[(i*5+seed)%len(models)]
			n.add(t, c.Name, c.Take(g.Document(m), r))
		}
		t.Logf("%-18s %v", c.Name, n)
		all.all, all.found, all.exact = all.all+n.all, all.found+n.found, all.exact+n.exact
		all.numbers, all.rightNumbers, all.codes = all.numbers+n.numbers, all.rightNumbers+n.rightNumbers, all.codes+n.codes
		all.foundCodes, all.decoded, all.falseCodes = all.foundCodes+n.foundCodes, all.decoded+n.decoded, all.falseCodes+n.falseCodes
		all.falselyExact, all.took = all.falselyExact+n.falselyExact, all.took+n.took
	}
	t.Logf("%-18s %v", "all", all)
	if len(os.Getenv("SPAREKEY_READER_HARDER")) == 0 && (share(all.found, all.all) < 99.5 || share(all.exact, all.all) < 93) {
		t.Error("the bars are 99.5 % found and 93 % exact")
	}
}
