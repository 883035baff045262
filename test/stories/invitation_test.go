package stories_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/sparekey/sparekey/internal/words"
)

var anInvitation = regexp.MustCompile(`http\S+/invitation/\S+`)

func TestAnOperatorBeginsAndInvitedPeopleComeIn(t *testing.T) {
	tell(t, 5, func(s *story) {
		const ada, bo, adaAtHome = "ada@example.org", "bo@example.org", "ada@example.net"
		const first, second = "kaas met zure room", "fiets zonder trapper"
		server := startServer(s.t)
		b := s.open(server)
		b.visit("/")
		b.see("welcome.lead")
		for _, said := range b.read(".command") {
			b.seeText(said)
		}

		// The command on that page makes an organisation and prints a link.
		printed := server.command("org", "create", "De Proef", "--kvk", "12345678",
			"--admin", ada, "--admin-name", "Ada de Wit", "--language", string(s.voice.Language))
		b.visit(strings.TrimPrefix(anInvitation.FindString(printed), server.url))
		b.see("invitation.heading", "Name", "Ada de Wit")
		b.fill("password", "kort")
		b.wait(css("#strength") + ".hidden === false")
		b.press("invitation.button")
		b.see("problem.password-short", "MinLength", 15)
		b.fill("password", first)
		b.press("invitation.button")

		// Whoever comes by invitation is asked for no mailed code.
		app, _ := b.setUp("", "Ada's phone")
		b.addBackupEmail(adaAtHome)
		b.see("setup-done.codes", "Count", 10)
		b.press("link.go-on")
		b.signOut()
		b.signInWith(ada, first)
		app.ahead = 30 * time.Second
		b.fill("code", app.shows())
		b.press("mfa.button")
		b.see("my-login.title")

		// The next one comes by mail, in a language of their own.
		server.command("member", "invite", bo, "--name", "Bo", "--language", "en")
		invitation := server.link(bo, "invitation", "/invitation/")
		guest := s.open(server, on(phone))
		guest.voice = words.Speak("en", nil)
		guest.accept("en")
		guest.visit(invitation)
		guest.fill("password", second)
		guest.press("invitation.button")
		guest.setUp("", "Bo's phone")
		guest.press("setup-email.skip")
		guest.see("setup-done.no-email")
		guest.visit(invitation)
		guest.see("link-ended.invitation.why")
	})
}
