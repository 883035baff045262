package operate

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/ladder"
	"github.com/sparekey/sparekey/internal/notice"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/session"
	"github.com/sparekey/sparekey/internal/standing"
)

// Errors that a caller tells apart.
var (
	// ErrExists says that an organisation of that name exists, or is no desk.
	ErrExists = errors.New("there is an organisation of that name already")
	// ErrMember says that someone is a member already, came, and gets no other role.
	ErrMember = errors.New("is a member already")
	// ErrRole says that an organisation of this kind has nobody in that role.
	ErrRole = errors.New("no such role in this organisation")
	// ErrLower says that someone who came would get a lower role than they have.
	ErrLower = errors.New("a role is not lowered")
	// ErrChanged says that what was planned has been overtaken: nothing was done.
	ErrChanged = errors.New("changed meanwhile")
)

// A Turn is what inviting someone comes to.
type Turn string

// The turns.
const (
	Joins   Turn = "joins"   // nobody had the address
	Again   Turn = "again"   // was invited and has not come: earlier links end
	Returns Turn = "returns" // was deactivated: begins anew, with nothing of before
	Rises   Turn = "rises"   // is active and gets a higher role; no link is made
)

// An Invitation is what inviting someone comes to, and once it is done the right
// to choose a first password.
type Invitation struct {
	Organisation org.Organisation
	Member       org.Member // as they will be
	Turn         Turn
	Was          org.Role         // the role before; empty: Joins
	Made         bool             // the organisation is made for it
	Told         []notice.Message // who is told what; without links
	Path         string           // with its token: a secret; empty until it is done
	Expires      time.Time

	before standing.Standing // of whoever is known already
}

// Grave reports whether an invitation is felt by others: somebody comes back who
// was shut out, or gets another role or one that decides about others.
func (v Invitation) Grave() bool {
	if v.Turn == Joins {
		return leads(v.Member.Stored)
	}
	return v.Turn == Returns || v.Was != v.Member.Stored
}

// leads reports whether a role decides about others.
func leads(r org.Role) bool { return r == org.Administrator || r == org.Lead }

// lowest is the role of whoever gets none in particular.
func lowest(k org.Kind) org.Role {
	if k == org.Desk {
		return org.Agent
	}
	return org.Employee
}

// CreateOrganisation makes an organisation and invites its first member; ids and
// times are filled in. It returns ErrExists or ErrRole.
func (s *Service) CreateOrganisation(ctx context.Context, by By, o org.Organisation, first org.Member) (Invitation, error) {
	if !o.Kind.Holds(first.Stored) {
		return Invitation{}, ErrRole
	}
	return s.Invite(ctx, by, Invitation{Organisation: o, Member: first, Turn: Joins, Made: true})
}

// PlanInvitation returns what inviting m to o would come to now, and changes
// nothing. What m leaves open is as it was, or as it is for everybody: name, role,
// team, language. It returns ErrMember, ErrRole or ErrLower.
func (s *Service) PlanInvitation(ctx context.Context, by By, o org.Organisation, m org.Member) (Invitation, error) {
	if m.Stored != "" && !o.Kind.Holds(m.Stored) {
		return Invitation{}, ErrRole
	}
	v := Invitation{Organisation: o, Member: m, Turn: Joins}
	known, err := s.Store.MemberByEmail(ctx, o.ID, m.Email)
	switch {
	case errors.Is(err, org.ErrNotFound):
		if m.Stored == "" {
			v.Member.Stored = lowest(o.Kind)
		}
	case err != nil:
		return Invitation{}, err
	default:
		if v.before, err = s.Store.Standing(ctx, known.ID); err != nil {
			return Invitation{}, err
		}
		if v, err = v.known(m); err != nil {
			return Invitation{}, err
		}
	}
	if v.Member.Name == "" {
		v.Member.Name, _, _ = strings.Cut(string(m.Email), "@")
	}
	if err := v.permitted(by, v.before, s.Now()); err != nil {
		return Invitation{}, err
	}
	return s.told(ctx, by, v)
}

// permitted returns why a member who gives may not invite: errors as those of
// ladder.Permitted. What before was known of whoever is known already is given
// anew, because it may have changed since the plan.
func (v Invitation) permitted(by By, before standing.Standing, now time.Time) error {
	who := by.Giver.As
	switch {
	case who == nil && by.Giver.Actor.Kind == audit.Member:
		return &ladder.Refusal{Step: ladder.StepKind(ladder.AddEmployee), Reason: ladder.NotYours}
	case who == nil:
		return nil
	case v.Made || who.Organisation.ID != v.Organisation.ID:
		return org.ErrNotFound
	}
	if err := ladder.Permitted(*who, ladder.AddEmployee, ladder.Whom{}, now); err != nil || v.Turn == Joins {
		return err
	}
	if v.Turn == Returns {
		return ladder.Permitted(*who, ladder.ReactivateEmployee, ladder.About(before, now), now)
	}
	if v.Member.Stored != v.Was {
		return ladder.Permitted(*who, ladder.ChangeRole, ladder.About(before, now), now)
	}
	return nil
}

