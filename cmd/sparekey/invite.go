package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/config"
	"github.com/sparekey/sparekey/internal/operate"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/standing"
)

// operator wires what the operator does about members.
func (i *installation) operator() *operate.Service {
	return &operate.Service{Store: i.store, Now: i.now, Random: rand.Reader, NewID: newID, Zone: i.config.Timezone.Location()}
}

// byOperator says that whoever has a shell on the machine acts, and why.
func byOperator(why string) operate.By {
	return operate.By{Giver: standing.Giver{Actor: audit.Actor{Kind: audit.Operator}}, Why: why}
}

type memberInviteCommand struct {
	within
	asking
	Address  string `arg:"" help:"The e-mail address to sign in with."`
	Name     string `placeholder:"NAME" help:"The member's name (default: what stands before the @)."`
	Role     string `default:"" enum:",employee,administrator,agent,lead" placeholder:"ROLE" help:"employee or administrator; at the desk agent or lead (default: employee, at the desk agent)."`
	Language string `default:"" enum:",nl,en" placeholder:"nl|en" help:"The member's language (default: the organisation's)."`
	Team     string `placeholder:"NAME" help:"The team the member is in; one that is not there is made."`
	Reason   string `placeholder:"TEXT" help:"Why, in your own words: needed for a role that decides about others, another role, and whoever was deactivated. It is kept in the log."`
}

// Run invites the member and prints the link.
func (c memberInviteCommand) Run(ctx context.Context, at console, settings config.Config) error {
	m, err := newMember(c.Address, c.Name)
	if err != nil {
		return usage{err}
	}
	if c.Reason != "" {
		if _, err := audit.ParseNote(c.Reason); err != nil {
			return usage{fmt.Errorf("--reason: %w", err)}
		}
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
	m.Stored, m.Language = org.Role(c.Role), org.Language(c.Language)
	by := byOperator(c.Reason)
	v, err := i.operator().PlanInvitation(ctx, by, o, m)
	if err != nil {
		return cannotInvite(err, o, m)
	}
	if v.Grave() {
		at.say("%s", i.invites(v))
		if c.Reason == "" {
			return usage{errors.New("say why, with --reason: this is kept in the log")}
		}
		sayTold(at, v.Member.Email, v.Told)
		if err := c.confirm(at); err != nil {
			return err
		}
	}
	if c.Team != "" && (v.Turn == operate.Joins || v.Turn == operate.Returns) {
		if v.Member.Team, err = i.team(ctx, at, o, c.Team); err != nil {
			return err
		}
	}
	if v, err = i.operator().Invite(ctx, by, v); err != nil {
		return cannotInvite(err, o, m)
	}
	at.say("%s", i.invited(v))
	if (v.Turn == operate.Again || v.Turn == operate.Rises) && c.Name+c.Language+c.Team != "" {
		at.say("Name, language and team stay as they were.")
	}
	i.printInvitation(at, v)
	return nil
}

// cannotInvite says why m is not invited to o.
func cannotInvite(err error, o org.Organisation, m org.Member) error {
	switch {
	case errors.Is(err, operate.ErrRole):
		return usage{fmt.Errorf("there is no %s in %s", m.Stored, o.Name)}
	case errors.Is(err, operate.ErrMember) && m.Stored != "":
		return fmt.Errorf("%s is %s of %s already", string(m.Email), m.Stored, o.Name)
	case errors.Is(err, operate.ErrMember):
		return fmt.Errorf("%s is a member of %s already", string(m.Email), o.Name)
	case errors.Is(err, operate.ErrLower):
		return fmt.Errorf("%s has a higher role in %s, and a role is not lowered: deactivate the member and invite them again", string(m.Email), o.Name)
	case errors.Is(err, operate.ErrExists):
		return fmt.Errorf("there is an organisation called %s already, and it is no desk: choose another name with --desk-name", o.Name)
	case errors.Is(err, operate.ErrChanged):
		return fmt.Errorf("somebody else changed %s in %s at the same time: look with sparekey member show, and try again", string(m.Email), o.Name)
	}
	return err
}

// invites says what an invitation is about to do.
func (i *installation) invites(v operate.Invitation) string {
	name, role := v.Member.Name, v.Member.Stored
	switch v.Turn {
	case operate.Rises:
		return fmt.Sprintf("%s will be %s of %s from now on, not %s any more.", name, role, v.Organisation.Name, v.Was)
	case operate.Returns:
		return fmt.Sprintf("%s was deactivated in %s, and will be invited again as %s. Password, MFA and backups of before are gone for good.", name, v.Organisation.Name, role)
	case operate.Again:
		if v.Was == role {
			return fmt.Sprintf("%s was invited to %s before, and will be invited again; earlier links end.", name, v.Organisation.Name)
		}
		return fmt.Sprintf("%s was invited to %s as %s before, and will be %s; earlier links end.", name, v.Organisation.Name, v.Was, role)
	}
	if role == org.Lead {
		return fmt.Sprintf("%s will be invited to lead the desk, which decides on the cases of administrators who are locked out.", name)
	}
	return fmt.Sprintf("%s will be invited to %s as %s.", name, v.Organisation.Name, role)
}

// invited says what an invitation has done.
func (i *installation) invited(v operate.Invitation) string {
	name, in, role := v.Member.Name, v.Organisation.Name, v.Member.Stored
	switch {
	case v.Turn == operate.Rises:
		return fmt.Sprintf("%s is %s of %s from now on.", name, role, in)
	case v.Turn == operate.Returns:
		return fmt.Sprintf("%s was invited to %s again, as %s.", name, in, role)
	case v.Turn == operate.Again && v.Was != role:
		return fmt.Sprintf("%s was invited to %s before, and is now invited as %s; earlier links have ended.", name, in, role)
	case v.Turn == operate.Again:
		return fmt.Sprintf("%s was invited to %s before; earlier links have ended.", name, in)
	case role == org.Lead:
		return fmt.Sprintf("%s was invited to lead %s.", name, in)
	case role == org.Administrator:
		return fmt.Sprintf("%s was invited to %s as administrator.", name, in)
	}
	return fmt.Sprintf("%s was invited to %s.", name, in)
}

// printInvitation tells the operator what to do with an invitation, if it has a link.
func (i *installation) printInvitation(at console, v operate.Invitation) {
	if v.Path == "" {
		return
	}
	at.say("Give %s this link. It works once, until %s, and chooses a password:", v.Member.Name, i.moment(v.Expires))
	at.say("")
	at.say("  %s", i.config.BaseURL.String()+v.Path)
	at.say("")
	if i.config.SMTP.Host != "" {
		at.say("It is mailed to %s as well, while sparekey serve runs.", string(v.Member.Email))
	}
}

// moment writes t for the operator; the zero time as a dash.
func (i *installation) moment(t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	return t.In(i.config.Timezone.Location()).Format("2006-01-02 15:04")
}
