package ladder

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/notice"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/session"
	"github.com/sparekey/sparekey/internal/standing"
)

// TestNobodyGainsWhateverIsPlayed plays 100,000 random steps by random people and
// checks after each what must always hold.
func TestNobodyGainsWhateverIsPlayed(t *testing.T) {
	const plays, steps = 50, 2_000
	done := make(map[string]int)
	for seed := range uint64(plays) {
		p := newPlay(seed)
		for range steps {
			if p.step(); p.broken != "" {
				t.Fatalf("seed %d: %s", seed, p.broken)
			}
		}
		for name, n := range p.done {
			done[name] += n
		}
	}
	t.Log(done)
	for _, kind := range Steps {
		if done[string(kind)] == 0 {
			t.Errorf("nobody ever came to %q: the play shows nothing of it", kind)
		}
	}
	for _, name := range []string{
		"signs in by password", "signs in by factor", "signs in by backup-code", "signs in by backup-email", "signs in by suspension",
		"signs in by pass", "signs in by remembered", "changes another", "forcing", "a pass instead of a suspension", "policy", "MFA off", "asks",
		"a supervisor suspends", "an administrator suspends", "a supervisor gives a pass", "an administrator gives one to an administrator",
	} {
		if done[name] == 0 {
			t.Errorf("nobody ever came to “%s”", name)
		}
	}
}

// given checks a grant as it is given.
func (p *play) given(one *player, before standing.Standing, step Step, d standing.Decision) {
	if step.Kind != Suspend && step.Kind != GivePass && step.Kind != Release {
		return
	}
	m, by := before.Member, step.By.Actor
	what := fmt.Sprintf("%s of %s by %s", step.Kind, m.ID, by.Member)
	if by.Kind == audit.Member {
		p.mayHelp(one, step, what)
	} else if by.Kind != audit.Operator {
		p.breaks("%s: by nobody", what)
	}
	if step.Verified != InPerson && step.Verified != ByVideo && step.Verified != ByCall {
		p.breaks("%s: nobody says how they were verified", what)
	}
	if step.Verified == ByCall && !one.byMail.IsZero() && p.now.Before(one.byMail.Add(72*time.Hour)) {
		p.breaks("%s: by a call, and the password came by mail", what)
	}
	if step.Verified == ByCall && isMember(step.By) && p.now.Before(one.phoneSet.Add(7*24*time.Hour)) {
		p.breaks("%s: by a call to a number that is new", what)
	}
	p.traced(before, step, d, what)
	h := p.houses[m.Organisation]
	switch step.Kind {
	case Suspend:
		s := one.s.Suspension
		if h.enforced(p.now) {
			p.breaks("%s: MFA is forced", what)
		}
		if s.Until.After(p.now.Add(7*24*time.Hour)) || !s.Until.After(p.now) {
			p.breaks("%s: until %v", what, s.Until)
		}
		if one.highest(p.now).Above(org.Supervisor) && isMember(step.By) {
			p.breaks("%s: an administrator's MFA is disabled by a colleague", what)
		}
		h.suspended[m.ID] = &loan{since: p.now, until: s.Until}
	case GivePass:
		clear(one.passFrom)
		var from time.Time // at once, whatever the clock says later
		if one.highest(p.now).Above(org.Supervisor) && isMember(step.By) {
			from = p.now.Add(24 * time.Hour)
			if one.s.Pass.Open(from.Add(-time.Millisecond)) {
				p.breaks("%s: it opens before there was time to object", what)
			}
		}
		one.passFrom[one.s.Pass.ID] = from
	}
}

