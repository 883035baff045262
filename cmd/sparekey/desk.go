package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/config"
	"github.com/sparekey/sparekey/internal/operate"
	"github.com/sparekey/sparekey/internal/org"
)

type deskLeadCommand struct {
	confirmed
	Address  string `arg:"" help:"The e-mail address to sign in with."`
	Name     string `placeholder:"NAME" help:"The lead's name (default: what stands before the @)."`
	DeskName string `default:"Sparekey desk" placeholder:"NAME" help:"How the desk is called, where there is none yet (default: ${default})."`
	Language string `default:"nl" enum:"nl,en" placeholder:"nl|en" help:"The language of its pages and mails, where there is none yet (default: ${default})."`
}

// Run invites a lead of the desk or makes one of its agents one, and makes the desk
// where there is none.
func (c deskLeadCommand) Run(ctx context.Context, at console, settings config.Config) error {
	m, err := newMember(c.Address, c.Name)
	if err != nil {
		return usage{err}
	}
	desk := org.Organisation{Kind: org.Desk, Language: org.Language(c.Language)}
	if desk.Name, err = org.ParseName(c.DeskName); err != nil {
		return usage{fmt.Errorf("--desk-name: %w", err)}
	}
	if _, err := audit.ParseNote(c.Reason); err != nil {
		return usage{fmt.Errorf("--reason: %w", err)}
	}
	i, err := openForLinks(ctx, at, settings, orMake)
	if err != nil {
		return err
	}
	defer i.close()
	v, err := i.operator().PlanLead(ctx, byOperator(c.Reason), desk, m)
	if err != nil {
		return c.cannot(err, desk, m)
	}
	at.say("%s", i.invites(v))
	sayTold(at, v.Member.Email, v.Told)
	if err := c.confirm(at); err != nil {
		return err
	}
	if v, err = i.operator().Invite(ctx, byOperator(c.Reason), v); err != nil {
		return c.cannot(err, desk, m)
	}
	if v.Made {
		at.say("%s was made. MFA is forced there.", v.Organisation.Name)
	}
	at.say("%s", i.invited(v))
	i.printInvitation(at, v)
	return nil
}

// cannot says why there is no new lead.
func (c deskLeadCommand) cannot(err error, desk org.Organisation, m org.Member) error {
	if errors.Is(err, operate.ErrMember) {
		return fmt.Errorf("%s leads the desk already", string(m.Email))
	}
	return cannotInvite(err, desk, m)
}
