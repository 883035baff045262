package mailin_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/sparekey/sparekey/internal/mailin"
)

// postfix is a mail server in a folder of its own.
type postfix struct {
	t      *testing.T
	folder string
	port   int
}

// Its settings. What a policy daemon for SPF would find out and put on top of a mail
// stands in a table here; no mail leaves it but to where the desk's mails come in.
const (
	mainCF = `compatibility_level = 3.6
queue_directory = FOLDER/queue
data_directory = FOLDER/data
mail_owner = postfix
setgid_group = postdrop
maillog_file = FOLDER/log
maillog_file_prefixes = FOLDER
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mx.desk.example
mydestination =
mynetworks =
alias_maps =
alias_database =
local_recipient_maps =
relay_domains = desk.example
relay_transport = lmtp:WAY
default_transport = error:no mail leaves here
message_size_limit = 26214400
smtpd_relay_restrictions = reject_unauth_destination
smtpd_sender_restrictions = check_sender_access regexp:FOLDER/etc/found
smtpd_tls_security_level = none
disable_vrfy_command = yes
notify_classes =
`
	found = `/@bakery\.nl$/  PREPEND Authentication-Results: mx.desk.example; spf=pass smtp.mailfrom=bakery.nl
/./  PREPEND Authentication-Results: mx.desk.example; spf=none
`
	masterCF = `127.0.0.1:PORT inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
showq unix n - n - - showq
postlog unix-dgram n - n - 1 postlogd
`
)

