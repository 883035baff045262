package web

import (
	"html/template"
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

// A WrittenRow is an EmployeeRow in words: the template of a long table takes most
// of its time to ask for each of them.
type WrittenRow struct {
	ID, Name        string
	Role, State     string // empty: as of most
	Email           template.HTML
	Team, TeamPath  string
	MFA             standing.MFAState
	MFASaid         string
	NoBackup        string // empty: there is one
	Added, AddedDay string // for a machine, and for people
}

// Written returns Rows in words.
func (v Employees) Written() []WrittenRow {
	mfa, days := make(map[standing.MFAState]string), make(map[string]string)
	for _, state := range standing.MFAStates {
		mfa[state] = v.Say("employees.mfa-" + string(state))
	}
	rows := make([]WrittenRow, len(v.Rows))
	for i, r := range v.Rows {
		w := WrittenRow{
			ID: r.ID, Name: r.Name, Email: v.Parted(r.Email), Team: r.Team, TeamPath: r.TeamPath,
			MFA: r.MFA, MFASaid: mfa[r.MFA], Added: r.Added.UTC().Format(time.RFC3339),
		}
		if r.Role != org.Employee {
			w.Role = v.Say("role." + string(r.Role))
		}
		if r.State != org.Active {
			w.State = v.Say("employees.is-" + string(r.State))
		}
		if r.MFA == standing.MFADisabled {
			w.MFASaid = v.Say("employees.is-disabled", "Until", v.Moment(r.Until))
		}
		if r.NoBackup {
			w.NoBackup = v.Say("employees.no-backup")
		}
		if w.AddedDay = days[w.Added]; w.AddedDay == "" {
			w.AddedDay = v.Day(r.Added)
			days[w.Added] = w.AddedDay
		}
		rows[i] = w
	}
	return rows
}
