package web

import (
	"bytes"
	"fmt"
	"html/template"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"
	"github.com/PuerkitoBio/goquery"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/notice"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/policy"
	"github.com/sparekey/sparekey/internal/standing"
	"github.com/sparekey/sparekey/internal/words"
)

// render returns the document of s in l.
func render(t *testing.T, p *Pages, s sample, l org.Language) (string, Page) {
	t.Helper()
	page := pageOf(s, l)
	var b bytes.Buffer
	if err := p.Render(&b, page); err != nil {
		t.Fatalf("%s in %s: %v", s.name, l, err)
	}
	return b.String(), page
}

// pageOf returns the page of s in l.
func pageOf(s sample, l org.Language) Page {
	return s.page(Frame{Voice: words.Speak(l, nil), Path: "/" + s.name})
}

func newPages(t *testing.T) *Pages {
	t.Helper()
	p, err := NewPages()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

var (
	missing = regexp.MustCompile(`\[[a-z-]+\.[a-z0-9.-]+\]`)
	inline  = regexp.MustCompile(`(?i)\s(style|on[a-z]+)\s*=`)
)

// unsaid returns a trace of words that are missing from a document, or "".
func unsaid(document string) string {
	for _, trace := range []string{"&lt;no value&gt;", "<no value>", "ZgotmplZ", "%!"} {
		if strings.Contains(document, trace) {
			return trace
		}
	}
	return missing.FindString(document)
}

// forbidden returns what the content security policy forbids in a document, or "".
// It looks at one tag after the other: one pattern for the whole document takes several times as long.
func forbidden(document string) string {
	lower := strings.ToLower(document)
	for _, text := range []string{"<style", "javascript:"} {
		if strings.Contains(lower, text) {
			return text
		}
	}
	for piece := range strings.SplitSeq(document, ">") {
		if _, tag, ok := strings.Cut(piece, "<"); ok && inline.MatchString(tag) {
			return "<" + tag + ">"
		}
	}
	return ""
}

func TestWhatIsWrongWithADocumentIsFound(t *testing.T) {
	for document, want := range map[string][2]string{
		`<p class="a">style = on</p> a > b onclick=`: {"", ""},
		`<a href="/" title="a" >on</a>`:              {"", ""},
		"<p\nSTYLE = 'x'>":                           {"", "<p\nSTYLE = 'x'>"},
		`<p>a</p><b  onLoad="x">`:                    {"", `<b  onLoad="x">`},
		`1 < 2 <p style="x"`:                         {"", `< 2 <p style="x">`},
		`<Style>`:                                    {"", "<style"},
		`<a href="JavaScript:x">`:                    {"", "javascript:"},
		`<p>[setup-done.title]</p>`:                  {"[setup-done.title]", ""},
		`<p>[1] &lt;no value&gt;</p>`:                {"&lt;no value&gt;", ""},
		`<p><no value></p>`:                          {"<no value>", ""},
		`<p class="ZgotmplZ">`:                       {"ZgotmplZ", ""},
		`<p>%!s(int=1)</p>`:                          {"%!", ""},
	} {
		if got := [2]string{unsaid(document), forbidden(document)}; got != want {
			t.Errorf("%s: %q, want %q", document, got, want)
		}
	}
}

func TestEveryPageIsWholeInEveryLanguage(t *testing.T) {
	pages := newPages(t)
	for _, s := range samples() {
		for _, l := range words.Languages {
			document, _ := render(t, pages, s, l)
			fail := func(format string, args ...any) {
				t.Helper()
				t.Errorf("%s in %s: "+format, append([]any{s.name, l}, args...)...)
			}
			if m := unsaid(document); m != "" {
				fail("words are missing: %s", m)
			}
			if m := forbidden(document); m != "" {
				fail("the content security policy forbids %s", m)
			}
			d, err := goquery.NewDocumentFromReader(strings.NewReader(document))
			if err != nil {
				t.Fatal(err)
			}
			if n := d.Find("h1").Length(); n != 1 && s.name != "case-talk" { // a part of a page
				fail("%d h1", n)
			}
			if lang, _ := d.Find("html").Attr("lang"); lang != string(l) {
				fail("lang is %q", lang)
			}
			level := 1
			d.Find("h1,h2,h3").Each(func(_ int, h *goquery.Selection) {
				now := int(goquery.NodeName(h)[1] - '0')
				if now > level+1 {
					fail("heading %q skips a level", h.Text())
				}
				level = now
			})
			checkFields(d, fail)
			d.Find("script").Each(func(_ int, x *goquery.Selection) {
				if x.Text() != "" || !strings.HasPrefix(x.AttrOr("src", ""), "/assets/") {
					fail("a script that is not ours")
				}
			})
		}
	}
}

// checkFields looks at what people fill in and press.
func checkFields(d *goquery.Document, fail func(string, ...any)) {
	ids := map[string]bool{}
	d.Find("[id]").Each(func(_ int, x *goquery.Selection) {
		id, _ := x.Attr("id")
		if ids[id] {
			fail("two elements with id %q", id)
		}
		ids[id] = true
	})
	d.Find("input:not([type=hidden]):not([aria-hidden])").Each(func(_ int, x *goquery.Selection) {
		id, _ := x.Attr("id")
		if id == "" || d.Find(`label[for="`+id+`"]`).Length() != 1 {
			fail("field %q has no label", id)
		}
	})
	for _, attr := range []string{"aria-describedby", "aria-labelledby"} {
		d.Find("[" + attr + "]").Each(func(_ int, x *goquery.Selection) {
			for _, id := range strings.Fields(x.AttrOr(attr, "")) {
				if !ids[id] {
					fail("%s names %q, which is not there", attr, id)
				}
			}
		})
	}
	d.Find(`.problem a[href^="#"]`).Each(func(_ int, x *goquery.Selection) {
		if id := strings.TrimPrefix(x.AttrOr("href", ""), "#"); !ids[id] {
			fail("the problem leads to %q, which is not there", id)
		}
	})
	d.Find("button,a,h1,h2,label,legend,th,summary,title").Each(func(_ int, x *goquery.Selection) {
		if strings.TrimSpace(x.Text()) == "" {
			fail("an empty %s", goquery.NodeName(x))
		}
	})
	d.Find("form").Each(func(_ int, x *goquery.Selection) {
		searches := x.AttrOr("method", "") == "get" && x.AttrOr("role", "") == "search"
		if x.AttrOr("method", "") != "post" && !searches || !strings.HasPrefix(x.AttrOr("action", ""), "/") {
			fail("a form that posts nowhere")
		}
	})
}

func TestNoTwoPagesHaveTheSameTitle(t *testing.T) {
	for _, l := range words.Languages {
		of := map[string]string{}
		for _, s := range samples() {
			page := pageOf(s, l)
			name := page.template()
			if name == "link-ended" || name == "error" {
				name = s.name
			}
			if other, ok := of[page.title()]; ok && other != name {
				t.Errorf("in %s %s and %s are both called %q", l, other, name, page.title())
			}
			of[page.title()] = name
		}
	}
}

func TestEveryTemplateIsShownInTheGallery(t *testing.T) {
	pages := newPages(t)
	shown := map[string]bool{}
	for _, s := range samples() {
		shown[s.page(Frame{Voice: words.Speak(org.English, nil)}).template()] = true
	}
	for name := range pages.templates {
		if !shown[name] {
			t.Errorf("pages/%s.html is in no sample", name)
		}
	}
}

// built are the ids that a page puts together from a kind.
func built() []string {
	var ids []string
	for _, n := range notices {
		ids = append(ids, "notice."+string(n.ID))
		if n.Next() != "" {
			ids = append(ids, "notice."+string(n.ID)+".next")
		}
	}
	for _, p := range problems {
		ids = append(ids, "problem."+string(p.Why))
	}
	for _, r := range reasons {
		ids = append(ids, "reason."+string(r), "reason."+string(r)+".next")
	}
	for _, k := range kinds {
		why := "reason." + Rung{Kind: k, Reason: ReasonNotForRole}.Why()
		ids = append(ids, "rung."+string(k), "rung."+string(k)+".how", why, why+".next")
	}
	for _, r := range whyClosed {
		ids = append(ids, "settings.why."+string(r))
	}
	for _, l := range policy.Pauses {
		ids = append(ids, "settings-unforce.for-"+string(l))
	}
	for _, p := range []org.Plan{org.Free, org.Basic, org.Premium} {
		ids = append(ids, "plan."+string(p))
	}
	for _, b := range barriers {
		ids = append(ids, "barrier."+string(b))
	}
	for _, r := range risks {
		ids = append(ids, "ready."+string(r))
		if !(Readiness{Risk: r}).Good() {
			ids = append(ids, "ready."+string(r)+".next")
		}
	}
	for _, s := range statuses {
		ids = append(ids, fmt.Sprintf("error.%d.title", s), fmt.Sprintf("error.%d.why", s), fmt.Sprintf("error.%d.next", s))
	}
	for _, k := range notice.Kinds {
		if k.MayObject() {
			ids = append(ids, "not-me.kind."+string(k))
		}
	}
	for _, k := range []LinkKind{ResetLink, InvitationLink, NotMeLink, PassLink, AddressLink} {
		for _, part := range []string{".title", ".why", ".next", ".button"} {
			if k != InvitationLink && k != PassLink && k != AddressLink || part != ".button" {
				ids = append(ids, "link-ended."+string(k)+part)
			}
		}
	}
	for _, r := range []SetupReason{SetupChosen, SetupForced, SetupLost, SetupAnother, SetupPass} {
		ids = append(ids, "setup-begin."+string(r))
	}
	for _, s := range allSteps {
		ids = append(ids, "step."+string(s), "setup-begin.step-"+string(s))
	}
	for _, l := range []Left{LeftNothing, LeftNoCodes, LeftNoEmail} {
		ids = append(ids, "setup-stopped."+string(l))
	}
	for _, r := range []org.Role{org.Employee, org.Supervisor, org.Administrator, org.Agent, org.Lead} {
		ids = append(ids, "role."+string(r))
	}
	for _, l := range words.Languages {
		ids = append(ids, "language."+string(l))
	}
	for score := range 5 {
		ids = append(ids, fmt.Sprint("strength.", score))
	}
	ids = append(ids, requestWords()...)
	ids = append(ids, rosterBuilt()...)
	for _, t := range tabs {
		ids = append(ids, Tab{Path: t.path}.Word())
	}
	for _, c := range standing.Colours {
		ids = append(ids, "colour."+string(c), "drill.ends-"+string(c))
	}
	for _, g := range audit.Groups {
		ids = append(ids, "log.group-"+string(g))
	}
	for _, k := range (LogPage{}).Actors() {
		ids = append(ids, "log.by-"+string(k))
	}
	for _, m := range (Employees{}).MFAStates() {
		ids = append(ids, "employees.mfa-"+string(m))
	}
	for _, state := range (Employees{}).States() {
		ids = append(ids, "employees.state-"+string(state))
	}
	for _, column := range []string{"name", "email", "team", "mfa", "added"} {
		ids = append(ids, "employees.column-"+column)
	}
	ids = append(ids, "employees.is-invited", "employees.is-deactivated", "import.as-administrator", "import.as-employee")
	ids = append(ids, "log.who", "log.whom", "log.from-day", "log.until-day")
	for _, part := range append(slices.Clone(helpParts), HelpPart{Name: "secure-copy"}) {
		ids = append(ids, "help.part."+part.Name, "help.part."+part.Name+".lead")
		for _, way := range part.Ways {
			ids = append(ids, "help.way."+way.Name)
			for _, step := range way.Steps {
				ids = append(ids, "help.step."+step, "help.step."+step+".alt")
			}
		}
	}
	for _, step := range copySteps {
		ids = append(ids, "help.step."+step, "help.step."+step+".alt")
	}
	for _, c := range slices.Concat(Help{}.Copy(), Help{}.Hints()) {
		ids = append(ids, "help.copy."+c, "help.copy."+c+".how")
	}
	for _, state := range []AskState{AskFirst, AskWaiting, AskOpens, AskReady, AskSignIn, AskRefused, AskClosed, AskStopped, AskExpired} {
		ids = append(ids, "ask."+string(state)+".title", "ask."+string(state)+".lead")
	}
	for _, why := range []string{"no-helper", "too-many-requests", "frozen", "mfa-off", "not-active"} {
		ids = append(ids, "ask.no."+why)
	}
	ids = append(ids, "rung.helper.button", "rung.administrator.button")
	for _, back := range []string{"sign-in", "mfa", "my-login"} {
		ids = append(ids, "help.back-"+back)
	}
	ids = append(ids, employeeBuilt()...)
	ids = append(ids, safeCopyBuilt()...)
	ids = append(ids, caseBuilt()...)
	return append(ids, "session.by-backup-code", "session.by-backup-email", "session.by-remembered", "session.by-suspension", "session.by-pass", "my-login.email-add", "my-login.email-change")
}

func TestEverySentenceIsThereInEachLanguageAndSaidSomewhere(t *testing.T) {
	used := map[string]bool{}
	for _, id := range built() {
		used[id] = true
	}
	literal := regexp.MustCompile(`[sS]ay "([a-z0-9.-]+)"|[sS]ay\("([a-z0-9.-]+)"[,)]`)
	for _, pattern := range []string{"pages/*.html", "view_*.go", "page_*.go"} {
		names, err := filepath.Glob(pattern)
		if err != nil || len(names) == 0 {
			t.Fatalf("nothing at %s: %v", pattern, err)
		}
		for _, name := range names {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range literal.FindAllStringSubmatch(string(text), -1) {
				used[m[1]+m[2]] = true
			}
		}
	}
	said := map[org.Language]map[string]any{}
	for _, l := range words.Languages {
		said[l] = map[string]any{}
		for _, topic := range []string{"pages", "ask", "roster", "settings", "employees", "employee", "requests", "edit", "help", "safecopy", "case", "desk"} {
			var sentences map[string]any
			if _, err := toml.DecodeFile("../words/"+topic+"."+string(l)+".toml", &sentences); err != nil {
				t.Fatal(err)
			}
			maps.Copy(said[l], sentences)
		}
		for id := range said[l] {
			if !used[id] {
				t.Errorf("%s: %q is said nowhere", l, id)
			}
		}
		var shared map[string]any // with mails, so that not all of them are said here
		if _, err := toml.DecodeFile("../words/common."+string(l)+".toml", &shared); err != nil {
			t.Fatal(err)
		}
		for id := range used {
			if _, ok := said[l][id]; !ok && shared[id] == nil {
				t.Errorf("%s: %q is said but not there", l, id)
			}
		}
	}
	blank := regexp.MustCompile(`{{[^}]*\.([A-Z][A-Za-z]*)`)
	for id, english := range said[org.English] {
		want := blank.FindAllString(fmt.Sprint(english), -1)
		got := blank.FindAllString(fmt.Sprint(said[org.Dutch][id]), -1)
		if len(want) > 0 != (len(got) > 0) {
			t.Errorf("%q fills other blanks in Dutch: %v, %v", id, want, got)
		}
	}
}

func TestAssetsCarryTheHashOfWhatTheyHold(t *testing.T) {
	pages := newPages(t)
	if len(pages.hashed) == 0 {
		t.Fatal("no assets")
	}
	for name, hashed := range pages.hashed {
		plain, ok := pages.Asset(name)
		lasting, ok2 := pages.Asset(hashed)
		if !ok || !ok2 || !bytes.Equal(plain.Content, lasting.Content) || plain.Lasting || !lasting.Lasting {
			t.Errorf("%s and %s are not the same asset", name, hashed)
		}
	}
	if _, ok := pages.Asset("../render.go"); ok {
		t.Error("an asset outside the folder")
	}
}

func TestAPhoneNumberIsDialledWithoutItsSpaces(t *testing.T) {
	for typed, dialled := range map[string]string{
		"06 1234 5678":     "0612345678",
		"+31 (30) 123-456": "+3130123456",
		"0+1":              "01",
		"":                 "",
	} {
		if got := (Person{Phone: typed}).Dial(); got != dialled {
			t.Errorf("%q: %q, want %q", typed, got, dialled)
		}
	}
}

func TestOnlyNoticesWithoutFactsComeFromOutside(t *testing.T) {
	for _, n := range notices {
		bare := n == (Notice{ID: n.ID})
		lasting := slices.Contains([]NoticeID{NoticeCameByBackup, NoticeNoBackup, NoticeOnlyYou}, n.ID)
		if _, known := KnownNotice(string(n.ID)); known != (bare && !lasting) {
			t.Errorf("%s: known is %v", n.ID, known)
		}
	}
	if _, known := KnownNotice("<script>"); known {
		t.Error("any text is a notice")
	}
}

// TestGallery writes every page as a file, to be looked at. It does so only
// where SPAREKEY_GALLERY names a folder.
func TestGallery(t *testing.T) {
	folder := os.Getenv("SPAREKEY_GALLERY")
	if folder == "" {
		t.Skip("SPAREKEY_GALLERY names no folder")
	}
	pages := newPages(t)
	if err := os.MkdirAll(filepath.Join(folder, "assets"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, asset := range pages.assets {
		write(t, filepath.Join(folder, "assets", name), asset.Content)
	}
	for _, s := range samples() {
		for _, l := range words.Languages {
			document, _ := render(t, pages, s, l)
			document = strings.ReplaceAll(document, `"/assets/`, `"assets/`)
			write(t, filepath.Join(folder, fmt.Sprintf("%s.%s.html", s.name, l)), []byte(document))
		}
	}
}

func write(t *testing.T, name string, content []byte) {
	t.Helper()
	if err := os.WriteFile(name, content, fs.FileMode(0o644)); err != nil {
		t.Fatal(err)
	}
}

// A Dutch label is short and stands alone: "back-up" is written in it with a
// hyphen that no line ends at (U+2011).
func TestNoDutchLabelEndsALineInsideAWord(t *testing.T) {
	pages := newPages(t)
	for _, s := range samples() {
		document, _ := render(t, pages, s, org.Dutch)
		d, err := goquery.NewDocumentFromReader(strings.NewReader(document))
		if err != nil {
			t.Fatal(err)
		}
		d.Find("h1,h2,h3,label,legend,button,a,summary,.steps li").Not(".problem a").Each(func(_ int, x *goquery.Selection) {
			if strings.Contains(strings.ToLower(x.Text()), "back-up") {
				t.Errorf("%s: %q", s.name, strings.TrimSpace(x.Text()))
			}
		})
	}
}

func TestALongAddressMayEndTheLineBeforeItsParts(t *testing.T) {
	if got, want := (Frame{}).Parted("a.b@c.example<"), template.HTML("a<wbr>.b<wbr>@c<wbr>.example&lt;"); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
