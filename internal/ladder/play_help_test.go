package ladder

import (
	"time"

	"github.com/sparekey/sparekey/internal/factor"
	"github.com/sparekey/sparekey/internal/session"
	"github.com/sparekey/sparekey/internal/standing"
)

// helpers are all who may be turned to for one.
func (p *play) helpers(one *player) []standing.Helper {
	var list []standing.Helper
	for _, other := range p.people {
		m := other.s.Member
		if other == one || m.Organisation != one.s.Member.Organisation || m.State != "active" {
			continue
		}
		for _, team := range other.teams {
			if team == one.s.Member.Team && !isAdministrator(m) {
				list = append(list, standing.Helper{ID: m.ID, Role: m.Role(), Email: m.Email})
			}
		}
		if isAdministrator(m) {
			list = append(list, standing.Helper{ID: m.ID, Role: m.Role(), Email: m.Email})
		}
	}
	return list
}

// asks makes a request for help.
func (p *play) asks() {
	one, browser := p.someone(), oneOf(p, browsers...)
	request := standing.Request{
		ID: p.id(), Browser: browser, Code: factor.MatchingCode(oneOf(p, "ACD346", "QRT349", "WXY779")), Known: one.known[browser],
	}
	if _, ok := p.decide(one, Step{Kind: AskHelp, Request: request, Browser: browser, Helpers: p.helpers(one)}); ok {
		p.done["asks"]++
		p.isHeard(one, browser)
	}
}

// isHeard has somebody who can help one do so now and then, and one go on, before
// anything else happens.
func (p *play) isHeard(one *player, browser session.Hash) {
	able := Able(p.standing(one), p.helpers(one), p.now)
	if len(able) == 0 || p.chance.IntN(2) == 0 {
		return
	}
	p.acts(p.find(oneOf(p, able...).ID), one, oneOf(p, Suspend, Suspend, GivePass))
	switch p.chance.IntN(7) {
	case 0:
		p.acts(p.find(oneOf(p, able...).ID), one, oneOf(p, Agree, Stop))
	case 1:
		p.carriesOn()
	case 5:
		p.object(one)
	case 2:
		p.decide(one, Step{Kind: WithdrawHelp, Request: standing.Request{ID: one.s.Requests[0].ID}, Browser: browser})
	case 3, 4:
		s := p.standing(one)
		if r, ok := RequestIn(s, browser); ok {
			if _, ok := p.decide(one, Step{Kind: CarryOn, Request: standing.Request{ID: r.ID}, Browser: browser}); ok {
				p.opens(one, Bounded(s, p.opened(one, session.BySuspension)))
			}
		}
	}
}

// withdraws takes a request back, in the browser that made it or in another.
func (p *play) withdraws() {
	one := p.someone()
	if len(one.s.Requests) == 0 {
		return
	}
	r := oneOf(p, one.s.Requests...)
	p.decide(one, Step{Kind: WithdrawHelp, Request: standing.Request{ID: r.ID}, Browser: oneOf(p, browsers...)})
}

// carriesOn goes on in some browser by what was given for a request.
func (p *play) carriesOn() {
	one, browser := p.someone(), oneOf(p, browsers...)
	s := p.standing(one)
	r, ok := RequestIn(s, browser)
	if !ok || s.Member.State != "active" {
		return
	}
	if _, ok := p.decide(one, Step{Kind: CarryOn, Request: standing.Request{ID: r.ID}, Browser: browser}); !ok {
		return
	}
	if by := one.asked[r.ID]; by != browser {
		p.breaks("%s carries on in %s, and asked in %s", s.Member.ID, browser, by)
	}
	p.opens(one, Bounded(s, p.opened(one, session.BySuspension)))
}

// names fills in which request a step is about, and the code for it; more often
// than not the right one.
func (p *play) names(one *player, step *Step) {
	step.Helpers = p.helpers(one)
	if len(one.s.Requests) == 0 || p.chance.IntN(8) == 0 {
		return
	}
	r := one.s.Requests[0]
	if p.chance.IntN(8) == 0 {
		r = oneOf(p, one.s.Requests...)
	}
	step.Request.ID, step.Matching = r.ID, r.Code
	if p.chance.IntN(10) == 0 {
		step.Matching = oneOf(p, factor.MatchingCode("ACD346"), "QRT349", "")
	}
	if p.chance.IntN(8) == 0 {
		step.Browser = oneOf(p, browsers...)
	}
}

// helped checks and keeps book of what was done about requests.
func (p *play) helped(one *player, before standing.Standing, step Step) {
	switch step.Kind {
	case AskHelp:
		one.asked[step.Request.ID] = step.Browser
	case ProveFactor, SpendBackupCode:
		for _, r := range one.s.Requests {
			if r.State == standing.Asked || r.State == standing.Approved {
				if p.now.Before(r.Expires) {
					p.breaks("%s: a request outlives a proof", before.Member.ID)
				}
			}
		}
		if one.bound[one.s.Pass.ID] != "" {
			for _, r := range before.Requests {
				if r.State == standing.Approved && p.now.Before(r.Expires) && r.Browser == one.s.Pass.Browser {
					p.breaks("%s: a pass for another browser outlives a proof", before.Member.ID)
				}
			}
		}
	case Suspend, GivePass:
		p.answers(one, before, step)
	case WithdrawHelp:
		if one.asked[step.Request.ID] != step.Browser {
			p.breaks("%s: withdrawn in %s", before.Member.ID, step.Browser)
		}
	case Agree:
		p.agrees(one, before, step)
	case Stop:
		if one.s.Status != standing.Frozen || one.s.Pass.ID != "" {
			p.breaks("%s: stopped, and nothing is", before.Member.ID)
		}
		one.party[before.Pass.By.Member] = p.now
		p.over(one)
	}
}

// answers checks that a colleague names the request that is open.
func (p *play) answers(one *player, before standing.Standing, step Step) {
	if isMember(step.By) {
		for _, r := range before.Requests {
			if r.State == standing.Asked && p.now.Before(r.Expires) && step.Request.ID == "" {
				p.breaks("%s: %s past a request that is open", before.Member.ID, step.Kind)
			}
		}
	}
	if step.Request.ID == "" {
		return
	}
	r, ok := before.Request(step.Request.ID)
	if !ok || r.State != standing.Asked || !p.now.Before(r.Expires) || r.Code != step.Matching || r.Code == "" {
		p.breaks("%s: %s with the code of another request, or for one that is over", before.Member.ID, step.Kind)
	}
	if step.Kind == GivePass {
		one.bound[step.Pass.ID] = one.asked[r.ID]
	}
}

// agrees checks who ends the time to object.
func (p *play) agrees(one *player, before standing.Standing, step Step) {
	giver := p.find(step.By.Actor.Member)
	week := p.now.Add(-7 * 24 * time.Hour)
	switch {
	case giver == nil || giver == one || giver.s.Member.ID == before.Pass.By.Member:
		p.breaks("%s: no second voice agrees", before.Member.ID)
	case !isAdministrator(giver.s.Member) || giver.since.After(week) || giver.s.MFASince.After(week) || giver.s.MFASince.IsZero():
		p.breaks("%s: %s agrees, who is new", before.Member.ID, giver.s.Member.ID)
	}
	one.passFrom[one.s.Pass.ID], one.deskFrom = p.now, p.now
}
