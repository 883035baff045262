package mailin

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"
	"unicode"
	"unicode/utf8"
)

var ours = reader{
	domain: "desk.example",
	server: "mx.desk.example",
	own:    func(id string) bool { return id == "ours@desk.example" },
}

// fields of a mail that a person sent.
const fields = "Authentication-Results: mx.desk.example; dkim=pass header.d=bakery.nl\r\n" +
	"From: Eva <Eva@Bakery.nl>\r\nTo: desk@desk.example\r\nMessage-ID: <1@bakery.nl>\r\nSubject: My case\r\n"

func mailOf(more, body string) string {
	return fields + more + "\r\n" + strings.ReplaceAll(body, "\n", "\r\n")
}

func readMail(t *testing.T, text string) (Letter, drop) {
	t.Helper()
	l, why, err := ours.read("eva@bakery.nl", strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return l, why
}

func TestAPlainMailIsALetter(t *testing.T) {
	l, why := readMail(t, mailOf("", "Here is\nwhat you asked.\n"))
	if why != "" || l.From != "eva@bakery.nl" || l.MessageID != "1@bakery.nl" || l.Subject != "My case" ||
		l.Vouched != ByDKIM || l.Text != "Here is\nwhat you asked." || len(l.Files) != 0 {
		t.Errorf("%q %+v", why, l)
	}
}

func TestWhatMachinesSendIsDropped(t *testing.T) {
	for more, want := range map[string]drop{
		"Auto-Submitted: auto-replied\r\n":                   dropAutomatic,
		"Auto-Submitted: auto-generated; owner=x\r\n":        dropAutomatic,
		"Auto-Submitted: no\r\n":                             "",
		"Auto-Submitted: No (really)\r\n":                    dropAutomatic, // none of the words of the RFC
		"Precedence: bulk\r\n":                               dropAutomatic,
		"Precedence: auto_reply\r\n":                         dropAutomatic,
		"Precedence: first-class\r\n":                        "",
		"X-Autoreply: yes\r\n":                               dropAutomatic,
		"List-Id: <x.example>\r\n":                           dropList,
		"List-Unsubscribe: <mailto:a@b.nl>\r\n":              dropList,
		"Return-Path: <>\r\n":                                dropBounce,
		"Return-Path: <eva@bakery.nl>\r\n":                   "",
		"Content-Type: multipart/report; boundary=a\r\n":     dropBounce,
		"X-Loop: desk@desk.example\r\n":                      dropLoop,
		"X-Loop: desk@other.example\r\n":                     "",
		"Sender: <desk+2026-0042.x@DESK.example>\r\n":        dropLoop,
		"From: second@bakery.nl\r\n":                         dropSender,
		strings.Repeat("Received: from a\r\n", maxTrace):     "",
		strings.Repeat("Received: from a\r\n", maxTrace+1):   dropLoop,
		"X-Long: " + strings.Repeat("a", maxHeader) + "\r\n": dropUnreadable,
	} {
		if _, got := readMail(t, mailOf(more, "text")); got != want {
			t.Errorf("%.60q: %q, want %q", more, got, want)
		}
	}
	for _, from := range []string{"", "MAILER-DAEMON@bakery.nl", "postmaster@bakery.nl"} {
		if _, why, err := ours.read(from, strings.NewReader(mailOf("", "text"))); why != dropBounce || err != nil {
			t.Errorf("%q: %q, %v", from, why, err)
		}
	}
	if _, why := readMail(t, "From: eva@bakery.nl\r\nMessage-ID: <ours@desk.example>\r\n\r\n"); why != dropLoop {
		t.Errorf("our own mail: %q", why)
	}
	for _, from := range []string{"", "From: a@b.nl, c@d.nl\r\n", "From: nobody\r\n", "From: Group: a@b.nl;\r\n", "From: <>\r\n"} {
		want := dropSender
		if from == "From: Group: a@b.nl;\r\n" {
			want = "" // one address all the same
		}
		if _, why := readMail(t, from+"Subject: x\r\n\r\ntext"); why != want {
			t.Errorf("%q: %q", from, why)
		}
	}
}

func TestAMailWithoutAnIDGetsTheSameOneEachTime(t *testing.T) {
	text := "From: eva@bakery.nl\r\nMessage-ID: <two words@x>\r\n\r\ntext"
	one, _ := readMail(t, text)
	again, _ := readMail(t, text)
	other, _ := readMail(t, text+"!")
	if one.MessageID == "" || one.MessageID != again.MessageID || one.MessageID == other.MessageID {
		t.Error(one.MessageID, again.MessageID, other.MessageID)
	}
}

func TestFilesAreDecodedAndCounted(t *testing.T) {
	picture := bytes.Repeat([]byte{0xff, 0xd8, 0, 1}, 1000)
	var body strings.Builder
	body.WriteString("--b\nContent-Type: multipart/alternative; boundary=c\n\n" +
		"--c\nContent-Type: text/html\n\n<p>Not <b>this</b>\n--c\nContent-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable\n\nCaf=E9\n--c--\n")
	for i := range MaxFiles + 2 {
		fmt.Fprintf(&body, "--b\nContent-Type: image/jpeg\nContent-Disposition: attachment; filename=\"../up\\\\%d\u202e.jpg\"\nContent-Transfer-Encoding: base64\n\n%s\n", i, base64.StdEncoding.EncodeToString(picture))
	}
	body.WriteString("--b--\n")
	l, why := readMail(t, mailOf("Content-Type: multipart/mixed; boundary=b\r\n", body.String()))
	if why != "" || l.Text != "Café" || len(l.Files) != MaxFiles || l.FilesLeft != 2 {
		t.Fatalf("%q %q, %d files, %d left", why, l.Text, len(l.Files), l.FilesLeft)
	}
	if f := l.Files[3]; f.Name != "3.jpg" || f.Inline || !bytes.Equal(f.Data, picture) {
		t.Errorf("%q, %d bytes", f.Name, len(f.Data))
	}
}

func TestAMailBuiltToExhaustIsNotRead(t *testing.T) {
	deep := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n", i, i)
		}
		b.WriteString("\ntext\n")
		for i := n - 1; i >= 0; i-- {
			fmt.Fprintf(&b, "--b%d--\n", i)
		}
		return b.String()
	}
	many := func(n int) string { return strings.Repeat("--b\n\ntext\n", n) + "--b--\n" }
	for name, c := range map[string]struct {
		text string
		want drop
	}{
		"as deep as goes": {fields + deep(maxDepth), ""},
		"too deep":        {fields + deep(maxDepth+1), dropUnreadable},
		"as many as go":   {mailOf("Content-Type: multipart/mixed; boundary=b\r\n", many(maxParts-1)), ""},
		"too many":        {mailOf("Content-Type: multipart/mixed; boundary=b\r\n", many(maxParts)), dropUnreadable},
		"no boundary":     {mailOf("Content-Type: multipart/mixed\r\n", "text"), dropUnreadable},
		"no mail":         {"\x00\x01\x02", dropUnreadable},
		"bad base64":      {mailOf("Content-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n", "%%%"), dropUnreadable},
	} {
		begun := time.Now()
		if _, why := readMail(t, strings.ReplaceAll(strings.ReplaceAll(c.text, "\r\n", "\n"), "\n", "\r\n")); why != c.want {
			t.Errorf("%s: %q, want %q", name, why, c.want)
		}
		if took := time.Since(begun); took > 5*time.Second {
			t.Errorf("%s took %v", name, took)
		}
	}
}

