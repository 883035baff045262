package audit

import (
	"slices"
	"time"

	"github.com/sparekey/sparekey/internal/org"
)

// A Search says which events of one organisation are looked for. Its zero fields
// but Organisation leave all in.
type Search struct {
	Organisation org.OrganisationID // must not be empty
	By           ActorKind
	Who          org.MemberID // acted
	Whom         org.MemberID // it concerns
	Group        Group
	From         time.Time // inclusive
	Until        time.Time // exclusive
}

// Whole reports whether every event of the organisation fits.
func (s Search) Whole() bool { return s == Search{Organisation: s.Organisation} }

// A Place is one in the log, the newest event first: what follows is older. The
// zero Place stands before the newest.
type Place struct {
	At time.Time
	ID string // of the event
}

// Before reports whether p stands before other, that is, is newer. Neither is
// zero.
func (p Place) Before(other Place) bool {
	return p.At.After(other.At) || p.At.Equal(other.At) && p.ID > other.ID
}

// A Stretch is what was found from one place on, the newest first.
type Stretch struct {
	Events []Event
	// Next is where to look on: behind the last event, or where the search stopped
	// because it had looked at enough. Zero: nothing older can fit.
	Next Place
}

// MemberFact is the fact of an event that holds the id of a further member, who is
// told by name.
const MemberFact = "member"

// Members returns the ids of those who acted in events, whom they concern or of
// whom they speak, each once.
func Members(events []Event) []org.MemberID {
	var ids []org.MemberID
	for _, e := range events {
		for _, id := range [...]org.MemberID{e.Actor.Member, e.Subject, org.MemberID(e.Facts[MemberFact])} {
			if id != "" {
				ids = append(ids, id)
			}
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}
