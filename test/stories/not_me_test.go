package stories_test

import (
	"testing"

	"github.com/sparekey/sparekey/internal/org"
)

func TestThisWasNotMeEndsTheSessionOfAThief(t *testing.T) {
	tell(t, 3, func(s *story) {
		const daan, daanAtHome, eva = "daan.visser@korenaar.example", "daan.visser@thuis.example", "eva.de.boer@korenaar.example"
		demo := startDemo(s.t)
		thief, owner := s.visitor(demo), s.visitor(demo, on(phone))

		// A thief who has the password and a backup code is in.
		thief.signIn(daan)
		thief.press("mfa.backup")
		thief.fill("code", backupCode(1))
		thief.press("rung.backup-code.button")
		thief.press("lost-phone.no")
		thief.see("session.by-backup-code")

		// The owner reads of it, and objects. Opening the link does nothing.
		demo.mailed(daan, "backup-code-used")
		objection := demo.link(daanAtHome, "backup-code-used", "/not-me/")
		owner.visit(objection)
		owner.see("not-me.kind.backup-code-used")
		thief.visit("/my-login")
		thief.see("session.by-backup-code")
		owner.press("not-me.button")
		owner.see("not-me-done.lead")
		demo.mailed(daan, "frozen")
		demo.mailed(eva, "frozen-to-administrators")

		// The thief is out, and no way back is open.
		thief.visit("/my-login")
		thief.see("notice.session-ended")
		thief.signIn(daan)
		thief.press("mfa.backup")
		thief.see("backup.lead-none")
		thief.see("reason.frozen")
		thief.see("reason.frozen.next")

		// The authenticator still signs in, and opens the ways again.
		owner.signInWithPhone(daan)
		thief.visit("/backup")
		thief.see("rung.backup-code.how", "Count", 9)
		owner.visit(objection)
		owner.see("link-ended.not-me.why")

		// A second objection from the same address needs the authenticator.
		thief.press("rung.backup-email.button", "Address", org.Email(daanAtHome).Masked())
		objection = demo.link(daanAtHome, "sign-in-code", "/not-me/")
		reader := s.visitor(demo)
		reader.visit(objection)
		reader.see("not-me-again.lead")
		reader.press("not-me-again.button")
		reader.fill("email", daan)
		reader.fill("password", sharedPassword)
		reader.press("sign-in.button")
		reader.fill("code", demo.phoneShows(daan))
		reader.press("mfa.button")
		reader.see("not-me.kind.sign-in-code")
		reader.press("not-me.button")
		reader.see("not-me-done.lead")
	})
}
