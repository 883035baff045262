package web_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/sparekey/sparekey/internal/factor"
	"github.com/sparekey/sparekey/internal/notice"
	"github.com/sparekey/sparekey/internal/standing"
)

// TestTheLogHoldsNoSecretAndNobodysAddress walks through everything, with what
// goes wrong on the way, and looks for whatever must not be written.
func TestTheLogHoldsNoSecretAndNobodysAddress(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eva := s.person("eva")
	secrets := map[string]string{
		secretWords: "password", "eva@bakery.example": "address", "eva@private.example": "address", "stranger@elsewhere.example": "address",
		"a wrong guess entirely": "typed password", newWords: "new password", "192.0.2.7": "network address", "Jansen": "name",
	}
	keep := func(what string, values ...string) {
		for _, v := range values {
			if v != "" {
				secrets[v] = what
			}
		}
	}
	tokens := func(b *browser) {
		for _, name := range []string{"sparekey-session", "sparekey-sign-in", "sparekey-device"} {
			if token := b.cookie(name); token != "" {
				keep(name, token, string(hashOf(token)))
			}
		}
	}
	letters := func() (codes []string) {
		for _, m := range s.mails() {
			keep("mailed code", m.Facts.Code)
			for _, link := range []string{m.Facts.Link, m.Facts.Objection} {
				token := link[strings.LastIndex(link, "/")+1:]
				if token != "" {
					keep("token of a link", token, string(hashOf(token)))
				}
			}
			codes = append(codes, m.Facts.Code+m.Facts.Link)
		}
		return codes
	}

	s.browser().post("/sign-in", "email", "stranger@elsewhere.example", "password", "a wrong guess entirely")
	eva.guess(s.browser())
	b := s.browser()
	eva.signsIn(b)
	tokens(b)
	b.open("/setup-mfa")
	b.submit("/setup-mfa/begin")
	b.submit("/setup-mfa/check", "code", "00000000")
	b.submit("/setup-mfa/check", "code", letters()[0])
	keep("key", b.page.secret().Base32(), strings.ReplaceAll(b.page.secret().Base32(), " ", ""))
	keep("code", string(b.page.secret().Code(factor.Step(noon))))
	eva.phones = []phone{b.scans("Phone")}
	tokens(b)
	for _, c := range b.page.codes() {
		keep("backup code", c, strings.ReplaceAll(c, "-", ""))
	}
	printed := b.page.codes()
	b.send("GET", "/setup-mfa/codes.txt", nil)
	b.submit("/setup-mfa/codes", "code", printed[0])
	letters()
	b.submit("/setup-mfa/email", "email", "eva@private.example")
	b.submit("/setup-mfa/email/code", "code", letters()[0])
	b.submit("/sign-out")

	s.clock.move(time.Minute)
	b = eva.halfway()
	tokens(b)
	keep("code", eva.code())
	b.post("/mfa", "code", "000001")
	b.post("/mfa", "code", eva.code())
	tokens(b)
	b.open("/my-login")
	b.post("/prove", "password", "a wrong guess entirely", "code", eva.code())
	b.post("/my-login/authenticators/" + string(eva.phones[0].id) + "/remove")
	other := eva.halfway()
	other.post("/backup/email")
	codes := letters()
	other.post("/backup/email/code", "code", codes[len(codes)-1])
	third := eva.halfway()
	third.post("/backup/code", "code", printed[1])
	tokens(third)
	for _, m := range s.mails() {
		keep("token of a link", strings.TrimPrefix(m.Facts.Objection, "/not-me/"))
		s.browser().open(m.Facts.Objection)
		s.browser().post(m.Facts.Objection)
	}
	s.browser().post("/password/forgotten", "email", "eva@bakery.example")
	for _, m := range s.mails() {
		if m.Kind == notice.PasswordReset {
			keep("token of a link", strings.TrimPrefix(m.Facts.Link, "/password/new/"))
			s.browser().open(m.Facts.Link)
			s.browser().post(m.Facts.Link, "password", newWords)
		}
	}
	foreign := s.browser()
	foreign.header.Set("Sec-Fetch-Site", "cross-site")
	foreign.send("POST", "/sign-in", url.Values{"email": {"eva@bakery.example"}, "password": {secretWords}})
	s.browser().open("/eva@bakery.example?password=" + url.QueryEscape(secretWords))
	// Errors too: without its tables the store fails at everything.
	token := eva.link(standing.ForReset, eva.email, standing.ResetLifetime)
	keep("token of a link", token)
	broken := eva.halfway()
	tokens(broken)
	s.breaks()
	for _, path := range []string{"/password/new/" + token, "/not-me/" + token, "/invitation/" + token} {
		s.browser().send("GET", path, nil).is(500, "error.500.title")
	}
	broken.send("POST", "/mfa", url.Values{"code": {eva.code()}}).is(500, "error.500.title")
	s.browser().send("POST", "/sign-in", url.Values{"email": {"eva@bakery.example"}, "password": {secretWords}}).is(500, "error.500.title")

	log := s.log.String()
	if lines := strings.Count(log, "\n"); lines < 50 || !strings.Contains(log, `"level":"ERROR"`) || len(secrets) < 40 {
		t.Fatalf("the log has %d lines, and %d secrets are looked for: too few to say anything", lines, len(secrets))
	}
	for secret, what := range secrets {
		if i := strings.Index(log, secret); i >= 0 {
			t.Errorf("the log holds a %s (%s): …%s…", what, secret, log[max(0, i-200):min(len(log), i+200)])
		}
	}
}

// breaks takes the tables away that everything needs.
func (s *site) breaks() {
	s.t.Helper()
	db := s.database("rwc")
	for _, table := range []string{"links", "challenges", "throttles"} {
		if _, err := db.Exec(`DROP TABLE ` + table); err != nil {
			s.t.Fatal(err)
		}
	}
	s.must(db.Close())
}