func TestNoTextTakesLong(t *testing.T) {
	fill := func(unit string) string { return strings.Repeat(unit, MaxBytes/len(unit)) }
	for name, c := range map[string]struct{ head, body string }{
		"rules":           {"Content-Type: text/plain\r\n", fill("__________\n")},
		"blank lines":     {"Content-Type: text/plain\r\n", fill("\n")},
		"introductions":   {"Content-Type: text/plain\r\n", fill("on a wrote\n")},
		"fields":          {"Content-Type: text/plain\r\n", fill("From: a\n")},
		"quotes":          {"Content-Type: text/html\r\n", fill("<blockquote>a")},
		"tags":            {"Content-Type: text/html\r\n", fill("<div><b>")},
		"one tag":         {"Content-Type: text/html\r\n", "<a " + fill("b=c ")},
		"entities":        {"Content-Type: text/html\r\n", fill("&lt;")},
		"wide characters": {"Content-Type: text/plain; charset=utf-16le\r\n", fill("\x20\x30")},
		"comments":        {"Authentication-Results: mx.desk.example; " + strings.Repeat("(", maxHeader-2000) + "\r\n", "a"},
		"results":         {strings.Repeat("Authentication-Results: mx.desk.example2; dkim=pass header.d=a.nl\r\n", maxHeader/80), "a"},
		"senders":         {"X-Loop: " + strings.Repeat("a@é.nl ", maxHeader/20) + "\r\n", "a"},
	} {
		begun := time.Now()
		readMail(t, mailOf(c.head, c.body))
		took := time.Since(begun)
		t.Logf("%s: %v", name, took)
		if took > 10*time.Second {
			t.Errorf("%s took %v", name, took)
		}
	}
}

