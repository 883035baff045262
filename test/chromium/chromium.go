// Package chromium starts the real browser for tests and measurements, on a home of
// its own, and works the page /safe-copy in it. It never goes to another machine.
package chromium

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/chromedp/chromedp"
)

// ErrNone says that there is no browser on this machine.
var ErrNone = errors.New("no Chromium here")

// Start starts a browser that keeps all it writes in the folder, which is made. The
// context is the browser's; end stops it. It returns ErrNone without one.
func Start(folder string) (_ context.Context, end func(), err error) {
	path, err := find()
	if err != nil {
		return nil, nil, err
	}
	if err := os.Mkdir(folder, 0o700); err != nil {
		return nil, nil, err
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path),
		chromedp.UserDataDir(filepath.Join(folder, "profile")),
		chromedp.Env("HOME="+folder, "TMPDIR="+folder, "XDG_CACHE_HOME="+folder, "XDG_CONFIG_HOME="+folder),
		chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("hide-scrollbars", true),
		chromedp.Flag("font-render-hinting", "none"),
		chromedp.Flag("disable-crash-reporter", true),
		chromedp.Flag("no-pings", true),
		// No process is kept ready for a site that no story goes to.
		chromedp.Flag("disable-features", "Translate,BlinkGenPropertyTrees,SpareRendererForSitePerProcess,OptimizationHints,MediaRouter"),
		// Nothing leaves this machine, whatever a page asks for.
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1"),
	)
	if runtime.GOOS == "linux" && os.Getuid() == 0 {
		options = append(options, chromedp.NoSandbox)
	}
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, cancel := chromedp.NewContext(allocator)
	end = func() { _ = chromedp.Cancel(ctx); cancel(); stop() }
	if err := chromedp.Do(ctx); err != nil { // starts it
		end()
		return nil, nil, fmt.Errorf("start the browser: %w", err)
	}
	return ctx, end, nil
}

// Here reports whether there is a browser on this machine: nil, or ErrNone.
func Here() error {
	_, err := find()
	return err
}

// find prefers the browser's shell: the same engine draws the same pages in it, but it
// keeps no window, tabs and menus for each visitor, which took over a quarter of the
// stories' time.
func find() (string, error) {
	for _, name := range []string{"chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", ErrNone
}

// A Copying is how long the page /safe-copy took, as the page measured it: from the
// moment it was given a photo until it showed the boxes, and what of that was spent
// on decoding, on drawing it smaller and on searching; and from the button that
// makes the copy until the page said whether it is safe.
type Copying struct {
	Took                      time.Duration
	Decoded, Shrunk, Searched time.Duration
	Made                      time.Duration
	Boxes                     int
	Answer                    string // as safecopy.Answer
}

// Copy opens the page /safe-copy of a site in a new window of the browser, waits
// until its tool is there, gives it the photo in a file, and lets it make the copy.
func Copy(browser context.Context, site, file string) (c Copying, err error) {
	window, closeIt := chromedp.NewContext(browser, chromedp.WithNewBrowserContext())
	defer closeIt()
	ctx, cancel := context.WithTimeout(window, 2*time.Minute)
	defer cancel()
	until := func(condition string) error {
		_, err := chromedp.Run(ctx, chromedp.Poll[bool](
			`(() => { const c = document.querySelector("#copier"); return !!c && (`+condition+`); })()`, chromedp.WithPollingTimeout(time.Minute)))
		return err
	}
	if err := chromedp.Do(ctx, chromedp.Navigate(site+"/safe-copy")); err != nil {
		return c, fmt.Errorf("go to the page: %w", err)
	}
	if err := until(`c.dataset.state === "ready"`); err != nil {
		return c, fmt.Errorf("wait for the page's tool: %w", err)
	}
	if err := chromedp.Do(ctx, chromedp.SetUploadFiles("#f-file", []string{file})); err != nil {
		return c, fmt.Errorf("give the page a photo: %w", err)
	}
	if err := until(`!!c.dataset.took && !!c.dataset.looked`); err != nil {
		return c, fmt.Errorf("wait for the boxes: %w", err)
	}
	if err := chromedp.Do(ctx, chromedp.SetValue("#f-for", "Bakkerij De Korenaar"), chromedp.Click("#copier-make")); err != nil {
		return c, fmt.Errorf("make the copy: %w", err)
	}
	if err := until(`!!c.dataset.made`); err != nil {
		return c, fmt.Errorf("wait for the verdict: %w", err)
	}
	said, err := chromedp.Run(ctx, chromedp.Evaluate[[]string](`((c) => [
		document.querySelector("#copier-answer").className.replace(/.*verdict-/, ""), c.dataset.took, ...c.dataset.steps.split(" "),
		c.dataset.made, String(document.querySelectorAll(".cover[tabindex]").length)])(document.querySelector("#copier"))`))
	if err != nil {
		return c, fmt.Errorf("read what the page measured: %w", err)
	}
	if len(said) != 7 {
		return c, fmt.Errorf("what the page measured: %q", strings.Join(said, " "))
	}
	numbers := make([]int, len(said)-1)
	for i, s := range said[1:] {
		if numbers[i], err = strconv.Atoi(s); err != nil {
			return c, fmt.Errorf("what the page measured: %q", strings.Join(said, " "))
		}
	}
	ms := func(n int) time.Duration { return time.Duration(n) * time.Millisecond }
	return Copying{ms(numbers[0]), ms(numbers[1]), ms(numbers[2]), ms(numbers[3]), ms(numbers[4]), numbers[5], said[0]}, nil
}
