package web

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/sparekey/sparekey/internal/factor"
	"github.com/sparekey/sparekey/internal/ladder"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/password"
	"github.com/sparekey/sparekey/internal/session"
	"github.com/sparekey/sparekey/internal/standing"
)

// my is the visit as the flows see it in which a member changes their own login.
func (v *visit) my() standing.Visit { return standing.Visit{Session: v.session, Origin: v.origin} }

// barrierKinds name the rules' reasons for the pages under My login.
var barrierKinds = map[ladder.Reason]BarrierKind{
	ladder.CameByBackup: BarrierCameByBackup, ladder.FactorTooNew: BarrierFactorTooNew, ladder.MFAForced: BarrierForced,
	ladder.PasswordTooShort: BarrierPasswordShort, ladder.MFAIsOff: BarrierNeedsMFA,
	ladder.QuestionUnanswered: BarrierCameByBackup, ladder.BackupFirst: BarrierCameByBackup,
	ladder.CameBySuspension: BarrierSuspended, ladder.NotSuspended: BarrierSuspended,
	ladder.CameByPass: BarrierCameByBackup, ladder.PassEnded: BarrierCameByBackup,
}

// barrier says why the member may not do act now.
func (v *visit) barrier(st standing.Standing, act ladder.Act) Barrier {
	reason, until := ladder.May(st, v.session, act, v.s.options.Now())
	if reason == "" {
		return Barrier{}
	}
	b := Barrier{Kind: barrierKinds[reason], From: until, Count: password.MinAlone}
	if b.Kind == BarrierForced && act == ladder.RemoveAuthenticator {
		b.Kind = BarrierForcedLast
	}
	return b
}

// myLogin answers GET /my-login.
func (s *Server) myLogin(v *visit) error {
	st, err := s.flows.MyLogin.Standing(v.r.Context(), v.my())
	if err != nil {
		return err
	}
	ways, err := s.flows.Recovery.Ways(v.r.Context(), st)
	if err != nil {
		return err
	}
	sessions, err := s.flows.MyLogin.Sessions(v.r.Context(), st)
	if err != nil {
		return err
	}
	now := s.options.Now()
	page := MyLogin{
		Frame: v.myFrame(), Email: string(st.Member.Email), Readiness: myReadiness(st, ways),
		MFASince: st.MFASince, SuspendedUntil: ladder.SuspendedUntil(v.viewer, now), TurnOff: v.barrier(st, ladder.TurnOffMFA),
		AddAnother: v.barrier(st, ladder.AddAuthenticator),
		CodesLeft:  st.Codes.Left(), CodesMade: len(st.Codes.Codes), MakeCodes: v.barrier(st, ladder.MakeCodes),
		BackupEmail: string(st.BackupEmail.Address), EmailConfirmed: st.BackupEmail.Confirmed,
		EmailUsableFrom: st.BackupEmail.UsableFrom, EmailWaits: st.BackupEmail.UsableFrom.After(now),
		ChangeBackupEmail: v.barrier(st, ladder.ChangeBackupEmail),
		PasswordChanged:   st.Password.Set, ChangePassword: v.barrier(st, ladder.ChangePassword),
		PhoneAsked:  ladder.FactorAsked(st, v.session),
		MayRemember: st.MFA() && st.Organisation.Remembers(now),
	}
	if st.Organisation.Recovery(now).BackupEmailClosed {
		page.ChangeBackupEmail = Barrier{Kind: BarrierEmailClosed}
	}
	for _, a := range st.Authenticators {
		page.Authenticators = append(page.Authenticators, v.authenticator(st, a))
	}
	for _, in := range sessions {
		page.Sessions = append(page.Sessions, v.sessionRow(in))
	}
	for _, r := range ladder.Remembering(st, now) {
		page.Remembered = append(page.Remembered, v.rememberedRow(r))
	}
	page.Notices = append(page.Notices, v.lasting(st, page.Readiness)...)
	return v.show(page)
}

// lasting returns the banners that stay as long as they are true.
func (v *visit) lasting(st standing.Standing, ready Readiness) []Notice {
	var notices []Notice
	if v.session.CameByBackup() {
		notices = append(notices, Notice{ID: NoticeCameByBackup})
	}
	if left := st.Codes.Left(); st.MFA() && len(st.Codes.Codes) > 0 && left < factor.FewBackupCodes {
		notices = append(notices, Notice{ID: NoticeCodesLow, Count: left})
	}
	if until := st.BackupEmail.UsableFrom; until.After(v.s.options.Now()) {
		notices = append(notices, Notice{ID: NoticeEmailWaits, Until: until})
	}
	if ready.Risk == ReadyNobody {
		notices = append(notices, Notice{ID: NoticeNoBackup})
	}
	return notices
}

