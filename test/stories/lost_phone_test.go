package stories_test

import "testing"

const lotte, lotteAtHome = "lotte.vos@korenaar.example", "lotte@thuis.example"

func TestWhoLosesThePhoneComesBackWithABackupCodeAndSetsUpANewOne(t *testing.T) {
	tell(t, 1, func(s *story) {
		demo := startDemo(s.t)
		b := s.visitor(demo)

		// Without MFA, the password signs in; then MFA is set up.
		b.signIn(lotte)
		b.see("my-login.mfa-off")
		b.press("my-login.turn-on")
		old, oldCodes := b.setUp(lotte, "Old phone")
		b.addBackupEmail(lotteAtHome)
		b.press("link.go-on")
		b.see("ready.both", "Count", 10)
		demo.mailed(lotte, "mfa-on")

		// It is asked for from now on.
		b.signOut()
		b.signIn(lotte)
		b.see("mfa.lead-name", "Name", "Old phone")
		b.fill("code", old.shows())
		b.press("mfa.button")
		b.see("my-login.title")

		// The phone is gone.
		b.signOut()
		b.signIn(lotte)
		b.press("mfa.backup")
		b.see("rung.backup-code.how", "Count", 10)
		b.fill("code", oldCodes[1])
		b.press("rung.backup-code.button")
		b.see("lost-phone.by-code", "Count", 9)
		b.press("lost-phone.yes")
		b.see("setup-begin.lost")
		fresh, codes := b.setUp("", "New phone")
		b.see("setup-done.replaced")
		b.press("link.go-on")
		for _, address := range []string{lotte, lotteAtHome} {
			demo.mailed(address, "backup-code-used")
			demo.mailed(address, "phone-lost")
			demo.mailed(address, "authenticator-added")
		}

		// What was on the old phone, and the old codes, are worth nothing.
		b.signOut()
		b.signIn(lotte)
		b.fill("code", old.shows())
		b.press("mfa.button")
		b.see("problem.wrong-code")
		b.press("mfa.backup")
		b.fill("code", oldCodes[2])
		b.press("rung.backup-code.button")
		b.see("problem.wrong-backup")
		b.fill("code", codes[1])
		b.press("rung.backup-code.button")
		b.press("lost-phone.no")
		b.see("notice.came-by-backup")
		b.signOut()
		b.signIn(lotte)
		b.fill("code", fresh.shows())
		b.press("mfa.button")
		b.seeNot("notice.came-by-backup")
	})
}
