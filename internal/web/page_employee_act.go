package web

import (
	"errors"
	"net/http"
	"time"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/ladder"
	"github.com/sparekey/sparekey/internal/operate"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/standing"
)

// An act is something that is done about an employee on a page of its own.
type act struct {
	name string // the last part of its path
	kind ladder.StepKind
	do   ladder.Action
	// verified: it is asked how the employee was verified; help: a request for help is
	// answered where it stands.
	verified, help bool
	done           NoticeID
}

// The acts.
var (
	disableMFA = act{"disable-mfa", ladder.Suspend, ladder.DisableMFA, true, true, NoticeDisabledMFA}
	enableMFA  = act{"enable-mfa", ladder.EndSuspension, ladder.EnableMFA, false, false, NoticeEnabledMFA}
	givePass   = act{"enrolment-pass", ladder.GivePass, ladder.GiveEnrolmentPass, true, true, NoticeGavePass}
	agreeAct   = act{"agree-to-pass", ladder.Agree, ladder.AgreeToPass, false, false, NoticeAgreed}
	stopAct    = act{"stop-pass", ladder.Stop, ladder.StopPass, false, false, NoticeStopped}
	release    = act{"release", ladder.Release, ladder.ReleaseEmployee, true, false, NoticeReleasedThem}
	signOutAct = act{"sign-out", ladder.SignOut, ladder.SignOutEmployee, false, false, NoticeSignedOutThem}
	deactivate = act{"deactivate", ladder.Deactivate, ladder.DeactivateEmployee, false, false, NoticeDeactivated}
)

func (s *Server) disableMFAPage(v *visit) error     { return v.actPage(disableMFA) }
func (s *Server) disableMFA(v *visit) error         { return v.act(disableMFA) }
func (s *Server) enableMFAPage(v *visit) error      { return v.actPage(enableMFA) }
func (s *Server) enableMFA(v *visit) error          { return v.act(enableMFA) }
func (s *Server) givePassPage(v *visit) error       { return v.actPage(givePass) }
func (s *Server) givePass(v *visit) error           { return v.act(givePass) }
func (s *Server) agreeToPassPage(v *visit) error    { return v.actPage(agreeAct) }
func (s *Server) agreeToPass(v *visit) error        { return v.act(agreeAct) }
func (s *Server) stopPassPage(v *visit) error       { return v.actPage(stopAct) }
func (s *Server) stopPass(v *visit) error           { return v.act(stopAct) }
func (s *Server) releasePage(v *visit) error        { return v.actPage(release) }
func (s *Server) release(v *visit) error            { return v.act(release) }
func (s *Server) signOutThemPage(v *visit) error    { return v.actPage(signOutAct) }
func (s *Server) signOutThem(v *visit) error        { return v.act(signOutAct) }
func (s *Server) deactivateThemPage(v *visit) error { return v.actPage(deactivate) }
func (s *Server) deactivateThem(v *visit) error     { return v.act(deactivate) }

// enterAct leads whoever means to act about an employee to a fresh proof first, or to
// the request that is to be answered; then led is true.
func (v *visit) enterAct(a act) (l look, led bool, err error) {
	if l, err = v.employee(); err != nil {
		return l, false, err
	}
	reason, _ := l.permit(a.do)
	switch request, asked := l.asked(); {
	case reason == ladder.Unknown:
		return l, false, org.ErrNotFound
	case reason == ladder.StaleProof:
		return l, true, v.provedFirst(l.path("/" + a.name))
	case a.help && asked && ladder.Offered(reason):
		return l, true, v.redirect("/requests/" + request.ID)
	case a.passes() && l.answered() != "" && ladder.Waiting(l.st, l.now) && ladder.Offered(reason):
		return l, true, v.redirect("/requests/" + l.answered())
	}
	return l, false, nil
}

// passes reports whether the act is about a pass that somebody else gave.
func (a act) passes() bool { return a.kind == ladder.Agree || a.kind == ladder.Stop }

// answered is the id of the request that the employee's pass answers, on whose
// page it is agreed or objected to; empty: it answers none.
func (l look) answered() string {
	for _, r := range l.st.Requests {
		if r.Browser == l.st.Pass.Browser && r.State == standing.Approved && r.Given == standing.GivenPass {
			return r.ID
		}
	}
	return ""
}

// actPage answers GET /employees/{id}/ACT.
func (v *visit) actPage(a act) error {
	l, led, err := v.enterAct(a)
	if err != nil || led {
		return err
	}
	return l.showAct(a, http.StatusOK, operate.Order{Length: ladder.OneDay}, Problem{})
}

