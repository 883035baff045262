package imagework

import (
	"regexp"
	"strings"

	"github.com/sparekey/sparekey/internal/safecopy/mrz"
)

var (
	// numberLine is text that stands in number lines alone: at least 28 of their
	// characters, fillers among them.
	numberLine = regexp.MustCompile(`[A-Z0-9<]{28,}`)
	// digitRow is a row of digits, parted or not as numbers are written.
	digitRow = regexp.MustCompile(`\d(?:[ .\-]?\d){7,}`)
)

// holdsNumber reports whether a text has a number line in it, or digits that can
// be a citizen service number.
func holdsNumber(text string) bool {
	for _, line := range strings.Split(text, "\n") {
		for _, found := range numberLine.FindAllString(strings.ReplaceAll(line, " ", ""), -1) {
			if strings.Contains(found, "<<") {
				return true
			}
		}
		for _, found := range digitRow.FindAllString(line, -1) {
			digits := strings.NewReplacer(" ", "", ".", "", "-", "").Replace(found)
			if (len(digits) == 8 || len(digits) == 9) && mrz.Elfproef(digits) {
				return true
			}
		}
	}
	return false
}
