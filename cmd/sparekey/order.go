package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/config"
	"github.com/sparekey/sparekey/internal/ladder"
	"github.com/sparekey/sparekey/internal/notice"
	"github.com/sparekey/sparekey/internal/operate"
	"github.com/sparekey/sparekey/internal/org"
)

// An about names the member whom a command is about, and confirms it.
type about struct {
	within
	confirmed
	Address string `arg:"" help:"The e-mail address that the member signs in with."`
}

// verified says how the operator made sure who asks.
type verified struct {
	Verified string `required:"" enum:"in-person,video,call" placeholder:"HOW" help:"How you made sure who it is: in-person, video, or call (you called a number that was on file)."`
}

type memberPassCommand struct {
	about
	verified
}

// Run gives an enrolment pass.
func (c memberPassCommand) Run(ctx context.Context, at console, settings config.Config) error {
	return c.carry(ctx, at, settings, operate.Order{Kind: ladder.GivePass, Verified: ladder.Verified(c.Verified)})
}

type memberDisableCommand struct {
	about
	verified
	For  string `default:"1d" enum:"1h,midnight,1d,3d,7d" placeholder:"TIME" help:"How long: 1h, midnight, 1d, 3d or 7d (default: ${default})."`
	Lost bool   `help:"The phone is lost: its codes stop working at once and every session ends."`
}

// Run disables a member's MFA for a time.
func (c memberDisableCommand) Run(ctx context.Context, at console, settings config.Config) error {
	return c.carry(ctx, at, settings, operate.Order{
		Kind: ladder.Suspend, Verified: ladder.Verified(c.Verified), Length: ladder.Length(c.For), Lost: c.Lost,
	})
}

type memberEnableCommand struct{ about }

// Run enables a member's MFA again before its time.
func (c memberEnableCommand) Run(ctx context.Context, at console, settings config.Config) error {
	return c.carry(ctx, at, settings, operate.Order{Kind: ladder.EndSuspension})
}

type memberReleaseCommand struct {
	about
	verified
}

// Run ends the freeze that "This was not me" began.
func (c memberReleaseCommand) Run(ctx context.Context, at console, settings config.Config) error {
	return c.carry(ctx, at, settings, operate.Order{Kind: ladder.Release, Verified: ladder.Verified(c.Verified)})
}

type memberSignOutCommand struct {
	about
	Devices bool `help:"Forget the browsers that are known, too."`
}

// Run ends a member's sessions.
func (c memberSignOutCommand) Run(ctx context.Context, at console, settings config.Config) error {
	return c.carry(ctx, at, settings, operate.Order{Kind: ladder.SignOut, Devices: c.Devices})
}

type memberDeactivateCommand struct{ about }

// Run ends a membership.
func (c memberDeactivateCommand) Run(ctx context.Context, at console, settings config.Config) error {
	return c.carry(ctx, at, settings, operate.Order{Kind: ladder.Deactivate})
}

// carry says what an order comes to and whom it will tell, asks, and carries it
// out.
func (c about) carry(ctx context.Context, at console, settings config.Config, order operate.Order) error {
	address, err := org.ParseEmail(c.Address)
	if err != nil {
		return usage{err}
	}
	i, err := openToRead(ctx, at, settings)
	if err != nil {
		return err
	}
	defer i.close()
	m, err := c.member(ctx, i, address)
	if err != nil {
		return err
	}
	order.By = byOperator(c.Reason)
	operator := i.operator()
	plan, err := operator.Plan(ctx, m.ID, order)
	if _, isRefused := errors.AsType[*ladder.Refusal](err); isRefused {
		// Once more in earnest: what is refused is recorded.
		_, err = operator.Carry(ctx, m.ID, order)
	}
	if err != nil {
		return i.explain(err, order)
	}
	at.say("%s", i.intends(plan, order))
	sayTold(at, plan.Standing.Member.Email, plan.Told)
	if err := c.confirm(at); err != nil {
		return err
	}
	plan, err = operator.Carry(ctx, m.ID, order)
	if err != nil {
		return i.explain(err, order)
	}
	at.say("%s", i.did(plan, order))
	if order.Kind == ladder.GivePass && i.config.SMTP.Host == "" {
		at.say("No mail server is set here: the link reaches nobody until sparekey serve runs with one.")
	}
	return nil
}

// member returns the member whom the command is about.
func (c about) member(ctx context.Context, i *installation, address org.Email) (org.Member, error) {
	o, err := c.organisation(ctx, i)
	if err != nil {
		return org.Member{}, err
	}
	m, err := i.member(ctx, o, address)
	if errors.Is(err, org.ErrNotFound) {
		return org.Member{}, fmt.Errorf("nobody in %s has that address", o.Name)
	}
	return m, err
}

// sayTold lists who will be told about the member with that sign-in address.
func sayTold(at console, signIn org.Email, told []notice.Message) {
	at.say("This will be told to:")
	list := newTable()
	for _, m := range told {
		who := m.ToName
		switch {
		case m.Kind.ToAdministrators():
			who += ", who administers " + m.OrgName
		case m.Kind == notice.AddressConfirm:
			who += ", at the new address"
		case m.To != signIn:
			who += ", at the backup e-mail"
		}
		list.row("  "+string(m.To), who)
	}
	_ = list.print(at, "  nobody") // what cannot be written is nobody's to hear
}

