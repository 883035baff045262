// Package directory is what an organisation does about who belongs to it: whom
// its list shows, who is added, one by one or from a file, who is erased, and
// its teams.
//
// It owns what is told and recorded when that changes. It refuses to decide who
// may (ladder does), and what one signs in with (operate does).
package directory

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/ladder"
	"github.com/sparekey/sparekey/internal/notice"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/session"
	"github.com/sparekey/sparekey/internal/standing"
)

// An OfficeStore is what an Office needs kept.
type OfficeStore interface {
	standing.Keeper
	Administrators(ctx context.Context, o org.OrganisationID) ([]standing.Helper, error)
	Record(ctx context.Context, events ...audit.Event) error

	SaveImport(ctx context.Context, i standing.Import) error
	Import(ctx context.Context, id string, in session.Hash) (standing.Import, error)
	Roll(ctx context.Context, o org.OrganisationID, addresses []org.Email) (standing.Roll, error)
	Admit(ctx context.Context, i standing.Import, addresses []org.Email, decide func(standing.Roll) (standing.Admission, error)) error

	Team(ctx context.Context, o org.OrganisationID, id org.TeamID) (org.Team, error)
	Teams(ctx context.Context, o org.OrganisationID) ([]org.Team, error)
	TeamRows(ctx context.Context, o org.OrganisationID, after string, limit int) ([]standing.TeamRow, error)
	Supervisors(ctx context.Context, team org.TeamID, limit int) (list []org.Member, more int, err error)
	InTeam(ctx context.Context, team org.TeamID, limit int) ([]org.MemberID, error)

	List(ctx context.Context, l standing.Listing, now time.Time) (standing.List, error)

	Colleague(ctx context.Context, m org.MemberID) (standing.Colleague, error)
	EraseOriginsOf(ctx context.Context, m org.MemberID, e audit.Event) (int64, error)
}

// An Office changes who belongs to an organisation, and its teams. Every act asks
// ladder.Permit: it returns an error wrapping org.ErrNotFound where whoever acts
// must not know of it, ladder.ErrStale, or a *ladder.Refusal. It is safe for use
// by many.
type Office struct {
	Store  OfficeStore
	Now    func() time.Time
	Random io.Reader
	NewID  func() string
}

// A Hand is a colleague who acts, and where from.
type Hand struct {
	Who    standing.Colleague
	Origin audit.Origin
}

func (h Hand) organisation() org.OrganisationID { return h.Who.Organisation.ID }

// scene says that the hand acts now.
func (f *Office) scene(h Hand) standing.Scene {
	return standing.Scene{
		Now: f.Now(), Actor: audit.Actor{Kind: audit.Member, Member: h.Who.Member.ID}, Origin: h.Origin,
		Random: f.Random, Session: h.Who.Session.ID,
	}
}

// permit asks the rules whether the hand may do something about the organisation.
func (f *Office) permit(h Hand, do ladder.Action) error {
	return ladder.Permitted(h.Who, do, ladder.Whom{}, f.Now())
}

// own takes a decision that is saved with the member who acts, if they may still
// take it then.
func (f *Office) own(ctx context.Context, h Hand, do ladder.Action, decide func(standing.Scene, standing.Standing) (standing.Decision, error)) error {
	if err := f.permit(h, do); err != nil {
		return err
	}
	scene := f.scene(h)
	return f.Store.Update(ctx, h.Who.Member.ID, func(st standing.Standing) (standing.Decision, error) {
		if err := ladder.Permitted(current(h.Who, st), do, ladder.Whom{}, scene.Now); err != nil {
			return standing.Decision{}, err
		}
		return decide(scene, st)
	})
}

// current is the colleague as their standing shows them.
func current(who standing.Colleague, st standing.Standing) standing.Colleague {
	who.Viewer = standing.Viewer{
		Member: st.Member, Organisation: st.Organisation, Status: st.Status, MFASince: st.MFASince, Suspension: st.Suspension, Pass: st.Pass,
	}
	return who
}

// held completes a decision in a scene, and holds it to the session.
func held(scene standing.Scene, st standing.Standing, d standing.Decision) (standing.Decision, error) {
	d = standing.Decision{Effects: []standing.Effect{standing.NeedSession{ID: scene.Session, Member: scene.Actor.Member}}}.Merge(d)
	return scene.Complete(st, d)
}

// about takes a decision about another member, if the rules let the hand do it,
// and binds it to what was known of the hand.
func (f *Office) about(ctx context.Context, h Hand, do ladder.Action, m org.MemberID, decide func(standing.Scene, standing.Standing) (standing.Decision, error)) error {
	scene := f.scene(h)
	return scene.Update(ctx, f.Store, m, func(st standing.Standing) (standing.Decision, error) {
		if err := ladder.Permitted(h.Who, do, ladder.About(st, scene.Now), scene.Now); err != nil {
			return standing.Decision{}, err
		}
		d, err := decide(scene, st)
		return h.Who.Gives().Bind(m, d), err
	})
}

// Member returns the standing of a member for whom the hand means to do something,
// or why they may not.
func (f *Office) Member(ctx context.Context, h Hand, do ladder.Action, m org.MemberID) (standing.Standing, error) {
	st, err := f.Store.Standing(ctx, m)
	if err != nil {
		return standing.Standing{}, err
	}
	now := f.Now()
	if err := ladder.Permitted(h.Who, do, ladder.About(st, now), now); err != nil {
		return standing.Standing{}, err
	}
	return st, nil
}

// others are the administrators who are told, also the one who acts (whoever sits
// at their session may be someone else), but not the one it is about.
func (f *Office) others(ctx context.Context, o org.OrganisationID, m org.MemberID) ([]standing.Helper, error) {
	all, err := f.Store.Administrators(ctx, o)
	if err != nil {
		return nil, fmt.Errorf("administrators: %w", err)
	}
	var others []standing.Helper
	for _, a := range all {
		if a.ID != m {
			others = append(others, a)
		}
	}
	return others, nil
}

// tell writes to the other administrators about a standing.
func tell(st standing.Standing, kind notice.Kind, facts notice.Facts, to []standing.Helper) []notice.Message {
	return ladder.TellOthers(st, kind, facts, to)
}
