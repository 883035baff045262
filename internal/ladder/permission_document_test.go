package ladder

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/session"
	"github.com/sparekey/sparekey/internal/standing"
)

// roles are those who may ask for something, with an article.
var roles = []struct {
	role org.Role
	name string
}{
	{org.Employee, "An employee"}, {org.Supervisor, "A supervisor"}, {org.Administrator, "An administrator"},
	{org.Agent, "An agent of the desk"}, {org.Lead, "A lead of the desk"},
}

var relations = []Relation{Self, OwnTeam, Other, Foreign}

// colleague returns someone in a role who may do all that the role may: MFA on,
// proved a moment ago, and old enough. They are in the team that they supervise.
func colleague(r org.Role) standing.Colleague {
	who := standing.Colleague{
		Viewer: standing.Viewer{
			Member: org.Member{
				ID: "sam", Organisation: "here", Team: "bread", State: org.Active, Stored: r, Created: noon.Add(-1000 * time.Hour),
			},
			Organisation: org.Organisation{ID: "here", Kind: org.Customer},
			Status:       standing.Settled,
			MFASince:     noon.Add(-500 * time.Hour),
		},
		Session:   session.Session{ID: "here", Member: "sam", CameBy: session.ByFactor, Reach: session.Everything, PasswordProved: noon, FactorProved: noon, PowersFrom: noon},
		RoleSince: noon.Add(-500 * time.Hour),
	}
	switch r {
	case org.Supervisor:
		who.Member.Stored, who.Member.Supervises, who.Teams = org.Employee, true, []org.TeamID{"bread"}
	case org.Agent, org.Lead:
		who.Organisation.Kind = org.Desk
	}
	return who
}

// target returns somebody in a role, in a relation to the colleague sam, who has
// asked for help.
func target(r org.Role, relation Relation, who standing.Colleague) Whom {
	m := org.Member{ID: "eva", Organisation: "here", Team: "bread", State: org.Active, Stored: r, Created: noon.Add(-1000 * time.Hour)}
	if r == org.Supervisor {
		m.Stored, m.Supervises = org.Employee, true
	}
	switch relation {
	case Self:
		m = who.Member
	case Other:
		m.Team = "cake"
	case Foreign:
		m.Organisation = "elsewhere"
	}
	return Whom{Member: m, Highest: m.Role(), Asked: true}
}

// said is a reason in the words of the document.
func said(r Reason) string {
	switch r {
	case "":
		return "yes"
	case Unknown:
		return "hidden"
	case Yourself:
		return "no: nobody does this for themselves"
	case HigherRole:
		return "no: a higher role"
	}
	return "no: " + string(r)
}

// permissionDocument writes the permissions as docs/permissions.md has them: each
// cell is what Permit answers.
func permissionDocument() string {
	var b strings.Builder
	b.WriteString(`# Who may do what

Generated from ` + "`internal/ladder/permission.go`" + ` by ` + "`go generate ./internal/ladder`" + `; a test fails where the two differ.
What is not listed here is refused. *Hidden* is answered as an address that leads nowhere is, so that
nobody learns whom or what there is. “Own team” is a team that whoever asks supervises.

## About a colleague

Here the colleague is an employee who has asked for help, and whoever asks meets every need below.
`)
	for _, r := range roles {
		fmt.Fprintf(&b, "\n### %s\n\n| may | themselves | in their own team | in another team or in none | in another organisation |\n|---|---|---|---|---|\n", r.name)
		who := colleague(r.role)
		for _, p := range permissions {
			if p.all {
				continue
			}
			fmt.Fprintf(&b, "| %s |", p.action)
			for _, relation := range relations {
				reason, _ := Permit(who, p.action, target(lowestOf(who), relation, who), noon)
				fmt.Fprintf(&b, " %s |", said(reason))
			}
			b.WriteString("\n")
		}
	}
	highest(&b)
	b.WriteString("\n## About the organisation\n\nTheir own; nobody reaches another.\n\n| may |")
	for _, r := range roles {
		fmt.Fprintf(&b, " %s |", strings.ToLower(r.name))
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(roles)) + "\n")
	for _, p := range permissions {
		if !p.all {
			continue
		}
		fmt.Fprintf(&b, "| %s |", p.action)
		for _, r := range roles {
			reason, _ := Permit(colleague(r.role), p.action, Whom{}, noon)
			fmt.Fprintf(&b, " %s |", said(reason))
		}
		b.WriteString("\n")
	}
	needs(&b)
	return b.String()
}

// lowestOf is the lowest role in the organisation of who.
func lowestOf(who standing.Colleague) org.Role {
	if who.Organisation.Kind == org.Desk {
		return org.Agent
	}
	return org.Employee
}