// known returns the invitation of someone who is known already, with what was
// asked for them.
func (v Invitation) known(asked org.Member) (Invitation, error) {
	v.Member = v.before.Member
	v.Was = v.Member.Stored
	if asked.Stored != "" {
		v.Member.Stored = asked.Stored
	}
	switch v.Member.State {
	case org.Invited:
		v.Turn = Again
		return v, nil
	case org.Deactivated:
		v.Turn, v.Member.State = Returns, org.Invited
		if asked.Stored == "" {
			v.Member.Stored = lowest(v.Organisation.Kind)
		}
		if asked.Name != "" {
			v.Member.Name = asked.Name
		}
		if asked.Team != "" {
			v.Member.Team = asked.Team
		}
		if asked.Language != "" {
			v.Member.Language = asked.Language
		}
		return v, nil
	}
	switch {
	case v.Member.Stored == v.Was:
		return Invitation{}, ErrMember
	case !leads(v.Member.Stored):
		return Invitation{}, ErrLower
	}
	v.Turn = Rises
	return v, nil
}

// told fills in who is told.
func (s *Service) told(ctx context.Context, by By, v Invitation) (Invitation, error) {
	var administrators []standing.Helper
	if !v.Made {
		var err error
		if administrators, err = s.Store.Administrators(ctx, v.Organisation.ID); err != nil {
			return Invitation{}, err
		}
	}
	v.Told = nil
	now := v.before
	now.Member, now.Organisation = v.Member, v.Organisation
	facts := notice.Facts{Role: v.Member.Stored, Giver: by.Giver.Name}
	if v.Turn == Rises {
		v.Told = ladder.Tell(now, notice.RoleChanged, facts, v.before.Addresses()...)
	} else {
		v.Told = ladder.Tell(now, notice.Invitation, notice.Facts{}, v.Member.Email)
	}
	kind := notice.RoleToAdministrators
	if v.Turn == Returns {
		kind = notice.ReturnToAdministrators
	}
	if v.Grave() {
		v.Told = append(v.Told, ladder.TellOthers(now, kind, facts, without(administrators, v.Member.ID))...)
	}
	return v, nil
}

// without returns the helpers but one.
func without(all []standing.Helper, m org.MemberID) []standing.Helper {
	var others []standing.Helper
	for _, h := range all {
		if h.ID != m {
			others = append(others, h)
		}
	}
	return others
}

// PlanLead is PlanInvitation of a lead of the desk. Where there is none it is
// made, and forces MFA; its name and language then are those of desk.
func (s *Service) PlanLead(ctx context.Context, by By, desk org.Organisation, m org.Member) (Invitation, error) {
	all, err := s.Store.Organisations(ctx)
	if err != nil {
		return Invitation{}, err
	}
	m.Stored = org.Lead
	for _, o := range all {
		if o.Kind == org.Desk {
			return s.PlanInvitation(ctx, by, o, m)
		}
	}
	desk.Kind, desk.Plan, desk.MFA = org.Desk, org.Free, org.MFAPolicy{Forced: true}
	if m.Name == "" {
		m.Name, _, _ = strings.Cut(string(m.Email), "@")
	}
	return s.told(ctx, by, Invitation{Organisation: desk, Member: m, Turn: Joins, Made: true})
}

