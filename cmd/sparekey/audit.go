package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/config"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/store"
)

type auditListCommand struct {
	Org    string `placeholder:"NAME" help:"Only what happened in this organisation."`
	Member string `placeholder:"ADDRESS" help:"Only what concerns the member who signs in with this address."`
	Kind   string `placeholder:"KIND" help:"Only this kind of event, such as sign-in.done; all that begin with sign-in. if it ends in a dot."`
	Actor  string `placeholder:"WHO" help:"Only what the member with this address did; or member, stranger, operator or system for all that such did."`
	Since  string `placeholder:"WHEN" help:"Only since then: 2026-03-01, a moment as RFC 3339 writes it, or a time ago such as 24h."`
	Until  string `placeholder:"WHEN" help:"Only until then, likewise."`
	Limit  int    `default:"100" placeholder:"N" help:"At most so many, the newest (default: ${default})."`
	JSON   bool   `name:"json" help:"One JSON object a line, for programs."`
}

// Run lists events.
func (c auditListCommand) Run(ctx context.Context, at console, settings config.Config) error {
	if c.Limit < 1 {
		return usage{errors.New("--limit: it is 1 or more")}
	}
	since, err := readWhen("--since", c.Since, settings.Timezone.Location())
	if err != nil {
		return usage{err}
	}
	until, err := readWhen("--until", c.Until, settings.Timezone.Location())
	if err != nil {
		return usage{err}
	}
	i, err := openToRead(ctx, at, settings)
	if err != nil {
		return err
	}
	defer i.close()
	filter := store.EventFilter{Kind: audit.Kind(c.Kind), Since: since, Until: until, Limit: c.Limit}
	if filter.Organisation, err = c.organisation(ctx, i); err != nil {
		return err
	}
	if c.Member != "" {
		if filter.Subject, err = i.memberAt(ctx, filter.Organisation, "--member", c.Member); err != nil {
			return err
		}
	}
	if filter.Actor, err = c.actor(ctx, i, filter.Organisation); err != nil {
		return err
	}
	events, err := i.store.Events(ctx, filter)
	if err != nil {
		return err
	}
	known, err := i.names(ctx, events)
	if err != nil {
		return err
	}
	if c.JSON {
		return known.printJSON(at, events)
	}
	return known.print(at, events, i)
}

// organisation returns the one that is named, if any.
func (c auditListCommand) organisation(ctx context.Context, i *installation) (org.OrganisationID, error) {
	if c.Org == "" {
		return "", nil
	}
	o, err := within{c.Org}.organisation(ctx, i)
	return o.ID, err
}

// actor returns who did what is wanted.
func (c auditListCommand) actor(ctx context.Context, i *installation, in org.OrganisationID) (audit.Actor, error) {
	switch kind := audit.ActorKind(c.Actor); kind {
	case "", audit.Member, audit.Stranger, audit.Operator, audit.System:
		return audit.Actor{Kind: kind}, nil
	}
	id, err := i.memberAt(ctx, in, "--actor", c.Actor)
	return audit.Actor{Member: id}, err
}

// memberAt returns the one member who signs in with the address that a flag
// gives; in may be empty.
func (i *installation) memberAt(ctx context.Context, in org.OrganisationID, flag, text string) (org.MemberID, error) {
	address, err := org.ParseEmail(text)
	if err != nil {
		return "", usage{fmt.Errorf("%s: %w", flag, err)}
	}
	members, err := i.store.MembersByEmail(ctx, address)
	if err != nil {
		return "", err
	}
	members = slices.DeleteFunc(members, func(m org.Member) bool { return in != "" && m.Organisation != in })
	switch len(members) {
	case 0:
		return "", errors.New("nobody signs in with that address")
	case 1:
		return members[0].ID, nil
	}
	return "", usage{fmt.Errorf("that address signs in to %d organisations: say which with --org", len(members))}
}

// readWhen reads the instant, day or time ago that a flag gives; empty: never.
func readWhen(flag, text string, zone *time.Location) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if ago, err := time.ParseDuration(text); err == nil && ago > 0 {
		return systemTime().Add(-ago), nil
	}
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t, nil
	}
	if t, err := time.ParseInLocation(time.DateOnly, text, zone); err == nil {
		return t, nil
	}
	return time.Time{}, errors.New(flag + ": it is a day (2026-03-01), a moment (2026-03-01T12:00:00Z) or a time ago (24h)")
}

