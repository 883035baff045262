package org

import (
	"errors"
	"slices"
	"testing"
	"time"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

const day = 24 * time.Hour

func TestForcingAtEachOfItsEdges(t *testing.T) {
	on := MFAPolicy{}.On(noon, 0)
	graced := MFAPolicy{}.On(noon, 7*day)
	paused := on.Pause(noon.Add(day), noon.Add(2*day))
	pausedInGrace := graced.Pause(noon.Add(day), noon.Add(2*day))
	for _, c := range []struct {
		name             string
		policy           MFAPolicy
		at               time.Time
		enforces, forces bool
		since            time.Time
	}{
		{"on, at the click", on, noon, true, true, noon},
		{"grace, at the click", graced, noon, true, false, noon},
		{"grace, its last instant", graced, noon.Add(7*day - 1), true, false, noon},
		{"grace, over", graced, noon.Add(7 * day), true, true, noon},
		{"paused, at the click", paused, noon.Add(day), false, false, noon},
		{"paused, its last instant", paused, noon.Add(2*day - 1), false, false, noon},
		{"paused, over", paused, noon.Add(2 * day), true, true, noon.Add(2 * day)},
		{"paused in its grace, over", pausedInGrace, noon.Add(2 * day), true, false, noon.Add(2 * day)},
		{"paused in its grace, both over", pausedInGrace, noon.Add(7 * day), true, true, noon.Add(2 * day)},
		{"paused, and again before it is over", paused.Pause(noon.Add(day), noon.Add(3*day)), noon.Add(2 * day), false, false, noon},
		{"paused, and again when it was over", paused.Pause(noon.Add(3*day), noon.Add(4*day)), noon.Add(3 * day), false, false, noon.Add(2 * day)},
		{"off", on.Off(noon.Add(day)), noon.Add(day), false, false, noon},
		{"off when a pause was over", paused.Off(noon.Add(3 * day)), noon.Add(9 * day), false, false, noon.Add(2 * day)},
		{"on again", on.Off(noon.Add(day)).On(noon.Add(2*day), 0), noon.Add(2 * day), true, true, noon.Add(2 * day)},
	} {
		o := Organisation{MFA: c.policy}
		if o.Enforces(c.at) != c.enforces || o.Forces(c.at) != c.forces || !c.policy.EnforcedSince(c.at).Equal(c.since) {
			t.Errorf("%s: enforces %v, forces %v, since %s", c.name, o.Enforces(c.at), o.Forces(c.at), c.policy.EnforcedSince(c.at))
		}
		if c.policy.Paused(c.at) != (c.policy.Forced && !c.enforces) {
			t.Errorf("%s: paused is %v", c.name, c.policy.Paused(c.at))
		}
	}
	on.ForcedBy = "ana"
	if on.Off(noon).ForcedBy != "ana" || on.Pause(noon, noon.Add(day)).ForcedBy != "ana" {
		t.Error("it is forgotten who forced, to whom passes are owed")
	}
}

func TestWhatIsStricterHoldsAtOnceAndWhatIsWeakerLater(t *testing.T) {
	hours := func(days string) WorkingHours { h, _ := ParseWorkingHours(days); return h }
	for name, c := range map[string]struct {
		was, to, atOnce RecoveryPolicy
		weaker          bool
	}{
		"nothing":                  {RecoveryPolicy{}, RecoveryPolicy{}, RecoveryPolicy{}, false},
		"the defaults, said":       {RecoveryPolicy{}, RecoveryPolicy{Wait: MinWait, LongestSuspension: MaxSuspension, Hours: DefaultHours}, RecoveryPolicy{Wait: MinWait, LongestSuspension: MaxSuspension, Hours: DefaultHours}, false},
		"supervisors barred":       {RecoveryPolicy{}, RecoveryPolicy{SupervisorsBarred: true}, RecoveryPolicy{SupervisorsBarred: true}, false},
		"supervisors let":          {RecoveryPolicy{SupervisorsBarred: true}, RecoveryPolicy{}, RecoveryPolicy{SupervisorsBarred: true}, true},
		"backup e-mail opened":     {RecoveryPolicy{BackupEmailClosed: true}, RecoveryPolicy{}, RecoveryPolicy{BackupEmailClosed: true}, true},
		"supervisors not told":     {RecoveryPolicy{TellSupervisors: true}, RecoveryPolicy{}, RecoveryPolicy{TellSupervisors: true}, true},
		"a shorter suspension":     {RecoveryPolicy{}, RecoveryPolicy{LongestSuspension: day}, RecoveryPolicy{LongestSuspension: day}, false},
		"a longer one":             {RecoveryPolicy{LongestSuspension: day}, RecoveryPolicy{}, RecoveryPolicy{LongestSuspension: day}, true},
		"a longer time to object":  {RecoveryPolicy{}, RecoveryPolicy{Wait: 2 * day}, RecoveryPolicy{Wait: 2 * day}, false},
		"a shorter one":            {RecoveryPolicy{Wait: 3 * day}, RecoveryPolicy{Wait: 2 * day}, RecoveryPolicy{Wait: 3 * day}, true},
		"fewer working hours":      {RecoveryPolicy{}, RecoveryPolicy{Hours: hours("mon 09:00-17:00")}, RecoveryPolicy{Hours: hours("mon 09:00-17:00")}, false},
		"more working hours":       {RecoveryPolicy{}, RecoveryPolicy{Hours: hours("mon,tue,wed,thu,fri 09:00-17:01")}, RecoveryPolicy{}, true},
		"another day":              {RecoveryPolicy{}, RecoveryPolicy{Hours: hours("sat 10:00-11:00")}, RecoveryPolicy{}, true},
		"one stricter, one weaker": {RecoveryPolicy{Wait: 3 * day}, RecoveryPolicy{SupervisorsBarred: true}, RecoveryPolicy{Wait: 3 * day, SupervisorsBarred: true}, true},
	} {
		if atOnce, weaker := c.was.Towards(c.to); atOnce != c.atOnce || weaker != c.weaker {
			t.Errorf("%s: %+v, %v", name, atOnce, weaker)
		}
		o := Organisation{Policy: c.was}.WithRecovery(c.to, noon, day)
		if got := o.Recovery(noon.Add(day - 1)); got != c.atOnce {
			t.Errorf("%s: until then %+v holds", name, got)
		}
		if got := o.Recovery(noon.Add(day)); len(got.Changed(c.to)) > 0 {
			t.Errorf("%s: from then %+v holds", name, got)
		}
		if o.Wished(noon).Stamp() != c.to.Stamp() || (o.NextFrom.IsZero() == c.weaker) {
			t.Errorf("%s: wished %+v, from %s", name, o.Wished(noon), o.NextFrom)
		}
	}
}

func TestASecondWeakeningBeginsItsDayAnew(t *testing.T) {
	o := Organisation{Policy: RecoveryPolicy{LongestSuspension: time.Hour, Wait: 3 * day}}
	first := o.WithRecovery(RecoveryPolicy{LongestSuspension: 3 * day, Wait: 3 * day}, noon, day)
	for name, c := range map[string]struct {
		to   RecoveryPolicy
		from time.Time
	}{
		"longer still":           {RecoveryPolicy{LongestSuspension: 7 * day, Wait: 3 * day}, noon.Add(25 * time.Hour)},
		"something else too":     {RecoveryPolicy{LongestSuspension: 3 * day, Wait: 2 * day}, noon.Add(25 * time.Hour)},
		"something else instead": {RecoveryPolicy{LongestSuspension: time.Hour, Wait: 2 * day}, noon.Add(25 * time.Hour)},
		"less long":              {RecoveryPolicy{LongestSuspension: day, Wait: 3 * day}, noon.Add(day)},
		"as it was":              {RecoveryPolicy{LongestSuspension: time.Hour, Wait: 3 * day}, time.Time{}},
	} {
		if got := first.WithRecovery(c.to, noon.Add(time.Hour), day); !got.NextFrom.Equal(c.from) || got.Recovery(noon.Add(time.Hour)) != o.Policy {
			t.Errorf("%s: from %s, until then %+v", name, got.NextFrom, got.Policy)
		}
	}
	// Once it holds it is what holds.
	later := first.WithRecovery(RecoveryPolicy{LongestSuspension: 3 * day, Wait: 7 * day}, noon.Add(2*day), day)
	if !later.NextFrom.IsZero() || later.Policy.Longest() != 3*day || later.Policy.Waiting() != 7*day {
		t.Errorf("%+v", later)
	}
}

func TestWorkingHoursAreWrittenAndRead(t *testing.T) {
	if text := DefaultHours.String(); text != "mon,tue,wed,thu,fri 09:00-17:00" {
		t.Error(text)
	}
	for text, ok := range map[string]bool{
		"mon,tue,wed,thu,fri 09:00-17:00": true, "sun 00:00-24:00": true, "mon,sat 08:30-08:31": true,
		"": false, "mon": false, " 09:00-17:00": false, "mon 17:00-09:00": false, "mon 09:00-09:00": false, "mon 09:00-24:01": false, "mon 9:00-17:00": false,
		"day 09:00-17:00": false, "mon 09:60-17:00": false, "mon -1:00-17:00": false, "mon 09:00": false,
	} {
		h, err := ParseWorkingHours(text)
		if (err == nil) != ok || ok && h.String() != text || !ok && !errors.Is(err, ErrHours) {
			t.Errorf("%q: %s, %v", text, h, err)
		}
	}
	for _, h := range []WorkingHours{{}, {Days: DefaultHours.Days, From: -1, To: 5}, {Days: DefaultHours.Days, From: 10, To: 24*60 + 1}, {From: 1, To: 2}} {
		if h.Sound() {
			t.Errorf("%+v is sound", h)
		}
	}
	if changed := (RecoveryPolicy{}).Changed(RecoveryPolicy{TellSupervisors: true, Wait: 2 * day}); !slices.Equal(changed, []Setting{WaitingTime, SupervisorsHear}) {
		t.Error(changed)
	}
}
