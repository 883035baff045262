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

// Run invites a lead of the desk, and makes the desk where there is none.
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
	at.say("%s will be invited to lead the desk, which decides on the cases of administrators who are locked out.", m.Name)
	at.say("This will be told to:\n  %s  %s", string(m.Email), m.Name)
	if err := c.confirm(at); err != nil {
		return err
	}
	v, err := i.operator().AddLead(ctx, byOperator(c.Reason), desk, m)
	switch {
	case errors.Is(err, operate.ErrMember):
		return fmt.Errorf("%s is a member of the desk already", m.Name)
	case errors.Is(err, operate.ErrExists):
		return fmt.Errorf("there is an organisation called %s already, and it is no desk: choose another name with --desk-name", desk.Name)
	case err != nil:
		return err
	}
	if v.Made {
		at.say("%s was made. MFA is forced there.", v.Organisation.Name)
	}
	at.say("%s was invited to lead %s.", v.Member.Name, v.Organisation.Name)
	i.printInvitation(at, v)
	return nil
}
