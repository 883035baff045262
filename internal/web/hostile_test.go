package web_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sparekey/sparekey/internal/standing"
	"github.com/sparekey/sparekey/internal/throttle"
)

// fields are those of the forms. A route that is not here fails the test.
var fields = map[string]string{
	"/sign-in": "email password next", "/sign-in/organisation": "organisation", "/sign-out": "", "/language": "language next",
	"/password/forgotten": "email", "/password/new/{token}": "password", "/password/strength": "password",
	"/invitation/{token}": "password", "/not-me/{token}": "",
	"/mfa": "code remember", "/mfa/email": "", "/mfa/email/code": "code", "/enrolment-pass/{token}": "password",
	"/mfa/desk": "via alone", "/cases/{number}/write": "text once", "/cases/{number}/files": "", "/cases/{number}/seen": "delivered read",
	"/cases/{number}/withdraw": "", "/cases/{number}/halves": "mailed read",
	"/desk/{number}/take": "", "/desk/{number}/hand-on": "to", "/desk/{number}/say": "text once via", "/desk/{number}/note": "text", "/desk/{number}/call": "pin text",
	"/desk/{number}/tick": "how-organisation how-name how-power how-date how-seal how-identity how-face how-contact",
	"/desk/{number}/ask":  "text", "/desk/{number}/approve": "", "/desk/{number}/confirm": "", "/desk/{number}/reject": "text", "/desk/{number}/hand": "verified",
	"/desk/{number}/release": "verified text", "/desk/{number}/pick": "", "/desk/{number}/seen": "delivered read",
	"/backup/code": "code", "/backup/email": "", "/backup/email/code": "code", "/lost-phone": "lost factor",
	"/setup-mfa/begin": "", "/setup-mfa/check": "code", "/setup-mfa/check/again": "", "/setup-mfa/scan": "name code", "/setup-mfa/codes": "code",
	"/setup-mfa/email": "email", "/setup-mfa/email/code": "code", "/setup-mfa/email/again": "", "/setup-mfa/email/other": "",
	"/setup-mfa/email/skip": "", "/setup-mfa/stop": "", "/prove": "password code next", "/prove/no-phone": "",
	"/my-login/language": "language", "/my-login/password": "password",
	"/my-login/authenticators/{id}/rename": "name", "/my-login/authenticators/{id}/remove": "", "/my-login/mfa-off": "",
	"/my-login/backup-codes": "", "/my-login/backup-codes/confirm": "code", "/my-login/backup-codes/stop": "",
	"/my-login/backup-email": "email", "/my-login/backup-email/code": "code", "/my-login/backup-email/again": "",
	"/my-login/backup-email/other": "", "/my-login/backup-email/remove": "",
	"/my-login/sessions/{id}/end": "", "/my-login/sessions/others/end": "",
	"/mfa/help": "", "/mfa/help/withdraw": "", "/mfa/help/on": "",
	"/requests/{id}/approve": "give length lost verified note code", "/requests/{id}/refuse": "words",
	"/requests/{id}/agree": "note", "/requests/{id}/stop": "note",
	"/employees/{id}/edit": "name language phone email team role", "/address/{token}": "",
	"/readiness/remind": "", "/log": "by who whom group from until", "/log/export": "by who whom group from until format",
	"/employees/new": "name email phone team role language", "/employees/import": "", "/employees/import/confirm": "list plan",
	"/employees/{id}/invite": "", "/employees/{id}/withdraw": "", "/employees/{id}/reactivate": "", "/employees/{id}/erase": "name",
	"/teams": "name", "/teams/{id}/rename": "name", "/teams/{id}/supervisors/find": "who", "/teams/{id}/supervisors": "member",
	"/teams/{id}/supervisors/remove": "member", "/teams/{id}/remove": "to",
	"/employees/{id}/disable-mfa": "length lost verified note", "/employees/{id}/enable-mfa": "note",
	"/employees/{id}/enrolment-pass": "verified note", "/employees/{id}/release": "verified note",
	"/employees/{id}/agree-to-pass": "pass note", "/employees/{id}/stop-pass": "pass note",
	"/employees/{id}/sign-out": "note", "/employees/{id}/deactivate": "note",
	"/my-login/remembered/{id}/forget": "", "/my-login/remembered/all/forget": "",
	"/settings/general/force": "grace without suspended sole", "/settings/general/unforce": "for", "/settings/general/name": "name language",
	"/settings/recovery/change":    "supervisors-help backup-email supervisors-told longest wait day from to seen",
	"/settings/recovery/call-back": "", "/settings/recovery/remember": "remember",
}

// fair is what an honest visitor would type into a field.
var fair = map[string]string{
	"email": "someone@private.example", "password": newWords, "code": "12345678", "name": "Tablet", "next": "/my-login",
	"language": "nl", "organisation": "member-eva", "lost": "yes", "remember": "yes", "factor": "phone-1-of-member-eva",
}

