package web

import (
	"errors"
	"slices"
	"time"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/ladder"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/standing"
)

// A look is an employee whom somebody looks at, and what is known of both.
type look struct {
	*visit
	who standing.Colleague
	st  standing.Standing
	now time.Time
}

// employee loads the member that the path names, if whoever looks may see them:
// one of another organisation is as one that does not exist.
func (v *visit) employee() (look, error) {
	who, err := v.colleague()
	if err != nil {
		return look{}, err
	}
	st, err := v.s.flows.Operate.Member(v.r.Context(), who, v.pathMember())
	return look{v, who, st, v.s.options.Now()}, err
}

// path is that of the employee's page, and of pages below it.
func (l look) path(below string) string { return "/employees/" + string(l.st.Member.ID) + below }

// frame is what surrounds the pages about an employee.
func (l look) frame() Frame {
	f := l.visit.frame()
	f.Here = "/employees"
	return f
}

// permit is why who looks may not do something about the employee.
func (l look) permit(do ladder.Action) (ladder.Reason, time.Time) {
	return ladder.Permit(l.who, do, ladder.About(l.st, l.now), l.now)
}

// offers reports whether a control for it is shown.
func (l look) offers(do ladder.Action) bool {
	reason, _ := l.permit(do)
	return ladder.Offered(reason)
}

// judge is why a step about the employee would be refused, whatever is said of how
// they were verified, to whoever looks once they have proved themselves again. That
// the member's request for help is to be named is no reason: its page does that.
func (l look) judge(kind ladder.StepKind) (ladder.Reason, time.Time) {
	who := l.who
	if reason, _ := l.permit(ladder.EnableMFA); reason == ladder.StaleProof {
		who.Session.PasswordProved, who.Session.FactorProved = l.now, l.now
	}
	step := ladder.Step{
		Kind: kind, By: who.Gives(), Verified: ladder.InPerson, Suspension: standing.Suspension{Until: l.now.Add(time.Minute)},
		Pass: standing.Pass{ID: "probe"}, Zone: l.zone(),
	}
	if here := l.askedHere(); here != "" {
		step.Browser = here.Hash()
	}
	_, err := ladder.Decide(l.st, step, l.now)
	if refusal, ok := errors.AsType[*ladder.Refusal](err); ok && refusal.Reason != ladder.RequestOpen {
		return refusal.Reason, refusal.Until
	}
	return "", time.Time{}
}

// closedBy is a reason for a page.
func (l look) closedBy(reason ladder.Reason, until time.Time) Shut {
	return shut(l.who, reason, until, l.now)
}

// shut is a reason for a page that who looks at.
func shut(who standing.Colleague, reason ladder.Reason, until, now time.Time) Shut {
	if reason == "" || ladder.Offered(reason) {
		return Shut{}
	}
	if !slices.Contains(employeeReasons, string(reason)) {
		reason = ladder.NotNow
	}
	settings, _ := ladder.Permit(who, ladder.SeeSettings, ladder.Whom{}, now)
	return Shut{Reason: string(reason), From: until, Settings: settings == ""}
}

// oneself are the reasons that lie with whoever looks, whomever they look at.
var oneself = []ladder.Reason{ladder.OwnMFAFirst, ladder.CameByBackup, ladder.CameBySuspension, ladder.CameByPass, ladder.FactorTooNew}

// employeePage answers GET /employees/{id}.
func (s *Server) employeePage(v *visit) error {
	l, err := v.employee()
	if err != nil {
		return err
	}
	m := l.st.Member
	page := Employee{
		Frame: l.frame(), ID: string(m.ID), Name: m.Name, Email: string(m.Email), Phone: m.Phone, Role: m.Role(),
		Speaks: l.st.Language(), State: m.State, Self: m.ID == l.who.Member.ID,
		Edit: l.offers(ladder.EditEmployee), SignOut: m.State == org.Active && l.offers(ladder.SignOutEmployee),
		Deactivate: m.State == org.Active && l.offers(ladder.DeactivateEmployee),
		Invite:     m.State == org.Invited && l.offers(ladder.ReactivateEmployee),
		Reactivate: m.State == org.Deactivated && l.offers(ladder.ReactivateEmployee),
		Erase:      m.State == org.Deactivated && l.offers(ladder.EraseEmployee),
	}
	if page.Team, err = l.teamName(); err != nil {
		return err
	}
	if reason, _ := ladder.Permit(l.who, ladder.SeeLog, ladder.Whom{}, l.now); reason == "" {
		page.Log = v.logAt(audit.Search{Whom: m.ID}, audit.Place{})
	}
	if page.Bar, err = l.bar(); err != nil {
		return err
	}
	l.controls(&page)
	return v.show(page)
}

