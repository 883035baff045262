package stories_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// A page with one of every fault that the stories must notice.
const planted = `<!doctype html><html lang="en"><head><title>Faults</title><link rel="icon" href="data:,">
<script src="/script.js" defer></script></head>
<body><main><h1>Faults</h1><p style="color:#999">inline style</p><img src="/missing.png"><input>
<img alt="" src="http://elsewhere.example/pixel.png"></main></body></html>`

func TestFaultsArePlantedAndNoticed(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/":
			w.Header().Set("Content-Security-Policy", "style-src 'self'")
			w.Header().Set("Content-Type", "text/html")
			_, _ = w.Write([]byte(planted))
		case "/script.js":
			w.Header().Set("Content-Type", "text/javascript")
			_, _ = w.Write([]byte(`console.error("spoken"); document.body.append(nothing);`))
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(server.Close)

	ctx, closeIt := chromedp.NewContext(needStage(t).browser, chromedp.WithNewBrowserContext())
	t.Cleanup(closeIt)
	b := &browser{t: t, ctx: ctx, watch: new(watch), voice: english}
	b.must("watch", b.watch.begin(ctx))
	b.must("visit", chromedp.Do(ctx, chromedp.Navigate(server.URL)))
	found := strings.Join(append(b.watch.found(), b.axeFinds()...), "\n")
	for _, fault := range []string{
		"a request leaves this machine: http://elsewhere.example/pixel.png",
		"missing.png was answered 404",
		`the page writes to the console: error ["spoken"`,
		"a script fails: ", "nothing is not defined",
		"the content security policy blocks: style-src",
		"image-alt at ", "label at input",
	} {
		if !strings.Contains(found, fault) {
			t.Errorf("not noticed: %s", fault)
		}
	}
	if t.Failed() {
		t.Log(found)
	}
}
