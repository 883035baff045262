package operate

import (
	"context"
	"errors"
	"strings"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/ladder"
	"github.com/sparekey/sparekey/internal/notice"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/session"
	"github.com/sparekey/sparekey/internal/standing"
)

// Errors of an edit that a caller tells apart.
var (
	// ErrAddressTaken says that somebody in the organisation signs in with that
	// address.
	ErrAddressTaken = errors.New("somebody has that address already")
	// ErrAddressIsBackup says that it is the member's own backup e-mail.
	ErrAddressIsBackup = errors.New("that address is the backup e-mail")
)

// An Edit is what is to be changed of a member's personal data. What is nil stays
// as it is. Names, numbers and addresses have been parsed.
type Edit struct {
	Name     *string
	Language *org.Language
	Phone    *string // empty: none on file
	Email    *org.Email
	Team     *org.TeamID // empty: in none
	Role     *org.Role   // stored
}

// An Edited says what an edit came to.
type Edited struct {
	Changed bool
	// Confirm is the address that has to be confirmed before it counts; empty: none.
	Confirm org.Email
}

// Member returns the standing of a member whom a colleague may see, or an error
// wrapping org.ErrNotFound: one of another organisation is as one that does not
// exist.
func (s *Service) Member(ctx context.Context, who standing.Colleague, m org.MemberID) (standing.Standing, error) {
	st, err := s.Store.Standing(ctx, m)
	if err != nil {
		return standing.Standing{}, err
	}
	now := s.Now()
	return st, ladder.Permitted(who, ladder.SeeEmployee, ladder.About(st, now), now)
}

// Edit changes personal data of m, all of it or nothing. The rules are asked for
// each thing that becomes another: it returns an error wrapping org.ErrNotFound,
// ladder.ErrStale, a *ladder.Refusal, which is recorded, ErrRole, ErrAddressTaken,
// ErrAddressIsBackup or ErrChanged. The operator says why: else it is audit.ErrNote.
func (s *Service) Edit(ctx context.Context, by By, m org.MemberID, e Edit) (Edited, error) {
	done, _, err := s.edit(ctx, by, m, e, s.Store)
	return done, s.unedited(ctx, by, m, e, err)
}

// PlanEdit returns what an edit would come to now, and changes nothing. Its errors
// are Edit's; none is recorded.
func (s *Service) PlanEdit(ctx context.Context, by By, m org.MemberID, e Edit) (Edited, []notice.Message, error) {
	return s.edit(ctx, by, m, e, trying{s.Store})
}

// trying keeps nothing: a decision is only taken.
type trying struct{ Store }

// Update takes the decision.
func (t trying) Update(ctx context.Context, m org.MemberID, decide func(standing.Standing) (standing.Decision, error)) error {
	st, err := t.Standing(ctx, m)
	if err == nil {
		_, err = decide(st)
	}
	return err
}

// edited returns the member who is to be edited, where by may know of them.
func (s *Service) edited(ctx context.Context, by By, m org.MemberID) (standing.Standing, error) {
	if by.Giver.As != nil {
		return s.Member(ctx, *by.Giver.As, m)
	}
	if _, err := audit.ParseNote(by.Why); err != nil {
		return standing.Standing{}, err
	}
	return s.Store.Standing(ctx, m)
}

func (s *Service) edit(ctx context.Context, by By, m org.MemberID, e Edit, keep standing.Keeper) (done Edited, told []notice.Message, err error) {
	st, err := s.edited(ctx, by, m)
	if err != nil {
		return Edited{}, nil, err
	}
	if e.Email != nil && *e.Email != st.Member.Email {
		if _, err := s.Store.MemberByEmail(ctx, st.Organisation.ID, *e.Email); err == nil {
			return Edited{}, nil, ErrAddressTaken
		} else if !errors.Is(err, org.ErrNotFound) {
			return Edited{}, nil, err
		}
	}
	administrators, err := s.Store.Administrators(ctx, st.Organisation.ID)
	if err != nil {
		return Edited{}, nil, err
	}
	token, err := session.NewToken(s.Random)
	if err != nil {
		return Edited{}, nil, err
	}
	scene := s.scene(by)
	err = scene.Update(ctx, keep, m, func(st standing.Standing) (standing.Decision, error) {
		c := changing{Scene: scene, by: by, st: st, administrators: administrators, token: token}
		if err := c.all(e); err != nil {
			return standing.Decision{}, err
		}
		done, told = Edited{Changed: len(c.d.Effects) > 0, Confirm: c.confirm}, c.d.Notices
		if !done.Changed {
			return standing.Decision{}, nil
		}
		return by.Giver.Bind(m, c.d), nil
	})
	return done, told, err
}

