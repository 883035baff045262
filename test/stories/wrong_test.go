package stories_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

func TestWhatGoesWrongIsSaidInWords(t *testing.T) {
	tell(t, 12, func(s *story) {
		demo := startDemo(s.t)
		b := s.visitor(demo)
		b.accept(string(s.voice.Language)) // forms of other sites bring no cookies
		b.visit("/no-such-page")
		b.see("error.404.title")
		b.press("error.go-on")
		b.see("demo-start.title")

		// A form that another site sends.
		foreign := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprintf(w, `<!doctype html><html lang="%s"><title>Elsewhere</title><link rel="icon" href="data:,"><main><h1>Elsewhere</h1>
				<form method="post" action="%s/sign-out"><button>Send</button></form></main></html>`, s.voice.Language, demo.url)
		}))
		s.t.Cleanup(foreign.Close)
		b.at = &site{t: s.t, url: foreign.URL}
		b.visit("/")
		b.at = demo
		b.pressThat(css("button"))
		b.see("error.403.title")

		// A form that has been tampered with, and one that is too large.
		b.visit("/sign-in")
		b.evaluate("tamper", css("footer button")+`.value = "xx"`)
		b.pressThat(css("footer button"))
		b.see("error.400.title")
		b.visit("/sign-in")
		b.evaluate("stuff", css(".foot [name=next]")+`.value = "x".repeat(1 << 17)`)
		b.pressThat(css("footer button"))
		b.see("error.413.title")

		// Too many guesses.
		for range 11 {
			b.signInWith("bram.smit@korenaar.example", "guess")
		}
		b.see("problem.throttled", "Wait", anything)
		b.see("problem.countdown")
	})
}

func TestADemoSaysWhoYouCanBe(t *testing.T) {
	tell(t, 14, func(s *story) {
		demo := startDemo(s.t)
		b := s.visitor(demo)
		b.visit("/")
		b.see("demo-start.lead")
		b.seeText(sharedPassword)
		b.press("demo.mailbox")
		b.see("demo-mailbox.empty")
		b.visit("/password/forgotten")
		b.fill("email", "ruben.kok@korenaar.example")
		b.press("forgotten-password.button")
		link := demo.link("ruben.kok@korenaar.example", "password-reset", "/password/new/")
		b.press("demo.mailbox")
		b.seeText(link)
		before := demo.now()
		b.pressThat(css(`button[name=by][value="24h"]`))
		if passed := demo.now().Sub(before); passed < 24*time.Hour || passed > 25*time.Hour {
			b.fail("the clock moved by %s", passed)
		}
		b.press("demo.phone")
		b.see("demo-phone.lead")
		b.press("demo.people")
		b.pressThat(css(`a[href^="/sign-in?email=ruben.kok"]`))
		b.fill("password", sharedPassword)
		b.press("sign-in.button")
		b.press("mfa.backup")
		b.see("reason.no-codes")
		b.see("rung.helper.how")
	})
}
