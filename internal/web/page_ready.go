package web

import (
	"errors"
	"net/http"
	"net/url"
	"slices"

	"github.com/sparekey/sparekey/internal/ladder"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/readiness"
	"github.com/sparekey/sparekey/internal/standing"
)

const (
	readyPath  = "/readiness"
	remindPath = "/readiness/remind"
	drillPath  = "/my-login/drill"
)

// readyPage answers GET /readiness.
func (s *Server) readyPage(v *visit) error {
	query := v.r.URL.Query()
	asked := standing.Readying{
		Colour: standing.Colour(query.Get("colour")), After: org.MemberID(query.Get("after")), Before: org.MemberID(query.Get("before")),
	}
	if asked.Colour != "" && !slices.Contains(standing.Colours, asked.Colour) || !plainID(string(asked.After)) || !plainID(string(asked.Before)) {
		return v.fail(http.StatusBadRequest)
	}
	who, err := v.colleague()
	if err != nil {
		return err
	}
	view, err := s.flows.Readiness.Page(v.r.Context(), who, asked)
	if err != nil {
		return err
	}
	page := ReadyPage{
		Frame: v.frame(), Muster: view.Muster, Colour: asked.Colour, OnlyYou: view.Administrators == 1,
		Again: view.Again, MayAsk: ladder.Offered(view.May), Reminded: view.Reminded.Asked,
	}
	page.Here = readyPath
	for _, r := range view.Rows {
		page.Rows = append(page.Rows, ReadyRow{Name: r.Member.Name, Team: r.TeamName, Colour: r.Colour(), Carry: r.Carry})
	}
	if n := len(view.Rows); n > 0 {
		if view.Earlier {
			page.Newer = readyAt(asked.Colour, "before", view.Rows[0].Member.ID)
		}
		if view.Later {
			page.Older = readyAt(asked.Colour, "after", view.Rows[n-1].Member.ID)
		}
	}
	return v.show(page)
}

// readyAt is the path of the page on one side of a member.
func readyAt(colour standing.Colour, side string, m org.MemberID) string {
	query := url.Values{side: {string(m)}}
	if colour != "" {
		query.Set("colour", string(colour))
	}
	return readyPath + "?" + query.Encode()
}

// remindPage answers GET /readiness/remind.
func (s *Server) remindPage(v *visit) error { return s.showRemind(v, http.StatusOK, Problem{}) }

func (s *Server) showRemind(v *visit, status int, problem Problem) error {
	who, err := v.colleague()
	if err != nil {
		return err
	}
	view, err := s.flows.Readiness.Page(v.r.Context(), who, standing.Readying{})
	switch {
	case err != nil:
		return err
	case view.May == ladder.StaleProof:
		return v.provedFirst(remindPath)
	case view.May != "":
		return v.redirect(readyPath)
	}
	page := RemindPage{Frame: v.frame(), NoBackup: view.NoBackup, Again: view.Again}
	page.Here, page.Path, page.Problem = readyPath, remindPath, problem
	return v.showAs(status, page)
}

// remind answers POST /readiness/remind.
func (s *Server) remind(v *visit) error {
	who, err := v.colleague()
	if err != nil {
		return err
	}
	_, err = s.flows.Readiness.Remind(v.r.Context(), who, v.origin)
	_, soon := errors.AsType[*readiness.SoonError](err)
	refusal, refused := errors.AsType[*ladder.Refusal](err)
	if refused {
		if err := v.logRefusal("", refusal.Step, refusal.Reason); err != nil {
			return err
		}
	}
	switch {
	case errors.Is(err, ladder.ErrStale):
		return v.provedFirst(remindPath)
	case soon, refused, errors.Is(err, readiness.ErrNobody), errors.Is(err, standing.ErrTaken):
		return s.showRemind(v, http.StatusConflict, Problem{Why: NotAllowedNow})
	case err != nil:
		return err
	}
	return v.redirectWith(readyPath, NoticeReminded)
}

// drill answers GET /my-login/drill.
func (s *Server) drill(v *visit) error {
	st, err := s.flows.MyLogin.Standing(v.r.Context(), v.my())
	if err != nil {
		return err
	}
	ways, err := s.flows.Recovery.Ways(v.r.Context(), st)
	if err != nil {
		return err
	}
	page := DrillPage{Frame: v.myFrame(), Colour: standing.Grey}
	if st.MFA() {
		carry := ladder.Carried(ways)
		page.Colour = carry.Colour()
		switch {
		case !carry.Code:
			page.Mend = "codes"
		case !carry.Mail && !st.Organisation.Recovery(s.options.Now()).BackupEmailClosed:
			page.Mend = "email"
		}
		page.Steps = v.drillSteps(st, ways)
	}
	return v.show(page)
}

// drillSteps walks through the ways in their order, but for those that are not
// for this member.
func (v *visit) drillSteps(st standing.Standing, ways []ladder.Way) []DrillStep {
	var steps []DrillStep
	in := false
	for _, w := range ways {
		if w.Rung == ladder.Desk || w.Reason == ladder.NotForRole {
			continue
		}
		step := DrillStep{Kind: rungKinds[w.Rung], Opens: w.Open, Codes: st.Codes.Left(), Masked: st.BackupEmail.Address.Masked(), Until: w.Until}
		for _, h := range w.Helpers {
			step.Helpers = append(step.Helpers, Person{Name: h.Name, Role: h.Role, Phone: h.Phone})
		}
		if people := w.Rung == ladder.Helper || w.Rung == ladder.OtherAdministrator; people && len(w.Helpers) > 0 {
			step.Opens = true
		} else if !w.Open {
			step.Reason = v.s.rung(st, w, true).Why()
		}
		if step.Opens && !in {
			step.In, in = true, true
		}
		steps = append(steps, step)
	}
	return steps
}
