package ladder

import (
	"slices"
	"time"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/notice"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/standing"
)

// A Verified says how whoever gives a way back made sure who the member is. It
// is stable: it is written to the log.
type Verified string

// How a member was verified. A call is one to a number that was on file.
const (
	InPerson Verified = "in-person"
	ByVideo  Verified = "video"
	ByCall   Verified = "call"
)

// A Length is how long a suspension lasts.
type Length string

// The lengths. UntilMidnight is that of the installation's zone.
const (
	OneHour       Length = "1h"
	UntilMidnight Length = "midnight"
	OneDay        Length = "1d"
	ThreeDays     Length = "3d"
	SevenDays     Length = "7d"
)

// Until returns when a suspension of this length ends that begins at now, in
// zone. It is the zero Time where the length is none of those above.
func (l Length) Until(now time.Time, zone *time.Location) time.Time {
	const day = 24 * time.Hour
	switch l {
	case OneHour:
		return now.Add(time.Hour)
	case UntilMidnight:
		y, m, d := now.In(zone).Date()
		return time.Date(y, m, d+1, 0, 0, 0, 0, zone).UTC()
	case OneDay:
		return now.Add(day)
	case ThreeDays:
		return now.Add(3 * day)
	case SevenDays:
		return now.Add(org.MaxSuspension)
	}
	return time.Time{}
}

// Suspended reports whether the member's MFA, which is on, is disabled at now.
// Forcing and an objection put an end to it, whatever was given before; it does
// not come back when forcing goes off.
func Suspended(s standing.Standing, now time.Time) bool {
	o := s.Organisation
	return s.MFA() && s.Suspension.Covers(now) && !o.Enforces(now) && s.Suspension.Since.After(o.MFA.EnforcedSince(now)) && s.Status != standing.Frozen
}

// SuspendedUntil returns when a suspension ends that disables the MFA of whoever
// a session shows, or the zero Time where none does at now.
func SuspendedUntil(v standing.Viewer, now time.Time) time.Time {
	if !Suspended(seen(v), now) {
		return time.Time{}
	}
	if back := v.Organisation.MFA.OffUntil; v.Organisation.MFA.Forced && back.Before(v.Suspension.Until) {
		return back
	}
	return v.Suspension.Until
}

// seen is as much of a standing as a session shows.
func seen(v standing.Viewer) standing.Standing {
	return standing.Standing{
		Member: v.Member, Organisation: v.Organisation, Status: v.Status, MFASince: v.MFASince, Suspension: v.Suspension,
	}
}

// all joins guards: the first objection counts.
func all(says string, guards ...guard) guard {
	return guard{says, func(s standing.Standing, step Step, now time.Time) (Reason, time.Time) {
		for _, g := range guards {
			if reason, until := g.why(s, step, now); reason != "" {
				return reason, until
			}
		}
		return "", time.Time{}
	}}
}

// acts are what a member does who takes a step about another.
var acts = map[StepKind]Action{
	Suspend: DisableMFA, EndSuspension: EnableMFA, GivePass: GiveEnrolmentPass, Release: ReleaseEmployee,
	SignOut: SignOutEmployee, Deactivate: DeactivateEmployee,
	RefuseHelp: RefuseRequest, Mistype: RefuseRequest, Agree: AgreeToPass, Stop: StopPass,
}

// mayGive says who gives: the operator, or a colleague whom Permit lets.
var mayGive = guard{"by the operator or a colleague who may", func(s standing.Standing, step Step, now time.Time) (Reason, time.Time) {
	who := step.By
	switch act, known := acts[step.Kind]; {
	case who.Actor.Kind == audit.Operator && who.As == nil:
		return "", time.Time{}
	case known && who.Actor.Kind == audit.Member && who.As != nil && who.As.Member.ID == who.Actor.Member:
		as := *who.As
		if as.Organisation.ID == s.Organisation.ID {
			as.Organisation = s.Organisation // it may have barred supervisors since
		}
		if step.Kind == Release && fromTheDesk(s, step) {
			return deskAgent(s, step, true, now)
		}
		return Permit(as, act, About(s, now), now)
	}
	return NotYours, time.Time{}
}}

var mfaIsOn = guard{"MFA is on", func(s standing.Standing, _ Step, _ time.Time) (Reason, time.Time) {
	if !s.MFA() {
		return MFAIsOff, time.Time{}
	}
	return "", time.Time{}
}}

