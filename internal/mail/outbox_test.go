package mail_test

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/sparekey/sparekey/internal/notice"
)

// outbox is an Outbox in memory.
type outbox struct {
	mu      sync.Mutex
	letters []*kept
	broken  error // of every ClaimLetter, while set
	deaf    int   // so many LetterSent are lost
}

type kept struct {
	letter notice.Letter
	due    time.Time
	state  string // "", "sent", "failed"
	reason string
	delays []time.Duration
}

func (o *outbox) put(m notice.Message, now time.Time) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	id := fmt.Sprintf("letter-%d", len(o.letters))
	o.letters = append(o.letters, &kept{letter: notice.Letter{ID: id, Queued: now, Message: m}, due: now})
	return id
}

// find returns a copy of how the letter fares.
func (o *outbox) find(id string) kept {
	o.mu.Lock()
	defer o.mu.Unlock()
	return *o.get(id)
}

func (o *outbox) get(id string) *kept {
	for _, k := range o.letters {
		if k.letter.ID == id {
			return k
		}
	}
	return &kept{state: "missing"}
}

// waiting counts the letters that are neither sent nor failed.
func (o *outbox) waiting() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	n := 0
	for _, k := range o.letters {
		if k.state == "" {
			n++
		}
	}
	return n
}

func (o *outbox) ClaimLetter(_ context.Context, now time.Time, lease time.Duration) (notice.Letter, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.broken != nil {
		return notice.Letter{}, o.broken
	}
	for _, k := range o.letters {
		if k.state == "" && !k.due.After(now) {
			k.due = now.Add(lease)
			k.letter.Attempts++
			return k.letter, nil
		}
	}
	return notice.Letter{}, fmt.Errorf("claim letter: %w", notice.ErrNoLetter)
}

func (o *outbox) LetterSent(ctx context.Context, id string, _ time.Time) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.deaf > 0 {
		o.deaf--
		return fmt.Errorf("mark %s: database gone", id)
	}
	o.get(id).state = "sent"
	return ctx.Err()
}

func (o *outbox) LetterDelayed(ctx context.Context, id string, until time.Time, reason string) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	k := o.get(id)
	k.delays = append(k.delays, until.Sub(k.due)) // the claim set due to its own end
	k.due, k.reason = until, reason
	return ctx.Err()
}

func (o *outbox) LetterFailed(ctx context.Context, id string, _ time.Time, reason string) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	k := o.get(id)
	k.state, k.reason = "failed", reason
	return ctx.Err()
}
