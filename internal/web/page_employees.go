package web

import (
	"net/http"
	"net/url"
	"slices"

	"github.com/sparekey/sparekey/internal/directory"
	"github.com/sparekey/sparekey/internal/ladder"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/standing"
)

const (
	employeesPath = "/employees"
	employeesRows = 50
	// longestSearch bounds what is looked for, in bytes: longer than any name.
	longestSearch = 500
	// mostTeams bounds the teams to choose from; of more, those of the rows shown
	// are links.
	mostTeams = 500
)

// employees answers GET /employees.
func (s *Server) employees(v *visit) error {
	who, err := v.colleague()
	if err != nil {
		return err
	}
	reason, _ := ladder.Permit(who, ladder.SeeEmployees, ladder.Whom{}, s.options.Now())
	if err := permitted(reason, ladder.SeeEmployees); err != nil {
		return err
	}
	request, ok := employeesRequest(v.r.URL.Query())
	if !ok {
		return v.fail(http.StatusBadRequest)
	}
	list, err := s.flows.Directory.List(v.r.Context(), who, request)
	if err != nil {
		return err
	}
	mayAdd, _ := ladder.Permit(who, ladder.AddEmployee, ladder.Whom{}, s.options.Now())
	page := Employees{
		Frame: v.frame(), Search: employeesSearch(request), Total: list.Total, OwnTeams: !list.Everyone,
		Roles: []org.Role{org.Employee, org.Supervisor, org.Administrator}, Columns: employeesColumns(request),
		MayAdd: ladder.Offered(mayAdd),
	}
	if who.Organisation.Kind == org.Desk {
		page.Roles = []org.Role{org.Agent, org.Lead}
	}
	page.Here = employeesPath
	for _, t := range list.Teams {
		if len(page.Teams) < mostTeams || string(t.ID) == page.Search.Team {
			page.Teams = append(page.Teams, NamedTeam{string(t.ID), t.Name})
		}
	}
	for _, l := range list.Rows {
		page.Rows = append(page.Rows, v.employeeRow(l, request))
	}
	page.turn(request, list.List)
	return v.show(page)
}

// turn fills in the paths of the other pages.
func (p *Employees) turn(r directory.Request, list standing.List) {
	if len(list.Rows) == 0 {
		return
	}
	first, last := list.Rows[0].Member.ID, list.Rows[len(list.Rows)-1].Member.ID
	r.After, r.Before = "", ""
	if list.Earlier {
		p.First = employeesAt(r)
		earlier := r
		earlier.Before = first
		p.Earlier = employeesAt(earlier)
	}
	if list.Later {
		r.After = last
		p.Later = employeesAt(r)
	}
}

func (v *visit) employeeRow(l standing.Listed, r directory.Request) EmployeeRow {
	m, now := l.Member, v.s.options.Now()
	row := EmployeeRow{
		ID: string(m.ID), Name: m.Name, Email: string(m.Email), Role: m.Role(), State: m.State, Team: l.TeamName, Added: m.Created,
	}
	shown := standing.Viewer{Member: m, Organisation: v.viewer.Organisation, Status: l.Status, MFASince: l.MFASince, Suspension: l.Suspension}
	row.Until = ladder.SuspendedUntil(shown, now)
	switch {
	case !row.Until.IsZero():
		row.MFA = standing.MFADisabled
	case shown.MFA():
		row.MFA = standing.MFAOn
	case shown.Organisation.Forces(now):
		row.MFA = standing.MFAMissing
	default:
		row.MFA = standing.MFAOff
	}
	row.NoBackup = shown.MFA() && !l.Backup()
	if m.Team != "" {
		row.TeamPath = employeesAt(directory.Request{Filter: standing.Filter{Team: m.Team}, Sort: r.Sort, Reverse: r.Reverse})
	}
	return row
}

// employeesColumns returns the columns, of which those that lists are sorted by
// lead to that order, or to its reverse where it is the one shown.
func employeesColumns(r directory.Request) []EmployeeColumn {
	var columns []EmployeeColumn
	for _, id := range []string{"name", "email", "team", "mfa", "added"} {
		column, sort := EmployeeColumn{ID: id}, standing.Sorting(id)
		if slices.Contains(standing.Sortings, sort) {
			to := directory.Request{Filter: r.Filter, Sort: sort, Reverse: sort == r.Sort && !r.Reverse}
			column.Sort = employeesAt(to)
			if sort == r.Sort {
				column.Sorted = map[bool]string{false: "ascending", true: "descending"}[r.Reverse]
			}
		}
		columns = append(columns, column)
	}
	return columns
}

// descending is what is put ahead of an order in a path to reverse it.
const descending = "-"

// employeesAt is the path of a list.
func employeesAt(r directory.Request) string {
	query := url.Values{}
	set := func(name, value string) {
		if value != "" {
			query.Set(name, value)
		}
	}
	s := employeesSearch(r)
	set("q", s.Text)
	set("team", s.Team)
	set("role", s.Role)
	set("mfa", s.MFA)
	set("state", s.State)
	set("sort", s.Sort)
	if s.NoBackup {
		set("backup", "none")
	}
	set("after", string(r.After))
	set("before", string(r.Before))
	if len(query) == 0 {
		return employeesPath
	}
	return employeesPath + "?" + query.Encode()
}

// employeesSearch returns a request as it stands in the form.
func employeesSearch(r directory.Request) EmployeeSearch {
	f := r.Filter
	s := EmployeeSearch{
		Text: f.Search, Team: string(f.Team), Role: string(f.Role), MFA: string(f.MFA), State: string(f.State), NoBackup: f.NoBackup,
		Narrowed: f != (standing.Filter{}),
	}
	if r.Sort != standing.ByName || r.Reverse {
		s.Sort = string(r.Sort)
	}
	if r.Reverse {
		s.Sort = descending + s.Sort
	}
	return s
}

// employeesRequest reads what employeesAt writes. It reports whether that is
// what it can be.
func employeesRequest(from url.Values) (r directory.Request, ok bool) {
	r = directory.Request{
		Filter: standing.Filter{
			Search: from.Get("q"), Team: org.TeamID(from.Get("team")), Role: org.Role(from.Get("role")),
			MFA: standing.MFAState(from.Get("mfa")), State: org.State(from.Get("state")), NoBackup: from.Get("backup") == "none",
		},
		Sort: standing.ByName, After: org.MemberID(from.Get("after")), Before: org.MemberID(from.Get("before")), Limit: employeesRows,
	}
	if sort := from.Get("sort"); sort != "" {
		r.Reverse = sort[:1] == descending
		if r.Reverse {
			sort = sort[1:]
		}
		r.Sort = standing.Sorting(sort)
	}
	f := r.Filter
	ok = len(f.Search) <= longestSearch && plainID(string(f.Team)) && plainID(string(r.After)) && plainID(string(r.Before)) &&
		(f.Role == "" || slices.Contains([]org.Role{org.Employee, org.Supervisor, org.Administrator, org.Agent, org.Lead}, f.Role)) &&
		(f.MFA == "" || slices.Contains(standing.MFAStates, f.MFA)) &&
		(f.State == "" || slices.Contains(Employees{}.States(), f.State)) &&
		slices.Contains(standing.Sortings, r.Sort)
	return r, ok
}
