package ladder

import (
	"time"

	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/session"
	"github.com/sparekey/sparekey/internal/standing"
)

// worksAtTheDesk has a case go on by a random step of random people: an administrator
// opens one, somebody approves it first, others approve, hand over or release.
func (p *play) worksAtTheDesk() {
	one := p.people[p.chance.IntN(9)] // nobody of the desk
	if p.chance.IntN(4) > 0 {
		one = p.find(oneOf(p, org.MemberID("ann"), "bob", "mia"))
	}
	agents := []*player{p.find("lea"), p.find("abe"), p.find("ida")}
	c := one.s.Case
	switch {
	case !c.Lives():
		one.s.Case = standing.Case{ID: p.id(), Number: "2026-0001", State: standing.CaseOpen}
		one.s.Desk = true
		return
	case c.State == standing.CaseOpen:
		c.State, c.First, c.Second = standing.CaseSecond, oneOf(p, agents...).s.Member.ID, oneOf(p, agents...).s.Member.ID
		one.s.Case = c
		return
	case c.State == standing.CaseFrozen && p.chance.IntN(2) == 0:
		p.acts(p.find("lea"), one, Release)
		if one.s.Status != standing.Frozen {
			c.State, one.s.Case = standing.CaseOpen, c
		}
		return
	}
	giver := oneOf(p, agents...)
	switch {
	case p.chance.IntN(6) == 0:
		giver = p.someone()
	case c.State == standing.CaseSecond && p.chance.IntN(3) > 0:
		giver = p.find(c.Second)
	}
	kind := GrantPass
	if c.State != standing.CaseSecond && p.chance.IntN(8) > 0 {
		kind = HandPass
	}
	in, ok := p.ready(giver)
	if !ok {
		return
	}
	step := Step{
		Kind: kind, By: p.colleague(giver, in).Gives(), Zone: time.UTC, Pass: standing.Pass{ID: session.Hash(p.id())}, Half: "ACDEFGH346",
		Administrators: p.administrators(one.s.Member.Organisation), Helpers: p.helpers(one),
	}
	before := p.standing(one)
	if _, ok := p.decide(one, step); !ok {
		return
	}
	p.deskGave(one, before, step)
	c = one.s.Case
	switch kind {
	case GrantPass:
		c.State, c.Opens = standing.CaseWaiting, one.s.Pass.From
	case HandPass:
		c.State = standing.CaseHanded
	}
	one.s.Case = c
}

// deskGave checks what the desk gave, and keeps book of it.
func (p *play) deskGave(one *player, before standing.Standing, step Step) {
	m, by, c := before.Member, p.find(step.By.Actor.Member), before.Case
	what := string(m.ID) + ": " + string(step.Kind)
	switch {
	case by.s.Member.Organisation != "desk" || by.s.MFASince.IsZero() || by.s.Member.State != org.Active:
		p.breaks("%s by nobody of the desk with MFA", what)
	case step.By.As.Session.FactorProved.IsZero() || p.now.Sub(step.By.As.Session.FactorProved) > 5*time.Minute:
		p.breaks("%s, and nothing was proved lately", what)
	case m.Stored != org.Administrator || m.State != org.Active || before.MFASince.IsZero():
		p.breaks("%s to somebody it is not for", what)
	case before.Status == standing.Frozen:
		p.breaks("%s after an objection", what)
	case !one.byMail.IsZero() && p.now.Before(one.byMail.Add(72*time.Hour)):
		p.breaks("%s, and the password came by mail", what)
	}
	switch step.Kind {
	case GrantPass:
		if c.First == c.Second || c.Second != by.s.Member.ID || c.First == "" {
			p.breaks("%s: by one agent alone", what)
		}
		clear(one.passFrom)
		one.deskFrom = p.now.Add(24 * time.Hour)
		one.passFrom[step.Pass.ID] = one.deskFrom
	case HandPass:
		if by.s.Member.ID != c.First && by.s.Member.ID != c.Second {
			p.breaks("%s: by another agent", what)
		}
		if p.now.Before(one.deskFrom) {
			p.breaks("%s: before there was time to object", what)
		}
		clear(one.passFrom)
		one.passFrom[step.Pass.ID] = p.now
	}
}
