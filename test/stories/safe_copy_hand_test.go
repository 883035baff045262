package stories_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image/jpeg"
	"io"
	"math"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"

	"github.com/sparekey/sparekey/test/specimen"
)

// photoWide and photoHigh are the size of the photo in pixels: 12 megapixels.
const (
	photoWide = 4000
	photoHigh = 3000
)

// A point is a place in the window, in CSS pixels.
type point struct{ x, y float64 }

// A shownBox is a box as the page shows it, in CSS pixels of the picture's frame.
type shownBox struct{ x, y, w, h float64 }

func near(a, b float64) bool { return math.Abs(a-b) < 1.6 }

func sameBox(a, b shownBox) bool {
	return near(a.x, b.x) && near(a.y, b.y) && near(a.w, b.w) && near(a.h, b.h)
}

// boxes returns the boxes that are shown: their upper left corners, and their
// sizes as they lie.
func (b *browser) boxes() []shownBox {
	b.t.Helper()
	list, err := chromedp.Run(b.ctx, chromedp.Evaluate[[][4]float64](`[...document.querySelectorAll(".cover[tabindex]")].map((e) => {
		const m = new DOMMatrix(getComputedStyle(e).transform);
		return [m.e, m.f, parseFloat(e.style.width), parseFloat(e.style.height)];
	})`))
	b.must("read the boxes", err)
	boxes := make([]shownBox, len(list))
	for i, l := range list {
		boxes[i] = shownBox{l[0], l[1], l[2], l[3]}
	}
	return boxes
}

func (b *browser) scrollToStage() {
	b.t.Helper()
	b.evaluate("scroll", `document.querySelector("#stage").scrollIntoView({block: "center", behavior: "instant"})`)
}

// middleOf is the middle of the nth element that a selector fits.
func (b *browser) middleOf(selector string, n int) point {
	b.t.Helper()
	at, err := chromedp.Run(b.ctx, chromedp.Evaluate[[]float64](`((e) => { const r = e.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; })(document.querySelectorAll(`+quote(selector)+`)[`+string(rune('0'+n))+`])`))
	b.must("find "+selector, err)
	return point{at[0], at[1]}
}

func (b *browser) cornerOf(selector string) point {
	b.t.Helper()
	at, err := chromedp.Run(b.ctx, chromedp.Evaluate[[]float64](`((r) => [r.x, r.y])(`+css(selector)+`.getBoundingClientRect())`))
	b.must("find "+selector, err)
	return point{at[0], at[1]}
}

// drag moves the mouse with its button down.
func (b *browser) drag(from point, dx, dy float64) {
	b.t.Helper()
	_, err := chromedp.Run(b.ctx, chromedp.DragAndDropXY(from.x, from.y, from.x+dx, from.y+dy))
	b.must("drag", err)
}

// swipe moves a finger.
func (b *browser) swipe(from point, dx, dy float64) {
	b.t.Helper()
	touch := func(kind input.DispatchTouchEventType, points ...*input.TouchPoint) {
		b.t.Helper()
		if points == nil {
			points = []*input.TouchPoint{}
		}
		_, err := chromedp.Call(b.ctx, input.DispatchTouchEvent, input.DispatchTouchEventParams{Type: kind, TouchPoints: points})
		b.must("touch", err)
	}
	touch(input.DispatchTouchEventTypeTouchStart, &input.TouchPoint{X: from.x, Y: from.y})
	const steps = 8
	for i := 1.0; i <= steps; i++ {
		touch(input.DispatchTouchEventTypeTouchMove, &input.TouchPoint{X: from.x + dx*i/steps, Y: from.y + dy*i/steps})
	}
	touch(input.DispatchTouchEventTypeTouchEnd)
	time.Sleep(500 * time.Millisecond) // sooner, a tap would be taken for a part of the same gesture
}

// keysWith presses a key while others are held.
func (b *browser) keysWith(key string, held chromedp.Modifier) {
	b.t.Helper()
	b.must("press", chromedp.Do(b.ctx, chromedp.KeyEvent(key, chromedp.KeyModifiers(held))))
}

func base64Of(content []byte) string { return base64.StdEncoding.EncodeToString(content) }

// A wire stands between a browser and a site, counts what goes over it, and can be
// cut.
type wire struct {
	site *site
	mu   sync.Mutex
	seen []request
	cut  func()
}

// A request is what went over the wire, in bytes of the bodies.
type request struct {
	method, path string
	sent, taken  int64
}

// tapWire stands between browsers and a site.
func tapWire(t *testing.T, at *site) *wire {
	t.Helper()
	address, err := url.Parse(at.url)
	if err != nil {
		t.Fatal(err)
	}
	w := new(wire)
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(address) }}
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		sent := &counter{r: r.Body}
		r.Body = io.NopCloser(sent)
		taken := &counting{ResponseWriter: rw}
		proxy.ServeHTTP(taken, r)
		w.mu.Lock()
		defer w.mu.Unlock()
		w.seen = append(w.seen, request{r.Method, r.URL.RequestURI(), sent.n, taken.n})
	}))
	w.cut = sync.OnceFunc(server.Close)
	t.Cleanup(func() { w.cut() })
	w.site = &site{t: t, url: server.URL, settings: at.settings, post: at.post, now: at.now, pass: at.pass, read: at.read}
	return w
}

func (w *wire) requests() []request {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]request(nil), w.seen...)
}

// took is how many bytes went to browsers for paths that have a text in them, each
// path counted once.
func (w *wire) took(text string) int64 {
	sum, known := int64(0), make(map[string]bool)
	for _, r := range w.requests() {
		if strings.Contains(r.path, text) && !known[r.path] && r.path != "/sign-in" {
			sum += r.taken
			known[r.path] = true
		}
	}
	return sum
}

type counter struct {
	r io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

type counting struct {
	http.ResponseWriter
	n int64
}

func (c *counting) Write(p []byte) (int, error) {
	n, err := c.ResponseWriter.Write(p)
	c.n += int64(n)
	return n, err
}

// A drawing is a photo of a made-up document, made when a story first needs it.
type drawing struct {
	once sync.Once
	file string
	err  error
}

// documentPhoto is a photo of a made-up document, as a phone takes it, as a file.
func documentPhoto(t *testing.T) string {
	t.Helper()
	stage := needStage(t)
	d := &stage.photo
	d.once.Do(func() { d.file, d.err = drawPhoto(stage.folder) })
	if d.err != nil {
		t.Fatal(d.err)
	}
	return d.file
}

func drawPhoto(folder string) (string, error) {
	generator, err := specimen.New(42)
	if err != nil {
		return "", err
	}
	photo := specimen.Photo12(generator.Document(specimen.Identity2014), rand.New(rand.NewPCG(42, 42))).Image
	if photo.Rect.Dx() != photoWide || photo.Rect.Dy() != photoHigh {
		return "", fmt.Errorf("the photo is of %v", photo.Rect)
	}
	var file bytes.Buffer
	if err := jpeg.Encode(&file, photo, &jpeg.Options{Quality: 90}); err != nil {
		return "", err
	}
	name := filepath.Join(folder, "photo.jpg")
	return name, os.WriteFile(name, file.Bytes(), 0o600)
}
