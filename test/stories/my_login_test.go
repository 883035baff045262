package stories_test

import (
	"testing"
	"time"
)

const henk, henkAtHome = "henk.schouten@korenaar.example", "henk.schouten@thuis.example"

func TestUnderMyLoginAuthenticatorsComeAndGo(t *testing.T) {
	tell(t, 10, func(s *story) {
		demo := startDemo(s.t)
		b := s.visitor(demo)
		b.signInWithPhone(henk)

		// A second authenticator is added, and signs in.
		b.press("my-login.add-another")
		b.see("setup-begin.another")
		b.press("setup-begin.button")
		tablet := b.scan()
		b.fill("name", "Telefoon")
		b.fill("code", tablet.shows())
		b.press("setup-scan.button")
		b.see("problem.name-taken")
		b.fill("name", "Tablet")
		b.fill("code", tablet.shows())
		b.press("setup-scan.button")
		b.see("setup-done.authenticator", "Name", "Tablet")
		b.press("link.go-on")
		demo.mailed(henkAtHome, "authenticator-added")
		b.signOut()
		b.signIn(henk)
		b.see("mfa.any-of")
		b.fill("code", tablet.shows())
		b.press("mfa.button")

		// Five minutes later a change asks for a fresh proof.
		demo.pass(6 * time.Minute)
		b.pressThat(css(`a[href^="/my-login/authenticators/"]`))
		b.see("prove.lead-mfa")
		b.fill("password", "not the password")
		b.fill("code", tablet.shows())
		b.press("prove.button")
		b.see("problem.wrong-password")
		b.fill("password", sharedPassword)
		b.fill("code", tablet.shows())
		b.press("prove.button")

		// The first one gets a name of its own, and goes.
		b.see("my-authenticator.heading", "Name", "Telefoon")
		b.fill("name", "Henk’s oude telefoon")
		b.press("my-authenticator.save")
		b.see("notice.factor-renamed")
		b.pressThat(css(`a[href^="/my-login/authenticators/"]`))
		b.press("my-authenticator.remove-button")
		b.see("notice.factor-removed")
		demo.mailed(henk, "authenticator-removed")
		b.signOut()
		b.signIn(henk)
		b.see("mfa.lead-name", "Name", "Tablet")
	})
}

func TestUnderMyLoginBackupsAreRenewedAndSessionsEnded(t *testing.T) {
	tell(t, 13, func(s *story) {
		const elsewhere = "henk@elders.example"
		demo := startDemo(s.t)
		other, b := s.visitor(demo, on(phone)), s.visitor(demo)
		other.signInWithPhone(henk)
		b.signInWithPhone(henk)
		b.see("session.end-others")

		// A new set of codes replaces the old once one is typed back.
		b.press("my-login.codes-make")
		b.press("my-backup-codes.button")
		b.see("my-new-codes.old-works")
		codes := b.read(".codes code")
		b.fill("code", backupCode(3))
		b.press("my-new-codes.button")
		b.see("problem.not-your-code")
		b.fill("code", codes[4])
		b.press("my-new-codes.button")
		b.see("notice.codes-made")
		demo.mailed(henkAtHome, "backup-codes-replaced")

		// A new backup e-mail is confirmed from there, and told to the old one.
		b.press("my-login.email-change")
		b.fill("email", henk)
		b.press("setup-email.button")
		b.see("problem.email-is-sign-in")
		b.fill("email", elsewhere)
		b.press("setup-email.button")
		b.see("my-backup-email-code.title")
		b.fill("code", demo.code(elsewhere, "backup-email-confirm"))
		b.press("setup-email-code.button")
		b.seeText(elsewhere)
		demo.mailed(henkAtHome, "backup-email-changed")
		b.see("my-login.password-change")

		// Whoever is signed in elsewhere is out at the next page.
		b.press("session.end-others")
		b.see("notice.other-sessions-ended")
		b.see("session.only-this")
		other.visit("/my-login")
		other.see("notice.session-ended")
		other.signIn(henk)
		other.press("mfa.backup")
		other.fill("code", backupCode(3))
		other.press("rung.backup-code.button")
		other.see("problem.wrong-backup")
		other.fill("code", codes[0])
		other.press("rung.backup-code.button")
		other.see("lost-phone.by-code", "Count", 9)

		// The rest of the pages there.
		b.press("my-login.password-change")
		b.visit("/my-login/mfa-off")
		b.press("my-mfa-off.button")
		b.see("notice.mfa-off")
	})
}

func TestASetUpBrokenOffLeavesNothingBehind(t *testing.T) {
	tell(t, 11, func(s *story) {
		const jeroen = "jeroen.dekker@korenaar.example"
		demo := startDemo(s.t)
		b := s.visitor(demo)
		b.signIn(jeroen)
		b.press("my-login.turn-on")
		b.press("setup.stop")
		b.see("setup-stopped.nothing")
		b.press("setup-stopped.again")
		b.press("setup-begin.button-mail")
		b.fill("code", demo.code(jeroen, "set-up-code"))
		b.press("link.next")
		app := b.scan()
		b.fill("code", another(app.shows()))
		b.press("setup-scan.button")
		b.see("problem.wrong-code")
		b.press("setup.stop")
		b.see("setup-stopped.no-mfa")
		b.press("link.my-login")
		b.see("ready.no-mfa")

		// The password alone signs in, as before; the next key is another one.
		b.signOut()
		b.signIn(jeroen)
		b.see("my-login.mfa-off")
		b.press("my-login.turn-on")
		demo.pass(2 * time.Minute) // a mail a minute
		b.press("setup-begin.button-mail")
		b.fill("code", demo.code(jeroen, "set-up-code"))
		b.press("link.next")
		if again := b.scan(); again.key == app.key {
			b.fail("the key of the set-up that was broken off is shown again")
		}
	})
}