// Invite carries out what was planned; ids and times are filled in. It returns
// ErrExists, or ErrChanged where the member is no longer what the plan says.
func (s *Service) Invite(ctx context.Context, by By, v Invitation) (Invitation, error) {
	token, err := session.NewToken(s.Random)
	if err != nil {
		return Invitation{}, err
	}
	scene := s.scene(by)
	if v.Made {
		v.Organisation.ID, v.Organisation.Created = org.OrganisationID(s.NewID()), scene.Now
		if v.Organisation.MFA.Forced {
			v.Organisation.MFA = v.Organisation.MFA.On(scene.Now, 0)
		}
	}
	if v.Turn == Joins {
		v.Member.ID, v.Member.Organisation = org.MemberID(s.NewID()), v.Organisation.ID
		v.Member.State, v.Member.Created = org.Invited, scene.Now
	}
	if v, err = s.told(ctx, by, v); err != nil {
		return Invitation{}, err
	}
	if v.Turn != Rises {
		v.Path, v.Expires = standing.InvitationPath+string(token), scene.Now.Add(standing.InvitationLifetime)
	}
	if v.Turn == Joins {
		if err := v.permitted(by, standing.Standing{}, scene.Now); err != nil {
			return Invitation{}, err
		}
		return v, s.join(ctx, scene, v, by.Giver.Bind(v.Member.ID, v.decision(token, scene.Now)))
	}
	err = scene.Update(ctx, s.Store, v.Member.ID, func(st standing.Standing) (standing.Decision, error) {
		if st.Member.State != v.before.Member.State || st.Member.Stored != v.Was {
			return standing.Decision{}, ErrChanged
		}
		if err := v.permitted(by, st, scene.Now); err != nil {
			return standing.Decision{}, err
		}
		d := v.decision(token, scene.Now)
		if v.Turn == Rises {
			d = d.Merge(ladder.DropGrants(st, "role")) // given to somebody who answered for less
		}
		return by.Giver.Bind(v.Member.ID, d.And(v.changes(st, by, scene.Now)...)), nil
	})
	if errors.Is(err, standing.ErrTaken) {
		err = ErrChanged
	}
	return v, err
}

// join saves a new member, and their organisation where it is made for them.
func (s *Service) join(ctx context.Context, scene standing.Scene, v Invitation, d standing.Decision) error {
	if scene.Session != "" {
		d = standing.Decision{Effects: []standing.Effect{standing.NeedSession{ID: scene.Session, Member: scene.Actor.Member}}}.Merge(d)
	}
	d, err := scene.Complete(standing.Standing{Member: v.Member, Organisation: v.Organisation}, d)
	if err != nil {
		return err
	}
	if v.Made {
		err = s.Store.CreateOrganisation(ctx, v.Organisation, v.Member, d)
		if errors.Is(err, standing.ErrTaken) {
			return ErrExists
		}
		return err
	}
	err = s.Store.AddMember(ctx, v.Member, d)
	if errors.Is(err, standing.ErrTaken) {
		return ErrChanged
	}
	return err
}

// changes notes who changed role and team of whoever was known already.
func (v Invitation) changes(st standing.Standing, by By, now time.Time) []standing.Effect {
	var noted []standing.Effect
	note := func(what standing.What, was org.Role) {
		noted = append(noted, standing.NoteChange{Change: standing.Change{What: what, Was: was, At: now, By: by.Giver.Actor}})
	}
	if v.Member.Stored != v.Was {
		note(standing.RoleOf, st.Member.Role())
	}
	if v.Turn == Returns && v.Member.Team != st.Member.Team {
		note(standing.TeamOf, "")
	}
	return noted
}

// decision is what an invitation saves.
func (v Invitation) decision(token session.Token, now time.Time) standing.Decision {
	m := v.Member
	d := standing.Decision{}
	if v.Made {
		d.Events = append(d.Events, audit.Event{Kind: audit.OrganisationCreated})
	}
	if v.Turn == Returns {
		d = d.And(standing.Reinvite{Name: m.Name, Role: m.Stored, Team: m.Team, Language: m.Language, At: now})
	} else if v.Turn != Joins && m.Stored != v.Was {
		d = d.And(standing.SetRole{From: v.Was, To: m.Stored, At: now})
	}
	if v.Turn != Joins && m.Stored != v.Was {
		d.Events = append(d.Events, audit.Event{Kind: audit.RoleChanged, Facts: map[string]string{"from": string(v.Was), "to": string(m.Stored)}})
	}
	d.Notices = append([]notice.Message{}, v.Told...)
	if v.Turn == Rises {
		return d
	}
	for i := range d.Notices {
		if d.Notices[i].Kind == notice.Invitation {
			d.Notices[i].Facts.Link, d.Notices[i].Facts.ValidUntil = v.Path, v.Expires
		}
	}
	invited := audit.Event{Kind: audit.MemberInvited, Facts: map[string]string{"role": string(m.Stored)}}
	if v.Turn == Returns {
		invited.Reason = "after-deactivation"
	}
	d.Events = append(d.Events, invited)
	return d.And(standing.DropLinks{Purpose: standing.ForInvitation}, standing.SaveLink{Link: standing.Link{
		ID: token.Hash(), Member: m.ID, Purpose: standing.ForInvitation, Address: m.Email, Created: now, Expires: v.Expires,
	}})
}
