package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/sparekey/sparekey/internal/config"
	"github.com/sparekey/sparekey/internal/ladder"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/policy"
	"github.com/sparekey/sparekey/internal/standing"
)

type orgSetCommand struct {
	Name            string `arg:"" help:"The organisation."`
	RememberDevices string `required:"" xor:"what" enum:"yes,no" placeholder:"yes|no" help:"Whether members may have a device remembered for 30 days: it asks for their password only. yes holds after 24 hours and is mailed to the administrators; no holds at once and ends those there are."`
	ForceMFA        string `required:"" xor:"what" name:"force-mfa" enum:"on,off,1h,midnight,1d,3d,7d" placeholder:"on|off|TIME" help:"Whether everybody must have MFA. on ends the time for which someone's is disabled; off ends it at once; 1h, midnight, 1d, 3d or 7d end it until then. All are mailed to the administrators."`
	Grace           string `enum:"0,7d,14d" default:"0" placeholder:"TIME" help:"With --force-mfa=on: how long a first set-up may wait: 0, 7d or 14d (default: ${default})."`
	asking
}

// Run changes the setting and says what changed and who is told.
func (c orgSetCommand) Run(ctx context.Context, at console, settings config.Config) error {
	i, err := openForLinks(ctx, at, settings, mustExist)
	if err != nil {
		return err
	}
	defer i.close()
	o, err := within{Org: c.Name}.organisation(ctx, i)
	if err != nil {
		return err
	}
	switch c.ForceMFA {
	case "":
		return i.setRemembering(ctx, at, o, c.RememberDevices == "yes")
	case "on":
		return c.force(ctx, at, i, o)
	}
	return c.unforce(ctx, at, i, o)
}

// policy wires the flow that changes organisations.
func (i *installation) policy() *policy.Service {
	return &policy.Service{Store: i.store, Now: i.now, Random: rand.Reader, Zone: i.config.Timezone.Location()}
}

// theOperator changes an organisation from this shell.
func theOperator() policy.By { return policy.By{Giver: byOperator("").Giver} }

// setRemembering allows or forbids remembered devices.
func (i *installation) setRemembering(ctx context.Context, at console, o org.Organisation, allow bool) error {
	done, err := i.policy().SetRemembering(ctx, theOperator(), o.ID, allow)
	switch {
	case errors.Is(err, policy.ErrDesk):
		return errors.New("the desk helps others in, so its members are always asked for the code")
	case err != nil:
		return err
	case !done.Changed && allow:
		at.say("%s allows it already, from %s; nothing changed.", o.Name, i.moment(done.From))
		return nil
	case !done.Changed:
		at.say("%s does not allow it; nothing changed.", o.Name)
		return nil
	case !allow:
		at.say("From now on every device of %s asks for the code again. Nobody is told by mail.", o.Name)
		return nil
	}
	at.say("From %s, members of %s may have a device remembered for 30 days.", i.moment(done.From), o.Name)
	at.sayMailed(done.Told)
	return nil
}

// sayMailed says which administrators are told.
func (at console) sayMailed(names []string) {
	if len(names) == 0 {
		at.say("It has no administrator to tell.")
	}
	for _, name := range names {
		at.say("%s is told by mail.", name)
	}
}

// force says whom forcing MFA concerns, asks, and turns it on.
func (c orgSetCommand) force(ctx context.Context, at console, i *installation, o org.Organisation) error {
	if o.Enforces(i.now()) {
		at.say("MFA is forced in %s already; nothing changed.", o.Name)
		return nil
	}
	shown, err := i.policy().Preview(ctx, o.ID)
	if err != nil {
		return err
	}
	at.say("Everybody in %s will have to have MFA.", o.Name)
	list := newTable()
	for _, row := range previewRows(shown.Census) {
		list.row("  "+row[0], row[1])
	}
	_ = list.print(at, "") // what cannot be written is nobody's to read
	if err := c.confirm(at); err != nil {
		return err
	}
	grace := map[string]time.Duration{"7d": policy.Graces[1], "14d": policy.Graces[2]}[c.Grace]
	done, err := i.policy().Force(ctx, theOperator(), o.ID, grace, &shown)
	if err != nil {
		return explainForcing(err)
	}
	if grace > 0 {
		at.say("MFA is forced in %s. Whoever has none may set it up until %s.", o.Name, i.moment(i.now().Add(grace)))
	} else {
		at.say("MFA is forced in %s.", o.Name)
	}
	at.sayMailed(done.Told)
	return nil
}

// previewRows are what forcing MFA means to how many.
func previewRows(c standing.Census) [][2]string {
	return [][2]string{
		{"have MFA", fmt.Sprint(c.With)}, {"must set it up", fmt.Sprint(c.Without)}, {"have MFA but no backup", fmt.Sprint(c.NoBackup)},
		{"have it disabled now, which ends: they get an enrolment pass by mail", fmt.Sprint(c.Suspended)},
		{"have not come yet, and set it up then", fmt.Sprint(c.Invited)},
	}
}

// unforce ends forcing, or until an instant.
func (c orgSetCommand) unforce(ctx context.Context, at console, i *installation, o org.Organisation) error {
	if o.Kind != org.Desk && !o.MFA.Forced {
		at.say("MFA is not forced in %s; nothing changed.", o.Name)
		return nil
	}
	text := "MFA will not be forced in " + o.Name
	if c.ForceMFA != "off" {
		text += " until " + i.moment(ladder.Length(c.ForceMFA).Until(i.now(), i.config.Timezone.Location())) + ", when it is forced again by itself"
	}
	at.say("%s.", text)
	if err := c.confirm(at); err != nil {
		return err
	}
	var done policy.Outcome
	var err error
	if c.ForceMFA == "off" {
		done, err = i.policy().Release(ctx, theOperator(), o.ID)
	} else {
		done, err = i.policy().Pause(ctx, theOperator(), o.ID, ladder.Length(c.ForceMFA))
	}
	if err != nil {
		return explainForcing(err)
	}
	at.say("%s.", strings.Replace(text, "will not be", "is not", 1))
	at.sayMailed(done.Told)
	return nil
}

// explainForcing turns what a change of forcing returns into words.
func explainForcing(err error) error {
	switch {
	case errors.Is(err, policy.ErrDesk):
		return errors.New("the desk helps others in, so MFA is always forced there")
	case errors.Is(err, policy.ErrChanged):
		return errors.New("it has changed meanwhile: look again with sparekey org show")
	}
	return err
}
