// Package factor holds what members prove with besides a password:
// authenticator apps (TOTP), backup codes and backup e-mail.
//
// It owns the mathematics and the written forms of codes. It refuses to know
// who may use them when (ladder), where they are stored, and what time it is.
package factor

import (
	"errors"
	"time"

	"github.com/sparekey/sparekey/internal/org"
)

// IDs of what a member holds.
type (
	AuthenticatorID string
	BackupCodeID    string
)

// An Authenticator is one app on one device that shows codes of one secret.
type Authenticator struct {
	ID       AuthenticatorID
	Name     string
	Secret   Secret
	Added    time.Time
	LastUsed time.Time // zero: never since it was confirmed
	LastStep uint64    // the last time step spent; only later ones match
	// PowersFrom is the instant from which it gives the power to change
	// addresses, policies and roles and to help others.
	PowersFrom time.Time
}

// ErrNameTaken says that another authenticator of the member has that name.
var ErrNameTaken = errors.New("another authenticator has that name")

// A BackupEmail is an address of the member's own at which a code can be had
// when the authenticator is gone. The zero BackupEmail is none.
type BackupEmail struct {
	Address    org.Email
	Confirmed  time.Time
	UsableFrom time.Time // until then it recovers nothing
}

// BackupEmailDelay is how long a changed backup e-mail recovers nothing.
const BackupEmailDelay = 24 * time.Hour

// MailCodeLifetime is how long a mailed code is valid (ASVS 5.0, 6.5.5).
const MailCodeLifetime = 10 * time.Minute
