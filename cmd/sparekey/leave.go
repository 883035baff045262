package main

import (
	"context"
	"sync"
	"time"
)

const (
	// watchMemory is how lately something has asked /readyz that watches it.
	watchMemory = time.Minute
	// noticeTime is how long whatever watches gets to notice that the server is
	// about to stop, and to send people elsewhere.
	noticeTime = time.Second
)

// A farewell is how a server says that it is about to stop, before it does. The
// zero farewell is that of one that stays. It is safe for use by many.
type farewell struct {
	mu      sync.Mutex
	asked   time.Time // when /readyz last was
	leaving bool
}

// said notes that somebody asks, and reports whether the server is about to stop.
func (f *farewell) said() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked = time.Now()
	return f.leaving
}

// say has /readyz answer no from now on, and gives whoever watches it noticeTime
// to see that. Where nobody does it returns at once.
func (f *farewell) say(ctx context.Context) {
	f.mu.Lock()
	f.leaving = true
	watched := !f.asked.IsZero() && time.Since(f.asked) < watchMemory
	f.mu.Unlock()
	if !watched {
		return
	}
	select {
	case <-time.After(noticeTime):
	case <-ctx.Done():
	}
}
