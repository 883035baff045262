package web_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/sparekey/sparekey/internal/desk"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/safecopy"
	"github.com/sparekey/sparekey/internal/standing"
	"github.com/sparekey/sparekey/internal/support"
)

// byWords looks into a file by what stands in it: "unfit WHY", "unsafe", "cannot tell",
// or anything else, which is fit and safe. What looks into real files has tests of its
// own, and the stories send it some.
type byWords struct{}

// Examine looks at a file (support.Examiner).
func (byWords) Examine(_ context.Context, file []byte, want support.Want) (support.Examined, error) {
	sum := sha256.Sum256(file)
	seen := support.Examined{Type: "image/jpeg", Hash: hex.EncodeToString(sum[:]), Pages: [][]byte{bytes.Clone(file)}, Copy: safecopy.Safe}
	switch why, unfit := strings.CutPrefix(string(file), "unfit "); {
	case unfit:
		seen.Unfit, seen.Pages = why, nil
	case string(file) == "selfie" && want.Kind == standing.IdentityCopy:
		seen.Copy, seen.Reasons = safecopy.CannotTell, []string{string(safecopy.NoNumberLine), string(safecopy.NoMark)}
	case string(file) == "unsafe":
		seen.Copy, seen.Reasons = safecopy.Unsafe, []string{"number-line-open"}
	case string(file) == "cannot tell":
		seen.Copy, seen.Reasons = safecopy.CannotTell, []string{"unknown-model"}
	}
	if want.Mask {
		seen.Pages = [][]byte{[]byte("masked")}
	}
	return seen, nil
}

// An office is a desk with people, and an administrator with a case.
type office struct {
	*site
	ann, eva            *person // administrator and employee of the bakery
	lea, sam, ida       *person // lead and agents
	claimant            *browser
	number              string
	atSam, atIda, atLea *browser
}

// withOffice makes them; the case is opened by chat.
func withOffice(t *testing.T) *office {
	t.Helper()
	s := newSite(t)
	lead := func(c *cast) { c.member.Stored = org.Lead }
	o := &office{site: s}
	o.ann = s.person("ann", administrator, withEverything)
	o.eva = s.person("eva", withEverything)
	elsewhere := func(c *cast) {
		c.member.Email = org.Email(c.person.id) + "@desk.example"
		c.person.email = c.member.Email
	}
	o.lea, o.sam, o.ida = s.person("lea", atDesk, lead, elsewhere, withMFA), s.person("sam", atDesk, agent, elsewhere, withMFA), s.person("ida", atDesk, agent, elsewhere, withMFA)
	o.claimant = o.ann.halfway()
	o.number = strings.TrimPrefix(o.claimant.post("/mfa/desk", "via", "chat").shows(200).path, "/cases/")
	o.atSam, o.atIda, o.atLea = o.sam.inside(), o.ida.inside(), o.lea.inside()
	return o
}

func (o *office) path(side, act string) string { return "/" + side + "/" + o.number + act }

// brings sends a file for one of the things that are asked for.
func (o *office) brings(kind standing.EvidenceKind, content string) *page {
	o.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	o.must(form.WriteField("kind", string(kind)))
	part, err := form.CreateFormFile("file", "photo.jpg")
	o.must(err)
	_, err = part.Write([]byte(content))
	o.must(err)
	o.must(form.Close())
	path := o.path("cases", "/files")
	r := httptest.NewRequestWithContext(o.t.Context(), "POST", base+path, &body)
	r.RequestURI, r.RemoteAddr = path, o.claimant.from
	r.Header.Set("Content-Type", form.FormDataContentType())
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.Header.Set("Origin", base)
	return o.claimant.follow(o.claimant.answer(r, path))
}

// evidence is what is kept on the case.
func (o *office) evidence() map[standing.EvidenceKind]standing.Evidence {
	o.t.Helper()
	list, err := o.store.EvidenceOf(o.t.Context(), o.ann.standing().Case.ID)
	o.must(err)
	kept := map[standing.EvidenceKind]standing.Evidence{}
	for _, e := range list {
		kept[e.Kind] = e
	}
	return kept
}

// ticks has an agent go through the checklist.
func (o *office) ticks(b *browser) {
	o.t.Helper()
	var fields []string
	for _, item := range desk.Items {
		fields = append(fields, "how-"+item, "looked at "+item)
	}
	b.post(o.path("desk", "/tick"), fields...).shows(200)
}

