package stories_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	cdpbrowser "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/sparekey/sparekey/internal/safecopy"
)

// The number of the first story about safe copies.
const safeCopyStory = 60

func TestSafeCopyIsMadeWithTheMouse(t *testing.T) {
	photo := documentPhoto(t)
	tell(t, safeCopyStory, func(s *story) {
		b := s.open(startDemo(s.t))
		b.visit("/help/lost-mfa")
		b.press("frame.safe-copy")
		b.toolIsReady()
		b.see("safe-copy.ready")
		b.choosePhoto(photo)
		b.look()
		before := b.boxes()
		if len(before) == 0 {
			b.fail("no box is proposed")
		}

		// A box is moved, and stretched by its corner; both are undone and done again.
		b.scrollToStage()
		b.drag(b.middleOf(".cover", 0), -40, -30)
		moved := b.expect("moved", func(now []shownBox) bool {
			return now[0].x < before[0].x-20 && now[0].y < before[0].y-15 && near(now[0].w, before[0].w)
		})
		b.drag(b.middleOf(".cover-now i", 2), 30, 20)
		b.expect("stretched", func(now []shownBox) bool { return now[0].w > moved[0].w+15 && now[0].h > moved[0].h+10 })
		b.choose(css("#tool-undo"))
		b.choose(css("#tool-undo"))
		b.expect("undone", areAgain(before))
		b.choose(css("#tool-redo"))
		b.expect("done again", areAgain(moved))
		b.choose(css("#tool-undo"))

		// A new one is drawn on an empty place, and deleted.
		b.scrollToStage()
		corner := b.cornerOf("#stage canvas")
		b.drag(point{corner.x + 12, corner.y + 12}, 90, 24)
		b.expect("drawn", areSoMany(len(before)+1))
		b.choose(css("#tool-delete"))
		b.expect("deleted", areSoMany(len(before)))
		b.choose(css("#tool-in"))
		b.wait(`document.querySelector("#stage").scrollWidth > document.querySelector("#stage").clientWidth + 50`)
		b.choose(css("#tool-out"))

		// For whom it is must be said; then the copy is made, judged and kept.
		b.choose(css("#copier-make"))
		b.see("safe-copy.for.missing")
		b.write("f-for", "Bakkerij De Korenaar")
		b.choose(css("#copier-make"))
		b.judged()
		b.look()
		b.keepsSafely("Bakkerij De Korenaar")
	})
}

func TestSafeCopyIsMadeWithAFinger(t *testing.T) {
	photo := documentPhoto(t)
	tell(t, safeCopyStory+1, func(s *story) {
		b := s.open(startDemo(s.t), on(phone))
		b.visit("/safe-copy?" + "for=Sparekey&purpose=" + "Case" + "&case=C-0042&date=2026-03-03")
		b.toolIsReady()
		b.choosePhoto(photo)
		before := b.boxes()
		b.scrollToStage()
		b.swipe(b.middleOf(".cover", 0), -25, -20)
		moved := b.expect("moved", func(now []shownBox) bool { return now[0].x < before[0].x-10 && now[0].y < before[0].y-8 })
		b.swipe(b.middleOf(".cover-now i", 2), 20, 16)
		b.expect("stretched", func(now []shownBox) bool { return now[0].w > moved[0].w+8 })
		b.choose(css("#tool-undo"))
		b.expect("as it was moved", areAgain(moved))
		b.choose(css("#tool-undo"))
		b.expect("as it was", areAgain(before))
		b.choose(css("#tool-new"))
		b.expect("added", areSoMany(len(before)+1))
		b.look()
		b.choose(css("#tool-delete"))
		b.expect("deleted", areAgain(before))
		// What the case asks for is filled in, so that nothing is left to type.
		b.seeText("C-0042")
		b.choose(css("#copier-make"))
		b.judged()
		b.look()
		b.keepsSafely("Sparekey")
	})
}

func TestSafeCopyIsMadeWithTheKeyboard(t *testing.T) {
	photo := documentPhoto(t)
	tell(t, safeCopyStory+2, func(s *story) {
		b := s.open(startDemo(s.t))
		b.visit("/safe-copy")
		b.toolIsReady()
		b.tabTo(css("#f-file")) // what it opens is the system's
		b.choosePhoto(photo)
		before := b.boxes()
		b.tabTo(css(".cover"))
		b.keys(kb.ArrowRight)
		b.keys(kb.ArrowDown)
		moved := b.expect("moved", func(now []shownBox) bool { return near(now[0].x, before[0].x+6) && near(now[0].y, before[0].y+6) })
		if said := b.read("#copier-said"); !strings.Contains(said[0], "%") {
			b.fail("where the box is now is not said, but %q", said)
		}
		b.keysWith(kb.ArrowRight, chromedp.ModifierShift)
		b.expect("wider", func(now []shownBox) bool { return near(now[0].w, moved[0].w+6) && near(now[0].x, moved[0].x) })
		b.keysWith(kb.ArrowUp, chromedp.ModifierShift)
		b.expect("lower", func(now []shownBox) bool { return now[0].h < moved[0].h })
		b.keysWith(kb.ArrowLeft, chromedp.ModifierAlt)
		b.expect("moved a little", func(now []shownBox) bool { return near(now[0].x, moved[0].x-1) })
		for range 5 {
			b.keysWith("z", chromedp.ModifierCtrl)
		}
		b.expect("undone", areAgain(before))
		b.keys("n")
		b.expect("added", areSoMany(len(before)+1))
		b.keys(kb.Delete)
		b.expect("deleted", areAgain(before))
		b.tabTo(css("#f-for"))
		b.keys("Bakkerij De Korenaar")
		b.tabTo(css("#copier-make"))
		b.keys(kb.Enter)
		b.judged()
		b.tabTo(css("#copier-download"))
		b.look()
	})
}

