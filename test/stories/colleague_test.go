package stories_test

import (
	"strings"
	"testing"

	"github.com/sparekey/sparekey/internal/notice"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/words"
)

// The people of the bakery whom these stories are about.
const (
	eva, thijs = "eva.de.boer@korenaar.example", "thijs.van.dam@korenaar.example"
	ruben      = "ruben.kok@korenaar.example" // has MFA, and no backup
	jeroen     = "jeroen.dekker@korenaar.example"
)

func TestAnAdministratorDisablesMFAForADayAndTheMemberSetsUpANewPhone(t *testing.T) {
	tell(t, 22, func(s *story) {
		demo := startDemo(s.t)
		member, helper := s.visitor(demo, on(phone)), s.visitor(demo)

		// The phone is gone, and there is no backup.
		member.signIn(ruben)
		member.press("mfa.backup")
		member.see("rung.closed")

		// Somebody who answers for everybody finds the member, and says how they know.
		helper.signInWithPhone(eva)
		helper.findEmployee("Ruben Kok")
		helper.see("bar.on", "Day", anything)
		helper.press("act.disable-mfa.button")
		helper.choose(css("#length-1d"))
		helper.choose(css("#lost-yes"))
		helper.choose(css("#verified-call"))
		helper.fill("note", "Belde terug: telefoon in de gracht")
		helper.press("act.disable-mfa.button")
		helper.see("bar.disabled", "Until", anything, "By", "Eva de Boer")
		demo.mailed(ruben, notice.MFASuspended)
		demo.mailed(thijs, notice.MFASuspendedToAdministrators)

		// In a browser that nobody knows the password takes a mailed code as well.
		member.signIn(ruben)
		member.see("mfa-email.lead", "Until", anything)
		member.pressThat(css(`form[action="/mfa/email"] button`))
		member.fill("code", demo.code(ruben, notice.SuspendedCode))
		member.press("mfa-email.button")
		member.see("notice.suspended", "Until", anything)
		member.press("notice.suspended.next")
		app, _ := member.setUp(ruben, "New phone")
		member.press("link.go-on")
		member.seeNot("notice.suspended", "Until", anything)

		// MFA is on again, and the helper sees it.
		helper.findEmployee("Ruben Kok")
		helper.see("bar.on", "Day", anything)
		member.signOut()
		member.signIn(ruben)
		member.fill("code", app.shows())
		member.press("mfa.button")
		member.see("my-login.title")
	})
}

func TestWhileMFAIsForcedAMemberIsLetSetItUpAgain(t *testing.T) {
	tell(t, 23, func(s *story) {
		demo := startDemo(s.t)
		member, helper := s.visitor(demo, on(phone)), s.visitor(demo)
		helper.signInWithPhone(eva)
		helper.forceMFA()

		// Whoever has none is led through the set-up, and reaches nothing else.
		newcomer := s.visitor(demo)
		newcomer.signIn(jeroen)
		newcomer.see("setup-begin.forced")
		newcomer.visit("/my-login")
		newcomer.see("setup-begin.forced")

		// MFA is disabled for nobody; a pass leaves it on.
		helper.findEmployee("Ruben Kok")
		helper.see("closed.mfa-forced")
		helper.press("act.enrolment-pass.button")
		helper.choose(css("#verified-in-person"))
		helper.fill("note", "Stond aan de balie")
		helper.press("act.enrolment-pass.button")
		helper.see("notice.gave-pass")
		member.visit(demo.link(ruben, notice.EnrolmentPass, "/enrolment-pass/"))
		member.fill("password", sharedPassword)
		member.press("enrolment-pass.button")
		member.see("setup-begin.pass")
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

func TestPeopleHelpOneAnotherOnEveryPlan(t *testing.T) {
	t.Parallel()
	for plan, language := range map[string]org.Language{"basic": org.Dutch, "premium": org.English} {
		t.Run(plan, func(t *testing.T) {
			t.Parallel()
			const ada, bo = "ada@example.org", "bo@example.org"
			const hers, his = "kaas met zure room", "fiets zonder trapper"
			s := &story{t: t, number: 24, voice: words.Speak(language, nil)}
			server := startServer(t)
			printed := server.command("org", "create", "De Proef", "--plan", plan, "--kvk", "12345678", "--admin", ada, "--admin-name", "Ada de Wit")
			server.command("member", "invite", bo, "--name", "Bo Kramer")
			helper, member := s.visitor(server), s.visitor(server, on(phone))
			for _, one := range []struct {
				b          *browser
				link, word string
			}{
				{helper, strings.TrimPrefix(anInvitation.FindString(printed), server.url), hers},
				{member, server.link(bo, notice.Invitation, "/invitation/"), his},
			} {
				one.b.visit(one.link)
				one.b.fill("password", one.word)
				one.b.press("invitation.button")
				if one.b.path() == "/my-login" {
					one.b.press("my-login.turn-on")
				}
				one.b.setUp("", "Telefoon")
				one.b.press("setup-email.skip")
				one.b.press("link.go-on")
			}
			member.signOut()
			member.signInWith(bo, his)
			member.see("mfa.title")

			helper.findEmployee("Bo Kramer")
			helper.press("act.disable-mfa.button")
			helper.choose(css("#lost-no"))
			helper.choose(css("#verified-video"))
			helper.fill("note", "Telefoon ligt thuis")
			helper.press("act.disable-mfa.button")
			helper.see("bar.disabled", "Until", anything, "By", "Ada de Wit")

			member.signInWith(bo, his)
			member.pressThat(css(`form[action="/mfa/email"] button`))
			member.fill("code", server.code(bo, notice.SuspendedCode))
			member.press("mfa-email.button")
			member.see("notice.suspended", "Until", anything)
			helper.press("act.enable-mfa.button")
			helper.press("act.enable-mfa.button")
			helper.see("bar.on", "Day", anything)
			member.visit("/my-login")
			member.see("notice.session-ended")
			server.mailed(bo, notice.SuspensionEnded)
		})
	}
}

// findEmployee goes by the top bar to the list, searches it, and opens the page
// of the employee.
func (b *browser) findEmployee(name string) {
	b.t.Helper()
	b.press("tab.employees")
	b.fill("q", name)
	b.wait(`document.querySelectorAll("#employees tbody tr").length === 1`)
	b.pressThat(byWords(name))
}

// forceMFA turns forced MFA on for the organisation, without grace.
func (b *browser) forceMFA() {
	b.t.Helper()
	b.press("tab.settings.general")
	b.press("settings-general.turn-on")
	b.choose(css("#grace-0"))
	b.press("settings-force.button")
	b.see("settings-general.force-on")
}