// nasty is what strangers type into any field.
var nasty = map[string]string{
	"empty": "", "NUL": "a\x00b", "turned around": "\u202egnp.exe", "300 letters": strings.Repeat("é", 300), "half a letter": "\xff\xfe\xc3",
	"markup": `"><script>alert(1)</script>`, "a line of its own": "a\r\nSet-Cookie: x=y", "30,000 letters": strings.Repeat("x", 30_000),
	"an emoji with joiners": "👩\u200d👩\u200d👧", "a percent": "%00%ff%s%n{{.}}", "another script": "١٢٣٤٥٦٧٨",
}

// situations are who may send a form, as ready as can be to have it taken.
var situations = map[string]func(*person) *browser{
	"signed out":     func(p *person) *browser { return p.site.browser() },
	"half signed in": (*person).halfway,
	"signed in":      func(p *person) *browser { return p.inside() },
	"by a backup": func(p *person) *browser {
		p.apply(standing.SetStatus{Status: standing.Answering, At: p.site.clock.now()})
		return p.inside(byBackup)
	},
	"setting up": func(p *person) *browser {
		b := p.inside()
		p.apply(standing.SaveSetUp{SetUp: standing.SetUp{
			Session: hashOf(b.cookie("sparekey-session")), Member: p.id, Stage: standing.StageScan, Kind: standing.FurtherFactor, Guarded: true,
			Secret: p.phones[0].secret, Begun: p.site.clock.now(), Expires: p.site.clock.now().Add(time.Hour),
		}})
		return b
	},
	"giving a backup e-mail": func(p *person) *browser {
		b := p.inside()
		p.apply(standing.SaveSetUp{SetUp: standing.SetUp{
			Session: hashOf(b.cookie("sparekey-session")), Member: p.id, Stage: standing.StageBackupEmail, Kind: standing.FirstFactor, Guarded: true,
			Begun: p.site.clock.now(), Expires: p.site.clock.now().Add(time.Hour),
		}})
		return b
	},
}

// reaches says in which situations the forms of a need are looked at.
var reaches = map[string][]string{
	"anyone": {"signed out", "signed in"}, "signingIn": {"half signed in"}, "answeringUp": {"by a backup"},
	"settingUp": {"setting up", "giving a backup e-mail"}, "member": {"signed in"},
}

func TestWhateverIsTypedIntoAnyFieldIsAnsweredCalmly(t *testing.T) {
	t.Parallel()
	for situation, enter := range situations {
		t.Run(situation, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			eva := s.person("eva", withEverything)
			for _, r := range routes(t) {
				if r.method != http.MethodPost {
					continue
				}
				list, known := fields[r.path]
				if !known {
					t.Errorf("no fields are listed for POST %s", r.path)
				}
				b := enter(eva)
				path := r.filled(eva)
				for _, field := range strings.Fields(list) {
					for what, typed := range nasty {
						if !slices.Contains(reaches[r.need], situation) && what != "NUL" {
							continue // it leads away before the form is looked at
						}
						form := url.Values{}
						for _, other := range strings.Fields(list) {
							form.Set(other, fair[other])
						}
						form.Set(field, typed)
						p := b.send("POST", path, form)
						if p.status >= 500 || p.status < 200 {
							t.Errorf("POST %s with %s in %s: %d", r.path, what, field, p.status)
						}
						if strings.Contains(p.body, "<script>alert") || p.header.Get("Set-Cookie") == "x=y" {
							t.Errorf("POST %s with %s in %s: it is in the page as it was typed", r.path, what, field)
						}
						if p.status == 200 && p.doc.Find("title").Length() == 0 && r.path != "/password/strength" {
							t.Errorf("POST %s with %s in %s: no page", r.path, what, field)
						}
						if p.status == 429 {
							t.Errorf("POST %s with %s in %s: throttled, so nothing was looked at", r.path, what, field)
						}
						if p.status == http.StatusUnauthorized {
							eva.patience()
						}
					}
				}
			}
			if strings.Contains(s.log.String(), `"level":"ERROR"`) {
				t.Errorf("errors were logged:\n%.2000s", s.log.String())
			}
		})
	}
}

// patience forgets what was counted, so that the next try is looked at too.
func (p *person) patience() {
	p.apply(standing.ForgetFailures{Key: throttle.Key{Kind: throttle.Code, Subject: string(p.id)}})
	for _, address := range []string{string(p.email), fair["email"]} {
		mac := hmac.New(sha256.New, []byte(addressKey))
		mac.Write([]byte(address))
		p.apply(standing.ForgetFailures{Key: throttle.Key{Kind: throttle.Password, Subject: hex.EncodeToString(mac.Sum(nil))}})
	}
}