var isActive = guard{"the member is active", func(s standing.Standing, _ Step, _ time.Time) (Reason, time.Time) {
	if s.Member.State != org.Active {
		return NotActive, time.Time{}
	}
	return "", time.Time{}
}}

// isVerified asks more of whoever helps where the password came by mail lately.
var isVerified = guard{"it is said how the member was verified (a password set by mail in the last 72 h: in person or by video)",
	func(s standing.Standing, step Step, now time.Time) (Reason, time.Time) {
		switch step.Verified {
		case InPerson, ByVideo:
			return "", time.Time{}
		case ByCall:
			if reason, until := phoneOnFile(s, now); reason != "" && step.By.As != nil {
				return reason, until
			}
			return passwordByMail(s, now)
		}
		return NotVerified, time.Time{}
	}}

// phoneOnFile says why a call proves nothing: it goes to a number that has been on
// file for 7 days. The operator may know another; they answer for that.
func phoneOnFile(s standing.Standing, now time.Time) (Reason, time.Time) {
	if until := s.Member.Created.Add(standing.ChangesKept); now.Before(until) {
		return PhoneTooNew, until
	}
	for _, c := range s.Changes {
		if until := c.At.Add(standing.ChangesKept); c.What == standing.PhoneOf && now.Before(until) {
			return PhoneTooNew, until
		}
	}
	if s.Member.Phone == "" {
		return NoPhone, time.Time{}
	}
	return "", time.Time{}
}

var notForced = guard{"MFA is not forced", func(s standing.Standing, _ Step, now time.Time) (Reason, time.Time) {
	if s.Organisation.Enforces(now) {
		return MFAForced, time.Time{}
	}
	return "", time.Time{}
}}

var notTooLong = guard{"for no longer than the organisation says", func(s standing.Standing, step Step, now time.Time) (Reason, time.Time) {
	until := step.Suspension.Until
	if !until.After(now) || until.After(now.Add(s.Organisation.Recovery(now).Longest())) {
		return BadLength, time.Time{}
	}
	return "", time.Time{}
}}

var (
	maySuspend  = all("by the operator or a colleague who may, to an active member who was verified; MFA is on and not forced; for no longer than the organisation says; a colleague names the open request and its matching code", mayGive, isActive, mfaIsOn, notForced, isVerified, notTooLong, namesRequest)
	mayGivePass = all("by the operator or a colleague who may, to an active member who was verified; MFA is on; a colleague names the open request and its matching code", mayGive, isActive, mfaIsOn, isVerified, hasPass, namesRequest)
	mayRelease  = all("by the operator or a colleague who may, of an active member who was verified; MFA is on", mayGive, isActive, mfaIsOn, isVerified)
	mayEnd      = all("by the operator or a colleague who may, and one is there", mayGive, guard{"", func(s standing.Standing, _ Step, now time.Time) (Reason, time.Time) {
		if !s.Suspension.Covers(now) {
			return NotSuspended, time.Time{}
		}
		return "", time.Time{}
	}})
	mayDeactivate = all("by the operator or a colleague who may; not the last active administrator", mayGive, guard{"", notLast})
)

var hasPass = guard{"", func(_ standing.Standing, step Step, _ time.Time) (Reason, time.Time) {
	if step.Pass.ID == "" {
		return PassEnded, time.Time{}
	}
	return "", time.Time{}
}}

var passOpen = guard{"the pass is open, and begun where it was asked for", func(s standing.Standing, step Step, now time.Time) (Reason, time.Time) {
	if !s.MFA() || s.Pass.ID != step.Pass.ID {
		return PassEnded, time.Time{}
	}
	if Waiting(s, now) {
		return PassEnded, s.Pass.From
	}
	if !s.Pass.Open(now) {
		return PassEnded, time.Time{}
	}
	if step.Kind == OpenPass && s.Pass.Browser != "" && s.Pass.Browser != step.Browser {
		return PassEnded, time.Time{} // it is another browser's
	}
	return "", time.Time{}
}}

var isSuspended = guard{"MFA is suspended", func(s standing.Standing, _ Step, now time.Time) (Reason, time.Time) {
	if !Suspended(s, now) {
		return NotSuspended, time.Time{}
	}
	return "", time.Time{}
}}

