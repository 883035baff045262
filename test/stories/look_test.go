package stories_test

import (
	"crypto/sha256"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"github.com/sparekey/sparekey/internal/org"
)

var hasty = flag.Bool("hasty", false, "tell the stories without looking at their pages, while writing one")

// look judges the page that a story has come to: on its own screen in light
// colours, on the other one in dark. Where pictures are asked for it takes them.
func (b *browser) look() {
	b.t.Helper()
	b.speaks()
	other := phone
	if b.screen.phone {
		other = wide
	}
	name := b.story.next(b)
	if *hasty || b.isKnown() {
		return
	}
	if b.noScript {
		b.allowScript(true) // for axe: the page's own scripts did not run, and will not now
	}
	b.axe(name + " in light colours")
	if wantsPictures() {
		b.photograph(b.screen.name, name)
		b.show(other, false)
		b.photograph(other.name, name)
	}
	b.show(other, true)
	b.fitsSideways(name)
	b.axe(name + " in dark colours on the other screen")
	if wantsPictures() {
		b.photograph(other.name+"-dark", name)
	}
	b.show(b.screen, false)
	b.fitsSideways(name)
	if b.noScript {
		b.allowScript(false)
	}
}

var wordsWithDigits = regexp.MustCompile(`[A-Za-z0-9_-]*[0-9][A-Za-z0-9_-]*`)

// isKnown reports whether a page was looked at before on such a screen, in this
// or another story, that differed in nothing but numbers, codes and
// ids. Then there is nothing new to find.
func (b *browser) isKnown() bool {
	b.t.Helper()
	document, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](`document.documentElement.outerHTML.replace(/`+wordsWithDigits.String()+`/g, "0")`))
	b.must("read the document", err)
	sum := sha256.Sum256([]byte(b.screen.name + document))
	_, known := needStage(b.t).seen.LoadOrStore(sum, true)
	return known
}

var unsaid = regexp.MustCompile(`\[[a-z-]+(\.[a-z0-9-]+)+\]`)

// speaks asserts that the page is in the language it should be in, and that no
// sentence is missing.
func (b *browser) speaks() {
	b.t.Helper()
	language, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](`document.documentElement.lang`))
	b.must("read the language", err)
	if language != string(b.voice.Language) {
		b.fail("the page is in %q, not in %q", language, b.voice.Language)
	}
	if missing := unsaid.FindString(b.text()); missing != "" {
		b.fail("a sentence is missing: %s", missing)
	}
}

// fitsSideways asserts that nobody has to scroll sideways (WCAG 1.4.10).
func (b *browser) fitsSideways(name string) {
	b.t.Helper()
	wider, err := chromedp.Run(b.ctx, chromedp.Evaluate[[]string](`(() => {
		const width = document.documentElement.clientWidth;
		if (document.documentElement.scrollWidth <= width) return [];
		return [...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > width + 1).map(e => e.outerHTML.slice(0, 120));
	})()`))
	b.must("measure", err)
	if len(wider) > 0 {
		b.t.Errorf("%s: %s is too wide for the screen:\n%s", b.voice.Language, name, strings.Join(wider, "\n"))
	}
}

// axe asserts that axe-core finds nothing wrong.
func (b *browser) axe(name string) {
	b.t.Helper()
	for _, fault := range b.axeFinds() {
		b.t.Errorf("%s: %s: axe: %s", b.voice.Language, name, fault)
	}
}

// axeFinds returns what axe-core finds wrong: the rule, the element, and how to
// mend it.
func (b *browser) axeFinds() []string {
	b.t.Helper()
	there, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](`window.bringAxe !== undefined`))
	if err == nil && !there { // it has not run where scripts may not
		_, err = chromedp.Run(b.ctx, chromedp.Evaluate[chromedp.Void](needStage(b.t).bringAxe()))
	}
	if err == nil {
		_, err = chromedp.Run(b.ctx, chromedp.Evaluate[chromedp.Void](`window.axe ? undefined : window.bringAxe()`))
	}
	b.must("load axe", err)
	// Naming elements takes a third of its time, and is for the faults alone.
	found, err := chromedp.Run(b.ctx, chromedp.Evaluate[[]string](`((run) => run(false).then(r => r.violations.length ? run(true) : r))(selectors => axe.run({
		runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
		rules: {"target-size": {enabled: true}},
		resultTypes: ["violations"], preload: false, selectors,
	})).then(r => r.violations.flatMap(v => v.nodes.map(n => v.id + " at " + n.target.join(" ") + ": " + n.failureSummary.replace(/\s+/g, " "))))`,
		chromedp.EvalAwaitPromise))
	b.must("run axe", err)
	return found
}

// wantsPictures reports whether somebody asked for pictures: of every page, on
// both screens, in light and dark colours, and that of the README.
func wantsPictures() bool { return os.Getenv("SPAREKEY_PICTURE") != "" }

// keepPicture keeps the picture of the README, where it is asked for: the page
// must be in English, on a wide screen, in light colours.
func (b *browser) keepPicture() {
	b.t.Helper()
	if !wantsPictures() || b.voice.Language != org.English {
		return
	}
	shot, err := chromedp.Call(b.ctx, page.CaptureScreenshot, page.CaptureScreenshotParams{
		Clip: &page.Viewport{Width: float64(wide.width), Height: float64(wide.height), Scale: 1},
	})
	b.must("take the picture", err)
	b.must("keep the picture", os.WriteFile(filepath.Join(repository, "docs", "picture.png"), shot.Data, 0o644))
}

// photograph keeps a picture of the whole page.
func (b *browser) photograph(folder, name string) []byte {
	b.t.Helper()
	shot, err := chromedp.Call(b.ctx, page.CaptureScreenshot, page.CaptureScreenshotParams{
		CaptureBeyondViewport: new(true), OptimizeForSpeed: new(true),
	})
	b.must("take a picture", err)
	file := filepath.Join(artefacts, "screens", string(b.voice.Language), folder, name+".png")
	err = os.MkdirAll(filepath.Dir(file), 0o755)
	if err == nil {
		err = os.WriteFile(file, shot.Data, 0o644)
	}
	b.must("keep a picture", err)
	return shot.Data
}

// next names the picture of the page a story is at now: the story's number, the
// step, and the name of the page with what is wrong on it.
func (s *story) next(b *browser) string {
	b.t.Helper()
	name, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](
		`(document.querySelector("main")?.className.match(/page-([a-z-]+)/)?.[1] ?? "no-page") + (document.querySelector(".problem") ? "-problem" : "")`))
	b.must("read the name of the page", err)
	s.steps++
	return fmt.Sprintf("%02d%02d-%s", s.number, s.steps, name)
}
