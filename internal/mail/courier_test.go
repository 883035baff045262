package mail_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sparekey/sparekey/internal/mail"
	"github.com/sparekey/sparekey/internal/mail/mailbox"
	"github.com/sparekey/sparekey/internal/notice"
	"github.com/sparekey/sparekey/internal/org"
)

// pigeon is a Sender that answers as it is told.
type pigeon struct {
	mu     sync.Mutex
	sent   []mail.Postmark
	answer func(n int) error // of the nth letter, from 1; nil: taken
	flight time.Duration
}

func (p *pigeon) Send(ctx context.Context, stamp mail.Postmark, _ mail.Rendered) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(p.flight):
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sent = append(p.sent, stamp)
	if p.answer == nil {
		return nil
	}
	return p.answer(len(p.sent))
}

func (p *pigeon) flights() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.sent)
}

// journal is a log that may be read while it is written.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(b)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// start runs a courier until the returned function stops it.
func start(t *testing.T, o *outbox, s mail.Sender, change func(*mail.CourierConfig)) (*mail.Courier, func(), *journal) {
	t.Helper()
	notes := &journal{}
	config := mail.CourierConfig{
		Outbox: o, Renderer: renderer(t), Sender: s,
		Log: slog.New(slog.NewTextHandler(notes, nil)), Now: time.Now,
	}
	if change != nil {
		change(&config)
	}
	courier, err := mail.NewCourier(config)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		courier.Run(ctx)
	}()
	stop := func() { cancel(); <-done }
	t.Cleanup(stop)
	return courier, stop, notes
}

func TestALetterIsSentOnceAndANudgeSendsItNow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, p := &outbox{}, &pigeon{}
		courier, _, _ := start(t, o, p, func(c *mail.CourierConfig) { c.Interval = time.Hour })
		synctest.Wait() // everybody has looked, and rests
		id := o.put(message(notice.MFAOn, org.Dutch), time.Now())
		synctest.Wait()
		if p.flights() != 0 {
			t.Fatal("sent before anybody looked")
		}
		for range 10 {
			courier.Nudge()
		}
		synctest.Wait()
		if k := o.find(id); k.state != "sent" || p.flights() != 1 {
			t.Errorf("%q after %d flights", k.state, p.flights())
		}
		time.Sleep(24 * time.Hour)
		if p.flights() != 1 {
			t.Errorf("sent %d times", p.flights())
		}
	})
}

func TestALetterIsFoundWithoutANudge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, p := &outbox{}, &pigeon{}
		start(t, o, p, nil)
		synctest.Wait()
		id := o.put(message(notice.MFAOn, org.Dutch), time.Now())
		time.Sleep(500 * time.Millisecond)
		synctest.Wait()
		if k := o.find(id); k.state != "sent" {
			t.Error("not sent within the interval")
		}
	})
}

func TestTroubleDelaysTenSecondsThenTwiceAsLongUpToAQuarterOfAnHour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &outbox{}
		p := &pigeon{answer: func(n int) error {
			if n <= 9 {
				return &mail.SendError{Stage: mail.AtConnect}
			}
			return nil
		}}
		id := o.put(message(notice.MFAOn, org.Dutch), time.Now())
		start(t, o, p, nil)
		time.Sleep(2 * time.Hour)
		k := o.find(id)
		if k.state != "sent" || k.letter.Attempts != 10 {
			t.Fatalf("%q after %d attempts", k.state, k.letter.Attempts)
		}
		want := []time.Duration{10, 20, 40, 80, 160, 320, 640, 900, 900}
		for i, d := range k.delays {
			if got := d + time.Minute; got != want[i]*time.Second { // the lease is a minute
				t.Errorf("delay %d: %v, want %v", i+1, got, want[i]*time.Second)
			}
		}
	})
}

func TestALetterIsGivenUpAfterFiveDays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &outbox{}
		p := &pigeon{answer: func(int) error { return &mail.SendError{Stage: mail.AtSender, Code: 550} }}
		id := o.put(message(notice.SignInCode, org.Dutch), time.Now())
		_, _, notes := start(t, o, p, func(c *mail.CourierConfig) { c.Interval = time.Minute })
		time.Sleep(mail.GiveUpAfter - time.Minute)
		if k := o.find(id); k.state != "" {
			t.Errorf("%q before five days were over", k.state)
		}
		time.Sleep(mail.LongestDelay + time.Minute)
		synctest.Wait()
		if k := o.find(id); k.state != "failed" || !strings.Contains(k.reason, "550") {
			t.Errorf("%q (%s) after five days", k.state, k.reason)
		}
		discreet(t, notes)
	})
}

func TestWhoIsRefusedForGoodIsNotTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &outbox{}
		p := &pigeon{answer: func(int) error {
			return fmt.Errorf("send: %w", &mail.SendError{Stage: mail.AtRecipient, Code: 550, Enhanced: "5.1.1"})
		}}
		id := o.put(message(notice.SignInCode, org.Dutch), time.Now())
		_, _, notes := start(t, o, p, nil)
		time.Sleep(time.Hour)
		if k := o.find(id); k.state != "failed" || p.flights() != 1 {
			t.Errorf("%q after %d flights", k.state, p.flights())
		}
		if log := notes.String(); !strings.Contains(log, "sign-in-code") || !strings.Contains(log, id) || !strings.Contains(log, "5.1.1") {
			t.Errorf("the log does not say what happened: %s", log)
		}
		discreet(t, notes)
	})
}

func TestALetterThatCannotBeWrittenWaitsForABetterProgram(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, p := &outbox{}, &pigeon{}
		m := message(notice.SignInCode, org.Dutch)
		m.Facts.Objection = ""
		id := o.put(m, time.Now())
		_, _, notes := start(t, o, p, nil)
		time.Sleep(time.Hour)
		if k := o.find(id); k.state != "" || len(k.delays) < 5 || p.flights() != 0 {
			t.Errorf("%q, %d delays, %d flights", k.state, len(k.delays), p.flights())
		}
		discreet(t, notes)
	})
}

func TestALetterClaimedByAProcessThatDiedComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, p := &outbox{}, &pigeon{}
		id := o.put(message(notice.MFAOn, org.Dutch), time.Now())
		if _, err := o.ClaimLetter(t.Context(), time.Now(), 5*time.Minute); err != nil {
			t.Fatal(err)
		}
		start(t, o, p, nil)
		time.Sleep(5*time.Minute - time.Second)
		if p.flights() != 0 {
			t.Error("sent while another process had it")
		}
		time.Sleep(2 * time.Second)
		if k := o.find(id); k.state != "sent" || p.flights() != 1 {
			t.Errorf("%q after %d flights", k.state, p.flights())
		}
	})
}

func TestALetterWhoseSendingCouldNotBeWrittenDownIsSentAgainUnderTheSamePostmark(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, p := &outbox{deaf: 1}, &pigeon{}
		id := o.put(message(notice.MFAOn, org.Dutch), time.Now())
		start(t, o, p, nil)
		time.Sleep(10 * time.Minute)
		if k := o.find(id); k.state != "sent" || p.flights() != 2 || p.sent[0] != p.sent[1] {
			t.Errorf("%q after %v", k.state, p.sent)
		}
	})
}

func TestTheLetterUnderWayIsFinishedBeforeRunReturns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, p := &outbox{}, &pigeon{flight: mail.LastMoment - time.Second}
		under, also := o.put(message(notice.MFAOn, org.Dutch), time.Now()), o.put(message(notice.MFAOn, org.Dutch), time.Now())
		later := o.put(message(notice.MFAOn, org.Dutch), time.Now())
		_, stop, _ := start(t, o, p, nil)
		synctest.Wait()
		begun := time.Now()
		stop()
		if took := time.Since(begun); took != mail.LastMoment-time.Second {
			t.Errorf("Run took %v to return", took)
		}
		if o.find(under).state != "sent" || o.find(also).state != "sent" || o.find(later).state != "" {
			t.Error("of three letters, the two under way must be sent, and only those")
		}
	})
}

func TestALetterThatTakesTooLongIsDelayed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, p := &outbox{}, &pigeon{flight: time.Hour}
		id := o.put(message(notice.MFAOn, org.Dutch), time.Now())
		start(t, o, p, nil)
		time.Sleep(31 * time.Second)
		if k := o.find(id); k.state != "" || len(k.delays) != 1 {
			t.Errorf("%q, %d delays", k.state, len(k.delays))
		}
	})
}