// approved brings everything and has sam and whoever is picked approve it.
func (o *office) approved() (second *browser) {
	o.t.Helper()
	for _, kind := range desk.Needed {
		o.brings(kind, "fit "+string(kind)).shows(200)
	}
	o.atSam.post(o.path("desk", "/take"))
	o.ticks(o.atSam)
	o.atSam.post(o.path("desk", "/approve")).says("desk.state.second")
	second = o.atIda
	if o.ann.standing().Case.Second == o.lea.id {
		second = o.atLea
	}
	o.ticks(second)
	second.post(o.path("desk", "/confirm")).says("desk.state.waiting")
	return second
}

func TestACaseIsOpenedByAdministratorsAloneAndTold(t *testing.T) {
	t.Parallel()
	o := withOffice(t)
	o.wantMails("case-opened → ann@bakery.example", "case-opened → ann@private.example")
	o.eva.halfway().post("/mfa/desk", "via", "chat").is(409, "case.begin-title")
	o.ann.halfway().post("/mfa/desk", "via", "pigeon").is(422, "case.begin-title").says("problem.nothing-chosen")
	// Whoever comes back finds the same case.
	if again := o.ann.halfway().post("/mfa/desk", "via", "mail"); again.path != o.path("cases", "") {
		t.Errorf("led to %s", again.path)
	}
	o.ann.halfway().open(o.path("cases", "")).shows(200)
}

func TestTheLinkOfACaseIsNothingWithoutThePassword(t *testing.T) {
	t.Parallel()
	o := withOffice(t)
	link := o.path("cases", "")
	o.browser().open(link).at("/sign-in")
	o.eva.halfway().open(link).is(404, "error.404.title")
	o.eva.inside().open(link).is(404, "error.404.title")
	for _, path := range []string{"/talk?after=0", "/events"} {
		o.browser().open(link+path).is(404, "error.404.title")
		o.eva.inside().open(link+path).is(404, "error.404.title")
	}
	for _, act := range []string{"/write", "/seen", "/withdraw"} {
		o.browser().post(link+act, "text", "it is me", "delivered", "1", "read", "1").is(404, "error.404.title")
	}
	if o.ann.standing().Case.State != standing.CaseOpen {
		t.Error("somebody without the password withdrew it")
	}
	// An agent is led to the page for agents; a browser shows it for a while only.
	o.atSam.open(link).at(o.path("desk", ""))
	o.clock.move(desk.BrowserTime)
	o.claimant.open(link).at("/sign-in")
}

func TestNobodyOutsideTheDeskSeesItsPages(t *testing.T) {
	t.Parallel()
	o := withOffice(t)
	for _, who := range []*person{o.ann, o.eva} {
		b := who.inside()
		b.open("/desk").is(404, "error.404.title")
		b.open(o.path("desk", "")).is(404, "error.404.title")
		for _, act := range []string{"take", "say", "approve", "confirm", "hand", "reject", "release"} {
			b.post(o.path("desk", "/"+act), "text", "x", "verified", "letter").is(404, "error.404.title")
		}
	}
	o.sam.inside(byBackup).open("/desk").is(403, "barred.title")
	if c := o.ann.standing().Case; c.Agent != "" || c.State != standing.CaseOpen {
		t.Errorf("%+v", c)
	}
}

func TestBothSidesTalkAndSeeWhatWasRead(t *testing.T) {
	t.Parallel()
	o := withOffice(t)
	o.claimant.post(o.path("cases", "/write"), "text", "My phone is in the canal.", "once", "one")
	o.claimant.post(o.path("cases", "/write"), "text", "My phone is in the canal.", "once", "one")
	o.claimant.post(o.path("cases", "/write"), "text", " \n ", "once", "two").shows(422).says("problem.no-words")
	o.claimant.post(o.path("cases", "/write"), "text", strings.Repeat("x", desk.MaxText+1)).shows(422)
	o.atSam.post(o.path("desk", "/note"), "text", "Sounds like a thief")
	o.atSam.post(o.path("desk", "/say"), "text", "Please send\n<b>the extract</b>", "once", "one")
	talk := o.claimant.open(o.path("cases", "/talk?after=0"))
	if n := talk.doc.Find("li[data-seq]").Length(); n != 3 {
		t.Errorf("%d lines: %s", n, talk.body)
	}
	if strings.Contains(talk.body, "thief") || strings.Contains(talk.body, "<b>") {
		t.Errorf("the claimant sees %s", talk.body)
	}
	o.atSam.post(o.path("desk", "/seen"), "delivered", "4", "read", "4")
	if talk = o.claimant.open(o.path("cases", "/talk?after=0")); !strings.Contains(talk.text(), english("case.mark-read")) {
		t.Error("nobody is told that it was read")
	}
	if rest := o.claimant.open(o.path("cases", "/talk?after=4")); rest.doc.Find("li[data-seq]").Length() != 0 {
		t.Errorf("after the last comes %s", rest.body)
	}
	o.claimant.post(o.path("cases", "/seen"), "delivered", "x", "read", "-1").is(400, "error.400.title")
	if inside := o.atSam.open(o.path("desk", "/talk?after=0")); !strings.Contains(inside.body, "thief") {
		t.Error("agents do not see their notes")
	}
}

