package play

import (
	"context"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/directory"
	"github.com/sparekey/sparekey/internal/factor"
	"github.com/sparekey/sparekey/internal/help"
	"github.com/sparekey/sparekey/internal/ladder"
	"github.com/sparekey/sparekey/internal/notice"
	"github.com/sparekey/sparekey/internal/operate"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/policy"
	"github.com/sparekey/sparekey/internal/session"
	"github.com/sparekey/sparekey/internal/signin"
	"github.com/sparekey/sparekey/internal/standing"
)

// A turn is one act of somebody, with its own chance: two may be taken at once.
type turn struct {
	*world
	ctx    context.Context
	chance *rand.Rand
}

// acts are what people do. How often, by weight.
var acts = []struct {
	weight int
	do     func(turn)
}{
	{20, turn.signsIn}, {4, turn.setsUp}, {8, turn.usesPass}, {1, turn.objects}, {1, turn.forgets}, {1, turn.answersLost}, {10, turn.asks}, {2, turn.withdraws},
	{40, turn.helps}, {4, turn.supervises}, {5, turn.forces}, {2, turn.recovers}, {2, turn.promotes}, {3, turn.edits}, {5, turn.waits},
}

// act does something.
func (t turn) act() {
	all := 0
	for _, a := range acts {
		all += a.weight
	}
	n := t.chance.IntN(all)
	for _, a := range acts {
		if n -= a.weight; n < 0 {
			a.do(t)
			return
		}
	}
}

func oneOf[T any](t turn, list ...T) T { return list[t.chance.IntN(len(list))] }

func (t turn) someone() *person { return oneOf(t, t.people...) }

var origin = audit.Origin{Address: "192.0.2.7", Browser: "Firefox on Linux"}

// waits lets time pass, or has the clock set back.
func (t turn) waits() {
	by := oneOf(t, time.Minute, 6*time.Minute, time.Hour, 8*time.Hour, 24*time.Hour, 72*time.Hour, -time.Minute, -time.Hour)
	t.clock.Add(by.Milliseconds())
}

// code is what the newest phone of p shows, in a time step of its own.
func (t turn) code(p *person) string {
	now := time.UnixMilli(t.clock.Add(factor.Period.Milliseconds())).UTC()
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.phones) == 0 {
		return ""
	}
	return string(p.phones[len(p.phones)-1].Code(factor.Step(now)))
}

// types sends a right password.
func (t turn) types(p *person, known bool) (signin.Opening, error) {
	p.mu.Lock()
	c := signin.Credentials{Address: string(p.email), Password: p.password, Origin: origin}
	if known {
		c.Device = p.browser
	}
	p.mu.Unlock()
	return t.signIn.Password(t.ctx, c)
}

// signsIn goes the way of the sign-in pages, with one proof or another.
func (t turn) signsIn() { t.signsInAs(t.someone()) }

func (t turn) signsInAs(p *person) {
	opening, err := t.types(p, t.chance.IntN(2) == 0)
	if err != nil {
		return
	}
	if opening.Session != "" {
		t.entered(p, opening.Session)
		return
	}
	answer := signin.Answer{Kind: session.ByFactor, Origin: origin}
	switch t.chance.IntN(6) {
	case 0:
		answer.Kind = session.ByBackupCode
		p.mu.Lock()
		if len(p.codes) > 0 {
			answer.Typed, p.codes = string(p.codes[0]), p.codes[1:]
		}
		p.mu.Unlock()
	case 1:
		answer.Kind, answer.Typed = session.ByBackupEmail, t.mailed(p, opening.Challenge, standing.ForSignIn, notice.SignInCode)
	case 2, 3:
		answer.Kind, answer.Typed = session.BySuspension, t.mailed(p, opening.Challenge, standing.ForSuspended, notice.SuspendedCode)
	default:
		answer.Typed = t.code(p)
	}
	in, err := t.signIn.Answer(t.ctx, opening.Challenge, answer)
	if err != nil {
		return
	}
	if in.Device != "" {
		p.mu.Lock()
		p.browser = in.Device
		p.mu.Unlock()
	}
	t.entered(p, in.Session)
}

// mailed has a code mailed and reads it.
func (t turn) mailed(p *person, challenge session.Token, purpose standing.Purpose, kind notice.Kind) string {
	if t.signIn.MailCode(t.ctx, challenge, purpose, origin) != nil {
		return ""
	}
	m, _ := t.newest(p, func(m notice.Message) bool { return m.Kind == kind })
	return m.Facts.Code
}

