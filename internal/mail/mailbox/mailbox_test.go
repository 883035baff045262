package mailbox_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/smtp"
	"strings"
	"testing"
	"time"

	"github.com/sparekey/sparekey/internal/mail/mailbox"
)

var noon = time.Date(2026, 3, 3, 12, 0, 0, 0, time.UTC)

func listen(t *testing.T, o mailbox.Options) *mailbox.Server {
	t.Helper()
	o.Now = func() time.Time { return noon }
	s, err := mailbox.Listen("127.0.0.1:0", o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func send(s *mailbox.Server, text string, to ...string) error {
	return smtp.SendMail(s.Addr(), nil, "from@example.org", to, []byte(strings.ReplaceAll(text, "\n", "\r\n")))
}

const plain = `From: =?utf-8?q?Zo=C3=AB?= <zoe@example.org>
Subject: =?utf-8?q?E=C3=A9n?=
Message-ID: <1@example.org>

See https://example.org/a?b=1&c=2, (http://example.org/d).
And https://example.org/a?b=1&c=2 again.
`

func TestAPlainMailIsReadAndStamped(t *testing.T) {
	s := listen(t, mailbox.Options{})
	if err := send(s, plain, "eva@example.org", "sam@example.org"); err != nil {
		t.Fatal(err)
	}
	mails := s.Mails()
	if len(mails) != 2 || mails[0].To != "eva@example.org" || mails[1].To != "sam@example.org" {
		t.Fatalf("arrived %+v", mails)
	}
	m := mails[0]
	if !m.At.Equal(noon) || m.Subject != "Eén" || m.MessageID != "<1@example.org>" || !strings.Contains(m.From, "Zoë") {
		t.Errorf("read %+v", m)
	}
	if got := fmt.Sprint(m.Links); got != "[https://example.org/a?b=1&c=2 http://example.org/d]" {
		t.Errorf("links %s", got)
	}
}

func TestPartsAreFoundWithinParts(t *testing.T) {
	s := listen(t, mailbox.Options{})
	mail := `Subject: parts
Content-Type: multipart/mixed; boundary=a

--a
Content-Type: multipart/alternative; boundary=b

--b
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: quoted-printable

=C3=A9=C3=A9n
--b
Content-Type: text/html; charset=utf-8
Content-Transfer-Encoding: base64

PGI+w6nDqW48L2I+
--b--
--a
Content-Type: application/pdf

%PDF
--a--
`
	if err := send(s, mail, "eva@example.org"); err != nil {
		t.Fatal(err)
	}
	if m := s.Mails()[0]; m.Text != "één" || m.HTML != "<b>één</b>" {
		t.Errorf("text %q, HTML %q", m.Text, m.HTML)
	}
}

func TestWhatIsNoMailIsRefused(t *testing.T) {
	s := listen(t, mailbox.Options{})
	for name, text := range map[string]string{
		"no header":        "no header at all",
		"broken parts":     "Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: text/plain\n\nno end",
		"parts in parts":   nested(10),
		"broken transport": "Content-Transfer-Encoding: base64\n\n!!!!\n",
	} {
		if err := send(s, text, "eva@example.org"); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	if len(s.Mails()) != 0 {
		t.Error("something was kept")
	}
}

func nested(depth int) string {
	if depth == 0 {
		return "Content-Type: text/plain\n\nhello\n"
	}
	return fmt.Sprintf("Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n%s\n--b%d--\n", depth, depth, nested(depth-1), depth)
}

func TestTheOldestMailMakesRoom(t *testing.T) {
	s := listen(t, mailbox.Options{Keep: 2})
	for _, n := range []string{"1", "2", "3"} {
		if err := send(s, "Subject: "+n+"\n\nx\n", "eva@example.org"); err != nil {
			t.Fatal(err)
		}
	}
	if mails := s.Mails(); len(mails) != 2 || mails[0].Subject != "2" || mails[1].Subject != "3" {
		t.Errorf("kept %+v", mails)
	}
}

func TestWaitReturnsWhenMailComesAndWhenItDoesNot(t *testing.T) {
	s := listen(t, mailbox.Options{})
	go func() { _ = send(s, plain, "eva@example.org") }()
	if mails, err := s.Wait(t.Context(), 1); err != nil || len(mails) != 1 {
		t.Errorf("%d mails, %v", len(mails), err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := s.Wait(ctx, 2); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("waited for a mail that never came: %v", err)
	}
}

func TestAServerGoesDownAndComesBackOnItsPort(t *testing.T) {
	s := listen(t, mailbox.Options{})
	addr := s.Addr()
	for range 3 {
		s.Down()
		s.Down()
		if conn, err := net.Dial("tcp", addr); err == nil {
			conn.Close()
			t.Fatal("down, and still answering")
		}
		if err := errors.Join(s.Up(), s.Up()); err != nil {
			t.Fatal(err)
		}
		if s.Addr() != addr {
			t.Fatalf("back at %s, was %s", s.Addr(), addr)
		}
		if err := send(s, plain, "eva@example.org"); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(s.Mails()); n != 3 {
		t.Errorf("%d mails, want 3", n)
	}
}

func TestARefusalLastsUntilItIsTakenBack(t *testing.T) {
	s := listen(t, mailbox.Options{})
	s.Refuse(mailbox.Refusal{Step: mailbox.AtRecipient, Code: 451, Words: "later"})
	if err := send(s, plain, "eva@example.org"); err == nil || !strings.HasPrefix(err.Error(), "451") {
		t.Errorf("%v", err)
	}
	s.Accept()
	if err := send(s, plain, "eva@example.org"); err != nil {
		t.Error(err)
	}
}

func TestNothingIsTakenBeforeLoginAndEncryption(t *testing.T) {
	for name, o := range map[string]mailbox.Options{
		"login":      {Username: "relay", Password: "secret"},
		"encryption": {Security: mailbox.STARTTLS},
	} {
		s := listen(t, o)
		client, err := smtp.Dial(s.Addr())
		if err != nil {
			t.Fatal(err)
		}
		if err := client.Mail("from@example.org"); err == nil || !strings.HasPrefix(err.Error(), "530") {
			t.Errorf("%s: %v", name, err)
		}
		client.Close()
	}
}

func TestAServerNeedsAClock(t *testing.T) {
	if _, err := mailbox.Listen("127.0.0.1:0", mailbox.Options{}); err == nil {
		t.Error("a server without a clock")
	}
}
