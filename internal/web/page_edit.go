package web

import (
	"errors"
	"net/http"
	"time"

	"github.com/sparekey/sparekey/internal/ladder"
	"github.com/sparekey/sparekey/internal/operate"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/standing"
)

// employeePath is the page of a member.
func employeePath(m org.MemberID) string { return employeesPath + "/" + string(m) }

// An editing is a page or form about a member's personal data.
type editing struct {
	who standing.Colleague
	st  standing.Standing
	why map[ladder.Action]Shut
	// closed says why, as the log has it.
	closed map[ladder.Action]ladder.Reason
}

// editing loads the member of the path and what may be changed of them. Where the
// last proof is too old it says so.
func (v *visit) editing() (editing, error) {
	who, err := v.colleague()
	if err != nil {
		return editing{}, err
	}
	e := editing{who: who, why: make(map[ladder.Action]Shut), closed: make(map[ladder.Action]ladder.Reason)}
	if e.st, err = v.s.flows.Operate.Member(v.r.Context(), who, v.pathMember()); err != nil {
		return editing{}, err
	}
	now, known, stale := v.s.options.Now(), false, false
	for _, do := range []ladder.Action{ladder.EditEmployee, ladder.EditAddress, ladder.ChangeTeam, ladder.ChangeRole} {
		reason, until := ladder.Permit(who, do, ladder.About(e.st, now), now)
		known = known || reason != ladder.Unknown
		if stale = stale || reason == ladder.StaleProof; !ladder.Offered(reason) {
			e.why[do], e.closed[do] = shut(who, reason, until, now), reason
		}
	}
	if !known || e.st.Member.State == org.Deactivated {
		return editing{}, org.ErrNotFound
	}
	if stale {
		return e, ladder.ErrStale
	}
	return e, nil
}

// employeeEditPage answers GET /employees/{id}/edit.
func (s *Server) employeeEditPage(v *visit) error {
	e, err := v.editing()
	if errors.Is(err, ladder.ErrStale) {
		return v.provedFirst("")
	}
	if err != nil {
		return err
	}
	return v.showEdit(http.StatusOK, e, Problem{})
}

func (v *visit) showEdit(status int, e editing, problem Problem) error {
	m := e.st.Member
	teams, err := v.s.backend.Teams(v.r.Context(), m.Organisation)
	if err != nil {
		return err
	}
	f := v.frame()
	f.Here, f.Path, f.Problem = employeesPath, employeePath(m.ID)+"/edit", problem
	typed := func(name, has string) string {
		if v.r.PostForm.Has(name) {
			return shown(v.field(name))
		}
		return has
	}
	page := EmployeeEdit{
		Frame: f, ID: string(m.ID), Title: m.Name,
		Name: typed("name", m.Name), Phone: typed("phone", m.Phone), Email: typed("email", string(m.Email)),
		NameWhy: e.why[ladder.EditEmployee], AddressWhy: e.why[ladder.EditAddress], TeamWhy: e.why[ladder.ChangeTeam], RoleWhy: e.why[ladder.ChangeRole],
		Roles: roleChoices(f, e.st.Organisation.Kind, org.Role(typed("role", string(m.Stored)))),
	}
	language := typed("language", string(m.Language))
	page.Languages = []Choice{{"", f.Say("employee-edit.language-theirs"), language == ""}}
	for _, l := range f.Languages() {
		page.Languages = append(page.Languages, Choice{string(l), f.Say("language." + string(l)), string(l) == language})
	}
	team := typed("team", string(m.Team))
	page.Teams = []Choice{{"", f.Say("employee-edit.no-team"), team == ""}}
	for _, t := range teams {
		page.Teams = append(page.Teams, Choice{string(t.ID), t.Name, string(t.ID) == team})
	}
	return v.showAs(status, page)
}

// barred returns a field that is closed and was filled in with something else than
// what is there, and what that would have been. A page opened before it closed sends
// what was there, and asks for nothing.
func (v *visit) barred(e editing) (do ladder.Action, field string) {
	m := e.st.Member
	for _, f := range []struct {
		field, has string
		do         ladder.Action
	}{
		{"name", m.Name, ladder.EditEmployee}, {"language", string(m.Language), ladder.EditEmployee}, {"phone", m.Phone, ladder.EditAddress},
		{"email", string(m.Email), ladder.EditAddress}, {"team", string(m.Team), ladder.ChangeTeam}, {"role", string(m.Stored), ladder.ChangeRole},
	} {
		if e.closed[f.do] != "" && v.r.PostForm.Has(f.field) && v.field(f.field) != f.has {
			return f.do, f.field
		}
	}
	return "", ""
}

