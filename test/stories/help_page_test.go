package stories_test

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// The walkers carry out what the help page says, each some steps in a row. All
// of them together come to every step of the page, and to no other.
var walkers = []func(*guide){walkWithOwnBackup, walkToTheOperator, walkToDisable, walkToASupervisor, walkToAnAdministrator, walkWhileForced, walkToASecureCopy}

func TestEveryStepOfTheHelpPageIsWalked(t *testing.T) {
	album := openAlbum(t)
	tell(t, 20, func(s *story) {
		g := &guide{story: s, at: startDemo(s.t), album: album, left: make(map[string]helpStep)}
		g.readPage()
		for _, walk := range walkers {
			walk(g)
		}
		if len(g.left) > 0 {
			s.t.Errorf("nobody walks the steps %v", slices.Sorted(maps.Keys(g.left)))
		}
	})
}

// A guide leads people through the steps of the help page.
type guide struct {
	story *story
	at    *site
	album *album
	left  map[string]helpStep // that nobody has walked yet
}

// A helpStep is one as the page describes it.
type helpStep struct{ Name, Text, Picture, Alt string }

// readPage reads the steps off the page, in a browser without JavaScript.
func (g *guide) readPage() {
	g.story.t.Helper()
	b := g.story.visitor(g.at, withoutScript, on(phone))
	b.visit("/sign-in")
	b.press("help.title")
	b.see("help.part.secure-copy")
	b.allowScript(true) // to read the page with; its own did not run
	found, err := chromedp.Run(b.ctx, chromedp.Evaluate[[]helpStep](`[...document.querySelectorAll("[data-step]")].map(e => ({
		Name: e.dataset.step, Text: e.innerText, Picture: e.querySelector("img")?.getAttribute("src") ?? "", Alt: e.querySelector("img")?.alt ?? ""}))`))
	b.must("read the steps", err)
	for _, step := range found {
		g.left[step.Name] = step
		if !*updatePictures {
			g.picture(step)
		}
	}
}

// picture asserts that a step has a picture, which a browser keeps.
func (g *guide) picture(step helpStep) {
	g.story.t.Helper()
	if step.Picture == "" || strings.TrimSpace(step.Alt) == "" {
		g.story.t.Errorf("step %s has no picture, or nothing in its place", step.Name)
		return
	}
	answer, err := http.Get(g.at.url + step.Picture)
	g.at.must(err)
	_ = answer.Body.Close()
	if answer.StatusCode != http.StatusOK || !strings.Contains(answer.Header.Get("Cache-Control"), "immutable") {
		g.story.t.Errorf("the picture of %s: %s, %s", step.Name, answer.Status, answer.Header.Get("Cache-Control"))
	}
}

// opens opens a browser in which pictures are taken.
func (g *guide) opens() *browser {
	g.story.t.Helper()
	return g.story.visitor(g.at, on(pictured))
}

// takes begins a step: what it says is done in b from here on.
func (g *guide) takes(name string, b *browser) walked {
	g.story.t.Helper()
	step, there := g.left[name]
	if !there {
		b.fail("the help page has no step %s, or it was walked before", name)
	}
	delete(g.left, name)
	return walked{step, g, b}
}

// A walked step is being carried out by someone.
type walked struct {
	helpStep
	guide *guide
	b     *browser
}

// names asserts that the step on the help page calls something by the words it
// has on its own page.
func (w walked) names(id string, args ...any) {
	w.b.t.Helper()
	if label := w.b.voice.Say(id, args...); !contains(w.Text, label) {
		w.b.t.Errorf("step %s does not say %q: %s", w.Name, label, w.Text)
	}
}

// press presses what the step calls by its name.
func (w walked) press(id string, args ...any) {
	w.b.t.Helper()
	w.names(id, args...)
	w.b.press(id, args...)
}

// shows takes the picture of the step: all that the selectors fit.
func (w walked) shows(selectors ...string) {
	w.b.t.Helper()
	w.guide.album.take(w.b, w.Name, selectors)
}

func walkWithOwnBackup(g *guide) {
	const daan, daanAtHome = "daan.visser@korenaar.example", "daan.visser@thuis.example"
	b := g.opens()
	b.signIn(daan)
	step := g.takes("use-backup", b)
	step.shows(`form[action="/mfa"]`, ".wayback")
	step.press("mfa.backup")
	g.takes("ways", b).shows(".rung:nth-child(-n+3) h2")

	step = g.takes("backup-code", b)
	step.shows(".rung:nth-child(2)")
	b.fill("code", strings.ToLower(backupCode(1)))
	step.press("rung.backup-code.button")

	step = g.takes("lost-phone", b)
	step.names("lost-phone.yes")
	step.shows("main h1", ".answer")
	step.press("lost-phone.no")
	b.see("my-login.title")

	b.signOut()
	b.signIn(daan)
	b.press("mfa.backup")
	step = g.takes("backup-email", b)
	b.pressThat(css(`form[action="/backup/email"] button`))
	step.shows("main h1", `form[action="/backup/email/code"]`)
	b.fill("code", g.at.code(daanAtHome, "sign-in-code"))
	b.press("backup-email.button")
	b.press("lost-phone.no")
	b.see("my-login.title")
}