func TestSafeCopyRefusesWhatIsNoPhoto(t *testing.T) {
	photo := documentPhoto(t)
	whole, err := os.ReadFile(photo)
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	tell(t, safeCopyStory+3, func(s *story) {
		b := s.open(startDemo(s.t))
		b.visit("/safe-copy")
		b.toolIsReady()
		for _, c := range []struct {
			name, says string
			content    []byte
		}{
			{"text.jpg", "not-a-picture", []byte("hello")},
			{"empty.png", "not-a-picture", nil},
			{"paper.jpg", "pdf", []byte("%PDF-1.4\n%%EOF")},
			{"photo.heic", "heic", []byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00heicmif1")},
			{"half.jpg", "damaged", whole[:600]},
			{"page.png", "not-a-picture", []byte("<html><script>alert(1)</script></html>")},
		} {
			file := filepath.Join(folder, string(s.voice.Language)+c.name)
			b.must("write", os.WriteFile(file, c.content, 0o600))
			b.must("choose", chromedp.Do(b.ctx, chromedp.SetUploadFiles("#f-file", []string{file})))
			b.wait(`!document.querySelector("#copier-fault").hidden && !document.querySelector("#copier-begin").hidden`)
			b.see("safe-copy.fault." + c.says)
			b.evaluate("forget", `document.querySelector("#copier-fault").hidden = true`)
		}
		b.choosePhoto(photo) // and then it goes on
	})
}

func TestSafeCopyWithoutScriptIsExplained(t *testing.T) {
	tell(t, safeCopyStory+4, func(s *story) {
		b := s.open(startDemo(s.t), withoutScript)
		b.visit("/safe-copy")
		b.see("safe-copy.no-script")
		for _, step := range []string{"number", "word", "whom", "date"} {
			b.see("help.copy." + step)
		}
		b.press("safe-copy.where")
		b.see("where.title")
	})
}

func TestSafeCopyTakesWhatIsDroppedAndPasted(t *testing.T) {
	photo := documentPhoto(t)
	content, err := os.ReadFile(photo)
	if err != nil {
		t.Fatal(err)
	}
	t.Parallel()
	s := &story{t: t, number: safeCopyStory + 5, voice: english}
	b := s.open(startDemo(t))
	for _, how := range []string{
		`document.querySelector("#drop").dispatchEvent(new DragEvent("drop", {dataTransfer: held, bubbles: true, cancelable: true}))`,
		`document.body.dispatchEvent(new ClipboardEvent("paste", {clipboardData: held, bubbles: true, cancelable: true}))`,
	} {
		b.visit("/safe-copy")
		b.toolIsReady()
		b.evaluate("give", `(() => {
			const bytes = Uint8Array.from(atob(`+quote(base64Of(content))+`), (c) => c.charCodeAt(0));
			const held = new DataTransfer();
			held.items.add(new File([bytes], "photo.jpg", {type: "image/jpeg"}));
			`+how+`;
		})()`)
		b.wait(`document.querySelector("#copier").dataset.shows === "work"`)
		b.expect("proposed", func(now []shownBox) bool { return len(now) > 0 })
	}
}

// mostLoaded is what the page may load, compressed.
const mostLoaded = 1_600_000

func TestSafeCopySendsNothingAndWorksWithTheNetworkCut(t *testing.T) {
	photo := documentPhoto(t)
	t.Parallel()
	s := &story{t: t, number: safeCopyStory + 6, voice: english}
	wire := tapWire(t, startDemo(t))
	b := s.open(wire.site)
	b.visit("/sign-in")
	if other := wire.took("tool"); other != 0 {
		t.Errorf("another page loads %d bytes of the tool", other)
	}
	b.visit("/safe-copy")
	b.toolIsReady()
	loaded := wire.took("")
	t.Logf("the page and all it loads are %d bytes", loaded)
	if loaded > mostLoaded || wire.took("tool") == 0 {
		t.Errorf("%d bytes are loaded, %d of the tool", loaded, wire.took("tool"))
	}
	b.visit("/safe-copy")
	b.toolIsReady()
	if again := wire.took("tool"); again > loaded {
		t.Errorf("the tool is loaded again: %d bytes", again)
	}
	before := wire.requests()
	wire.cut()
	b.choosePhoto(photo)
	b.write("f-for", "Bakkerij De Korenaar")
	b.choose(css("#copier-make"))
	b.judged()
	b.keepsSafely("Bakkerij De Korenaar")
	if after := wire.requests(); len(after) != len(before) {
		t.Errorf("once it is loaded the page asks for %v", after[len(before):])
	}
	for _, r := range before {
		if r.sent > 0 || r.method != "GET" {
			t.Errorf("%s %s carries %d bytes", r.method, r.path, r.sent)
		}
	}
}

// toolIsReady waits until the page has its tool.
func (b *browser) toolIsReady() {
	b.t.Helper()
	b.wait(`document.querySelector("#copier").dataset.state === "ready"`)
}

// choosePhoto gives the page a file, and waits for the boxes.
func (b *browser) choosePhoto(file string) {
	b.t.Helper()
	b.must("choose "+file, chromedp.Do(b.ctx, chromedp.SetUploadFiles("#f-file", []string{file})))
	b.wait(`["work", "begin"].includes(document.querySelector("#copier").dataset.shows)`)
	b.wait(`document.querySelector("#copier").dataset.shows === "work" || !document.querySelector("#copier-fault").hidden`)
	if shows := b.attribute("#copier", "data-shows"); shows != "work" {
		b.fail("the photo is refused")
	}
	b.wait(`!!document.querySelector("#copier").dataset.looked`)
}

// judged waits for the verdict.
func (b *browser) judged() {
	b.t.Helper()
	b.wait(`document.querySelector("#copier").dataset.shows === "result" || !document.querySelector("#copier-fault").hidden`)
	b.wait(`document.querySelector("#copier-copy").naturalWidth > 0`)
}

// write types into a field by its id.
func (b *browser) write(id, text string) {
	b.t.Helper()
	b.choose(css("#" + id))
	b.keys(text)
}

func (b *browser) attribute(selector, name string) string {
	b.t.Helper()
	value, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](css(selector)+`.getAttribute(`+quote(name)+`) ?? ""`))
	b.must("read "+name, err)
	return value
}