// intends says what an order is about to do.
func (i *installation) intends(plan operate.Plan, o operate.Order) string {
	name := fmt.Sprintf("%s of %s", plan.Standing.Member.Name, plan.Standing.Organisation.Name)
	switch o.Kind {
	case ladder.Suspend:
		text := fmt.Sprintf("MFA will be off for %s until %s. After that it is asked again by itself.", name, i.moment(plan.Until))
		if o.Lost {
			text += "\nThe phone is lost: its codes stop working, and every session and known browser ends."
		}
		if plan.Standing.Suspension.Covers(i.now()) {
			text += fmt.Sprintf("\nThis replaces the time until %s that was given before.", i.moment(plan.Standing.Suspension.Until))
		}
		return text
	case ladder.EndSuspension:
		return fmt.Sprintf("MFA will be asked of %s again, from now on.", name)
	case ladder.GivePass:
		return fmt.Sprintf("%s may set up MFA again, once, with the password and a link that is mailed; until %s. MFA stays on.", name, i.moment(plan.Until))
	case ladder.Release:
		text := fmt.Sprintf("Ways back are open again for %s, who may have pressed “This was not me” for a reason.", name)
		if len(plan.Standing.Authenticators) == 0 {
			text += "\nNo authenticator is left: they come in with a backup, or with an enrolment pass that you give next."
		}
		return text
	case ladder.SignOut:
		text := fmt.Sprintf("%s will be signed out everywhere.", name)
		if o.Devices {
			text = fmt.Sprintf("%s will be signed out everywhere, and no browser of theirs will be known any more.", name)
		}
		if n := len(ladder.Remembering(plan.Standing, i.now())); n > 0 {
			text += fmt.Sprintf("\nNo device will be remembered any more: %s will ask for the code again.", countOf(int64(n), "device"))
		}
		return text
	}
	return fmt.Sprintf("%s will be deactivated: signed out everywhere, and not able to sign in.", name)
}

// did says what an order has done.
func (i *installation) did(plan operate.Plan, o operate.Order) string {
	name := plan.Standing.Member.Name
	switch o.Kind {
	case ladder.Suspend:
		return fmt.Sprintf("MFA is off for %s until %s.", name, i.moment(plan.Until))
	case ladder.EndSuspension:
		return fmt.Sprintf("MFA is on again for %s.", name)
	case ladder.GivePass:
		return fmt.Sprintf("%s has an enrolment pass until %s. Its link is mailed to %s.", name, i.moment(plan.Until), string(plan.Standing.Member.Email))
	case ladder.Release:
		return fmt.Sprintf("Ways back are open again for %s.", name)
	case ladder.SignOut:
		return fmt.Sprintf("%s is signed out everywhere.", name)
	}
	return fmt.Sprintf("%s is deactivated.", name)
}

// refusals are the rules' reasons in words for the operator: why, and the next
// step.
var refusals = map[ladder.Reason]string{
	ladder.MFAForced:         "MFA is forced there, so nobody's is disabled. Let them set it up again instead: sparekey member enrolment-pass. Or forcing is turned off first",
	ladder.MFAIsOff:          "they have no MFA: the password alone signs in, and they can set MFA up themselves",
	ladder.FrozenNow:         "“This was not me” was pressed in a mail to them. They end that themselves, with their authenticator or with a new password through “Forgotten your password?”; or you do: sparekey member release",
	ladder.NotNow:            "nothing of theirs is stopped",
	ladder.NotActive:         "they are not an active member: whoever has not come yet or was deactivated is invited again with sparekey member invite",
	ladder.PasswordByMail:    "their password was set by mail in the last 72 hours, so a call does not suffice: see them in person or by video",
	ladder.NotSuspended:      "their MFA is not disabled",
	ladder.LastAdministrator: "they are the last active administrator: let another one come first, with sparekey member invite --role administrator",
}

// explain turns a refusal into words.
func (i *installation) explain(err error, o operate.Order) error {
	if errors.Is(err, audit.ErrNote) {
		return usage{fmt.Errorf("--reason: %w", err)}
	}
	refusal, ok := errors.AsType[*ladder.Refusal](err)
	if !ok {
		return err
	}
	if text, ok := refusals[refusal.Reason]; ok {
		if o.Kind == ladder.Deactivate && refusal.Reason == ladder.NotActive {
			text = "they are deactivated already"
		}
		if o.Kind == ladder.Release && refusal.Reason == ladder.MFAIsOff {
			text = "they have no MFA, so a new password ends it: they set one through “Forgotten your password?”. Is their mailbox lost? Then sparekey member deactivate, and sparekey member invite, which prints the link; the only administrator only after another has come, with sparekey member invite --role administrator"
		}
		if refusal.Reason == ladder.MFAForced {
			text += fmt.Sprintf(": an administrator does at Settings → General, %s, or you do: sparekey org set --force-mfa=1h", i.config.BaseURL.String()+"/settings/general")
		}
		if !refusal.Until.IsZero() {
			text += " (until " + i.moment(refusal.Until) + ")"
		}
		return errors.New(text)
	}
	return err
}