// mayHelp checks that whoever gives could be let.
func (p *play) mayHelp(one *player, step Step, what string) {
	giver := p.find(step.By.Actor.Member)
	who := step.By.As
	if who == nil || giver == nil || who.Member.ID != giver.s.Member.ID || who.Session.Member != giver.s.Member.ID {
		p.breaks("%s: whoever gives is not who they say", what)
		return
	}
	m, own := one.s.Member, giver.s.Member.Role()
	if step.Kind == Release && own == org.Lead && m.Organisation != "desk" && one.s.Case.ID != "" {
		return // by the desk, where a case was opened
	}
	runs := own == org.Administrator || own == org.Lead
	switch {
	case giver == one:
		p.breaks("%s: helps themselves", what)
	case giver.s.Member.Organisation != m.Organisation || giver.s.Member.State != org.Active:
		p.breaks("%s: a stranger", what)
	case one.highest(p.now).Above(own):
		p.breaks("%s: helps upward", what)
	case !runs && (own != org.Supervisor || !slices.Contains(giver.teams, m.Team) || m.Team == ""):
		p.breaks("%s: does not answer for them", what)
	case !runs && p.houses[m.Organisation].Recovery(p.now).SupervisorsBarred:
		p.breaks("%s: supervisors do not help here", what)
	case !runs && !slices.ContainsFunc(one.s.Requests, func(r standing.Request) bool { return p.now.Before(r.Created.Add(72 * time.Hour)) }):
		p.breaks("%s: nobody asked", what)
	case step.Kind == Release && !runs:
		p.breaks("%s: a supervisor releases", what)
	}
	in := who.Session
	proof := p.now.Sub(in.FactorProved).Abs()
	if giver.s.MFASince.IsZero() || in.FactorProved.IsZero() || proof >= 5*time.Minute || p.now.Sub(in.PasswordProved).Abs() >= 5*time.Minute {
		p.breaks("%s: without a fresh proof of their own MFA", what)
	}
	if p.now.Before(in.PowersFrom) {
		p.breaks("%s: with a factor that gives no powers yet", what)
	}
	if at, changed := one.changedBy[giver.s.Member.ID]; changed && p.now.Before(at.Add(7*24*time.Hour)) {
		p.breaks("%s: who changed them at %v", what, at)
	}
	if at, is := one.party[giver.s.Member.ID]; is && step.Kind == Release && p.now.Before(at.Add(24*time.Hour)) {
		p.breaks("%s: theirs is the help that was objected to", what)
	}
	switch {
	case step.Kind == Suspend && runs:
		p.done["an administrator suspends"]++
	case step.Kind == Suspend:
		p.done["a supervisor suspends"]++
	case step.Kind == GivePass && !runs:
		p.done["a supervisor gives a pass"]++
	case step.Kind == GivePass && isAdministrator(m):
		p.done["an administrator gives one to an administrator"]++
	}
}

// traced checks that a grant has its event and is told to whom it must be.
func (p *play) traced(before standing.Standing, step Step, d standing.Decision, what string) {
	scene := standing.Scene{Now: p.now, Actor: step.By.Actor, Random: zeros{}, Origin: audit.Origin{Note: "lost it, she says"}}
	d, err := scene.Complete(before, d)
	if err != nil {
		p.breaks("%s: %v", what, err)
	}
	kind := map[StepKind]audit.Kind{Suspend: audit.MFASuspended, GivePass: audit.PassGiven, Release: audit.FreezeEnded}[step.Kind]
	i := slices.IndexFunc(d.Events, func(e audit.Event) bool { return e.Kind == kind })
	if i < 0 || d.Events[i].Actor != step.By.Actor || d.Events[i].Subject != before.Member.ID || d.Events[i].Facts["verified"] != string(step.Verified) || d.Events[i].Origin.Note == "" {
		p.breaks("%s: the log does not say who, whom, how verified and why: %+v", what, d.Events)
	}
	told := make(map[org.Email]bool)
	for _, m := range d.Notices {
		if m.Facts.Giver != step.By.Name {
			p.breaks("%s: a message does not say who gave it", what)
		}
		told[m.To] = true
	}
	wanted := before.Addresses()
	for _, h := range step.Administrators {
		wanted = append(wanted, h.Email)
	}
	for _, to := range wanted {
		if !told[to] {
			p.breaks("%s: %s is not told", what, string(to))
		}
	}
	objections := 0
	for _, m := range d.Notices {
		if m.Kind.MayObject() && m.Facts.Objection != "" && m.Kind != notice.Frozen {
			objections++
		}
	}
	if objections < len(before.Addresses()) {
		p.breaks("%s: not every address of the member can object", what)
	}
}

