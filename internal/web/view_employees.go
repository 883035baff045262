package web

import (
	"time"

	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/standing"
)

// Employees is the list of an organisation's members, or of those in the teams
// that the viewer supervises.
//
//	GET /employees  q team role mfa backup state sort: looks for somebody
//	GET /employees/new, /employees/import  where MayAdd
//	GET /employees/{id}
type Employees struct {
	Frame
	Search EmployeeSearch
	Rows   []EmployeeRow
	Total  int // on all pages
	// OwnTeams says that only those teams are shown which the viewer supervises.
	OwnTeams bool
	Teams    []NamedTeam
	Roles    []org.Role
	Columns  []EmployeeColumn
	// First, Earlier and Later are paths of other pages; empty: there is none.
	First, Earlier, Later string
	MayAdd                bool
}

// An EmployeeSearch is what the list is narrowed to, as in its path.
type EmployeeSearch struct {
	Text, Team, Role, MFA, State, Sort string
	NoBackup                           bool
	// Narrowed says that any of it leaves somebody out.
	Narrowed bool
}

// A NamedTeam is a team to choose, by its id.
type NamedTeam struct{ ID, Name string }

// An EmployeeColumn heads a column.
type EmployeeColumn struct {
	ID   string // its words are "employees.column-ID"
	Sort string // path of the list sorted by it; empty: it cannot be
	// Sorted is "ascending" or "descending"; empty: not by this column.
	Sorted string
}

// An EmployeeRow is a member in the list.
type EmployeeRow struct {
	ID, Name, Email string
	Role            org.Role
	State           org.State
	Team, TeamPath  string // TeamPath shows that team alone
	MFA             standing.MFAState
	Until           time.Time // MFADisabled: its end
	NoBackup        bool
	Added           time.Time
}

func (Employees) template() string { return "employees" }
func (v Employees) title() string  { return v.Say("employees.title") }

// MFAStates are those to choose from.
func (Employees) MFAStates() []standing.MFAState { return standing.MFAStates }

// States are those to choose from.
func (Employees) States() []org.State { return []org.State{org.Active, org.Invited, org.Deactivated} }

// Dated writes the date of t for a machine.
func (EmployeeRow) Dated(t time.Time) string { return t.UTC().Format(time.RFC3339) }
