package main

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sparekey/sparekey/internal/demo"
	"github.com/sparekey/sparekey/internal/web"
)

// A visitor is a browser at a demo that runs in this process.
type visitor struct {
	t      *testing.T
	base   string
	client *http.Client
}

// startDemo runs a demo in folder until the test ends.
func startDemo(t *testing.T, folder string) *visitor {
	t.Helper()
	listener, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	at := console{out: io.Discard, err: t.Output(), begun: time.Now()}
	d, err := openDemo(t.Context(), at, folder, listener.Addr())
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- d.run(ctx, at, listener) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		d.close()
	})
	return (&visitor{t: t, base: d.config.BaseURL.String()}).anew()
}

// anew returns a visitor whose browser knows nothing.
func (v *visitor) anew() *visitor {
	jar, err := cookiejar.New(nil)
	if err != nil {
		v.t.Fatal(err)
	}
	return &visitor{t: v.t, base: v.base, client: &http.Client{Jar: jar}}
}

// get returns the page, after redirects, and its status.
func (v *visitor) get(path string) (string, int) {
	v.t.Helper()
	answer, err := v.client.Get(v.base + path)
	return v.read(answer, err)
}

// post sends a form and returns the page it leads to.
func (v *visitor) post(path string, fields ...string) (string, int) {
	v.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	answer, err := v.client.PostForm(v.base+path, form)
	return v.read(answer, err)
}

func (v *visitor) read(answer *http.Response, err error) (string, int) {
	v.t.Helper()
	if err != nil {
		v.t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	return string(body), answer.StatusCode
}

func (v *visitor) json(path string, into any) {
	v.t.Helper()
	text, status := v.get(path)
	if status != http.StatusOK {
		v.t.Fatalf("%s: %d", path, status)
	}
	if err := json.Unmarshal([]byte(text), into); err != nil {
		v.t.Fatalf("%s: %v", path, err)
	}
}

// code returns what the last of someone's authenticators shows.
func (v *visitor) code(email string) string {
	v.t.Helper()
	var shown []shownCode
	v.json("/demo/phone.json", &shown)
	code := ""
	for _, s := range shown {
		if s.Email == email {
			code = s.Code
		}
	}
	return code
}

func (v *visitor) now() time.Time {
	v.t.Helper()
	var clock struct{ Now time.Time }
	v.json("/demo/clock.json", &clock)
	return clock.Now
}

// mustSee fails the test unless page holds every text.
func (v *visitor) mustSee(page string, texts ...string) {
	v.t.Helper()
	for _, text := range texts {
		if !strings.Contains(page, text) {
			v.t.Fatalf("%q is not on the page:\n%s", text, page)
		}
	}
}

func TestTheDemoLetsYouSignInWithThePasswordAndAShownCode(t *testing.T) {
	v := startDemo(t, t.TempDir())
	const eva = "eva.de.boer@korenaar.example"
	page, _ := v.post("/sign-in", "email", eva, "password", demo.Password)
	v.mustSee(page, `action="/mfa"`)
	page, status := v.post("/mfa", "code", v.code(eva))
	v.mustSee(page, "Eva de Boer", demo.Bakery)
	if status != http.StatusOK {
		t.Errorf("status %d", status)
	}

	// Noor signs in to two organisations with one password.
	v = v.anew()
	page, _ = v.post("/sign-in", "email", "noor.hendriks@post.example", "password", demo.Password)
	v.mustSee(page, demo.Bakery, demo.Garden)
}

func TestTheDemoMailsWhatHappens(t *testing.T) {
	v := startDemo(t, t.TempDir())
	v.post("/sign-in", "email", "daan.visser@korenaar.example", "password", demo.Password)
	if page, status := v.post("/backup/code", "code", "demo demo demo 0001"); status != http.StatusOK {
		t.Fatalf("the shared backup code: %d\n%s", status, page)
	}
	var mails []sentMail
	for end := time.Now().Add(10 * time.Second); len(mails) < 2 && time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		v.json("/demo/mailbox.json", &mails)
	}
	if len(mails) != 2 {
		t.Fatalf("%d mails, want one to each of two addresses", len(mails))
	}
	for _, m := range mails {
		if !strings.HasPrefix(m.To, "daan.visser@") || m.Subject == "" || m.Text == "" || m.At.IsZero() || len(m.Links) == 0 {
			t.Errorf("got %+v", m)
		}
		if !strings.HasPrefix(m.Links[0], v.base) {
			t.Errorf("the link %s leads elsewhere", m.Links[0])
		}
	}
	page, _ := v.get("/demo/mailbox")
	v.mustSee(page, mails[0].Subject, mails[0].Links[0])
}

func TestThePhoneShowsAnAuthenticatorThatIsBeingSetUp(t *testing.T) {
	v := startDemo(t, t.TempDir())
	const lotte = "lotte.vos@korenaar.example"
	if code := v.code(lotte); code != "" {
		t.Fatalf("before, it shows %s", code)
	}
	v.post("/sign-in", "email", lotte, "password", demo.Password)
	page, _ := v.post("/setup-mfa/begin")
	v.mustSee(page, `action="/setup-mfa/check"`)
	v.post("/setup-mfa/check", "code", v.mailedCode(lotte))
	code := v.code(lotte)
	if len(code) != 6 {
		t.Fatal("the phone does not show it")
	}
	page, _ = v.get("/demo/phone")
	v.mustSee(page, "Lotte Vos")
	// The code may turn between two looks: the page shows what was there before it
	// or what is there after.
	shows := func(code string) bool {
		return strings.Contains(strings.ReplaceAll(page, " ", ""), `"big">`+code+"</code>")
	}
	if after := v.code(lotte); !shows(code) && !shows(after) {
		t.Fatalf("the page shows neither %q nor %q:\n%s", code, after, page)
	}
	page, status := v.post("/setup-mfa/scan", "code", code, "name", "Telefoon")
	if status != http.StatusOK {
		t.Fatalf("the code it shows: %d\n%s", status, page)
	}
	if code := v.code(lotte); len(code) != 6 {
		t.Error("once set up, the phone does not show it any more")
	}
}