func TestAConnectionThatBreaksIsNoLetter(t *testing.T) {
	broken := errors.New("broken")
	for n := range len(mailOf("", "text")) {
		in := iotest.DataErrReader(strings.NewReader(mailOf("", "text")[:n]))
		_, _, err := ours.read("eva@bakery.nl", &failing{in: in, err: broken})
		if !errors.Is(err, broken) {
			t.Fatalf("after %d bytes: %v", n, err)
		}
	}
}

// failing ends in an error where in ends.
type failing struct {
	in  interface{ Read(p []byte) (int, error) }
	err error
}

func (f *failing) Read(p []byte) (int, error) {
	n, err := f.in.Read(p)
	if err != nil {
		return n, f.err
	}
	return n, nil
}

func TestTextIsWhatTheSenderWroteNow(t *testing.T) {
	for name, c := range map[string]struct{ kind, text, want string }{
		"a quote below":                 {"plain", "Yes.\n\nOn Mon, 23 Nov 2026 at 10:00, Desk <desk@x.nl> wrote:\n> Is it you?\n> Really?\n", "Yes."},
		"a quote above":                 {"plain", "> Is it you?\n\nYes.", "Yes."},
		"in between":                    {"plain", "> One?\nYes.\n> Two?\nNo.", "Yes.\nNo."},
		"in Dutch, broken in two":       {"plain", "Ja.\n\nOp ma 23 nov 2026 om 10:00 schreef de balie van het bedrijf\n<desk@x.nl>:\n\n> Bent u het?\n", "Ja."},
		"a sentence that looks like it": {"plain", "On Monday he wrote:\nhello", "On Monday he wrote:\nhello"},
		"Outlook":                       {"plain", "Yes.\n\n________________________________\nFrom: Desk <desk@x.nl>\nSent: Monday\nTo: Eva\nSubject: x\n\nIs it you?", "Yes."},
		"Outlook in Dutch":              {"plain", "Ja.\n\nVan: Desk <desk@x.nl>\nVerzonden: maandag\nAan: Eva\n\nBent u het?", "Ja."},
		"an original":                   {"plain", "Ja.\n-----Oorspronkelijk bericht-----\nBent u het?", "Ja."},
		"a word from":                   {"plain", "Van: de bakkerij\nwas gevraagd", "Van: de bakkerij\nwas gevraagd"},
		"a signature":                   {"plain", "Yes.\n-- \nEva\nBakery", "Yes."},
		"a dash":                        {"plain", "One\n--\nTwo", "One\n--\nTwo"},
		"all of it quoted":              {"plain", "> Is it you?", "> Is it you?"},
		"controls and turns":            {"plain", "a\u202eb\u2066c\x00d\x1b[31me\u200bf\ufefft", "abcd[31meft"},
		"no UTF-8":                      {"plain", "a\xff\xfeb", "a\uFFFDb"},
		"blank lines":                   {"plain", "a\n\n\n\n  \nb", "a\n\nb"},
		"html":                          {"html", "<html><head><title>x</title><style>p{}</style></head><body><p>Hello <b>you</b>,<br>see <a href='https://thief.nl/'>this</a>.</p><script>alert(1)</script><div>Bye</div>", "Hello you,\nsee this.\n\nBye"},
		"html, quoted":                  {"html", "<p>Yes.</p><div>On Monday, Desk wrote:</div><blockquote><p>Is it you?<br>Really?</p></blockquote>", "Yes."},
		"html, entities":                {"html", "1 &lt; 2 &amp; caf&eacute;&#8238;x", "1 < 2 & caféx"},
	} {
		l, why := readMail(t, mailOf("Content-Type: text/"+c.kind+"; charset=utf-8\r\n", c.text))
		if why != "" || l.Text != c.want {
			t.Errorf("%s: %q %q, want %q", name, why, l.Text, c.want)
		}
	}
}

