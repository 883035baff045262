package web_test

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"

	"github.com/PuerkitoBio/goquery"

	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/words"
)

// A browser keeps cookies, follows redirects and sends the headers that real
// ones send.
type browser struct {
	site   *site
	jar    *cookiejar.Jar
	from   string      // network address
	header http.Header // on every request
	page   *page       // what it shows
}

// browser opens a browser that has never been here.
func (s *site) browser() *browser {
	jar, err := cookiejar.New(nil)
	s.must(err)
	return &browser{site: s, jar: jar, from: "192.0.2.7:4711", header: http.Header{
		"User-Agent": {"Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"},
	}}
}

// A page is an answer, and how the browser came to it.
type page struct {
	site   *site
	path   string // with its query
	status int
	header http.Header
	body   string
	doc    *goquery.Document
	first  int // the status of the first answer, before any redirect
}

var home = func() *url.URL {
	address, err := url.Parse(base)
	if err != nil {
		panic(err)
	}
	return address
}()

// send makes one request and keeps the cookies of its answer.
func (b *browser) send(method, path string, form url.Values) *page {
	b.site.t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r := httptest.NewRequestWithContext(b.site.t.Context(), method, base+path, body)
	r.RequestURI = path // as a server reads it from the request line
	r.RemoteAddr = b.from
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		r.Header.Set("Origin", base)
	}
	maps.Copy(r.Header, b.header)
	return b.answer(r, path)
}

// answer sends a request with the browser's cookies, and keeps those of the answer.
func (b *browser) answer(r *http.Request, path string) *page {
	b.site.t.Helper()
	for _, cookie := range b.jar.Cookies(home) {
		r.AddCookie(cookie)
	}
	w := httptest.NewRecorder()
	b.site.server.ServeHTTP(w, r)
	answer := w.Result()
	b.jar.SetCookies(home, answer.Cookies())
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(w.Body.String()))
	b.site.must(err)
	return &page{site: b.site, path: path, status: answer.StatusCode, header: answer.Header, body: w.Body.String(), doc: doc, first: answer.StatusCode}
}

// follow goes where redirects lead and shows what is there.
func (b *browser) follow(p *page) *page {
	b.site.t.Helper()
	first := p.status
	for range 10 {
		to := p.header.Get("Location")
		if to == "" {
			p.first = first
			b.page = p
			return p
		}
		if !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") {
			b.site.t.Fatalf("%s leads to another site: %s", p.path, to)
		}
		p = b.send("GET", to, nil)
	}
	b.site.t.Fatalf("redirects without end at %s", p.path)
	return nil
}

// open goes to a page.
func (b *browser) open(path string) *page {
	b.site.t.Helper()
	return b.follow(b.send("GET", path, nil))
}

// post sends a form that need not be on the page.
func (b *browser) post(path string, fields ...string) *page {
	b.site.t.Helper()
	return b.follow(b.send("POST", path, pairs(fields)))
}

// submit fills in the form of the page that posts to action, and sends it.
// Fields alternate names and values; each must be in the form, and a button is
// pressed by its name and value. What the form holds already is sent with it.
func (b *browser) submit(action string, fields ...string) *page {
	b.site.t.Helper()
	return b.follow(b.send("POST", action, b.fill(action, fields...)))
}

// fill returns what submit would send.
func (b *browser) fill(action string, fields ...string) url.Values {
	b.site.t.Helper()
	var form *goquery.Selection
	b.page.doc.Find("form[method=post]").EachWithBreak(func(_ int, f *goquery.Selection) bool {
		if to, _ := f.Attr("action"); to == action {
			form = f
		}
		return form == nil
	})
	if form == nil {
		b.site.t.Fatalf("%s (%d) has no form for %s:\n%s", b.page.path, b.page.status, action, b.page.text())
	}
	values := url.Values{}
	form.Find("input[name]").Each(func(_ int, in *goquery.Selection) {
		kind, _ := in.Attr("type")
		_, checked := in.Attr("checked")
		if (kind == "checkbox" || kind == "radio") && !checked {
			return
		}
		values.Add(in.AttrOr("name", ""), in.AttrOr("value", ""))
	})
	form.Find("select[name]").Each(func(_ int, in *goquery.Selection) {
		chosen := in.Find("option[selected]")
		if chosen.Length() == 0 {
			chosen = in.Find("option")
		}
		values.Add(in.AttrOr("name", ""), chosen.First().AttrOr("value", ""))
	})
	for name, typed := range pairs(fields) {
		if form.Find(fmt.Sprintf("input[name=%q], select[name=%q], button[name=%q]", name, name, name)).Length() == 0 {
			b.site.t.Fatalf("the form for %s on %s has no field %q", action, b.page.path, name)
		}
		values[name] = typed
	}
	return values
}

