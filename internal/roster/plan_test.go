package roster_test

import (
	"fmt"
	"reflect"
	"testing"

	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/roster"
)

const four = "name,e-mail,team,role\nAnn,ann@x.example,day,admin\nBob,bob@x.example,Night,\nCas,cas@x.example,NIGHT,\nDee,dee@x.example,Other,admin\nEve,eve@x.example,Day,\nFie,fie@,Wrong,\n"

func read(t *testing.T, file string) roster.List {
	t.Helper()
	list, err := roster.Read([]byte(file))
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestAPlanSaysOfEachLineWhatBecomesOfIt(t *testing.T) {
	known := map[org.Email]org.State{"dee@x.example": org.Active, "eve@x.example": org.Deactivated, "other@x.example": org.Active}
	plan := roster.NewPlan(read(t, four), known, []org.Team{{Name: "Day"}, {Name: "Evening"}})
	var got []string
	for _, p := range plan.Places {
		got = append(got, fmt.Sprintf("%d %s %s %t", p.Number, p.Fate, p.Team, p.NewTeam))
	}
	want := []string{
		"2 joins Day false", "3 joins Night true", "4 joins Night true", // as the file first writes it
		"5 there Other false", "6 closed Day false", "7 wrong Wrong false",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if !reflect.DeepEqual(plan.NewTeams, []string{"Night"}) || plan.Leading != 1 {
		t.Errorf("teams %q, %d administrators", plan.NewTeams, plan.Leading)
	}
	if want := (map[roster.Fate]int{roster.Joins: 3, roster.There: 1, roster.Closed: 1, roster.Wrong: 1}); !reflect.DeepEqual(plan.Count, want) {
		t.Errorf("counts %v", plan.Count)
	}
}

func TestADigestTellsPlansApart(t *testing.T) {
	list := read(t, four)
	teams := []org.Team{{Name: "Day"}}
	same := roster.NewPlan(list, nil, teams).Digest
	if again := roster.NewPlan(read(t, four), map[org.Email]org.State{"other@x.example": org.Active}, teams).Digest; again != same {
		t.Error("a member who is on no line makes another plan")
	}
	for name, other := range map[string]roster.Plan{
		"someone who joined": roster.NewPlan(list, map[org.Email]org.State{"ann@x.example": org.Active}, teams),
		"someone who left":   roster.NewPlan(list, map[org.Email]org.State{"ann@x.example": org.Deactivated}, teams),
		"a team that went":   roster.NewPlan(list, nil, nil),
		"a team that came":   roster.NewPlan(list, nil, append(teams, org.Team{Name: "night"})),
		"another file":       roster.NewPlan(read(t, four+"Gus,gus@x.example,,\n"), nil, teams),
		"another role":       roster.NewPlan(read(t, "name,e-mail,team,role\nAnn,ann@x.example,day,\n"), nil, teams),
	} {
		if other.Digest == same {
			t.Errorf("%s makes no other plan", name)
		}
	}
}
