package web_test

import (
	"bytes"
	"crypto/rand"
	"encoding/csv"
	"errors"
	"fmt"
	"maps"
	"mime/multipart"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/directory"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/roster"
	"github.com/sparekey/sparekey/internal/session"
	"github.com/sparekey/sparekey/internal/standing"
	"github.com/sparekey/sparekey/internal/store"
)

// staff opens a bakery with its administrator ann, and sam who supervises the team
// day, in which eva is.
func staff(s *site) (ann, sam, eva *person) {
	ann = s.person("ann", administrator, withMFA)
	s.must(s.store.AddTeam(s.t.Context(), org.Team{ID: "day", Organisation: "bakery", Name: "Day"}))
	s.must(s.store.AddTeam(s.t.Context(), org.Team{ID: "night", Organisation: "bakery", Name: "Night"}))
	sam = s.person("sam", withMFA)
	s.must(s.store.AddSupervisor(s.t.Context(), "day", sam.id))
	eva = s.person("eva", withMFA, func(c *cast) { c.member.Team = "day" })
	return ann, sam, eva
}

// code fails unless the page was answered with a status.
func (p *page) code(status int) *page {
	p.site.t.Helper()
	if p.status != status {
		p.site.t.Errorf("%s: %d, want %d: %s", p.path, p.status, status, p.text())
	}
	return p
}

// upload sends a file as browsers do, and follows where that leads.
func (b *browser) upload(path, field string, file []byte) *page {
	b.site.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile(field, "people.csv")
	b.site.must(err)
	_, err = part.Write(file)
	b.site.must(err)
	b.site.must(form.Close())
	r := httptest.NewRequestWithContext(b.site.t.Context(), "POST", base+path, &body)
	r.RequestURI, r.RemoteAddr = path, b.from
	r.Header.Set("Content-Type", form.FormDataContentType())
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.Header.Set("Origin", base)
	maps.Copy(r.Header, b.header)
	return b.follow(b.answer(r, path))
}

const list = "naam;e-mail;telefoon;team;rol\r\n" +
	"Bob Bakker;bob@bakery.example;+31 6 1111 1111;day;\r\n" +
	"Cas de Wit;cas@bakery.example;;Evening;beheerder\r\n" +
	"Eva;EVA@bakery.example;;Night;\r\n" +
	"=cmd|' /C calc'!A0;dee@bakery.example;;;\r\n"

func TestAListIsAddedAsItWasShown(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *site) {
		ann, _, eva := staff(s)
		b := ann.inside()
		b.open("/employees/import").is(200, "import.title")
		s.mails()
		s.events()
		p := b.upload("/employees/import", "list", []byte(list))
		p.is(200, "import-preview.title").has("#fate-wrong").has("#fate-joins").has("#fate-there")
		if !strings.HasPrefix(p.path, "/employees/import?list=") {
			t.Fatalf("it is shown at %s", p.path)
		}
		if first := p.doc.Find("h2").First().AttrOr("id", ""); first != "fate-wrong" {
			t.Errorf("%s comes first", first)
		}
		if strong := p.doc.Find("#fate-joins").Parent().Find("li strong").Text(); !strings.Contains(strong, "administrator") {
			t.Errorf("an administrator among them is not said aloud: %q", strong)
		}
		s.wantMails()
		p = b.submit("/employees/import/confirm")
		p.is(200, "import-done.title")
		for address, want := range map[org.Email]org.Member{
			"bob@bakery.example": {Name: "Bob Bakker", Phone: "+31 6 1111 1111", Team: "day", Stored: org.Employee},
			"cas@bakery.example": {Name: "Cas de Wit", Stored: org.Administrator},
		} {
			m, err := s.store.MemberByEmail(t.Context(), "bakery", address)
			s.must(err)
			if m.Name != want.Name || m.Phone != want.Phone || m.Stored != want.Stored || m.State != org.Invited || want.Team != "" && m.Team != want.Team || m.Team == "" {
				t.Errorf("%+v", m)
			}
		}
		if after := eva.standing().Member; after.Team != "day" || after.Name != "Eva Jansen" {
			t.Errorf("who was there was changed: %+v", after)
		}
		mails := s.wantMails("invitation → bob@bakery.example", "invitation → cas@bakery.example", "imported-to-administrators → ann@bakery.example")
		told := mails["imported-to-administrators → ann@bakery.example"].Facts
		if told.Count != 2 || told.Leading != 1 || told.Giver != "Ann Jansen" {
			t.Errorf("%+v", told)
		}
		link := mails["invitation → bob@bakery.example"].Facts
		if link.Address != "" || link.Browser != "" {
			t.Errorf("whoever is invited learns where from: %+v", link)
		}
		s.browser().open(link.Link).is(200, "invitation.title")
		var kinds []string
		for _, e := range s.events() {
			kinds = append(kinds, string(e.Kind))
			if e.Actor.Member != ann.id && e.Kind != audit.FactorProved {
				t.Errorf("%s is by %s", e.Kind, e.Actor.Member)
			}
		}
		slices.Sort(kinds)
		if want := []string{"member.invited", "member.invited", "members.imported", "team.made"}; !slices.Equal(kinds, want) {
			t.Errorf("events %q", kinds)
		}
		// The form sent twice adds nobody twice.
		b.post("/employees/import/confirm", "list", "x", "plan", "y").is(404, "error.404.title")
		b.send("GET", p.path, nil)
	})
}

