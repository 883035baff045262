package stories_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"github.com/sparekey/sparekey/internal/words"
)

// A screen is what a browser shows a page on.
type screen struct {
	name          string
	width, height int64
	phone         bool
	agent         string
}

var (
	wide = screen{name: "wide", width: 1280, height: 900,
		agent: "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36"}
	phone = screen{name: "phone", width: 360, height: 740, phone: true,
		agent: "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Mobile Safari/537.36"}
)

// A browser is one person's: it shares no cookie with any other.
type browser struct {
	t        *testing.T
	at       *site
	ctx      context.Context
	voice    *words.Voice // the language its pages are expected in
	screen   screen
	noScript bool
	watch    *watch
	story    *story
}

// An option says what is special about a browser.
type option func(*browser)

func on(s screen) option { return func(b *browser) { b.screen = s } }

func withoutScript(b *browser) { b.noScript = true }

// open opens a browser on a site, in the story's language.
func (s *story) open(at *site, options ...option) *browser {
	s.t.Helper()
	b := &browser{t: s.t, at: at, voice: s.voice, screen: wide, watch: new(watch), story: s}
	for _, o := range options {
		o(b)
	}
	ctx, closeIt := chromedp.NewContext(needStage(s.t).browser, chromedp.WithNewBrowserContext())
	b.ctx = ctx
	s.t.Cleanup(func() { closeIt(); b.watch.judge(s.t) })
	b.must("open a browser", chromedp.Do(ctx))
	b.must("watch it", b.watch.begin(ctx))
	b.accept(string(b.voice.Language))
	// Sent once, axe is at hand on every page.
	_, err := chromedp.Call(ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: needStage(s.t).bringAxe()})
	b.must("have axe at hand", err)
	_, err = chromedp.Call(ctx, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
	b.must("focus", err)
	b.show(b.screen, false)
	b.allowScript(!b.noScript)
	return b
}

// accept sets the language the browser asks for, and says what it is.
func (b *browser) accept(language string) {
	b.t.Helper()
	_, err := chromedp.Call(b.ctx, emulation.SetUserAgentOverride, emulation.SetUserAgentOverrideParams{
		UserAgent: b.screen.agent, AcceptLanguage: language,
	})
	b.must("ask for a language", err)
}

func (b *browser) allowScript(allowed bool) {
	b.t.Helper()
	_, err := chromedp.Call(b.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !allowed})
	b.must("switch scripts", err)
}

// show sets the size and the colours of the screen.
func (b *browser) show(s screen, dark bool) {
	b.t.Helper()
	scheme := map[bool]string{false: "light", true: "dark"}[dark]
	_, err := chromedp.Call(b.ctx, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
		Width: s.width, Height: s.height, DeviceScaleFactor: 1, Mobile: s.phone,
	})
	if err == nil {
		_, err = chromedp.Call(b.ctx, emulation.SetTouchEmulationEnabled, emulation.SetTouchEmulationEnabledParams{Enabled: s.phone})
	}
	if err == nil {
		_, err = chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: scheme},
			{Name: "prefers-reduced-motion", Value: "reduce"},
		}})
	}
	b.must("set the screen", err)
}

// visit goes to a path.
func (b *browser) visit(path string) {
	b.t.Helper()
	b.arrive("visit "+path, chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := chromedp.Evaluate[chromedp.Void](`location.href = `+quote(b.at.url+path))(ctx, t)
		return err
	}))
}

// fill types into the field with a name, in place of what is there.
func (b *browser) fill(name, text string) {
	b.t.Helper()
	field := `[...document.querySelectorAll('main [name="` + name + `"]:not([type=hidden])')].find(e => e.checkVisibility())`
	b.evaluate("fill "+name, `(() => { const f = `+field+`; f.focus(); f.select(); })()`)
	_, err := chromedp.Call(b.ctx, input.InsertText, input.InsertTextParams{Text: text})
	b.must("type into "+name, err)
}

// press clicks (or taps) the link or button that says sentence id, and waits
// for the page it leads to.
func (b *browser) press(id string, args ...any) {
	b.t.Helper()
	b.pressThat(byWords(b.voice.Say(id, args...)))
}

// pressThat presses what a script finds.
func (b *browser) pressThat(script string) {
	b.t.Helper()
	b.arrive("press "+script, b.click(script))
}

// choose clicks on something that leads to no other page.
func (b *browser) choose(script string) {
	b.t.Helper()
	b.must("choose "+script, chromedp.Do(b.ctx, b.click(script)))
}