func TestALongTextIsCut(t *testing.T) {
	for n, want := range map[int]bool{MaxText: false, MaxText + 1: true} {
		l, _ := readMail(t, mailOf("", strings.Repeat("a", n)))
		if l.TextCut != want || len(l.Text) != MaxText {
			t.Errorf("%d: %v, %d bytes", n, l.TextCut, len(l.Text))
		}
	}
	for _, line := range []string{"on é wrote\n", "on é wrote:\n", "From: é\n"} {
		begun := time.Now()
		l, _ := readMail(t, mailOf("", strings.Repeat(line, 2_000_000)))
		if !utf8.ValidString(l.Text) || !l.TextCut {
			t.Errorf("%q: cut within a character", line)
		}
		if took := time.Since(begun); took > 10*time.Second {
			t.Errorf("%q took %v", line, took)
		}
	}
}

func TestAnAddressOfTheDesk(t *testing.T) {
	const token = "AbCdEfGhIjKlMnOpQrStUvWxYz0123456789-_AbCdE"
	for address, want := range map[string]recipient{
		"desk+2026-0042." + token + "@desk.example":  {"2026-0042", token},
		"DESK+2026-0042." + token + "@Desk.Example.": {"2026-0042", token},
		"desk@desk.example":                          {},
		"desk+anything@desk.example":                 {},
		"desk+2026-0042.short@desk.example":          {},
	} {
		if got, ok := parseRecipient(address, "desk.example"); !ok || got != want {
			t.Errorf("%s: %v %v", address, got, ok)
		}
	}
	for _, address := range []string{"", "desk", "desk@thief.example", "desks@desk.example", "eva@desk.example", "desk@desk.example.nl", "@desk.example"} {
		if _, ok := parseRecipient(address, "desk.example"); ok {
			t.Errorf("%q is ours", address)
		}
	}
}

func FuzzMail(f *testing.F) {
	f.Add("eva@bakery.nl", []byte(mailOf("", "Hello")))
	f.Add("eva@bakery.nl", []byte(mailOf("Content-Type: multipart/mixed; boundary=b\r\n", "--b\nContent-Type: text/html; charset=utf-16\n\n<p>x<blockquote>y\n--b\nContent-Disposition: attachment; filename*=utf-8''%e2%80%ae\nContent-Transfer-Encoding: base64\n\nAAAA\n--b--")))
	f.Add("", []byte("\r\n"))
	f.Fuzz(func(t *testing.T, from string, text []byte) {
		l, why, err := ours.read(from, bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if why != "" {
			return
		}
		if l.From == "" || l.MessageID == "" || from == "" || len(l.Files) > MaxFiles || len(l.Text) > MaxText || len(l.Subject) > MaxSubject {
			t.Errorf("%+v", l)
		}
		if strings.ContainsFunc(l.MessageID, func(r rune) bool { return r <= ' ' || r > '~' || r == '<' || r == '>' }) {
			t.Errorf("message id %q", l.MessageID)
		}
		names := []string{l.Subject}
		for _, file := range l.Files {
			names = append(names, file.Name)
		}
		if slices.ContainsFunc(names, func(s string) bool { return strings.Contains(s, "\n") }) {
			t.Errorf("a name of two lines: %q", names)
		}
		for _, s := range append(names, l.Text) {
			if !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool {
				return unicode.IsControl(r) && r != '\n' || unicode.Is(unicode.Cf, r)
			}) {
				t.Errorf("%q", s)
			}
		}
	})
}
