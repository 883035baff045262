package ladder

import (
	"time"

	"github.com/sparekey/sparekey/internal/standing"
)

// Ready returns what would carry the member if the phone, with the first
// authenticator on it, were gone at now: the rungs as Ways has them.
func Ready(s standing.Standing, helpers []standing.Helper, now time.Time) standing.Carry {
	return Carried(Ways(s, helpers, now))
}

// Carried returns which of a member's ways would carry them.
func Carried(ways []Way) standing.Carry {
	var c standing.Carry
	for _, w := range ways {
		switch w.Rung {
		case OtherFactor:
			c.Factor = w.Open
		case BackupCode:
			c.Code = w.Open
		case BackupEmail:
			c.Mail = w.Open
		case Helper, OtherAdministrator:
			c.People = c.People || len(w.Helpers) > 0
		}
	}
	return c
}

// ReadyColour returns the colour of the member at now.
func ReadyColour(s standing.Standing, helpers []standing.Helper, now time.Time) standing.Colour {
	if !s.MFA() {
		return standing.Grey
	}
	return Ready(s, helpers, now).Colour()
}
