package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/config"
	"github.com/sparekey/sparekey/internal/directory"
	"github.com/sparekey/sparekey/internal/ladder"
	"github.com/sparekey/sparekey/internal/operate"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/standing"
)

type memberSetCommand struct {
	about
	Name  *string `placeholder:"NAME" help:"Their name."`
	Email *string `placeholder:"ADDRESS" help:"The address to sign in with; counts once it is confirmed from there."`
	Phone *string `placeholder:"NUMBER" help:"The number on file; empty: none."`
	Team  *string `placeholder:"NAME" help:"The team they are in; one that is not there is made; empty: none."`
	Role  *string `placeholder:"ROLE" help:"employee or administrator; at the desk agent or lead."`
}

// edit returns what is to be changed, but for the team.
func (c memberSetCommand) edit() (e operate.Edit, err error) {
	if c.Name == nil && c.Email == nil && c.Phone == nil && c.Team == nil && c.Role == nil {
		return e, usage{errors.New("say what to change: --name, --email, --phone, --team or --role")}
	}
	if c.Name != nil {
		name, err := org.ParseName(*c.Name)
		if err != nil {
			return e, usage{fmt.Errorf("--name: %w", err)}
		}
		e.Name = &name
	}
	if c.Email != nil {
		email, err := org.ParseEmail(*c.Email)
		if err != nil {
			return e, usage{fmt.Errorf("--email: %w", err)}
		}
		e.Email = &email
	}
	if c.Phone != nil {
		phone := ""
		if *c.Phone != "" {
			if phone, err = org.ParsePhone(*c.Phone); err != nil {
				return e, usage{fmt.Errorf("--phone: %w", err)}
			}
		}
		e.Phone = &phone
	}
	if c.Role != nil {
		role := org.Role(*c.Role)
		e.Role = &role
	}
	return e, nil
}

// Run changes what is on file about a member.
func (c memberSetCommand) Run(ctx context.Context, at console, settings config.Config) error {
	e, err := c.edit()
	if err != nil {
		return err
	}
	i, st, err := c.open(ctx, at, settings)
	if err != nil {
		return err
	}
	defer i.close()
	by := byOperator(c.Reason)
	if _, err := audit.ParseNote(c.Reason); err != nil {
		return usage{fmt.Errorf("--reason: %w", err)}
	}
	if c.Team != nil {
		var team org.TeamID
		if *c.Team != "" {
			if team, err = i.team(ctx, at, st.Organisation, *c.Team); err != nil {
				return err
			}
		}
		e.Team = &team
	}
	plan, told, err := i.operator().PlanEdit(ctx, by, st.Member.ID, e)
	if _, isRefused := errors.AsType[*ladder.Refusal](err); isRefused {
		// Once more in earnest: what is refused is recorded.
		_, err = i.operator().Edit(ctx, by, st.Member.ID, e)
	}
	switch {
	case err != nil:
		return i.unedited(err)
	case !plan.Changed:
		at.say("That is on file already.")
		return nil
	}
	at.say("What is on file about %s of %s will change.", st.Member.Name, st.Organisation.Name)
	sayTold(at, st.Member.Email, told)
	if err := c.confirm(at); err != nil {
		return err
	}
	done, err := i.operator().Edit(ctx, by, st.Member.ID, e)
	if err != nil {
		return i.unedited(err)
	}
	at.say("It is changed.")
	if done.Confirm != "" {
		at.say("%s counts once it is confirmed from there; until then %s stays.", string(done.Confirm), string(st.Member.Email))
	}
	return nil
}

// unedited says in words why nothing was changed.
func (i *installation) unedited(err error) error {
	switch refusal, ok := errors.AsType[*ladder.Refusal](err); {
	case ok && refusal.Reason == ladder.HigherRole:
		return errors.New("nobody else changes the address or the phone number of an administrator: they do it themselves")
	case errors.Is(err, operate.ErrAddressTaken), errors.Is(err, operate.ErrAddressIsBackup):
		return err
	case errors.Is(err, operate.ErrRole):
		return usage{errors.New("--role: there is no such role in that organisation")}
	}
	return i.explain(err, operate.Order{})
}

// open opens the installation to act about the member who is named.
func (c about) open(ctx context.Context, at console, settings config.Config) (*installation, standing.Standing, error) {
	address, err := org.ParseEmail(c.Address)
	if err != nil {
		return nil, standing.Standing{}, usage{err}
	}
	i, err := openToRead(ctx, at, settings)
	if err != nil {
		return nil, standing.Standing{}, err
	}
	m, err := c.member(ctx, i, address)
	var st standing.Standing
	if err == nil {
		st, err = i.store.Standing(ctx, m.ID)
	}
	if err != nil {
		i.close()
		return nil, standing.Standing{}, err
	}
	return i, st, nil
}

type memberEraseCommand struct{ about }

// Run erases what is personal about a deactivated member.
func (c memberEraseCommand) Run(ctx context.Context, at console, settings config.Config) error {
	i, st, err := c.open(ctx, at, settings)
	if err != nil {
		return err
	}
	defer i.close()
	if _, err := audit.ParseNote(c.Reason); err != nil {
		return usage{fmt.Errorf("--reason: %w", err)}
	}
	office := i.office()
	told, err := office.ToldOfErasing(ctx, st.Member.ID)
	if errors.Is(err, directory.ErrState) {
		return errors.New("only who was deactivated is erased: sparekey member deactivate comes first")
	}
	if err != nil {
		return err
	}
	at.say("Everything personal about %s of %s will be erased, for good. The log keeps their id, %s.", st.Member.Name, st.Organisation.Name, st.Member.ID)
	sayTold(at, st.Member.Email, told)
	if err := c.confirm(at); err != nil {
		return err
	}
	if err := office.EraseByOperator(ctx, st.Member.ID, c.Reason); err != nil {
		return err
	}
	at.say("They are erased. Backups that were made before still hold them.")
	return nil
}
