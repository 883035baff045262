package policy

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/ladder"
	"github.com/sparekey/sparekey/internal/notice"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/standing"
)

// Longest are the longest suspensions that an organisation may choose, and Waits
// the times to object.
var (
	Longest = []time.Duration{time.Hour, 24 * time.Hour, 3 * 24 * time.Hour, org.MaxSuspension}
	Waits   = []time.Duration{org.MinWait, 2 * 24 * time.Hour, 3 * 24 * time.Hour, org.MaxWait}
)

// SetRecovery asks for another policy of recovery. What is stricter holds at once;
// what is weaker waits for 24 hours, and every administrator is told. Seen is the
// stamp of the policy that whoever asks saw as the last one asked for. It returns ErrChanged
// where that is another by now, ErrBad or a *ladder.Refusal.
func (s *Service) SetRecovery(ctx context.Context, by By, o org.OrganisationID, seen string, to org.RecoveryPolicy) (Outcome, error) {
	longest, wait := cmp.Or(to.LongestSuspension, to.Longest()), cmp.Or(to.Wait, to.Waiting())
	if !slices.Contains(Longest, longest) || !slices.Contains(Waits, wait) || !to.Working().Sound() {
		return Outcome{}, ErrBad
	}
	var from time.Time
	done, err := s.settle(ctx, by, o, ladder.ChangeRecovery, func(h standing.House, now time.Time) (standing.Settling, error) {
		wished := h.Organisation.Wished(now)
		switch {
		case len(wished.Changed(to)) == 0:
			return standing.Settling{}, errSame
		case wished.Stamp() != seen:
			return standing.Settling{}, ErrChanged
		}
		d := recovering(h, to, now)
		from = d.Organisation.NextFrom
		return d, nil
	})
	done.From = from
	return done, err
}

// recovering is the change to another policy of recovery.
func recovering(h standing.House, to org.RecoveryPolicy, now time.Time) standing.Settling {
	was := h.Organisation
	is := was.WithRecovery(to, now, ladder.WeakeningDelay)
	reason, facts := "at-once", changes("", was.Recovery(now), is.Policy)
	d := standing.Settling{Organisation: is}
	waited := now.Before(was.NextFrom)
	if !is.NextFrom.IsZero() {
		reason = "waits"
		facts["from"] = stamp(is.NextFrom)
		for name, change := range changes("later.", is.Policy, is.NextPolicy) {
			facts[name] = change
		}
	}
	switch {
	case !is.NextFrom.IsZero() && !is.NextFrom.Equal(was.NextFrom):
		d.Notices = h.Tell(notice.RecoveryWeaker, notice.Facts{UsableFrom: is.NextFrom, Was: is.Policy, Is: is.NextPolicy})
	case is.NextFrom.IsZero() && waited:
		d.Notices = h.Tell(notice.RecoveryKept, notice.Facts{Was: was.Policy, Is: was.NextPolicy})
	}
	d.Events = []audit.Event{{Kind: audit.RecoverySet, Reason: reason, Facts: facts}}
	return d
}

// changes are the settings in which two policies differ, as facts: "was→is".
func changes(prefix string, was, is org.RecoveryPolicy) map[string]string {
	facts := make(map[string]string)
	for _, s := range was.Changed(is) {
		facts[prefix+string(s)] = was.Value(s) + "→" + is.Value(s)
	}
	return facts
}

// CallBack calls back the weaker policy that waits, and tells every administrator.
// It returns ErrChanged where none waits, or a *ladder.Refusal.
func (s *Service) CallBack(ctx context.Context, by By, o org.OrganisationID) (Outcome, error) {
	return s.settle(ctx, by, o, ladder.ChangeRecovery, func(h standing.House, now time.Time) (standing.Settling, error) {
		was := h.Organisation
		if !now.Before(was.NextFrom) {
			return standing.Settling{}, ErrChanged
		}
		is := was
		is.NextPolicy, is.NextFrom = org.RecoveryPolicy{}, time.Time{}
		return standing.Settling{
			Organisation: is,
			Events:       []audit.Event{{Kind: audit.RecoverySet, Reason: "called-back", Facts: changes("", was.NextPolicy, was.Policy)}},
			Notices:      h.Tell(notice.RecoveryKept, notice.Facts{Was: was.Policy, Is: was.NextPolicy}),
		}, nil
	})
}

// SetRemembering allows members to have a device remembered, 24 hours from now, and
// tells every administrator; or forbids it at once, which ends those there are. From
// is when it holds that is allowed, also where it was allowed already. It returns
// ErrDesk or a *ladder.Refusal.
func (s *Service) SetRemembering(ctx context.Context, by By, o org.OrganisationID, allow bool) (Outcome, error) {
	var from time.Time
	done, err := s.settle(ctx, by, o, ladder.ChangeRecovery, func(h standing.House, now time.Time) (standing.Settling, error) {
		is := h.Organisation
		from = is.RememberFrom
		switch {
		case is.Kind == org.Desk && allow:
			return standing.Settling{}, ErrDesk
		case allow != is.RememberFrom.IsZero():
			return standing.Settling{}, errSame
		}
		if !allow {
			from, is.RememberFrom = time.Time{}, time.Time{}
			return standing.Settling{Organisation: is, Events: []audit.Event{{Kind: audit.RememberingSet, Reason: "no"}}}, nil
		}
		from = now.Add(ladder.WeakeningDelay)
		is.RememberFrom = from
		return standing.Settling{
			Organisation: is,
			Events:       []audit.Event{{Kind: audit.RememberingSet, Reason: "yes", Facts: map[string]string{"from": stamp(from)}}},
			Notices:      h.Tell(notice.RememberingOn, notice.Facts{UsableFrom: from}),
		}, nil
	})
	done.From = from
	return done, err
}

// SetName changes what an organisation is called, and the language of its mails to
// whoever has chosen none. It returns org.ErrName, ErrBad, ErrChanged where another
// organisation has that name, or a *ladder.Refusal.
func (s *Service) SetName(ctx context.Context, by By, o org.OrganisationID, name string, l org.Language) (Outcome, error) {
	name, err := org.ParseName(name)
	if err != nil {
		return Outcome{}, err
	}
	if _, ok := org.ParseLanguage(string(l)); !ok {
		return Outcome{}, ErrBad
	}
	return s.settle(ctx, by, o, ladder.ChangeOrganisation, func(h standing.House, _ time.Time) (standing.Settling, error) {
		is := h.Organisation
		facts := make(map[string]string)
		if is.Name != name {
			facts["name"] = "changed" // what it is stands with what can be erased: nowhere
		}
		if is.Language != l {
			facts["language"] = string(is.Language) + "→" + string(l)
		}
		if len(facts) == 0 {
			return standing.Settling{}, errSame
		}
		is.Name, is.Language = name, l
		return standing.Settling{Organisation: is, Events: []audit.Event{{Kind: audit.OrganisationSet, Facts: facts}}}, nil
	})
}
