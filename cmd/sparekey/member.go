package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sparekey/sparekey/internal/config"
	"github.com/sparekey/sparekey/internal/factor"
	"github.com/sparekey/sparekey/internal/ladder"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/standing"
)

// within says which organisation a command is about.
type within struct {
	Org string `placeholder:"NAME" help:"The organisation; needed where there are several."`
}

// organisation returns the one named, or the only one there is.
func (w within) organisation(ctx context.Context, i *installation) (org.Organisation, error) {
	if w.Org != "" {
		o, err := i.store.OrganisationByName(ctx, w.Org)
		if errors.Is(err, org.ErrNotFound) {
			return o, fmt.Errorf("there is no organisation called %s", w.Org)
		}
		return o, err
	}
	all, err := i.store.Organisations(ctx)
	if err != nil {
		return org.Organisation{}, err
	}
	switch len(all) {
	case 0:
		return org.Organisation{}, errors.New("there is no organisation yet: make one with sparekey org create")
	case 1:
		return all[0], nil
	}
	return org.Organisation{}, usage{fmt.Errorf("there are %d organisations: say which with --org", len(all))}
}

// newMember returns an invited member with what was typed.
func newMember(address, name string) (org.Member, error) {
	email, err := org.ParseEmail(address)
	if err != nil {
		return org.Member{}, err
	}
	if name == "" {
		name, _, _ = strings.Cut(address, "@")
	}
	if name, err = org.ParseName(name); err != nil {
		return org.Member{}, err
	}
	return org.Member{Name: name, Email: email, State: org.Invited, Stored: org.Employee}, nil
}

type memberInviteCommand struct {
	within
	Address  string `arg:"" help:"The e-mail address to sign in with."`
	Name     string `placeholder:"NAME" help:"The member's name (default: what stands before the @)."`
	Role     string `default:"employee" enum:"employee,administrator,agent,lead" placeholder:"ROLE" help:"employee or administrator; at the desk agent or lead (default: ${default})."`
	Language string `default:"" enum:",nl,en" placeholder:"nl|en" help:"The member's language (default: the organisation's)."`
}

// Run invites the member and prints the link.
func (c memberInviteCommand) Run(ctx context.Context, at console, settings config.Config) error {
	m, err := newMember(c.Address, c.Name)
	if err != nil {
		return usage{err}
	}
	i, err := openForLinks(ctx, at, settings, mustExist)
	if err != nil {
		return err
	}
	defer i.close()
	o, err := c.organisation(ctx, i)
	if err != nil {
		return err
	}
	if m.Stored = org.Role(c.Role); !holds(o.Kind, m.Stored) {
		return usage{fmt.Errorf("there is no %s in %s", m.Stored, o.Name)}
	}
	found, err := i.member(ctx, o, m.Email)
	if err == nil {
		return i.inviteWhoIsThere(ctx, at, o, found)
	}
	if !errors.Is(err, org.ErrNotFound) {
		return err
	}
	m.ID, m.Organisation, m.Language, m.Created = org.MemberID(newID()), o.ID, org.Language(c.Language), i.now()
	v, err := i.invite(o, m)
	if err == nil {
		err = i.store.AddMember(ctx, m, v.decision)
	}
	if err != nil {
		return err
	}
	at.say("%s was invited to %s.", m.Name, o.Name)
	v.print(at, m, i)
	return nil
}

// holds reports whether an organisation of a kind has members with a role.
func holds(kind org.Kind, role org.Role) bool {
	atDesk := role == org.Agent || role == org.Lead
	return atDesk == (kind == org.Desk)
}

// inviteWhoIsThere gives a new link to a member who has not come yet.
func (i *installation) inviteWhoIsThere(ctx context.Context, at console, o org.Organisation, m org.Member) error {
	if m.State != org.Invited {
		return fmt.Errorf("%s is a member of %s already", m.Name, o.Name)
	}
	v, err := i.inviteAgain(ctx, o, m)
	if err != nil {
		return err
	}
	at.say("%s was invited to %s before; earlier links have ended.", m.Name, o.Name)
	v.print(at, m, i)
	return nil
}

