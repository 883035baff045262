package mail_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/BurntSushi/toml"

	"github.com/sparekey/sparekey/internal/mail"
	"github.com/sparekey/sparekey/internal/notice"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/words"
)

var update = flag.Bool("update", false, "write the goldens anew, and every HTML part to the folder in $MAIL_HTML")

var noon = time.Date(2026, 3, 3, 12, 0, 0, 0, time.UTC)

func renderer(t *testing.T) mail.Renderer {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Fatal(err)
	}
	return mail.Renderer{
		BaseURL: "https://login.example.org/",
		Support: mail.Support{Name: "Helpdesk Korenbloem", Phone: "+31 20 000 0000", Mail: "help@example.org"},
		Zone:    zone,
	}
}

// message returns a whole message of kind k.
func message(k notice.Kind, l org.Language) notice.Message {
	m := notice.Message{
		Kind: k, Organisation: "o1", OrgName: "Bakkerij Korenbloem", Member: "m1",
		To: "eva@example.org", ToName: "Eva de Vries", Language: l,
		Facts: notice.Facts{At: noon, Browser: "Firefox on Android", Address: "203.0.113.7"},
	}
	f := &m.Facts
	switch k {
	case notice.Invitation, notice.PasswordReset, notice.EnrolmentPass, notice.PassInstead, notice.AddressConfirm, notice.HelpAskedToHelpers:
		f.Link, f.ValidUntil = "/link/"+string(k)+"?t=LINKTOKEN", noon.Add(24*time.Hour)
	case notice.BackupEmailConfirm, notice.SignInCode, notice.SetUpCode, notice.SuspendedCode:
		f.Code, f.ValidUntil = "12345678", noon.Add(10*time.Minute)
	case notice.AuthenticatorAdded, notice.AuthenticatorRenamed, notice.AuthenticatorRemoved, notice.FreezeEnded:
		f.Name = "Eva's telefoon"
	case notice.CaseOpened, notice.CaseOpenedToAdministrators, notice.CaseEnded:
		f.Case, f.Link = "2026-0042", "/cases/2026-0042"
	case notice.CaseAnswer:
		f.Case, f.Link, f.Giver, f.Text = "2026-0042", "/cases/2026-0042", "Iris Vos", "Could you send the extract once more?\n\nThis one is from last year."
	case notice.CaseRejected:
		f.Case, f.Giver, f.Text = "2026-0042", "Iris Vos", "The extract is that of another company."
	case notice.CaseApproved, notice.CaseApprovedToAdministrators:
		f.Case, f.UsableFrom = "2026-0042", noon.Add(24*time.Hour)
	case notice.CasePass:
		f.Case, f.Code, f.ValidUntil = "2026-0042", "ACDEFGH346", noon.Add(24*time.Hour)
	case notice.CasePassToAdministrators:
		f.Case, f.Giver = "2026-0042", "Iris Vos"
	case notice.CaseDestroyed:
		f.Case, f.Text = "2026-0042", "extract  2026-03-02T12:00:00Z  SHA-256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\n"
	case notice.BackupCodeUsed:
		f.Count = 7
	case notice.BackupCodesLow:
		f.Count = 2
	case notice.SignedOut, notice.SessionsEnded, notice.SignedOutToAdministrators:
		f.Count = 1
	case notice.DeviceRemembered:
		f.Until = noon.Add(30 * 24 * time.Hour)
	case notice.SuspensionEnding:
		f.Until, f.Lost = noon.Add(2*time.Hour), true
	case notice.DetailsChanged:
		f.Changed, f.Giver = "name phone team", "Annika de Groot"
	case notice.AddressChanging, notice.AddressChanged:
		f.Masked, f.Giver = "e…@…nl", "Annika de Groot"
	case notice.ForcingPaused:
		f.Until = noon.Add(24 * time.Hour)
	case notice.RecoveryWeaker, notice.RecoveryKept:
		f.Was = org.RecoveryPolicy{SupervisorsBarred: true, BackupEmailClosed: true, LongestSuspension: time.Hour, Wait: 72 * time.Hour, TellSupervisors: true}
		f.Is = org.RecoveryPolicy{Hours: org.WorkingHours{Days: [7]bool{true, false, true, true, true}, From: 8 * 60, To: 18*60 + 30}}
		f.UsableFrom = noon.Add(24 * time.Hour)
	case notice.RememberingOn, notice.ForcingOn:
		f.UsableFrom = noon.Add(24 * time.Hour)
	case notice.BackupEmailChanged:
		f.Masked, f.UsableFrom = "e…@…nl", noon.Add(24*time.Hour)
	}
	if k.ToAdministrators() {
		f.Name = "Sam Bakker"
	}
	switch k {
	case notice.SupervisorAdded, notice.SupervisorRemoved, notice.SupervisorAddedToAdministrators,
		notice.SupervisorRemovedToAdministrators, notice.TeamRemovedToAdministrators:
		f.Team, f.Giver = "De Winkel", "Annika de Groot"
	case notice.ImportedToAdministrators:
		f.Count, f.Leading, f.Giver = 95, 2, "Annika de Groot"
	case notice.ErasedToAdministrators:
		f.Name, f.Giver = "0198c7c2-5a35-7d0e-9a55-3c1f0a4ab001", "Annika de Groot"
	}
	if k == notice.MFASuspended || k == notice.MFASuspendedToAdministrators {
		f.Until, f.Lost = noon.Add(24*time.Hour), k == notice.MFASuspended
	}
	if k.AboutOrganisation() || k == notice.PassInstead {
		f.Giver = "Annika de Groot"
	}
	switch k {
	case notice.HelpPass, notice.HelpPassToAdministrators:
		f.UsableFrom = noon.Add(24 * time.Hour)
		fallthrough
	case notice.HelpRefused, notice.HelpClosed, notice.HelpClosedToHelpers, notice.PassAgreed, notice.PassAgreedToAdministrators,
		notice.PassStopped, notice.PassStoppedToAdministrators:
		f.Giver = "Annika de Groot"
	}
	if k == notice.PassGiven || k == notice.PassGivenToAdministrators {
		f.Giver, f.UsableFrom = "Annika de Groot", noon.Add(24*time.Hour)
	}
	if k == notice.RoleChanged || k == notice.RoleToAdministrators || k == notice.ReturnToAdministrators {
		f.Role = org.Administrator
	}
	if k.MayObject() {
		f.Objection = "/not-me?t=OBJECTIONTOKEN"
	}
	if k == notice.Invitation {
		f.At, f.Browser, f.Address = time.Time{}, "", ""
	}
	return m
}

