package directory

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/ladder"
	"github.com/sparekey/sparekey/internal/notice"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/standing"
)

// Errors about teams that a caller tells apart.
var (
	// ErrExists says that there is a team of that name.
	ErrExists = errors.New("there is a team of that name")
	// ErrSupervised says that somebody supervises a team, which therefore stays.
	ErrSupervised = errors.New("somebody supervises the team")
	// ErrCrowded says that more than MostMoved people are in a team.
	ErrCrowded = errors.New("too many people are in the team to be moved at once")
	// ErrNotActive says that someone has not come yet, or not any more.
	ErrNotActive = errors.New("not active")
)

// Bounds of what is done and shown at once.
const (
	// MostMoved is how many people leave a team when it is removed.
	MostMoved       = 1000
	teamsOnPage     = 50
	supervisorsSeen = 200
)

// A TeamList is one page of the teams.
type TeamList struct {
	Rows []standing.TeamRow
	Next string // the name after which the next page begins; empty: there is none
}

// Teams returns the teams behind the name after, by name.
func (f *Office) Teams(ctx context.Context, h Hand, after string) (TeamList, error) {
	if err := f.permit(h, ladder.SeeTeams); err != nil {
		return TeamList{}, err
	}
	rows, err := f.Store.TeamRows(ctx, h.organisation(), after, teamsOnPage+1)
	if err != nil || len(rows) <= teamsOnPage {
		return TeamList{Rows: rows}, err
	}
	rows = rows[:teamsOnPage]
	return TeamList{Rows: rows, Next: rows[teamsOnPage-1].Name}, nil
}

// TeamNames returns every team, to choose one from.
func (f *Office) TeamNames(ctx context.Context, h Hand) ([]org.Team, error) {
	if err := f.permit(h, ladder.SeeTeams); err != nil {
		return nil, err
	}
	return f.Store.Teams(ctx, h.organisation())
}

// A TeamView is one team with its people.
type TeamView struct {
	Team        org.Team
	Members     int // invited and active; at most MostMoved+1 are counted
	Supervisors []org.Member
	More        int // supervisors that are not listed
}

// Team returns a team. It returns an error wrapping org.ErrNotFound also for a
// team of another organisation.
func (f *Office) Team(ctx context.Context, h Hand, id org.TeamID) (TeamView, error) {
	if err := f.permit(h, ladder.SeeTeams); err != nil {
		return TeamView{}, err
	}
	team, err := f.Store.Team(ctx, h.organisation(), id)
	if err != nil {
		return TeamView{}, err
	}
	v := TeamView{Team: team}
	if v.Supervisors, v.More, err = f.Store.Supervisors(ctx, id, supervisorsSeen); err != nil {
		return TeamView{}, err
	}
	members, err := f.Store.InTeam(ctx, id, MostMoved+1)
	v.Members = len(members)
	return v, err
}

func teamFacts(t org.Team) map[string]string {
	return map[string]string{"team": string(t.ID), "team-name": t.Name}
}

// MakeTeam makes a team. It returns org.ErrName or ErrExists.
func (f *Office) MakeTeam(ctx context.Context, h Hand, name string) (org.Team, error) {
	name, err := org.ParseName(name)
	if err != nil {
		return org.Team{}, err
	}
	team := org.Team{ID: org.TeamID(f.NewID()), Organisation: h.organisation(), Name: name}
	err = f.ownTeams(ctx, h, standing.Decision{
		Effects: []standing.Effect{standing.MakeTeam{Team: team}},
		Events:  []audit.Event{{Kind: audit.TeamMade, Facts: teamFacts(team)}},
	})
	return team, taken(err, ErrExists)
}

// taken returns as in place of an error that says that something came too late.
func taken(err, as error) error {
	if errors.Is(err, standing.ErrTaken) {
		return as
	}
	return err
}

// ownTeams saves a decision about teams with the member who acts.
func (f *Office) ownTeams(ctx context.Context, h Hand, d standing.Decision, more ...audit.Event) error {
	return f.own(ctx, h, ladder.ChangeTeams, func(scene standing.Scene, st standing.Standing) (standing.Decision, error) {
		done, err := held(scene, st, d)
		for _, e := range more { // about others
			e.At, e.Actor, e.Origin, e.Organisation = scene.Now, scene.Actor, scene.Origin, st.Organisation.ID
			done.Events = append(done.Events, e)
		}
		return done, err
	})
}

// RenameTeam gives a team another name. It returns org.ErrName or ErrExists.
func (f *Office) RenameTeam(ctx context.Context, h Hand, id org.TeamID, name string) error {
	name, err := org.ParseName(name)
	if err != nil {
		return err
	}
	if err := f.permit(h, ladder.ChangeTeams); err != nil {
		return err
	}
	team, err := f.Store.Team(ctx, h.organisation(), id)
	if err != nil || team.Name == name {
		return err
	}
	facts := teamFacts(team)
	facts["team-name"], facts["team-was"] = name, team.Name
	return taken(f.ownTeams(ctx, h, standing.Decision{
		Effects: []standing.Effect{standing.RenameTeam{ID: id, Was: team.Name, To: name}},
		Events:  []audit.Event{{Kind: audit.TeamRenamed, Facts: facts}},
	}), ErrExists)
}