func TestAListThatComesToSomethingElseIsShownAgain(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ann, _, _ := staff(s)
	b := ann.inside()
	b.upload("/employees/import", "list", []byte(list)).is(200, "import-preview.title")
	form := b.fill("/employees/import/confirm")
	s.person("bob") // comes meanwhile
	before := s.contents()
	p := b.follow(b.send("POST", "/employees/import/confirm", form))
	p.is(409, "import-preview.title").says("problem.plan-changed")
	if now := s.contents(); now != before {
		t.Errorf("something was done:\n%s", difference(before, now))
	}
	b.page = p
	b.submit("/employees/import/confirm").is(200, "import-done.title")
	if _, err := s.store.MemberByEmail(t.Context(), "bakery", "cas@bakery.example"); err != nil {
		t.Error(err)
	}
}

func TestAListIsNobodyElses(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ann, sam, eva := staff(s)
	bea := s.person("bea", administrator, withMFA)
	b := ann.inside()
	p := b.upload("/employees/import", "list", []byte(list))
	form := b.fill("/employees/import/confirm")
	before := s.contents()
	for name, other := range map[string]*browser{
		"another administrator": bea.inside(), "another session of the same": ann.inside(), "a supervisor": sam.inside(), "an employee": eva.inside(),
	} {
		other.open(p.path).is(404, "error.404.title")
		if p := other.follow(other.send("POST", "/employees/import/confirm", form)); p.status != 404 {
			t.Errorf("%s: %d", name, p.status)
		}
	}
	_ = before
	s.clock.move(standing.ImportLifetime)
	again := ann.inside()
	again.open(p.path).is(404, "error.404.title")
	if _, err := s.store.MemberByEmail(t.Context(), "bakery", "bob@bakery.example"); err == nil {
		t.Error("someone was added")
	}
}

func TestAListWaitsForAnHour(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ann, _, _ := staff(s)
	long := func(in *session.Session) { in.Idle = 10 * time.Hour }
	b := ann.inside(long)
	p := b.upload("/employees/import", "list", []byte(list))
	form := b.fill("/employees/import/confirm")
	s.clock.move(standing.ImportLifetime)
	if st, to := b.send("GET", p.path, nil).status, b.send("GET", p.path, nil).header.Get("Location"); st != 303 || !strings.HasPrefix(to, "/prove") {
		t.Errorf("a stale proof: %d, %s", st, to)
	}
	b.proves(ann)
	b.follow(b.send("GET", p.path, nil)).is(200, "import.title").says("notice.list-expired")
	b.follow(b.send("POST", "/employees/import/confirm", form)).is(200, "import.title").says("notice.list-expired")
}

