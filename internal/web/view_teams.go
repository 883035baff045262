package web

import "github.com/sparekey/sparekey/internal/org"

// A TeamsPage lists the teams. POST /teams with name.
type TeamsPage struct {
	Frame
	Teams []TeamLine
	Next  string // the page after this one; empty: there is none
	First bool   // this is the first page
	Typed string // the name of a new one, as typed
	May   bool   // whoever looks may change teams
}

func (TeamsPage) template() string { return "teams" }
func (p TeamsPage) title() string  { return p.Say("teams.title") }

// A TeamLine is one team in the list.
type TeamLine struct {
	ID, Name    string
	Members     int
	MoreThan    bool     // there are more than Members
	Supervisors []string // names
	More        int      // supervisors that are not named
}

// A TeamPage shows one team. POST /teams/{ID}/rename with name; POST
// /teams/{ID}/supervisors/find with who; POST /teams/{ID}/supervisors and
// /teams/{ID}/supervisors/remove with member.
type TeamPage struct {
	Frame
	ID, Name    string
	Typed       string // another name, as typed
	Members     int
	MoreThan    bool // there are more than Members
	Supervisors []Colleague
	More        int // supervisors that are not listed
	May         bool
	Searched    string // as typed; empty: nobody was looked for
	Found       []Colleague
}

func (TeamPage) template() string { return "team" }
func (p TeamPage) title() string  { return p.Say("team.title", "Name", p.Name) }

// A Colleague is a member in a list of few.
type Colleague struct {
	ID, Name, Email string
	Role            org.Role
}

// A RemoveTeam page asks where the people of a team go. POST /teams/{ID}/remove
// with to (a team's name; empty: none).
type RemoveTeam struct {
	Frame
	ID, Name   string
	Members    int
	Crowded    bool // too many to be moved at once
	Supervised bool // its supervisors must go first
	To         string
	Teams      []string // names, without this one
}

func (RemoveTeam) template() string { return "team-remove" }
func (p RemoveTeam) title() string  { return p.Say("team-remove.title", "Name", p.Name) }
