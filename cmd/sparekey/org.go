package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/sparekey/sparekey/internal/config"
	"github.com/sparekey/sparekey/internal/operate"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/words"
)

type orgCreateCommand struct {
	Name      string `arg:"" help:"The organisation's name, as its people know it."`
	KvK       string `name:"kvk" required:"" placeholder:"NUMBER" help:"Its number in the Chamber of Commerce's register: 8 digits."`
	Admin     string `required:"" placeholder:"ADDRESS" help:"The e-mail address of its first administrator."`
	AdminName string `placeholder:"NAME" help:"The administrator's name (default: what stands before the @)."`
	Language  string `default:"nl" enum:"nl,en" placeholder:"nl|en" help:"The language of its pages and mails (default: ${default})."`
	Plan      string `default:"free" enum:"free,basic,premium" placeholder:"PLAN" help:"free, basic or premium (default: ${default})."`
}

// Run makes the organisation and prints the link for its administrator.
func (c orgCreateCommand) Run(ctx context.Context, at console, settings config.Config) error {
	o, first, err := c.read()
	if err != nil {
		return usage{err}
	}
	i, err := openForLinks(ctx, at, settings, orMake)
	if err != nil {
		return err
	}
	defer i.close()
	v, err := i.operator().CreateOrganisation(ctx, byOperator(""), o, first)
	if errors.Is(err, operate.ErrExists) {
		return fmt.Errorf("there is an organisation called %s already", o.Name)
	}
	if err != nil {
		return err
	}
	at.say("%s was made, on the plan %s.", o.Name, o.Plan)
	i.printInvitation(at, v)
	return nil
}

// read returns what was typed, without ids and times.
func (c orgCreateCommand) read() (org.Organisation, org.Member, error) {
	name, err := org.ParseName(c.Name)
	if err != nil {
		return org.Organisation{}, org.Member{}, fmt.Errorf("the organisation's name: %w", err)
	}
	kvk, err := org.ParseKvK(c.KvK)
	if err != nil {
		return org.Organisation{}, org.Member{}, fmt.Errorf("--kvk: %w", err)
	}
	first, err := newMember(c.Admin, c.AdminName)
	if err != nil {
		return org.Organisation{}, org.Member{}, fmt.Errorf("--admin: %w", err)
	}
	first.Stored = org.Administrator
	if first.Name == "" {
		first.Name, _, _ = strings.Cut(c.Admin, "@")
	}
	return org.Organisation{
		Name: name, Kind: org.Customer, Plan: org.Plan(c.Plan), KvK: kvk, Language: org.Language(c.Language),
	}, first, nil
}

type orgListCommand struct{}

// Run lists the organisations.
func (orgListCommand) Run(ctx context.Context, at console, settings config.Config) error {
	i, err := openToRead(ctx, at, settings)
	if err != nil {
		return err
	}
	defer i.close()
	organisations, err := i.store.Organisations(ctx)
	if err != nil {
		return err
	}
	list := newTable("NAME", "PLAN", "KVK", "LANGUAGE", "MEMBERS", "SINCE", "MFA")
	for _, o := range organisations {
		members, err := i.store.Members(ctx, o.ID)
		if err != nil {
			return err
		}
		list.row(o.Name, string(o.Plan), string(o.KvK), string(o.Language), strconv.Itoa(len(members)), i.moment(o.Created), i.forcing(o))
	}
	return list.print(at, "There is no organisation yet: make one with sparekey org create.")
}

// forcing says in a few words whether an organisation forces MFA.
func (i *installation) forcing(o org.Organisation) string {
	now := i.now()
	switch {
	case o.MFA.Paused(now) && o.Kind != org.Desk:
		return "forced from " + i.moment(o.MFA.OffUntil)
	case o.Enforces(now) && !o.Forces(now):
		return "forced, first set-up until " + i.moment(o.MFA.GraceUntil)
	case o.Enforces(now):
		return "forced"
	}
	return "not forced"
}

type orgShowCommand struct {
	Name string `arg:"" optional:"" help:"The organisation; needed where there are several."`
}

// Run shows what holds for an organisation.
func (c orgShowCommand) Run(ctx context.Context, at console, settings config.Config) error {
	i, err := openToRead(ctx, at, settings)
	if err != nil {
		return err
	}
	defer i.close()
	o, err := within{Org: c.Name}.organisation(ctx, i)
	if err != nil {
		return err
	}
	now, english := i.now(), words.Speak(org.English, i.config.Timezone.Location())
	list := newTable()
	list.row("Name", o.Name)
	list.row("Plan", string(o.Plan))
	list.row("Chamber of Commerce", string(o.KvK))
	list.row("Language", string(o.Language))
	list.row("MFA", i.forcing(o))
	list.row("Remembered devices", i.remembering(o))
	for _, setting := range org.Settings {
		value := english.SettingValue(o.Recovery(now), setting)
		if now.Before(o.NextFrom) && o.Policy.Value(setting) != o.NextPolicy.Value(setting) {
			value += "; from " + i.moment(o.NextFrom) + ": " + english.SettingValue(o.NextPolicy, setting)
		}
		list.row(english.Setting(setting), value)
	}
	return list.print(at, "")
}

// remembering says in a few words whether devices may be remembered.
func (i *installation) remembering(o org.Organisation) string {
	switch {
	case o.RememberFrom.IsZero() || o.Kind == org.Desk:
		return "no"
	case !o.Remembers(i.now()):
		return "from " + i.moment(o.RememberFrom)
	}
	return "yes"
}

// openForLinks opens an installation for a command that makes a link.
func openForLinks(ctx context.Context, at console, c config.Config, expect opening) (*installation, error) {
	if err := errors.Join(c.NeedBaseURL(), c.Check()); err != nil {
		return nil, usage{err}
	}
	return openInstallation(ctx, c, systemTime, newLog(c.Log, at), expect)
}

// openToRead opens an installation that is there, as it is.
func openToRead(ctx context.Context, at console, c config.Config) (*installation, error) {
	if err := c.Check(); err != nil {
		return nil, usage{err}
	}
	return openInstallation(ctx, c, systemTime, newLog(c.Log, at), mustExist)
}