// notLast keeps an organisation from losing its last active administrator. The
// store looks once more as it saves: two may be deactivated at once.
func notLast(s standing.Standing, step Step, _ time.Time) (Reason, time.Time) {
	if s.Member.State == org.Deactivated {
		return NotActive, time.Time{}
	}
	another := func(h standing.Helper) bool { return h.Role != org.Supervisor }
	if s.Member.State == org.Active && isAdministrator(s.Member) && !slices.ContainsFunc(others(s, step), another) {
		return LastAdministrator, time.Time{}
	}
	return "", time.Time{}
}

// Told returns those of a member's helpers who hear what is done about the member:
// the administrators, and where the organisation says so the supervisors of the
// team.
func Told(s standing.Standing, helpers []standing.Helper, now time.Time) []standing.Helper {
	var told []standing.Helper
	for _, h := range helpers {
		if h.Role != org.Supervisor || s.Organisation.Recovery(now).TellSupervisors {
			told = append(told, h)
		}
	}
	return told
}

// others are those whom a step is told to.
func others(s standing.Standing, step Step) []standing.Helper {
	var list []standing.Helper
	for _, h := range step.Administrators {
		if h.ID != s.Member.ID {
			list = append(list, h)
		}
	}
	return list
}

// suspend disables MFA. Where the phone is lost its factors go at once, so that
// whoever holds it is out.
func suspend(s standing.Standing, step Step, now time.Time) standing.Decision {
	given := step.Suspension
	given.Since, given.By = now, step.By.Actor
	if back := s.Organisation.MFA.OffUntil; s.Organisation.MFA.Forced && back.Before(given.Until) {
		given.Until = back // then forcing comes back
	}
	asked, answers := s.Request(step.Request.ID)
	given.Browser = asked.Browser
	reason := "not-at-hand"
	if given.Lost {
		reason = "lost"
	}
	facts := notice.Facts{Until: given.Until, Lost: given.Lost}
	d := standing.Decision{
		Effects: []standing.Effect{standing.SetSuspension{Suspension: given}, standing.CloseChallenges{}},
		Events: []audit.Event{{Kind: audit.MFASuspended, Reason: reason, Facts: map[string]string{
			"until": given.Until.UTC().Format(time.RFC3339), "verified": string(step.Verified),
		}}},
		Notices: toldByGiver(s, step, notice.MFASuspended, notice.MFASuspendedToAdministrators, facts),
	}
	if answers {
		// The sign-in that waits in the browser that asked goes on.
		d.Effects[1] = standing.ForgetMailCodes{}
		end := now.Add(standing.AnswerLifetime)
		if given.Until.Before(end) {
			end = given.Until
		}
		asked.Given, asked.Opens, asked.Expires = standing.GivenSuspension, now, end
		d = d.Merge(approve(asked, step, now))
	}
	d = d.Merge(endRequests(s, now, asked.ID, "other-answer"))
	if s.Pass.Browser != "" { // it answered another request, perhaps another person's
		d = d.Merge(dropPass(s, "withdrawn"))
	}
	if !given.Lost {
		return d
	}
	for _, a := range s.Authenticators {
		d = d.And(standing.RemoveAuthenticator{ID: a.ID})
		d.Events = append(d.Events, audit.Event{Kind: audit.AuthenticatorRemoved, Reason: "lost", Facts: map[string]string{"authenticator": string(a.ID)}})
	}
	return d.And(standing.EndSessions{}, standing.ForgetDevices{}, standing.ForgetMailCodes{}, standing.DropSetUps{})
}

// orReplacing is where a suspension leaves the recovery. Whoever gives it answers
// whether the phone is lost; one that is has to be replaced.
func orReplacing(s standing.Standing, step Step) standing.Status {
	switch {
	case step.Suspension.Lost:
		return standing.Replacing
	case s.Status == standing.Answering:
		return standing.Settled
	}
	return s.Status
}

func endSuspension(s standing.Standing, step Step, _ time.Time) standing.Decision {
	d := dropSuspension(s, "by-giver")
	for _, r := range s.Requests {
		if r.State == standing.Approved && r.Given == standing.GivenSuspension {
			d = d.Merge(endRequest(r, standing.Withdrawn, "withdrawn"))
		}
	}
	d.Notices = toldByGiver(s, step, notice.SuspensionEnded, notice.SuspensionEndedToAdministrators, notice.Facts{})
	return d
}

