package ladder

import (
	"slices"
	"testing"
	"time"

	"github.com/sparekey/sparekey/internal/standing"
)

// TestThePlayFindsEveryGuardThatIsSwitchedOff takes one guard after the other out
// of the rules and expects the play to find what follows.
func TestThePlayFindsEveryGuardThatIsSwitchedOff(t *testing.T) {
	guarded := func(step StepKind, by ...guard) func() {
		return func() {
			for i := range rules {
				if rules[i].step == step {
					rules[i].guard = all("", by...)
				}
			}
		}
	}
	permitted := func(do Action, change func(*permission)) func() {
		return func() {
			for i := range permissions {
				if permissions[i].action == do {
					change(&permissions[i])
				}
			}
		}
	}
	does := func(step StepKind, do func(standing.Standing, Step, time.Time) standing.Decision) func() {
		return func() {
			for i := range rules {
				if rules[i].step == step {
					rules[i].do = do
				}
			}
		}
	}
	without := func(step StepKind, change func(*standing.Decision)) func() {
		i := slices.IndexFunc(rules, func(r rule) bool { return r.step == step })
		do := rules[i].do
		return does(step, func(s standing.Standing, step Step, now time.Time) standing.Decision {
			d := do(s, step, now)
			change(&d)
			return d
		})
	}
	release := StepKind(Release)
	for _, m := range []struct {
		name   string
		mutate func()
	}{
		{"anybody suspends", guarded(Suspend, isActive, mfaIsOn, notForced, isVerified, notTooLong)},
		{"anybody gives a pass", guarded(GivePass, isActive, mfaIsOn, isVerified, hasPass)},
		{"anybody releases", guarded(release, isActive, mfaIsOn, isVerified)},
		{"MFA is suspended though it is forced", guarded(Suspend, mayGive, isActive, mfaIsOn, isVerified, notTooLong)},
		{"nobody says how who is suspended was verified", guarded(Suspend, mayGive, isActive, mfaIsOn, notForced, notTooLong)},
		{"nobody says how who gets a pass was verified", guarded(GivePass, mayGive, isActive, mfaIsOn, hasPass)},
		{"MFA is suspended for any time", guarded(Suspend, mayGive, isActive, mfaIsOn, notForced, isVerified)},
		{"a pass opens early, late, or that of before", guarded(OpenPass, mfaIsOn)},
		{"a code is mailed without a suspension", func() { guarded(AskSuspendedCode, always)(); guarded(SpendSuspendedCode, always)() }},
		{"the backup e-mail is open to whoever has the mailbox", func() { guarded(AskMailCode, mfaIsOn)(); guarded(SpendMailCode, mfaIsOn)() }},
		{"administrators are suspended", permitted(DisableMFA, func(p *permission) { p.upTo = "administrator" })},
		{"supervisors suspend unasked", func() {
			permitted(DisableMFA, func(p *permission) { p.asked = false })()
			guarded(Suspend, mayGive, isActive, mfaIsOn, notForced, isVerified, notTooLong)()
		}},
		{"nobody types a matching code to suspend", guarded(Suspend, mayGive, isActive, mfaIsOn, notForced, isVerified, notTooLong)},
		{"nobody types a matching code to give a pass", guarded(GivePass, mayGive, isActive, mfaIsOn, isVerified, hasPass)},
		{"whoever gave a pass agrees to it", guarded(Agree, aColleague, mayGive)},
		{"a proof leaves the requests", without(ProveFactor, func(d *standing.Decision) {
			d.Effects = slices.DeleteFunc(d.Effects, func(e standing.Effect) bool { _, is := e.(standing.SetRequest); return is })
		})},
		{"supervisors release", permitted(ReleaseEmployee, func(p *permission) { p.supervisors = true })},
		{"whoever changed somebody helps them", permitted(DisableMFA, func(p *permission) { p.need = changing })},
		{"whoever changed somebody gives them a pass", permitted(GiveEnrolmentPass, func(p *permission) { p.need = changing })},
		{"nobody proves themselves before they suspend", permitted(DisableMFA, func(p *permission) { p.need = seeing })},
		{"everybody gives themselves a pass", permitted(GiveEnrolmentPass, func(p *permission) { p.self = true })},
		{"the administrators are not told of a pass", without(GivePass, func(d *standing.Decision) { d.Notices = d.Notices[:len(d.Notices)-1] })},
		{"nor is the member of a suspension", without(Suspend, func(d *standing.Decision) { d.Notices = d.Notices[1:] })},
		{"the log says nothing of a release", without(release, func(d *standing.Decision) { d.Events = nil })},
		{"an objection leaves the suspension", without(Object, func(d *standing.Decision) {
			d.Effects = slices.DeleteFunc(d.Effects, func(e standing.Effect) bool { _, is := e.(standing.SetSuspension); return is })
		})},
		{"a pass for an administrator opens at once", without(GivePass, func(d *standing.Decision) {
			for i, e := range d.Effects {
				if set, is := e.(standing.SetPass); is {
					set.Pass.From = time.Time{}
					d.Effects[i] = set
				}
			}
		})},
		{"whoever turns MFA on keeps the other sessions", without(FinishSetUp, func(d *standing.Decision) {
			d.Effects = slices.DeleteFunc(d.Effects, func(e standing.Effect) bool { _, is := e.(standing.EndSessions); return is })
		})},
	} {
		rulesBefore, permissionsBefore := slices.Clone(rules), slices.Clone(permissions)
		m.mutate()
		if !found() {
			t.Errorf("%s, and the play does not find it", m.name)
		}
		copy(rules, rulesBefore)
		copy(permissions, permissionsBefore)
	}
}

// found reports whether a play of some length breaks.
func found() bool {
	for seed := range uint64(50) {
		p := newPlay(seed)
		for range 2_000 {
			if p.step(); p.broken != "" {
				return true
			}
		}
	}
	return false
}
