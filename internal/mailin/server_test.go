package mailin_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/sparekey/sparekey/internal/mailin"
)

const token = "AbCdEfGhIjKlMnOpQrStUvWxYz0123456789-_AbCdE"

// table is a desk, and whoever sends its answers.
type table struct {
	mu      sync.Mutex
	letters []mailin.Letter
	replies []mailin.Reply
	now     time.Time
	answer  mailin.Answer
	err     error
	arrived chan struct{}
}

func (d *table) Take(_ context.Context, l mailin.Letter) (mailin.Answer, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.err != nil {
		return mailin.Silence, d.err
	}
	d.letters = append(d.letters, l)
	select {
	case d.arrived <- struct{}{}:
	default:
	}
	return d.answer, nil
}

func (d *table) reply(_ context.Context, r mailin.Reply) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.replies = append(d.replies, r)
	return nil
}

func (d *table) clock() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.now
}

func (d *table) set(change func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	change()
}

func (d *table) taken() []mailin.Letter {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]mailin.Letter(nil), d.letters...)
}

func (d *table) replied() []mailin.Reply {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]mailin.Reply(nil), d.replies...)
}

// serve runs a server on address until the test ends.
func serve(t *testing.T, address string, change func(*mailin.Config)) (*table, *mailin.Server, net.Addr) {
	t.Helper()
	d := &table{now: time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC), arrived: make(chan struct{}, 1000)}
	config := mailin.Config{
		Domain: "desk.example", AuthServer: "mx.desk.example",
		Desk: d, Reply: d.reply, Log: slog.New(slog.DiscardHandler), Now: d.clock,
	}
	if change != nil {
		change(&config)
	}
	s, err := mailin.NewServer(config)
	if err != nil {
		t.Fatal(err)
	}
	l, err := mailin.Listen(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return d, s, l.Addr()
}

