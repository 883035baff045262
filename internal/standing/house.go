package standing

import (
	"time"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/notice"
	"github.com/sparekey/sparekey/internal/org"
)

// A House is an organisation at one instant, with those who answer for it.
type House struct {
	Organisation org.Organisation
	// Administrators are all who are not deactivated (at the desk: its leads), by
	// name.
	Administrators []Addressee
	// LastSuspended is when the newest suspension of a member began that is still on
	// their row, over or not; zero: there is none.
	LastSuspended time.Time
}

// An Addressee is someone who is told things on every address they have.
type Addressee struct {
	ID        org.MemberID
	Name      string
	State     org.State
	Language  org.Language // in which they are told: their own, else the organisation's
	Addresses []org.Email
}

// A Settling is everything that one change to an organisation saves, in one
// transaction.
type Settling struct {
	// Organisation as it becomes. Its kind, plan, number and age stay as they are.
	Organisation org.Organisation
	Events       []audit.Event
	Notices      []notice.Message
}

// Tell returns a message to every address of each administrator.
func (h House) Tell(kind notice.Kind, facts notice.Facts) []notice.Message {
	var messages []notice.Message
	for _, a := range h.Administrators {
		for _, address := range a.Addresses {
			messages = append(messages, notice.Message{
				Kind: kind, Organisation: h.Organisation.ID, OrgName: h.Organisation.Name, Member: a.ID,
				To: address, ToName: a.Name, Language: a.Language, Facts: facts,
			})
		}
	}
	return messages
}