func walkToTheOperator(g *guide) {
	b := g.opens()
	b.signIn("thijs.van.dam@korenaar.example")
	b.press("mfa.backup")
	step := g.takes("operator", b)
	step.names("rung.operator")
	step.shows(".rung:last-child")
}

func walkToDisable(g *guide) {
	b := g.opens()
	b.signInWithPhone(eva)
	step := g.takes("employees", b)
	step.names("employees.search")
	step.press("tab.employees")
	b.fill("q", "ruben")
	b.wait(`document.querySelectorAll("#employees tbody tr").length === 1`)
	step.shows(".tally", "#employees table")
	b.pressThat(byWords("Ruben Kok"))

	step = g.takes("bar", b)
	step.names("employee.overview")
	step.names("employee.data")
	step.shows(".bar")
	step.press("act.disable-mfa.button")
	step = g.takes("disable", b)
	b.choose(css("#length-1d"))
	b.choose(css("#lost-no"))
	b.choose(css("#verified-in-person"))
	b.fill("note", "Telefoon ligt thuis")
	step.shows("main form fieldset", "main form .actions")
	step.press("act.disable-mfa.button")

	step = g.takes("enable", b)
	step.shows(".bar")
	step.press("act.enable-mfa.button")
	b.press("act.enable-mfa.button")
	b.see("bar.on", "Day", anything)
}

func walkWhileForced(g *guide) {
	b := g.opens()
	b.signInWithPhone(eva)
	b.forceMFA()
	b.findEmployee("Iris van Leeuwen")
	step := g.takes("forced", b)
	step.names("act.disable-mfa.button")
	b.see("closed.mfa-forced")
	step.shows(".bar")
	step = g.takes("set-up-again", b)
	step.press("act.enrolment-pass.button")
	b.choose(css("#verified-video"))
	b.fill("note", "Zag Iris in beeld")
	step.shows("main h1", "main form .actions")
	b.press("act.enrolment-pass.button")
	b.see("notice.gave-pass")

	step = g.takes("turn-off-forcing", b)
	step.press("tab.settings.general")
	step.names("settings.general")
	step.shows("main .part:nth-of-type(1)")
	step.press("settings-general.turn-off")
	b.choose(css("#for-1d"))
	b.press("settings-unforce.button")
	b.see("settings-general.force-paused", "Until", anything)
}

func walkToASupervisor(g *guide) {
	b, helper := g.opens(), g.opens()
	b.signIn(ruben)
	b.press("mfa.backup")
	step := g.takes("ask", b)
	step.names("rung.helper")
	step.shows(".rung:nth-child(4)")
	step.press("rung.helper.button")
	step.press("ask.button")
	g.takes("matching-code", b).shows("main h1", "main .sheet")

	helper.signInWithPhone(willem)
	step = g.takes("requests", helper)
	step.names("tab.requests")
	helper.pressThat(css(`.tabs a[href="/requests"]`))
	step.names("requests.open")
	step.shows("main .rows")
	helper.pressThat(css("main .rows a"))
	step = g.takes("answer", helper)
	step.names("request.approve")
	step.shows(`form[action$="/approve"]`)
	helper.gives(b.matchingCode(), "suspension")
	helper.see("notice.help-given")

	step = g.takes("carry-on", b)
	b.comesTo("/my-login")
	step.shows(".notices")
}

func walkToAnAdministrator(g *guide) {
	b, helper := g.opens(), g.opens()
	b.signIn(thijs)
	b.press("mfa.backup")
	step := g.takes("ask-administrator", b)
	step.names("mfa.backup")
	step.shows(".rung:nth-child(5)")
	step.press("rung.administrator.button")
	b.press("ask.button-administrator")
	helper.signInWithPhone(eva)
	helper.opensRequest()
	helper.gives(b.matchingCode(), "pass")
	helper.see("notice.help-given")
	step = g.takes("time-to-object", b)
	b.says("ask.opens.title")
	step.shows("main h1", "main .lead")

	step = g.takes("object", helper)
	helper.opensRequest()
	step.names("request.stop")
	step.shows(`form[action$="/stop"]`)
	helper.fill("note", "Ik ken dit nummer niet")
	helper.press("request.stop")
	helper.see("notice.pass-stopped")
	b.says("ask.stopped.title")
}

func walkToASecureCopy(g *guide) {
	photo := documentPhoto(g.story.t)
	b := g.opens()
	b.visit("/help/lost-mfa")
	step := g.takes("copy-photo", b)
	step.press("frame.safe-copy")
	b.toolIsReady()
	step.names("safe-copy.choose")
	step.shows("#copier-begin")
	b.choosePhoto(photo)
	step = g.takes("copy-boxes", b)
	step.names("safe-copy.boxes")
	step.names("safe-copy.new")
	step.shows("#copier-boxes", ".tools")
	step = g.takes("copy-make", b)
	step.names("safe-copy.for")
	b.write("f-for", "Bakkerij De Korenaar")
	step.shows(".copier-right .field", "#copier-make")
	step.names("safe-copy.make")
	b.choose(css("#copier-make"))
	b.judged()
	step = g.takes("copy-keep", b)
	step.names("safe-copy.verdict.safe")
	step.names("safe-copy.download")
	step.shows("#copier-answer", "#copier-download")
	b.keepsSafely("Bakkerij De Korenaar")
}
