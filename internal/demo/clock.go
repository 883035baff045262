package demo

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"sync"
	"time"
)

// A Clock runs ahead of the real time by as much as it was moved. It is safe
// for use by many.
type Clock struct {
	real func() time.Time
	file string

	mu    sync.Mutex
	ahead time.Duration
}

// ErrBackwards says that a clock only moves forward.
var ErrBackwards = errors.New("the clock only moves forward")

// ErrTooFar says that a clock would leave the years that dates are made for.
var ErrTooFar = errors.New("the clock cannot move that far")

// farthest is how far ahead a clock may run.
const farthest = 20 * 365 * 24 * time.Hour

// OpenClock returns a clock that runs on real and keeps in file how far ahead
// it is, so that it does not run backwards when the demo is started again.
func OpenClock(file string, real func() time.Time) (*Clock, error) {
	c := &Clock{real: real, file: file}
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return c, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the demo's clock: %w", err)
	}
	c.ahead, err = time.ParseDuration(strings.TrimSpace(string(text)))
	if err != nil || c.ahead < 0 || c.ahead > farthest {
		return nil, fmt.Errorf("read the demo's clock: %s holds no duration", file)
	}
	return c, nil
}

// Now returns what the clock shows, in UTC.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.real().UTC().Add(c.ahead)
}

// Move moves the clock forward. It returns ErrBackwards unless by is more than
// nothing, and ErrTooFar.
func (c *Clock) Move(by time.Duration) error {
	if by <= 0 {
		return ErrBackwards
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if by > farthest-c.ahead {
		return ErrTooFar
	}
	// Written first: a clock that forgot a move would run backwards later.
	if err := os.WriteFile(c.file, []byte((c.ahead+by).String()+"\n"), 0o600); err != nil {
		return fmt.Errorf("move the demo's clock: %w", err)
	}
	c.ahead += by
	return nil
}
