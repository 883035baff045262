package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func TestASafeCopyIsMadeWithoutAnAccount(t *testing.T) {
	b := newSite(t).browser()
	page := b.open("/safe-copy")
	if page.status != http.StatusOK {
		t.Fatalf("the answer is %d", page.status)
	}
	policy := page.header.Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "script-src 'self' 'wasm-unsafe-eval'", "worker-src 'self'", "img-src 'self' data: blob:", "connect-src 'self'"} {
		if !strings.Contains(policy, want) {
			t.Errorf("the policy is %q, without %q", policy, want)
		}
	}
	// No other page may run or show as much.
	for _, other := range []string{"/safe-copy/where", "/sign-in", "/assets/safe-copy.js"} {
		policy := b.open(other).header.Get("Content-Security-Policy")
		if policy == "" || strings.Contains(policy, "wasm") || strings.Contains(policy, "blob:") || strings.Contains(policy, "worker-src") {
			t.Errorf("the policy of %s is %q", other, policy)
		}
	}
	if policy := b.open("/assets/safe-copy-worker.js").header.Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'") {
		t.Errorf("the policy of the worker is %q", policy)
	}
}

func TestACaseFillsInWhatIsWrittenOnACopy(t *testing.T) {
	b := newSite(t).browser()
	page := b.open("/safe-copy?" + url.Values{
		"for": {"Sparekey\n <b>desk</b>"}, "purpose": {strings.Repeat("x", 500)}, "date": {"2026-02-30"}, "case": {"C-0042\x00"},
	}.Encode())
	if strings.Contains(page.body, "<b>desk</b>") {
		t.Error("what a link says is not escaped")
	}
	if page.doc.Find("#copier").Length() == 0 {
		t.Skip("this build has no tool; make test builds it")
	}
	for selector, want := range map[string]string{"#f-for": "Sparekey <b>desk</b>", "#f-purpose": strings.Repeat("x", 60)} {
		if got := page.doc.Find(selector).AttrOr("value", ""); got != want {
			t.Errorf("%s is %q", selector, got)
		}
	}
	if date := page.doc.Find("#f-date").AttrOr("value", ""); date == "2026-02-30" || len(date) != len("2026-02-28") {
		t.Errorf("the date is %q", date)
	}
	if number := page.doc.Find("#copier-case").Text(); number != "C-0042" {
		t.Errorf("the case is %q", number)
	}
}
