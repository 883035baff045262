package web

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"github.com/sparekey/sparekey/internal/words"
)

func FuzzLocalPath(f *testing.F) {
	for _, seed := range []string{
		"", "/", "/my-login", "/setup-mfa?x=1#y", "//evil.example", "/\\evil.example", "/\t/evil.example", "https://evil.example", "javascript:alert(1)",
		"/%2f%2fevil.example", "/..//evil.example", "/.//evil", "/a\x00b", "/?next=//evil", "\\/evil", "/\u2028/evil", "/ /evil", "///", "/:@evil.example",
	} {
		f.Add(seed)
	}
	base, err := url.Parse("https://id.example/sign-in")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		path := localPath(text)
		if path == "" {
			return
		}
		if path != text || !strings.HasPrefix(path, "/") || strings.ContainsAny(path, "\r\n\t\x00\\") {
			t.Errorf("%q is taken as %q", text, path)
		}
		to, err := base.Parse(path)
		if err != nil || to.Host != base.Host || to.Scheme != base.Scheme || to.User != nil {
			t.Errorf("%q leads to %v (%v)", path, to, err)
		}
		// As it goes out, too: the redirect must stay on this host.
		w := httptest.NewRecorder()
		http.Redirect(w, httptest.NewRequest("GET", "https://id.example/sign-in", nil), path, http.StatusSeeOther)
		if location := w.Header().Get("Location"); !strings.HasPrefix(location, "/") || strings.HasPrefix(location, "//") || strings.HasPrefix(location, "/\\") {
			t.Errorf("%q goes out as %q", path, location)
		}
	})
}

// forwarded is a request that came over a connection from an address, with a
// forwarded header.
func forwarded(from, header string) *http.Request {
	r := &http.Request{Header: http.Header{}, RemoteAddr: from}
	if header != "" {
		r.Header.Set("X-Forwarded-For", header)
	}
	return r
}

func TestTheClientsAddressIsTheLastThatNoTrustedProxyGave(t *testing.T) {
	s := &Server{options: Options{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}}}
	for _, c := range []struct{ name, from, header, want string }{
		{"no proxy", "203.0.113.7:9", "", "203.0.113.7"},
		{"a stranger's header counts for nothing", "203.0.113.7:9", "198.51.100.1", "203.0.113.7"},
		{"a stranger who names a trusted proxy", "203.0.113.7:9", "198.51.100.1, 10.0.0.1", "203.0.113.7"},
		{"behind a proxy", "10.0.0.1:9", "198.51.100.1", "198.51.100.1"},
		{"what the client itself sent is not believed", "10.0.0.1:9", "1.1.1.1, 198.51.100.1", "198.51.100.1"},
		{"behind two proxies", "10.0.0.1:9", "198.51.100.1, 10.9.9.9", "198.51.100.1"},
		{"an address forged behind two proxies", "10.0.0.1:9", "10.5.5.5, 198.51.100.1, 10.9.9.9", "198.51.100.1"},
		{"nothing but proxies", "10.0.0.1:9", "10.0.0.3, 10.0.0.2", "10.0.0.3"},
		{"a proxy that sends no header", "10.0.0.1:9", "", "10.0.0.1"},
		{"no address", "10.0.0.1:9", "unknown", "10.0.0.1"},
		{"no address in the middle", "10.0.0.1:9", "198.51.100.1, unknown, 10.0.0.2", "10.0.0.2"},
		{"IPv6", "[fd00::1]:9", "2001:db8::1", "2001:db8::1"},
		{"IPv4 written as IPv6", "[::ffff:10.0.0.1]:9", "::ffff:198.51.100.1", "198.51.100.1"},
		{"a zone", "[fd00::1%eth0]:9", "2001:db8::1%eth0", "2001:db8::1"},
		{"a socket without an address", "@", "198.51.100.1", "invalid IP"},
	} {
		if got := s.client(forwarded(c.from, c.header)).String(); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
	two := forwarded("10.0.0.1:9", "1.1.1.1")
	two.Header.Add("X-Forwarded-For", "198.51.100.1")
	if got := s.client(two).String(); got != "198.51.100.1" {
		t.Errorf("of two headers the last counts, got %s", got)
	}
}

