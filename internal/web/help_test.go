package web

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/words"
)

// steps returns every step of the help page.
func steps() []string {
	all := slices.Clone(copySteps)
	for _, part := range helpParts {
		for _, way := range part.Ways {
			all = append(all, way.Steps...)
		}
	}
	return all
}

// heaviest is how many bytes the pictures of one language may have together: the
// page is read on phones, by people in trouble.
const heaviest = 600 << 10

func TestEveryStepOfTheHelpPageHasItsPictureInEachLanguage(t *testing.T) {
	pages, written := newPages(t), map[string]string{}
	text, err := os.ReadFile("pictures/words.json")
	if err == nil {
		err = json.Unmarshal(text, &written)
	}
	if err != nil {
		t.Fatal(err)
	}
	all := steps()
	if slices.Sort(all); len(slices.Compact(slices.Clone(all))) != len(all) {
		t.Errorf("two steps have one name: %v", all)
	}
	for _, l := range words.Languages {
		weight := 0
		for _, step := range all {
			picture := pages.picture(step, l)
			if picture == nil || written[step+"."+string(l)] == "" {
				t.Errorf("step %s has no picture in %s: go test ./test/stories -run EveryStep -update-pictures takes it", step, l)
				continue
			}
			asset, _ := pages.Asset(strings.TrimPrefix(picture.URL, "/assets/"))
			if weight += len(asset.Content); !asset.Lasting || picture.Width > 620 || picture.Width < 200 {
				t.Errorf("picture of %s in %s: lasting %t, %d pixels wide", step, l, asset.Lasting, picture.Width)
			}
		}
		if weight > heaviest {
			t.Errorf("the pictures in %s have %d bytes, over %d", l, weight, heaviest)
		}
	}
	for of := range pages.pictures {
		if step, _, _ := strings.Cut(of, "."); !slices.Contains(all, step) {
			t.Errorf("picture %s belongs to no step", of)
		}
	}
	if want := len(all) * len(words.Languages); len(written) != want {
		t.Errorf("the words of %d pictures are kept, want %d", len(written), want)
	}
}

func TestTheContentsOfTheHelpPageLeadToItsParts(t *testing.T) {
	help := sample{"help", func(f Frame) Page { return Help{Frame: f, Back: "/sign-in"} }}
	document, _ := render(t, newPages(t), help, org.Dutch)
	d, err := goquery.NewDocumentFromReader(strings.NewReader(document))
	if err != nil {
		t.Fatal(err)
	}
	links := d.Find(`main a[href^="#"]`)
	if links.Length() < 3 {
		t.Errorf("only %d links within the page", links.Length())
	}
	links.Each(func(_ int, a *goquery.Selection) {
		if to := a.AttrOr("href", ""); d.Find(to).Length() != 1 {
			t.Errorf("a link leads to %s, which is not there", to)
		}
	})
}
