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
	list := newTable("NAME", "PLAN", "KVK", "LANGUAGE", "MEMBERS", "SINCE")
	for _, o := range organisations {
		members, err := i.store.Members(ctx, o.ID)
		if err != nil {
			return err
		}
		list.row(o.Name, string(o.Plan), string(o.KvK), string(o.Language), strconv.Itoa(len(members)), i.moment(o.Created))
	}
	return list.print(at, "There is no organisation yet: make one with sparekey org create.")
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