// proves shows the member's password and code again.
func (b *browser) proves(p *person) {
	b.site.t.Helper()
	b.open("/prove?next=/my-login")
	b.submit("/prove", "password", secretWords, "code", p.code())
}

func TestAListFollowsTheRenewalOfAProof(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ann, _, _ := staff(s)
	b := ann.inside()
	p := b.upload("/employees/import", "list", []byte(list))
	form := b.fill("/employees/import/confirm")
	s.clock.move(6 * time.Minute)
	sent := b.send("POST", "/employees/import/confirm", form)
	if to := sent.header.Get("Location"); sent.status != 303 || to != "/prove?next="+url.QueryEscape(p.path) {
		t.Fatalf("%d, %s", sent.status, to)
	}
	b.open("/prove?next=" + url.QueryEscape(p.path))
	b.submit("/prove", "password", secretWords, "code", ann.code())
	b.submit("/employees/import/confirm").is(200, "import-done.title")
}

func TestAFileThatIsNoListIsRefusedWithTheReason(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ann, _, eva := staff(s)
	b := ann.inside()
	for name, c := range map[string]struct{ file, says string }{
		"a workbook":  {"PK\x03\x04rest", "import.reason.spreadsheet"},
		"nothing":     {"", "import.reason.empty"},
		"an image":    {"\x89PNG\x00\x00", "import.reason.no-text"},
		"no headings": {"Ann;ann@x.example\n", "import.reason.no-heading"},
	} {
		p := b.upload("/employees/import", "list", []byte(c.file))
		p.is(422, "import.title")
		if p.doc.Find("#f-list-problem").Length() == 0 || p.says(c.says) == nil {
			t.Errorf("%s: %s", name, p.text())
		}
	}
	large := bytes.Repeat([]byte("x"), roster.MaxBytes+1)
	b.upload("/employees/import", "list", large).is(422, "import.title")
	b.upload("/employees/import", "list", bytes.Repeat([]byte("x"), roster.MaxBytes+128<<10)).is(422, "import.title")
	b.upload("/employees/import", "another", []byte(list)).is(400, "error.400.title")
	b.post("/employees/import", "list", list).is(400, "error.400.title")
	// Whoever may not import is answered before anything is read.
	eva.inside().upload("/employees/import", "list", []byte(list)).is(404, "error.404.title")
	s.browser().upload("/employees/import", "list", []byte(list)).is(200, "sign-in.title")
}

// Of a long list the page shows the first lines of each fate; the file has all of
// them, and a spreadsheet calculates with none.
func TestEveryLineOfAListIsInTheFileOfWhatHappens(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ann, _, eva := staff(s)
	var file strings.Builder
	file.WriteString("name;e-mail;role\n")
	for i := range 1000 {
		fmt.Fprintf(&file, "Wrong %d;no address;employee\n", i)
	}
	fmt.Fprintf(&file, "=2+5;bad@x.example;employee\nNew;new@x.example;administrator\nEva;%s;supervisor\n", string(eva.email))
	b := ann.inside()
	p := b.upload("/employees/import", "list", []byte(file.String())).is(200, "import-preview.title")
	link, _ := p.doc.Find(`a[href^="/employees/import/lines.csv"]`).Attr("href")
	got := b.open(link)
	if got.status != 200 || got.header.Get("Content-Type") != "text/csv; charset=utf-8" || !strings.HasPrefix(got.header.Get("Content-Disposition"), "attachment;") {
		t.Fatalf("%d %v", got.status, got.header)
	}
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(got.body, "\xEF\xBB\xBF"))).ReadAll()
	s.must(err)
	if len(rows) != 1+1003 {
		t.Fatalf("%d rows", len(rows))
	}
	for i, want := range map[int][]string{
		0:    {"line", "name", "e-mail", "what happens"},
		1:    {"2", "Wrong 0", "", english("import.wrong.no-email") + " (" + english("import.column.email") + ")"},
		1000: {"1001", "Wrong 999", "", english("import.wrong.no-email") + " (" + english("import.column.email") + ")"},
		1001: {"1002", "'=2+5", "bad@x.example", english("import.wrong.formula") + " (" + english("import.column.name") + ")"},
		1002: {"1003", "New", "new@x.example", english("import.as-administrator")},
		1003: {"1004", "Eva", string(eva.email), english("import.fate.there")},
	} {
		if !slices.Equal(rows[i], want) {
			t.Errorf("row %d: %q, want %q", i, rows[i], want)
		}
	}
	// It is for who uploaded it, and for who may add people.
	eva.inside().open(link).is(404, "error.404.title")
	s.browser().open(link).is(200, "sign-in.title")
	ann.inside().open("/employees/import/lines.csv?list=x").is(404, "error.404.title")
}