// pairs makes form values of alternating names and values.
func pairs(fields []string) url.Values {
	values := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		values.Add(fields[i], fields[i+1])
	}
	return values
}

// cookie returns the value of one of the browser's cookies, or nothing.
func (b *browser) cookie(name string) string {
	for _, c := range b.jar.Cookies(home) {
		if c.Name == "__Host-"+name {
			return c.Value
		}
	}
	return ""
}

// setCookie plants a cookie, or with an empty value takes it away.
func (b *browser) setCookie(name, value string) {
	c := &http.Cookie{Name: "__Host-" + name, Value: value, Path: "/", Secure: true}
	if value == "" {
		c.MaxAge = -1
	}
	b.jar.SetCookies(home, []*http.Cookie{c})
}

// twin returns another browser with the same cookies.
func (b *browser) twin() *browser {
	other := b.site.browser()
	other.jar.SetCookies(home, b.jar.Cookies(home))
	for _, c := range b.jar.Cookies(home) {
		other.setCookie(strings.TrimPrefix(c.Name, "__Host-"), c.Value)
	}
	other.page, other.from, other.header = b.page, b.from, b.header.Clone()
	return other
}

// english says the sentence id as the pages do.
func english(id string, args ...any) string { return words.Speak(org.English, nil).Say(id, args...) }

// text is what a reader sees, with single spaces.
func (p *page) text() string { return visible(p.doc.Find("body").Text()) }

// visible folds spaces and drops the marks that only say where a line may break.
func visible(text string) string {
	return strings.Join(strings.Fields(strings.NewReplacer("\u2060", "", "\u200b", "", "\u00ad", "").Replace(text)), " ")
}

// is fails unless the page has the status and the title (a sentence's id).
func (p *page) is(status int, title string) *page {
	p.site.t.Helper()
	got := p.doc.Find("title").Text()
	if p.status != status || !strings.Contains(got, english(title)) {
		p.site.t.Fatalf("%s answers %d with %q, want %d with %q:\n%s", p.path, p.status, got, status, english(title), p.text())
	}
	return p
}

// at fails unless the browser was led to the path (without its query).
func (p *page) at(path string) *page {
	p.site.t.Helper()
	if got, _, _ := strings.Cut(p.path, "?"); got != path || p.status != http.StatusOK {
		p.site.t.Fatalf("led to %s (%d), want %s:\n%s", p.path, p.status, path, p.text())
	}
	return p
}

// says fails unless the page says the sentence id.
func (p *page) says(id string, args ...any) *page {
	p.site.t.Helper()
	want := visible(english(id, args...))
	if strings.HasPrefix(want, "[") || !strings.Contains(p.text(), want) {
		p.site.t.Errorf("%s (%d) does not say %s (%q):\n%s", p.path, p.status, id, want, p.text())
	}
	return p
}

// saysNot fails if the page says the sentence id.
func (p *page) saysNot(id string, args ...any) *page {
	p.site.t.Helper()
	if unwanted := visible(english(id, args...)); strings.Contains(p.text(), unwanted) {
		p.site.t.Errorf("%s says %s: %q", p.path, id, unwanted)
	}
	return p
}

// has fails unless the selector finds something.
func (p *page) has(selector string) *page {
	p.site.t.Helper()
	if p.doc.Find(selector).Length() == 0 {
		p.site.t.Errorf("%s (%d) has no %s:\n%s", p.path, p.status, selector, p.text())
	}
	return p
}

// hasNot fails if the selector finds something.
func (p *page) hasNot(selector string) *page {
	p.site.t.Helper()
	if p.doc.Find(selector).Length() > 0 {
		p.site.t.Errorf("%s has %s", p.path, selector)
	}
	return p
}

// forms returns the paths that the page's forms post to.
func (p *page) forms() []string {
	var actions []string
	p.doc.Find("form[method=post]").Each(func(_ int, f *goquery.Selection) {
		actions = append(actions, f.AttrOr("action", ""))
	})
	slices.Sort(actions)
	return slices.Compact(actions)
}
