package roster

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"strings"

	"github.com/sparekey/sparekey/internal/org"
)

// A Fate is what becomes of a line.
type Fate string

// The fates. A line only ever adds somebody: whoever is known is left alone.
const (
	Wrong  Fate = "wrong"  // left out: something is wrong with it
	Joins  Fate = "joins"  // is added and invited
	Waits  Fate = "waits"  // left alone: was invited, and has not come
	There  Fate = "there"  // left alone: is a member
	Closed Fate = "closed" // left alone: is deactivated
)

// Fates lists every fate, those that ask for attention first.
var Fates = []Fate{Wrong, Closed, Waits, Joins, There}

// A Place is one line of a plan.
type Place struct {
	Line
	Fate Fate
	// NewTeam: the line's team is made. Its name is as the file first writes it; that
	// of a team that is there is as it is called.
	NewTeam bool
}

// A Plan is what an import comes to. It changes nothing.
type Plan struct {
	Places   []Place // in the order of the file
	Count    map[Fate]int
	Leading  int      // administrators among those who join
	NewTeams []string // in the order in which the file first names them
	// Digest tells two plans apart: equal ones do the same to the same lines.
	Digest string
}

// NewPlan returns what importing a list comes to where known says which
// addresses are members already, in which state, and teams are those there are.
func NewPlan(list List, known map[org.Email]org.State, teams []org.Team) Plan {
	p := Plan{Places: make([]Place, 0, len(list.Lines)), Count: make(map[Fate]int)}
	called := make(map[string]string, len(teams)) // name by its folded form
	for _, t := range teams {
		called[org.FoldName(t.Name)] = t.Name
	}
	made := make(map[string]string)
	sum := sha256.New()
	for _, line := range list.Lines {
		place := Place{Line: line, Fate: fate(line, known)}
		if place.Fate == Joins && line.Team != "" {
			folded := org.FoldName(line.Team)
			if name, there := called[folded]; there {
				place.Team = name
			} else if name, there := made[folded]; there {
				place.Team, place.NewTeam = name, true
			} else {
				made[folded], place.NewTeam = line.Team, true
				p.NewTeams = append(p.NewTeams, line.Team)
			}
		}
		if place.Fate == Joins && place.Role == org.Administrator {
			p.Leading++
		}
		p.Count[place.Fate]++
		p.Places = append(p.Places, place)
		place.sum(sum)
	}
	p.Digest = hex.EncodeToString(sum.Sum(nil))
	return p
}

func fate(line Line, known map[org.Email]org.State) Fate {
	state, there := known[line.Email]
	switch {
	case !line.Right():
		return Wrong
	case !there:
		return Joins
	case state == org.Invited:
		return Waits
	case state == org.Deactivated:
		return Closed
	}
	return There
}

// sum adds the place to what tells plans apart. No field holds a line break.
func (p Place) sum(to hash.Hash) {
	fields := []string{string(p.Fate), p.Name, string(p.Email), p.Phone, p.Team, string(p.Role)}
	_, _ = fmt.Fprintf(to, "%d %t\n%s\n", p.Number, p.NewTeam, strings.Join(fields, "\n")) // a hash takes everything
}

// Emails returns the address of every right line.
func (list List) Emails() []org.Email {
	addresses := make([]org.Email, 0, len(list.Lines))
	for _, line := range list.Lines {
		if line.Right() {
			addresses = append(addresses, line.Email)
		}
	}
	return addresses
}
