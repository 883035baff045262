package desk

import (
	"slices"
	"strconv"
	"time"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/factor"
	"github.com/sparekey/sparekey/internal/ladder"
	"github.com/sparekey/sparekey/internal/notice"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/standing"
)

func itoa(n int) string { return strconv.Itoa(n) }

func me(step Step) org.MemberID { return step.By.As.Member.ID }

func take(s standing.Standing, step Step, _ time.Time) (standing.Decision, error) {
	c := s.Case
	c.Agent = me(step)
	return change(s, c, audit.CaseTaken, "agent", string(c.Agent)), nil
}

func handOn(s standing.Standing, step Step, _ time.Time) (standing.Decision, error) {
	c := s.Case
	c.Agent = step.To
	return change(s, c, audit.CaseTaken, "agent", string(c.Agent)), nil
}

// spoken is the case after an agent has said something to the claimant.
func spoken(c standing.Case, now time.Time) standing.Case {
	c.Asked = time.Time{}
	if c.Answered.IsZero() {
		c.Answered = now
	}
	return c
}

func entry(step Step, kind standing.EntryKind, now time.Time) standing.Entry {
	e := step.Entry
	e.Kind, e.At, e.By = kind, now, me(step)
	return e
}

// say answers the claimant. One who waits for an answer is told by mail, once; where
// they write by mail each answer goes there, with its words.
func say(s standing.Standing, step Step, now time.Time) (standing.Decision, error) {
	c := spoken(s.Case, now)
	d := standing.Decision{Effects: []standing.Effect{
		standing.AddEntry{Case: c.ID, Entry: entry(step, standing.FromAgent, now)},
		standing.SetCase{From: c.State, Case: c},
	}}
	facts := notice.Facts{Case: c.Number, Giver: step.By.Name}
	byMail := step.Entry.Via == standing.ByMail
	if byMail {
		facts.Text = step.Entry.Text
	}
	if byMail || !s.Case.Asked.IsZero() {
		d.Notices = ladder.Tell(s, notice.CaseAnswer, facts, s.Member.Email)
	}
	return d, nil
}

func note(s standing.Standing, step Step, now time.Time) (standing.Decision, error) {
	return standing.Decision{Effects: []standing.Effect{
		standing.AddEntry{Case: s.Case.ID, Entry: entry(step, standing.OfNote, now)},
	}}, nil
}

// call logs a call, and whether the caller read out the PIN. Too many wrong ones in
// a row give the case another: somebody guesses, or reads a page that is not theirs.
func call(s standing.Standing, step Step, now time.Time) (standing.Decision, error) {
	c := s.Case
	said := "right"
	if step.PinRight {
		c.PinWrong = 0
		c = spoken(c, now)
	} else {
		said = "wrong"
		if c.PinWrong++; c.PinWrong >= factor.PinTries {
			c.PinWrong, c.Pin = 0, step.NewPin.Pin
			said = "wrong-new"
		}
	}
	e := entry(step, standing.OfCall, now)
	e.Via = standing.ByPhone
	e.Text = said + ": " + e.Text
	d := change(s, c, audit.CaseCalled, "pin", said)
	return d.And(standing.AddEntry{Case: c.ID, Entry: e}), nil
}

func view(s standing.Standing, step Step, _ time.Time) (standing.Decision, error) {
	return standing.Decision{Events: []audit.Event{{Kind: audit.EvidenceViewed, Facts: about(s.Case, "kind", string(step.Evidence.Kind))}}}, nil
}

// tick ticks checks, or ticks them anew.
func tick(s standing.Standing, step Step, now time.Time) (standing.Decision, error) {
	c, by := s.Case, me(step)
	d := standing.Decision{}
	for _, k := range step.Checks {
		k.By, k.At = by, now
		c.Checked = append(slices.DeleteFunc(slices.Clone(c.Checked), func(old standing.Check) bool { return old.Item == k.Item && old.By == by }), k)
		d.Events = append(d.Events, audit.Event{Kind: audit.CaseChecked, Facts: about(c, "item", k.Item)})
	}
	return d.And(standing.SetCase{From: s.Case.State, Case: c}), nil
}

// askMore asks the claimant for something; an approval before it is void.
func askMore(s standing.Standing, step Step, now time.Time) (standing.Decision, error) {
	c := spoken(s.Case, now)
	c.State, c.Since = standing.CaseOpen, now
	c.First, c.FirstAt, c.Second, c.PickedAt = "", time.Time{}, "", time.Time{}
	d := change(s, c, audit.CaseAsked).And(standing.AddEntry{Case: c.ID, Entry: entry(step, standing.FromAgent, now)})
	d.Notices = ladder.Tell(s, notice.CaseAnswer, notice.Facts{Case: c.Number, Giver: step.By.Name, Text: step.Entry.Text}, s.Member.Email)
	return d, nil
}

// approve is the first yes. The queue, not whoever says it, picks who looks again.
func approve(s standing.Standing, step Step, now time.Time) (standing.Decision, error) {
	c := s.Case
	second, _ := another(s, step)
	c.State, c.Since = standing.CaseSecond, now
	c.First, c.FirstAt, c.Second, c.PickedAt = me(step), now, second.ID, now
	d := change(s, c, audit.CaseApproved, "second", string(second.ID))
	d.Events[0].Reason = "first"
	return d.And(happened(c, now, "approved.first")), nil
}

