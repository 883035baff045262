package ladder

import (
	"time"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/notice"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/session"
	"github.com/sparekey/sparekey/internal/standing"
)

// HandTime is how long the halves of a pass wait to be handed over once the time to
// object has ended.
const HandTime = 7 * 24 * time.Hour

// PermitAgent returns why who may not work at the desk at now, and until when that
// holds; the empty Reason: they may. A lead's work is a lead's alone. Weighty work
// asks a factor proved within the last five minutes, in a session that gives powers.
func PermitAgent(who standing.Colleague, lead, weighty bool, now time.Time) (Reason, time.Time) {
	switch {
	case !atWork(who) || who.Organisation.Kind != org.Desk || !who.MFA():
		return Unknown, time.Time{}
	case withoutFactor(who.Session) != "":
		return withoutFactor(who.Session), time.Time{}
	case lead && who.Member.Stored != org.Lead:
		return NotForRole, time.Time{}
	case weighty:
		return proved(who, now)
	}
	return "", time.Time{}
}

// fromTheDesk reports whether the desk acts on the member's case.
func fromTheDesk(s standing.Standing, step Step) bool {
	as := step.By.As
	return as != nil && as.Organisation.Kind == org.Desk && s.Organisation.ID != as.Organisation.ID && s.Case.Lives()
}

// deskAgent asks for an agent who may, and who is none of the claimant's own
// people: whoever has an address of the member's is that person's second account.
func deskAgent(s standing.Standing, step Step, lead bool, now time.Time) (Reason, time.Time) {
	if !fromTheDesk(s, step) || step.By.Actor.Member != step.By.As.Member.ID {
		return NotYours, time.Time{}
	}
	for _, address := range s.Addresses() {
		if step.By.As.Member.Email == address {
			return SecondAccount, time.Time{}
		}
	}
	return PermitAgent(*step.By.As, lead, true, now)
}

var mayGrantPass = all("by a second agent of the desk, whom the queue has picked, to an active administrator whose case another agent has approved; MFA is on; no password by mail lately", isActive, mfaIsOn,
	guard{"", func(s standing.Standing, step Step, now time.Time) (Reason, time.Time) {
		c := s.Case
		if reason, until := deskAgent(s, step, false, now); reason != "" {
			return reason, until
		}
		switch {
		case s.Member.Stored != org.Administrator:
			return NotForRole, time.Time{}
		case c.State != standing.CaseSecond || c.First == "" || step.Pass.ID == "":
			return NotNow, time.Time{}
		case c.First == step.By.As.Member.ID:
			return GaveItYourself, time.Time{}
		case c.Second != step.By.As.Member.ID:
			return NotYours, time.Time{}
		}
		return passwordByMail(s, now)
	}})

var mayHandPass = all("by one of the two agents who approved the case; the time to object has ended", isActive, mfaIsOn,
	guard{"", func(s standing.Standing, step Step, now time.Time) (Reason, time.Time) {
		c := s.Case
		if reason, until := deskAgent(s, step, false, now); reason != "" {
			return reason, until
		}
		switch {
		case c.State != standing.CaseWaiting && c.State != standing.CaseHanded || step.Pass.ID == "":
			return NotNow, time.Time{}
		case c.First != step.By.As.Member.ID && c.Second != step.By.As.Member.ID:
			return NotYours, time.Time{}
		case Waiting(s, now):
			return NotWaiting, s.Pass.From
		case !s.Pass.Open(now) && c.State == standing.CaseWaiting, c.State == standing.CaseHanded && !now.Before(c.Opens.Add(HandTime)):
			return PassEnded, time.Time{}
		}
		return passwordByMail(s, now)
	}})

// grantPass gives the pass of a case: nobody holds it before the time to object has
// ended and its halves are handed over.
func grantPass(s standing.Standing, step Step, now time.Time) standing.Decision {
	given := step.Pass
	given.Given, given.By = now, step.By.Actor
	given.From = WaitUntil(now, s.Organisation.Recovery(now), step.Zone)
	given.Expires = given.From.Add(HandTime)
	facts := notice.Facts{UsableFrom: given.From, Case: s.Case.Number}
	d := standing.Decision{
		Effects: []standing.Effect{standing.DropLinks{Purpose: standing.ForPass}, standing.SetPass{Pass: given}},
		Events: []audit.Event{{Kind: audit.PassGiven, Facts: map[string]string{
			"case": s.Case.Number, "first": string(s.Case.First), "second": string(step.By.Actor.Member),
		}}},
		Notices: toldByGiver(s, step, notice.CaseApproved, notice.CaseApprovedToAdministrators, facts),
	}
	return d.Merge(endRequests(s, now, "", "other-answer")).Merge(dropSuspension(s, "withdrawn"))
}

