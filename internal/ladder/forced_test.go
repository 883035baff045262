package ladder

import (
	"testing"
	"time"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/notice"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/standing"
)

func TestForcingOwesAPassForWhatItCutShort(t *testing.T) {
	since, until := withMFA().Suspension.Since, withMFA().Suspension.Until
	forced := func(at time.Time) org.MFAPolicy { return org.MFAPolicy{}.On(at, 0) }
	for _, c := range []struct {
		name   string
		policy org.MFAPolicy
		at     time.Time
		want   bool
	}{
		{"never forced", org.MFAPolicy{}, noon, false},
		{"forced before it was given", forced(since.Add(-1)), noon, false},
		{"forced as it was given", forced(since), noon, true},
		{"forced while it lasted", forced(noon), noon, true},
		{"forced in its last instant", forced(until.Add(-1)), until, true},
		{"forced as it ended", forced(until), until, false},
		{"looked at long after", forced(noon), until.Add(100 * time.Hour), true},
		{"forced, and off since", forced(noon).Off(noon.Add(time.Minute)), noon.Add(time.Hour), true},
		{"paused, and back before its end", forced(since.Add(-time.Hour)).Pause(since.Add(-1), noon), noon, true},
		{"paused, and not back yet", forced(since.Add(-time.Hour)).Pause(since.Add(-1), noon), noon.Add(-1), false},
		{"paused, and back as it ended", forced(since.Add(-time.Hour)).Pause(since.Add(-1), until), until, false},
		{"cut short, and a pause since", forced(noon).Pause(noon.Add(time.Second), noon.Add(time.Hour)), noon.Add(time.Minute), true},
	} {
		s := withMFA()
		s.Organisation.MFA = c.policy
		if got := CutShort(s, c.at); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
		if c.want && Suspended(s, c.at) {
			t.Errorf("%s: cut short, and yet suspended", c.name)
		}
	}
	none := withMFA()
	none.Suspension, none.Organisation.MFA = standing.Suspension{}, forced(noon)
	if CutShort(none, noon) {
		t.Error("no suspension was cut short")
	}
}

func TestInPlaceOfASuspensionThereIsAPass(t *testing.T) {
	given := func(change func(*standing.Standing)) standing.Decision {
		s, st := withMFA(), step(GivePass)
		st.By = ForcedBy(org.Organisation{MFA: org.MFAPolicy{ForcedBy: "ann"}}, standing.Colleague{Viewer: standing.Viewer{Member: org.Member{Name: "Ann"}}})
		st.Pass, st.Zone = standing.Pass{ID: "instead"}, time.UTC
		if change != nil {
			change(&s)
		}
		return PassInstead(s, st, noon)
	}
	d := given(nil)
	pass := passOf(d)
	if !hasEffect(d, standing.SetSuspension{}) || pass.ID != "instead" || !pass.Open(noon) || pass.By != (audit.Actor{Kind: audit.Member, Member: "ann"}) {
		t.Errorf("%+v", d.Effects)
	}
	if len(d.Events) != 2 || d.Events[0].Kind != audit.SuspensionEnded || d.Events[0].Reason != "forced" || d.Events[1].Kind != audit.PassGiven || d.Events[1].Reason != "forced" {
		t.Errorf("%+v", d.Events)
	}
	if m := d.Notices[0]; m.Kind != notice.PassInstead || m.Facts.Link == "" || m.Facts.Giver != "Ann" || string(m.To) != "eva@korenaar.example" {
		t.Errorf("%+v", m.Kind)
	}
	for _, m := range d.Notices[1:] {
		if m.Facts.Link != "" || m.Kind == notice.EnrolmentPass {
			t.Errorf("the link went to %s as %s", string(m.To), m.Kind)
		}
	}
	// To an administrator it opens after the time to object.
	d = given(func(s *standing.Standing) { s.Member.Stored = org.Administrator })
	if pass := passOf(d); pass.Open(noon) || pass.From.Before(noon.Add(org.MinWait)) || !d.Notices[0].Facts.UsableFrom.Equal(pass.From) {
		t.Errorf("%+v", pass)
	}
	// Who gets none is freed of the suspension all the same.
	for name, change := range map[string]func(*standing.Standing){
		"whoever forced": func(s *standing.Standing) { s.Member.ID = "ann" },
		"without MFA":    func(s *standing.Standing) { s.MFASince = time.Time{} },
		"frozen":         func(s *standing.Standing) { s.Status = standing.Frozen },
		"not active":     func(s *standing.Standing) { s.Member.State = org.Deactivated },
	} {
		if d := given(change); passOf(d).ID != "" || !hasEffect(d, standing.SetSuspension{}) || len(d.Notices) != 0 {
			t.Errorf("%s: %+v", name, d.Effects)
		}
	}
	if by := ForcedBy(org.Organisation{}, standing.Colleague{}); by.Actor.Kind != audit.Operator || by.As != nil {
		t.Errorf("the operator forced, and %+v gives", by.Actor)
	}
}

func TestWhoHearsOfAMember(t *testing.T) {
	helpers := []standing.Helper{{ID: "sam", Role: org.Supervisor}, {ID: "ann", Role: org.Administrator}, {ID: "lea", Role: org.Lead}}
	s := withMFA()
	if told := Told(s, helpers, noon); len(told) != 2 || told[0].ID != "ann" {
		t.Errorf("%+v", told)
	}
	s.Organisation.NextPolicy, s.Organisation.NextFrom = org.RecoveryPolicy{TellSupervisors: true}, noon
	if told := Told(s, helpers, noon.Add(-1)); len(told) != 2 {
		t.Errorf("too early: %+v", told)
	}
	if told := Told(s, helpers, noon); len(told) != 3 {
		t.Errorf("%+v", told)
	}
	// A supervisor who hears of it is no second administrator.
	s.Member.Stored = org.Administrator
	st := step(Deactivate)
	st.Administrators = helpers[:1]
	if got := reasonOf(t, s, st); got != LastAdministrator {
		t.Errorf("deactivating the last administrator: %q", got)
	}
}
