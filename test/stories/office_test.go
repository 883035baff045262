package stories_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// officePages are the pages that whoever answers for others comes to from the
// top bar, by the names of their templates.
var officePages = map[string][]string{
	"eva.de.boer@korenaar.example": {
		"employees", "employee", "employee-edit", "employee-act", "new-employee", "import", "teams", "team", "readiness", "remind", "settings-general", "settings-name", "settings-force", "settings-recovery", "settings-change", "log",
	},
	"willem.bakker@korenaar.example": {"employees"},
}

func TestEveryPageOfTheOfficeIsCleanInEachLanguage(t *testing.T) {
	tell(t, 21, func(s *story) {
		demo := startDemo(s.t)
		for _, who := range []string{"eva.de.boer@korenaar.example", "willem.bakker@korenaar.example"} {
			b := s.visitor(demo)
			b.signInWithPhone(who)
			seen := b.crawl(who)
			for _, page := range officePages[who] {
				if !seen[page] {
					s.t.Errorf("%s never came to page %s", who, page)
				}
			}
		}
	})
}

// crawl follows every link below the top bar once, wherever it leads within the
// office, and returns the pages it came to. Each is looked at.
func (b *browser) crawl(email string) map[string]bool {
	b.t.Helper()
	const most = 80
	seen, known := make(map[string]bool), map[string]bool{"/": true}
	waiting := b.links(".tabs a")
	for len(waiting) > 0 {
		if len(known) > most {
			b.fail("there are more than %d pages; the next is %s", most, waiting[0])
		}
		path := waiting[0]
		waiting = waiting[1:]
		if shape := shapeOf(path); known[shape] || !inOffice.MatchString(path) {
			continue
		} else {
			known[shape] = true
		}
		b.visit(path)
		if b.path() == "/prove" {
			b.fill("password", sharedPassword)
			b.fill("code", b.at.phoneShows(email))
			b.press("prove.button")
		}
		name, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](`document.querySelector("main").className.match(/page-([a-z-]+)/)[1]`))
		b.must("read the name of the page", err)
		if name == "error" {
			b.t.Errorf("a link led to %s, which is no page", path)
		}
		seen[name] = true
		waiting = append(waiting, b.links("main a")...)
	}
	return seen
}

var (
	inOffice = regexp.MustCompile(`^/(employees|requests|teams|readiness|settings|log)\b`)
	anID     = regexp.MustCompile(`/[0-9a-zA-Z]*[0-9][0-9a-zA-Z-]{9,}`)
	aValue   = regexp.MustCompile(`=[^&]*`)
)

// shapeOf is a path without what is other for each of a kind.
func shapeOf(path string) string {
	return aValue.ReplaceAllString(anID.ReplaceAllString(path, "/{id}"), "=")
}

// links returns where the links lead that a selector fits, but for files.
func (b *browser) links(selector string) []string {
	b.t.Helper()
	found, err := chromedp.Run(b.ctx, chromedp.Evaluate[[]string](
		`[...document.querySelectorAll(`+quote(selector)+`)].filter(a => !a.download && !a.hasAttribute("download")).map(a => a.getAttribute("href").split("#")[0])`))
	b.must("read the links", err)
	return slices.DeleteFunc(found, func(path string) bool { return path == "" || strings.Contains(path, "export") })
}