// inside returns a session of p with fresh proofs, or false.
func (t turn) inside(p *person) (session.Session, bool) {
	p.mu.Lock()
	var token session.Token
	if n := len(p.sessions); n > 0 {
		token = p.sessions[t.chance.IntN(n)]
	}
	p.mu.Unlock()
	in, _, err := t.signIn.Current(t.ctx, token)
	if err != nil {
		return t.comesIn(p)
	}
	if t.chance.IntN(4) == 0 {
		return in, true
	}
	p.mu.Lock()
	words := p.password
	p.mu.Unlock()
	fresh, err := t.signIn.Renew(t.ctx, in, signin.Renewal{Password: words, Code: t.code(p), Origin: origin})
	if err != nil {
		return in, true
	}
	t.keeps(p, fresh)
	in, _, err = t.signIn.Current(t.ctx, fresh)
	return in, err == nil
}

// comesIn signs in with the phone, or with nothing where nothing is asked.
func (t turn) comesIn(p *person) (session.Session, bool) {
	opening, err := t.types(p, true)
	if err != nil {
		return session.Session{}, false
	}
	token := opening.Session
	if token == "" {
		done, err := t.signIn.Answer(t.ctx, opening.Challenge, signin.Answer{Kind: session.ByFactor, Typed: t.code(p), Origin: origin})
		if err != nil {
			return session.Session{}, false
		}
		token = done.Session
	}
	t.entered(p, token)
	in, _, err := t.signIn.Current(t.ctx, token)
	return in, err == nil
}

func (t turn) keeps(p *person, token session.Token) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.sessions = append(p.sessions, token); len(p.sessions) > 4 {
		p.sessions = p.sessions[1:]
	}
	p.watched = append(p.watched, token)
}

// setsUp sets up MFA in a session.
func (t turn) setsUp() {
	p := t.someone()
	if in, ok := t.inside(p); ok {
		t.goesThrough(p, in)
	}
}

// goesThrough takes all stages of a set-up.
func (t turn) goesThrough(p *person, in session.Session) {
	v := standing.Visit{Session: in, Origin: origin}
	if t.enrol.Begin(t.ctx, v) != nil {
		return
	}
	up, err := t.enrol.Under(t.ctx, in)
	if err == nil && up.Stage == standing.StageMailCode {
		m, _ := t.newest(p, func(m notice.Message) bool { return m.Kind == notice.SetUpCode })
		if t.enrol.Check(t.ctx, v, m.Facts.Code) != nil {
			return
		}
		up, err = t.enrol.Under(t.ctx, in)
	}
	if err != nil {
		return
	}
	name := "Phone " + up.Begun.Format(time.RFC3339Nano)
	token, err := t.enrol.Scan(t.ctx, v, name, string(up.Secret.Code(factor.Step(t.now()))))
	if err != nil {
		return
	}
	p.mu.Lock()
	p.phones = append(p.phones, up.Secret)
	p.mu.Unlock()
	t.keeps(p, token)
	t.did("set up")
	v.Session, _, err = t.signIn.Current(t.ctx, token)
	if err != nil {
		return
	}
	if up, err = t.enrol.Under(t.ctx, v.Session); err != nil || len(up.Codes) == 0 {
		return
	}
	if _, err := t.enrol.Codes(t.ctx, v, string(up.Codes[0])); err == nil {
		p.mu.Lock()
		p.codes = up.Codes
		p.mu.Unlock()
	}
}

// usesPass opens the newest pass that was mailed, and sets up with it.
func (t turn) usesPass() { t.usesPassOf(t.someone()) }

func (t turn) usesPassOf(p *person) {
	m, ok := t.newest(p, func(m notice.Message) bool { return strings.HasPrefix(m.Facts.Link, standing.PassPath) })
	if !ok {
		return
	}
	p.mu.Lock()
	c := signin.Credentials{Password: p.password, Origin: origin}
	p.mu.Unlock()
	opening, err := t.signIn.OpenPass(t.ctx, session.Token(strings.TrimPrefix(m.Facts.Link, standing.PassPath)), c)
	if err != nil {
		return
	}
	t.entered(p, opening.Session)
	if in, _, err := t.signIn.Current(t.ctx, opening.Session); err == nil {
		t.goesThrough(p, in)
	}
}

