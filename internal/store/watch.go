package store

import (
	"context"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/stdlib"
)

// A bell tells those who watch a case that something has changed about it. It says
// neither what nor how often: whoever hears it looks.
type bell struct {
	mu      sync.Mutex
	watches map[string]map[chan struct{}]struct{}
}

// ring wakes those who watch a case; an empty id: everybody.
func (b *bell) ring(id string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for of, watches := range b.watches {
		if id != "" && of != id {
			continue
		}
		for w := range watches {
			select {
			case w <- struct{}{}:
			default: // they have not looked since the last one
			}
		}
	}
}

// Watch returns a channel on which something arrives after each change to a case,
// one for several at once, made by whatever process; and the end of it, which must
// be called. An arrival can get lost while the database is away: whoever watches
// looks now and then without one.
func (s *Store) Watch(id string) (<-chan struct{}, func()) {
	w := make(chan struct{}, 1)
	s.bell.mu.Lock()
	defer s.bell.mu.Unlock()
	if s.bell.watches == nil {
		s.bell.watches = make(map[string]map[chan struct{}]struct{})
	}
	if s.bell.watches[id] == nil {
		s.bell.watches[id] = make(map[chan struct{}]struct{})
	}
	s.bell.watches[id][w] = struct{}{}
	return w, func() {
		s.bell.mu.Lock()
		defer s.bell.mu.Unlock()
		delete(s.bell.watches[id], w)
		if len(s.bell.watches[id]) == 0 {
			delete(s.bell.watches, id)
		}
	}
}

// caseChannel is PostgreSQL's channel on which the ids of changed cases go.
const caseChannel = "sparekey_cases"

// stir has everybody who watches the case told once the transaction is committed.
func (t *tx) stir(ctx context.Context, id string) error {
	if t.store.file != "" {
		t.stirred = append(t.stirred, id)
		return nil
	}
	_, err := t.exec(ctx, `SELECT pg_notify($1, $2)`, caseChannel, id)
	return err
}

// listenAgain is how long Listen waits before it connects anew.
const listenAgain = time.Second

// Listen hears what other processes on the same PostgreSQL change about cases, until
// ctx ends; with SQLite it only waits for that. Whenever it has missed something it
// wakes everybody.
func (s *Store) Listen(ctx context.Context) {
	if s.file != "" {
		<-ctx.Done()
		return
	}
	for ctx.Err() == nil {
		_ = s.listen(ctx) // it is tried again, and whoever watches looks by themselves meanwhile
		s.bell.ring("")
		_ = pause(ctx, listenAgain)
	}
}

func (s *Store) listen(ctx context.Context) error {
	c, err := s.pools.read.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	return c.Raw(func(raw any) error {
		on := raw.(*stdlib.Conn).Conn()
		if _, err := on.Exec(ctx, `LISTEN `+caseChannel); err != nil {
			return err
		}
		defer func() { _ = on.Close(context.WithoutCancel(ctx)) }() // it goes on listening otherwise
		s.bell.ring("")
		for {
			n, err := on.WaitForNotification(ctx)
			if err != nil {
				return err
			}
			s.bell.ring(n.Payload)
		}
	})
}
