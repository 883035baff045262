package metric

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Levels are numbers that only the database knows, as they are at one instant.
type Levels struct {
	SessionsAlive int64
	Outbox        Outbox
	Seal          Seal
	Desk          Desk
}

// Desk says how much there is to do at the desk. Answer and Verdict are medians of 90
// days; 0: there were none.
type Desk struct {
	Open, Waiting, Refused int
	Answer, Verdict        time.Duration
}

// Seal says how far the log is sealed.
type Seal struct {
	Sealed  int64         // events that the newest checkpoint covers
	Waiting int64         // events that no seal protects yet
	Refused int64         // those that the program did not write: somebody else did
	Lag     time.Duration // how old the oldest of the waiting is
}

// Outbox says how the letters fare that have not gone out.
type Outbox struct {
	Waiting int64
	Delayed int64         // those of them that were tried and not taken
	Oldest  time.Duration // how long the first of them has waited; 0: none does
}

// A Reader reads the levels. It may take as long as it likes: whoever waits for
// it stops waiting after readTime.
type Reader func(ctx context.Context) (Levels, error)

const (
	readTime = 2 * time.Second // for which a scrape waits
	keepTime = 5 * time.Second // for which what was read is shown again
)

// levels shows what a Reader reads. However many scrape, one reads.
type levels struct {
	read Reader

	mu      sync.Mutex
	shown   Levels
	until   time.Time     // to when shown is shown
	reading chan struct{} // closed when the reading under way is over; nil: there is none

	up, sessions, waiting, delayed, oldest, sealed, unsealed, refused, lag *prometheus.Desc
	cases, asking, turned, answer, verdict                                 *prometheus.Desc
}

func newLevels(read Reader) *levels {
	level := func(name, help string) *prometheus.Desc { return prometheus.NewDesc(prefix+name, help, nil, nil) }
	return &levels{
		read:     read,
		up:       level("database_up", "1 while the database answers. While it is 0 whatever is read from it is left out."),
		sessions: level("sessions", "Sessions that are alive."),
		waiting:  level("outbox_letters", "Mails that wait to go out."),
		delayed:  level("outbox_delayed_letters", "Mails that wait because the mail server did not take them."),
		oldest:   level("outbox_oldest_seconds", "How long the mail that waits longest has waited."),
		sealed:   level("log_sealed_events", "Events of the log that the newest checkpoint covers. It never falls, unless somebody cuts the log off or restores an older backup."),
		unsealed: level("log_unsealed_events", "Events of the log that no seal protects yet."),
		refused:  level("log_refused_events", "Events in the log that this program did not write."),
		lag:      level("log_seal_lag_seconds", "How old the oldest event is that no seal protects yet."),
		cases:    level("desk_cases", "Cases at the desk that are open."),
		asking:   level("desk_waiting_cases", "Cases in which an administrator waits for an answer."),
		turned:   level("desk_refused_files", "Files that were brought and not kept."),
		answer:   level("desk_first_answer_seconds", "How long the first answer took: the median of 90 days."),
		verdict:  level("desk_verdict_seconds", "How long the verdict took: the median of 90 days."),
	}
}

// Describe names the series.
func (l *levels) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{l.up, l.sessions, l.waiting, l.delayed, l.oldest, l.sealed, l.unsealed, l.refused, l.lag, l.cases, l.asking, l.turned, l.answer, l.verdict} {
		to <- d
	}
}

// Collect shows the levels, or that the database is away.
func (l *levels) Collect(to chan<- prometheus.Metric) {
	show := func(d *prometheus.Desc, value float64) {
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value)
	}
	now, ok := l.current()
	if !ok {
		show(l.up, 0)
		return
	}
	show(l.up, 1)
	show(l.sessions, float64(now.SessionsAlive))
	show(l.waiting, float64(now.Outbox.Waiting))
	show(l.delayed, float64(now.Outbox.Delayed))
	show(l.oldest, now.Outbox.Oldest.Seconds())
	show(l.sealed, float64(now.Seal.Sealed))
	show(l.unsealed, float64(now.Seal.Waiting))
	show(l.refused, float64(now.Seal.Refused))
	show(l.lag, now.Seal.Lag.Seconds())
	show(l.cases, float64(now.Desk.Open))
	show(l.asking, float64(now.Desk.Waiting))
	show(l.turned, float64(now.Desk.Refused))
	show(l.answer, now.Desk.Answer.Seconds())
	show(l.verdict, now.Desk.Verdict.Seconds())
}

// current returns the levels, none of them older than keepTime.
func (l *levels) current() (Levels, bool) {
	l.mu.Lock()
	if time.Now().Before(l.until) {
		defer l.mu.Unlock()
		return l.shown, true
	}
	if l.reading == nil {
		l.reading = make(chan struct{})
		go l.refresh(l.reading)
	}
	reading := l.reading
	l.mu.Unlock()

	patience := time.NewTimer(readTime)
	defer patience.Stop()
	select {
	case <-reading:
	case <-patience.C:
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.shown, time.Now().Before(l.until)
}

// refresh reads the levels. A Reader that pays no heed to its context goes on
// behind the backs of those who waited, but never twice at once.
func (l *levels) refresh(done chan struct{}) {
	ctx, cancel := context.WithTimeout(context.Background(), readTime)
	defer cancel()
	read, err := l.read(ctx)
	l.mu.Lock()
	defer l.mu.Unlock()
	if err == nil {
		l.shown, l.until = read, time.Now().Add(keepTime)
	}
	l.reading = nil
	close(done)
}
