package web

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/sparekey/sparekey/internal/ladder"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/policy"
)

// recoveryPage answers GET /settings/recovery.
func (s *Server) recoveryPage(v *visit) error {
	who, house, err := v.settles()
	if err != nil {
		return err
	}
	o, now := house.Organisation, s.options.Now()
	page := SettingsRecovery{
		Frame: v.settingsFrame(recoveryPath), Change: v.closed(who, ladder.ChangeRecovery),
		Desk: o.Kind == org.Desk, Remember: !o.RememberFrom.IsZero(),
	}
	if page.Remember && !o.Remembers(now) {
		page.RememberFrom = o.RememberFrom
	}
	holds, coming := o.Recovery(now), o.Wished(now)
	if now.Before(o.NextFrom) {
		page.LaterFrom = o.NextFrom
	}
	voice := v.voice()
	for _, setting := range org.Settings {
		row := SettingRow{Name: voice.Setting(setting), Now: voice.SettingValue(holds, setting)}
		if holds.Value(setting) != coming.Value(setting) {
			row.Later = voice.SettingValue(coming, setting)
		}
		page.Rows = append(page.Rows, row)
	}
	return v.show(page)
}

// changePage answers GET /settings/recovery/change.
func (s *Server) changePage(v *visit) error {
	return s.showChange(v, http.StatusOK, nil, Problem{})
}

// showChange shows the form with what was typed, or where that is nil with the
// policy that was last asked for.
func (s *Server) showChange(v *visit, status int, typed *SettingsChange, problem Problem) error {
	house, done, err := v.settlesNow(ladder.ChangeRecovery, changePath, recoveryPath)
	if done {
		return err
	}
	o, now := house.Organisation, s.options.Now()
	wished := o.Wished(now)
	page := SettingsChange{Policy: wished, From: org.MinuteText(wished.Working().From), To: org.MinuteText(wished.Working().To)}
	if typed != nil {
		page = *typed
	}
	page.Frame, page.Seen, page.Waits = v.settingsFrame(changePath), wished.Stamp(), now.Before(o.NextFrom)
	page.Problem = problem
	return v.showAs(status, page)
}

// change answers POST /settings/recovery/change.
func (s *Server) change(v *visit) error {
	typed, ok := v.typedPolicy()
	if !ok {
		return v.fail(http.StatusBadRequest)
	}
	from, err := org.ParseMinute(typed.From)
	to, err2 := org.ParseMinute(typed.To)
	typed.Policy.Hours.From, typed.Policy.Hours.To = from, to
	if errors.Join(err, err2) != nil || !typed.Policy.Hours.Sound() {
		return s.showChange(v, http.StatusUnprocessableEntity, &typed, Problem{Why: BadHours, Field: "from"})
	}
	var done policy.Outcome
	handled, err := v.settling(changePath, recoveryPath, func(by policy.By, o org.OrganisationID) (err error) {
		done, err = s.flows.Policy.SetRecovery(v.r.Context(), by, o, v.field("seen"), typed.Policy)
		return err
	})
	switch {
	case handled:
		return err
	case errors.Is(err, policy.ErrBad):
		return v.fail(http.StatusBadRequest)
	case errors.Is(err, policy.ErrChanged):
		return s.showChange(v, http.StatusConflict, nil, Problem{Why: SettingsChanged})
	case err != nil:
		return err
	case !done.Changed:
		return v.redirect(recoveryPath)
	case done.From.IsZero():
		return v.redirectWith(recoveryPath, NoticeSettingsSaved)
	}
	return v.redirectWith(recoveryPath, NoticeSettingsWait)
}

// typedPolicy reads the form; it reports false where a choice is none that the page
// offers.
func (v *visit) typedPolicy() (SettingsChange, bool) {
	help, ok := yesOrNo(v.field(string(org.SupervisorsHelp)))
	email, ok2 := yesOrNo(v.field(string(org.BackupEmailRung)))
	told, ok3 := yesOrNo(v.field(string(org.SupervisorsHear)))
	longest, err := strconv.Atoi(v.field("longest"))
	wait, err2 := strconv.Atoi(v.field("wait"))
	p := org.RecoveryPolicy{
		SupervisorsBarred: !help, BackupEmailClosed: !email, TellSupervisors: told,
		LongestSuspension: time.Duration(longest) * time.Hour, Wait: time.Duration(wait) * time.Hour,
	}
	for _, day := range v.r.PostForm["day"] {
		n, err := strconv.Atoi(day)
		if err != nil || n < 0 || n >= len(p.Hours.Days) {
			return SettingsChange{}, false
		}
		p.Hours.Days[n] = true
	}
	whole := ok && ok2 && ok3 && errors.Join(err, err2) == nil && longest > 0 && longest < 1000 && wait > 0 && wait < 1000
	return SettingsChange{Policy: p, From: shown(v.field("from")), To: shown(v.field("to"))}, whole
}

func yesOrNo(text string) (yes, ok bool) { return text == "yes", text == "yes" || text == "no" }

// callBack answers POST /settings/recovery/call-back.
func (s *Server) callBack(v *visit) error {
	handled, err := v.settling(recoveryPath, recoveryPath, func(by policy.By, o org.OrganisationID) error {
		_, err := s.flows.Policy.CallBack(v.r.Context(), by, o)
		return err
	})
	switch {
	case handled:
		return err
	case errors.Is(err, policy.ErrChanged):
		return v.redirect(recoveryPath) // which says how it is now
	case err != nil:
		return err
	}
	return v.redirectWith(recoveryPath, NoticeCalledBack)
}

// remember answers POST /settings/recovery/remember.
func (s *Server) remember(v *visit) error {
	allow, ok := yesOrNo(v.field("remember"))
	if !ok {
		return v.fail(http.StatusBadRequest)
	}
	var done policy.Outcome
	handled, err := v.settling(recoveryPath, recoveryPath, func(by policy.By, o org.OrganisationID) (err error) {
		done, err = s.flows.Policy.SetRemembering(v.r.Context(), by, o, allow)
		return err
	})
	switch {
	case handled:
		return err
	case errors.Is(err, policy.ErrDesk), err == nil && !done.Changed:
		return v.redirect(recoveryPath)
	case err != nil:
		return err
	case allow:
		return v.redirectWith(recoveryPath, NoticeSettingsWait)
	}
	return v.redirectWith(recoveryPath, NoticeSettingsSaved)
}