// handPass puts the pass whose halves are handed over in place of the one that
// waited. The mailed half goes to every address of the member: alone it is nothing.
func handPass(s standing.Standing, step Step, now time.Time) standing.Decision {
	given := s.Pass
	given.ID, given.By, given.From, given.Expires = step.Pass.ID, step.By.Actor, now, now.Add(standing.PassLifetime)
	facts := notice.Facts{Code: step.Half, ValidUntil: given.Expires, Case: s.Case.Number, Giver: step.By.Name}
	d := standing.Decision{
		Effects: []standing.Effect{standing.SetPass{Pass: given}},
		Events:  []audit.Event{{Kind: audit.CaseHanded, Facts: map[string]string{"case": s.Case.Number, "verified": string(step.Verified)}}},
		Notices: tell(s, notice.CasePass, facts),
	}
	facts.Code = ""
	d.Notices = append(d.Notices, TellOthers(s, notice.CasePassToAdministrators, facts, others(s, step))...)
	return d
}

// endCase ends the member's case at the desk, if it lives. What it gave goes with it.
func endCase(s standing.Standing, state standing.CaseState, why string, now time.Time) standing.Decision {
	if !s.Case.Lives() {
		return standing.Decision{}
	}
	c := s.Case
	from := c.State
	c.State, c.Since, c.Asked = state, now, time.Time{}
	if c.State.Ended() {
		c.Destroy = now.Add(KeepEvidence)
	}
	return standing.Decision{
		Effects: []standing.Effect{standing.SetCase{From: from, Case: c}, standing.AddEntry{Case: c.ID, Entry: standing.Entry{Kind: standing.OfCase, At: now, Text: string(state) + "." + why}}},
		Events:  []audit.Event{{Kind: audit.CaseEnded, Reason: why, Facts: map[string]string{"case": c.Number, "state": string(state)}}},
	}
}

// KeepEvidence is how long the evidence of a case is kept after its end, unless an
// installation says otherwise; never longer than MostEvidence.
const (
	KeepEvidence = 7 * 24 * time.Hour
	MostEvidence = 28 * 24 * time.Hour
)

// lapse takes the approvals of a case away whose pass somebody else's has replaced.
func lapse(s standing.Standing, why string, now time.Time) standing.Decision {
	c := s.Case
	if c.State != standing.CaseSecond && c.State != standing.CaseWaiting && c.State != standing.CaseHanded {
		return standing.Decision{}
	}
	from := c.State
	c.State, c.Since = standing.CaseOpen, now
	c.First, c.Second, c.FirstAt, c.PickedAt, c.SecondAt, c.Opens, c.Handed = "", "", time.Time{}, time.Time{}, time.Time{}, time.Time{}, time.Time{}
	return standing.Decision{
		Effects: []standing.Effect{standing.SetCase{From: from, Case: c}},
		Events:  []audit.Event{{Kind: audit.CaseLapsed, Reason: why, Facts: map[string]string{"case": c.Number}}},
	}
}

// freezeCase stops the member's case at the desk after an objection.
func freezeCase(s standing.Standing, now time.Time) standing.Decision {
	if !s.Case.Lives() || s.Case.State == standing.CaseFrozen {
		return standing.Decision{}
	}
	d := lapse(s, objected, now)
	c := s.Case
	from := c.State
	if len(d.Effects) > 0 {
		c = d.Effects[0].(standing.SetCase).Case
	}
	c.State, c.Since = standing.CaseFrozen, now
	return standing.Decision{
		Effects: []standing.Effect{standing.SetCase{From: from, Case: c}, standing.AddEntry{Case: c.ID, Entry: standing.Entry{Kind: standing.OfCase, At: now, Text: string(standing.CaseFrozen)}}},
		Events:  []audit.Event{{Kind: audit.CaseLapsed, Reason: objected, Facts: map[string]string{"case": c.Number}}},
	}
}

// Halves returns the pass that two halves make.
func Halves(mailed, read string) session.Hash { return session.Token(mailed + "." + read).Hash() }