// unedited says why an edit was not saved, and records a refusal.
func (s *Service) unedited(ctx context.Context, by By, m org.MemberID, e Edit, err error) error {
	if errors.Is(err, standing.ErrTaken) {
		st, failed := s.Store.Standing(ctx, m)
		if failed != nil {
			return failed
		}
		helpers, failed := s.Store.Administrators(ctx, st.Organisation.ID)
		if failed != nil {
			return failed
		}
		err = ErrChanged
		if e.Role != nil && lastToLead(st, *e.Role, helpers) {
			err = &ladder.Refusal{Step: ladder.StepKind(ladder.ChangeRole), Reason: ladder.LastAdministrator}
		}
	}
	if refusal, ok := errors.AsType[*ladder.Refusal](err); ok {
		return s.refused(ctx, m, Order{By: by}, refusal)
	}
	return err
}

// lastToLead reports whether a member who leads, and nobody else does, would with
// another role lead no longer.
func lastToLead(st standing.Standing, to org.Role, administrators []standing.Helper) bool {
	return st.Member.State == org.Active && leads(st.Member.Stored) && !leads(to) && len(without(administrators, st.Member.ID)) == 0
}

// A changing collects what an edit saves.
type changing struct {
	standing.Scene
	by             By
	st             standing.Standing
	administrators []standing.Helper
	token          session.Token

	d       standing.Decision
	details []string // that the member is told of together
	confirm org.Email
}

// all takes each change that makes a difference, if the rules let it.
func (c *changing) all(e Edit) error {
	m := c.st.Member
	for _, change := range []struct {
		differs bool
		do      ladder.Action
		take    func() error
	}{
		{e.Name != nil && *e.Name != m.Name, ladder.EditEmployee, func() error { return c.name(*e.Name) }},
		{e.Language != nil && *e.Language != m.Language, ladder.EditEmployee, func() error { return c.language(*e.Language) }},
		{e.Phone != nil && *e.Phone != m.Phone, ladder.EditAddress, func() error { return c.phone(*e.Phone) }},
		{e.Team != nil && *e.Team != m.Team, ladder.ChangeTeam, func() error { return c.team(*e.Team) }},
		{e.Role != nil && *e.Role != m.Stored, ladder.ChangeRole, func() error { return c.role(*e.Role) }},
		{e.Email != nil && *e.Email != m.Email, ladder.EditAddress, func() error { return c.email(*e.Email) }},
	} {
		if !change.differs {
			continue
		}
		if err := c.permitted(change.do); err != nil {
			return err
		}
		if err := change.take(); err != nil {
			return err
		}
	}
	if len(c.details) > 0 {
		facts := notice.Facts{Changed: strings.Join(c.details, " "), Giver: c.by.Giver.Name}
		c.d.Notices = append(c.d.Notices, ladder.Tell(c.st, notice.DetailsChanged, facts, c.told()...)...)
	}
	return nil
}

// told are the addresses of the member that are told: of whoever has not come only
// the invitation is known to be read, and it says what they need.
func (c *changing) told() []org.Email {
	if c.st.Member.State != org.Active {
		return nil
	}
	return c.st.Addresses()
}

// permitted asks the rules; the operator's shell may, but for the addresses of who
// leads, whom nobody else changes. What is known of whoever changes themselves is what the
// transaction sees; of another, Bind holds to it.
func (c *changing) permitted(do ladder.Action) error {
	about := ladder.About(c.st, c.Now)
	if c.by.Giver.As == nil {
		if do == ladder.EditAddress && (leads(c.st.Member.Stored) || leads(about.Highest)) {
			return &ladder.Refusal{Step: ladder.StepKind(do), Reason: ladder.HigherRole}
		}
		return nil
	}
	who := *c.by.Giver.As
	if who.Member.ID == c.st.Member.ID {
		who.Viewer = standing.Viewer{
			Member: c.st.Member, Organisation: c.st.Organisation, Status: c.st.Status, MFASince: c.st.MFASince, Suspension: c.st.Suspension, Pass: c.st.Pass,
		}
	}
	return ladder.Permitted(who, do, about, c.Now)
}

func (c *changing) save(e audit.Event, effects ...standing.Effect) {
	c.d = c.d.And(effects...)
	c.d.Events = append(c.d.Events, e)
}

// note remembers who changed what.
func (c *changing) note(what standing.What, was org.Role) standing.Effect {
	return standing.NoteChange{Change: standing.Change{What: what, Was: was, At: c.Now, By: c.Actor}}
}

func (c *changing) name(to string) error {
	c.save(audit.Event{Kind: audit.MemberRenamed}, standing.SetName{Name: to})
	c.details = append(c.details, "name")
	return nil
}

func (c *changing) language(to org.Language) error {
	c.save(audit.Event{Kind: audit.LanguageChanged, Reason: string(to)}, standing.SetLanguage{Language: to})
	c.details = append(c.details, "language")
	return nil
}

