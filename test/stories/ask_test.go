package stories_test

import (
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/sparekey/sparekey/internal/notice"
)

const willem = "willem.bakker@korenaar.example" // supervises Ruben's team

func TestASupervisorHearsTheCodeAndDisablesMFAForADay(t *testing.T) {
	tell(t, 25, func(s *story) {
		demo := startDemo(s.t)
		member, helper := s.visitor(demo, on(phone)), s.visitor(demo)
		code := member.asksForHelp(ruben, "rung.helper.button", "ask.button")
		demo.mailed(ruben, notice.HelpAsked)
		demo.mailed(willem, notice.HelpAskedToHelpers)

		helper.signInWithPhone(willem)
		helper.opensRequest()
		helper.gives(code, "suspension")
		helper.see("notice.help-given")
		demo.mailed(ruben, notice.MFASuspended)
		demo.mailed(eva, notice.MFASuspendedToAdministrators)

		// The page goes on by itself, and a new phone is set up.
		member.comesTo("/my-login")
		member.see("notice.suspended", "Until", anything)
		member.press("notice.suspended.next")
		app, _ := member.setUp(ruben, "New phone")
		member.press("link.go-on")
		member.seeNot("notice.suspended", "Until", anything)
		member.signOut()
		member.signIn(ruben)
		member.fill("code", app.shows())
		member.press("mfa.button")
		member.see("my-login.title")
	})
}

func TestWhileMFAIsForcedARequestIsAnsweredWithAPass(t *testing.T) {
	tell(t, 26, func(s *story) {
		demo := startDemo(s.t)
		chief := s.visitor(demo)
		chief.signInWithPhone(eva)
		chief.forceMFA()

		// Without JavaScript the page goes on when it is looked at again.
		member, helper := s.visitor(demo, on(phone), withoutScript), s.visitor(demo)
		code := member.asksForHelp(ruben, "rung.helper.button", "ask.button")
		helper.signInWithPhone(willem)
		helper.opensRequest()
		helper.see("request.suspend.mfa-forced")
		helper.gives(code, "pass")
		helper.see("notice.help-given")

		// Nobody else can use it, whatever else they know.
		thief := s.visitor(demo)
		thief.signIn(ruben)
		thief.see("mfa.title")

		member.press("ask.look-again")
		member.see("ask.ready.title")
		member.press("ask.on")
		member.see("setup-begin.pass")
		demo.mailed(thijs, notice.PassGivenToAdministrators)

		// The new phone is set up, and it is what opens from now on.
		app, _ := member.setUp("", "New phone")
		member.press("link.go-on")
		demo.mailed(thijs, notice.PassUsedToAdministrators)
		member.signOut()
		member.signIn(ruben)
		member.fill("code", app.shows())
		member.press("mfa.button")
		member.see("my-login.title")
	})
}

func TestARequestIsTurnedDownClosedForgottenAndObjectedTo(t *testing.T) {
	tell(t, 27, func(s *story) {
		demo := startDemo(s.t)
		member, helper := s.visitor(demo, on(phone)), s.visitor(demo)
		member.asksForHelp(ruben, "rung.helper.button", "ask.button")

		// Turned down, with words.
		helper.signInWithPhone(willem)
		helper.opensRequest()
		helper.fill("words", "Bel mij eerst even terug")
		helper.press("request.refuse")
		demo.mailed(ruben, notice.HelpRefused)
		member.says("ask.refused.title")
		member.seeText("Bel mij eerst even terug")

		// Closed, after three wrong codes.
		member.press("ask.again")
		code := member.matchingCode()
		helper.opensRequest()
		for range 3 {
			helper.gives(code[1:]+code[:1], "pass")
		}
		demo.mailed(ruben, notice.HelpClosed)
		member.says("ask.closed.title")

		// Not answered within a day.
		member.press("ask.again")
		member.see("ask.asked.title")
		demo.pass(24*time.Hour + time.Minute)
		member.visit("/mfa/help")
		member.see("ask.expired.title")

		// Objected to, by whoever reads the mail.
		again := s.visitor(demo, on(phone))
		again.asksForHelp("sanne.mulder@korenaar.example", "rung.helper.button", "ask.button")
		reader := s.visitor(demo)
		reader.visit(demo.link("sanne.mulder@korenaar.example", notice.HelpAsked, "/not-me/"))
		reader.press("not-me.button")
		reader.see("not-me-done.title")
		again.says("ask.stopped.title")
	})
}

func TestAnAdministratorIsLetSetUpAgainAfterTheTimeToObject(t *testing.T) {
	tell(t, 28, func(s *story) {
		demo := startDemo(s.t)
		member, helper := s.visitor(demo, on(phone)), s.visitor(demo)
		code := member.asksForHelp(thijs, "rung.administrator.button", "ask.button-administrator")
		helper.signInWithPhone(eva)
		helper.opensRequest()
		helper.gives(code, "pass")
		helper.see("notice.help-given")
		demo.mailed(thijs, notice.HelpPass)
		member.says("ask.opens.title")

		// Everybody had time to object. The password in that browser, and it goes on.
		demo.pass(72*time.Hour + time.Minute)
		member.visit("/mfa/help")
		member.see("ask.sign-in.title")
		member.press("ask.sign-in.button")
		member.signIn(thijs)
		member.comesTo("/setup-mfa")
		member.see("setup-begin.pass")
		member.setUp("", "New phone")
		member.press("link.go-on")
		member.see("my-login.title")
	})
}

