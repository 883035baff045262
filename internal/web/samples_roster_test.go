package web

import (
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/roster"
)

// rosterProblems are why the forms about people and teams are sent back.
var rosterProblems = []Problem{
	{Why: NoPhoneNumber, Field: "phone"}, {Why: NoSuchTeam, Field: "team"}, {Why: MemberThere, Field: "email"},
	{Why: MemberInvited, Field: "email"}, {Why: MemberClosed, Field: "email"}, {Why: PlanChanged},
}

var teamProblems = []Problem{{Why: TeamExists, Field: "name"}, {Why: NobodyFound, Field: "who"}, {Why: NotHereYet}}

var removeProblems = []Problem{{Why: TeamSupervised}, {Why: TeamCrowded}}

func newEmployee(f Frame) NewEmployee {
	return NewEmployee{
		Frame: manages(f, employeesPath), Name: "Sanne de Wit", Email: "sanne@goudenkorst.nl", Phone: "06 1234 5678", Team: "Nachtploeg",
		Role: org.Employee, Teams: []string{"Nachtploeg", "Winkel"},
	}
}

func team(f Frame) TeamPage {
	return TeamPage{
		Frame: manages(f, teamsPath), ID: "t1", Name: "Nachtploeg", Typed: "Nachtploeg", Members: 7, May: true,
		Supervisors: []Colleague{{"p1", pieter.Name, pieter.Email, org.Supervisor}, {"a1", annika.Name, annika.Email, org.Administrator}},
	}
}

func listLine(number int, name, email string, problems ...roster.Problem) roster.Line {
	line := roster.Line{Number: number, Name: name, Shown: name, Role: org.Employee, Problems: problems}
	line.Email, _ = org.ParseEmail(email)
	return line
}

func preview(f Frame) ImportPreview {
	newTeam := roster.Place{Line: listLine(2, "Sanne de Wit", "sanne@goudenkorst.nl"), Fate: roster.Joins, NewTeam: true}
	newTeam.Team, newTeam.Supervisor = "Bestellingen", true
	leads := roster.Place{Line: listLine(3, "Bram van den Heuvel-Rijnders", "bram.vandenheuvel-rijnders@goudenkorst.nl"), Fate: roster.Joins}
	leads.Role, leads.Team = org.Administrator, "Winkel"
	wrong := FateGroup{Fate: roster.Wrong, More: 3}
	for i, what := range roster.Whats {
		p := roster.Problem{What: what, Column: roster.Columns[i%len(roster.Columns)]}
		if what == roster.Twice {
			p.Line = 12
		}
		if what == roster.Cells || what == roster.Quotes {
			p.Column = ""
		}
		wrong.Lines = append(wrong.Lines, roster.Place{Line: listLine(10+i, "=cmd|' /C calc'!A0", "", p), Fate: roster.Wrong})
	}
	wrong.Lines = append(wrong.Lines, roster.Place{Line: listLine(30, "", "", roster.Problem{What: roster.Missing, Column: roster.Name}), Fate: roster.Wrong})
	groups := []FateGroup{wrong}
	for _, fate := range []roster.Fate{roster.Closed, roster.Waits} {
		groups = append(groups, FateGroup{Fate: fate, Lines: []roster.Place{{Line: listLine(40, "Noor Visser", "noor@goudenkorst.nl"), Fate: fate}}})
	}
	groups = append(groups, FateGroup{Fate: roster.Joins, Lines: []roster.Place{newTeam, leads}, More: 93},
		FateGroup{Fate: roster.There, Lines: []roster.Place{{Line: listLine(41, annika.Name, annika.Email), Fate: roster.There}}})
	return ImportPreview{
		Frame: manages(f, employeesPath), ID: "i1", Digest: "d", Until: noon, Groups: groups, Joining: 95, LeftAlone: 3, WrongLines: 13,
		Leading: 1, NewTeams: []string{"Bestellingen"}, MoreNewTeams: 2, Unused: []string{"salaris", "personeelsnummer"},
	}
}

