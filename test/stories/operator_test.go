package stories_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/sparekey/sparekey/internal/demo"
	"github.com/sparekey/sparekey/internal/org"
)

func TestWhoLosesPhoneAndBackupsSetsUpAnewWithTheOperatorsPass(t *testing.T) {
	t.Parallel()
	const ada, bo = "ada@example.org", "bo@example.org"
	const hers, his = "kaas met zure room", "fiets zonder trapper"
	s := &story{t: t, number: 15, voice: dutch}
	server := startServer(t)
	printed := server.command("org", "create", "De Proef", "--kvk", "12345678", "--admin", ada, "--admin-name", "Ada de Wit")
	administrator := s.open(server)
	administrator.visit(strings.TrimPrefix(anInvitation.FindString(printed), server.url))
	administrator.fill("password", hers)
	administrator.press("invitation.button")
	server.command("member", "invite", bo, "--name", "Bo Kramer")
	b := s.open(server, on(phone))
	b.visit(server.link(bo, "invitation", "/invitation/"))
	b.fill("password", his)
	b.press("invitation.button")
	old, oldCodes := b.setUp("", "Oude telefoon")
	b.press("setup-email.skip")
	b.press("link.go-on")
	b.signOut()

	// The phone is gone, and the codes were in it. The operator calls Bo.
	b.signInWith(bo, his)
	b.press("mfa.backup")
	b.see("reason.at-the-machine")
	said := server.command("member", "enrolment-pass", bo, "--verified", "call", "--reason", "Telefoon en codes gestolen", "--yes")
	for _, told := range []string{bo, ada} {
		if !strings.Contains(said, told) {
			t.Errorf("the operator does not read that %s is told:\n%s", told, said)
		}
	}
	server.mailed(ada, "pass-given-to-administrators")
	pass := server.link(bo, "enrolment-pass", "/enrolment-pass/")

	// The link needs the password, and MFA is set up anew with it.
	b.visit(pass)
	b.see("enrolment-pass.giver")
	b.fill("password", hers)
	b.press("enrolment-pass.button")
	b.see("problem.wrong-password")
	b.fill("password", his)
	b.press("enrolment-pass.button")
	b.see("setup-begin.pass")
	fresh, codes := b.setUp("", "Nieuwe telefoon")
	b.see("setup-done.authenticator", "Name", "Nieuwe telefoon")
	b.press("link.go-on")
	b.see("ready.codes", "Count", 10)
	server.mailed(bo, "pass-used")
	server.mailed(ada, "pass-used-to-administrators")

	// What was on the old phone is worth nothing, nor is the link.
	b.visit(pass)
	b.see("link-ended.pass.why")
	b.visit("/my-login")
	b.signOut()
	b.signInWith(bo, his)
	b.see("mfa.lead-name", "Name", "Nieuwe telefoon")
	b.fill("code", old.shows())
	b.press("mfa.button")
	b.see("problem.wrong-code")
	b.press("mfa.backup")
	b.fill("code", oldCodes[1])
	b.press("rung.backup-code.button")
	b.see("problem.wrong-backup")
	b.visit("/mfa")
	fresh.ahead = 30 * time.Second
	b.fill("code", fresh.shows())
	b.press("mfa.button")
	b.see("my-login.codes-left", "Count", len(codes), "Made", len(codes))
}

var minutesLeft = regexp.MustCompile(`^Time left: (60|5\d) minutes$`)

func TestWhileTheOperatorHasMFAOffAStrangeBrowserTypesAMailedCode(t *testing.T) {
	t.Parallel()
	const emily, emilyAtHome, eva = "emily.carter@korenaar.example", "emily.carter@thuis.example", "eva.de.boer@korenaar.example"
	s := &story{t: t, number: 16, voice: english}
	bakery := startDemo(t)
	bakery.command("member", "disable-mfa", emily, "--org", demo.Bakery,
		"--for", "1h", "--lost", "--verified", "video", "--reason", "Left the phone on a train", "--yes")
	for _, address := range []string{emily, emilyAtHome} {
		bakery.mailed(address, "mfa-suspended")
	}
	bakery.mailed(eva, "mfa-suspended-to-administrators")

	// The password alone is not enough where nobody knows the browser.
	b := s.open(bakery)
	b.signIn(emily)
	b.see("mfa-email.why")
	b.press("mfa-email.send", "Address", org.Email(emily).Masked())
	b.fill("code", bakery.code(emily, "suspended-code"))
	b.press("mfa-email.button")

	// The banner says how long it lasts, and what to do.
	b.see("my-login.mfa-suspended", "Until", anything)
	b.see("notice.suspended", "Until", anything)
	if left := b.read(".notice [role=timer]"); len(left) != 1 || !minutesLeft.MatchString(left[0]) {
		b.fail("the time left is said as %q", left)
	}
	b.press("notice.suspended.next")
	app, _ := b.setUp(emily, "New phone")
	b.press("link.go-on")
	bakery.mailed(emilyAtHome, "authenticator-added")

	// It is over: the code of the new phone is asked for again.
	b.seeNot("notice.suspended", "Until", anything)
	b.seeNot("my-login.mfa-suspended", "Until", anything)
	b.signOut()
	b.signIn(emily)
	b.see("mfa.lead-name", "Name", "New phone")
	b.fill("code", app.shows())
	b.press("mfa.button")
	b.see("ready.both", "Count", 10)
}