func TestAnUnsafeCopyIsNotKeptAndADoubtfulOneIsMasked(t *testing.T) {
	t.Parallel()
	o := withOffice(t)
	for content, why := range map[string]string{"unfit not-an-image": "case.unfit.not-an-image", "unfit scripted": "case.unfit.scripted", "unsafe": "safe-copy.reason.number-line-open"} {
		o.brings(standing.IdentityCopy, content).shows(422).says(why)
	}
	o.brings("passport", "fit").shows(422).says("case.unfit.kind")
	o.brings(standing.Selfie, "").shows(422)
	o.brings(standing.IdentityCopy, "cannot tell").shows(422).says("case.fate.cannot-tell")
	if kept := o.evidence(); len(kept) != 0 {
		t.Fatalf("kept %+v", kept)
	}
	o.brings(standing.IdentityCopy, "cannot tell").shows(200).says("case.fate.kept-masked")
	e := o.evidence()[standing.IdentityCopy]
	picture, err := o.store.EvidencePage(t.Context(), o.ann.standing().Case.ID, e.ID, 1)
	if !e.Doubtful || err != nil || string(picture) != "masked" {
		t.Errorf("kept %+v, %q, %v", e, picture, err)
	}
	if refused := o.ann.standing().Case.Refused; refused != 4 {
		t.Errorf("%d refused", refused)
	}
	// So many files, and no more.
	for range desk.MaxFiles {
		o.brings(standing.Selfie, "unfit empty")
	}
	o.brings(standing.Selfie, "fit").shows(409)
}

func TestTwoAgentsAndTheTimeToObjectLetAnAdministratorIn(t *testing.T) {
	t.Parallel()
	o := withOffice(t)
	second := o.approved()
	o.hush()
	// Before the time to object is over nobody hands anything over.
	o.atSam.post(o.path("desk", "/hand"), "verified", "number-on-file").shows(409)
	o.clock.move(73 * time.Hour)
	sam := o.sam.inside()
	sam.post(o.path("desk", "/hand"), "verified", "mail").shows(422)
	shown := sam.post(o.path("desk", "/hand"), "verified", "number-on-file").says("desk.half")
	read := shown.doc.Find(".sheet .big code").Text()
	mails := o.wantMails("case-pass → ann@bakery.example", "case-pass → ann@private.example")
	mailed := mails["case-pass → ann@bakery.example"].Facts.Code
	if mailed == "" || read == "" || strings.ReplaceAll(read, " ", "") == mailed {
		t.Fatalf("halves %q and %q", mailed, read)
	}
	if sam.open(o.path("desk", "")).doc.Find(".sheet .big code").Length() != 0 {
		t.Error("the half is shown twice")
	}
	_ = second
	b := o.ann.halfway()
	b.open(o.path("cases", "")).says("case.halves")
	halves := o.path("cases", "/halves")
	b.post(halves, "mailed", mailed, "read", mailed).shows(401).says("problem.wrong-halves")
	b.post(halves, "mailed", mailed, "read", "??").shows(422)
	o.eva.halfway().post(halves, "mailed", mailed, "read", read).is(404, "error.404.title")
	b.post(halves, "mailed", strings.ToLower(mailed), "read", read).at("/setup-mfa")
	// Used once more, it is nothing: an authenticator is not set up yet, but the sign-in is spent.
	b.post(halves, "mailed", mailed, "read", read)
	if n := o.ann.sessions(); n != 1 {
		t.Errorf("%d sessions", n)
	}
}

