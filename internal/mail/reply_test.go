package mail_test

import (
	"strings"
	"testing"

	"github.com/sparekey/sparekey/internal/mail"
	"github.com/sparekey/sparekey/internal/mail/mailbox"
)

func TestAReplySaysInEachLanguageWhatItAnswers(t *testing.T) {
	server := listen(t, mailbox.Options{})
	smtp := sender(t, configFor(t, server, mail.Clear))
	for i, kind := range []string{"unusable", "case-over", "files-refused"} {
		r := renderer(t).Reply("eva@example.org", kind, "1@bakery.nl")
		if err := smtp.Send(t.Context(), postmark, r); err != nil {
			t.Fatal(err)
		}
		m := server.Mails()[i]
		if m.Header.Get("In-Reply-To") != "<1@bakery.nl>" || m.Header.Get("Auto-Submitted") != "auto-generated" {
			t.Errorf("%s: %q", kind, m.Header)
		}
		if !strings.Contains(m.Text, "Your mail") && !strings.Contains(m.Text, "your mail") || !strings.Contains(strings.ToLower(m.Text), "uw mail") || strings.Contains(m.Text+m.Subject, "letter.") || !strings.Contains(m.Subject, " / ") {
			t.Errorf("%s: %s\n%s", kind, m.Subject, m.Text)
		}
	}
}
