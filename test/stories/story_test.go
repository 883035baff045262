package stories_test

import (
	"bytes"
	"fmt"
	"net/url"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/words"
)

// A story is one telling of it, in one language.
type story struct {
	t      *testing.T
	number int // of the story: pictures are sorted by it
	steps  int // pages it has come to
	voice  *words.Voice
}

// tell tells a story in every language, beside other stories.
func tell(t *testing.T, number int, how func(*story)) {
	t.Parallel()
	for _, l := range words.Languages {
		t.Run(string(l), func(t *testing.T) {
			t.Parallel()
			how(&story{t: t, number: number, voice: words.Speak(l, nil)})
		})
	}
}

// visitor opens a browser on a demo, and speaks the story's language to it by
// the footer, which counts for more than the language of a member.
func (s *story) visitor(at *site, options ...option) *browser {
	s.t.Helper()
	b := s.open(at, options...)
	b.voice = dutch
	b.accept(string(org.Dutch))
	if s.voice.Language != org.Dutch {
		b.visit("/sign-in")
		b.inLanguage(s.voice)
	}
	return b
}

// inLanguage chooses a language in the footer.
func (b *browser) inLanguage(voice *words.Voice) {
	b.t.Helper()
	b.voice = voice
	b.press("language." + string(voice.Language))
}

// signIn gives address and password.
func (b *browser) signIn(email string) { b.t.Helper(); b.signInWith(email, sharedPassword) }

func (b *browser) signInWith(email, password string) {
	b.t.Helper()
	if b.path() != "/sign-in" {
		b.visit("/sign-in")
	}
	b.fill("email", email)
	b.fill("password", password)
	b.press("sign-in.button")
}

// signInWithPhone gives the code of a demo's authenticator too.
func (b *browser) signInWithPhone(email string) {
	b.t.Helper()
	b.signIn(email)
	b.see("mfa.title")
	b.fill("code", b.at.phoneShows(email))
	b.press("mfa.button")
	b.see("my-login.sessions")
}

func (b *browser) signOut() {
	b.t.Helper()
	b.choose(css("details.menu summary"))
	b.press("frame.sign-out")
	b.see("notice.signed-out")
}

// An authenticator is an app on a phone: a key, and the time.
type authenticator struct {
	at    *site
	key   string
	ahead time.Duration // a phone whose clock is fast
}

// scan reads the QR code on the page off a picture of it, as a phone does.
func (b *browser) scan() authenticator {
	b.t.Helper()
	b.see("setup-scan.title")
	picture := b.photograph("scanned", fmt.Sprintf("%02d%02d", b.story.number, b.story.steps))
	reader := exec.Command("zbarimg", "--quiet", "--raw", "-Sdisable", "-Sqrcode.enable", "-")
	reader.Stdin = bytes.NewReader(picture)
	read, err := reader.Output()
	b.must("read the QR code", err)
	link, err := url.Parse(strings.TrimSpace(string(read)))
	b.must("read the link in the QR code", err)
	if link.Scheme != "otpauth" || link.Host != "totp" {
		b.fail("the QR code says %s", link)
	}
	return authenticator{at: b.at, key: link.Query().Get("secret")}
}

// shows returns the code that the phone shows, in a time step in which no code
// was used yet.
func (a authenticator) shows() string {
	a.at.t.Helper()
	if a.at.pass != nil {
		a.at.pass(30 * time.Second)
	}
	at := fmt.Sprintf("@%d", a.at.now().Add(a.ahead).Unix())
	code, err := exec.Command("oathtool", "--totp", "--base32", "--now", at, a.key).Output()
	a.at.must(err)
	return strings.TrimSpace(string(code))
}

// setUp goes from the first page of setting up MFA to the backup codes typed
// back. mailed is where the code goes that guards it; empty: none is asked.
func (b *browser) setUp(mailed, name string) (authenticator, []string) {
	b.t.Helper()
	b.see("setup-begin.title")
	if mailed == "" {
		b.press("setup-begin.button")
	} else {
		b.press("setup-begin.button-mail")
		b.see("setup-check.title")
		b.fill("code", b.at.code(mailed, "set-up-code"))
		b.press("link.next")
	}
	app := b.scan()
	b.fill("name", name)
	b.fill("code", app.shows())
	b.press("setup-scan.button")
	b.see("setup-codes.title")
	codes := b.read(".codes code")
	if len(codes) != 10 || len(slices.Compact(slices.Sorted(slices.Values(codes)))) != 10 {
		b.fail("there are not ten different codes: %q", codes)
	}
	b.fill("code", strings.ToLower(codes[0]))
	b.press("link.next")
	return app, codes
}

// addBackupEmail gives a backup e-mail while setting up, and confirms it.
func (b *browser) addBackupEmail(address string) {
	b.t.Helper()
	b.see("setup-email.title")
	b.fill("email", address)
	b.press("setup-email.button")
	b.see("setup-email-code.title")
	b.fill("code", b.at.code(address, "backup-email-confirm"))
	b.press("setup-email-code.button")
	b.see("setup-done.title")
}