// dropSuspension ends the suspension, if there is one. Its sessions are over with
// it (see Holds), and so are the codes mailed under it: nothing opens with one
// while MFA is not suspended, and a suspension that is given later ends the
// sign-ins that they are bound to.
func dropSuspension(s standing.Standing, why string) standing.Decision {
	if s.Suspension == (standing.Suspension{}) {
		return standing.Decision{}
	}
	return standing.Decision{
		Effects: []standing.Effect{standing.SetSuspension{}},
		Events:  []audit.Event{{Kind: audit.SuspensionEnded, Reason: why}},
	}
}

// dropPass takes the enrolment pass away, if there is one.
func dropPass(s standing.Standing, why string) standing.Decision {
	if s.Pass.ID == "" {
		return standing.Decision{}
	}
	return standing.Decision{
		Effects: []standing.Effect{standing.SetPass{}, standing.DropLinks{Purpose: standing.ForPass}},
		Events:  []audit.Event{{Kind: audit.PassEnded, Reason: why}},
	}
}

// DropGrants takes away what others have given, a suspension and a pass, and ends
// the requests for more.
func DropGrants(s standing.Standing, why string) standing.Decision {
	return dropSuspension(s, why).Merge(dropPass(s, why)).Merge(endRequests(s, time.Time{}, "", why))
}

// givePass gives a pass in place of the one before. Its link goes to the sign-in
// address alone: the other addresses hear of it.
func givePass(s standing.Standing, step Step, now time.Time) standing.Decision {
	given := step.Pass
	given.Given, given.By, given.Expires = now, step.By.Actor, now.Add(standing.PassLifetime)
	if s.HighestRole(now).Above(org.Supervisor) && step.By.As != nil {
		given.From = WaitUntil(now, s.Organisation.Recovery(now), step.Zone)
		given.Expires = given.From.Add(standing.PassLifetime)
	}
	asked, answers := s.Request(step.Request.ID)
	if answers {
		opens := now
		if given.From.After(opens) {
			opens = given.From
		}
		given.Browser, given.Expires = asked.Browser, opens.Add(standing.AnswerLifetime)
		asked.Given, asked.Opens, asked.Expires = standing.GivenPass, opens, given.Expires
	}
	facts := notice.Facts{ValidUntil: given.Expires, UsableFrom: given.From}
	d := standing.Decision{
		Effects: []standing.Effect{standing.DropLinks{Purpose: standing.ForPass}, standing.SetPass{Pass: given}},
		Events:  []audit.Event{{Kind: audit.PassGiven, Facts: map[string]string{"verified": string(step.Verified)}}},
	}
	d = d.Merge(endRequests(s, now, asked.ID, "other-answer")).Merge(lapse(s, "other-answer", now))
	if s.Suspension.Browser != "" && s.Suspension.Browser != given.Browser {
		d = d.Merge(dropSuspension(s, "withdrawn"))
	}
	if answers {
		d = d.Merge(approve(asked, step, now))
		d.Notices = toldByGiver(s, step, notice.HelpPass, notice.HelpPassToAdministrators, facts)
		return d
	}
	if step.Link == "" {
		d.Notices = toldByGiver(s, step, notice.PassGiven, notice.PassGivenToAdministrators, facts)
		return d
	}
	d = d.And(standing.SaveLink{Link: standing.Link{
		ID: given.ID, Member: s.Member.ID, Purpose: standing.ForPass, Address: s.Member.Email, Created: now, Expires: given.Expires,
	}})
	facts.Giver = step.By.Name
	withLink := facts
	withLink.Link = step.Link
	d.Notices = append(Tell(s, notice.EnrolmentPass, withLink, s.Member.Email), Tell(s, notice.PassGiven, facts, s.Addresses()[1:]...)...)
	d.Notices = append(d.Notices, TellOthers(s, notice.PassGivenToAdministrators, facts, others(s, step))...)
	return d
}

func openPass(standing.Standing, Step, time.Time) standing.Decision {
	return standing.Decision{Events: []audit.Event{{Kind: audit.PassOpened}}}
}

