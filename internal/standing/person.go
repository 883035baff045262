package standing

import (
	"time"

	"github.com/sparekey/sparekey/internal/org"
)

// AddressPath is where a mailed link leads that confirms a new sign-in address,
// and AddressLifetime how long it works.
const (
	AddressPath     = "/address/"
	AddressLifetime = 24 * time.Hour
)

// The effects on the personal data of a member.
type (
	// SetName gives the member another name.
	SetName struct{ Name string }
	// SetPhone changes the number on file; empty: there is none.
	SetPhone struct{ Phone string }
	// SetEmail changes the address to sign in with: ErrTaken unless From is the one
	// that holds, or if somebody in the organisation has To.
	SetEmail struct{ From, To org.Email }
	// SetTeam puts the member in another team, or with an empty To in none: ErrTaken
	// unless they are in From, or if there is no such team in the organisation.
	SetTeam struct{ From, To org.TeamID }
	// MarkEnd notes that the member was told of the end of the suspension: that it is
	// near, and with Over that it has come. ErrTaken if that was noted.
	MarkEnd struct{ Over bool }
)

func (SetName) effect()  {}
func (SetPhone) effect() {}
func (SetEmail) effect() {}
func (SetTeam) effect()  {}
func (MarkEnd) effect()  {}
