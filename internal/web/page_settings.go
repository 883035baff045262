package web

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/sparekey/sparekey/internal/ladder"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/policy"
	"github.com/sparekey/sparekey/internal/standing"
)

// The pages of settings.
const (
	generalPath  = "/settings/general"
	forcePath    = generalPath + "/force"
	unforcePath  = generalPath + "/unforce"
	namePath     = generalPath + "/name"
	recoveryPath = "/settings/recovery"
	changePath   = recoveryPath + "/change"
)

// settles returns the viewer as one who may see the settings, and the organisation
// as it is. Whoever may not is told of no such page.
func (v *visit) settles() (standing.Colleague, standing.House, error) {
	who, err := v.colleague()
	if err != nil {
		return who, standing.House{}, err
	}
	if reason, _ := ladder.Permit(who, ladder.SeeSettings, ladder.Whom{}, v.s.options.Now()); reason != "" {
		return who, standing.House{}, permitted(reason, ladder.SeeSettings)
	}
	house, err := v.s.flows.Policy.House(v.r.Context(), who.Member.Organisation)
	return who, house, err
}

// settlesNow is settles for a page that changes something: it is seen by whoever
// may change it and has just proved who they are. Others are led to the renewal, or
// to the page that says why not; then done is true.
func (v *visit) settlesNow(do ladder.Action, form, otherwise string) (house standing.House, done bool, err error) {
	who, house, err := v.settles()
	if err != nil {
		return house, true, err
	}
	reason, _ := ladder.Permit(who, do, ladder.Whom{}, v.s.options.Now())
	switch reason {
	case "":
		return house, false, nil
	case ladder.StaleProof:
		return house, true, v.provedFirst(form)
	}
	return house, true, v.redirect(otherwise)
}

// settling has a change carried out, and returns what the page says of its error:
// nothing is left to say where handled is true.
func (v *visit) settling(form, otherwise string, change func(policy.By, org.OrganisationID) error) (handled bool, err error) {
	who, _, err := v.settles()
	if err != nil {
		return true, err
	}
	err = change(policy.By{Giver: who.Gives(), Origin: v.origin}, who.Member.Organisation)
	refusal, refused := errors.AsType[*ladder.Refusal](err)
	switch {
	case refused && refusal.Reason == ladder.StaleProof:
		return true, v.provedFirst(form)
	case refused && refusal.Reason == ladder.Unknown:
		return true, org.ErrNotFound
	case refused:
		return true, v.redirect(otherwise) // which says why, beside the control
	}
	return false, err
}

// closed says why the viewer may not do something now.
func (v *visit) closed(who standing.Colleague, do ladder.Action) Closed {
	reason, until := ladder.Permit(who, do, ladder.Whom{}, v.s.options.Now())
	if ladder.Offered(reason) {
		return Closed{}
	}
	return Closed{Reason: reason, From: until}
}

func (v *visit) settingsFrame(path string) Frame {
	f := v.frame()
	f.Path, f.Here = path, generalPath
	return f
}

// generalPage answers GET /settings/general.
func (s *Server) generalPage(v *visit) error {
	who, house, err := v.settles()
	if err != nil {
		return err
	}
	o, now := house.Organisation, s.options.Now()
	page := SettingsGeneral{
		Frame: v.settingsFrame(generalPath), Name: o.Name, Plan: o.Plan, KvK: o.KvK, Speaks: o.Language,
		Forcing: ForcingOff, Since: o.MFA.EnforcedSince(now), GraceUntil: o.MFA.GraceUntil, OffUntil: o.MFA.OffUntil,
		ByOperator: o.MFA.ForcedBy == "", Force: v.closed(who, ladder.ForceMFA), Rename: v.closed(who, ladder.ChangeOrganisation),
	}
	switch {
	case o.Kind == org.Desk:
		page.Forcing = ForcingDesk
	case o.MFA.Paused(now):
		page.Forcing = ForcingPaused
	case o.Forces(now):
		page.Forcing = ForcingOn
	case o.Enforces(now):
		page.Forcing = ForcingGrace
	}
	for _, a := range house.Administrators {
		if a.ID == o.MFA.ForcedBy {
			page.By = a.Name
		}
	}
	return v.show(page)
}

// forcePage answers GET /settings/general/force.
func (s *Server) forcePage(v *visit) error { return s.showForce(v, http.StatusOK, Problem{}) }

func (s *Server) showForce(v *visit, status int, problem Problem) error {
	house, done, err := v.settlesNow(ladder.ForceMFA, forcePath, generalPath)
	if done {
		return err
	}
	o, now := house.Organisation, s.options.Now()
	if o.Enforces(now) {
		return v.redirect(generalPath)
	}
	preview, err := s.flows.Policy.Preview(v.r.Context(), o.ID)
	if err != nil {
		return err
	}
	page := SettingsForce{Frame: v.settingsFrame(forcePath), Preview: preview, Paused: o.MFA.Paused(now), Grace: graceDays(policy.Graces[1])}
	if typed := v.field("grace"); typed != "" {
		page.Grace = typed
	}
	page.Problem = problem
	return v.showAs(status, page)
}

