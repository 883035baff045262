package web

import (
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"github.com/sparekey/sparekey/internal/words"
)

func TestPasswordFieldsMaskAndLetManagersWork(t *testing.T) {
	pages := newPages(t)
	seen := 0
	for _, s := range samples() {
		d := document(t, pages, s)
		for _, field := range d.Find("input[name=password]").EachIter() {
			seen++
			complete := field.AttrOr("autocomplete", "")
			if field.AttrOr("type", "") != "password" || (complete != "current-password" && complete != "new-password") {
				t.Errorf("%s: type %q, autocomplete %q", s.name, field.AttrOr("type", ""), complete)
			}
		}
	}
	if seen == 0 {
		t.Error("no page has a password field")
	}
	script, err := files.ReadFile("assets/app.js")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(script), `"paste"`) {
		t.Error("the script listens to pasting")
	}
}

// document parses what a sample renders to.
func document(t *testing.T, p *Pages, s sample) *goquery.Document {
	t.Helper()
	html, _ := render(t, p, s, words.Languages[0])
	d, err := goquery.NewDocumentFromReader(strings.NewReader(html))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestEveryPageOfAMemberOffersToSignOut(t *testing.T) {
	pages := newPages(t)
	seen := 0
	for _, s := range samples() {
		if pageOf(s, words.Languages[0]).frame().Member == "" {
			continue
		}
		seen++
		if d := document(t, pages, s); d.Find(`form[action="/sign-out"] button`).Length() == 0 {
			t.Errorf("%s offers no way to sign out", s.name)
		}
	}
	if seen == 0 {
		t.Error("no page is a member's")
	}
}