func TestAListOfAHundredThousandIsShown(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ann, _, _ := staff(s)
	var file strings.Builder
	file.WriteString("name;e-mail\n")
	for i := range roster.MaxLines {
		fmt.Fprintf(&file, "P %d;p%d@x.example\n", i, i)
	}
	began := time.Now()
	p := ann.inside().upload("/employees/import", "list", []byte(file.String()))
	p.is(200, "import-preview.title")
	if shown := p.doc.Find("li .row-name, li strong").Length(); shown > 300 {
		t.Errorf("%d lines are shown at once", shown)
	}
	t.Log(time.Since(began), len(p.body))
}

func TestOnePersonIsAddedByAnAdministrator(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *site) {
		ann, _, _ := staff(s)
		s.person("old", inState(org.Deactivated))
		s.person("new", inState(org.Invited))
		b := ann.inside()
		add := func(fields ...string) *page {
			t.Helper()
			b.open("/employees/new").is(200, "new-employee.title")
			return b.submit("/employees/new", fields...)
		}
		for name, c := range map[string]struct {
			fields []string
			status int
			says   string
		}{
			"no name":                 {[]string{"name", " ", "email", "x@x.example", "role", "employee"}, 422, "problem.no-name"},
			"no address":              {[]string{"name", "X", "email", "x", "role", "employee"}, 422, "problem.no-email"},
			"no phone":                {[]string{"name", "X", "email", "x@x.example", "phone", "=1+1", "role", "employee"}, 422, "problem.no-phone-number"},
			"a team that is not":      {[]string{"name", "X", "email", "x@x.example", "team", "Evening", "role", "employee"}, 422, "problem.no-such-team"},
			"a role of the desk":      {[]string{"name", "X", "email", "x@x.example", "role", "lead"}, 422, "problem.nothing-chosen"},
			"someone who is there":    {[]string{"name", "X", "email", "eva@bakery.example", "role", "employee"}, 409, "problem.member-there"},
			"someone who would rise":  {[]string{"name", "X", "email", "eva@bakery.example", "role", "administrator"}, 409, "problem.member-there"},
			"someone who was invited": {[]string{"name", "X", "email", "new@bakery.example", "role", "employee"}, 409, "problem.member-invited"},
			"someone who left":        {[]string{"name", "X", "email", "old@bakery.example", "role", "employee"}, 409, "problem.member-closed"},
		} {
			if p := add(c.fields...); p.status != c.status {
				t.Errorf("%s: %d: %s", name, p.status, p.text())
			} else {
				p.says(c.says)
			}
		}
		s.mails()
		add("name", "Zoë  Été", "email", "Zoe@Bakery.example", "phone", "12", "role", "employee").is(422, "new-employee.title")
		add("name", "Zoë  Été", "email", "Zoe@Bakery.example", "phone", "+31 6 1234", "team", "DAY", "role", "administrator", "language", "nl").
			is(200, "new-employee.title").says("notice.invited")
		zoe, err := s.store.MemberByEmail(t.Context(), "bakery", "zoe@bakery.example")
		s.must(err)
		if zoe.Name != "Zoë Été" || zoe.Phone != "+31 6 1234" || zoe.Team != "day" || zoe.Stored != org.Administrator || zoe.Language != org.Dutch {
			t.Errorf("%+v", zoe)
		}
		s.wantMails("invitation → zoe@bakery.example", "role-to-administrators → ann@bakery.example")
	})
}

func TestWhoeverMayNotAddLearnsNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ann, sam, eva := staff(s)
	max := s.person("max", administrator, withMFA, inMill("max@mill.example"))
	before := s.contents()
	paths := []string{
		"/employees/new", "/employees/import", "/employees/import?list=x", "/employees/import/example.csv", "/employees/" + string(eva.id) + "/reactivate",
		"/employees/" + string(eva.id) + "/erase", "/teams", "/teams/day", "/teams/day/remove",
	}
	for name, b := range map[string]*browser{"a supervisor": sam.inside(), "an employee": eva.inside()} {
		for _, path := range paths {
			if p := b.open(path); p.status != 404 {
				t.Errorf("%s at %s: %d", name, path, p.status)
			}
		}
	}
	mill := max.inside()
	nobody := mill.open("/teams/nothing").body
	for _, path := range []string{"/teams/day", "/teams/day/remove", "/employees/" + string(eva.id) + "/erase", "/employees/" + string(eva.id) + "/reactivate"} {
		p := mill.open(path)
		if p.status != 404 || strings.ReplaceAll(p.body, path, "/teams/nothing") != nobody {
			t.Errorf("another organisation's %s: %d, or not as if it were not there", path, p.status)
		}
	}
	posts := map[string][]string{
		"/teams/day/rename": {"name", "Ours"}, "/teams/day/remove": {"to", ""}, "/teams/day/supervisors": {"member", string(max.id)},
		"/teams/day/supervisors/remove": {"member", string(sam.id)}, "/teams/day/supervisors/find": {"who", "eva"},
		"/employees/" + string(eva.id) + "/erase": {"name", "Eva Jansen"}, "/employees/" + string(eva.id) + "/invite": nil,
		"/employees/" + string(eva.id) + "/withdraw": nil, "/employees/" + string(eva.id) + "/reactivate": nil,
	}
	for path, form := range posts {
		for name, b := range map[string]*browser{"another organisation": mill, "a supervisor": sam.inside(), "an employee": eva.inside()} {
			if p := b.post(path, form...); p.status != 404 {
				t.Errorf("%s posts %s: %d", name, path, p.status)
			}
		}
	}
	own := org.Team{ID: "own", Organisation: "mill", Name: "Own"}
	s.must(s.store.AddTeam(t.Context(), own))
	mill.post("/teams/own/supervisors", "member", string(eva.id)).is(404, "error.404.title")
	mill.post("/teams/own/remove", "to", "Day").code(422)
	_ = before
	for _, p := range []*person{ann, sam, eva} {
		if st := p.standing(); st.Member.State != org.Active || st.Member.Supervises != (p == sam) {
			t.Errorf("%s: %+v", p.id, st.Member)
		}
	}
}

func TestAnInvitationIsGivenAgainAndTakenBack(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ann, _, _ := staff(s)
	ivy := s.person("ivy", inState(org.Invited))
	b := ann.inside()
	s.mails()
	send := func(path string) string {
		t.Helper()
		p := b.send("POST", path, pairs(nil))
		if p.status != 303 {
			t.Fatalf("%s: %d", path, p.status)
		}
		return b.cookie("sparekey-notice")
	}
	if said := send("/employees/" + string(ivy.id) + "/invite"); said != "invited-again" {
		t.Error(said)
	}
	first := s.wantMails("invitation → ivy@bakery.example")["invitation → ivy@bakery.example"].Facts.Link
	if said := send("/employees/" + string(ivy.id) + "/withdraw"); said != "withdrawn" {
		t.Error(said)
	}
	s.wantMails("deactivated-to-administrators → ann@bakery.example")
	s.browser().open(first).hasNot("input[name=password]")
	if st := ivy.standing(); st.Member.State != org.Deactivated {
		t.Errorf("%+v", st.Member)
	}
	if said := send("/employees/" + string(ivy.id) + "/withdraw"); said != "already-done" {
		t.Error(said)
	}
	if said := send("/employees/" + string(ivy.id) + "/invite"); said != "already-done" {
		t.Error(said)
	}
}

