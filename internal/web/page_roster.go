package web

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/sparekey/sparekey/internal/directory"
	"github.com/sparekey/sparekey/internal/ladder"
	"github.com/sparekey/sparekey/internal/operate"
	"github.com/sparekey/sparekey/internal/org"
)

const teamsPath = "/teams"

// asHand has a colleague do something from this browser whom the rules let: a form
// sent too long after the last proof leads to a renewal, and back to page.
func (v *visit) asHand(do ladder.Action, page string, handle func(directory.Hand) error) error {
	who, err := v.colleague()
	if err != nil {
		return err
	}
	if err = ladder.Permitted(who, do, ladder.Whom{}, v.s.options.Now()); err == nil {
		err = handle(directory.Hand{Who: who, Origin: v.origin})
	}
	return v.unlessBarred(err, page)
}

// aboutMember is asHand for an action about the member of the path, whom Office
// looks at itself.
func (v *visit) aboutMember(page string, handle func(directory.Hand, org.MemberID) error) error {
	who, err := v.colleague()
	if err != nil {
		return err
	}
	return v.unlessBarred(handle(directory.Hand{Who: who, Origin: v.origin}, v.pathMember()), page)
}

// unlessBarred answers what the rules do not allow now: with a renewal of the proof
// that leads back to page, or with the reason, which is logged.
func (v *visit) unlessBarred(err error, page string) error {
	if errors.Is(err, ladder.ErrStale) {
		return v.provedFirst(page)
	}
	refusal, ok := errors.AsType[*ladder.Refusal](err)
	if !ok {
		return err
	}
	about := v.pathMember()
	if !strings.HasPrefix(v.r.URL.Path, employeesPath+"/") {
		about = ""
	}
	if err := v.logRefusal(about, refusal.Step, refusal.Reason); err != nil {
		return err
	}
	shown := Barred{Frame: v.frame(), Reason: BarredOther, Until: refusal.Until, Back: homePath}
	if reason, known := barredBy[refusal.Reason]; known {
		shown.Reason = reason
	}
	return v.showAs(http.StatusForbidden, shown)
}

var barredBy = map[ladder.Reason]BarredReason{
	ladder.CameByBackup: BarredCameByBackup, ladder.CameBySuspension: BarredOwnMFA, ladder.CameByPass: BarredOwnMFA,
	ladder.OwnMFAFirst: BarredOwnMFA, ladder.FactorTooNew: BarredTooNew, ladder.Yourself: BarredYourself,
	ladder.HigherRole: BarredHigherRole, ladder.LastAdministrator: BarredLast,
}

// ident returns text as it came from outside, if it can be an id or a name; else
// nothing, which is the id of nobody.
func ident(text string) string {
	if len(text) > maxIdent || !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
		return ""
	}
	return text
}

// maxIdent is longer than any id, and than the name of any team, in bytes.
const maxIdent = 500

// pathMember is the member of the path.
func (v *visit) pathMember() org.MemberID { return org.MemberID(ident(v.r.PathValue("id"))) }

// frameAt is the frame of a page that belongs to a tab.
func (v *visit) frameAt(tab string) Frame {
	f := v.frame()
	f.Here = tab
	return f
}

const newEmployeePath = employeesPath + "/new"

// newEmployeePage answers GET /employees/new.
func (s *Server) newEmployeePage(v *visit) error {
	return v.asHand(ladder.AddEmployee, newEmployeePath, func(h directory.Hand) error {
		return v.showNewEmployee(h, http.StatusOK, NewEmployee{Frame: v.frameAt(employeesPath), Role: org.Employee})
	})
}

func (v *visit) showNewEmployee(h directory.Hand, status int, page NewEmployee) error {
	teams, err := v.teamNames(h, "")
	if err != nil {
		return err
	}
	page.Teams = teams
	return v.showAs(status, page)
}

// namesOffered bounds the names of teams that a field suggests.
const namesOffered = 500

// teamNames are the names of the teams but one.
func (v *visit) teamNames(h directory.Hand, but org.TeamID) ([]string, error) {
	teams, err := v.s.flows.Office.TeamNames(v.r.Context(), h)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, t := range teams[:min(len(teams), namesOffered)] {
		if t.ID != but {
			names = append(names, t.Name)
		}
	}
	return names, nil
}