// RemoveTeam removes a team that nobody supervises. Its people go to another team,
// or with an empty to into none. It returns ErrSupervised, ErrCrowded, or
// ErrChanged where somebody came or left meanwhile.
func (f *Office) RemoveTeam(ctx context.Context, h Hand, id, to org.TeamID) error {
	if err := f.permit(h, ladder.ChangeTeams); err != nil {
		return err
	}
	view, err := f.Team(ctx, h, id)
	if err != nil {
		return err
	}
	if to != "" {
		if _, err := f.Store.Team(ctx, h.organisation(), to); err != nil {
			return err
		}
	}
	members, err := f.Store.InTeam(ctx, id, MostMoved+1)
	switch {
	case err != nil:
		return err
	case len(view.Supervisors) > 0:
		return ErrSupervised
	case len(members) > MostMoved:
		return ErrCrowded
	case to == id:
		return ErrChanged
	}
	told, err := f.others(ctx, h.organisation(), "")
	if err != nil {
		return err
	}
	var moved []audit.Event
	for _, m := range members {
		moved = append(moved, audit.Event{Kind: audit.MemberMoved, Subject: m, Facts: teamFacts(view.Team)})
	}
	facts := teamFacts(view.Team)
	facts["members"] = strconv.Itoa(len(members))
	me := standing.Standing{Member: h.Who.Member, Organisation: h.Who.Organisation}
	return taken(f.ownTeams(ctx, h, standing.Decision{
		Effects: []standing.Effect{standing.RemoveTeam{
			ID: id, Members: members, To: to, At: f.Now(), By: audit.Actor{Kind: audit.Member, Member: h.Who.Member.ID},
		}},
		Events:  []audit.Event{{Kind: audit.TeamRemoved, Facts: facts}},
		Notices: tell(me, notice.TeamRemovedToAdministrators, notice.Facts{Team: view.Team.Name, Giver: h.Who.Member.Name}, told),
	}, moved...), ErrChanged)
}

// Supervise lets a member supervise a team. It returns ErrNotActive, or
// ErrChanged where they do already.
func (f *Office) Supervise(ctx context.Context, h Hand, team org.TeamID, m org.MemberID) error {
	return f.supervising(ctx, h, team, m, turn{
		standing.Supervise{Team: team}, audit.SupervisorAdded, notice.SupervisorAdded, notice.SupervisorAddedToAdministrators, true,
	})
}

// StopSupervising takes a team from a member. It returns ErrChanged where they do
// not supervise it.
func (f *Office) StopSupervising(ctx context.Context, h Hand, team org.TeamID, m org.MemberID) error {
	return f.supervising(ctx, h, team, m, turn{
		standing.StopSupervising{Team: team}, audit.SupervisorRemoved, notice.SupervisorRemoved, notice.SupervisorRemovedToAdministrators, false,
	})
}

// A turn is what changes about a supervisor, how it is recorded and who is told.
type turn struct {
	effect         standing.Effect
	event          audit.Kind
	member, others notice.Kind
	active         bool // only for who is
}

func (f *Office) supervising(ctx context.Context, h Hand, id org.TeamID, m org.MemberID, do turn) error {
	if err := f.permit(h, ladder.ChangeTeams); err != nil {
		return err
	}
	team, err := f.Store.Team(ctx, h.organisation(), id)
	if err != nil {
		return err
	}
	told, err := f.others(ctx, h.organisation(), m)
	if err != nil {
		return err
	}
	scene := f.scene(h)
	err = scene.Update(ctx, f.Store, m, func(st standing.Standing) (standing.Decision, error) {
		if st.Organisation.ID != h.organisation() {
			return standing.Decision{}, org.ErrNotFound
		}
		who := h.Who
		if m == who.Member.ID {
			who = current(who, st)
		}
		if err := ladder.Permitted(who, ladder.ChangeTeams, ladder.Whom{}, scene.Now); err != nil {
			return standing.Decision{}, err
		}
		if do.active && st.Member.State != org.Active {
			return standing.Decision{}, ErrNotActive
		}
		facts := notice.Facts{Team: team.Name, Giver: h.Who.Member.Name}
		d := standing.Decision{
			Effects: []standing.Effect{do.effect},
			Events:  []audit.Event{{Kind: do.event, Facts: teamFacts(team)}},
			Notices: append(ladder.Tell(st, do.member, facts, st.Addresses()...), tell(st, do.others, facts, told)...),
		}
		if st.Member.Stored == org.Employee {
			d = d.And(standing.NoteChange{Change: standing.Change{What: standing.RoleOf, Was: st.Member.Role(), At: scene.Now, By: scene.Actor}})
		}
		return h.Who.Gives().Bind(m, d), nil
	})
	return taken(err, ErrChanged)
}

// found bounds how many a search shows: whoever is not among them is to be looked
// for with more words.
const found = 20

// Find returns active members of the organisation whose name or address begins as
// was typed, by name: those who may come to supervise a team.
func (f *Office) Find(ctx context.Context, h Hand, typed string) ([]org.Member, error) {
	if err := f.permit(h, ladder.ChangeTeams); err != nil {
		return nil, err
	}
	if strings.TrimSpace(typed) == "" {
		return nil, nil
	}
	list, err := f.Store.List(ctx, standing.Listing{
		Organisation: h.organisation(), Everyone: true, Filter: standing.Filter{Search: typed, State: org.Active}, Limit: found,
	}, f.Now())
	var members []org.Member
	for _, row := range list.Rows {
		members = append(members, row.Member)
	}
	return members, err
}
