package standing

import (
	"time"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/notice"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/session"
)

// ImportLifetime is how long a list of people waits for a yes.
const ImportLifetime = time.Hour

// An Import is a list of people that a member uploaded in a session and has yet
// to say yes to. Another one in the same session replaces it.
type Import struct {
	ID           string
	Organisation org.OrganisationID
	Member       org.MemberID
	Session      session.Hash
	File         []byte // as it was uploaded
	Created      time.Time
	Expires      time.Time // exclusive
}

// A Roll is what an organisation has already of those on a list.
type Roll struct {
	States map[org.Email]org.State // of whose address is on it
	Teams  []org.Team
}

// An Admission adds many members at once, all or none.
type Admission struct {
	Teams []org.Team // that are made
	Count int        // of newcomers
	// Newcomer returns one of them, from 0. It does no I/O.
	Newcomer func(int) (Newcomer, error)
	// After is saved last. It is about the member who imports.
	After Decision
}

// A Newcomer is one of many who are added, with the link that invites them.
type Newcomer struct {
	Member  org.Member
	Link    Link
	Events  []audit.Event
	Letters []notice.Message // they go after all others
}