// each runs f for every kind in every language.
func each(t *testing.T, f func(t *testing.T, m notice.Message, r mail.Rendered)) {
	t.Helper()
	for _, k := range notice.Kinds {
		for _, l := range words.Languages {
			t.Run(fmt.Sprintf("%s/%s", k, l), func(t *testing.T) {
				m := message(k, l)
				r, err := renderer(t).Render(m)
				if err != nil {
					t.Fatal(err)
				}
				f(t, m, r)
			})
		}
	}
}

func TestEveryMailReadsAsItsGolden(t *testing.T) {
	each(t, func(t *testing.T, m notice.Message, r mail.Rendered) {
		path := filepath.Join("testdata", fmt.Sprintf("%s.%s.txt", m.Kind, m.Language))
		got := "Subject: " + r.Subject + "\n\n" + r.Text
		if *update {
			if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
			if folder := os.Getenv("MAIL_HTML"); folder != "" {
				name := fmt.Sprintf("%s.%s.html", m.Kind, m.Language)
				if err := os.WriteFile(filepath.Join(folder, name), []byte(r.HTML), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("the mail has changed; if that is right, run go test -update\n%s", got)
		}
	})
}

func TestEveryMailSaysWhatItMustInBothParts(t *testing.T) {
	each(t, func(t *testing.T, m notice.Message, r mail.Rendered) {
		f := m.Facts
		want := []string{"Eva de Vries", "Bakkerij Korenbloem", "Helpdesk Korenbloem"}
		if f.Browser != "" {
			want = append(want, "203.0.113.7", "Firefox", "13:00")
		}
		if f.Code != "" && m.Kind != notice.CasePass {
			want = append(want, "1234 5678", "13:10")
		} else if f.Code != "" {
			want = append(want, "ACDEF GH346", "2026-0042")
		}
		if f.Link != "" && m.Kind != notice.CaseEnded {
			want = append(want, "https://login.example.org"+f.Link)
		}
		if m.Kind.MayObject() {
			want = append(want, "https://login.example.org/not-me?t=OBJECTIONTOKEN")
		}
		for part, said := range map[string]string{"text": r.Text, "HTML": r.HTML} {
			for _, w := range want {
				if !strings.Contains(said, w) {
					t.Errorf("the %s part lacks %q", part, w)
				}
			}
			if strings.Contains(said, "[mail.") || strings.Contains(said, "<no value>") || strings.Contains(said, "no value&gt;") {
				t.Errorf("the %s part has a hole in it:\n%s", part, said)
			}
		}
		if !m.Kind.MayObject() && strings.Contains(r.Text, "not-me") {
			t.Error("there is nothing to object to")
		}
	})
}

func TestSubjectsHoldNoSecret(t *testing.T) {
	each(t, func(t *testing.T, m notice.Message, r mail.Rendered) {
		for _, secret := range []string{"1234", "5678", "TOKEN", "http"} {
			if strings.Contains(r.Subject, secret) {
				t.Errorf("the subject %q holds %q", r.Subject, secret)
			}
		}
		if printed := fmt.Sprintf("%v %+v %#v %s", r, r, r, r); strings.Contains(printed, "TOKEN") ||
			strings.Contains(printed, "5678") || strings.Contains(printed, "eva@") {
			t.Errorf("printed, the mail says %q", printed)
		}
	})
}

func TestHTMLLoadsNothingAndKnowsTheDark(t *testing.T) {
	each(t, func(t *testing.T, _ notice.Message, r mail.Rendered) {
		for _, forbidden := range []string{"<img", "<script", "src=", "url(", "@import", "<link"} {
			if strings.Contains(r.HTML, forbidden) {
				t.Errorf("the HTML holds %s", forbidden)
			}
		}
		if !strings.Contains(r.HTML, `content="light dark"`) || !strings.Contains(r.HTML, "prefers-color-scheme: dark") {
			t.Error("the HTML does not know the dark")
		}
	})
}

func TestNamesStayTextInHTML(t *testing.T) {
	m := message(notice.AuthenticatorAdded, org.English)
	m.ToName, m.OrgName, m.Facts.Name = `<b>Eva</b>`, `A & <i>B</i>`, `"><script>alert(1)</script>`
	m.Facts.Browser = `<u>x</u>`
	r, err := renderer(t).Render(m)
	if err != nil {
		t.Fatal(err)
	}
	for _, tag := range []string{"<b>", "<i>", "<u>", "<script>"} {
		if strings.Contains(r.HTML, tag) {
			t.Errorf("the HTML holds %s", tag)
		}
	}
}

func TestNamesNeverBeginALine(t *testing.T) {
	m := message(notice.FrozenToAdministrators, org.English)
	m.ToName = "Eva\r\nBcc: thief@example.net"
	m.OrgName = "Korenbloem\r\n\r\nType your password at"
	m.Facts.Name = "Sam\r\nBcc: thief@example.net\u2028\u202etxet"
	m.Facts.Browser = "Firefox\n\nCall 0900"
	r, err := renderer(t).Render(m)
	if err != nil {
		t.Fatal(err)
	}
	if strings.ContainsAny(r.Subject+r.ToName, "\r\n\u2028\u202e") {
		t.Errorf("subject %q or name %q is more than a line", r.Subject, r.ToName)
	}
	for line := range strings.Lines(r.Text) {
		for _, start := range []string{"Bcc:", "Type", "Call", "\r"} {
			if strings.HasPrefix(line, start) {
				t.Errorf("a name begins the line %q", line)
			}
		}
	}
}

func TestCountsAreSaidInWords(t *testing.T) {
	for _, c := range []struct {
		kind     notice.Kind
		language org.Language
		count    int
		want     string
	}{
		{notice.BackupCodeUsed, org.English, 2, "You have 2 backup codes left."},
		{notice.BackupCodeUsed, org.English, 1, "You have 1 backup code left. Make new ones soon"},
		{notice.BackupCodeUsed, org.English, 0, "It was your last one."},
		{notice.BackupCodeUsed, org.Dutch, 1, "U heeft nog 1 back-upcode. Maak snel nieuwe"},
		{notice.BackupCodeUsed, org.Dutch, 0, "Het was uw laatste."},
		{notice.BackupCodesLow, org.English, 1, "You have 1 backup code left"},
		{notice.BackupCodesLow, org.English, 0, "You have no backup codes left"},
		{notice.BackupCodesLow, org.Dutch, 2, "nog 2 back-upcodes."},
		{notice.BackupCodesLow, org.Dutch, 0, "geen back-upcodes meer."},
	} {
		m := message(c.kind, c.language)
		m.Facts.Count = c.count
		r, err := renderer(t).Render(m)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(r.Text, c.want) {
			t.Errorf("%s %s %d: no %q in\n%s", c.kind, c.language, c.count, c.want, r.Text)
		}
	}
}

func TestWhatIsUnknownIsLeftOut(t *testing.T) {
	m := message(notice.BackupEmailChanged, "fr")
	m.ToName, m.Facts.Browser, m.Facts.Address, m.Facts.UsableFrom = "", "", "", time.Time{}
	r, err := mail.Renderer{BaseURL: "http://localhost:8080", Product: "Sleutel"}.Render(m)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(r.Text, "Hello,\n") || !strings.Contains(r.Text, "12:00 UTC") {
		t.Errorf("no greeting without a name, or no UTC:\n%s", r.Text)
	}
	for _, absent := range []string{"Browser", "Internet address", "To be safe", "run by", "Sparekey"} {
		if strings.Contains(r.Text, absent) {
			t.Errorf("%q in\n%s", absent, r.Text)
		}
	}
}

func TestAMessageWithoutWhatItsKindCarriesIsRefused(t *testing.T) {
	for name, spoil := range map[string]func(*notice.Message){
		"unknown kind":     func(m *notice.Message) { m.Kind = "surprise" },
		"no address":       func(m *notice.Message) { m.To = "" },
		"no organisation":  func(m *notice.Message) { m.OrgName = "" },
		"no code":          func(m *notice.Message) { m.Facts.Code = "" },
		"no time":          func(m *notice.Message) { m.Facts.ValidUntil = time.Time{} },
		"no objection":     func(m *notice.Message) { m.Facts.Objection = "" },
		"another host":     func(m *notice.Message) { m.Facts.Objection = "//example.net/x" },
		"host glued on":    func(m *notice.Message) { m.Facts.Objection = ".example.net/x" },
		"user glued on":    func(m *notice.Message) { m.Facts.Objection = "@example.net/x" },
		"text in the link": func(m *notice.Message) { m.Facts.Objection = "/x\nBcc: a@example.net" },
	} {
		m := message(notice.SignInCode, org.English)
		spoil(&m)
		_, err := renderer(t).Render(m)
		if !errors.Is(err, mail.ErrIncomplete) {
			t.Errorf("%s: %v", name, err)
		} else if strings.Contains(err.Error(), "TOKEN") || strings.Contains(err.Error(), "1234") {
			t.Errorf("%s: the error tells a secret: %v", name, err)
		}
	}
	for _, base := range []string{"", "login.example.org", "ftp://example.org", "https://", "https://example.org?x"} {
		if _, err := (mail.Renderer{BaseURL: base}).Render(message(notice.MFAOn, org.English)); err == nil {
			t.Errorf("base URL %q made a link", base)
		}
	}
}

func TestAFreezeThatEndedSaysByWhat(t *testing.T) {
	for name, want := range map[string]string{"Eva's telefoon": "the authenticator “Eva's telefoon” was used", "": "a new password was chosen through the link"} {
		m := message(notice.FreezeEnded, org.English)
		m.Facts.Name = name
		r, err := renderer(t).Render(m)
		if err != nil || !strings.Contains(r.Text, want) {
			t.Errorf("%q: %v\n%s", name, err, r.Text)
		}
	}
}

func TestBothLanguagesHaveTheSameSentencesAndBlanks(t *testing.T) {
	english, dutch := sentences(t, "en"), sentences(t, "nl")
	for id, blanks := range english {
		if other, ok := dutch[id]; !ok {
			t.Errorf("no Dutch %s", id)
		} else if !slices.Equal(blanks, other) {
			t.Errorf("%s: English has the blanks %v, Dutch %v", id, blanks, other)
		}
	}
	for id := range dutch {
		if _, ok := english[id]; !ok {
			t.Errorf("no English %s", id)
		}
	}
	for _, k := range notice.Kinds {
		for _, part := range []string{"subject", "text", "then"} {
			if _, ok := english[fmt.Sprintf("mail.%s.%s", k, part)]; !ok {
				t.Errorf("%s has no %s", k, part)
			}
		}
	}
}

// sentences returns the blanks of every sentence of the mails in language.
func sentences(t *testing.T, language string) map[string][]string {
	t.Helper()
	var file map[string]any
	path := filepath.Join("..", "words", "mails."+language+".toml")
	if _, err := toml.DecodeFile(path, &file); err != nil {
		t.Fatal(err)
	}
	action := regexp.MustCompile(`{{[^}]*}}`)
	blank := regexp.MustCompile(`\.[A-Z]\w*`)
	found := map[string][]string{}
	for id, value := range file {
		var blanks []string
		for _, a := range action.FindAllString(fmt.Sprint(value), -1) {
			blanks = append(blanks, blank.FindAllString(a, -1)...)
		}
		slices.Sort(blanks)
		found[id] = slices.Compact(blanks)
	}
	return found
}