// zeros is randomness for what nobody looks at.
type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

// entered checks a session as it is opened.
func (p *play) entered(one *player, in session.Session) {
	s, h := one.s, p.houses[one.s.Member.Organisation]
	what := fmt.Sprintf("%s is in by %s", s.Member.ID, in.CameBy)
	if s.Member.State != org.Active {
		p.breaks("%s: no active member", what)
	}
	if !in.FactorProved.IsZero() {
		return
	}
	switch in.CameBy {
	case session.ByPassword:
		if !s.MFASince.IsZero() {
			p.breaks("%s, and MFA is on", what)
		}
		if in.Reach == session.Everything && h.enforced(p.now) && !p.now.Before(h.MFA.GraceUntil) {
			p.breaks("%s, reaches everything, and MFA is forced", what)
		}
	case session.BySuspension:
		l := h.suspended[s.Member.ID]
		if l == nil || l.over || p.now.Before(l.since) || !p.now.Before(l.until) || in.Ends.After(l.until) {
			p.breaks("%s, and no suspension covers it: %+v", what, l)
		}
	case session.ByPass:
		from, given := one.passFrom[in.Pass]
		if !given || p.now.Before(from) || in.Reach != session.SetUpOnly {
			p.breaks("%s, and the pass opens at %v", what, from)
		}
	case session.ByBackupEmail:
		if h.Recovery(p.now).BackupEmailClosed || s.BackupEmail.Address == "" {
			p.breaks("%s, and that is closed", what)
		}
		if !one.byMail.IsZero() && p.now.Before(one.byMail.Add(72*time.Hour)) {
			p.breaks("%s, and the password came by mail", what)
		}
	case session.ByRemembered:
		if h.RememberFrom.IsZero() || s.Status == standing.Frozen {
			p.breaks("%s, and nothing is remembered", what)
		}
	case session.ByBackupCode:
	default:
		p.breaks("%s", what)
	}
}

// check looks at everybody after each step.
func (p *play) check() {
	for _, one := range p.people {
		s, m := p.standing(one), one.s.Member
		h := p.houses[m.Organisation]
		suspended := Suspended(s, p.now)
		l := h.suspended[m.ID]
		switch {
		case suspended && h.enforced(p.now):
			p.breaks("%s: suspended while MFA is forced", m.ID)
		case suspended && (l == nil || l.over || p.now.Before(l.since) || !p.now.Before(l.until)):
			p.breaks("%s: suspended by what was not given, or is over: %+v", m.ID, l)
		case suspended && one.s.Status == standing.Frozen:
			p.breaks("%s: suspended while frozen", m.ID)
		}
		for _, in := range one.sessions {
			if !in.Alive(p.now) || !Holds(p.viewer(one), in, p.now) {
				continue
			}
			switch {
			case in.CameBySuspension() && !suspended:
				p.breaks("%s: a session of a suspension outlives it", m.ID)
			case m.State == org.Deactivated:
				p.breaks("%s: a session of nobody's", m.ID)
			case in.CameByPass() && in.Reach != session.SetUpOnly:
				p.breaks("%s: a pass reaches everything", m.ID)
			case in.CameBy == session.ByPassword && in.FactorProved.IsZero() && !s.MFASince.IsZero():
				p.breaks("%s: in by the password alone, and MFA is on", m.ID)
			}
		}
		if ask := SecondFactor(s, Browser{}, p.now); s.MFA() && !suspended && ask != AskFactor {
			p.breaks("%s: a strange browser is asked %s", m.ID, ask)
		}
	}
}