// teamCalled returns the team of that name; an empty name is none.
func (v *visit) teamCalled(h directory.Hand, name string) (org.TeamID, bool, error) {
	if name == "" {
		return "", true, nil
	}
	parsed, err := org.ParseName(name)
	if err != nil {
		return "", false, nil
	}
	teams, err := v.s.flows.Office.TeamNames(v.r.Context(), h)
	if err != nil {
		return "", false, err
	}
	i := slices.IndexFunc(teams, func(t org.Team) bool { return org.FoldName(t.Name) == org.FoldName(parsed) })
	if i < 0 {
		return "", false, nil
	}
	return teams[i].ID, true, nil
}

// newEmployee answers POST /employees/new.
func (s *Server) newEmployee(v *visit) error {
	return v.asHand(ladder.AddEmployee, newEmployeePath, func(h directory.Hand) error {
		page := NewEmployee{
			Frame: v.frameAt(employeesPath), Name: v.field("name"), Email: v.field("email"), Phone: v.field("phone"), Team: v.field("team"),
			Role: org.Role(v.field("role")), Chosen: org.Language(v.field("language")),
		}
		m, problem, err := v.typedMember(h, page)
		if err != nil {
			return err
		}
		if problem.Is() {
			page.Problem = problem
			return v.showNewEmployee(h, http.StatusUnprocessableEntity, page)
		}
		return v.invite(h, m, page)
	})
}

// typedMember reads the fields of a new member, or says what is wrong with one.
func (v *visit) typedMember(h directory.Hand, page NewEmployee) (m org.Member, problem Problem, err error) {
	var known bool
	if m.Name, err = org.ParseName(page.Name); err != nil {
		return m, Problem{Why: NoName, Field: "name"}, nil
	}
	if m.Email, err = org.ParseEmail(page.Email); err != nil {
		return m, Problem{Why: NoEmail, Field: "email"}, nil
	}
	if m.Phone, err = org.ParsePhone(page.Phone); err != nil {
		return m, Problem{Why: NoPhoneNumber, Field: "phone"}, nil
	}
	if m.Team, known, err = v.teamCalled(h, page.Team); err != nil || !known {
		return m, Problem{Why: NoSuchTeam, Field: "team"}, err
	}
	if !slices.Contains(page.Roles(), page.Role) {
		return m, Problem{Why: NothingChosen, Field: "role"}, nil
	}
	m.Stored = page.Role
	m.Language, _ = org.ParseLanguage(string(page.Chosen))
	return m, Problem{}, nil
}

// invite invites someone who is not known yet.
func (v *visit) invite(h directory.Hand, m org.Member, page NewEmployee) error {
	by := v.by(h.Who, "")
	plan, err := v.s.flows.Operate.PlanInvitation(v.r.Context(), by, h.Who.Organisation, m)
	why := map[operate.Turn]Why{operate.Again: MemberInvited, operate.Returns: MemberClosed, operate.Rises: MemberThere}[plan.Turn]
	if errors.Is(err, operate.ErrMember) || errors.Is(err, operate.ErrLower) {
		why, err = MemberThere, nil
	}
	if err == nil && why == "" {
		_, err = v.s.flows.Operate.Invite(v.r.Context(), by, plan)
		if !errors.Is(err, operate.ErrChanged) {
			if err != nil {
				return err
			}
			return v.redirectWith(newEmployeePath, NoticeInvited)
		}
		why, err = PlanChanged, nil
	}
	if err != nil {
		return err
	}
	page.Problem, page.Known = Problem{Why: why, Field: "email"}, string(plan.Member.ID)
	return v.showNewEmployee(h, http.StatusConflict, page)
}

func memberPath(m org.MemberID) string { return employeesPath + "/" + url.PathEscape(string(m)) }

// inviteAgain answers POST /employees/{id}/invite: who was invited and has not
// come gets a new link.
func (s *Server) inviteAgain(v *visit) error {
	back := memberPath(v.pathMember())
	return v.aboutMember(back, func(h directory.Hand, m org.MemberID) error {
		return v.inviteKnown(h, m, operate.Again, back, NoticeInvitedAgain)
	})
}

