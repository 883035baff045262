package web_test

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/session"
)

// happens records events of the bakery, a second apart.
func (s *site) happens(events ...audit.Event) {
	s.t.Helper()
	for i := range events {
		if events[i].Organisation == "" {
			events[i].Organisation = "bakery"
		}
		events[i].At = s.clock.now().Add(time.Duration(i-len(events)) * time.Second)
	}
	s.must(s.store.Record(s.t.Context(), events...))
}

func did(kind audit.Kind, who, whom *person) audit.Event {
	return audit.Event{Kind: kind, Actor: audit.Actor{Kind: audit.Member, Member: who.id}, Subject: whom.id}
}

// lines are the sentences of the log that b shows.
func (p *page) lines() []string {
	var list []string
	for _, n := range p.doc.Find(".log-lines > li").EachIter() {
		list = append(list, visible(n.Find("p").Eq(1).Text()))
	}
	return list
}

func TestTheLogIsForAdministratorsAndShowsTheirOrganisationAlone(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada, bob := s.person("ada", withEverything, administrator), s.person("bob", withEverything)
	eve := s.person("eve", withEverything, administrator, inMill("eve@mill.example"))
	foreign := did(audit.MFAOff, eve, eve)
	foreign.Organisation = "mill"
	s.happens(did(audit.MFAOn, bob, bob), foreign)
	s.must(s.store.Record(t.Context(), audit.Event{At: s.clock.now(), Kind: audit.LogMended, Actor: audit.Actor{Kind: audit.System}}))

	bob.inside().open("/log").is(404, "error.404.title")
	bob.inside().post("/log", "who", "x").is(404, "error.404.title")
	bob.inside().post("/log/export", "format", "csv").is(404, "error.404.title")
	bob.inside().open("/my-login").hasNot(".tabs a")

	p := ada.inside().open("/log").is(200, "log.title").has(`.tabs a[href="/log"][aria-current]`)
	if got := fmt.Sprint(p.lines()); !strings.Contains(got, "Bob Jansen turned MFA on.") || strings.Contains(got, "Eve") || strings.Contains(got, "mended") {
		t.Error(got)
	}
	// Nobody of another organisation is found, nor what they did.
	ada.inside().open("/log?who=member-eve").saysNot("log.only-who", "Name", "Eve Jansen").says("log.nothing")
	b := ada.inside()
	b.open("/log")
	b.submit("/log", "who", "eve@mill.example").is(422, "log.title").says("problem.nobody-there")
	b.submit("/log", "who", "nobody@bakery.example").is(422, "log.title").says("problem.nobody-there")
}

func TestTheLogIsFilteredWithoutAddressesInPaths(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada, bob := s.person("ada", withEverything, administrator), s.person("bob", withEverything)
	s.happens(did(audit.MFAOn, bob, bob), did(audit.SignedIn, ada, ada), did(audit.RoleChanged, ada, bob),
		audit.Event{Kind: audit.PasswordWrong, Actor: audit.Actor{Kind: audit.Stranger}, Subject: bob.id})
	wrong, role, signed, on := "Someone who was not signed in typed a wrong password for Bob Jansen.", "Ada Jansen changed the role of Bob Jansen.", "Ada Jansen signed in.", "Bob Jansen turned MFA on."
	day := s.clock.now().Format(time.DateOnly)
	tomorrow := s.clock.now().AddDate(0, 0, 1).Format(time.DateOnly)
	for name, c := range map[string]struct {
		fields []string
		want   []string
	}{
		"nothing":         {nil, []string{wrong, role, signed, on}},
		"who":             {[]string{"who", " ADA@bakery.example "}, []string{role, signed}},
		"whom":            {[]string{"whom", "bob@bakery.example"}, []string{wrong, role, on}},
		"both":            {[]string{"who", "ada@bakery.example", "whom", "bob@bakery.example"}, []string{role}},
		"group":           {[]string{"group", "factors"}, []string{on}},
		"kind of actor":   {[]string{"by", "stranger"}, []string{wrong}},
		"today":           {[]string{"from", day, "until", day}, []string{wrong, role, signed, on}},
		"not before then": {[]string{"from", tomorrow}, nil},
	} {
		b := ada.inside()
		b.open("/log")
		p := b.submit("/log", c.fields...).is(200, "log.title")
		if fmt.Sprint(p.lines()) != fmt.Sprint(c.want) {
			t.Errorf("%s: %q, want %q", name, p.lines(), c.want)
		}
		if strings.Contains(p.path, "%40") || strings.Contains(p.path, "@") {
			t.Errorf("%s: an address is in the path %s", name, p.path)
		}
	}
	for _, path := range []string{"/log?from=x", "/log?until=2026-13-01", "/log?group=x", "/log?by=x", "/log?who=" + url.QueryEscape("' OR 1=1"), "/log?after=x", "/log?after=-1.a", "/log?after=99999999999999999.a", "/log?after=1.", "/log?after=1.%00"} {
		ada.inside().open(path).is(400, "error.400.title")
	}
	b := ada.inside()
	b.open("/log")
	b.submit("/log", "who", "no address").is(422, "log.title").says("problem.no-email")
	b.submit("/log", "from", "yesterday").is(422, "log.title").says("problem.bad-date")
}

func TestTheLogGoesOnPageByPage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada := s.person("ada", withEverything, administrator)
	var events []audit.Event
	for range 120 {
		events = append(events, did(audit.SignedIn, ada, ada))
	}
	s.happens(events...)
	b := ada.inside()
	seen, path := 0, "/log"
	for range 4 {
		p := b.open(path)
		seen += len(p.lines())
		next, ok := p.doc.Find("nav.actions a.button").Attr("href")
		if !ok {
			break
		}
		path = next
	}
	if seen != 120 {
		t.Errorf("%d lines on all pages, want 120", seen)
	}
	b.open(path).has(`nav.actions a[href="/log"]`)
}

