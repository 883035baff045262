package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/config"
	"github.com/sparekey/sparekey/internal/ladder"
	"github.com/sparekey/sparekey/internal/notice"
	"github.com/sparekey/sparekey/internal/org"
)

type orgSetCommand struct {
	Name            string `arg:"" help:"The organisation."`
	RememberDevices string `required:"" enum:"yes,no" placeholder:"yes|no" help:"Whether members may have a device remembered for 30 days: it asks for their password only. yes holds after 24 hours and is mailed to the administrators; no holds at once and ends those there are."`
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
	if c.RememberDevices == "yes" {
		return i.allowRemembering(ctx, at, o)
	}
	return i.forbidRemembering(ctx, at, o)
}

// allowRemembering lets members have a device remembered after the delay, and
// tells every administrator.
func (i *installation) allowRemembering(ctx context.Context, at console, o org.Organisation) error {
	switch {
	case o.Kind == org.Desk:
		return errors.New("the desk helps others in, so its members are always asked for the code")
	case !o.RememberFrom.IsZero():
		at.say("%s allows it already, from %s; nothing changed.", o.Name, i.moment(o.RememberFrom))
		return nil
	}
	from := i.now().Add(ladder.WeakeningDelay)
	told, names, err := i.tellAdministrators(ctx, o, notice.RememberingOn, notice.Facts{UsableFrom: from})
	if err != nil {
		return err
	}
	if err := i.store.AllowRemembering(ctx, o.ID, from, []audit.Event{i.rememberingSet(o, "yes", from)}, told); err != nil {
		return err
	}
	at.say("From %s, members of %s may have a device remembered for 30 days.", i.moment(from), o.Name)
	if len(names) == 0 {
		at.say("It has no administrator to tell.")
	}
	for _, name := range names {
		at.say("%s is told by mail.", name)
	}
	return nil
}

// forbidRemembering ends every remembered device at once.
func (i *installation) forbidRemembering(ctx context.Context, at console, o org.Organisation) error {
	if o.RememberFrom.IsZero() {
		at.say("%s does not allow it; nothing changed.", o.Name)
		return nil
	}
	if err := i.store.AllowRemembering(ctx, o.ID, time.Time{}, []audit.Event{i.rememberingSet(o, "no", time.Time{})}, nil); err != nil {
		return err
	}
	at.say("From now on every device of %s asks for the code again. Nobody is told by mail.", o.Name)
	return nil
}

// rememberingSet is the event of the setting.
func (i *installation) rememberingSet(o org.Organisation, to string, from time.Time) audit.Event {
	e := audit.Event{Kind: audit.RememberingSet, At: i.now(), Organisation: o.ID, Actor: byOperator("").Giver.Actor, Reason: to}
	if !from.IsZero() {
		e.Facts = map[string]string{"from": from.UTC().Format(time.RFC3339)}
	}
	return e
}

// tellAdministrators returns a message to every address of each administrator of
// o, and their names.
func (i *installation) tellAdministrators(ctx context.Context, o org.Organisation, kind notice.Kind, facts notice.Facts) (messages []notice.Message, names []string, err error) {
	members, err := i.store.Members(ctx, o.ID)
	if err != nil {
		return nil, nil, err
	}
	facts.At = i.now()
	for _, m := range members {
		if m.Stored != org.Administrator || m.State == org.Deactivated {
			continue
		}
		st, err := i.store.Standing(ctx, m.ID)
		if err != nil {
			return nil, nil, fmt.Errorf("tell %s: %w", m.ID, err)
		}
		messages = append(messages, ladder.Tell(st, kind, facts, st.Addresses()...)...)
		names = append(names, m.Name)
	}
	return messages, names, nil
}
