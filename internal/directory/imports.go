package directory

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/ladder"
	"github.com/sparekey/sparekey/internal/notice"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/roster"
	"github.com/sparekey/sparekey/internal/session"
	"github.com/sparekey/sparekey/internal/standing"
)

// Errors of an import that a caller tells apart.
var (
	// ErrChanged says that what was shown is overtaken: nothing was done.
	ErrChanged = errors.New("changed meanwhile")
	// ErrExpired says that a list has waited too long for a yes.
	ErrExpired = errors.New("the list has waited too long")
	// ErrNobody says that nobody on a list is to be added.
	ErrNobody = errors.New("nobody on the list is new")
)

// A Preview is a list that waits for a yes, and what it comes to now.
type Preview struct {
	ID      string
	Expires time.Time
	Columns []roster.Column // that the file has
	Unused  []string        // headings that say nothing here
	Plan    roster.Plan
}

// Upload keeps a file with a list of people until the hand has said yes to it, and
// returns its id. It returns a *roster.UnreadableError for what is no such list.
func (f *Office) Upload(ctx context.Context, h Hand, file []byte) (id string, err error) {
	if err := f.permit(h, ladder.AddEmployee); err != nil {
		return "", err
	}
	if _, err := roster.Read(file); err != nil {
		return "", err
	}
	now := f.Now()
	i := standing.Import{
		ID: f.NewID(), Organisation: h.organisation(), Member: h.Who.Member.ID, Session: h.Who.Session.ID, File: file,
		Created: now, Expires: now.Add(standing.ImportLifetime),
	}
	return i.ID, f.Store.SaveImport(ctx, i)
}

// Preview returns what a list comes to now. It returns ErrExpired, or an error
// wrapping org.ErrNotFound unless the list was uploaded in this session.
func (f *Office) Preview(ctx context.Context, h Hand, id string) (Preview, error) {
	i, list, err := f.list(ctx, h, id)
	if err != nil {
		return Preview{}, err
	}
	roll, err := f.Store.Roll(ctx, i.Organisation, list.Emails())
	if err != nil {
		return Preview{}, err
	}
	return Preview{ID: id, Expires: i.Expires, Columns: list.Columns, Unused: list.Unused, Plan: roster.NewPlan(list, roll.States, roll.Teams)}, nil
}

func (f *Office) list(ctx context.Context, h Hand, id string) (standing.Import, roster.List, error) {
	if err := f.permit(h, ladder.AddEmployee); err != nil {
		return standing.Import{}, roster.List{}, err
	}
	i, err := f.Store.Import(ctx, id, h.Who.Session.ID)
	if err != nil {
		return standing.Import{}, roster.List{}, err
	}
	if !f.Now().Before(i.Expires) {
		return standing.Import{}, roster.List{}, ErrExpired
	}
	list, err := roster.Read(i.File)
	return i, list, err
}

// Confirm adds everybody on a list who is new, and invites them, as the plan with
// this digest says. Where the list now comes to something else it adds nobody and
// returns ErrChanged: then the plan is to be shown again. It returns ErrNobody
// where nobody is new; else errors as for Preview.
func (f *Office) Confirm(ctx context.Context, h Hand, id, digest string) (roster.Plan, error) {
	i, list, err := f.list(ctx, h, id)
	if err != nil {
		return roster.Plan{}, err
	}
	told, err := f.others(ctx, h.organisation(), "")
	if err != nil {
		return roster.Plan{}, err
	}
	var plan roster.Plan
	err = f.Store.Admit(ctx, i, list.Emails(), func(roll standing.Roll) (standing.Admission, error) {
		plan = roster.NewPlan(list, roll.States, roll.Teams)
		switch {
		case plan.Digest != digest:
			return standing.Admission{}, ErrChanged
		case plan.Count[roster.Joins] == 0:
			return standing.Admission{}, ErrNobody
		}
		return f.admission(h, plan, roll.Teams, told)
	})
	if errors.Is(err, standing.ErrTaken) {
		if _, err := f.Store.Import(ctx, id, h.Who.Session.ID); err != nil {
			return roster.Plan{}, err // it was done meanwhile, or the session has ended
		}
		return roster.Plan{}, ErrChanged
	}
	return plan, err
}

// admission is what adding everybody in a plan who is new saves.
func (f *Office) admission(h Hand, plan roster.Plan, teams []org.Team, told []standing.Helper) (standing.Admission, error) {
	scene := f.scene(h)
	me := standing.Standing{Member: h.Who.Member, Organisation: h.Who.Organisation}
	count := plan.Count[roster.Joins]
	called := make(map[string]org.TeamID)
	for _, t := range teams {
		called[org.FoldName(t.Name)] = t.ID
	}
	after := standing.Decision{
		Effects: []standing.Effect{standing.NeedColleague{Member: h.Who.Member.ID, Version: h.Who.Version}},
		Events: []audit.Event{{Kind: audit.MembersImported, Facts: map[string]string{
			"members": strconv.Itoa(count), "administrators": strconv.Itoa(plan.Leading), "teams": strconv.Itoa(len(plan.NewTeams)),
		}}},
		Notices: tell(me, notice.ImportedToAdministrators, notice.Facts{Count: count, Leading: plan.Leading, Giver: h.Who.Member.Name}, told),
	}
	a := standing.Admission{Count: count}
	for _, name := range plan.NewTeams {
		team := org.Team{ID: org.TeamID(f.NewID()), Organisation: h.organisation(), Name: name}
		called[org.FoldName(name)] = team.ID
		a.Teams = append(a.Teams, team)
		after.Events = append(after.Events, audit.Event{Kind: audit.TeamMade, Facts: teamFacts(team)})
	}
	joining := make([]roster.Place, 0, count)
	for _, p := range plan.Places {
		if p.Fate == roster.Joins {
			joining = append(joining, p)
		}
	}
	a.Newcomer = func(i int) (standing.Newcomer, error) {
		return f.newcomer(scene, me.Organisation, joining[i], called[org.FoldName(joining[i].Team)])
	}
	var err error
	a.After, err = held(scene, me, after)
	return a, err
}

// newcomer adds one person of a list.
func (f *Office) newcomer(scene standing.Scene, o org.Organisation, p roster.Place, team org.TeamID) (standing.Newcomer, error) {
	token, err := session.NewToken(f.Random)
	if err != nil {
		return standing.Newcomer{}, fmt.Errorf("invitation: %w", err)
	}
	if p.Team == "" {
		team = ""
	}
	m := org.Member{
		ID: org.MemberID(f.NewID()), Organisation: o.ID, Team: team, Name: p.Name, Email: p.Email, Phone: p.Phone,
		State: org.Invited, Stored: p.Role, Created: scene.Now,
	}
	link := standing.Link{
		ID: token.Hash(), Member: m.ID, Purpose: standing.ForInvitation, Address: m.Email,
		Created: scene.Now, Expires: scene.Now.Add(standing.InvitationLifetime),
	}
	d, err := scene.Complete(standing.Standing{Member: m, Organisation: o}, standing.Decision{
		Events: []audit.Event{{Kind: audit.MemberInvited, Facts: map[string]string{"role": string(m.Stored)}}},
		Notices: ladder.Tell(standing.Standing{Member: m, Organisation: o}, notice.Invitation,
			notice.Facts{Link: standing.InvitationPath + string(token), ValidUntil: link.Expires}, m.Email),
	})
	return standing.Newcomer{Member: m, Link: link, Events: d.Events, Letters: d.Notices}, err
}
