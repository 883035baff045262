package ladder

import (
	"time"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/factor"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/session"
	"github.com/sparekey/sparekey/internal/standing"
)

// An act is something that a random person may do. How often it is tried, by its
// weight.
type act struct {
	name   string
	weight int
	do     func(*play)
}

var playActs = []act{
	{"time passes", 14, (*play).timePasses},
	{"signs in", 24, (*play).signsIn},
	{"proves again", 10, (*play).provesAgain},
	{"sets up", 10, (*play).setsUp},
	{"turns MFA off", 1, (*play).turnsOff},
	{"answers whether the phone is lost", 4, (*play).answersLost},
	{"uses a pass", 8, (*play).usesPass},
	{"objects", 1, (*play).objects},
	{"new password by mail", 1, (*play).passwordByMail},
	{"asks for help", 8, (*play).asks},
	{"withdraws a request", 1, (*play).withdraws},
	{"carries on", 8, (*play).carriesOn},
	{"does something about another", 90, (*play).actsOnOther},
	{"works at the desk", 20, (*play).worksAtTheDesk},
	{"changes another", 8, (*play).changesOther},
	{"changes the forcing", 2, (*play).changesForcing},
	{"gives what forcing owes", 2, (*play).givesOwed},
	{"changes the policy", 2, (*play).changesPolicy},
}

// step has somebody do something, and checks what must hold after it.
func (p *play) step() {
	all := 0
	for _, a := range playActs {
		all += a.weight
	}
	n := p.chance.IntN(all)
	for _, a := range playActs {
		if n -= a.weight; n < 0 {
			a.do(p)
			break
		}
	}
	p.check()
}

// oneOf returns one of several.
func oneOf[T any](p *play, list ...T) T { return list[p.chance.IntN(len(list))] }

func (p *play) timePasses() {
	const day = 24 * time.Hour
	by := oneOf(p, time.Millisecond, time.Second, time.Minute, 4*time.Minute, 5*time.Minute, 20*time.Minute, time.Hour)
	switch p.chance.IntN(12) {
	case 0:
		by = oneOf(p, 8*time.Hour, day, day-time.Millisecond, 3*day, 7*day)
	case 1:
		by = -oneOf(p, time.Millisecond, time.Minute, time.Hour, day)
	}
	p.now = p.now.Add(by)
	p.done["time passes"]++
	p.tell("the clock goes by %v", by)
}

// opened is a session that somebody opens now.
func (p *play) opened(one *player, by session.CameBy) session.Session {
	return session.Session{
		ID: session.Hash(p.id()), Member: one.s.Member.ID, Created: p.now, LastUsed: p.now, Ends: p.now.Add(session.DefaultAbsolute),
		Idle: session.DefaultAbsolute, CameBy: by, Reach: session.Everything, PasswordProved: p.now,
	}
}

// opens has a session opened, and the check look at how.
func (p *play) opens(one *player, in session.Session) {
	one.sessions[in.ID] = in
	p.done["signs in by "+string(in.CameBy)]++
	p.tell("%s is in by %s", one.s.Member.ID, in.CameBy)
	p.entered(one, in)
}

