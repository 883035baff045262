package demo

import (
	"fmt"
	"strings"

	"github.com/sparekey/sparekey/internal/factor"
	"github.com/sparekey/sparekey/internal/org"
)

// ready returns an employee who can lose a phone: with MFA, ten backup codes
// and a backup e-mail.
func ready(name, team string) Person {
	return Person{
		Name: name, Team: team, Stored: org.Employee, Authenticators: []string{"Telefoon"}, Codes: factor.BackupCodes,
		BackupEmail: org.Email(dotted(name) + "@thuis.example"),
	}
}

func (p Person) as(role org.Role) Person { p.Stored = role; return p }

func (p Person) leading() Person { p.Supervises = true; return p }

func (p Person) speaking(l org.Language) Person { p.Language = l; return p }

func (p Person) with(authenticators ...string) Person { p.Authenticators = authenticators; return p }

func (p Person) withCodes(left int) Person { p.Codes = left; return p }

func (p Person) withoutCodes() Person { return p.withCodes(0) }

func (p Person) withoutEmail() Person { p.BackupEmail = ""; return p }

func (p Person) withoutBackup() Person { return p.withoutCodes().withoutEmail() }

func (p Person) withoutNumber() Person { p.NoPhone = true; return p }

func (p Person) suspended() Person { p.Suspended = true; return p }

// without leaves the password alone.
func (p Person) without() Person { return p.with().withoutBackup() }

// numbered gives everybody a telephone number, counted from first, and an
// address in domain where they have none.
func numbered(people []Person, domain string, first int) []Person {
	for i := range people {
		if people[i].Email == "" {
			people[i].Email = org.Email(dotted(people[i].Name) + "@" + domain)
		}
		if !people[i].NoPhone {
			people[i].Phone = fmt.Sprintf("+31 6 0000 0%03d", first+i)
		}
	}
	return people
}

// dotted writes a name as the part of an address before the @.
func dotted(name string) string { return strings.ReplaceAll(strings.ToLower(name), " ", ".") }
