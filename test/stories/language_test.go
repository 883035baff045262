package stories_test

import "testing"

func TestPagesSpeakTheLanguageThatSomebodyChose(t *testing.T) {
	t.Parallel()
	s := &story{t: t, number: 7, voice: dutch}
	demo := startDemo(t)

	// Before anybody is known, the browser's language counts.
	b := s.open(demo)
	b.visit("/sign-in")
	b.accept("en-GB,en;q=0.8")
	b.voice = english
	b.visit("/sign-in")
	b.accept("fr")
	b.visit("/sign-in")

	// After signing in that of the member or the organisation.
	b.voice = dutch
	b.accept("nl")
	b.visit("/sign-in")
	b.accept("en")
	b.fill("email", "jeroen.dekker@korenaar.example")
	b.fill("password", sharedPassword)
	b.pressThat(css("main .actions .button"))
	b.see("my-login.title")

	// The footer counts for more, in this browser, and comes back to the page.
	b.inLanguage(english)
	b.see("my-login.title")
	b.visit("/setup-mfa")
	b.see("setup-begin.title")
	b.signOut()
	b.inLanguage(dutch)
	b.see("sign-in.title")

	// Of a member, it is the language of the mails too.
	reader := s.open(demo, on(phone))
	reader.voice = english
	reader.accept("en")
	reader.signInWithPhone("emily.carter@korenaar.example")
	reader.choose(css("#language-nl"))
	reader.voice = dutch
	reader.pressThat(css(`form[action="/my-login/language"] button`))
	reader.see("notice.language-changed")
	mail := demo.mailed("emily.carter@korenaar.example", "language-changed")
	if want := dutch.Say("mail.language-changed.subject"); mail.Subject != want {
		t.Errorf("the mail is called %q, not %q", mail.Subject, want)
	}
}