// signsIn types a right password in some browser, and proves what is asked, or
// something else that is on the page.
func (p *play) signsIn() {
	one, browser := p.someone(), oneOf(p, browsers...)
	s := p.standing(one)
	if s.Member.State != org.Active {
		return
	}
	ask := SecondFactor(s, Browser{Known: one.known[browser], Remembered: p.chance.IntN(6) == 0}, p.now)
	switch ask {
	case AskNothing:
		p.opens(one, p.opened(one, session.ByPassword))
		return
	case AskSetUp:
		in := p.opened(one, session.ByPassword)
		in.Reach = session.SetUpOnly
		p.opens(one, in)
		return
	case AskSuspended:
		p.opens(one, Bounded(s, p.opened(one, session.BySuspension)))
		return
	case AskRemembered:
		p.opens(one, p.opened(one, session.ByRemembered))
		return
	case AskNewPassword:
		return
	}
	switch p.chance.IntN(6) {
	case 0:
		p.entersBy(one, session.ByBackupCode, Step{Kind: SpendBackupCode, Code: oneOf(p, factor.BackupCodeID("a"), "b", "c")})
	case 1:
		if _, ok := p.decide(one, Step{Kind: AskMailCode}); ok {
			p.entersBy(one, session.ByBackupEmail, Step{Kind: SpendMailCode})
		}
	case 2:
		if _, ok := p.decide(one, Step{Kind: AskSuspendedCode}); ok {
			p.entersBy(one, session.BySuspension, Step{Kind: SpendSuspendedCode})
		}
	default:
		if len(s.Authenticators) == 0 {
			return
		}
		used := oneOf(p, s.Authenticators...)
		in := p.opened(one, session.ByFactor)
		in.FactorProved, in.PowersFrom = p.now, used.PowersFrom
		if _, ok := p.decide(one, Step{Kind: ProveFactor, Authenticator: used.ID}, standing.KnowDevice{Device: session.Device{ID: browser}}); ok {
			one.byMail = time.Time{}
			p.opens(one, in)
		}
	}
}

// entersBy opens the session that a right code earns.
func (p *play) entersBy(one *player, by session.CameBy, step Step) {
	if _, ok := p.decide(one, step); ok {
		if by == session.ByBackupCode {
			one.byMail = time.Time{}
		}
		p.opens(one, Bounded(p.standing(one), p.opened(one, by)))
	}
}

// provesAgain renews the proofs of a session.
func (p *play) provesAgain() {
	one := p.someone()
	in, ok := p.session(one)
	if !ok {
		return
	}
	s, old := p.standing(one), in.ID
	in.ID, in.PasswordProved = session.Hash(p.id()), p.now
	if !FactorAsked(s, in) {
		_ = p.apply(one, standing.Decision{Effects: []standing.Effect{standing.RaiseSession{Old: old, Session: in}}})
		return
	}
	if len(s.Authenticators) == 0 {
		return
	}
	used := oneOf(p, s.Authenticators...)
	in.FactorProved, in.PowersFrom = p.now, used.PowersFrom
	if _, ok := p.decide(one, Step{Kind: ProveFactor, Authenticator: used.ID}, standing.RaiseSession{Old: old, Session: in}); ok {
		one.byMail = time.Time{}
	}
}

// setsUp adds an authenticator in a session, as the set-up does.
func (p *play) setsUp() {
	one := p.someone()
	in, ok := p.session(one)
	if !ok || in.CameByPass() {
		return
	}
	s := p.standing(one)
	if reason, _ := May(s, in, AddAuthenticator, p.now); reason != "" || !Fresh(s, in, p.now) || len(s.Authenticators) > 2 {
		return
	}
	p.finishes(one, in, Step{Kind: FinishSetUp})
}

// finishes confirms a new factor in a session, which is raised.
func (p *play) finishes(one *player, in session.Session, step Step) {
	s := p.standing(one)
	step.Session, step.Administrators = in.ID, p.administrators(s.Member.Organisation)
	step.New = factor.Authenticator{ID: factor.AuthenticatorID(p.id()), Added: p.now, PowersFrom: PowersFrom(s, in, p.now)}
	raised := in
	raised.ID, raised.Reach, raised.FactorProved, raised.PowersFrom = session.Hash(p.id()), session.Everything, p.now, step.New.PowersFrom
	codes := factor.CodeSet{Codes: []factor.StoredCode{{ID: "a"}, {ID: "b"}, {ID: "c"}}}
	also := []standing.Effect{standing.RaiseSession{Old: in.ID, Session: raised}, standing.SetCodes{Set: codes, At: p.now}}
	if _, ok := p.decide(one, step, also...); ok {
		one.byMail = time.Time{}
	}
}