func TestAnExportIsWholeHarmlessAndRecorded(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada, bob := s.person("ada", withEverything, administrator), s.person("bob", withEverything)
	bad := did(audit.RoleChanged, bob, bob)
	bad.Origin = audit.Origin{Browser: "=cmd|' /C calc'!A0", Address: "@SUM(A1)", Note: "a \"quoted\", note"}
	events := []audit.Event{bad}
	for range 700 {
		events = append(events, did(audit.SignedIn, ada, ada))
	}
	s.happens(events...)
	s.hush()
	b := ada.inside()
	b.open("/log")
	p := b.post("/log/export", "format", "csv")
	if p.status != http.StatusOK || p.header.Get("Content-Type") != "text/csv; charset=utf-8" || !strings.HasPrefix(p.header.Get("Content-Disposition"), `attachment; filename="log-`) {
		t.Fatalf("%d %v", p.status, p.header)
	}
	if !strings.HasPrefix(p.body, "\ufeff") || !strings.Contains(p.body, "\r\n") {
		t.Error("no byte order mark, or no lines as RFC 4180 has them")
	}
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(p.body, "\ufeff"))).ReadAll()
	if err != nil || len(rows) != 1+701+1 { // the heading, what happened, and the export itself
		t.Fatalf("%d rows: %v", len(rows), err)
	}
	last := rows[len(rows)-1]
	if last[6] != "'=cmd|' /C calc'!A0" || last[7] != "'@SUM(A1)" || !strings.Contains(last[5], `a "quoted", note`) {
		t.Errorf("%q", last)
	}
	if rows[1][1] != "log.exported" {
		t.Errorf("the newest is %q", rows[1])
	}
	s.wantEvents("log.exported")

	b.open("/log")
	p = b.post("/log/export", "format", "jsonl", "whom", "bob@bakery.example", "who", "bob@bakery.example", "group", "people")
	var line struct {
		Kind, Sentence, SubjectName string
		Origin                      audit.Origin
	}
	s.must(json.Unmarshal([]byte(p.body), &line))
	if line.Kind != "role.changed" || line.SubjectName != "Bob Jansen" || line.Origin != bad.Origin {
		t.Errorf("%s", p.body)
	}
	made := s.events()
	if len(made) != 1 || made[0].Subject != bob.id || made[0].Actor.Member != ada.id || fmt.Sprint(made[0].Facts) != "map[format:jsonl group:people member:member-bob]" {
		t.Errorf("%+v", made)
	}
	b.post("/log/export", "format", "xml").is(400, "error.400.title")
	s.wantEvents()

	stale := ada.inside(func(in *session.Session) { in.FactorProved = s.clock.now().Add(-6 * time.Minute) })
	stale.post("/log/export", "format", "csv").is(200, "prove.title")
	s.wantEvents()
}

// An interrupted is an answer on its way: once a kilobyte of it is out, something
// happens.
type interrupted struct {
	http.ResponseWriter
	out     int
	happens func()
}

func (i *interrupted) Write(part []byte) (int, error) {
	n, err := i.ResponseWriter.Write(part)
	if i.out += n; i.out > 1024 && i.happens != nil {
		i.happens()
		i.happens = nil
	}
	return n, err
}

func (i *interrupted) Unwrap() http.ResponseWriter { return i.ResponseWriter }

func TestAnExportThatBreaksOffIsNotTakenForWhole(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"csv", "jsonl"} {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			ada := s.person("ada", withEverything, administrator)
			events := make([]audit.Event, 1200) // more than are read at once
			for i := range events {
				events[i] = did(audit.SignedIn, ada, ada)
			}
			s.happens(events...)
			b, db := ada.inside(), s.database("rw")
			defer func() { s.must(db.Close()) }()

			// The log goes while it is read, over a connection as browsers have it.
			line := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				s.server.ServeHTTP(&interrupted{ResponseWriter: w, happens: func() {
					if _, err := db.ExecContext(t.Context(), "ALTER TABLE events RENAME TO gone"); err != nil {
						t.Error(err)
					}
				}}, r)
			}))
			defer line.Close()
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, line.URL+"/log/export", strings.NewReader("format="+format))
			s.must(err)
			for name, value := range map[string]string{"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin", "Origin": base} {
				r.Header.Set(name, value)
			}
			for _, cookie := range b.jar.Cookies(home) {
				r.AddCookie(cookie)
			}
			answer, err := line.Client().Do(r)
			s.must(err)
			defer func() { _ = answer.Body.Close() }()
			got, err := io.ReadAll(answer.Body)
			if answer.StatusCode != http.StatusOK || !strings.Contains(string(got), string(audit.SignedIn)) {
				t.Fatalf("%d: %.300q", answer.StatusCode, got)
			}
			if !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("%d bytes of an export that broke off end in %v", len(got), err)
			}
			if !strings.Contains(s.log.String(), "an export broke off") {
				t.Error("the log does not say that it broke off")
			}
		})
	}
}

func TestALogTellsOfThoseWhoAreGone(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada := s.person("ada", withEverything, administrator, speaking(org.English))
	gone := did(audit.RoleChanged, ada, ada)
	gone.Subject = "member-gone"
	s.happens(gone)
	p := ada.inside().open("/log")
	if got := p.lines(); len(got) != 1 || got[0] != "Ada Jansen changed the role of someone who is no longer here." {
		t.Errorf("%q", got)
	}
	p.hasNot(`a[href*="gone"]`)
}