func rosterSamples() []sample {
	all := []sample{
		{"new-employee", func(f Frame) Page {
			p := newEmployee(f)
			p.Name, p.Email, p.Phone, p.Team = "", "", "", ""
			return p
		}},
		{"new-employee-known", func(f Frame) Page {
			p := newEmployee(f)
			p.Known, p.Chosen, p.Role = "m1", org.Dutch, org.Administrator
			p.Problem = Problem{Why: MemberClosed, Field: "email"}
			return p
		}},
		{"import", func(f Frame) Page { return ImportPage{Frame: manages(f, employeesPath)} }},
		{"import-preview", func(f Frame) Page { return preview(f) }},
		{"import-preview-nobody", func(f Frame) Page {
			p := preview(f)
			p.Joining, p.Leading, p.NewTeams, p.MoreNewTeams, p.Unused, p.Groups = 0, 0, nil, 0, nil, p.Groups[4:]
			return p
		}},
		{"import-done", func(f Frame) Page { return ImportDone{manages(f, employeesPath), 95} }},
		{"reactivate", func(f Frame) Page {
			return ReactivateEmployee{manages(f, employeesPath), "m1", annika.Name, annika.Email}
		}},
		{"erase", func(f Frame) Page {
			return EraseEmployee{manages(f, employeesPath), "m1", annika.Name, annika.Email, false}
		}},
		{"erase-active", func(f Frame) Page {
			return EraseEmployee{manages(f, employeesPath), "m1", annika.Name, annika.Email, true}
		}},
		{"erase-other-name", func(f Frame) Page {
			return EraseEmployee{with(manages(f, employeesPath), Problem{Why: OtherName, Field: "name"}), "m1", annika.Name, annika.Email, false}
		}},
		{"teams", func(f Frame) Page {
			return TeamsPage{Frame: manages(f, teamsPath), First: true, May: true, Next: "/teams?after=x", Teams: []TeamLine{
				{ID: "t1", Name: "Nachtploeg", Members: 7, Supervisors: []string{pieter.Name, annika.Name}, More: 2},
				{ID: "t2", Name: "Winkel", Members: 10_000, MoreThan: true}, {ID: "t3", Name: "Bestellingen", Members: 1},
			}}
		}},
		{"teams-none", func(f Frame) Page { return TeamsPage{Frame: manages(f, teamsPath), First: true, May: true} }},
		{"teams-past", func(f Frame) Page { return TeamsPage{Frame: manages(f, teamsPath)} }},
		{"team", func(f Frame) Page { return team(f) }},
		{"team-empty", func(f Frame) Page {
			p := team(f)
			p.Supervisors, p.Members = nil, 0
			return p
		}},
		{"team-found", func(f Frame) Page {
			p := team(f)
			p.Searched, p.MoreThan, p.More = "jo", true, 4
			p.Found = []Colleague{{"j1", joost.Name, joost.Email, org.Administrator}, {"f1", "Jolanda Smit", "jolanda@goudenkorst.nl", org.Employee}}
			return p
		}},
		{"team-remove", func(f Frame) Page {
			return RemoveTeam{Frame: manages(f, teamsPath), ID: "t1", Name: "Nachtploeg", Members: 7, Teams: []string{"Winkel"}}
		}},
		{"team-remove-supervised", func(f Frame) Page {
			return RemoveTeam{Frame: manages(f, teamsPath), ID: "t1", Name: "Nachtploeg", Members: 7, Supervised: true}
		}},
		{"team-remove-crowded", func(f Frame) Page {
			return RemoveTeam{Frame: manages(f, teamsPath), ID: "t1", Name: "Nachtploeg", Members: 1000, Crowded: true}
		}},
	}
	for _, r := range roster.Reasons {
		all = append(all, sample{"import-" + string(r), func(f Frame) Page {
			p := ImportPage{Frame: with(manages(f, employeesPath), Problem{Why: ListUnreadable, Field: "list"}), Reason: r, Line: 12}
			if r == roster.SameHeading || r == roster.NoHeading {
				p.Column = roster.Email
			}
			return p
		}})
	}
	for _, r := range barredReasons {
		all = append(all, sample{"barred-" + string(r), func(f Frame) Page { return Barred{manages(f, teamsPath), r, noon, homePath} }})
	}
	for _, n := range rosterNotices {
		all = append(all, sample{"notice-" + string(n), func(f Frame) Page { return ImportPage{Frame: say(manages(f, employeesPath), Notice{ID: n})} }})
	}
	for _, p := range rosterProblems {
		all = append(all, sample{"problem-" + string(p.Why), func(f Frame) Page {
			shown := newEmployee(f)
			shown.Problem = p
			return shown
		}})
	}
	for _, p := range teamProblems {
		all = append(all, sample{"problem-" + string(p.Why), func(f Frame) Page {
			shown := team(f)
			shown.Problem = p
			return shown
		}})
	}
	for _, p := range removeProblems {
		all = append(all, sample{"problem-" + string(p.Why), func(f Frame) Page {
			return RemoveTeam{Frame: with(manages(f, teamsPath), p), ID: "t1", Name: "Nachtploeg", Members: 7}
		}})
	}
	return all
}

// rosterBuilt are the ids that these pages put together from a kind.
func rosterBuilt() []string {
	ids := []string{"problem." + string(OtherName), "problem." + string(ListUnreadable)}
	for _, n := range rosterNotices {
		ids = append(ids, "notice."+string(n))
	}
	for _, list := range [][]Problem{rosterProblems, teamProblems, removeProblems} {
		for _, p := range list {
			ids = append(ids, "problem."+string(p.Why))
		}
	}
	for _, r := range roster.Reasons {
		ids = append(ids, "import.reason."+string(r))
	}
	for _, c := range roster.Columns {
		ids = append(ids, "import.column."+string(c))
	}
	for _, w := range roster.Whats {
		ids = append(ids, "import.wrong."+string(w))
	}
	for _, f := range roster.Fates {
		ids = append(ids, "import.group."+string(f))
		if f != roster.Wrong && f != roster.Joins {
			ids = append(ids, "import.fate."+string(f))
		}
	}
	for _, r := range barredReasons {
		ids = append(ids, "barred."+string(r), "barred."+string(r)+".next")
	}
	return ids
}