// asked reads the fields that are open.
func (v *visit) asked(e editing) (operate.Edit, Problem) {
	var edit operate.Edit
	has := func(name string, do ladder.Action) bool { return v.r.PostForm.Has(name) && !e.why[do].Is() }
	if has("name", ladder.EditEmployee) {
		name, err := org.ParseName(v.field("name"))
		if err != nil {
			return edit, Problem{Why: NoName, Field: "name"}
		}
		edit.Name = &name
	}
	if has("language", ladder.EditEmployee) {
		l, ok := org.ParseLanguage(v.field("language"))
		if !ok && v.field("language") != "" {
			return edit, Problem{Why: NothingChosen, Field: "language"}
		}
		edit.Language = &l
	}
	if has("phone", ladder.EditAddress) {
		phone, err := org.ParsePhone(v.field("phone"))
		if err != nil {
			return edit, Problem{Why: NoPhone, Field: "phone"}
		}
		edit.Phone = &phone
	}
	if has("email", ladder.EditAddress) {
		address, err := org.ParseEmail(v.field("email"))
		if err != nil {
			return edit, Problem{Why: NoEmail, Field: "email"}
		}
		edit.Email = &address
	}
	if has("team", ladder.ChangeTeam) {
		team := org.TeamID(ident(v.field("team")))
		if team == "" && v.field("team") != "" {
			return edit, Problem{Why: NothingChosen, Field: "team"}
		}
		edit.Team = &team
	}
	if has("role", ladder.ChangeRole) {
		role := org.Role(v.field("role"))
		edit.Role = &role
	}
	return edit, Problem{}
}

// employeeEdit answers POST /employees/{id}/edit.
func (s *Server) employeeEdit(v *visit) error {
	e, err := v.editing()
	form := employeePath(v.pathMember()) + "/edit"
	if errors.Is(err, ladder.ErrStale) {
		return v.provedFirst(form)
	}
	if err != nil {
		return err
	}
	if do, field := v.barred(e); field != "" {
		if err := v.logRefusal(e.st.Member.ID, ladder.StepKind(do), e.closed[do]); err != nil {
			return err
		}
		return v.showEdit(http.StatusForbidden, e, Problem{Why: NotAllowedNow, Field: field})
	}
	edit, problem := v.asked(e)
	if problem.Is() {
		return v.showEdit(http.StatusUnprocessableEntity, e, problem)
	}
	made, err := s.flows.Operate.Edit(v.r.Context(), v.by(e.who, ""), e.st.Member.ID, edit)
	refusal, refused := errors.AsType[*ladder.Refusal](err)
	switch {
	case errors.Is(err, ladder.ErrStale):
		return v.provedFirst(form)
	case errors.Is(err, operate.ErrAddressTaken):
		return v.showEdit(http.StatusConflict, e, Problem{Why: EmailOfAnother, Field: "email"})
	case errors.Is(err, operate.ErrAddressIsBackup):
		return v.showEdit(http.StatusConflict, e, Problem{Why: EmailIsBackup, Field: "email"})
	case errors.Is(err, operate.ErrChanged):
		return v.showEdit(http.StatusConflict, e, Problem{Why: ChangedMeanwhile})
	case errors.Is(err, operate.ErrRole):
		return v.showEdit(http.StatusUnprocessableEntity, e, Problem{Why: NothingChosen, Field: "role"})
	case refused && refusal.Reason == ladder.LastAdministrator:
		e.why[ladder.ChangeRole] = shut(e.who, refusal.Reason, time.Time{}, s.options.Now())
		return v.showEdit(http.StatusConflict, e, Problem{Why: NotAllowedNow, Field: "role"})
	case refused:
		return v.redirect(form)
	case err != nil:
		return err
	case made.Confirm != "":
		return v.redirectWith(employeePath(e.st.Member.ID), NoticeAddressAsked)
	}
	return v.redirectWith(employeePath(e.st.Member.ID), NoticeSaved)
}

// newAddressPage answers GET /address/{token}. Opening it does nothing.
func (s *Server) newAddressPage(v *visit) error {
	return s.showNewAddress(v, http.StatusOK, Problem{})
}

func (s *Server) showNewAddress(v *visit, status int, problem Problem) error {
	token, err := v.token()
	if err != nil {
		return v.linkEnded(AddressLink)
	}
	link, st, err := s.flows.Operate.Address(v.r.Context(), token)
	if errors.Is(err, operate.ErrLink) {
		return v.linkEnded(AddressLink)
	}
	if err != nil {
		return err
	}
	v.standing = st
	page := NewAddress{
		Frame: v.frame(), Action: standing.AddressPath + string(token), Name: st.Member.Name, Email: string(link.Address), Old: st.Member.Email.Masked(),
	}
	page.Path, page.Problem = page.Action, problem
	return v.showAs(status, page)
}

// newAddress answers POST /address/{token}.
func (s *Server) newAddress(v *visit) error {
	token, err := v.token()
	if err == nil {
		err = s.flows.Operate.ConfirmAddress(v.r.Context(), token, v.origin)
	}
	switch {
	case errors.Is(err, operate.ErrLink), isLinkOver(err):
		return v.linkEnded(AddressLink)
	case err != nil:
		return err
	}
	return v.redirectWith("/sign-in", NoticeAddressConfirmed)
}