func (c *changing) phone(to string) error {
	c.save(audit.Event{Kind: audit.PhoneChanged}, standing.SetPhone{Phone: to}, c.note(standing.PhoneOf, ""))
	c.details = append(c.details, "phone")
	return nil
}

func (c *changing) team(to org.TeamID) error {
	facts := map[string]string{"team": string(to)}
	c.save(audit.Event{Kind: audit.MemberMoved, Facts: facts}, standing.SetTeam{From: c.st.Member.Team, To: to}, c.note(standing.TeamOf, ""))
	c.details = append(c.details, "team")
	return nil
}

// role changes the stored role. Whoever decides about others no longer begins with a
// sign-in anew.
func (c *changing) role(to org.Role) error {
	m := c.st.Member
	switch {
	case !c.st.Organisation.Kind.Holds(to):
		return ErrRole
	case m.State == org.Deactivated:
		return &ladder.Refusal{Step: ladder.StepKind(ladder.ChangeRole), Reason: ladder.NotActive}
	case lastToLead(c.st, to, c.administrators):
		return &ladder.Refusal{Step: ladder.StepKind(ladder.ChangeRole), Reason: ladder.LastAdministrator}
	}
	c.save(audit.Event{Kind: audit.RoleChanged, Facts: map[string]string{"from": string(m.Stored), "to": string(to)}},
		standing.SetRole{From: m.Stored, To: to, At: c.Now}, c.note(standing.RoleOf, m.Role()))
	if leads(m.Stored) && !leads(to) {
		c.d = c.d.And(standing.EndSessions{}, standing.CloseChallenges{})
	} else if leads(to) {
		c.d = c.d.Merge(ladder.DropGrants(c.st, "role")) // given to somebody who answered for less
	}
	facts := notice.Facts{Role: to, Giver: c.by.Giver.Name}
	if m.State == org.Active {
		c.d.Notices = append(c.d.Notices, ladder.Tell(c.st, notice.RoleChanged, facts, c.st.Addresses()...)...)
	}
	c.d.Notices = append(c.d.Notices, ladder.TellOthers(c.st, notice.RoleToAdministrators, facts, without(c.administrators, m.ID))...)
	return nil
}

// email asks for another address to sign in with. It counts once it is confirmed
// from there; of whoever has not come, the invitation does that.
func (c *changing) email(to org.Email) error {
	m := c.st.Member
	if to == c.st.BackupEmail.Address {
		return ErrAddressIsBackup
	}
	switch m.State {
	case org.Invited:
		return c.inviteTo(to)
	case org.Active:
	default:
		return &ladder.Refusal{Step: ladder.StepKind(ladder.EditAddress), Reason: ladder.NotActive}
	}
	link := standing.Link{
		ID: c.token.Hash(), Member: m.ID, Purpose: standing.ForAddress, Address: to, Created: c.Now, Expires: c.Now.Add(standing.AddressLifetime),
	}
	c.save(audit.Event{Kind: audit.AddressAsked}, standing.DropLinks{Purpose: standing.ForAddress}, standing.SaveLink{Link: link}, c.note(standing.EmailOf, ""))
	c.confirm = to
	c.d.Notices = append(c.d.Notices, ladder.Tell(c.st, notice.AddressConfirm, notice.Facts{
		Link: standing.AddressPath + string(c.token), ValidUntil: link.Expires, Giver: c.by.Giver.Name,
	}, to)...)
	c.d.Notices = append(c.d.Notices, ladder.Tell(c.st, notice.AddressChanging, notice.Facts{Masked: to.Masked(), Giver: c.by.Giver.Name}, c.st.Addresses()...)...)
	return nil
}

// inviteTo invites someone who has not come at another address; links before it end.
func (c *changing) inviteTo(to org.Email) error {
	m := c.st.Member
	link := standing.Link{
		ID: c.token.Hash(), Member: m.ID, Purpose: standing.ForInvitation, Address: to, Created: c.Now, Expires: c.Now.Add(standing.InvitationLifetime),
	}
	c.save(audit.Event{Kind: audit.AddressChanged}, standing.SetEmail{From: m.Email, To: to},
		standing.DropLinks{Purpose: standing.ForInvitation}, standing.SaveLink{Link: link}, c.note(standing.EmailOf, ""))
	c.d.Events = append(c.d.Events, audit.Event{Kind: audit.MemberInvited, Facts: map[string]string{"role": string(m.Stored)}})
	c.d.Notices = append(c.d.Notices, ladder.Tell(c.st, notice.Invitation, notice.Facts{
		Link: standing.InvitationPath + string(c.token), ValidUntil: link.Expires,
	}, to)...)
	return nil
}