// objects presses "This was not me" in the newest mail that has it.
func (t turn) objects() {
	p := t.someone()
	m, ok := t.newest(p, func(m notice.Message) bool { return m.Facts.Objection != "" })
	if !ok {
		return
	}
	token := session.Token(strings.TrimPrefix(m.Facts.Objection, standing.ObjectionPath))
	if t.recover.Object(t.ctx, token, session.Session{}, origin) == nil {
		t.did("objects")
	}
}

// forgets sets a new password by mail.
func (t turn) forgets() {
	p := t.someone()
	if t.signIn.Forgotten(t.ctx, p.email, origin) != nil {
		return
	}
	m, ok := t.newest(p, func(m notice.Message) bool { return strings.HasPrefix(m.Facts.Link, standing.ResetPath) })
	if !ok {
		return
	}
	fresh := words + " " + m.Facts.ValidUntil.Format("150405.000")
	if t.signIn.ResetPassword(t.ctx, session.Token(strings.TrimPrefix(m.Facts.Link, standing.ResetPath)), fresh, origin) == nil {
		p.mu.Lock()
		p.password = fresh
		p.mu.Unlock()
		t.did("a new password by mail")
	}
}

func (t turn) answersLost() {
	p := t.someone()
	in, ok := t.inside(p)
	if !ok || !in.CameByBackup() {
		return
	}
	st, err := t.store.Standing(t.ctx, p.id)
	if err != nil {
		return
	}
	var lost []factor.AuthenticatorID
	for _, a := range st.Authenticators {
		lost = append(lost, a.ID)
	}
	if t.recover.Lost(t.ctx, in, lost, origin) == nil {
		t.did("says that the phone is lost")
	}
}

// colleague returns p as one who acts in a session, or false.
func (t turn) colleague(p *person) (standing.Colleague, bool) {
	in, ok := t.inside(p)
	if !ok {
		return standing.Colleague{}, false
	}
	who, err := t.store.Colleague(t.ctx, p.id)
	who.Session = in
	return who, err == nil
}

// helps has somebody do something about somebody: rightly, or not.
func (t turn) helps() {
	giver, one := t.someone(), t.someone()
	if t.chance.IntN(4) > 0 { // mostly those who may, about those whom they may help
		giver, one = oneOf(t, t.people[:5]...), oneOf(t, t.people[4:]...)
	}
	who, ok := t.colleague(giver)
	o := operate.Order{
		Kind:     oneOf(t, ladder.Suspend, ladder.Suspend, ladder.Suspend, ladder.GivePass, ladder.GivePass, ladder.EndSuspension, ladder.EndSuspension, ladder.Release, ladder.SignOut),
		Verified: oneOf(t, ladder.InPerson, ladder.InPerson, ladder.ByVideo, ladder.ByCall, ladder.Verified("they called me")),
		Length:   oneOf(t, ladder.OneHour, ladder.OneDay, ladder.ThreeDays, ladder.SevenDays, ladder.UntilMidnight, ladder.Length("0s"), ladder.Length("8d")),
		Lost:     t.chance.IntN(3) == 0,
		By:       operate.By{Why: oneOf(t, "lost the phone, she says", "lost the phone, he says", "no phone today", "no phone this week", ""), Origin: origin, Giver: who.Gives()},
	}
	switch {
	case t.chance.IntN(12) == 0:
		o.Giver = standing.Giver{Actor: audit.Actor{Kind: audit.Operator}}
	case t.chance.IntN(12) == 0: // says to be somebody else
		o.Giver.Actor.Member = t.someone().id
	case !ok:
		return
	}
	t.names(one, &o)
	if _, err := t.operate.Carry(t.ctx, one.id, o); err != nil {
		return
	}
	t.did(string(o.Kind))
	switch o.Kind {
	case ladder.Suspend:
		for range 4 {
			t.signsInAs(one)
		}
		if t.chance.IntN(2) == 0 {
			return
		}
		o.Kind = ladder.EndSuspension
		if _, err := t.operate.Carry(t.ctx, one.id, o); err == nil {
			t.did(string(o.Kind))
		}
	case ladder.GivePass:
		t.usesPassOf(one)
	}
}

// supervises gives somebody a team, or takes it.
func (t turn) supervises() {
	who, ok := t.colleague(oneOf(t, t.people[:5]...))
	if !ok {
		return
	}
	hand, team, m := directory.Hand{Who: who, Origin: origin}, oneOf(t, org.TeamID("bread"), "cake"), t.someone().id
	do := oneOf(t, t.office.Supervise, t.office.StopSupervising)
	if do(t.ctx, hand, team, m) == nil {
		t.did("changes who supervises")
	}
}