// highest writes how high the role may be of whom something is done about.
func highest(b *strings.Builder) {
	b.WriteString(`
## How high

Done by a supervisor in their own team, or by an administrator, about a colleague whose highest role of the last seven days is this.
At the desk a lead is as an administrator, and an agent as an employee.

| may | supervisor: employee | supervisor | administrator | administrator: employee | supervisor | administrator |
|---|---|---|---|---|---|---|
`)
	for _, p := range permissions {
		if p.all {
			continue
		}
		fmt.Fprintf(b, "| %s |", p.action)
		for _, by := range []org.Role{org.Supervisor, org.Administrator} {
			for _, about := range []org.Role{org.Employee, org.Supervisor, org.Administrator} {
				who := colleague(by)
				reason, _ := Permit(who, p.action, target(about, OwnTeam, who), noon)
				if by == org.Administrator {
					reason, _ = Permit(who, p.action, target(about, Other, who), noon)
				}
				fmt.Fprintf(b, " %s |", said(reason))
			}
		}
		b.WriteString("\n")
	}
}

// needs writes what each action needs besides the role.
func needs(b *strings.Builder) {
	b.WriteString(`
## What else it needs

- **Own MFA**: on, proved in this session by an authenticator that is old enough to give powers. Whoever came in by a backup,
  by an enrolment pass or while their MFA was disabled has to prove it first.
- **Fresh proof**: password and authenticator, each within the last five minutes.
- **No part in it**: whoever changed the role, team, phone or an address of someone in the last seven days does not help them,
  and whoever gave the help that was objected to does not release the freeze.
- **Request**: a supervisor needs one that the member has made; an administrator does not.

Where an organisation does not let supervisors help, a supervisor sees and does nothing more than that.

| may | own MFA | fresh proof | no part in it | request |
|---|---|---|---|---|
`)
	mark := map[bool]string{true: "yes", false: "–"}
	for _, p := range permissions {
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s |\n", p.action, mark[p.need != seeing], mark[p.need != seeing], mark[p.need == helping], mark[p.asked])
	}
}

func TestTheDocsSayWhatTheRulesSayOfPermissions(t *testing.T) {
	const file = "../../docs/permissions.md"
	want := permissionDocument()
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s is not what the rules say: run go generate ./internal/ladder", file)
	}
}

// TestEveryRoleActionAndRelation walks all that there is and holds each answer
// against what the design says of it, whatever the table is.
func TestEveryRoleActionAndRelation(t *testing.T) {
	helps := []Action{DisableMFA, GiveEnrolmentPass, ReleaseEmployee, AgreeToPass}
	supervisors := []Action{SeeEmployee, DisableMFA, EnableMFA, GiveEnrolmentPass, SeeRequest, RefuseRequest, SeeEmployees, SeeRequests}
	ofThemselves := []Action{SeeEmployee, EditEmployee, EditAddress, ChangeTeam}
	for _, p := range permissions {
		for _, by := range roles {
			for _, relation := range relations {
				for _, about := range roles {
					who := colleague(by.role)
					whom := target(about.role, relation, who)
					if p.all {
						whom = Whom{}
					}
					got, _ := Permit(who, p.action, whom, noon)
					name := fmt.Sprintf("%s: %s, about %s (%s)", by.name, p.action, about.name, relation)
					runs := by.role == org.Administrator || by.role == org.Lead
					may := got == ""
					switch {
					case may && !runs && by.role != org.Supervisor:
						t.Errorf("%s: only who answers for others does", name)
					case may && !runs && !slices.Contains(supervisors, p.action):
						t.Errorf("%s: no supervisor does that", name)
					case p.all:
						if may != (runs || by.role == org.Supervisor && slices.Contains(supervisors, p.action)) {
							t.Errorf("%s: %q", name, got)
						}
					case relation == Foreign && got != Unknown:
						t.Errorf("%s: somebody learns of it: %q", name, got)
					case may && relation == Self && !slices.Contains(ofThemselves, p.action):
						t.Errorf("%s: helps themselves", name)
					case may && by.role == org.Supervisor && relation == Other:
						t.Errorf("%s: reaches beyond the own team", name)
					case may && by.role == org.Supervisor && relation == OwnTeam && p.action != SeeEmployee && about.role.Above(org.Supervisor):
						t.Errorf("%s: about a higher role", name)
					case may && slices.Contains(helps, p.action) && about.role.Above(by.role):
						t.Errorf("%s: helps upward", name)
					case may && relation != Self && (p.action == DisableMFA || p.action == EditAddress) && about.role.Above(org.Supervisor):
						t.Errorf("%s: to an administrator", name)
					}
				}
			}
		}
	}
}
