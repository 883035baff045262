package mail

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/sparekey/sparekey/internal/notice"
)

// An Outbox holds the letters that wait. Several processes may share one.
type Outbox interface {
	// ClaimLetter takes the letter that has waited longest and is due at now,
	// counts the attempt, and keeps others from it until now+lease: if this
	// process dies, the letter comes back. It returns an error wrapping
	// notice.ErrNoLetter when none is due.
	ClaimLetter(ctx context.Context, now time.Time, lease time.Duration) (notice.Letter, error)
	// LetterSent says that the mail server has taken the letter.
	LetterSent(ctx context.Context, id string, now time.Time) error
	// LetterDelayed gives the letter back; it is due again at until.
	LetterDelayed(ctx context.Context, id string, until time.Time, reason string) error
	// LetterFailed says that the letter will never be sent.
	LetterFailed(ctx context.Context, id string, now time.Time, reason string) error
}

// A Sender hands a mail to a server. Its errors hold no secret and no address;
// one that is a *SendError which RefusesRecipient ends the letter, any other
// means "try again later".
type Sender interface {
	Send(ctx context.Context, p Postmark, r Rendered) error
}

// What a Courier keeps to.
const (
	// FirstDelay is the wait after the first attempt that failed; it doubles
	// with each further one up to LongestDelay.
	FirstDelay   = 10 * time.Second
	LongestDelay = notice.LongestDelay
	// GiveUpAfter is how long a letter is tried (RFC 5321, section 4.5.4.1:
	// at least 4 to 5 days).
	GiveUpAfter = 5 * 24 * time.Hour

	// LastMoment is how long a letter under way may still take when the program
	// is told to stop.
	LastMoment = 8 * time.Second

	settleTimeout = 10 * time.Second // to write down how a letter fared
	claimTimeout  = 10 * time.Second // to look into the outbox
	claimPause    = 5 * time.Second  // when the outbox itself cannot be read
)

// CourierConfig is what a Courier works with. Zero durations and numbers give
// the values named; the rest must be set.
type CourierConfig struct {
	Outbox   Outbox
	Renderer Renderer
	Sender   Sender
	Log      *slog.Logger
	Now      func() time.Time // stamps; waiting is done in real time
	Interval time.Duration    // between looks into an empty outbox; 500 ms
	Timeout  time.Duration    // for one letter; 30 seconds
	Lease    time.Duration    // of a claimed letter, longer than Timeout; 1 minute
	Workers  int              // letters under way at once; 2
}

// A Courier takes letters out of an outbox and sends them, each at least once.
type Courier struct {
	config CourierConfig
	nudges chan struct{}
}

// NewCourier checks the configuration; nothing moves until Run.
func NewCourier(c CourierConfig) (*Courier, error) {
	if c.Outbox == nil || c.Sender == nil || c.Log == nil || c.Now == nil {
		return nil, errors.New("courier: outbox, sender, log and clock must be given")
	}
	for d, value := range map[*time.Duration]time.Duration{
		&c.Interval: 500 * time.Millisecond,
		&c.Timeout:  30 * time.Second,
		&c.Lease:    time.Minute,
	} {
		if *d <= 0 {
			*d = value
		}
	}
	if c.Lease < c.Timeout+settleTimeout {
		return nil, errors.New("courier: the lease is too short for the timeout, letters would be sent twice")
	}
	if c.Workers <= 0 {
		c.Workers = 2
	}
	return &Courier{config: c, nudges: make(chan struct{}, c.Workers)}, nil
}

// Nudge says that there may be a letter now. It never blocks, may be called
// by many at once, and before Run.
func (c *Courier) Nudge() {
	select {
	case c.nudges <- struct{}{}:
	default: // everybody is awake already
	}
}

// Run sends letters until ctx ends. It returns when the letters under way are
// done or given back, which takes no longer than LastMoment and a moment to
// write it down.
func (c *Courier) Run(ctx context.Context) {
	var workers sync.WaitGroup
	for range c.config.Workers {
		workers.Go(func() { c.work(ctx) })
	}
	workers.Wait()
}

func (c *Courier) work(ctx context.Context) {
	for ctx.Err() == nil {
		letter, err := c.claim(ctx)
		if err == nil {
			c.carry(ctx, letter)
			continue
		}
		pause := c.config.Interval
		if !errors.Is(err, notice.ErrNoLetter) && ctx.Err() == nil {
			c.config.Log.Error("cannot read the outbox", "error", err)
			pause = claimPause
		}
		c.rest(ctx, pause)
	}
}

// claim looks into the outbox, for so long at most: a database that has gone
// away without a word must not hold a worker for ever.
func (c *Courier) claim(ctx context.Context) (notice.Letter, error) {
	ctx, cancel := context.WithTimeout(ctx, claimTimeout)
	defer cancel()
	return c.config.Outbox.ClaimLetter(ctx, c.config.Now(), c.config.Lease)
}

// rest waits for the end of ctx, a nudge or d, whichever comes first.
func (c *Courier) rest(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-c.nudges:
	case <-timer.C:
	}
}

// carry sends one letter and writes down how it fared, whether or not ctx ends
// in the meantime.
func (c *Courier) carry(ctx context.Context, letter notice.Letter) {
	lasting := context.WithoutCancel(ctx)
	sending, stop := context.WithTimeout(lasting, c.config.Timeout)
	defer stop()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(LastMoment, stop) })()
	mail, err := c.config.Renderer.Render(letter.Message)
	if err == nil {
		err = c.config.Sender.Send(sending, Postmark{LetterID: letter.ID, Queued: letter.Queued}, mail)
	}
	settling, cancel := context.WithTimeout(lasting, settleTimeout)
	defer cancel()
	if err := c.settle(settling, letter, err); err != nil {
		// Its lease brings the letter back.
		c.config.Log.Error("cannot write down how a mail fared", "kind", letter.Message.Kind, "letter", letter.ID, "error", err)
	}
}

// settle writes down that letter was sent, or what became of it when sending
// ended in failure.
func (c *Courier) settle(ctx context.Context, letter notice.Letter, failure error) error {
	now := c.config.Now()
	log := c.config.Log.With("kind", letter.Message.Kind, "letter", letter.ID, "attempt", letter.Attempts)
	if failure == nil {
		log.Info("mail sent")
		return c.config.Outbox.LetterSent(ctx, letter.ID, now)
	}
	reason := failure.Error()
	refusal, ok := errors.AsType[*SendError](failure)
	if ok && refusal.RefusesRecipient() {
		log.Error("mail refused: the mailbox takes no mail", "reason", reason)
		return c.config.Outbox.LetterFailed(ctx, letter.ID, now, reason)
	}
	if now.Sub(letter.Queued) >= GiveUpAfter {
		log.Error("mail given up", "reason", reason)
		return c.config.Outbox.LetterFailed(ctx, letter.ID, now, reason)
	}
	until := now.Add(delay(letter.Attempts))
	log.Warn("mail delayed", "reason", reason, "until", until)
	return c.config.Outbox.LetterDelayed(ctx, letter.ID, until, reason)
}

// delay returns the wait after an attempt that failed; the first is 1.
func delay(attempt int) time.Duration {
	d := FirstDelay
	for range attempt - 1 {
		if d *= 2; d >= LongestDelay {
			return LongestDelay
		}
	}
	return d
}