// force answers POST /settings/general/force.
func (s *Server) force(v *visit) error {
	days, err := strconv.Atoi(v.field("grace"))
	without, err2 := strconv.Atoi(v.field("without"))
	suspended, err3 := strconv.Atoi(v.field("suspended"))
	if errors.Join(err, err2, err3) != nil || days < 0 || days > 365 {
		return v.fail(http.StatusBadRequest)
	}
	shown := policy.Preview{Census: standing.Census{Without: without, Suspended: suspended}, Sole: v.field("sole") == "yes"}
	handled, err := v.settling(forcePath, generalPath, func(by policy.By, o org.OrganisationID) error {
		_, err := s.flows.Policy.Force(v.r.Context(), by, o, time.Duration(days)*24*time.Hour, &shown)
		return err
	})
	switch {
	case handled:
		return err
	case errors.Is(err, policy.ErrBad):
		return v.fail(http.StatusBadRequest)
	case errors.Is(err, policy.ErrDesk):
		return v.redirect(generalPath)
	case errors.Is(err, policy.ErrChanged):
		return s.showForce(v, http.StatusConflict, Problem{Why: CountsChanged})
	case err != nil:
		return err
	}
	return v.redirectWith(generalPath, NoticeForced)
}

// unforcePage answers GET /settings/general/unforce.
func (s *Server) unforcePage(v *visit) error { return s.showUnforce(v, http.StatusOK, Problem{}) }

func (s *Server) showUnforce(v *visit, status int, problem Problem) error {
	house, done, err := v.settlesNow(ladder.ForceMFA, unforcePath, generalPath)
	if done {
		return err
	}
	if o := house.Organisation; o.Kind == org.Desk || !o.MFA.Forced {
		return v.redirect(generalPath)
	}
	page := SettingsUnforce{Frame: v.settingsFrame(unforcePath), Lengths: policy.Pauses}
	page.Problem = problem
	return v.showAs(status, page)
}

// unforce answers POST /settings/general/unforce.
func (s *Server) unforce(v *visit) error {
	length, done := ladder.Length(v.field("for")), NoticePaused
	if length == "" {
		return s.showUnforce(v, http.StatusUnprocessableEntity, Problem{Why: NothingChosen, Field: "for"})
	}
	handled, err := v.settling(unforcePath, generalPath, func(by policy.By, o org.OrganisationID) (err error) {
		if length == "off" {
			done = NoticeUnforced
			_, err = s.flows.Policy.Release(v.r.Context(), by, o)
		} else {
			_, err = s.flows.Policy.Pause(v.r.Context(), by, o, length)
		}
		return err
	})
	switch {
	case handled:
		return err
	case errors.Is(err, policy.ErrBad):
		return v.fail(http.StatusBadRequest)
	case errors.Is(err, policy.ErrChanged), errors.Is(err, policy.ErrDesk):
		return v.redirect(generalPath) // which says how it is now
	case err != nil:
		return err
	}
	return v.redirectWith(generalPath, done)
}

// namePage answers GET /settings/general/name.
func (s *Server) namePage(v *visit) error { return s.showName(v, http.StatusOK, Problem{}) }

func (s *Server) showName(v *visit, status int, problem Problem) error {
	house, done, err := v.settlesNow(ladder.ChangeOrganisation, namePath, generalPath)
	if done {
		return err
	}
	page := SettingsName{Frame: v.settingsFrame(namePath), Name: house.Organisation.Name, Speaks: house.Organisation.Language}
	if problem.Is() {
		page.Name = shown(v.field("name"))
	}
	page.Problem = problem
	return v.showAs(status, page)
}

// rename answers POST /settings/general/name.
func (s *Server) rename(v *visit) error {
	handled, err := v.settling(namePath, generalPath, func(by policy.By, o org.OrganisationID) error {
		_, err := s.flows.Policy.SetName(v.r.Context(), by, o, v.field("name"), org.Language(v.field("language")))
		return err
	})
	switch {
	case handled:
		return err
	case errors.Is(err, policy.ErrBad):
		return v.fail(http.StatusBadRequest)
	case errors.Is(err, org.ErrName):
		return s.showName(v, http.StatusUnprocessableEntity, Problem{Why: NoName, Field: "name"})
	case errors.Is(err, policy.ErrChanged):
		return s.showName(v, http.StatusConflict, Problem{Why: NameOfOther, Field: "name"})
	case err != nil:
		return err
	}
	return v.redirectWith(generalPath, NoticeSettingsSaved)
}
