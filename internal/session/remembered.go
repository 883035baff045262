package session

import (
	"strings"
	"time"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/org"
)

const (
	// RememberedLifetime is how long a device is remembered. It runs from the
	// proof with which it began, however much it is used.
	RememberedLifetime = 30 * 24 * time.Hour
	// TurnGrace is how long the token before the current one still counts in the
	// browser that it was turned in: two tabs send the same one at once.
	TurnGrace = time.Minute
)

// A Reminder is what a browser holds to be remembered by: which remembered
// device it is, and the token that is turned at each use. Both are secret.
type Reminder struct{ Series, Token Token }

// Text returns the reminder as a cookie holds it.
func (r Reminder) Text() string { return string(r.Series) + "." + string(r.Token) }

// ParseReminder returns the reminder that Text wrote, or ErrToken.
func ParseReminder(text string) (Reminder, error) {
	first, second, _ := strings.Cut(text, ".")
	series, err := ParseToken(first)
	if err != nil {
		return Reminder{}, err
	}
	token, err := ParseToken(second)
	if err != nil {
		return Reminder{}, err
	}
	return Reminder{Series: series, Token: token}, nil
}

// A Remembered is a remembered device: a browser in which the member's password
// alone signs in, until it expires. The zero Remembered is none.
type Remembered struct {
	ID      Hash // of the reminder's Series
	Member  org.MemberID
	Token   Hash      // the one that counts
	Before  Hash      // the one that counted before; empty: never turned
	Turned  time.Time // when Token came in place of Before
	Device  Hash      // the known device that it is bound to
	Created time.Time
	Expires time.Time // exclusive
	Used    time.Time // last
	Origin  audit.Origin
}

// Alive reports whether the device is remembered at now.
func (r Remembered) Alive(now time.Time) bool { return now.Before(r.Expires) }