func TestAnObjectionStopsWhatTheDeskGives(t *testing.T) {
	t.Parallel()
	o := withOffice(t)
	bea := o.person("bea", administrator, withEverything)
	o.approved()
	// By an administrator, on the page of the employee.
	b := bea.inside()
	b.open(o.ann.at("")).has(`a[href$="/stop-pass"]`)
	b.open(o.ann.at("/stop-pass"))
	b.submit(o.ann.at("/stop-pass"), "note", "I just saw her use her phone")
	if c := o.ann.standing().Case; c.State != standing.CaseFrozen || c.First != "" {
		t.Fatalf("%+v", c)
	}
	o.clock.move(73 * time.Hour)
	o.sam.inside().post(o.path("desk", "/hand"), "verified", "number-on-file").shows(409)
	o.sam.inside().post(o.path("desk", "/release"), "verified", "call", "text", "x").shows(409).says("desk.no.not-for-role")
	o.lea.inside().post(o.path("desk", "/release"), "verified", "call", "text", "It was a mistake").says("desk.state.open")
	if st := o.ann.standing(); st.Status == standing.Frozen || st.Case.State != standing.CaseOpen || st.Pass.ID != "" {
		t.Errorf("%s, %+v, %+v", st.Status, st.Case, st.Pass)
	}
}

func TestAnAgentOfTheSameOrganisationAndOneAgentTwiceAreRefused(t *testing.T) {
	t.Parallel()
	o := withOffice(t)
	// Sam has an account in the bakery too, under the same address.
	o.person("sam2", func(c *cast) { c.member.Email = o.sam.email; c.person.email = o.sam.email })
	o.atSam.open(o.path("desk", "")).says("desk.no.own-colleague").hasNot(`form[action$="/take"]`)
	o.atSam.post(o.path("desk", "/take")).shows(409)
	if o.ann.standing().Case.Agent != "" {
		t.Error("it was taken")
	}
	for _, kind := range desk.Needed {
		o.brings(kind, "fit "+string(kind))
	}
	o.atIda.post(o.path("desk", "/take"))
	o.ticks(o.atIda)
	o.atIda.post(o.path("desk", "/approve"))
	if c := o.ann.standing().Case; c.Second != o.lea.id {
		t.Errorf("picked %s", c.Second)
	}
	// Ida again, from another browser.
	other := o.ida.inside()
	other.post(o.path("desk", "/confirm")).shows(409)
	if o.ann.standing().Case.State != standing.CaseSecond {
		t.Error("one agent approved it twice")
	}
}

func TestEvidenceIsDestroyedInTimeAndTheClaimantIsSent(t *testing.T) {
	t.Parallel()
	o := withOffice(t)
	o.brings(standing.Selfie, "fit")
	o.claimant.post(o.path("cases", "/withdraw"))
	o.hush()
	tend := func() int {
		n, err := o.office().Tend(t.Context())
		o.must(err)
		return n
	}
	o.clock.move(7*24*time.Hour - time.Minute)
	if n := tend(); n != 0 {
		t.Errorf("%d destroyed a minute early", n)
	}
	o.clock.move(time.Minute)
	if n := tend(); n != 1 || len(o.evidence()) != 0 {
		t.Errorf("%d destroyed", n)
	}
	mails := o.wantMails("case-destroyed → ann@bakery.example", "case-destroyed → ann@private.example")
	if text := mails["case-destroyed → ann@bakery.example"].Facts.Text; !strings.Contains(text, "SHA-256 ") || !strings.Contains(text, "selfie") {
		t.Errorf("the receipt says %q", text)
	}
	if left, err := o.office().Undestroyed(t.Context()); err != nil || len(left) != 0 {
		t.Errorf("left %v, %v", left, err)
	}
	o.lea.inside().open(o.path("desk", "")).says("desk.gone", "At", "9 March 2026, 12:00")
}

func TestACaseOfWhichNothingIsHeardIsAbandoned(t *testing.T) {
	t.Parallel()
	o := withOffice(t)
	o.hush()
	o.clock.move(desk.Quiet)
	_, err := o.office().Tend(t.Context())
	o.must(err)
	o.wantMails("case-ended → ann@bakery.example", "case-ended → ann@private.example")
	if c := o.ann.standing().Case; c.State != standing.CaseAbandoned {
		t.Errorf("%+v", c)
	}
}

// office is what carries cases, as the pages do.
func (s *site) office() *support.Service {
	return &support.Service{
		Store: s.store, Now: s.clock.now, Random: rand.Reader, NewID: s.newID, Zone: time.UTC, Keep: 7 * 24 * time.Hour, For: "The Desk", Examine: s.examiner,
	}
}

