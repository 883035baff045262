package mailin

import (
	"sync"
	"time"
)

// How many letters are handed to the desk in an hour, by one process; for those beyond,
// the mail server is told to come again later.
const (
	perCase      = 30
	perSender    = 60
	perStrangers = 300 // whom nobody vouches for, together, so that they shut nobody out
	perAll       = 600
	// perAnswers is how many answers go out in an hour.
	perAnswers = 60

	window = time.Hour
	// answerPause is the least time between two answers to one sender.
	answerPause = 24 * time.Hour
)

// A quota bounds how often something happens under one key in a window.
type quota struct {
	key  string
	most int
}

// A meter counts what happened within windows. It keeps no more than was allowed, and is
// safe for use by many at once.
type meter struct {
	mu       sync.Mutex
	seen     map[string][]time.Time // the oldest first
	answered map[string]time.Time   // senders, when
	swept    time.Time
}

func newMeter() *meter {
	return &meter{seen: map[string][]time.Time{}, answered: map[string]time.Time{}}
}

// allow reports whether each of quotas has room at now, and takes it from all of them; or
// from none.
func (m *meter) allow(now time.Time, quotas ...quota) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.take(now, quotas...)
}

// mayAnswer reports whether an answer may go to a sender at now, and holds it for given.
func (m *meter) mayAnswer(sender string, now time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if last, ever := m.answered[sender]; ever && now.Sub(last) < answerPause || !m.take(now, quota{"answers", perAnswers}) {
		return false
	}
	m.answered[sender] = now
	return true
}

// take is allow for whoever holds the lock.
func (m *meter) take(now time.Time, quotas ...quota) bool {
	m.sweep(now)
	for _, q := range quotas {
		if m.count(q.key, now) >= q.most {
			return false
		}
	}
	for _, q := range quotas {
		m.seen[q.key] = append(m.seen[q.key], now)
	}
	return true
}

// count returns how often a key was seen in the window that ends at now, and forgets
// what was before it.
func (m *meter) count(key string, now time.Time) int {
	times := m.seen[key]
	for len(times) > 0 && now.Sub(times[0]) >= window {
		times = times[1:]
	}
	if len(times) == 0 {
		delete(m.seen, key)
		return 0
	}
	m.seen[key] = times
	return len(times)
}

// sweep forgets all that is over, once in a window.
func (m *meter) sweep(now time.Time) {
	if now.Sub(m.swept) < window {
		return
	}
	m.swept = now
	for key := range m.seen {
		m.count(key, now)
	}
	for sender, when := range m.answered {
		if now.Sub(when) >= answerPause {
			delete(m.answered, sender)
		}
	}
}