// showAct shows the form of an act with what was typed.
func (l look) showAct(a act, status int, typed operate.Order, problem Problem) error {
	page := EmployeeAct{
		Frame: l.frame(), ID: string(l.st.Member.ID), Name: l.st.Member.Name, Phone: l.st.Member.Phone, Act: a.name, Note: typed.Why,
		Addresses: len(l.st.Addresses()),
	}
	page.Path, page.Problem = l.path("/"+a.name), problem
	probe := func(how ladder.Verified) (operate.Plan, Shut, error) {
		plan, err := l.s.flows.Operate.Plan(l.r.Context(), l.st.Member.ID, operate.Order{
			By: l.by(l.who, "-"), Kind: a.kind, Verified: how, Length: ladder.OneHour, Given: l.st.Pass.Given, Browser: l.askedHere(),
		})
		if refusal, ok := errors.AsType[*ladder.Refusal](err); ok {
			return plan, l.closedBy(refusal.Reason, refusal.Until), nil
		}
		return plan, Shut{}, err
	}
	plan, closed, err := probe(ladder.InPerson)
	if err != nil {
		return err
	}
	if page.Closed = closed; closed.Is() {
		page.Problem = Problem{}
		return l.visit.showAs(max(status, http.StatusOK), page)
	}
	if a.kind == ladder.GivePass {
		page.From = plan.From
	}
	if a.passes() {
		page.Given = l.st.Pass.Given
		if page.Pass, err = l.waiting(); err != nil {
			return err
		}
	}
	if page.Told, err = l.told(); err != nil {
		return err
	}
	if a.verified {
		_, call, err := probe(ladder.ByCall)
		if err != nil {
			return err
		}
		for _, how := range []ladder.Verified{ladder.InPerson, ladder.ByVideo, ladder.ByCall} {
			choice := Answer{Value: string(how), Checked: typed.Verified == how}
			if how == ladder.ByCall {
				choice.Closed = call
			}
			page.Verified = append(page.Verified, choice)
		}
	}
	if a.kind == ladder.Suspend {
		page.Lengths = l.lengths(typed.Length)
		page.Lost = l.field("lost")
	}
	return l.visit.showAs(status, page)
}

// lengths are those that the organisation allows, with the one chosen, or where that
// is not among them the longest.
func (l look) lengths(chosen ladder.Length) []Answer {
	var list []Answer
	most := l.now.Add(l.st.Organisation.Recovery(l.now).Longest())
	for _, length := range []ladder.Length{ladder.OneHour, ladder.UntilMidnight, ladder.OneDay, ladder.ThreeDays, ladder.SevenDays} {
		if until := length.Until(l.now, l.zone()); !until.After(most) {
			list = append(list, Answer{Value: string(length), Checked: length == chosen})
		}
	}
	for _, c := range list {
		if c.Checked {
			return list
		}
	}
	if len(list) > 0 {
		list[len(list)-1].Checked = true
	}
	return list
}

// told are the names of those who are told besides the employee.
func (l look) told() ([]string, error) {
	helpers, err := l.s.flows.Operate.Told(l.r.Context(), l.st)
	var names []string
	for _, h := range helpers {
		if h.ID == l.who.Member.ID {
			h.Name = l.voice().Say("act.told-you", "Name", h.Name)
		}
		names = append(names, h.Name)
	}
	return names, err
}

// act answers POST /employees/{id}/ACT.
func (v *visit) act(a act) error {
	l, led, err := v.enterAct(a)
	if err != nil || led {
		return err
	}
	order := operate.Order{
		By: v.by(l.who, v.field("note")), Kind: a.kind, Verified: ladder.Verified(v.field("verified")),
		Length: ladder.Length(v.field("length")), Lost: v.field("lost") == "yes", Browser: v.askedHere(),
	}
	if a.passes() {
		order.Given, _ = time.Parse(givenLayout, v.field("pass")) // the zero Time fits none
	}
	if lost := v.field("lost"); a.kind == ladder.Suspend && lost != "yes" && lost != "no" {
		return l.showAct(a, http.StatusUnprocessableEntity, order, Problem{Why: NoLost, Field: "lost"})
	}
	_, err = v.s.flows.Operate.Carry(v.r.Context(), l.st.Member.ID, order)
	refusal, refused := errors.AsType[*ladder.Refusal](err)
	switch {
	case errors.Is(err, audit.ErrNote):
		return l.showAct(a, http.StatusUnprocessableEntity, order, Problem{Why: NoNote, Field: "note"})
	case errors.Is(err, operate.ErrChanged), errors.Is(err, standing.ErrTaken):
		return v.redirectWith(l.path(""), NoticeTooLate)
	case refused:
		return l.afterRefusal(a, order, refusal)
	case err != nil:
		return err
	}
	return v.redirectWith(l.path(""), a.done)
}

// afterRefusal shows the form again with what was wrong in it, or why it is not
// possible at all.
func (l look) afterRefusal(a act, order operate.Order, refusal *ladder.Refusal) error {
	problems := map[ladder.Reason]Problem{
		ladder.NotVerified: {Why: NotVerified, Field: "verified"}, ladder.BadLength: {Why: NoLength, Field: "length"},
		ladder.NoPhone: {Why: CallNoNumber, Field: "verified"}, ladder.PhoneTooNew: {Why: CallNumberNew, Field: "verified"},
		ladder.PasswordByMail: {Why: CallPassword, Field: "verified"},
	}
	if problem, ok := problems[refusal.Reason]; ok {
		return l.showAct(a, http.StatusUnprocessableEntity, order, problem)
	}
	page := EmployeeAct{
		Frame: l.frame(), ID: string(l.st.Member.ID), Name: l.st.Member.Name, Act: a.name, Closed: l.closedBy(refusal.Reason, refusal.Until),
	}
	page.Path = l.path("/" + a.name)
	return l.visit.showAs(http.StatusConflict, page)
}