// turnsOff turns MFA off under My login.
func (p *play) turnsOff() {
	one := p.someone()
	in, ok := p.session(one)
	if !ok {
		return
	}
	s := p.standing(one)
	if reason, _ := May(s, in, TurnOffMFA, p.now); reason != "" || !Fresh(s, in, p.now) {
		return
	}
	d := DropGrants(s, "mfa-off").And(
		standing.SetMFA{}, standing.SetCodes{}, standing.SetBackupEmail{}, standing.ForgetDevices{},
		standing.SetStatus{Status: standing.Settled, At: p.now}, standing.EndSessions{Except: in.ID})
	for _, a := range s.Authenticators {
		d = d.And(standing.RemoveAuthenticator{ID: a.ID})
	}
	_ = p.apply(one, d)
	p.over(one)
	p.done["MFA off"]++
	p.tell("%s turns MFA off", one.s.Member.ID)
}

func (p *play) answersLost() {
	one := p.someone()
	in, ok := p.session(one)
	if !ok || !in.CameByBackup() {
		return
	}
	step := Step{Kind: oneOf(p, SayLost, SayNotLost), Session: in.ID}
	for _, a := range one.s.Authenticators {
		step.Lost = append(step.Lost, a.ID)
	}
	p.decide(one, step)
}

// usesPass opens the newest pass and sets up with it.
func (p *play) usesPass() {
	one := p.someone()
	s := p.standing(one)
	step := Step{Kind: OpenPass, Pass: standing.Pass{ID: s.Pass.ID}, Browser: oneOf(p, browsers...)}
	if s.Member.State != org.Active {
		return
	}
	if _, ok := p.decide(one, step); !ok {
		return
	}
	if bound := one.bound[s.Pass.ID]; bound != "" && bound != step.Browser {
		p.breaks("%s: the pass opens in %s, and was asked for in %s", s.Member.ID, step.Browser, bound)
	}
	in := p.opened(one, session.ByPass)
	in.Reach, in.Pass = session.SetUpOnly, s.Pass.ID
	in = Bounded(s, in)
	p.opens(one, in)
	if p.chance.IntN(3) == 0 {
		return
	}
	if reason, _ := May(p.standing(one), in, AddAuthenticator, p.now); reason == "" {
		p.finishes(one, in, Step{Kind: UsePass, Pass: s.Pass})
	}
}

func (p *play) objects() { p.object(p.someone()) }

func (p *play) object(one *player) {
	s := p.standing(one)
	if _, ok := p.decide(one, Step{Kind: Object, Address: oneOf(p, s.Addresses()...), ByFactor: p.chance.IntN(4) == 0}); ok {
		if s.Pass.By.Kind == audit.Member && p.now.Before(s.Pass.Given.Add(7*24*time.Hour)) {
			one.party[s.Pass.By.Member] = p.now
		}
		p.over(one)
	}
}

func (p *play) passwordByMail() {
	one := p.someone()
	fresh := standing.Password{Set: p.now, ByMail: true, Long: true}
	if _, ok := p.decide(one, Step{Kind: SetPasswordByMail}, standing.SetPassword{Password: fresh}); ok {
		one.byMail = p.now
		p.over(one)
	}
}

// actsOnOther has a colleague, or now and then the operator or a liar, take a
// step about somebody: more often than not somebody whom they might.
func (p *play) actsOnOther() {
	giver, one := p.someone(), p.someone()
	for one.s.Member.Organisation != giver.s.Member.Organisation && p.chance.IntN(10) > 0 {
		one = p.someone()
	}
	kind := oneOf(p, Suspend, Suspend, Suspend, Suspend, Suspend, GivePass, GivePass, GivePass, EndSuspension, EndSuspension, Release, Release, SignOut,
		RefuseHelp, Mistype, Agree, Agree, Stop)
	if p.chance.IntN(200) == 0 {
		kind = Deactivate
	}
	p.acts(giver, one, kind)
}

