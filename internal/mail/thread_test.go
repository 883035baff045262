package mail_test

import (
	"strings"
	"testing"

	"github.com/sparekey/sparekey/internal/mail"
	"github.com/sparekey/sparekey/internal/mail/mailbox"
	"github.com/sparekey/sparekey/internal/notice"
	"github.com/sparekey/sparekey/internal/org"
)

func TestTheMailsOfAConversationHangTogether(t *testing.T) {
	server := listen(t, mailbox.Options{})
	smtp := sender(t, configFor(t, server, mail.Clear))
	const address = "desk+2026-0042.AbCdEfGhIjKlMnOpQrStUvWxYz0123456789-_AbCdE@desk.example"
	many := "case root " + strings.Repeat("x@y.nl ", 30) + "last@bakery.nl"
	for name, c := range map[string]struct {
		thread                       notice.Thread
		replyTo, id, inReplyTo, refs string
	}{
		"alone":             {id: "<" + smtp.MessageID("letter-1") + ">"},
		"the first":         {thread: notice.Thread{ReplyTo: address, MessageID: "c1-opened"}, replyTo: "<" + address + ">", id: "<" + smtp.NamedID("c1-opened") + ">"},
		"an answer":         {thread: notice.Thread{ReplyTo: address, References: "root 1@bakery.nl"}, replyTo: "<" + address + ">", id: "<" + smtp.MessageID("letter-1") + ">", inReplyTo: "<1@bakery.nl>", refs: "<" + smtp.NamedID("root") + "> <1@bakery.nl>"},
		"ids that are none": {thread: notice.Thread{MessageID: "a@b@c", References: "<x@y.nl> x@y\x01 @ x@ " + strings.Repeat("a", 201) + "@b.nl"}, id: "<" + smtp.MessageID("letter-1") + ">"},
		"a line too much":   {thread: notice.Thread{MessageID: "a@b.nl\r\nBcc: thief@x.nl", References: "a@b.nl>\r\nBcc:<thief@x.nl"}, id: "<" + smtp.MessageID("letter-1") + ">"},
		"many":              {thread: notice.Thread{References: many}, id: "<" + smtp.MessageID("letter-1") + ">", inReplyTo: "<last@bakery.nl>"},
	} {
		r := rendered(t)
		r.Thread = c.thread
		before := len(server.Mails())
		if err := smtp.Send(t.Context(), postmark, r); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		h := server.Mails()[before].Header
		refs := h.Get("References")
		if name == "many" {
			if n := len(strings.Fields(refs)); n != 20 || !strings.HasSuffix(refs, " <last@bakery.nl>") {
				t.Errorf("%d references: %s", n, refs)
			}
			c.refs = refs
		}
		if h.Get("Reply-To") != c.replyTo || h.Get("Message-Id") != c.id || h.Get("In-Reply-To") != c.inReplyTo || refs != c.refs || h.Get("Bcc") != "" {
			t.Errorf("%s: %q", name, h)
		}
		if strings.Contains(refs, "root") || strings.Contains(h.Get("Message-Id"), "c1") {
			t.Errorf("%s: an id tells its name: %s", name, refs)
		}
	}
}

func TestAnAddressToAnswerToThatIsNoneSendsNothing(t *testing.T) {
	server := listen(t, mailbox.Options{})
	smtp := sender(t, configFor(t, server, mail.Clear))
	for _, address := range []org.Email{"nobody", "a@b.nl\r\nBcc: c@d.nl", "a@b.nl, c@d.nl", "é@b.nl"} {
		r := rendered(t)
		r.Thread.ReplyTo = address
		if err := smtp.Send(t.Context(), postmark, r); err == nil || strings.Contains(err.Error(), "b.nl") {
			t.Errorf("%q: %v", string(address), err)
		}
	}
	if n := len(server.Mails()); n != 0 {
		t.Errorf("%d mails", n)
	}
}

func TestOurOwnIDsAreKnown(t *testing.T) {
	server := listen(t, mailbox.Options{})
	smtp := sender(t, configFor(t, server, mail.Clear))
	for id, want := range map[string]bool{
		smtp.MessageID("x"): true,
		smtp.NamedID("x"):   true,
		strings.Replace(smtp.NamedID("x"), "sparekey.", "", 1):        false, // as webmail of the same domain makes them
		strings.Replace(smtp.NamedID("x"), "korenbloem", "bakery", 1): false,
		"": false,
	} {
		if smtp.Own(id) != want {
			t.Errorf("%q: %v", id, !want)
		}
	}
}

func TestAMessageKeepsItsThreadWhenItIsWritten(t *testing.T) {
	m := message(notice.CaseAnswer, org.Dutch)
	m.Facts.Thread = notice.Thread{ReplyTo: "desk@desk.example", References: "root"}
	r, err := renderer(t).Render(m)
	if err != nil || r.Thread != m.Facts.Thread {
		t.Errorf("%+v, %v", r.Thread, err)
	}
}
