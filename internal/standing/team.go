package standing

import (
	"time"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/org"
)

// The effects on teams and on who belongs to the organisation. A team of another
// organisation is none: ErrTaken.
type (
	// Supervise lets the member supervise a team: ErrTaken if they do, or are not
	// active.
	Supervise struct{ Team org.TeamID }
	// StopSupervising takes a team from the member: ErrTaken if they do not
	// supervise it.
	StopSupervising struct{ Team org.TeamID }
	// MakeTeam keeps a new team: ErrTaken if there is one of that name.
	MakeTeam struct{ Team org.Team }
	// RenameTeam gives a team another name: ErrTaken if another one has it, or if
	// Was is not the name that it has.
	RenameTeam struct {
		ID      org.TeamID
		Was, To string
	}
	// RemoveTeam takes a team away whose members, everybody on the list and nobody
	// else, go to another one, or with an empty To to none: ErrTaken if others are in
	// it, or if anybody supervises it.
	RemoveTeam struct {
		ID      org.TeamID
		Members []org.MemberID
		To      org.TeamID
		At      time.Time
		By      audit.Actor
	}
	// Erase deletes a deactivated member with everything that is kept of them but
	// the events of the log: ErrTaken unless they are deactivated.
	Erase struct{}
)

func (Supervise) effect()       {}
func (StopSupervising) effect() {}
func (MakeTeam) effect()        {}
func (RenameTeam) effect()      {}
func (RemoveTeam) effect()      {}
func (Erase) effect()           {}

// TeamRow is a team as a list shows it.
type TeamRow struct {
	org.Team
	// Members are those who are invited or active, counted up to MembersCounted.
	Members     int
	Supervisors []org.Member // active, by name; at most SupervisorsShown
	More        int          // supervisors that are not shown
}

// Bounds of what a list of teams shows.
const (
	MembersCounted   = 10_001
	SupervisorsShown = 5
)
