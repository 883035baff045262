package operate

import (
	"context"
	"errors"
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
	// ErrMember says that someone is a member already, and came.
	ErrMember = errors.New("is a member already")
	// ErrRole says that an organisation of this kind has nobody in that role.
	ErrRole = errors.New("no such role in this organisation")
)

// An Invitation is the right to choose a first password.
type Invitation struct {
	Organisation org.Organisation
	Member       org.Member
	Path         string // with its token: a secret
	Expires      time.Time
	Again        bool // the member was invited before; earlier links have ended
	Made         bool // the organisation was made for it
}

// CreateOrganisation makes an organisation and invites its first member; ids and
// times are filled in. It returns ErrExists or ErrRole.
func (s *Service) CreateOrganisation(ctx context.Context, by By, o org.Organisation, first org.Member) (Invitation, error) {
	if !o.Kind.Holds(first.Stored) {
		return Invitation{}, ErrRole
	}
	o.ID, o.Created = org.OrganisationID(s.NewID()), s.Now()
	if o.MFA.Forced {
		o.MFA.ForcedSince = o.Created
	}
	first = s.newMember(o, first)
	v, d, err := s.invitation(by, o, first, audit.Event{Kind: audit.OrganisationCreated})
	if err != nil {
		return Invitation{}, err
	}
	v.Made = true
	err = s.Store.CreateOrganisation(ctx, o, first, d)
	if errors.Is(err, standing.ErrTaken) {
		return Invitation{}, ErrExists
	}
	return v, err
}

// Invite invites m to o; id and times are filled in. Whoever was invited before
// and has not come is invited again, as they are: their earlier links end. It
// returns ErrMember or ErrRole.
func (s *Service) Invite(ctx context.Context, by By, o org.Organisation, m org.Member) (Invitation, error) {
	if !o.Kind.Holds(m.Stored) {
		return Invitation{}, ErrRole
	}
	m = s.newMember(o, m)
	v, d, err := s.invitation(by, o, m)
	if err != nil {
		return Invitation{}, err
	}
	err = s.Store.AddMember(ctx, m, d)
	if errors.Is(err, standing.ErrTaken) {
		return s.inviteAgain(ctx, by, o, m.Email)
	}
	return v, err
}

func (s *Service) newMember(o org.Organisation, m org.Member) org.Member {
	m.ID, m.Organisation, m.State, m.Created = org.MemberID(s.NewID()), o.ID, org.Invited, s.Now()
	return m
}

// inviteAgain invites whoever has the address and has not come yet.
func (s *Service) inviteAgain(ctx context.Context, by By, o org.Organisation, address org.Email) (Invitation, error) {
	same, err := s.Store.MembersByEmail(ctx, address)
	if err != nil {
		return Invitation{}, err
	}
	for _, m := range same {
		if m.Organisation != o.ID || m.State != org.Invited {
			continue
		}
		v, d, err := s.invitation(by, o, m)
		if err != nil {
			return Invitation{}, err
		}
		v.Again = true
		return v, s.Store.Update(ctx, m.ID, func(st standing.Standing) (standing.Decision, error) {
			if st.Member.State != org.Invited {
				return standing.Decision{}, ErrMember
			}
			return d, nil
		})
	}
	return Invitation{}, ErrMember
}

// AddLead invites a lead of the desk, and makes the desk, which forces MFA, where
// there is none. Its name and language then are those of desk. It returns
// ErrMember or ErrExists.
func (s *Service) AddLead(ctx context.Context, by By, desk org.Organisation, m org.Member) (Invitation, error) {
	all, err := s.Store.Organisations(ctx)
	if err != nil {
		return Invitation{}, err
	}
	m.Stored = org.Lead
	for _, o := range all {
		if o.Kind == org.Desk {
			return s.Invite(ctx, by, o, m)
		}
	}
	desk.Kind, desk.Plan, desk.MFA = org.Desk, org.Free, org.MFAPolicy{Forced: true}
	return s.CreateOrganisation(ctx, by, desk, m)
}

// invitation decides to invite m, with more events that come first.
func (s *Service) invitation(by By, o org.Organisation, m org.Member, also ...audit.Event) (Invitation, standing.Decision, error) {
	token, err := session.NewToken(s.Random)
	if err != nil {
		return Invitation{}, standing.Decision{}, err
	}
	scene, st := s.scene(by), standing.Standing{Member: m, Organisation: o}
	link := standing.Link{
		ID: token.Hash(), Member: m.ID, Purpose: standing.ForInvitation, Address: m.Email,
		Created: scene.Now, Expires: scene.Now.Add(standing.InvitationLifetime),
	}
	path := standing.InvitationPath + string(token)
	d, err := scene.Complete(st, standing.Decision{
		Effects: []standing.Effect{standing.DropLinks{Purpose: standing.ForInvitation}, standing.SaveLink{Link: link}},
		Events:  append(also, audit.Event{Kind: audit.MemberInvited}),
		Notices: ladder.Tell(st, notice.Invitation, notice.Facts{Link: path, ValidUntil: link.Expires}, m.Email),
	})
	return Invitation{Organisation: o, Member: m, Path: path, Expires: link.Expires}, d, err
}
