package stories_test

import (
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"

	"github.com/sparekey/sparekey/internal/notice"
)

func TestASecondAdministratorAgreesAndTheFirstOneIsInAtOnce(t *testing.T) {
	tell(t, 29, func(s *story) {
		demo := startDemo(s.t)
		helper := s.visitor(demo)
		helper.signInWithPhone(eva)
		helper.findEmployee("Willem Bakker")
		helper.press("employee.edit")
		helper.evaluate("choose a role", `document.querySelector('[name="role"]').value = "administrator"`)
		helper.press("employee-edit.save")
		helper.see("role.administrator")

		// An administrator of a minute ago would not count; one of a week does.
		demo.pass(7*24*time.Hour + time.Minute)
		member, second := s.visitor(demo, on(phone)), s.visitor(demo, on(phone))
		code := member.asksForHelp(thijs, "rung.administrator.button", "ask.button-administrator")
		helper.visit("/sign-in")
		helper.signInWithPhone(eva)
		helper.opensRequest()
		helper.gives(code, "pass")
		helper.see("notice.help-given")
		member.says("ask.opens.title")
		member.see("ask.opens.sooner")

		second.signInWithPhone(willem)
		second.opensRequest()
		second.fill("note", "Hem zelf gebeld")
		second.press("request.agree")
		second.see("notice.agreed")
		demo.mailed(thijs, notice.PassAgreed)

		// Nobody waits, and the page of the first one goes on by itself.
		member.comesTo("/setup-mfa")
		member.see("setup-begin.pass")
		member.setUp("", "New phone")
		member.press("link.go-on")
		member.see("my-login.title")
	})
}

func TestTheKeyboardAloneHelpsAnEmployeeBackIn(t *testing.T) {
	tell(t, 30, func(s *story) {
		demo := startDemo(s.t)
		b := s.visitor(demo)
		b.visit("/sign-in")
		b.keys(eva)
		b.tabTo(css("#f-password"))
		b.keys(sharedPassword)
		b.enter()
		b.see("mfa.title")
		b.keys(demo.phoneShows(eva))
		b.enter()

		b.tabTo(css(`.tabs a[href="/employees"]`))
		b.enter()
		b.tabTo(css(`[name="q"]`))
		b.keys("ruben")
		b.wait(`document.querySelectorAll("#employees tbody tr").length === 1`)
		b.tabTo(byWords("Ruben Kok"))
		b.enter()
		b.tabTo(css(`a.button-danger[href$="/disable-mfa"]`))
		b.enter()

		// A group of choices is one stop; Space takes the one that has the focus.
		b.tabTo(css(`[name="length"]:checked`))
		b.keys(kb.ArrowDown)
		b.tabTo(css("#lost-yes"))
		b.keys(" ")
		b.tabTo(css(`[name="verified"]:not([disabled])`))
		b.keys(" ")
		b.tabTo(css("#f-note"))
		b.keys("Stond aan mijn bureau")
		b.tabTo(css(`main form button.button-danger`))
		b.enter()
		b.see("bar.disabled", "Until", anything, "By", "Eva de Boer")
		demo.mailed(ruben, notice.MFASuspended)
	})
}