func TestAFormThatIsTooLargeIsRefusedWhateverItsField(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva", withEverything)
	b := eva.inside()
	b.setCookie("sparekey-sign-in", eva.halfway().cookie("sparekey-sign-in"))
	b.send("POST", "/sign-in", url.Values{"email": {strings.Repeat("x", 1<<20)}}).is(413, "error.413.title")
	huge := strings.Repeat("x", 65<<10)
	before := s.contents()
	for _, r := range routes(t) {
		if r.method != http.MethodPost {
			continue
		}
		path := strings.NewReplacer("{token}", strings.Repeat("A", 43), "{id}", "x").Replace(r.path)
		for _, field := range append(strings.Fields(fields[r.path]), "unknown") {
			b.send("POST", path, url.Values{field: {huge}}).is(413, "error.413.title")
		}
	}
	if now := s.contents(); now != before {
		t.Errorf("something was changed:\n%s", difference(before, now))
	}
	// As much as is allowed passes; a byte more does not.
	rest := "email=nobody%40bakery.example&password="
	for _, c := range []struct{ size, status int }{{64 << 10, 401}, {64<<10 + 1, 413}} {
		r := httptest.NewRequest("POST", base+"/sign-in", strings.NewReader(rest+strings.Repeat("x", c.size-len(rest))))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		s.server.ServeHTTP(w, r)
		if w.Code != c.status {
			t.Errorf("%d bytes: %d, want %d", c.size, w.Code, c.status)
		}
	}
}

func TestAFormThatCannotBeReadIsRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for name, c := range map[string]struct {
		kind, body string
		status     int
	}{
		"bad escapes":         {"application/x-www-form-urlencoded", "email=%zz&password=%", 400},
		"no form":             {"text/plain", "email=eva@bakery.example", 401},
		"JSON":                {"application/json", `{"email":"eva@bakery.example"}`, 401},
		"a file":              {"multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"email\"\r\n\r\neva\r\n--x--\r\n", 401},
		"a kind that is none": {"///;;", "email=a", 400},
	} {
		r := httptest.NewRequest("POST", base+"/sign-in", strings.NewReader(c.body))
		r.Header.Set("Content-Type", c.kind)
		w := httptest.NewRecorder()
		s.server.ServeHTTP(w, r)
		if w.Code != c.status {
			t.Errorf("%s: %d, want %d", name, w.Code, c.status)
		}
	}
}

func TestFormsOfOtherSitesAreRefusedAndLogged(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva", withEverything)
	for name, c := range map[string]struct {
		header  map[string]string
		refused bool
	}{
		"Sec-Fetch-Site: cross-site":  {map[string]string{"Sec-Fetch-Site": "cross-site"}, true},
		"Sec-Fetch-Site: same-site":   {map[string]string{"Sec-Fetch-Site": "same-site"}, true},
		"Origin of another host":      {map[string]string{"Origin": "https://evil.example"}, true},
		"Origin of a sibling":         {map[string]string{"Origin": "https://bakery.example"}, true},
		"Origin: null":                {map[string]string{"Origin": "null"}, true},
		"Sec-Fetch-Site: same-origin": {map[string]string{"Sec-Fetch-Site": "same-origin"}, false},
		"Sec-Fetch-Site: none":        {map[string]string{"Sec-Fetch-Site": "none"}, false},
		"our own Origin":              {map[string]string{"Origin": base}, false},
		"neither":                     {nil, false},
	} {
		b := eva.inside()
		s.events()
		p := b.foreign(c.header, "/my-login/password")
		if events := s.events(); (p.status == 403) != c.refused || (len(events) == 1 && events[0].Kind == "request.foreign-form") != c.refused {
			t.Errorf("%s: answered %d, logged %v", name, p.status, events)
		}
	}
	b := eva.inside()
	for _, r := range routes(t) {
		if r.method == http.MethodPost {
			b.foreign(map[string]string{"Sec-Fetch-Site": "cross-site"}, r.filled(eva)).is(403, "error.403.title")
		}
	}
	if st := eva.standing(); !st.MFA() || st.Status != standing.Settled {
		t.Error("a form of another site was taken")
	}
	// However many come, the log is not filled with them.
	if events := s.events(); len(events) > throttle.Free {
		t.Errorf("%d were logged at once", len(events))
	}
	// A link from elsewhere is no form.
	b.header.Set("Sec-Fetch-Site", "cross-site")
	b.open("/my-login").at("/my-login")
}

// foreign sends an empty form with headers in place of those of our own forms.
func (b *browser) foreign(header map[string]string, path string) *page {
	b.site.t.Helper()
	was := b.header
	defer func() { b.header = was }()
	b.header = was.Clone()
	b.header["Sec-Fetch-Site"], b.header["Origin"] = nil, nil
	for key, value := range header {
		b.header.Set(key, value)
	}
	return b.send("POST", path, pairs(nil))
}