// acts has giver, or now and then the operator or a liar, take a step about one.
func (p *play) acts(giver, one *player, kind StepKind) {
	step := Step{
		Kind: kind, Verified: oneOf(p, InPerson, ByVideo, ByCall, ByCall, ""), Zone: time.UTC,
		Administrators: p.administrators(one.s.Member.Organisation),
		Suspension: standing.Suspension{
			Until: p.now.Add(oneOf(p, time.Hour, 24*time.Hour, 24*time.Hour, 7*24*time.Hour, 0, -time.Hour, 7*24*time.Hour+time.Millisecond)), Lost: p.chance.IntN(3) == 0,
		},
		Pass: standing.Pass{ID: session.Hash(p.id())}, Link: "/enrolment-pass/token",
	}
	p.names(one, &step)
	switch in, ok := p.ready(giver); {
	case p.chance.IntN(50) == 0:
		step.By = operator
	case p.chance.IntN(25) == 0: // says to be somebody else
		step.By = p.colleague(giver, in).Gives()
		step.By.Actor.Member = p.someone().s.Member.ID
	case !ok:
		return
	default:
		step.By = p.colleague(giver, in).Gives()
	}
	switch _, ok := p.decide(one, step); {
	case ok && kind == EndSuspension:
		p.unsuspended(one)
	case ok && kind == Deactivate:
		p.over(one)
	}
}

// ready returns a session of somebody, in which they have often just proved
// themselves.
func (p *play) ready(one *player) (session.Session, bool) {
	in, ok := p.session(one)
	s := p.standing(one)
	if !ok || len(s.Authenticators) == 0 || p.chance.IntN(3) == 0 {
		return in, ok
	}
	old, used := in.ID, oneOf(p, s.Authenticators...)
	in.ID, in.PasswordProved, in.FactorProved, in.PowersFrom = session.Hash(p.id()), p.now, p.now, used.PowersFrom
	if _, ok := p.decide(one, Step{Kind: ProveFactor, Authenticator: used.ID}, standing.RaiseSession{Old: old, Session: in}); !ok {
		return session.Session{}, false
	}
	one.byMail = time.Time{}
	return in, true
}

// changesOther has somebody change a colleague's role, team or phone, or what
// they supervise.
func (p *play) changesOther() {
	giver, one := p.someone(), p.someone()
	in, ok := p.ready(giver)
	if !ok {
		return
	}
	s, who := p.standing(one), p.colleague(giver, in)
	by := who.Gives().Actor
	may := func(do Action) bool {
		reason, _ := Permit(who, do, About(s, p.now), p.now)
		return reason == ""
	}
	note := func(what standing.What) standing.Decision {
		change := standing.Change{What: what, At: p.now, By: by}
		if what == standing.RoleOf {
			change.Was = s.Member.Role()
			one.held = append(one.held, held{s.Member.Role(), p.now})
		}
		return standing.Decision{Effects: []standing.Effect{standing.NoteChange{Change: change}}}
	}
	var d standing.Decision
	switch p.chance.IntN(4) {
	case 0:
		to := oneOf(p, org.Employee, org.Administrator)
		if !p.houses[s.Member.Organisation].Kind.Holds(to) || !may(ChangeRole) || to == s.Member.Stored ||
			isAdministrator(s.Member) && len(p.administrators(s.Member.Organisation)) == 1 {
			return
		}
		d = note(standing.RoleOf).And(standing.SetRole{From: s.Member.Stored, To: to, At: p.now})
		if to.Above(s.Member.Stored) {
			d = d.Merge(DropGrants(s, "role"))
			p.over(one)
		}
	case 1:
		if !may(ChangeTeam) {
			return
		}
		d = note(standing.TeamOf)
		one.s.Member.Team = oneOf(p, org.TeamID("bread"), "cake", "")
	case 2:
		if !may(EditAddress) {
			return
		}
		d = note(standing.PhoneOf)
		one.phoneSet = p.now
	default:
		if !may(ChangeRole) || isAdministrator(s.Member) || s.Member.Organisation != "bakery" {
			return
		}
		d = note(standing.RoleOf)
		one.teams = oneOf(p, nil, []org.TeamID{"bread"}, []org.TeamID{"cake"}, []org.TeamID{"bread", "cake"})
		one.s.Member.Supervises = len(one.teams) > 0
	}
	if err := p.apply(one, d); err != nil {
		p.breaks("a change is not saved: %v", err)
	}
	one.changedBy[by.Member] = p.now
	p.done["changes another"]++
	p.tell("%s changes %s: now %s in %q", by.Member, s.Member.ID, one.s.Member.Role(), one.s.Member.Team)
}