func TestWhoeverLeftComesBackAndBeginsAnew(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ann, _, eva := staff(s)
	old := s.person("old", administrator, withMFA, inState(org.Deactivated))
	b := ann.inside()
	b.open("/employees/"+string(old.id)+"/reactivate").is(200, "reactivate.title")
	s.mails()
	sent := b.send("POST", "/employees/"+string(old.id)+"/reactivate", pairs(nil))
	if sent.status != 303 || b.cookie("sparekey-notice") != "reactivated" {
		t.Errorf("%d, %s", sent.status, b.cookie("sparekey-notice"))
	}
	s.wantMails("invitation → old@bakery.example", "return-to-administrators → ann@bakery.example")
	if st := old.standing(); st.Member.State != org.Invited || st.Member.Stored != org.Employee || st.MFA() {
		t.Errorf("%+v", st.Member)
	}
	if p := b.send("GET", "/employees/"+string(eva.id)+"/reactivate", nil); p.status != 303 {
		t.Errorf("who is active: %d", p.status)
	}
	if p := b.send("POST", "/employees/"+string(eva.id)+"/reactivate", pairs(nil)); p.status != 303 || eva.standing().Member.State != org.Active {
		t.Errorf("who is active: %d", p.status)
	}
}

func TestWhoeverLeftIsErasedForGood(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *site) {
		ann, _, eva := staff(s)
		old := s.person("old", withEverything, inState(org.Deactivated))
		s.must(s.store.Record(t.Context(), audit.Event{
			Kind: audit.SignedIn, Organisation: "bakery", Subject: old.id, Actor: audit.Actor{Kind: audit.Member, Member: old.id},
			Origin: audit.Origin{Address: "192.0.2.99", Browser: "Firefox", Note: "Old Jansen was here"},
		}))
		b := ann.inside()
		path := "/employees/" + string(old.id) + "/erase"
		b.open(path).is(200, "erase.title")
		b.submit(path, "name", "Someone Else").is(422, "erase.title").says("problem.other-name")
		b.open("/employees/"+string(eva.id)+"/erase").is(200, "erase.title").hasNot("input[name=name]")
		b.post("/employees/"+string(eva.id)+"/erase", "name", "Eva Jansen").is(409, "erase.title")
		s.mails()
		b.open(path)
		if p := b.send("POST", path, b.fill(path, "name", " old  JANSEN ")); p.status != 303 || p.header.Get("Location") != "/employees" {
			t.Fatalf("%d: %s", p.status, p.text())
		}
		told := s.wantMails("erased-to-administrators → ann@bakery.example")["erased-to-administrators → ann@bakery.example"]
		if strings.Contains(fmt.Sprintf("%+v", told), "Old Jansen") || told.Facts.Name != string(old.id) {
			t.Errorf("%+v", told)
		}
		b.open(path).is(404, "error.404.title")
		if _, err := s.store.MemberByEmail(t.Context(), "bakery", old.email); err == nil {
			t.Error("they are still there")
		}
		for _, e := range s.events() {
			if e.Subject == old.id && e.Kind != audit.MemberErased && e.Kind != audit.OriginsErased && e.Origin != (audit.Origin{}) {
				t.Errorf("%s still says %+v", e.Kind, e.Origin)
			}
		}
		// Who comes again later is someone new.
		b.open("/employees/new")
		b.submit("/employees/new", "name", "Old Jansen", "email", string(old.email), "role", "employee").says("notice.invited")
	})
}

