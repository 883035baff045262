package standing

import (
	"time"

	"github.com/sparekey/sparekey/internal/org"
)

// A Candidate is an active member whose address was typed at sign-in, with the
// password hash that tells whether it is them.
type Candidate struct {
	Member       org.MemberID
	Organisation org.OrganisationID
	OrgName      string
	Hash         PasswordHash
}

// A Viewer is the member behind a live session, as far as every page needs to
// know them.
type Viewer struct {
	Member       org.Member
	Organisation org.Organisation
	Status       Status
	MFASince     time.Time // zero: MFA is off
	Suspension   Suspension
	Pass         Pass
	// Alone says that this is the organisation's only active administrator (at the
	// desk: lead), who has MFA and no confirmed backup e-mail.
	Alone bool
}

// MFA reports whether MFA is on.
func (v Viewer) MFA() bool { return !v.MFASince.IsZero() }

// A Try is what became of asking to try one code in a challenge. Where Wait is
// not zero the code must not be looked at, and nothing was counted.
type Try struct {
	Wait time.Duration
	Left int // tries left in the challenge after this one
}