func TestLookingChangesNothing(t *testing.T) {
	t.Parallel()
	for situation, enter := range situations {
		t.Run(situation, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			eva := s.person("eva", withEverything)
			b := enter(eva)
			var paths []string
			for _, r := range routes(t) {
				if r.method == http.MethodGet {
					paths = append(paths, r.filled(eva))
				}
			}
			paths = append(paths, "/healthz", "/readyz", "/assets/app.css", "/no-such-page")
			before := s.contents()
			for _, path := range paths {
				for _, method := range []string{"GET", "HEAD"} {
					p := b.send(method, path+"?code=12345678&password=x&lost=yes&language=nl&name=x&email=a%40b.example&next=/my-login", nil)
					if p.status >= 500 || p.status == 405 {
						t.Errorf("%s %s: %d", method, path, p.status)
					}
				}
			}
			if now := s.contents(); now != before {
				t.Errorf("something was changed:\n%s", difference(before, now))
			}
		})
	}
}

func TestAPathByAMethodItDoesNotTakeIs405(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva", withEverything)
	b := eva.inside()
	methods := make(map[string][]string)
	for _, r := range routes(t) {
		methods[r.path] = append(methods[r.path], r.method)
	}
	before := s.contents()
	for path, takes := range methods {
		allow := []string{"POST"}
		switch {
		case len(takes) == 2:
			allow = []string{"GET", "HEAD", "POST"}
		case takes[0] == "GET":
			allow = []string{"GET", "HEAD"}
		}
		url := strings.NewReplacer("{token}", strings.Repeat("A", 43), "{id}", strings.Repeat("0a", 32), "{$}", "").Replace(path)
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"} {
			if slices.Contains(allow, method) {
				continue
			}
			p := b.send(method, url, nil)
			if p.status != 405 || p.header.Get("Allow") != strings.Join(allow, ", ") {
				t.Errorf("%s %s: %d, Allow %q, want 405 and %q", method, path, p.status, p.header.Get("Allow"), allow)
			}
		}
	}
	b.send("PUT", "/sign-in", nil).is(405, "error.405.title")
	for _, method := range []string{"GET", "POST", "PUT", "OPTIONS"} {
		b.send(method, "/no-such-page", nil).is(404, "error.404.title")
	}
	if now := s.contents(); now != before {
		t.Errorf("something was changed:\n%s", difference(before, now))
	}
}

func TestEveryAnswerCarriesTheHeadersThatProtectIt(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva", withEverything)
	b := eva.inside()
	answers := map[string]*page{
		"a page": b.send("GET", "/my-login", nil), "not found": b.send("GET", "/no-such-page", nil), "a redirect": s.browser().send("GET", "/my-login", nil),
		"a wrong method": b.send("PUT", "/sign-in", nil), "too large": b.send("POST", "/sign-in", url.Values{"email": {strings.Repeat("x", 1<<20)}}),
		"an asset": b.send("GET", "/assets/app.css", nil), "no asset": b.send("GET", "/assets/none", nil), "health": b.send("GET", "/healthz", nil),
		"verify": b.send("GET", "/auth/verify", nil), "a wrong password": eva.guess(s.browser()), "a tidied path": b.send("GET", "//my-login", nil),
	}
	b.header.Set("Sec-Fetch-Site", "cross-site")
	answers["a foreign form"] = b.send("POST", "/sign-in", pairs(nil))
	s.serve(faulty{s.store, "a fault"})
	answers["a panic"] = s.browser().send("GET", "/", nil)
	for name, p := range answers {
		for header, part := range map[string]string{
			"Content-Security-Policy": "default-src 'none'", "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY",
			"Referrer-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin", "Strict-Transport-Security": "max-age=63072000",
			"X-Request-Id": "id-", "Cache-Control": "no-store",
		} {
			if header == "Cache-Control" && name == "an asset" {
				part = "no-cache"
			}
			if got := p.header.Get(header); !strings.Contains(got, part) {
				t.Errorf("%s (%d): %s is %q", name, p.status, header, got)
			}
		}
	}
}

func TestAnAbsurdlyLongPathOrCookieIsAnswered(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.person("eva")
	b := s.browser()
	for _, path := range []string{"/" + strings.Repeat("a", 10_000), "/sign-in?next=/" + strings.Repeat("a", 10_000), "/sign-in?email=%00&next=%zz", "/%2e%2e/%2e%2e/etc/passwd", "/my-login/authenticators/%00"} {
		if p := b.open(path); p.status >= 500 {
			t.Errorf("%.60s: %d", path, p.status)
		}
	}
	for _, name := range []string{"session", "sign-in", "device", "language", "notice"} {
		b.setCookie("sparekey-"+name, strings.Repeat("A", 8000))
	}
	b.open("/").is(200, "sign-in.title")
}