func TestALetterUnderWayIsGivenBackWhenTheProgramStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, p := &outbox{}, &pigeon{flight: time.Hour}
		id := o.put(message(notice.MFAOn, org.Dutch), time.Now())
		_, stop, _ := start(t, o, p, nil)
		synctest.Wait()
		begun := time.Now()
		stop()
		if took := time.Since(begun); took != mail.LastMoment {
			t.Errorf("Run took %v to return", took)
		}
		if k := o.find(id); k.state != "" || len(k.delays) != 1 {
			t.Errorf("%q, %d delays", k.state, len(k.delays))
		}
	})
}

func TestAnOutboxThatCannotBeReadIsAskedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, p := &outbox{broken: errors.New("database gone")}, &pigeon{}
		id := o.put(message(notice.MFAOn, org.Dutch), time.Now())
		_, _, notes := start(t, o, p, nil)
		time.Sleep(time.Minute)
		if n := strings.Count(notes.String(), "database gone"); n == 0 || n > 30 {
			t.Errorf("logged %d times in a minute", n)
		}
		o.mu.Lock()
		o.broken = nil
		o.mu.Unlock()
		time.Sleep(10 * time.Second)
		if o.find(id).state != "sent" {
			t.Error("not sent after the outbox came back")
		}
	})
}

func TestAServerThatIsDownForAWhileLosesNothing(t *testing.T) {
	server := listen(t, mailbox.Options{})
	server.Down()
	o := &outbox{}
	var ahead sync.Map // the clock runs ahead of the machine's
	ahead.Store("by", time.Duration(0))
	now := func() time.Time {
		by, _ := ahead.Load("by")
		return time.Now().Add(by.(time.Duration))
	}
	for _, k := range notice.Kinds {
		o.put(message(k, org.Dutch), now())
	}
	courier, _, notes := start(t, o, sender(t, configFor(t, server, mail.Clear)), func(c *mail.CourierConfig) {
		c.Now, c.Interval = now, 5*time.Millisecond
	})
	eventually(t, func() bool { return strings.Count(notes.String(), "mail delayed") >= len(notice.Kinds) })
	if err := server.Up(); err != nil {
		t.Fatal(err)
	}
	ahead.Store("by", 4*time.Hour)
	courier.Nudge()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	mails, err := server.Wait(ctx, len(notice.Kinds))
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, func() bool { return o.waiting() == 0 })
	ids := map[string]bool{}
	for _, m := range mails {
		ids[m.MessageID] = true
	}
	if len(mails) != len(notice.Kinds) || len(ids) != len(notice.Kinds) {
		t.Errorf("%d mails with %d ids, want %d of each", len(mails), len(ids), len(notice.Kinds))
	}
	discreet(t, notes)
}

func TestTwoProcessesShareAnOutbox(t *testing.T) {
	server := listen(t, mailbox.Options{})
	o := &outbox{}
	const letters = 40
	for range letters {
		o.put(message(notice.SignInCode, org.English), time.Now())
	}
	smtp := sender(t, configFor(t, server, mail.Clear))
	start(t, o, smtp, nil)
	start(t, o, smtp, nil)
	eventually(t, func() bool { return o.waiting() == 0 })
	if n := len(server.Mails()); n != letters {
		t.Errorf("%d mails for %d letters", n, letters)
	}
}

func TestACourierThatCannotWorkIsRefused(t *testing.T) {
	good := mail.CourierConfig{Outbox: &outbox{}, Sender: &pigeon{}, Log: slog.New(slog.DiscardHandler), Now: time.Now}
	if _, err := mail.NewCourier(good); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*mail.CourierConfig){
		"no outbox":       func(c *mail.CourierConfig) { c.Outbox = nil },
		"no sender":       func(c *mail.CourierConfig) { c.Sender = nil },
		"no log":          func(c *mail.CourierConfig) { c.Log = nil },
		"no clock":        func(c *mail.CourierConfig) { c.Now = nil },
		"lease too short": func(c *mail.CourierConfig) { c.Lease = 39 * time.Second },
	} {
		c := good
		spoil(&c)
		if _, err := mail.NewCourier(c); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// discreet checks that a log tells no secret and no address.
func discreet(t *testing.T, notes *journal) {
	t.Helper()
	for _, secret := range []string{"eva", "TOKEN", "12345678", "1234 5678", "Eva"} {
		if strings.Contains(notes.String(), secret) {
			t.Errorf("the log tells %q:\n%s", secret, notes)
		}
	}
}

// eventually waits until claim holds, at most 20 seconds.
func eventually(t *testing.T, claim func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !claim(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("waited too long")
		}
	}
}