// click presses in the middle of what a script finds, which nothing may cover.
func (b *browser) click(script string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		place, err := chromedp.Evaluate[struct {
			X, Y  float64
			Fault string
		}](`(() => {
			const e = `+script+`;
			if (!e) return {Fault: "it is not there"};
			if (e.disabled) return {Fault: "it is disabled"};
			e.scrollIntoView({block: "center", behavior: "instant"});
			const r = [...e.getClientRects()].find(r => r.width > 0 && r.height > 0);
			if (!r) return {Fault: "it cannot be seen"};
			const X = r.x + r.width / 2, Y = r.y + r.height / 2, top = document.elementFromPoint(X, Y);
			if (!e.contains(top)) return {Fault: "it is covered by " + (top && top.outerHTML.slice(0, 80))};
			return {X, Y};
		})()`)(ctx, t)
		if err != nil {
			return err
		}
		if place.Fault != "" {
			return fmt.Errorf("%s", place.Fault)
		}
		if b.screen.phone {
			_, err = chromedp.TapXY(place.X, place.Y)(ctx, t)
		} else {
			_, err = chromedp.MouseClickXY(place.X, place.Y)(ctx, t)
		}
		return err
	})
}

// byWords finds the link or button that says just this, not counting what only
// screen readers are told.
func byWords(text string) string {
	return `[...document.querySelectorAll("a[href], button, summary")].find(e => {
		if (!e.checkVisibility()) return false;
		const c = e.cloneNode(true);
		for (const h of c.querySelectorAll(".heard")) h.remove();
		return c.textContent.replace(/\u2060/g, "").replace(/\s+/g, " ").trim() === ` + quote(plain(text)) + `;
	})`
}

// css finds the first element a selector fits.
func css(selector string) string { return `document.querySelector(` + quote(selector) + `)` }

// arrive does something that leads to another page, waits until that is there,
// and looks at it.
func (b *browser) arrive(what string, step chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	answer, err := chromedp.RunResponse(ctx, step)
	b.must(what, err)
	if answer != nil && answer.Status >= 500 {
		b.fail("%s: the answer is %d", what, answer.Status)
	}
	b.look()
}

// see asserts that the page says each sentence. Arguments for its blanks may
// follow an id: see("lost-phone.by-code", "Count", 9).
func (b *browser) see(id string, args ...any) {
	b.t.Helper()
	b.seeText(b.voice.Say(id, args...))
}

func (b *browser) seeText(text string) {
	b.t.Helper()
	if !contains(b.text(), text) {
		b.fail("the page does not say %q", text)
	}
}

// seeNot asserts that the page does not say the sentence.
func (b *browser) seeNot(id string, args ...any) {
	b.t.Helper()
	if text := b.voice.Say(id, args...); contains(b.text(), text) {
		b.fail("the page says %q", text)
	}
}

// wait waits until a script says something true.
func (b *browser) wait(script string) {
	b.t.Helper()
	_, err := chromedp.Run(b.ctx, chromedp.Poll[bool](script, chromedp.WithPollingTimeout(patience)))
	b.must("wait for "+script, err)
}

// read returns what stands in each element that a selector fits.
func (b *browser) read(selector string) []string {
	b.t.Helper()
	found, err := chromedp.Run(b.ctx, chromedp.Evaluate[[]string](
		`[...document.querySelectorAll(`+quote(selector)+`)].map(e => e.innerText.trim())`))
	b.must("read "+selector, err)
	return found
}

// path returns where the browser is.
func (b *browser) path() string {
	b.t.Helper()
	path, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](`location.pathname`))
	b.must("read the path", err)
	return path
}

func (b *browser) text() string {
	b.t.Helper()
	text, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](`document.body.innerText`))
	b.must("read the page", err)
	return text
}

func (b *browser) evaluate(what, script string) {
	b.t.Helper()
	b.must(what, chromedp.Do(b.ctx, chromedp.Evaluate[chromedp.Void](script)))
}

func (b *browser) must(what string, err error) {
	b.t.Helper()
	if err != nil {
		b.fail("%s: %v", what, err)
	}
}

// fail ends the story and says what page it was on; a picture of it is kept.
func (b *browser) fail(format string, args ...any) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 5*time.Second)
	defer cancel()
	state, _ := chromedp.Run(ctx, chromedp.Evaluate[string](`location.href + "\n" + document.body.innerText`))
	if picture, err := chromedp.Run(ctx, chromedp.FullScreenshot(100)); err == nil {
		file := filepath.Join(artefacts, "failures", strings.ReplaceAll(b.t.Name(), "/", "-")+".png")
		_ = os.MkdirAll(filepath.Dir(file), 0o755)
		_ = os.WriteFile(file, picture, 0o644)
		state = file + "\n" + state
	}
	b.t.Fatalf("%s\nThe page was %s", fmt.Sprintf(format, args...), state)
}

// anything stands for whatever a sentence is filled with.
const anything = "\x00"

// contains reports whether a text has a sentence in it, whose blanks may be
// filled with anything.
func contains(text, sentence string) bool {
	rest, found := plain(text), true
	for _, part := range strings.Split(plain(sentence), anything) {
		if _, rest, found = strings.Cut(rest, part); !found {
			return false
		}
	}
	return true
}

// plain evens out spaces, and drops the word joiners in masked addresses.
func plain(text string) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(text, "\u2060", "")), " ")
}

func quote(text string) string {
	b, err := json.Marshal(text)
	if err != nil {
		panic(err) // a string has a JSON form
	}
	return string(b)
}
