package ladder

import (
	"testing"
	"time"

	"github.com/sparekey/sparekey/internal/notice"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/standing"
)

func TestTheMemberIsToldOfTheEndOfASuspensionOnce(t *testing.T) {
	since := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	until := since.Add(24 * time.Hour)
	plain := standing.Standing{
		Member:       org.Member{ID: "eva", State: org.Active, Email: "eva@x.example"},
		Organisation: org.Organisation{ID: "o"}, Status: standing.Settled, MFASince: since.Add(-time.Hour),
		Suspension: standing.Suspension{Since: since, Until: until},
	}
	helpers := []standing.Helper{{ID: "ana", Role: org.Administrator, Email: "ana@x.example"}, {ID: "sam", Role: org.Supervisor, Email: "sam@x.example"}}
	for _, c := range []struct {
		name   string
		change func(*standing.Standing)
		at     time.Time
		want   []notice.Kind
		marks  int
	}{
		{"a second too early", nil, until.Add(-RemindedBefore - time.Second), nil, 0},
		{"two hours before", nil, until.Add(-RemindedBefore), []notice.Kind{notice.SuspensionEnding}, 1},
		{"late, because nothing ran", nil, until.Add(-time.Second), []notice.Kind{notice.SuspensionEnding}, 1},
		{"told already", func(s *standing.Standing) { s.Suspension.Reminded = true }, until.Add(-time.Second), nil, 0},
		{"no longer than two hours", func(s *standing.Standing) { s.Suspension.Since = until.Add(-RemindedBefore) }, until.Add(-time.Second), nil, 1},
		{"at the end", nil, until, []notice.Kind{notice.SuspensionOver, notice.SuspensionOverToAdministrators}, 1},
		{"days after", nil, until.Add(72 * time.Hour), []notice.Kind{notice.SuspensionOver, notice.SuspensionOverToAdministrators}, 1},
		{"told that it has come", func(s *standing.Standing) { s.Suspension.Over = true }, until, nil, 0},
		{"nothing was given", func(s *standing.Standing) { s.Suspension = standing.Suspension{} }, until, nil, 0},
		{"MFA was turned off meanwhile", func(s *standing.Standing) { s.MFASince = time.Time{} }, until, nil, 1},
		{"someone objected", func(s *standing.Standing) { s.Status = standing.Frozen }, until.Add(-time.Hour), nil, 1},
		{"deactivated", func(s *standing.Standing) { s.Member.State = org.Deactivated }, until, nil, 1},
		{"forcing has ended it", func(s *standing.Standing) { s.Organisation.MFA = s.Organisation.MFA.On(since.Add(time.Hour), 0) }, until, nil, 0},
	} {
		s := plain
		if c.change != nil {
			c.change(&s)
		}
		d := NearEnd(s, helpers, c.at)
		var got []notice.Kind
		for _, m := range d.Notices {
			got = append(got, m.Kind)
		}
		if len(got) != len(c.want) || len(d.Effects) != c.marks {
			t.Errorf("%s: told %v with %v, want %v", c.name, got, d.Effects, c.want)
			continue
		}
		for i := range got {
			if got[i] != c.want[i] {
				t.Errorf("%s: told %v, want %v", c.name, got, c.want)
			}
		}
	}
}
