package main

import (
	"strings"
	"testing"
	"time"

	"github.com/sparekey/sparekey/internal/ladder"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/standing"
)

func TestWhatTheOperatorIsToldHoldsForThatMember(t *testing.T) {
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	i := &installation{now: func() time.Time { return now }}
	for name, c := range map[string]struct {
		change   func(*standing.Standing)
		way      string
		disabled bool
	}{
		"with MFA":        {func(*standing.Standing) {}, "yes: sparekey member enrolment-pass or disable-mfa", true},
		"MFA is forced":   {func(s *standing.Standing) { s.Organisation.MFA.Forced = true }, "yes: sparekey member enrolment-pass", false},
		"at the desk":     {func(s *standing.Standing) { s.Organisation.Kind = org.Desk }, "yes: sparekey member enrolment-pass", false},
		"frozen":          {func(s *standing.Standing) { s.Status = standing.Frozen }, "yes: sparekey member release first (“This was not me” was pressed)", false},
		"without MFA":     {func(s *standing.Standing) { s.MFASince = time.Time{} }, "MFA is off", false},
		"not here so far": {func(s *standing.Standing) { s.Member.State = org.Invited }, "they are not active: sparekey member invite", true},
	} {
		st := standing.Standing{
			Member: org.Member{ID: "eva", State: org.Active, Stored: org.Employee}, MFASince: now.Add(-time.Hour), Status: standing.Settled,
			Suspension: standing.Suspension{Since: now.Add(-time.Minute), Until: now.Add(time.Hour)},
		}
		c.change(&st)
		for _, w := range ladder.Ways(st, nil, now) {
			if got := i.way(st, w); w.Rung == ladder.OperatorShell && got != "this shell: "+c.way {
				t.Errorf("%s: %s", name, got)
			}
		}
		if got := strings.Contains(strings.Join(i.describe(st).rows, "\n"), "MFA disabled"); got != c.disabled {
			t.Errorf("%s: MFA is said to be disabled: %v", name, got)
		}
	}
}
