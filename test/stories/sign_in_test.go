package stories_test

import "testing"

func TestWhoWorksForTwoOrganisationsIsAskedWhich(t *testing.T) {
	tell(t, 8, func(s *story) {
		const noor = "noor.hendriks@post.example"
		demo := startDemo(s.t)
		b := s.visitor(demo)
		b.signIn(noor)
		b.see("choose-organisation.lead")
		b.see("role.administrator")
		b.pressThat(css(".choices li:nth-child(2) button"))
		organisation := b.read(".organisation")
		b.see("mfa.title")
		b.press("mfa.not-you")
		b.see("notice.signed-out")
		b.signIn(noor)
		b.pressThat(css(".choices li:nth-child(1) button"))
		if now := b.read(".organisation"); len(now) != 1 || len(organisation) != 1 || now[0] == organisation[0] {
			b.fail("the two choices lead to %q and %q", organisation, now)
		}
		b.press("mfa.backup")
		b.fill("code", backupCode(1))
		b.press("rung.backup-code.button")
		b.press("lost-phone.no")
		b.see("my-login.title")
	})
}

func TestAForgottenPasswordDoesNotOpenMFA(t *testing.T) {
	tell(t, 9, func(s *story) {
		const youssef, chosen = "youssef.amrani@korenaar.example", "zeven rode fietsen"
		demo := startDemo(s.t)
		b := s.visitor(demo)
		b.visit("/sign-in")
		b.press("sign-in.forgotten")
		b.fill("email", youssef)
		b.press("forgotten-password.button")
		b.see("forgotten-password-sent.lead", "Address", youssef)
		link := demo.link(youssef, "password-reset", "/password/new/")

		b.visit(link)
		b.see("new-password.mfa-stays")
		for _, c := range []struct{ password, problem string }{
			{"kort", "problem.password-short"},
			{"youssef.amrani", "problem.password-yours"},
			{"1234567890", "problem.password-common"},
			{sharedPassword, "problem.password-same"},
		} {
			b.fill("password", c.password)
			b.press("new-password.button")
			b.see(c.problem, "MinLength", 10)
		}
		b.fill("password", chosen)
		b.press("new-password.button")
		b.see("notice.password-set")
		demo.mailed("youssef.amrani@thuis.example", "password-set-by-mail")
		b.signIn(youssef)
		b.see("problem.wrong-sign-in")
		b.signInWith(youssef, chosen)

		// MFA is asked, and the way by mail is closed for now.
		b.see("mfa.title")
		b.press("mfa.backup")
		b.see("reason.password-by-mail.next")
		b.press("rung.factor.button")
		b.fill("code", demo.phoneShows(youssef))
		b.press("mfa.button")
		b.see("my-login.title")

		// The link worked once.
		b.visit(link)
		b.see("link-ended.reset.why")
	})
}
