// Package throttle decides when a further try must wait.
//
// It owns the arithmetic of failures and waits. It refuses to keep the
// counters (store) and to know what is being tried.
package throttle

import "time"

const (
	// Free is the number of failures after which each further try waits.
	Free = 10
	// FirstWait is the wait after Free failures; each further failure doubles it.
	FirstWait = 30 * time.Second
	// LongestWait bounds the doubling (NIST SP 800-63B-4, section 3.2.2, names
	// waits from 30 seconds up to an hour).
	LongestWait = time.Hour
	// Forget is how long after the last failure a counter starts anew.
	Forget = 24 * time.Hour
	// MaxWrongCodes is the number of wrong codes in a row after a right password
	// that ends the password (the limit of NIST SP 800-63B-4, section 3.2.2).
	MaxWrongCodes = 100
)

// Kind says what is tried. Kinds count apart.
type Kind string

// The kinds of try.
const (
	Password Kind = "password"
	Code     Kind = "code"
	// Report is a line in the audit log that any stranger can cause.
	Report Kind = "report"
)

// A Key names one counter: tries of a kind against a subject, from one known
// device or (Device empty) from all strange browsers together.
type Key struct {
	Kind    Kind
	Subject string // a member's id, or the keyed hash of an address
	Device  string
}

// A Counter counts the failures of one Key. The zero Counter has none.
type Counter struct {
	Failures int
	Last     time.Time // of the last failure
}

// clockSkew is how far the clocks of two machines may be apart. What was
// counted later than that after now comes from a clock that was ahead and has
// been set back: whoever waited for it might wait for hours.
const clockSkew = time.Minute

func ahead(at, now time.Time) bool { return at.Sub(now) > clockSkew }

// Wait returns how long a try at now has to wait; zero: it may go ahead.
func (c Counter) Wait(now time.Time) time.Duration {
	if c.Failures < Free || now.Sub(c.Last) >= Forget || ahead(c.Last, now) {
		return 0
	}
	// The shift is bounded first: a large number of failures must not wrap round.
	wait := min(FirstWait<<min(c.Failures-Free, 10), LongestWait)
	return max(c.Last.Add(wait).Sub(now), 0)
}

// Take counts a try at now as failed beforehand, so that tries which run side
// by side cannot all pass before the first is counted; a success resets the
// counter afterwards. Where the try must wait it counts nothing and ok is
// false.
func (c Counter) Take(now time.Time) (next Counter, ok bool) {
	if c.Wait(now) > 0 {
		return c, false
	}
	if now.Sub(c.Last) >= Forget {
		c.Failures = 0
	}
	return Counter{Failures: c.Failures + 1, Last: now}, true
}

const (
	// MailGap is the shortest time between two mails of a kind that one browser, or
	// anyone, can have sent to a member, and MailsPerHour how many go in an hour.
	MailGap      = time.Minute
	MailsPerHour = 5
	// MailsPerHourInAll is how many mails of a kind go to a member in an hour where
	// each browser counts apart.
	MailsPerHourInAll = 30
	// MailWindow is how far back the mails count.
	MailWindow = time.Hour
)

// MailWait returns how long a further mail has to wait at now, given when the
// earlier ones of the last hour went, in any order.
func MailWait(sent []time.Time, now time.Time) time.Duration {
	return mailWait(sent, now, MailGap, MailsPerHour)
}

// MailWaitInAll is MailWait for the mails that all browsers together had sent.
func MailWaitInAll(sent []time.Time, now time.Time) time.Duration {
	return mailWait(sent, now, 0, MailsPerHourInAll)
}

func mailWait(sent []time.Time, now time.Time, gap time.Duration, perHour int) time.Duration {
	var wait time.Duration
	recent := 0
	oldest := now
	for _, at := range sent {
		if now.Sub(at) >= MailWindow || ahead(at, now) {
			continue
		}
		recent++
		if at.Before(oldest) {
			oldest = at
		}
		wait = max(wait, at.Add(gap).Sub(now))
	}
	if recent >= perHour {
		wait = max(wait, oldest.Add(MailWindow).Sub(now))
	}
	return max(wait, 0)
}