func TestThePhoneSaysWhichOrganisationOfAPersonWithTwo(t *testing.T) {
	v := startDemo(t, t.TempDir())
	var codes []shownCode
	v.json("/demo/phone.json", &codes)
	houses := make(map[string][]string)
	for _, c := range codes {
		houses[c.Email] = append(houses[c.Email], c.Organisation)
	}
	page, _ := v.get("/demo/phone")
	two := 0
	for email, in := range houses {
		if slices.Sort(in); len(slices.Compact(in)) < 2 {
			continue
		}
		two++
		for _, o := range in {
			if !strings.Contains(page, email+" · "+o) {
				t.Errorf("the page does not say %s of %s", o, email)
			}
		}
	}
	if two == 0 {
		t.Error("nobody is in two organisations")
	}
	if strings.Contains(page, "anja.peters@korenaar.example · "+demo.Bakery) {
		t.Error("it says the organisation of who is in one")
	}
}

// mailedCode waits for a mail to someone and returns the eight digits in it.
func (v *visitor) mailedCode(to string) string {
	v.t.Helper()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		var mails []sentMail
		v.json("/demo/mailbox.json", &mails)
		for _, m := range mails {
			for line := range strings.Lines(m.Text) {
				digits := strings.ReplaceAll(strings.TrimSpace(line), " ", "")
				if m.To == to && len(digits) == 8 && strings.Trim(digits, "0123456789") == "" {
					return digits
				}
			}
		}
	}
	v.t.Fatal("no code was mailed")
	return ""
}

func TestTheClockOfTheDemoMovesForwardOnly(t *testing.T) {
	folder := t.TempDir()
	v := startDemo(t, folder)
	before := v.now()
	if page, status := v.post("/demo/clock", "by", "72h"); status != http.StatusOK {
		t.Errorf("moved by 72h: %d %s", status, page)
	}
	if moved := v.now().Sub(before); moved < 72*time.Hour || moved > 73*time.Hour {
		t.Errorf("it moved by %s", moved)
	}
	for _, by := range []string{"0s", "-1s", "soon", "", "2000000h"} {
		if page, status := v.post("/demo/clock", "by", by); status != http.StatusBadRequest {
			t.Errorf("moved by %q: %d %s", by, status, page)
		}
	}
	page, _ := v.post("/demo/clock", "by", "30s", "next", "/demo/phone")
	v.mustSee(page, "Eva de Boer")
	if page, _ := v.post("/demo/clock", "by", "30s", "next", "//elsewhere.example/"); !strings.Contains(page, `"now"`) {
		t.Errorf("it leads elsewhere: %s", page)
	}
	kept, err := os.ReadFile(filepath.Join(folder, "clock"))
	if err != nil || string(kept) != "72h1m0s\n" {
		t.Errorf("kept is %q, %v", kept, err)
	}
}

func TestThePagesOfTheDemoSpeakBothLanguages(t *testing.T) {
	v := startDemo(t, t.TempDir())
	v.post("/language", "language", "nl", "next", "/demo/")
	page, _ := v.get("/demo/")
	v.mustSee(page, `lang="nl"`, "geen MFA", "nog 1 back-upcode", demo.Password, "Bezorging", demo.Desk)
	v.post("/language", "language", "en", "next", "/demo/")
	page, _ = v.get("/demo/")
	v.mustSee(page, `lang="en"`, "no MFA", "1 backup code left", "speaks English")
	if page, status := v.get("/demo/nothing"); status != http.StatusNotFound || !strings.Contains(page, `lang="en"`) {
		t.Errorf("a page that is not there: %d %s", status, page)
	}
	for _, path := range []string{"/demo/", "/demo/phone", "/demo/mailbox"} {
		if page, _ := v.get(path); strings.Contains(page, "[demo") {
			t.Errorf("%s misses a sentence:\n%s", path, page)
		}
	}
}

func TestWithoutTheDemoThereIsNothingOfIt(t *testing.T) {
	c, err := demoConfig(t.TempDir(), &net.TCPAddr{Port: 8080}, "127.0.0.1:25")
	if err != nil {
		t.Fatal(err)
	}
	i, err := openInstallation(t.Context(), c, systemTime, slog.New(slog.DiscardHandler), orMake)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(i.close)
	pages, err := i.pages(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, ask := range []struct{ method, path string }{
		{"GET", "/demo/"}, {"GET", "/demo"}, {"GET", "/demo/phone"}, {"GET", "/demo/phone.json"},
		{"GET", "/demo/mailbox"}, {"GET", "/demo/mailbox.json"}, {"GET", "/demo/clock.json"}, {"POST", "/demo/clock"},
	} {
		if status := answer(t, pages, ask.method, ask.path); status != http.StatusNotFound {
			t.Errorf("%s %s: %d", ask.method, ask.path, status)
		}
	}
}

func answer(t *testing.T, pages *web.Server, method, path string) int {
	t.Helper()
	said := httptest.NewRecorder()
	request, err := http.NewRequestWithContext(t.Context(), method, path, nil)
	if err != nil {
		t.Fatal(err)
	}
	pages.ServeHTTP(said, request)
	return said.Code
}