// controls says which controls the bar has, and why not.
func (l look) controls(page *Employee) {
	if l.st.Member.State != org.Active {
		page.Closed = l.mine(ladder.EnableMFA)
		return
	}
	reason, until := l.judge(ladder.Suspend)
	page.MayHelp, page.HelpClosed = reason == "", l.closedBy(reason, until)
	if page.Closed = l.mine(ladder.EnableMFA); page.Closed.Is() {
		page.MayHelp, page.HelpClosed = false, Shut{}
	}
	if !l.st.MFA() || reason == ladder.MFAIsOff || reason == ladder.FrozenNow || page.Self {
		page.HelpClosed = Shut{}
	}
	if page.Self && l.st.MFA() {
		page.HelpClosed = l.closedBy(ladder.Yourself, time.Time{})
	}
	page.Forced = reason == ladder.MFAForced
	pass, _ := l.judge(ladder.GivePass)
	page.MayPass = pass == ""
	enable, _ := l.judge(ladder.EndSuspension)
	page.MayEnable = enable == ""
	release, until := l.judge(ladder.Release)
	page.MayRelease = release == ""
	if l.st.Status == standing.Frozen && release != ladder.Unknown && !page.Self && !page.Closed.Is() {
		page.ReleaseClosed = l.closedBy(release, until)
	}
	l.overPass(page)
	if request, ok := l.asked(); ok && (page.MayHelp || page.MayPass) && !page.MayEnable {
		page.Request = request.ID
	}
}

// overPass says what whoever looks may do about a pass that somebody gave, and why
// they may not agree to it.
func (l look) overPass(page *Employee) {
	stop, _ := l.judge(ladder.Stop)
	page.MayStop = stop == ""
	if !ladder.Waiting(l.st, l.now) {
		return
	}
	agree, until := l.judge(ladder.Agree)
	page.MayAgree = agree == ""
	if agree != ladder.Unknown && !page.Self && !page.Closed.Is() {
		page.AgreeClosed = l.closedBy(agree, until)
	}
}

// mine is the reason why whoever looks may change nothing about anybody now.
func (l look) mine(do ladder.Action) Shut {
	if reason, until := l.permit(do); slices.Contains(oneself, reason) {
		return l.closedBy(reason, until)
	}
	return Shut{}
}

// asked returns the employee's request for help that waits for an answer, or false.
func (l look) asked() (standing.Request, bool) {
	i := slices.IndexFunc(l.st.Requests, func(r standing.Request) bool { return r.State == standing.Asked && r.Live(l.now) })
	if i < 0 {
		return standing.Request{}, false
	}
	return l.st.Requests[i], true
}

// bar states the employee's MFA.
func (l look) bar() (Bar, error) {
	st := l.st
	b := Bar{
		State: "off", Since: st.MFASince, Apps: len(st.Authenticators), CodesLeft: st.Codes.Left(), CodesMade: len(st.Codes.Codes),
	}
	if st.BackupEmail.Address != "" && !st.BackupEmail.Confirmed.IsZero() {
		b.BackupEmail = st.BackupEmail.Address.Masked()
	}
	var err error
	switch o := st.Organisation; {
	case st.Status == standing.Frozen:
		b.State = "frozen"
	case ladder.Suspended(st, l.now):
		b.State, b.Until, b.Lost = "disabled", st.Suspension.Until, st.Suspension.Lost
		b.By, err = l.nameOf(st.Suspension.By)
	case st.MFA() && len(st.Authenticators) == 0:
		b.State = "lost"
	case st.MFA():
		b.State = "on"
	case o.Forces(l.now):
		b.State = "must"
	case o.Enforces(l.now):
		b.State, b.Until = "grace", o.MFA.GraceUntil
	}
	if err == nil {
		b.Pass, err = l.waiting()
	}
	return b, err
}

// waiting is the enrolment pass that the employee was given and has not used.
func (l look) waiting() (Waiting, error) {
	p := l.st.Pass
	if p.ID == "" || !l.now.Before(p.Expires) {
		return Waiting{}, nil
	}
	by, err := l.nameOf(p.By)
	w := Waiting{Until: p.Expires, By: by}
	if l.now.Before(p.From) {
		w.From = p.From
	}
	return w, err
}

// nameOf is the name of whoever did something; empty: the operator.
func (l look) nameOf(a audit.Actor) (string, error) {
	if a.Kind != audit.Member {
		return "", nil
	}
	who, err := l.s.backend.Colleague(l.r.Context(), a.Member)
	if errors.Is(err, org.ErrNotFound) {
		return l.voice().Say("employee.somebody-gone"), nil
	}
	return who.Member.Name, err
}

// teamName is the name of the employee's team; empty: in none.
func (l look) teamName() (string, error) {
	if l.st.Member.Team == "" {
		return "", nil
	}
	team, err := l.s.backend.Team(l.r.Context(), l.st.Organisation.ID, l.st.Member.Team)
	return team.Name, err
}
