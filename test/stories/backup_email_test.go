package stories_test

import (
	"testing"

	"github.com/sparekey/sparekey/internal/org"
)

const sanne, sanneAtHome = "sanne.mulder@korenaar.example", "sanne.mulder@thuis.example"

func TestWhoLosesThePhoneComesBackByBackupEmail(t *testing.T) {
	tell(t, 2, func(s *story) {
		demo := startDemo(s.t)
		b := s.visitor(demo)
		b.signIn(sanne)
		b.press("mfa.backup")
		b.keepPicture()
		b.press("rung.backup-email.button", "Address", org.Email(sanneAtHome).Masked())
		b.see("notice.code-sent")
		code := demo.code(sanneAtHome, "sign-in-code")

		b.fill("code", "12 34")
		b.press("backup-email.button")
		b.see("problem.code-not-eight")
		b.fill("code", another(code))
		b.press("backup-email.button")
		b.see("problem.wrong-mail-code")
		b.see("problem.tries-left", "Count", 4)
		b.fill("code", code)
		b.press("backup-email.button")

		b.see("lost-phone.by-email")
		b.press("lost-phone.yes")
		app, _ := b.setUp("", "New phone")
		b.see("setup-done.replaced")
		for _, address := range []string{sanne, sanneAtHome} {
			demo.mailed(address, "backup-email-used")
			demo.mailed(address, "phone-lost")
		}
		b.press("link.go-on")
		b.signOut()
		b.signIn(sanne)
		b.fill("code", app.shows())
		b.press("mfa.button")
		b.see("ready.both", "Count", 10)
	})
}

func TestTheWayBackWorksOnAPhoneWithoutScripts(t *testing.T) {
	tell(t, 4, func(s *story) {
		const fatima, atHome = "fatima.el.idrissi@korenaar.example", "fatima.el.idrissi@thuis.example"
		demo := startDemo(s.t)
		b := s.visitor(demo, on(phone), withoutScript)
		b.signIn(fatima)
		b.press("mfa.backup")
		b.press("rung.backup-email.button", "Address", org.Email(atHome).Masked())
		b.fill("code", demo.code(atHome, "sign-in-code"))
		b.press("backup-email.button")
		b.see("lost-phone.by-email")
		b.press("lost-phone.yes")
		app, _ := b.setUp("", "New phone")
		b.press("link.go-on")
		b.signOut()
		b.signIn(fatima)
		b.fill("code", app.shows())
		b.press("mfa.button")
		b.see("session.only-this")
		if len(b.read("html.js")) > 0 {
			b.fail("the page's script ran")
		}
	})
}

// another returns a code of as many digits that is not this one.
func another(code string) string { return string('0'+(code[0]-'0'+1)%10) + code[1:] }