func TestNothingIsErasedByWhoMayNoLonger(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *site) {
		ann, _, _ := staff(s)
		zoe, old := s.person("zoe", administrator, withMFA), s.person("old", inState(org.Deactivated))
		s.must(s.store.Record(t.Context(), audit.Event{
			Kind: audit.SignedIn, Organisation: "bakery", Subject: old.id, Actor: audit.Actor{Kind: audit.Member, Member: old.id},
			Origin: audit.Origin{Address: "192.0.2.99", Browser: "Firefox"},
		}))
		office := &directory.Office{Store: s.store, Now: s.clock.now, Random: rand.Reader, NewID: s.newID}
		hand := func(p *person, b *browser) directory.Hand {
			who, err := s.store.Colleague(t.Context(), p.id)
			s.must(err)
			who.Session, _, err = s.signIn().Current(t.Context(), session.Token(b.cookie("sparekey-session")))
			s.must(err)
			return directory.Hand{Who: who}
		}
		demoted, left := hand(zoe, zoe.inside()), ann.inside()
		gone := hand(ann, left)
		zoe.apply(standing.SetRole{From: org.Administrator, To: org.Employee, At: s.clock.now()})
		left.post("/sign-out")
		for name, h := range map[string]directory.Hand{"a role that was taken away": demoted, "a session that has ended": gone} {
			if err := office.Erase(t.Context(), h, old.id, "Old Jansen"); !errors.Is(err, directory.ErrChanged) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if n, err := s.store.CountOrigins(t.Context(), store.OriginFilter{Member: old.id}); err != nil || n != 1 {
			t.Errorf("%d origins are left (%v)", n, err)
		}
	})
}

func TestTeamsAndTheirSupervisorsAreChanged(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *site) {
		ann, sam, eva := staff(s)
		s.person("ivy", inState(org.Invited))
		b := ann.inside()
		b.open("/teams").is(200, "teams.title")
		b.submit("/teams", "name", "day").is(422, "teams.title").says("problem.team-exists")
		b.submit("/teams", "name", "Evening\x00").is(422, "teams.title").says("problem.no-name")
		s.mails()
		s.events()
		p := b.submit("/teams", "name", "Evening")
		p.says("notice.team-made")
		path := p.path
		b.submit(path+"/rename", "name", "Night").code(422).says("problem.team-exists")
		b.submit(path+"/rename", "name", "Late").says("notice.team-renamed")
		b.submit(path+"/supervisors/find", "who", "nobody").says("problem.nobody-found")
		b.submit(path+"/supervisors/find", "who", "ivy").says("problem.nobody-found") // has not come
		b.submit(path+"/supervisors/find", "who", "eva").has("input[name=member][value=member-eva]")
		b.submit(path+"/supervisors", "member", string(eva.id)).says("notice.supervisor-added")
		s.wantMails("supervisor-added → eva@bakery.example", "supervisor-added-to-administrators → ann@bakery.example")
		st := eva.standing()
		if !st.Member.Supervises || len(st.Changes) != 1 || st.Changes[0].What != standing.RoleOf || st.Changes[0].Was != org.Employee || st.Changes[0].By.Member != ann.id {
			t.Errorf("%+v", st)
		}
		b.post(path+"/supervisors", "member", string(eva.id)).says("notice.already-done")
		b.post(path+"/supervisors", "member", "member-ivy").code(409).says("problem.not-here-yet")
		b.post(path+"/supervisors", "member", "nobody").is(404, "error.404.title")
		b.open(path + "/remove").hasNot("form[action$=remove]")
		b.post(path+"/remove", "to", "").code(409).says("problem.team-supervised")
		b.open(path)
		b.submit(path+"/supervisors/remove", "member", string(eva.id)).says("notice.supervisor-removed")
		s.wantMails("supervisor-removed → eva@bakery.example", "supervisor-removed-to-administrators → ann@bakery.example")
		b.open(path + "/remove")
		b.submit(path + "/remove").says("notice.team-removed")
		s.wantMails("team-removed-to-administrators → ann@bakery.example")

		b.post("/teams/day/supervisors/remove", "member", string(sam.id))
		b.open("/teams/day/remove")
		b.submit("/teams/day/remove", "to", "Nowhere").code(422).says("problem.no-such-team")
		b.submit("/teams/day/remove", "to", "day").code(422)
		b.submit("/teams/day/remove", "to", "night").says("notice.team-removed")
		if m := eva.standing().Member; m.Team != "night" {
			t.Errorf("%+v", m)
		}
		seen := make(map[audit.Kind]int)
		for _, e := range s.events() {
			seen[e.Kind]++
		}
		for _, kind := range []audit.Kind{audit.TeamMade, audit.TeamRenamed, audit.SupervisorAdded, audit.SupervisorRemoved, audit.TeamRemoved, audit.MemberMoved} {
			if seen[kind] == 0 {
				t.Errorf("%s is not recorded", kind)
			}
		}
	})
}

