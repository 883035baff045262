package mail_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sparekey/sparekey/internal/mail"
	"github.com/sparekey/sparekey/internal/mail/mailbox"
	"github.com/sparekey/sparekey/internal/notice"
	"github.com/sparekey/sparekey/internal/org"
)

const password = "hunter2-of-the-relay"

// listen starts a mail server for one test.
func listen(t *testing.T, o mailbox.Options) *mailbox.Server {
	t.Helper()
	// Certificates are checked against the machine's clock.
	o.Now = time.Now
	s, err := mailbox.Listen("127.0.0.1:0", o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// configFor returns what reaches s.
func configFor(t *testing.T, s *mailbox.Server, security mail.Security) mail.SMTPConfig {
	t.Helper()
	host, port, err := net.SplitHostPort(s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	c := mail.SMTPConfig{
		Host: host, Port: number, Security: security,
		From: "Sparekey <no-reply@korenbloem.example>", Timeout: 5 * time.Second,
	}
	if roots := s.Roots(); roots != nil {
		c.TLS = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	}
	return c
}

func sender(t *testing.T, c mail.SMTPConfig) *mail.SMTP {
	t.Helper()
	s, err := mail.NewSMTP(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var postmark = mail.Postmark{LetterID: "letter-1", Queued: noon}

func rendered(t *testing.T) mail.Rendered {
	t.Helper()
	r, err := renderer(t).Render(message(notice.SignInCode, org.Dutch))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// failure returns the *mail.SendError in err, and checks that it is discreet.
func failure(t *testing.T, err error) *mail.SendError {
	t.Helper()
	failed, ok := errors.AsType[*mail.SendError](err)
	if !ok {
		t.Fatalf("no SendError: %v", err)
	}
	for _, secret := range []string{"eva", "TOKEN", "1234 5678", "12345678", password} {
		if strings.Contains(fmt.Sprintf("%v %+v", err, err), secret) {
			t.Errorf("the error tells %q: %v", secret, err)
		}
	}
	return failed
}

func TestAMailArrivesAsItWasWritten(t *testing.T) {
	server := listen(t, mailbox.Options{})
	smtp := sender(t, configFor(t, server, mail.Clear))
	r := rendered(t)
	if err := smtp.Send(t.Context(), postmark, r); err != nil {
		t.Fatal(err)
	}
	mails := server.Mails()
	if len(mails) != 1 {
		t.Fatalf("%d mails", len(mails))
	}
	got := mails[0]
	if got.To != "eva@example.org" || got.Subject != r.Subject || got.Text != r.Text || got.HTML != r.HTML {
		t.Errorf("arrived %+v", got)
	}
	if len(got.Links) != 1 || got.Links[0] != "https://login.example.org/not-me?t=OBJECTIONTOKEN" {
		t.Errorf("links %v", got.Links)
	}
	if from, err := got.Header.AddressList("From"); err != nil || from[0].Name != "Sparekey" {
		t.Errorf("from %v, %v", from, err)
	}
	if got.Header.Get("Auto-Submitted") != "auto-generated" {
		t.Error("the mail does not say that no person wrote it")
	}
	if date, err := got.Header.Date(); err != nil || !date.Equal(noon) {
		t.Errorf("date %v, %v; want the moment it was queued", date, err)
	}
	if agent := got.Header.Get("User-Agent") + got.Header.Get("X-Mailer"); agent != "" {
		t.Errorf("the mail tells what wrote it: %s", agent)
	}
}

func TestALetterSentTwiceHasOneMessageID(t *testing.T) {
	server := listen(t, mailbox.Options{})
	smtp := sender(t, configFor(t, server, mail.Clear))
	for _, id := range []string{"letter-1", "letter-1", "letter <2>\r\n"} {
		if err := smtp.Send(t.Context(), mail.Postmark{LetterID: id, Queued: noon}, rendered(t)); err != nil {
			t.Fatal(err)
		}
	}
	mails := server.Mails()
	if mails[0].MessageID != mails[1].MessageID || mails[1].MessageID == mails[2].MessageID {
		t.Errorf("%s, %s, %s", mails[0].MessageID, mails[1].MessageID, mails[2].MessageID)
	}
	if want := "<" + smtp.MessageID("letter-1") + ">"; mails[0].MessageID != want || !strings.HasSuffix(want, "@korenbloem.example>") {
		t.Errorf("%s, want %s", mails[0].MessageID, want)
	}
}

func TestNamesAndAddressesOutsideASCIIAreEncoded(t *testing.T) {
	for _, c := range []struct {
		to        org.Email
		name      string
		arrivesTo string
	}{
		{"zoe@example.org", "Zoë Müller", "zoe@example.org"},
		{"zoe@bücher.example", "Zoë", "zoe@xn--bcher-kva.example"},
		{"zoë@bücher.example", "Zoë", "zoë@xn--bcher-kva.example"},
		{"li@example.org", "李小龍", "li@example.org"},
		{"o@example.org", `Jan "de Kok" O'Neill, bakker`, "o@example.org"},
		{"lang@example.org", strings.Repeat("é", 120), "lang@example.org"},
	} {
		server := listen(t, mailbox.Options{})
		r := rendered(t)
		r.To, r.ToName, r.Subject = c.to, c.name, "Beëindigd: één, 李"
		if err := sender(t, configFor(t, server, mail.Clear)).Send(t.Context(), postmark, r); err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		got := server.Mails()[0]
		if got.To != c.arrivesTo || got.Subject != r.Subject {
			t.Errorf("arrived to %s with subject %s", got.To, got.Subject)
		}
		to, err := got.Header.AddressList("To")
		if err != nil || len(to) != 1 || to[0].Name != c.name || to[0].Address != c.arrivesTo {
			t.Errorf("%s: header %q, %v", c.name, got.Header.Get("To"), err)
		}
		for _, raw := range []string{got.Header.Get("Subject"), strings.TrimSuffix(got.Header.Get("To"), "<"+c.arrivesTo+">")} {
			if strings.IndexFunc(raw, func(r rune) bool { return r > 126 }) >= 0 {
				t.Errorf("raw header %q (RFC 2047)", raw)
			}
		}
	}
}

func TestNoNameBringsAHeaderOfItsOwn(t *testing.T) {
	server := listen(t, mailbox.Options{})
	smtp := sender(t, configFor(t, server, mail.Clear))
	r := rendered(t)
	r.ToName = "Eva\r\nBcc: thief@example.net\r\n\r\nhello"
	r.Subject = "Hello\r\nX-Evil: yes\nBcc: thief@example.net"
	if err := smtp.Send(t.Context(), postmark, r); err != nil {
		t.Fatal(err)
	}
	mails := server.Mails()
	if len(mails) != 1 || mails[0].Header.Get("Bcc") != "" || mails[0].Header.Get("X-Evil") != "" || mails[0].Text != r.Text {
		t.Errorf("arrived %+v", mails)
	}
	for _, to := range []org.Email{"eva@example.org\r\nRCPT TO:<thief@example.net>", "eva@example.org>, <thief@example.net", "nobody", ""} {
		r.To = to
		failed := failure(t, smtp.Send(t.Context(), postmark, r))
		if !failed.RefusesRecipient() {
			t.Errorf("%v", failed)
		}
	}
	if len(server.Mails()) != 1 {
		t.Error("a mail went to an address that is none")
	}
}

func TestLoginGoesOverSTARTTLSAndOverTLS(t *testing.T) {
	for _, c := range []struct {
		theirs mailbox.Security
		ours   mail.Security
	}{{mailbox.STARTTLS, mail.STARTTLS}, {mailbox.TLS, mail.TLS}} {
		server := listen(t, mailbox.Options{Security: c.theirs, Username: "relay", Password: password})
		config := configFor(t, server, c.ours)
		config.Username, config.Password = "relay", password
		if err := sender(t, config).Send(t.Context(), postmark, rendered(t)); err != nil {
			t.Errorf("%s: %v", c.ours, err)
		}
		config.Password = password + "x"
		failed := failure(t, sender(t, config).Send(t.Context(), postmark, rendered(t)))
		if failed.Stage != mail.AtConnect || failed.Code != 535 || failed.Enhanced != "5.7.8" || failed.RefusesRecipient() {
			t.Errorf("%s, wrong password: %v", c.ours, failed)
		}
		stranger := configFor(t, server, c.ours)
		stranger.TLS = nil
		stranger.Username, stranger.Password = "relay", password
		failed = failure(t, sender(t, stranger).Send(t.Context(), postmark, rendered(t)))
		if failed.Stage != mail.AtConnect || !strings.Contains(failed.Error(), "certificate") {
			t.Errorf("%s, a certificate nobody vouches for: %v", c.ours, failed)
		}
		if n := len(server.Mails()); n != 1 {
			t.Errorf("%s: %d mails arrived, want 1", c.ours, n)
		}
	}
}

func TestNothingIsSentInTheClearWhereEncryptionIsAsked(t *testing.T) {
	server := listen(t, mailbox.Options{Security: mailbox.Clear})
	for _, security := range []mail.Security{mail.STARTTLS, mail.TLS} {
		failed := failure(t, sender(t, configFor(t, server, security)).Send(t.Context(), postmark, rendered(t)))
		if failed.Stage != mail.AtConnect || failed.Permanent() {
			t.Errorf("%s: %v", security, failed)
		}
	}
	if len(server.Mails()) != 0 {
		t.Error("a mail went in the clear")
	}
}

func TestRefusalsAreToldApart(t *testing.T) {
	for _, c := range []struct {
		name      string
		refusal   mailbox.Refusal
		stage     mail.Stage
		permanent bool
		recipient bool
	}{
		{"no such mailbox", mailbox.Refusal{Step: mailbox.AtRecipient, Code: 550, Enhanced: [3]int{5, 1, 1}}, mail.AtRecipient, true, true},
		{"no such mailbox, in old words", mailbox.Refusal{Step: mailbox.AtRecipient, Code: 550}, mail.AtRecipient, true, true},
		{"mailbox disabled, said after the text", mailbox.Refusal{Step: mailbox.AtContent, Code: 550, Enhanced: [3]int{5, 2, 1}}, mail.AtContent, true, true},
		{"greylisted", mailbox.Refusal{Step: mailbox.AtRecipient, Code: 451, Enhanced: [3]int{4, 7, 1}}, mail.AtRecipient, false, false},
		{"mailbox full for now", mailbox.Refusal{Step: mailbox.AtRecipient, Code: 452, Enhanced: [3]int{4, 2, 2}}, mail.AtRecipient, false, false},
		{"relaying denied", mailbox.Refusal{Step: mailbox.AtRecipient, Code: 554, Enhanced: [3]int{5, 7, 1}}, mail.AtRecipient, true, false},
		{"login wanted", mailbox.Refusal{Step: mailbox.AtRecipient, Code: 530}, mail.AtRecipient, true, false},
		{"bad sender, said late", mailbox.Refusal{Step: mailbox.AtRecipient, Code: 550, Enhanced: [3]int{5, 1, 8}}, mail.AtRecipient, true, false},
		{"sender refused", mailbox.Refusal{Step: mailbox.AtSender, Code: 550, Enhanced: [3]int{5, 1, 8}}, mail.AtSender, true, false},
		{"unsigned, said after the text", mailbox.Refusal{Step: mailbox.AtContent, Code: 550, Enhanced: [3]int{5, 7, 26}}, mail.AtContent, true, false},
		{"bad text, in old words", mailbox.Refusal{Step: mailbox.AtContent, Code: 554}, mail.AtContent, true, false},
		{"server busy", mailbox.Refusal{Step: mailbox.AtContent, Code: 452}, mail.AtContent, false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			server := listen(t, mailbox.Options{})
			c.refusal.Words = "<eva@example.org> " + password
			server.Refuse(c.refusal)
			failed := failure(t, sender(t, configFor(t, server, mail.Clear)).Send(t.Context(), postmark, rendered(t)))
			if failed.Stage != c.stage || failed.Code != c.refusal.Code ||
				failed.Permanent() != c.permanent || failed.RefusesRecipient() != c.recipient {
				t.Errorf("%v: permanent %t, recipient %t", failed, failed.Permanent(), failed.RefusesRecipient())
			}
		})
	}
}

func TestASilentServerIsLeftWhenTimeIsUp(t *testing.T) {
	for name, greeting := range map[string]string{"says nothing": "", "speaks no SMTP": "HTTP/1.1 400 eva@example.org\r\n"} {
		t.Run(name, func(t *testing.T) {
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			done := make(chan struct{})
			go func() {
				defer close(done)
				conn, err := listener.Accept()
				if err != nil {
					return
				}
				defer conn.Close()
				fmt.Fprint(conn, greeting)
				_, _ = bufio.NewReader(conn).ReadString(0) // until the client hangs up
			}()
			port := listener.Addr().(*net.TCPAddr).Port
			smtp := sender(t, mail.SMTPConfig{Host: "127.0.0.1", Port: port, Security: mail.Clear, From: "a@example.org"})
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			if failed := failure(t, smtp.Send(ctx, postmark, rendered(t))); failed.Stage != mail.AtConnect || failed.Permanent() {
				t.Error(failed)
			}
			_ = listener.Close()
			<-done // the connection was closed, or this hangs
		})
	}
}

func TestAConfigurationThatCannotWorkIsRefused(t *testing.T) {
	good := mail.SMTPConfig{Host: "mail.example.org", Port: 587, Security: mail.STARTTLS, From: "a@example.org", Username: "u", Password: password}
	if _, err := mail.NewSMTP(good); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*mail.SMTPConfig){
		"no host":            func(c *mail.SMTPConfig) { c.Host = "" },
		"no port":            func(c *mail.SMTPConfig) { c.Port = 0 },
		"port too high":      func(c *mail.SMTPConfig) { c.Port = 65536 },
		"no security":        func(c *mail.SMTPConfig) { c.Security = "" },
		"unknown security":   func(c *mail.SMTPConfig) { c.Security = "ssl" },
		"login in the clear": func(c *mail.SMTPConfig) { c.Security = mail.Clear },
		"no sender":          func(c *mail.SMTPConfig) { c.From = "" },
		"sender is no mail":  func(c *mail.SMTPConfig) { c.From = "Sparekey" },
	} {
		c := good
		spoil(&c)
		if _, err := mail.NewSMTP(c); err == nil {
			t.Errorf("%s: accepted", name)
		} else if strings.Contains(err.Error(), password) {
			t.Errorf("%s: the error tells the password", name)
		}
	}
	if printed := fmt.Sprintf("%v %+v %#v", good, good, good); strings.Contains(printed, password) {
		t.Errorf("printed, the configuration tells the password: %s", printed)
	}
}