// A known holds the names behind the ids in events. Addresses are masked: a log
// goes further than a list of members.
type known struct {
	organisations map[org.OrganisationID]string
	members       map[org.MemberID]string
}

// names looks up those in events, and no others: an organisation may have a
// million members.
func (i *installation) names(ctx context.Context, events []audit.Event) (known, error) {
	k := known{make(map[org.OrganisationID]string), make(map[org.MemberID]string)}
	organisations, err := i.store.Organisations(ctx)
	if err != nil {
		return k, err
	}
	for _, o := range organisations {
		k.organisations[o.ID] = o.Name
	}
	members, err := i.store.Named(ctx, "", audit.Members(events))
	for _, m := range members {
		k.members[m.ID] = m.Email.Masked()
	}
	return k, err
}

func (k known) print(at console, events []audit.Event, i *installation) error {
	list := newTable("WHEN", "WHAT", "WHO", "CONCERNS", "ORGANISATION", "FROM", "WHY")
	for _, e := range events {
		what := string(e.Kind)
		if e.NotGenuine {
			what = "NOT GENUINE: " + what
		}
		list.row(i.moment(e.At), what, orDash(k.actor(e.Actor)), orDash(k.members[e.Subject]),
			orDash(k.organisations[e.Organisation]), orDash(from(e.Origin)), orDash(why(e)))
	}
	return list.print(at, "Nothing happened that fits.")
}

func (k known) actor(a audit.Actor) string {
	if name, ok := k.members[a.Member]; ok {
		return name
	}
	return string(a.Kind)
}

func from(o audit.Origin) string {
	return strings.TrimSpace(o.Browser + " " + o.Address)
}

// why joins the stable words that say more about an event.
func why(e audit.Event) string {
	var words []string
	if e.Reason != "" {
		words = append(words, e.Reason)
	}
	for _, name := range slices.Sorted(maps.Keys(e.Facts)) {
		words = append(words, name+"="+e.Facts[name])
	}
	if e.Origin.Note != "" {
		words = append(words, "“"+e.Origin.Note+"”")
	}
	return strings.Join(words, " ")
}

func orDash(text string) string {
	if text == "" {
		return "–"
	}
	return text
}

// An eventLine is one event as --json writes it.
type eventLine struct {
	ID           string             `json:"id"`
	At           time.Time          `json:"at"`
	Kind         audit.Kind         `json:"kind"`
	Organisation org.OrganisationID `json:"organisation,omitempty"`
	OrgName      string             `json:"organisationName,omitempty"`
	Actor        audit.ActorKind    `json:"actor"`
	ActorMember  org.MemberID       `json:"actorMember,omitempty"`
	Subject      org.MemberID       `json:"subject,omitempty"`
	Address      string             `json:"subjectAddress,omitempty"` // masked
	Reason       string             `json:"reason,omitempty"`
	Facts        map[string]string  `json:"facts,omitempty"`
	Origin       audit.Origin       `json:"origin,omitzero"`
	NotGenuine   bool               `json:"notGenuine,omitempty"` // nothing in it can be relied on
	LeafIndex    *int64             `json:"leafIndex,omitempty"`  // none: not sealed yet
}

func (k known) printJSON(at console, events []audit.Event) error {
	lines := json.NewEncoder(at.out)
	for _, e := range events {
		line := eventLine{
			ID: e.ID, At: e.At, Kind: e.Kind, Organisation: e.Organisation, OrgName: k.organisations[e.Organisation],
			Actor: e.Actor.Kind, ActorMember: e.Actor.Member, Subject: e.Subject, Address: k.members[e.Subject],
			Reason: e.Reason, Facts: e.Facts, Origin: e.Origin, NotGenuine: e.NotGenuine,
		}
		if e.Sealed {
			line.LeafIndex = &e.Index
		}
		if err := lines.Encode(line); err != nil {
			return err
		}
	}
	return nil
}