// inviteKnown invites a member anew who stands where turn begins.
func (v *visit) inviteKnown(h directory.Hand, m org.MemberID, turn operate.Turn, back string, done NoticeID) error {
	st, err := v.s.flows.Office.Member(v.r.Context(), h, ladder.ReactivateEmployee, m)
	if err != nil {
		return err
	}
	by := v.by(h.Who, "")
	plan, err := v.s.flows.Operate.PlanInvitation(v.r.Context(), by, st.Organisation, org.Member{Email: st.Member.Email})
	if errors.Is(err, operate.ErrMember) || err == nil && plan.Turn != turn {
		return v.redirectWith(back, NoticeAlreadyDone)
	}
	if err == nil {
		_, err = v.s.flows.Operate.Invite(v.r.Context(), by, plan)
	}
	switch {
	case errors.Is(err, operate.ErrChanged):
		return v.redirectWith(back, NoticeAlreadyDone)
	case err != nil:
		return err
	}
	return v.redirectWith(back, done)
}

// withdraw answers POST /employees/{id}/withdraw.
func (s *Server) withdraw(v *visit) error {
	back := memberPath(v.pathMember())
	return v.aboutMember(back, func(h directory.Hand, m org.MemberID) error {
		err := s.flows.Office.Withdraw(v.r.Context(), h, m)
		switch {
		case errors.Is(err, directory.ErrState), errors.Is(err, directory.ErrChanged):
			return v.redirectWith(back, NoticeAlreadyDone)
		case err != nil:
			return err
		}
		return v.redirectWith(back, NoticeWithdrawn)
	})
}

// reactivatePage answers GET /employees/{id}/reactivate.
func (s *Server) reactivatePage(v *visit) error {
	return v.aboutMember(v.r.URL.Path, func(h directory.Hand, m org.MemberID) error {
		st, err := s.flows.Office.Member(v.r.Context(), h, ladder.ReactivateEmployee, m)
		if err != nil {
			return err
		}
		if st.Member.State != org.Deactivated {
			return v.redirectWith(memberPath(m), NoticeAlreadyDone)
		}
		return v.show(ReactivateEmployee{Frame: v.frameAt(employeesPath), ID: string(m), Name: st.Member.Name, Email: string(st.Member.Email)})
	})
}

// reactivate answers POST /employees/{id}/reactivate.
func (s *Server) reactivate(v *visit) error {
	return v.aboutMember(v.r.URL.Path, func(h directory.Hand, m org.MemberID) error {
		return v.inviteKnown(h, m, operate.Returns, memberPath(m), NoticeReactivated)
	})
}

// erasePage answers GET /employees/{id}/erase.
func (s *Server) erasePage(v *visit) error {
	return v.aboutMember(v.r.URL.Path, func(h directory.Hand, m org.MemberID) error {
		return v.showErase(h, m, http.StatusOK, Problem{})
	})
}

func (v *visit) showErase(h directory.Hand, m org.MemberID, status int, problem Problem) error {
	st, err := v.s.flows.Office.Member(v.r.Context(), h, ladder.EraseEmployee, m)
	if err != nil {
		return err
	}
	page := EraseEmployee{
		Frame: v.frameAt(employeesPath), ID: string(m), Name: st.Member.Name, Email: string(st.Member.Email), Active: st.Member.State != org.Deactivated,
	}
	page.Problem = problem
	return v.showAs(status, page)
}

// erase answers POST /employees/{id}/erase.
func (s *Server) erase(v *visit) error {
	return v.aboutMember(v.r.URL.Path, func(h directory.Hand, m org.MemberID) error {
		err := s.flows.Office.Erase(v.r.Context(), h, m, v.field("name"))
		switch {
		case errors.Is(err, directory.ErrName):
			return v.showErase(h, m, http.StatusUnprocessableEntity, Problem{Why: OtherName, Field: "name"})
		case errors.Is(err, directory.ErrState), errors.Is(err, directory.ErrChanged):
			return v.showErase(h, m, http.StatusConflict, Problem{Why: PlanChanged})
		case err != nil:
			return err
		}
		return v.redirectWith(employeesPath, NoticeErased)
	})
}