func lmtp(t *testing.T, at net.Addr) *smtp.Client {
	t.Helper()
	conn, err := net.Dial(at.Network(), at.String())
	if err != nil {
		t.Fatal(err)
	}
	c := smtp.NewClientLMTP(conn)
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// vouchedFor is the header of a mail from eva@bakery.nl whose signature was good.
const vouchedFor = "Authentication-Results: mx.desk.example; dkim=pass header.d=bakery.nl\r\nFrom: eva@bakery.nl\r\n"

func deskAddress(number string) string { return "desk+" + number + "." + token + "@desk.example" }

func TestAMailComesInOverLMTP(t *testing.T) {
	for _, address := range []string{"127.0.0.1:0", "unix:" + filepath.Join(t.TempDir(), "mail.sock")} {
		d, s, at := serve(t, address, nil)
		c := lmtp(t, at)
		if err := c.SendMail("eva@bakery.nl", []string{deskAddress("2026-0042"), "desk@desk.example"}, strings.NewReader(vouchedFor+"Message-ID: <1@bakery.nl>\r\n\r\nHello\r\n")); err != nil {
			t.Fatal(err)
		}
		letters := d.taken()
		if len(letters) != 2 || letters[0].Number != "2026-0042" || letters[0].Token != token || letters[1].Number != "" ||
			letters[0].Text != "Hello" || letters[0].Vouched != mailin.ByDKIM || s.Counts()[mailin.Taken] != 2 {
			t.Errorf("%+v %v", letters, s.Counts())
		}
		if size, ok := c.MaxMessageSize(); !ok || size != mailin.MaxBytes {
			t.Errorf("LHLO says %d, %v", size, ok)
		}
	}
}

func TestWhatIsNotForTheDeskIsRefused(t *testing.T) {
	d, _, at := serve(t, "127.0.0.1:0", nil)
	c := lmtp(t, at)
	err := c.SendMail("eva@bakery.nl", []string{"eva@desk.example"}, strings.NewReader(vouchedFor+"\r\n"))
	if code(err) != 550 || len(d.taken()) != 0 {
		t.Errorf("%v", err)
	}
}

func TestAMailThatIsTooLargeIsRefused(t *testing.T) {
	d, _, at := serve(t, "127.0.0.1:0", nil)
	c := lmtp(t, at)
	if err := c.Mail("eva@bakery.nl", &smtp.MailOptions{Size: mailin.MaxBytes + 1}); code(err) != 552 {
		t.Errorf("announced: %v", err)
	}
	body := vouchedFor + "\r\n" + strings.Repeat(strings.Repeat("a", 76)+"\r\n", mailin.MaxBytes/78+1)
	err := lmtp(t, at).SendMail("eva@bakery.nl", []string{deskAddress("2026-0042")}, strings.NewReader(body))
	if code(err) != 552 || len(d.taken()) != 0 {
		t.Errorf("sent: %v", err)
	}
}

func TestOverSMTPThereIsOneRecipient(t *testing.T) {
	d, _, at := serve(t, "127.0.0.1:0", func(c *mailin.Config) { c.SMTP = true })
	conn, err := net.Dial("tcp", at.String())
	if err != nil {
		t.Fatal(err)
	}
	c := smtp.NewClient(conn)
	t.Cleanup(func() { _ = c.Close() })
	if err := c.SendMail("eva@bakery.nl", []string{deskAddress("2026-0042"), deskAddress("2026-0043")}, strings.NewReader(vouchedFor+"\r\nHi")); code(err)/100 != 4 {
		t.Errorf("two: %v", err)
	}
	_ = c.Reset()
	if err := c.SendMail("eva@bakery.nl", []string{deskAddress("2026-0042")}, strings.NewReader(vouchedFor+"\r\nHi")); err != nil || len(d.taken()) != 1 {
		t.Errorf("one: %v", err)
	}
}

func TestACaseASenderAndStrangersHaveTheirHour(t *testing.T) {
	d, s, at := serve(t, "127.0.0.1:0", nil)
	c := lmtp(t, at)
	send := func(from, number string, vouched bool) error {
		head := "From: " + from + "\r\n"
		if vouched {
			head += "Authentication-Results: mx.desk.example; dkim=pass header.d=bakery.nl\r\n"
		}
		return c.SendMail(from, []string{deskAddress(number)}, strings.NewReader(head+"\r\nHi"))
	}
	for i := range 30 {
		if err := send(fmt.Sprintf("a%d@bakery.nl", i), "2026-0001", true); err != nil {
			t.Fatal(i, err)
		}
	}
	if err := send("b@bakery.nl", "2026-0001", true); code(err) != 451 {
		t.Errorf("31 for a case: %v", err)
	}
	for i := range 60 {
		if err := send("eva@bakery.nl", fmt.Sprintf("2026-%04d", 100+i), true); err != nil {
			t.Fatal(i, err)
		}
	}
	if err := send("eva@bakery.nl", "2026-0200", true); code(err) != 451 {
		t.Errorf("61 of a sender: %v", err)
	}
	// Who only claims to be Eva has used up nothing, and uses up nothing of hers.
	for i := range 300 {
		if err := send(fmt.Sprintf("x%d@bakery.nl", i), fmt.Sprintf("2026-%04d", 1000+i), false); err != nil {
			t.Fatal(i, err)
		}
	}
	if err := send("y@bakery.nl", "2026-3000", false); code(err) != 451 {
		t.Errorf("301 of strangers: %v", err)
	}
	for i := range 600 - 30 - 60 - 300 {
		if err := send(fmt.Sprintf("c%d@bakery.nl", i), fmt.Sprintf("2026-%04d", 2000+i), true); err != nil {
			t.Fatal(i, err)
		}
	}
	if err := send("d@bakery.nl", "2026-3001", true); code(err) != 451 {
		t.Errorf("601 in all: %v", err)
	}
	d.set(func() { d.now = d.now.Add(time.Hour - time.Second) })
	if err := send("d@bakery.nl", "2026-3001", true); code(err) != 451 {
		t.Errorf("a second too early: %v", err)
	}
	d.set(func() { d.now = d.now.Add(time.Second) })
	if err := send("eva@bakery.nl", "2026-0001", true); err != nil {
		t.Errorf("an hour later: %v", err)
	}
	if n := s.Counts(); n[mailin.Limited] != 5 || n[mailin.Taken] != 601 {
		t.Error(n)
	}
}

func TestASenderGetsOneAnswerADayAndOnlyIfVouchedFor(t *testing.T) {
	d, s, at := serve(t, "127.0.0.1:0", nil)
	d.answer = mailin.Unusable
	c := lmtp(t, at)
	send := func(envelope, text string) {
		t.Helper()
		if err := c.SendMail(envelope, []string{"desk@desk.example"}, strings.NewReader(text)); err != nil {
			t.Fatal(err)
		}
	}
	send("eva@bakery.nl", "From: eva@bakery.nl\r\n\r\nnot vouched for")
	send("", vouchedFor+"\r\na bounce")
	send("eva@bakery.nl", vouchedFor+"Auto-Submitted: auto-replied\r\n\r\nout of office")
	if n := len(d.replied()); n != 0 {
		t.Fatalf("%d answers", n)
	}
	for range 5 {
		send("eva@bakery.nl", vouchedFor+"Message-ID: <7@bakery.nl>\r\n\r\nHi")
	}
	send("eva@bakery.nl", vouchedFor+"Content-Type: multipart/mixed\r\n\r\nno boundary")
	if r := d.replied(); len(r) != 1 || r[0] != (mailin.Reply{To: "eva@bakery.nl", Answer: mailin.Unusable, MessageID: "7@bakery.nl"}) {
		t.Errorf("%#v", r)
	}
	d.set(func() { d.now = d.now.Add(24*time.Hour - time.Second) })
	send("eva@bakery.nl", vouchedFor+"\r\nHi")
	if n := len(d.replied()); n != 1 {
		t.Errorf("%d answers within a day", n)
	}
	d.set(func() { d.now = d.now.Add(time.Second) })
	send("eva@bakery.nl", vouchedFor+"Content-Type: multipart/mixed\r\n\r\nno boundary")
	if n := len(d.replied()); n != 2 || s.Counts()["unreadable"] != 2 || s.Counts()["bounce"] != 1 || s.Counts()["automatic"] != 1 {
		t.Errorf("%d answers, %v", n, s.Counts())
	}
}

func TestADeskInTroubleHasTheMailServerKeepTheMail(t *testing.T) {
	d, s, at := serve(t, "127.0.0.1:0", nil)
	d.set(func() { d.err = errors.New("no database") })
	if err := lmtp(t, at).SendMail("eva@bakery.nl", []string{deskAddress("2026-0042")}, strings.NewReader(vouchedFor+"\r\nHi")); code(err) != 451 || s.Counts()[mailin.Failed] != 1 {
		t.Errorf("%v", err)
	}
}

func TestAMailWhoseEndDoesNotComeIsNotTaken(t *testing.T) {
	d, s, at := serve(t, "127.0.0.1:0", nil)
	conn, err := net.Dial("tcp", at.String())
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"LHLO x", "MAIL FROM:<eva@bakery.nl>", "RCPT TO:<" + deskAddress("2026-0042") + ">", "DATA"} {
		fmt.Fprintf(conn, "%s\r\n", line)
		time.Sleep(50 * time.Millisecond)
	}
	fmt.Fprintf(conn, "%s\r\nHalf of a mail\r\n", vouchedFor)
	_ = conn.Close()
	// The next one is taken after it.
	if err := lmtp(t, at).SendMail("eva@bakery.nl", []string{deskAddress("2026-0043")}, strings.NewReader(vouchedFor+"\r\nHi")); err != nil {
		t.Fatal(err)
	}
	time.Sleep(200 * time.Millisecond)
	if l := d.taken(); len(l) != 1 || l[0].Number != "2026-0043" {
		t.Errorf("%+v %v", l, s.Counts())
	}
}

func TestASocketIsReplacedOnlyWhereNobodyListens(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mail.sock")
	l, err := mailin.Listen(t.Context(), "unix:"+path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := mailin.Listen(t.Context(), "unix:"+path); err == nil {
		t.Error("took the socket of a program that listens")
	}
	l.(*net.UnixListener).SetUnlinkOnClose(false)
	_ = l.Close()
	l, err = mailin.Listen(t.Context(), "unix:"+path)
	if err != nil {
		t.Fatalf("a socket left behind: %v", err)
	}
	_ = l.Close()
	for _, address := range []string{"", "0.0.0.0:24", "192.0.2.1:24", "[::]:24", "localhost:24", "unix:relative", ":24"} {
		if mailin.CheckAddress(address) == nil {
			t.Errorf("%q is taken", address)
		}
	}
}

func code(err error) int {
	if refusal, ok := errors.AsType[*smtp.SMTPError](err); ok {
		return refusal.Code
	}
	var each smtp.LMTPDataError
	if errors.As(err, &each) {
		for _, one := range each {
			return one.Code
		}
	}
	return 0
}