func TestWhoeverListensHearsOfAChangeWithinASecond(t *testing.T) {
	t.Parallel()
	o := withOffice(t)
	server := httptest.NewServer(o.server)
	defer server.Close()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	r, err := http.NewRequestWithContext(ctx, "GET", server.URL+o.path("cases", "/events"), nil)
	o.must(err)
	r.AddCookie(&http.Cookie{Name: "__Host-sparekey-case", Value: o.claimant.cookie("sparekey-case")})
	answer, err := http.DefaultClient.Do(r)
	o.must(err)
	defer func() { _ = answer.Body.Close() }()
	if kind := answer.Header.Get("Content-Type"); answer.StatusCode != 200 || kind != "text/event-stream" {
		t.Fatalf("%d %s", answer.StatusCode, kind)
	}
	lines := bufio.NewScanner(answer.Body)
	next := func() string {
		for lines.Scan() {
			if text := lines.Text(); strings.HasPrefix(text, "event:") {
				return text
			}
		}
		return ""
	}
	next() // it is there
	began := time.Now()
	o.atSam.post(o.path("desk", "/say"), "text", "Are you there?")
	if got := next(); got != "event: stir" || time.Since(began) > time.Second {
		t.Errorf("%q after %v", got, time.Since(began))
	}
}

// shows fails unless the page is that of a case, with a status.
func (p *page) shows(status int) *page {
	p.site.t.Helper()
	if got := p.doc.Find("title").Text(); p.status != status || !strings.Contains(got, "2026-0001") {
		p.site.t.Fatalf("%s answers %d with %q, want %d with a case:\n%s", p.path, p.status, got, status, p.text())
	}
	return p
}

func TestALetterCountsOnlyFromTheClaimantAndVouchedFor(t *testing.T) {
	t.Parallel()
	o := withOffice(t)
	c := o.ann.standing().Case
	good := support.Letter{From: "ann@bakery.example", Number: c.Number, Token: string(c.Token), MessageID: "one@bakery.example", Text: "Here it is.", Vouched: true,
		Files: [][]byte{[]byte("%PDF-1.7 extract"), []byte("selfie"), []byte("safe copy")}}
	lines := func() int {
		list, err := o.store.Entries(t.Context(), c.ID, 0)
		o.must(err)
		n := 0
		for _, e := range list {
			if e.Kind == standing.FromClaimant {
				n++
			}
		}
		return n
	}
	for name, bad := range map[string]struct {
		change func(*support.Letter)
		want   support.LetterFate
	}{
		"nobody vouches for it":           {func(l *support.Letter) { l.Vouched = false }, support.LetterDropped},
		"another sender":                  {func(l *support.Letter) { l.From = "eva@bakery.example" }, support.LetterNoCase},
		"a third party with the number":   {func(l *support.Letter) { l.From, l.Token = "thief@evil.example", "" }, support.LetterNoCase},
		"the claimant, and another token": {func(l *support.Letter) { l.Token += "x" }, support.LetterNoCase},
		"another number":                  {func(l *support.Letter) { l.Number = "2026-0002" }, support.LetterNoCase},
		"no number":                       {func(l *support.Letter) { l.Number = "" }, support.LetterNoCase},
	} {
		l := good
		bad.change(&l)
		if fate, err := o.office().TakeLetter(t.Context(), l); err != nil || fate != bad.want || lines() != 0 || len(o.evidence()) != 0 {
			t.Errorf("%s: %s, %v; %d lines, %v", name, fate, err, lines(), o.evidence())
		}
	}
	for range 2 { // delivered again
		if fate, err := o.office().TakeLetter(t.Context(), good); err != nil || fate != support.LetterTaken {
			t.Fatalf("%s, %v", fate, err)
		}
	}
	kept := o.evidence()
	if lines() != 1 || len(kept) != 3 || kept[standing.Selfie].Via != standing.ByMail {
		t.Errorf("%d lines, %+v", lines(), kept)
	}
	unsafe := good
	unsafe.MessageID, unsafe.Files = "two@bakery.example", [][]byte{[]byte("unsafe")}
	if fate, err := o.office().TakeLetter(t.Context(), unsafe); err != nil || fate != support.LetterPartly {
		t.Errorf("with an unsafe copy: %s, %v", fate, err)
	}
	long := good
	long.MessageID, long.Files, long.Text = "three@bakery.example", nil, strings.Repeat("x", 3*desk.MaxText)
	if fate, err := o.office().TakeLetter(t.Context(), long); err != nil || fate != support.LetterTaken || lines() != 3 {
		t.Errorf("a long one: %s, %v, %d lines", fate, err, lines())
	}
	o.claimant.post(o.path("cases", "/withdraw"))
	if fate, err := o.office().TakeLetter(t.Context(), good); err != nil || fate != support.LetterOver {
		t.Errorf("after the end: %s, %v", fate, err)
	}
}