// startPostfix runs Postfix until the test ends. It hands what is for desk.example to
// way, over LMTP.
func startPostfix(t *testing.T, way net.Addr) *postfix {
	t.Helper()
	const program = "/usr/sbin/postfix"
	if _, err := os.Stat(program); err != nil {
		t.Skip("Postfix is not installed")
	}
	if os.Geteuid() != 0 {
		t.Skip("Postfix starts as root alone")
	}
	// Its users must be able to come in, which they are not to a test's own folder.
	folder, err := os.MkdirTemp("", "sparekey-postfix-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	if err := os.Chmod(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	p := &postfix{t: t, folder: folder, port: freePort(t)}
	to := "inet:" + way.String()
	if way.Network() == "unix" {
		to = "unix:" + way.String()
	}
	fill := strings.NewReplacer("FOLDER", folder, "WAY", to, "PORT", fmt.Sprint(p.port))
	for name, text := range map[string]string{"main.cf": mainCF, "master.cf": masterCF, "found": found} {
		p.write(filepath.Join("etc", name), fill.Replace(text))
	}
	for _, sub := range []string{"queue", "data"} {
		if err := os.Mkdir(filepath.Join(folder, sub), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := exec.Command("chown", "postfix", filepath.Join(folder, "data")).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if out, err := p.run("start"); err != nil {
		t.Fatalf("start Postfix: %v: %s\n%s", err, out, p.log())
	}
	t.Cleanup(func() {
		if out, err := p.run("stop"); err != nil {
			t.Errorf("stop Postfix: %v: %s", err, out)
		}
		if t.Failed() {
			t.Log(p.log())
		}
	})
	return p
}

func (p *postfix) write(name, text string) {
	p.t.Helper()
	path := filepath.Join(p.folder, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		p.t.Fatal(err)
	}
}

func (p *postfix) run(what string) (string, error) {
	out, err := exec.Command("/usr/sbin/postfix", "-c", filepath.Join(p.folder, "etc"), what).CombinedOutput()
	return string(out), err
}

func (p *postfix) log() string {
	text, _ := os.ReadFile(filepath.Join(p.folder, "log"))
	return string(text)
}

// send hands a mail to Postfix as a stranger would.
func (p *postfix) send(from string, to []string, text string) error {
	p.t.Helper()
	var c *smtp.Client
	eventually(p.t, func() bool {
		var err error
		c, err = smtp.Dial(fmt.Sprintf("127.0.0.1:%d", p.port))
		return err == nil
	})
	defer c.Close()
	return c.SendMail(from, to, strings.NewReader(text))
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// eventually waits until claim holds, at most 30 seconds.
func eventually(t *testing.T, claim func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !claim(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("waited too long")
		}
	}
}

func TestPostfixHandsMailsOver(t *testing.T) {
	d, s, at := serve(t, "127.0.0.1:0", nil)
	p := startPostfix(t, at)
	file := bytes.Repeat([]byte("%PDF-1.7 \x00\xff\r\n.\r\n"), 200_000)
	encoded := base64.StdEncoding.EncodeToString(file)
	var lines strings.Builder
	for len(encoded) > 76 {
		lines.WriteString(encoded[:76] + "\r\n")
		encoded = encoded[76:]
	}
	lines.WriteString(encoded + "\r\n")
	text := "From: eva@bakery.nl\r\nMessage-ID: <1@bakery.nl>\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" +
		"--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nHere it is, Zoë.\r\n.\r\n" +
		"--b\r\nContent-Type: application/pdf; name=x.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n" + lines.String() + "--b--\r\n"
	if err := p.send("eva@bakery.nl", []string{deskAddress("2026-0042"), deskAddress("2026-0043")}, text); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() bool { return len(d.taken()) == 2 })
	for i, l := range d.taken() {
		if l.Token != token || l.Vouched != mailin.BySPF || l.Text != "Here it is, Zoë.\n." || l.MessageID != "1@bakery.nl" ||
			len(l.Files) != 1 || !bytes.Equal(l.Files[0].Data, file) {
			t.Errorf("letter %d: %q %q %q, %d files", i, l.Token, l.Vouched, l.Text, len(l.Files))
		}
	}

	// A sender who brings the word of our server along is not believed, nor answered; a
	// bounce is no letter.
	d.set(func() { d.answer = mailin.Unusable })
	forged := "Authentication-Results: mx.desk.example; dkim=pass header.d=bakery.nl\r\nFrom: eva@bakery.nl\r\n\r\nIt is me\r\n"
	if err := p.send("eva@thief.example", []string{deskAddress("2026-0042")}, forged); err != nil {
		t.Fatal(err)
	}
	if err := p.send("", []string{deskAddress("2026-0042")}, forged); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() bool { return len(d.taken()) == 3 && s.Counts()["bounce"] == 1 })
	if l := d.taken()[2]; l.Vouched != mailin.ByNobody || len(d.replied()) != 0 {
		t.Errorf("%q, %d answers", l.Vouched, len(d.replied()))
	}
	if err := p.send("eva@bakery.nl", []string{"eva@elsewhere.example"}, forged); code(err) != 554 {
		t.Errorf("mail for elsewhere: %v", err)
	}
}

func TestPostfixKeepsWhatTheDeskCannotTakeNow(t *testing.T) {
	d, s, at := serve(t, "127.0.0.1:0", nil)
	d.set(func() { d.err = errors.New("no database") })
	p := startPostfix(t, at)
	if err := p.send("eva@bakery.nl", []string{deskAddress("2026-0042")}, "From: eva@bakery.nl\r\n\r\nHi\r\n"); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() bool { return s.Counts()[mailin.Failed] > 0 && strings.Contains(p.log(), "status=deferred") })
	d.set(func() { d.err = nil })
	time.Sleep(time.Second) // a mail that is just being put away would be passed over
	if out, err := p.run("flush"); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	eventually(t, func() bool {
		out, err := exec.Command("postqueue", "-c", filepath.Join(p.folder, "etc"), "-p").Output()
		return err == nil && strings.Contains(string(out), "Mail queue is empty")
	})
	if l := d.taken(); len(l) != 1 || l[0].Text != "Hi" || l[0].Vouched != mailin.BySPF {
		t.Errorf("%+v", l)
	}
}
