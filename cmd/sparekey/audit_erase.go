package main

import (
	"context"
	"errors"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/config"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/store"
)

type auditEraseCommand struct {
	Org    string `placeholder:"NAME" help:"The organisation of the member; needed where the address is in several."`
	Member string `placeholder:"ADDRESS" help:"Those of events that concern the member who signs in with this address, or that the member caused."`
	Before string `placeholder:"WHEN" help:"Those of events before then: 2026-03-01, a moment as RFC 3339 writes it, or a time ago such as 2160h."`
	Yes    bool   `help:"Go on without asking; for scripts."`
}

// Run erases origins, for good.
func (c auditEraseCommand) Run(ctx context.Context, at console, settings config.Config) error {
	if c.Member == "" && c.Before == "" {
		return usage{errors.New("say whose with --member, or how old with --before")}
	}
	if c.Org != "" && c.Member == "" {
		return usage{errors.New("--org says of which organisation the --member is: by itself it narrows nothing down")}
	}
	before, err := readWhen("--before", c.Before, settings.Timezone.Location())
	if err != nil {
		return usage{err}
	}
	i, err := openToRead(ctx, at, settings)
	if err != nil {
		return err
	}
	defer i.close()
	filter := store.OriginFilter{Before: before}
	event := audit.Event{At: i.now(), Actor: audit.Actor{Kind: audit.Operator}}
	if filter.Member, event.Organisation, err = c.member(ctx, i); err != nil {
		return err
	}
	count, err := i.store.CountOrigins(ctx, filter)
	if err != nil {
		return err
	}
	if count == 0 {
		at.say("There is no origin to erase.")
		return nil
	}
	at.say("The origin of %s will be erased for good: address, browser and notes. The events stay, and so does their seal.", countOf(count, "event"))
	if err := (asking{Yes: c.Yes}).confirm(at); err != nil {
		return err
	}
	erased, err := i.store.EraseOrigins(ctx, filter, event)
	if err != nil {
		return err
	}
	at.say("%s had the origin erased.", countOf(erased, "event"))
	return nil
}

// member returns the member that is named, and the organisation, if any.
func (c auditEraseCommand) member(ctx context.Context, i *installation) (org.MemberID, org.OrganisationID, error) {
	in, err := auditListCommand{Org: c.Org}.organisation(ctx, i)
	if err != nil || c.Member == "" {
		return "", in, err
	}
	id, err := i.memberAt(ctx, in, "--member", c.Member)
	if err != nil {
		return "", "", err
	}
	m, err := i.store.Standing(ctx, id)
	return id, m.Member.Organisation, err
}