// myReadiness says which rungs would carry the member if the phone were gone now.
func myReadiness(st standing.Standing, ways []ladder.Way) Readiness {
	r := Readiness{CodesLeft: st.Codes.Left(), UsableFrom: st.BackupEmail.UsableFrom}
	open := make(map[ladder.Rung]bool)
	people := false
	soon := false
	for _, w := range ways {
		open[w.Rung] = w.Open
		people = people || len(w.Helpers) > 0
		soon = soon || w.Reason == ladder.BackupEmailTooNew
	}
	switch {
	case !st.MFA():
		r.Risk = ReadyNoMFA
	case open[ladder.BackupCode] && open[ladder.BackupEmail]:
		r.Risk = ReadyBoth
	case open[ladder.BackupCode]:
		r.Risk = ReadyCodes
	case open[ladder.BackupEmail]:
		r.Risk = ReadyEmail
	case open[ladder.OtherFactor]:
		r.Risk = ReadyFactor
	case soon:
		r.Risk = ReadyEmailSoon
	case people:
		r.Risk = ReadyPeople
	default:
		r.Risk = ReadyNobody
	}
	return r
}

func (v *visit) myFrame() Frame {
	f := v.frame()
	f.Here = homePath
	return f
}

func (v *visit) authenticator(st standing.Standing, a factor.Authenticator) Authenticator {
	return Authenticator{ID: string(a.ID), Name: a.Name, Added: a.Added, Used: a.LastUsed, Remove: v.barrier(st, ladder.RemoveAuthenticator)}
}

func (v *visit) sessionRow(in session.Session) Session {
	row := Session{
		ID: string(in.ID), Browser: v.inWords(in.Origin.Browser), Address: in.Origin.Address,
		First: in.Created, Last: in.LastUsed, This: in.ID == v.session.ID,
	}
	if in.CameByBackup() || in.CameByRemembered() || in.CameBySuspension() || in.CameByPass() {
		row.By = By(in.CameBy)
	}
	return row
}

func (v *visit) rememberedRow(r session.Remembered) Remembered {
	return Remembered{
		ID: string(r.ID), Browser: v.inWords(r.Origin.Browser), Address: r.Origin.Address,
		Since: r.Created, Until: r.Expires, Used: r.Used, This: r.ID == v.reminder().Series.Hash(),
	}
}

// inWords writes the name of a browser ("Firefox on Android") in the page's
// language.
func (v *visit) inWords(browser string) string {
	if v.voice().Language == org.Dutch {
		return strings.Replace(browser, " on ", " op ", 1)
	}
	return browser
}

// own loads the member's standing for a page that changes something, and
// reports whether the last proof is fresh enough; if not, it leads to the
// renewal and back to the page.
func (v *visit) own(back string) (st standing.Standing, fresh bool, err error) {
	st, err = v.s.flows.MyLogin.Standing(v.r.Context(), v.my())
	if err != nil {
		return st, false, err
	}
	if !ladder.Fresh(st, v.session, v.s.options.Now()) {
		return st, false, v.toProve(back)
	}
	return st, true, nil
}

// afterChange goes on to My login with a banner, leads to a renewal of the
// proof and back, or says that the change is not allowed now.
func (v *visit) afterChange(err error, back string, done NoticeID) error {
	_, refused := errors.AsType[*ladder.Refusal](err)
	switch {
	case errors.Is(err, ladder.ErrStale):
		return v.toProve(back)
	case refused:
		return v.redirect(homePath) // which says why, beside the control
	case err != nil:
		return err
	}
	return v.redirectWith(homePath, done)
}

// myLanguage answers POST /my-login/language.
func (s *Server) myLanguage(v *visit) error {
	l, ok := org.ParseLanguage(v.field("language"))
	if !ok {
		return v.fail(http.StatusBadRequest)
	}
	err := s.flows.MyLogin.ChangeLanguage(v.r.Context(), v.my(), l)
	if err == nil {
		v.setCookie(languageCookie, string(l), 365*24*time.Hour)
	}
	return v.afterChange(err, homePath, NoticeLanguageChanged)
}

const myPasswordPath = "/my-login/password"

// myPasswordPage answers GET /my-login/password.
func (s *Server) myPasswordPage(v *visit) error {
	return s.showMyPassword(v, http.StatusOK, Problem{})
}

func (s *Server) showMyPassword(v *visit, status int, problem Problem) error {
	st, fresh, err := v.own(myPasswordPath)
	if err != nil || !fresh {
		return err
	}
	page := ChangePassword{Frame: v.myFrame(), Email: string(st.Member.Email), MinLength: password.MinLength(st.MFA()), MFA: st.MFA()}
	problem.MinLength = page.MinLength
	page.Path, page.Problem = myPasswordPath, problem
	return v.showAs(status, page)
}