// member returns the member of o with the address, or an error wrapping
// org.ErrNotFound.
func (i *installation) member(ctx context.Context, o org.Organisation, address org.Email) (org.Member, error) {
	members, err := i.store.Members(ctx, o.ID)
	if err != nil {
		return org.Member{}, err
	}
	at := slices.IndexFunc(members, func(m org.Member) bool { return m.Email == address })
	if at < 0 {
		return org.Member{}, fmt.Errorf("member of %s with that address: %w", o.Name, org.ErrNotFound)
	}
	return members[at], nil
}

type memberListCommand struct{ within }

// Run lists the members.
func (c memberListCommand) Run(ctx context.Context, at console, settings config.Config) error {
	i, err := openToRead(ctx, at, settings)
	if err != nil {
		return err
	}
	defer i.close()
	o, err := c.organisation(ctx, i)
	if err != nil {
		return err
	}
	members, err := i.store.Members(ctx, o.ID)
	if err != nil {
		return err
	}
	list := newTable("NAME", "E-MAIL", "ROLE", "STATE", "MFA")
	for _, m := range members {
		st, err := i.store.Standing(ctx, m.ID)
		if err != nil {
			return err
		}
		list.row(m.Name, string(m.Email), string(m.Role()), string(m.State), onOff(st.MFA()))
	}
	return list.print(at, "It has no members.")
}

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}

type memberShowCommand struct {
	within
	Address string `arg:"" help:"The e-mail address to sign in with."`
}

// Run shows one member.
func (c memberShowCommand) Run(ctx context.Context, at console, settings config.Config) error {
	address, err := org.ParseEmail(c.Address)
	if err != nil {
		return usage{err}
	}
	i, err := openToRead(ctx, at, settings)
	if err != nil {
		return err
	}
	defer i.close()
	o, err := c.organisation(ctx, i)
	if err != nil {
		return err
	}
	m, err := i.member(ctx, o, address)
	if errors.Is(err, org.ErrNotFound) {
		return fmt.Errorf("nobody in %s has that address", o.Name)
	}
	if err != nil {
		return err
	}
	st, err := i.store.Standing(ctx, m.ID)
	if err != nil {
		return err
	}
	return i.describe(st).print(at, "")
}

// describe lists what is known of a member, without any secret.
func (i *installation) describe(st standing.Standing) *table {
	list := newTable()
	list.row("Name", st.Member.Name)
	list.row("E-mail", string(st.Member.Email))
	list.row("Organisation", st.Organisation.Name)
	list.row("Role", string(st.Member.Role()))
	list.row("State", string(st.Member.State))
	list.row("Language", string(st.Language()))
	list.row("Password", i.since(st.Password.Exists(), "set", st.Password.Set))
	list.row("MFA", i.since(st.MFA(), "on", st.MFASince))
	for _, a := range st.Authenticators {
		list.row("Authenticator", fmt.Sprintf("%s, added %s, last used %s", a.Name, i.moment(a.Added), i.moment(a.LastUsed)))
	}
	list.row("Backup codes", fmt.Sprintf("%d of %d left", st.Codes.Left(), factor.BackupCodes))
	list.row("Backup e-mail", i.backupEmail(st.BackupEmail))
	for _, r := range ladder.Remembering(st, i.now()) {
		list.row("Remembered device", fmt.Sprintf("%s, until %s, last used %s", r.Origin.Browser, i.moment(r.Expires), i.moment(r.Used)))
	}
	list.row("Recovery", string(st.Status))
	return list
}

// since says since when something is so, or that it is not.
func (i *installation) since(so bool, what string, t time.Time) string {
	if !so {
		return "not " + what
	}
	return what + " since " + i.moment(t)
}

func (i *installation) backupEmail(b factor.BackupEmail) string {
	if b.Address == "" {
		return "none"
	}
	return fmt.Sprintf("%s, usable from %s", string(b.Address), i.moment(b.UsableFrom))
}