func pick(s standing.Standing, step Step, now time.Time) (standing.Decision, error) {
	c := s.Case
	second, _ := another(s, step)
	c.Second, c.PickedAt = second.ID, now
	return change(s, c, audit.CasePicked, "second", string(second.ID)), nil
}

// confirm is the second yes: the ladder looks once more, and the time to object begins.
func confirm(s standing.Standing, step Step, now time.Time) (standing.Decision, error) {
	given, err := ladder.Decide(s, ladder.Step{
		Kind: ladder.GrantPass, By: step.By, Pass: step.Pass, Zone: step.Zone, Administrators: step.Helpers, Helpers: step.Helpers,
	}, now)
	if err != nil {
		return standing.Decision{}, err
	}
	c := s.Case
	c.State, c.Since, c.SecondAt = standing.CaseWaiting, now, now
	c.Opens = ladder.WaitUntil(now, s.Organisation.Recovery(now), step.Zone)
	d := change(s, c, audit.CaseApproved)
	d.Events[0].Reason = "second"
	return d.Merge(given).And(happened(c, now, "approved.second")), nil
}

func reject(s standing.Standing, step Step, now time.Time) (standing.Decision, error) {
	c := s.Case
	c.Reason = step.Entry.Text
	s.Case = c
	d := ended(s, step, standing.CaseRejected, now)
	d.Events[0].Reason = "rejected"
	d = d.And(standing.AddEntry{Case: c.ID, Entry: entry(step, standing.FromAgent, now)})
	d.Notices = ladder.Tell(s, notice.CaseRejected, notice.Facts{Case: c.Number, Giver: step.By.Name, Text: c.Reason}, s.Addresses()...)
	return d, nil
}

// hand gives the halves: one goes by mail, the other is read out to a number on file.
// Whoever needs them once more gets new ones; the old are dead.
func hand(s standing.Standing, step Step, now time.Time) (standing.Decision, error) {
	if reason, until := numberOnFile(s, step, now); reason != "" {
		return standing.Decision{}, &ladder.Refusal{Step: ladder.StepKind(step.Kind), Reason: reason, Until: until}
	}
	given, err := ladder.Decide(s, ladder.Step{
		Kind: ladder.HandPass, By: step.By, Pass: step.Pass, Half: step.Half, Verified: step.Verified,
		Administrators: step.Helpers, Helpers: step.Helpers,
	}, now)
	if err != nil {
		return standing.Decision{}, err
	}
	c := s.Case
	c.State, c.Since, c.Handed = standing.CaseHanded, now, now
	return standing.Decision{Effects: []standing.Effect{standing.SetCase{From: s.Case.State, Case: c}}}.
		Merge(given).And(happened(c, now, "handed."+string(step.Verified))), nil
}

// How the half that is read out reaches the claimant.
const (
	// NumberOnFile: a call to the number in Sparekey, there for 30 days.
	NumberOnFile ladder.Verified = "number-on-file"
	// RegisterNumber: a call to the number in the Chamber's register, which the agent
	// has looked up there.
	RegisterNumber ladder.Verified = "register-number"
	// RegisterLetter: a letter to the address in the register.
	RegisterLetter ladder.Verified = "letter"
)

// FileTime is how long a number has been on file before half a pass is read to it.
const FileTime = 30 * 24 * time.Hour

// numberOnFile says why the half is not given that way.
func numberOnFile(s standing.Standing, step Step, now time.Time) (ladder.Reason, time.Time) {
	switch step.Verified {
	case RegisterNumber, RegisterLetter:
		return "", time.Time{}
	case NumberOnFile:
		return PhoneFor(s, now)
	}
	return ladder.NotVerified, time.Time{}
}

// PhoneFor returns why the number on file is none to read half a pass to, or the
// empty Reason.
func PhoneFor(s standing.Standing, now time.Time) (ladder.Reason, time.Time) {
	if s.Member.Phone == "" {
		return ladder.NoPhone, time.Time{}
	}
	if until := s.PhoneSince.Add(FileTime); now.Before(until) {
		return ladder.PhoneTooNew, until
	}
	return "", time.Time{}
}

// release lets a case go on that an objection had stopped, and the member's recovery
// with it. Every approval is void.
func release(s standing.Standing, step Step, now time.Time) (standing.Decision, error) {
	var freed standing.Decision
	if s.Status == standing.Frozen {
		var err error
		freed, err = ladder.Decide(s, ladder.Step{
			Kind: ladder.Release, By: step.By, Verified: step.Verified, Administrators: step.Helpers, Helpers: step.Helpers,
		}, now)
		if err != nil {
			return standing.Decision{}, err
		}
	}
	c := s.Case
	c.State, c.Since = standing.CaseOpen, now
	d := change(s, c, audit.CaseReleased)
	return d.Merge(freed).And(happened(c, now, "released"), standing.AddEntry{Case: c.ID, Entry: entry(step, standing.OfNote, now)}), nil
}