// myPassword answers POST /my-login/password.
func (s *Server) myPassword(v *visit) error {
	err := s.flows.MyLogin.ChangePassword(v.r.Context(), v.my(), v.field("password"))
	if problem := passwordProblem(err); problem.Is() {
		return s.showMyPassword(v, http.StatusUnprocessableEntity, problem)
	}
	return v.afterChange(err, myPasswordPath, NoticePasswordChanged)
}

func (v *visit) authenticatorID() factor.AuthenticatorID {
	return factor.AuthenticatorID(v.r.PathValue("id"))
}

func (v *visit) authenticatorPath() string {
	return "/my-login/authenticators/" + string(v.authenticatorID())
}

// myAuthenticatorPage answers GET /my-login/authenticators/{id}.
func (s *Server) myAuthenticatorPage(v *visit) error {
	return s.showMyAuthenticator(v, http.StatusOK, Problem{})
}

func (s *Server) showMyAuthenticator(v *visit, status int, problem Problem) error {
	st, fresh, err := v.own(v.authenticatorPath())
	if err != nil || !fresh {
		return err
	}
	a, ok := st.Authenticator(v.authenticatorID())
	if !ok {
		return org.ErrNotFound
	}
	page := MyAuthenticator{Frame: v.myFrame(), Authenticator: v.authenticator(st, a), Last: len(st.Authenticators) == 1}
	page.Path, page.Problem = v.authenticatorPath(), problem
	return v.showAs(status, page)
}

// renameAuthenticator answers POST /my-login/authenticators/{id}/rename.
func (s *Server) renameAuthenticator(v *visit) error {
	err := s.flows.MyLogin.RenameAuthenticator(v.r.Context(), v.my(), v.authenticatorID(), v.field("name"))
	switch {
	case errors.Is(err, org.ErrName):
		return s.showMyAuthenticator(v, http.StatusUnprocessableEntity, Problem{Why: NoName, Field: "name"})
	case errors.Is(err, factor.ErrNameTaken):
		return s.showMyAuthenticator(v, http.StatusUnprocessableEntity, Problem{Why: NameTaken, Field: "name"})
	}
	return v.afterChange(err, v.authenticatorPath(), NoticeFactorRenamed)
}

// removeAuthenticator answers POST /my-login/authenticators/{id}/remove.
func (s *Server) removeAuthenticator(v *visit) error {
	off, err := s.flows.MyLogin.RemoveAuthenticator(v.r.Context(), v.my(), v.authenticatorID())
	done := NoticeFactorRemoved
	if off {
		done = NoticeMFAOff
	}
	return v.afterChange(err, v.authenticatorPath(), done)
}

const mfaOffPath = "/my-login/mfa-off"

// mfaOffPage answers GET /my-login/mfa-off.
func (s *Server) mfaOffPage(v *visit) error {
	st, fresh, err := v.own(mfaOffPath)
	if err != nil || !fresh {
		return err
	}
	return v.show(TurnOffMFA{Frame: v.myFrame(), Barrier: v.barrier(st, ladder.TurnOffMFA)})
}

// mfaOff answers POST /my-login/mfa-off.
func (s *Server) mfaOff(v *visit) error {
	return v.afterChange(s.flows.MyLogin.TurnOffMFA(v.r.Context(), v.my()), mfaOffPath, NoticeMFAOff)
}

// endSession answers POST /my-login/sessions/{id}/end.
func (s *Server) endSession(v *visit) error {
	id, err := session.ParseHash(v.r.PathValue("id"))
	if err != nil {
		return org.ErrNotFound
	}
	return v.afterChange(s.flows.MyLogin.EndSession(v.r.Context(), v.my(), id), homePath, NoticeOneSessionEnded)
}

// endOtherSessions answers POST /my-login/sessions/others/end.
func (s *Server) endOtherSessions(v *visit) error {
	return v.afterChange(s.flows.MyLogin.EndOtherSessions(v.r.Context(), v.my()), homePath, NoticeOtherSessions)
}

// forgetDevice answers POST /my-login/remembered/{id}/forget.
func (s *Server) forgetDevice(v *visit) error {
	id, err := session.ParseHash(v.r.PathValue("id"))
	if err != nil {
		return org.ErrNotFound
	}
	return v.afterChange(s.flows.MyLogin.ForgetDevice(v.r.Context(), v.my(), id), homePath, NoticeDeviceForgotten)
}

// forgetAllDevices answers POST /my-login/remembered/all/forget.
func (s *Server) forgetAllDevices(v *visit) error {
	return v.afterChange(s.flows.MyLogin.ForgetAllDevices(v.r.Context(), v.my()), homePath, NoticeDevicesForgotten)
}
