package web

import (
	"github.com/sparekey/sparekey/internal/org"
)

// EmployeeEdit changes what is on file of a member.
//
//	POST /employees/{id}/edit  name, language, phone, email, team, role (those that are open)
//
// Problems: NoName (Field "name"), NoPhone (Field "phone"), NoEmail, EmailOfAnother
// (Field "email"), NothingChosen (Field "team" or "role"), ChangedMeanwhile.
type EmployeeEdit struct {
	Frame
	ID    string
	Title string // the name on file
	Name  string
	Phone string
	Email string
	// Why the fields are closed, by what may not be done; zero: they are open.
	NameWhy, AddressWhy, TeamWhy, RoleWhy Shut
	Languages                             []Choice // the first: as the organisation speaks
	Teams                                 []Choice // the first: in none
	Roles                                 []Choice
}

func (EmployeeEdit) template() string { return "employee-edit" }
func (v EmployeeEdit) title() string  { return v.Say("employee-edit.title") + " " + v.Title }

// Chosen returns the label of the one that is chosen.
func (v EmployeeEdit) Chosen(list []Choice) string {
	for _, c := range list {
		if c.Chosen {
			return c.Name
		}
	}
	return ""
}

// roleChoices are the stored roles that can be given in an organisation.
func roleChoices(f Frame, kind org.Kind, has org.Role) []Choice {
	var list []Choice
	for _, r := range []org.Role{org.Employee, org.Administrator, org.Agent, org.Lead} {
		if kind.Holds(r) && (r != org.Lead || has == org.Lead) {
			list = append(list, Choice{string(r), f.Say("role." + string(r)), r == has})
		}
	}
	return list
}

// NewAddress is the page behind the link that confirms a new sign-in address.
// Opening it does nothing.
//
//	POST Action  (no fields)
type NewAddress struct {
	Frame
	Action string // "/address/TOKEN"
	Name   string // of the member
	Email  string // the new one, in full
	Old    string // masked
}

func (NewAddress) template() string { return "new-address" }
func (v NewAddress) title() string  { return v.Say("new-address.title") }
