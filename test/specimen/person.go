package specimen

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/sparekey/sparekey/internal/safecopy/mrz"
)

// A holder is a made-up person with a made-up document.
type holder struct {
	surname, given string
	birth, expiry  string // YYMMDD
	sex            string
	number         string // of the document
	bsn            string // passes the elfproef
}

var (
	surnames = []string{"DE BRUIJN", "VAN DER MEER", "JANSEN", "EL IDRISSI", "BAKKER", "VISSER", "OZTURK", "VAN T HOF",
		"MEIJER", "SMIT", "KOK", "DE VRIES VAN BUUREN", "PETERS", "HENDRIKS", "WILLEMS", "NGUYEN", "KOWALSKI"}
	givens = []string{"WILLEKE LISELOTTE", "ANNA", "MOHAMMED ALI", "PIETER JAN", "FATIMA", "SOPHIE", "LARS", "NOOR",
		"EMILY JANE", "DAAN", "IRIS MARIA JOHANNA", "THIJS", "YUSUF", "EVA"}
)

const (
	numerals = "0123456789"
	capitals = "ABCDEFGHIJKLMNPQRSTUVWXYZ"
)

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

func some(r *rand.Rand, from string, n int) string {
	out := make([]byte, n)
	for i := range out {
		out[i] = from[r.IntN(len(from))]
	}
	return string(out)
}

func day(r *rand.Rand, from, years int) string {
	return fmt.Sprintf("%02d%02d%02d", (from+r.IntN(years))%100, 1+r.IntN(12), 1+r.IntN(28))
}

// ends are the first year in which a document of that model may end, and how many
// years there are (models of which neither is told end from 2020 to 2034).
var ends = map[Model][2]int{
	Passport2001: {6, 13}, Passport2014: {20, 14}, Passport2021: {27, 9},
	Identity2014: {19, 12}, Identity2021: {27, 9},
}

func newHolder(r *rand.Rand, m Model) holder {
	from, ok := ends[m]
	if !ok {
		from = [2]int{20, 15}
	}
	return holder{
		surname: pick(r, surnames), given: pick(r, givens), sex: pick(r, []string{"F", "M", "X"}),
		birth: day(r, 40, 68), expiry: day(r, from[0], from[1]),
		number: some(r, capitals, 2) + some(r, capitals+numerals, 6) + some(r, numerals, 1),
		bsn:    citizenNumber(r),
	}
}

// citizenNumber is nine digits that pass the elfproef.
func citizenNumber(r *rand.Rand) string {
	for {
		if n := some(r, numerals, 9); mrz.Elfproef(n) && n[0] != '0' {
			return n
		}
	}
}

// fill cuts or fills text to width, spaces as `<`.
func fill(text string, width int) string {
	text = strings.ReplaceAll(text, " ", "<")
	if len(text) > width {
		return text[:width]
	}
	return text + strings.Repeat("<", width-len(text))
}

func checked(text string) string { return text + fmt.Sprint(mrz.Digit(text)) }
