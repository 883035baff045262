package stories_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"github.com/sparekey/sparekey/internal/words"
)

var updatePictures = flag.Bool("update-pictures", false, "take the pictures of the help page anew")

// pictureFolder is where the program takes the pictures of its help page from.
const pictureFolder = repository + "/internal/web/pictures"

// pictured is the screen that pictures are taken on: as wide as the words of the
// help page.
var pictured = screen{name: "pictured", width: 650, height: 900, agent: wide.agent}

// pixelsPerPixel is how fine pictures are (web.pictureScale).
const pixelsPerPixel = 1.5

// An album is the pictures of the help page, each with the words that it shows:
// one whose page says something else since has to be taken anew.
type album struct {
	mu    sync.Mutex
	kept  map[string]string // by "STEP.LANGUAGE"
	taken map[string]string
}

// openAlbum reads the album. With -update-pictures it is written when the test
// is over.
func openAlbum(t *testing.T) *album {
	t.Helper()
	a := &album{kept: make(map[string]string), taken: make(map[string]string)}
	file := filepath.Join(pictureFolder, "words.json")
	text, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(text, &a.kept)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if !*updatePictures || t.Failed() {
			return
		}
		for old := range maps.Keys(a.kept) {
			if a.taken[old] == "" {
				_ = os.Remove(filepath.Join(pictureFolder, old+".png"))
			}
		}
		text, err := json.MarshalIndent(a.taken, "", "  ")
		if err == nil {
			err = os.WriteFile(file, append(text, '\n'), 0o644)
		}
		if err != nil {
			t.Error(err)
		}
	})
	return a
}

// take compares the words that a picture shows with those on the page, or takes
// the picture anew.
func (a *album) take(b *browser, step string, selectors []string) {
	b.t.Helper()
	name := step + "." + string(b.voice.Language)
	shown := a.frame(b, selectors)
	says := steady(shown.Words)
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.taken[name] != "" {
		b.fail("there are two pictures of %s", step)
	}
	a.taken[name] = says
	if *updatePictures {
		b.must("keep a picture", os.WriteFile(filepath.Join(pictureFolder, name+".png"), a.shoot(b, shown), 0o644))
		return
	}
	if _, err := os.Stat(filepath.Join(pictureFolder, name+".png")); err != nil || a.kept[name] != says {
		b.t.Errorf("the picture of %s is missing, or its page says something else since.\nThen: %s\nNow:  %s\nTake it anew with -update-pictures, and look at it.", name, a.kept[name], says)
	}
}

// A frame is what a picture shows of a page.
type frame struct {
	X, Y, Width, Height float64
	Words               string
}

// frame returns the place of all that the selectors fit, and the words there.
func (*album) frame(b *browser, selectors []string) frame {
	b.t.Helper()
	f, err := chromedp.Run(b.ctx, chromedp.Evaluate[frame](`((selectors) => {
		document.activeElement?.blur();
		scrollTo({top: 0, behavior: "instant"});
		let left = 1e9, top = 1e9, right = 0, bottom = 0, words = [];
		for (const s of selectors) {
			const found = [...document.querySelectorAll(s)].filter(e => e.checkVisibility() && !e.closest(".heard"));
			if (!found.length) return {Words: "", Width: 0};
			for (const e of found) {
				const r = e.getBoundingClientRect();
				left = Math.min(left, r.left); top = Math.min(top, r.top + scrollY);
				right = Math.max(right, r.right); bottom = Math.max(bottom, r.bottom + scrollY);
				const c = e.cloneNode(true);
				for (const h of c.querySelectorAll("[role=timer], code, time")) h.remove();
				words.push(c.textContent);
			}
		}
		const margin = 8;
		left = Math.max(0, left - margin); top = Math.max(0, top - margin);
		return {X: left, Y: top, Width: Math.min(document.documentElement.clientWidth, right + margin) - left, Height: bottom + margin - top, Words: words.join(" ")};
	})(`+quote(strings.Join(selectors, "\x00"))+`.split("\u0000"))`))
	b.must("find what to picture", err)
	if f.Width == 0 {
		b.fail("not all of %q is there to picture", selectors)
	}
	return f
}

// shoot takes the picture, in few colours.
func (*album) shoot(b *browser, f frame) []byte {
	b.t.Helper()
	shot, err := chromedp.Call(b.ctx, page.CaptureScreenshot, page.CaptureScreenshotParams{
		CaptureBeyondViewport: new(true),
		Clip:                  &page.Viewport{X: f.X, Y: f.Y, Width: f.Width, Height: f.Height, Scale: pixelsPerPixel},
	})
	b.must("take a picture", err)
	full, err := png.Decode(bytes.NewReader(shot.Data))
	b.must("read the picture", err)
	var small bytes.Buffer
	b.must("write the picture", (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&small, reduce(full)))
	return small.Bytes()
}

// reduce paints a picture in the sixteen colours that it has most of, which a PNG
// keeps in half a byte each.
func reduce(full image.Image) image.Image {
	const most = 16
	many := make(map[color.RGBA]int)
	area := full.Bounds()
	for y := area.Min.Y; y < area.Max.Y; y++ {
		for x := area.Min.X; x < area.Max.X; x++ {
			many[color.RGBAModel.Convert(full.At(x, y)).(color.RGBA)]++
		}
	}
	byCount := slices.SortedFunc(maps.Keys(many), func(a, b color.RGBA) int {
		return cmp.Or(cmp.Compare(many[b], many[a]), cmp.Compare(fmt.Sprint(a), fmt.Sprint(b)))
	})
	var palette color.Palette
	for _, c := range byCount {
		if near := palette.Convert(c); len(palette) > 0 && distance(near, c) < 24 {
			continue // so that all shades of one edge do not take every place
		}
		if palette = append(palette, c); len(palette) == most {
			break
		}
	}
	small := image.NewPaletted(area, palette)
	draw.Draw(small, area, full, area.Min, draw.Src)
	return small
}

// distance is how far two colours are from one another, in the channel in which
// they differ most, from 0 to 255.
func distance(a, b color.Color) int {
	ar, ag, ab, _ := a.RGBA()
	br, bg, bb, _ := b.RGBA()
	far := func(x, y uint32) int { return int(max(x, y)-min(x, y)) >> 8 }
	return max(far(ar, br), far(ag, bg), far(ab, bb))
}

var months = sync.OnceValue(func() *regexp.Regexp {
	var names []string
	for _, l := range words.Languages {
		voice := words.Speak(l, nil)
		for m := range 12 {
			names = append(names, regexp.QuoteMeta(voice.Say(fmt.Sprint("month.", m+1))))
		}
	}
	return regexp.MustCompile(`\b(` + strings.Join(names, "|") + `)\b`)
})

// steady returns words without what is other each time: dates, numbers, codes.
func steady(text string) string {
	text = wordsWithDigits.ReplaceAllString(months().ReplaceAllString(plain(text), "0"), "0")
	return strings.Join(strings.Fields(text), " ")
}