// usePass confirms the factor that was set up with a pass: it stands in place of
// all that was before.
func usePass(s standing.Standing, step Step, now time.Time) standing.Decision {
	d := standing.Decision{
		Effects: []standing.Effect{standing.SpendPass{ID: step.Pass.ID}, standing.DropLinks{Purpose: standing.ForPass}},
		Events:  []audit.Event{{Kind: audit.PassUsed}},
		Notices: toldByGiver(s, step, notice.PassUsed, notice.PassUsedToAdministrators, notice.Facts{}),
	}
	for _, a := range s.Authenticators {
		d = d.And(standing.RemoveAuthenticator{ID: a.ID})
		d.Events = append(d.Events, audit.Event{Kind: audit.AuthenticatorRemoved, Reason: "pass", Facts: map[string]string{"authenticator": string(a.ID)}})
	}
	d = d.And(
		standing.AddAuthenticator{Authenticator: step.New}, standing.MarkProved{At: now},
		standing.EndSessions{Except: step.Session}, standing.ForgetDevices{}, standing.CloseChallenges{}, standing.ForgetMailCodes{},
	)
	d.Events = append(d.Events, audit.Event{Kind: audit.AuthenticatorAdded, Facts: map[string]string{"authenticator": string(step.New.ID)}})
	used := standing.CaseWithdrawn
	if s.Case.State == standing.CaseHanded {
		used = standing.CaseDone
	}
	d = d.Merge(endCase(s, used, "set-up", now))
	return d.Merge(dropSuspension(s, "set-up")).Merge(CameIn(s, s.Pass.Browser)).Merge(endRequests(s, now, requestIn(s, s.Pass.Browser).ID, "set-up"))
}

func askSuspendedCode(standing.Standing, Step, time.Time) standing.Decision {
	return standing.Decision{Events: []audit.Event{{Kind: audit.MailCodeSent, Reason: string(standing.ForSuspended)}}}
}

func spendSuspendedCode(standing.Standing, Step, time.Time) standing.Decision {
	return standing.Decision{
		Effects: []standing.Effect{standing.ForgetWrongCodes{}},
		Events:  []audit.Event{{Kind: audit.MailCodeSpent, Reason: string(standing.ForSuspended)}},
	}
}

func signOut(s standing.Standing, step Step, now time.Time) standing.Decision {
	facts := notice.Facts{Count: len(Remembering(s, now))}
	d := standing.Decision{
		Effects: []standing.Effect{standing.EndSessions{}, standing.CloseChallenges{}, standing.DropSetUps{}, standing.ForgetAllRemembered{}},
		Events:  []audit.Event{{Kind: audit.SessionsEnded, Reason: "all"}},
		Notices: toldByGiver(s, step, notice.SignedOut, notice.SignedOutToAdministrators, facts),
	}
	if step.Devices {
		d.Events[0].Reason = "all-and-devices"
		d = d.And(standing.ForgetDevices{})
	}
	return d
}

func deactivate(s standing.Standing, step Step, now time.Time) standing.Decision {
	d := standing.Decision{
		Effects: []standing.Effect{
			standing.Deactivate{}, standing.EndSessions{}, standing.CloseChallenges{}, standing.ForgetDevices{},
			standing.ForgetMailCodes{}, standing.DropSetUps{},
			standing.DropLinks{Purpose: standing.ForInvitation}, standing.DropLinks{Purpose: standing.ForReset}, standing.DropLinks{Purpose: standing.ForPass},
			standing.DropLinks{Purpose: standing.ForAddress},
		},
		Events:  []audit.Event{{Kind: audit.MemberDeactivated}},
		Notices: toldByGiver(s, step, notice.Deactivated, notice.DeactivatedToAdministrators, notice.Facts{}),
	}
	return d.Merge(DropGrants(s, "deactivated")).Merge(endCase(s, standing.CaseWithdrawn, "deactivated", now))
}

// toldByGiver tells the member, on all addresses, and the administrators what
// someone did.
func toldByGiver(s standing.Standing, step Step, member, administrators notice.Kind, facts notice.Facts) []notice.Message {
	facts.Giver = step.By.Name
	return append(tell(s, member, facts), TellOthers(s, administrators, facts, others(s, step))...)
}

// TellOthers addresses a message about the member to each of those who are told,
// in their own language.
func TellOthers(s standing.Standing, kind notice.Kind, facts notice.Facts, to []standing.Helper) []notice.Message {
	facts.Name = s.Member.Name
	messages := make([]notice.Message, len(to))
	for i, h := range to {
		messages[i] = Tell(s, kind, facts, h.Email)[0]
		messages[i].ToName, messages[i].Language = h.Name, h.Language
	}
	return messages
}