func TestOnlyAFreshProofOfAnOldFactorChangesWhoBelongs(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ann, _, _ := staff(s)
	bea := s.person("bea", administrator)
	s.mails()
	posts := map[string][]string{
		"/employees/new": {"name", "X", "email", "x@x.example", "role", "employee"}, "/teams": {"name", "X"},
		"/teams/day/rename": {"name", "X"}, "/teams/night/remove": {"to", ""},
	}
	for path, form := range posts {
		stale := ann.inside(func(in *session.Session) { in.FactorProved = s.clock.now().Add(-6 * time.Minute) })
		if p := stale.send("POST", path, pairs(form)); p.status != 303 || !strings.HasPrefix(p.header.Get("Location"), "/prove?next=") {
			t.Errorf("%s with a stale proof: %d", path, p.status)
		}
		for name, b := range map[string]*browser{
			"by a backup code": ann.inside(byBackup), "without MFA": bea.inside(),
			"with a new factor": ann.inside(func(in *session.Session) { in.PowersFrom = s.clock.now().Add(time.Hour) }),
		} {
			if p := b.post(path, form...); p.status != 403 && p.status != 303 {
				t.Errorf("%s %s: %d", path, name, p.status)
			} else {
				p.is(403, "barred.title")
			}
		}
	}
	s.wantMails()
	teams, err := s.store.Teams(t.Context(), "bakery")
	s.must(err)
	if len(teams) != 2 || teams[0].Name != "Day" {
		t.Errorf("%v", teams)
	}
}

func TestWhateverAnAdministratorTypesIsAnsweredCalmly(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *site) {
		ann, _, eva := staff(s)
		kim := s.person("kim", withMFA) // who stays, whatever becomes of eva
		b := ann.inside()
		for _, r := range routes(t) {
			whom := eva
			if strings.HasSuffix(r.path, "/edit") {
				whom = kim
			}
			if !strings.HasPrefix(r.path, "/teams") && !strings.HasPrefix(r.path, "/employees/") && !strings.HasPrefix(r.path, "/requests/") || strings.Contains(r.path, "export") {
				continue
			}
			for what, typed := range nasty {
				paths := []string{strings.ReplaceAll(r.path, "{id}", "day"), strings.ReplaceAll(r.path, "{id}", string(whom.id)), strings.ReplaceAll(r.path, "{id}", url.PathEscape(typed))}
				for _, path := range paths {
					if r.method == "GET" {
						if p := b.send("GET", path+"?after="+url.QueryEscape(typed)+"&list="+url.QueryEscape(typed)+"&people="+url.QueryEscape(typed), nil); p.status >= 500 {
							t.Errorf("GET %s with %s: %d", r.path, what, p.status)
						}
						continue
					}
					for _, field := range strings.Fields(fields[r.path]) {
						// Alone, and among what is fair.
						for _, form := range []url.Values{{}, {"name": {"X"}, "email": {"x@x.example"}, "role": {"employee"}}} {
							form.Set(field, typed)
							if p := b.send("POST", path, form); p.status >= 500 || strings.Contains(p.body, "<script>alert") {
								t.Errorf("POST %s with %s in %s: %d", r.path, what, field, p.status)
							}
						}
					}
				}
			}
		}
		if strings.Contains(s.log.String(), `"level":"ERROR"`) {
			t.Errorf("errors were logged:\n%.2000s", s.log.String())
		}
	})
}