func TestAnAdministratorObjectsInTheWaitingTimeAndWhoHadNoPartReleases(t *testing.T) {
	tell(t, 31, func(s *story) {
		demo := startDemo(s.t)
		thief, giver := s.visitor(demo), s.visitor(demo)
		code := thief.asksForHelp(thijs, "rung.administrator.button", "ask.button-administrator")
		giver.signInWithPhone(eva)
		giver.opensRequest()
		giver.gives(code, "pass")
		giver.see("notice.help-given")
		thief.says("ask.opens.title")

		// An hour later Thijs reads his mail. It was not him.
		demo.pass(time.Hour)
		owner := s.visitor(demo, on(phone))
		owner.visit(demo.link(thijs, notice.HelpPass, "/not-me/"))
		owner.press("not-me.button")
		owner.see("not-me-done.title")
		thief.says("ask.stopped.title")
		demo.mailed(thijs, notice.Frozen)
		thief.signIn(thijs)
		thief.press("mfa.backup")
		thief.seeNot("rung.administrator.button")

		// Whose help it was does not release it. Another administrator does.
		giver = s.visitor(demo)
		giver.signInWithPhone(eva)
		giver.findEmployee("Thijs van Dam")
		giver.see("closed.party", "From", anything)
		giver.seeNot("act.release.button")
		giver.findEmployee("Willem Bakker")
		giver.press("employee.edit")
		giver.evaluate("choose a role", `document.querySelector("#f-role").value = "administrator"`)
		giver.press("employee-edit.save")
		other := s.visitor(demo)
		other.signInWithPhone(willem)
		other.findEmployee("Thijs van Dam")
		other.press("act.release.button")
		other.choose(css("#verified-in-person"))
		other.fill("note", "Stond aan de balie")
		other.press("act.release.button")
		other.see("notice.released-them")
		demo.mailed(thijs, notice.Released)

		// His own phone never went, and lets him in.
		owner.signInWithPhone(thijs)
		owner.see("my-login.title")
	})
}

// asksForHelp signs in, asks, and returns the matching code that the page shows.
func (b *browser) asksForHelp(email, way, button string) string {
	b.t.Helper()
	b.signIn(email)
	b.press("mfa.backup")
	b.press(way)
	b.see("ask.first.title")
	b.press(button)
	return b.matchingCode()
}

// matchingCode returns the code that the waiting page shows.
func (b *browser) matchingCode() string {
	b.t.Helper()
	b.see("ask.asked.title")
	code := b.read(".sheet .big code")
	if len(code) != 1 {
		b.fail("there is no one matching code: %q", code)
	}
	return code[0]
}

// opensRequest opens the only request there is to answer.
func (b *browser) opensRequest() {
	b.t.Helper()
	b.pressThat(css(`.tabs a[href="/requests"]`))
	b.pressThat(css("main .rows li:first-child a"))
}

// gives answers a request: the member was called, and read the code out.
func (b *browser) gives(code, what string) {
	b.t.Helper()
	b.choose(css(`[name="verified"][value="in-person"]`))
	b.fill("note", "Zat aan mijn bureau")
	b.fill("code", strings.ToLower(code))
	if what == "suspension" {
		b.choose(css(`[name="give"][value="suspension"]`))
		b.choose(css(`[name="lost"][value="yes"]`))
	} else {
		b.choose(css(`[name="give"][value="pass"]`))
	}
	b.press("request.approve")
}

// comesTo waits until the browser has gone to a path by itself, and looks there.
func (b *browser) comesTo(path string) {
	b.t.Helper()
	b.until("come to "+path, `location.pathname === `+quote(path))
}

// says waits until the page says a sentence by itself, and looks at it.
func (b *browser) says(id string, args ...any) {
	b.t.Helper()
	b.until("say "+id, `plain(document.body.innerText).includes(plain(`+quote(b.voice.Say(id, args...))+`))`)
}

// until waits for something that a page which changes by itself comes to.
func (b *browser) until(what, script string) {
	b.t.Helper()
	asks := `(() => { const plain = t => t.replace(/\u2060/g, "").replace(/\s+/g, " "); return document.readyState === "complete" && ` + script + `; })()`
	for deadline := time.Now().Add(patience); ; time.Sleep(100 * time.Millisecond) {
		// Between two pages there is nobody to ask.
		if there, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](asks)); err == nil && there {
			b.look()
			return
		}
		if time.Now().After(deadline) {
			b.fail("it does not %s by itself", what)
		}
	}
}