// changesForcing turns forcing on, off, or off for a while.
func (p *play) changesForcing() {
	giver := p.someone()
	in, ok := p.ready(giver)
	h := p.houses[giver.s.Member.Organisation]
	if !ok || h.Kind == org.Desk {
		return
	}
	if reason, _ := Permit(p.colleague(giver, in), ForceMFA, Whom{}, p.now); reason != "" {
		return
	}
	switch p.chance.IntN(5) {
	case 0:
		h.MFA = h.MFA.On(p.now, oneOf(p, 0, 7*24*time.Hour))
		h.MFA.ForcedBy = giver.s.Member.ID
		h.forced, h.pausedTo = true, time.Time{}
		for _, l := range h.suspended {
			l.over = true
		}
	case 1, 2, 3:
		h.MFA = h.MFA.Off(p.now)
		h.forced, h.pausedTo = false, time.Time{}
	default:
		if !h.forced {
			return
		}
		until := p.now.Add(oneOf(p, time.Hour, 24*time.Hour))
		h.MFA = h.MFA.Pause(p.now, until)
		h.pausedTo = until
	}
	p.done["forcing"]++
	p.tell("%s forces: %v, off until %v", h.ID, h.forced, h.pausedTo)
}

// givesOwed puts passes in the place of the suspensions that forcing ended.
func (p *play) givesOwed() {
	for _, one := range p.people {
		before := p.standing(one)
		if !CutShort(before, p.now) {
			continue
		}
		giver := ForcedBy(before.Organisation, p.colleague(p.find("ann"), session.Session{}))
		step := Step{Kind: GivePass, By: giver, Pass: standing.Pass{ID: session.Hash(p.id())}, Zone: time.UTC, Administrators: p.administrators(before.Organisation.ID)}
		if p.apply(one, PassInstead(before, step, p.now)) != nil {
			p.breaks("%s: what forcing owes is not given", before.Member.ID)
		}
		p.unsuspended(one)
		if one.s.Pass.ID != step.Pass.ID {
			continue
		}
		if giver.Actor.Member == before.Member.ID {
			p.breaks("%s: forcing gives whoever forced a pass", before.Member.ID)
		}
		clear(one.passFrom)
		one.passFrom[step.Pass.ID] = one.s.Pass.From
		p.done["a pass instead of a suspension"]++
		p.tell("%s: a pass instead of the suspension", before.Member.ID)
	}
}

// changesPolicy changes how members get back in; what is weaker waits.
func (p *play) changesPolicy() {
	giver := p.someone()
	in, ok := p.ready(giver)
	h := p.houses[giver.s.Member.Organisation]
	if !ok {
		return
	}
	if reason, _ := Permit(p.colleague(giver, in), ChangeRecovery, Whom{}, p.now); reason != "" {
		return
	}
	to := org.RecoveryPolicy{
		SupervisorsBarred: p.chance.IntN(4) == 0, BackupEmailClosed: p.chance.IntN(4) == 0,
		LongestSuspension: oneOf(p, 0, 24*time.Hour), Wait: oneOf(p, 0, 48*time.Hour), TellSupervisors: p.chance.IntN(2) == 0,
	}
	atOnce, weaker := h.Recovery(p.now).Towards(to)
	h.Policy, h.NextPolicy, h.NextFrom = atOnce, org.RecoveryPolicy{}, time.Time{}
	if weaker {
		h.NextPolicy, h.NextFrom = to, p.now.Add(WeakeningDelay)
	}
	p.done["policy"]++
	p.tell("%s has the policy %+v, then %+v", h.ID, h.Policy, h.NextPolicy)
}

// over notes that what was given to one is over for good.
func (p *play) over(one *player) {
	p.unsuspended(one)
	clear(one.passFrom)
}

// unsuspended notes that the suspension of one is over for good.
func (p *play) unsuspended(one *player) {
	if l := p.houses[one.s.Member.Organisation].suspended[one.s.Member.ID]; l != nil {
		l.over = true
	}
}

// isMember reports whether somebody of the organisation gave.
func isMember(g standing.Giver) bool { return g.Actor.Kind == audit.Member }