func FuzzClientAddress(f *testing.F) {
	for _, seed := range []string{"", "198.51.100.1", "1.1.1.1, 10.0.0.2", "unknown", "::1", "2001:db8::1%eth0", ",,,", "[::1]:80", "10.0.0.1,", "999.1.1.1", "\x00"} {
		f.Add(seed)
	}
	s := &Server{options: Options{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}}}
	f.Fuzz(func(t *testing.T, header string) {
		if got := s.client(forwarded("203.0.113.7:9", header)).String(); got != "203.0.113.7" {
			t.Errorf("a stranger is taken for %s", got)
		}
		got := s.client(forwarded("10.0.0.1:9", header))
		if !got.IsValid() || got.Zone() != "" || got.Is4In6() {
			t.Errorf("%q gives %v", header, got)
		}
		// What the client puts in front changes nothing about an address that the proxy added.
		if got := s.client(forwarded("10.0.0.1:9", header+", 198.51.100.1")).String(); got != "198.51.100.1" {
			t.Errorf("%q in front makes it %s", header, got)
		}
	})
}

func TestBrowsersAreNamed(t *testing.T) {
	for agent, want := range map[string]string{
		"": "", "something else": "",
		"Mozilla/5.0 (Android 14; Mobile; rv:130.0) Gecko/130.0 Firefox/130.0":                                                                       "Firefox on Android",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/129.0.0.0 Safari/537.36":                            "Chrome on Windows",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/129.0.0.0 Safari/537.36 Edg/129.0":                  "Edge on Windows",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1":    "Safari on iPhone",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/129.0 Mobile/15E148 Safari/604.1":     "Chrome on iPhone",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/129.0.0.0 Safari/537.36 OPR/115.0":            "Opera on macOS",
		"Mozilla/5.0 (Linux; Android 14; SM-S911B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/26.0 Chrome/122.0.0.0 Mobile Safari/537.36": "Samsung Internet on Android",
		"curl/8.5.0": "curl",
	} {
		if got := browser(agent); got != want {
			t.Errorf("%.60s: %q, want %q", agent, got, want)
		}
	}
}

func FuzzBrowser(f *testing.F) {
	f.Add("Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0")
	f.Add("<script>Firefox/ on Windows\x00")
	names := []string{"", "Edge", "Opera", "Samsung Internet", "Firefox", "Chrome", "Safari", "curl"}
	systems := []string{"", "Android", "iPhone", "iPad", "Windows", "macOS", "ChromeOS", "Linux"}
	known := make(map[string]bool)
	for _, n := range names {
		for _, s := range systems {
			known[n+" on "+s], known[n+s] = n != "" && s != "", n == "" || s == ""
		}
	}
	f.Fuzz(func(t *testing.T, agent string) {
		if got := browser(agent); !known[got] {
			t.Errorf("%q is kept of %q", got, agent)
		}
	})
}

func FuzzAcceptLanguage(f *testing.F) {
	for _, seed := range []string{"", "nl", "nl-BE,nl;q=0.9,en;q=0.8", "*", "en;q=0", "nl;q=abc", ";;;", "x-klingon", strings.Repeat("en,", 200), "\x00", "a-b-c-d-e-f"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		l, ok := words.Choose(header)
		if ok != (l == "nl" || l == "en") {
			t.Errorf("%q chooses %q, %v", header, l, ok)
		}
	})
}

func FuzzShownAgain(f *testing.F) {
	f.Add("eva@bakery.example")
	f.Add("\xff\x00")
	f.Add(strings.Repeat("é", 200))
	f.Fuzz(func(t *testing.T, typed string) {
		if got := shown(typed); len(got) > 254 || strings.ToValidUTF8(got, "?") != got {
			t.Errorf("%q is shown as %q", typed, got)
		}
	})
}