// forces changes the forcing.
func (t turn) forces() {
	who, ok := t.colleague(oneOf(t, t.people[:5]...))
	if !ok {
		return
	}
	by, o := policy.By{Giver: who.Gives(), Origin: origin}, who.Organisation.ID
	var err error
	switch t.chance.IntN(4) {
	case 0:
		_, err = t.policy.Force(t.ctx, by, o, oneOf(t, policy.Graces...), nil)
	case 1, 2:
		_, err = t.policy.Release(t.ctx, by, o)
	default:
		_, err = t.policy.Pause(t.ctx, by, o, oneOf(t, policy.Pauses...))
	}
	if err == nil {
		t.did("changes the forcing")
	}
}

// recovers changes how members get back in.
func (t turn) recovers() {
	who, ok := t.colleague(oneOf(t, t.people[:5]...))
	if !ok {
		return
	}
	to := org.RecoveryPolicy{SupervisorsBarred: t.chance.IntN(3) == 0, BackupEmailClosed: t.chance.IntN(3) == 0, LongestSuspension: oneOf(t, policy.Longest...)}
	seen := who.Organisation.Wished(t.now()).Stamp()
	done, err := t.policy.SetRecovery(t.ctx, policy.By{Giver: who.Gives(), Origin: origin}, who.Organisation.ID, seen, to)
	if err == nil && done.Changed {
		t.did("changes the policy")
	}
}

// promotes makes somebody an administrator, by inviting them as one.
func (t turn) promotes() {
	who, ok := t.colleague(oneOf(t, t.people[:5]...))
	if !ok || t.chance.IntN(4) > 0 {
		return
	}
	by := operate.By{Giver: who.Gives(), Origin: origin}
	v, err := t.operate.PlanInvitation(t.ctx, by, who.Organisation, org.Member{Email: t.someone().email, Stored: org.Administrator})
	if err != nil {
		return
	}
	if _, err = t.operate.Invite(t.ctx, by, v); err == nil {
		t.did("raises a role")
	}
}

// edits changes somebody's role, team or phone.
func (t turn) edits() {
	who, ok := t.colleague(oneOf(t, t.people[:5]...))
	if !ok {
		return
	}
	role, team, phone := oneOf(t, org.Employee, org.Administrator), oneOf(t, org.TeamID("bread"), "cake"), "+31 6 2345"+t.now().Format("1504")
	e := oneOf(t, operate.Edit{Role: &role}, operate.Edit{Team: &team}, operate.Edit{Phone: &phone})
	if done, err := t.operate.Edit(t.ctx, operate.By{Giver: who.Gives(), Why: "it changed", Origin: origin}, t.someone().id, e); err == nil && done.Changed {
		t.did("edits another")
	}
}

// asks asks for help from a sign-in whose password was right.
func (t turn) asks() {
	p := t.someone()
	opening, err := t.types(p, t.chance.IntN(2) == 0)
	if err != nil || opening.Challenge == "" {
		return
	}
	challenge, _, err := t.signIn.Pending(t.ctx, opening.Challenge)
	if err != nil {
		return
	}
	token, err := t.help.Ask(t.ctx, help.Call{Challenge: challenge, Origin: origin})
	if err != nil {
		return
	}
	p.mu.Lock()
	p.waits = token
	p.mu.Unlock()
	t.did("asks for help")
}

// withdraws takes the last request back.
func (t turn) withdraws() {
	p := t.someone()
	p.mu.Lock()
	token := p.waits
	p.mu.Unlock()
	if token != "" && t.help.Withdraw(t.ctx, token, origin) == nil {
		t.did("withdraws a request")
	}
}

// names has an order name a request, mostly one of the member's that is open,
// with its matching code, and now and then somebody else's.
func (t turn) names(one *person, o *operate.Order) {
	if o.Kind != ladder.Suspend && o.Kind != ladder.GivePass || o.Giver.As == nil {
		return
	}
	if t.chance.IntN(12) == 0 {
		one = t.someone()
	}
	st, err := t.store.Standing(t.ctx, one.id)
	if err != nil || len(st.Requests) == 0 {
		return
	}
	r := oneOf(t, st.Requests...)
	if st.Requests[0].State == standing.Asked && t.chance.IntN(6) > 0 {
		r = st.Requests[0]
	}
	if r.State == standing.Asked || t.chance.IntN(4) == 0 {
		o.Request, o.Matching = r.ID, r.Code
		if t.chance.IntN(8) == 0 {
			o.Matching = "ACD347"
		}
	}
}