// expect waits until the boxes are so, and returns them: what a finger does reaches
// the page a moment later.
func (b *browser) expect(what string, so func([]shownBox) bool) []shownBox {
	b.t.Helper()
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(30 * time.Millisecond) {
		boxes := b.boxes()
		if so(boxes) {
			return boxes
		}
		if time.Now().After(end) {
			b.fail("the box is not %s: %v", what, boxes)
		}
	}
}

// areAgain reports whether boxes are what they were.
func areAgain(before []shownBox) func([]shownBox) bool {
	return func(now []shownBox) bool { return slices.EqualFunc(now, before, sameBox) }
}

// areSoMany reports how many boxes there are.
func areSoMany(n int) func([]shownBox) bool {
	return func(now []shownBox) bool { return len(now) == n }
}

// keepsSafely downloads the copy, and judges the file as it is on the disk: the page
// must have said the same, and never lets one go on which a number is found.
func (b *browser) keepsSafely(forWhom string) {
	b.t.Helper()
	folder := b.t.TempDir()
	_, err := chromedp.Call(b.ctx, cdpbrowser.SetDownloadBehavior, cdpbrowser.SetDownloadBehaviorParams{
		Behavior: cdpbrowser.SetDownloadBehaviorBehaviorAllow, DownloadPath: folder, BrowserContextID: chromedp.FromContext(b.ctx).BrowserContextID,
	})
	b.must("allow downloads", err)
	b.choose(css("#copier-download"))
	var file []byte
	var name string
	for end := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		names, err := filepath.Glob(filepath.Join(folder, "*.jpg"))
		b.must("look for the copy", err)
		if len(names) == 1 {
			name = names[0]
			file, err = os.ReadFile(name)
			b.must("read the copy", err)
			break
		}
		if time.Now().After(end) {
			b.fail("no copy is downloaded")
		}
	}
	if !regexp.MustCompile(`^(veilige-kopie|safe-copy)-`).MatchString(filepath.Base(name)) {
		b.fail("the copy is called %s", filepath.Base(name))
	}
	verdict := safecopy.Check(file, safecopy.Expect{For: forWhom, Glance: true})
	if verdict.Answer != safecopy.Safe {
		b.fail("the downloaded copy is %s: %v", verdict.Answer, verdict.Reasons)
	}
	b.see("safe-copy.verdict.safe")
	opened, err := safecopy.Open(file)
	b.must("open the copy", err)
	if len(opened.Facts.Extras) > 0 || opened.Facts.Width != photoWide {
		b.fail("the copy has %v in it and is %d pixels wide", opened.Facts.Extras, opened.Facts.Width)
	}
}
