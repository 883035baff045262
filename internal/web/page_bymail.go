package web

import (
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/sparekey/sparekey/internal/ladder"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/password"
	"github.com/sparekey/sparekey/internal/recovery"
	"github.com/sparekey/sparekey/internal/session"
	"github.com/sparekey/sparekey/internal/signin"
	"github.com/sparekey/sparekey/internal/standing"
)

// forgottenPage answers GET /password/forgotten.
func (s *Server) forgottenPage(v *visit) error {
	return v.show(ForgottenPassword{Frame: v.frame()})
}

// forgottenTime is how long the answer to a forgotten password takes, whether the
// address is known or not: longer than either takes by itself.
const forgottenTime = 300 * time.Millisecond

// forgotten answers POST /password/forgotten, alike for every address.
func (s *Server) forgotten(v *visit) error {
	address, err := org.ParseEmail(v.field("email"))
	if err != nil {
		page := ForgottenPassword{Frame: v.frame(), Email: shown(v.field("email"))}
		page.Path, page.Problem = "/password/forgotten", Problem{Why: NoEmail, Field: "email"}
		return v.showAs(http.StatusUnprocessableEntity, page)
	}
	answer := time.NewTimer(forgottenTime)
	defer answer.Stop()
	if err := s.flows.SignIn.Forgotten(v.r.Context(), address, v.origin); err != nil {
		return err
	}
	select {
	case <-answer.C:
	case <-v.r.Context().Done():
	}
	page := ForgottenPasswordSent{Frame: v.frame(), Email: string(address)}
	page.Path = "/password/forgotten"
	return v.show(page)
}

// token returns the token in the path.
func (v *visit) token() (session.Token, error) { return session.ParseToken(v.r.PathValue("token")) }

// linkEnded answers that a mailed link is over.
func (v *visit) linkEnded(kind LinkKind) error {
	page := LinkEnded{Frame: v.frame(), Kind: kind}
	page.Path = "/"
	return v.showAs(http.StatusNotFound, page)
}

// isLinkOver reports whether an error says that a link is over.
func isLinkOver(err error) bool {
	return errors.Is(err, signin.ErrLink) || errors.Is(err, recovery.ErrLink) || errors.Is(err, session.ErrToken)
}

// newPasswordPage answers GET /password/new/{token}.
func (s *Server) newPasswordPage(v *visit) error {
	return s.showNewPassword(v, http.StatusOK, Problem{})
}

func (s *Server) showNewPassword(v *visit, status int, problem Problem) error {
	token, err := v.token()
	if err != nil {
		return v.linkEnded(ResetLink)
	}
	_, st, err := s.flows.SignIn.Linked(v.r.Context(), token, standing.ForReset)
	if isLinkOver(err) {
		return v.linkEnded(ResetLink)
	}
	if err != nil {
		return err
	}
	v.standing = st
	page := NewPassword{
		Frame: v.frame(), Action: standing.ResetPath + string(token), Email: string(st.Member.Email),
		MinLength: password.MinLength(st.MFA()), MFA: st.MFA(),
	}
	problem.MinLength = page.MinLength
	page.Path, page.Problem = page.Action, problem
	return v.showAs(status, page)
}

// passwordProblem returns what a page says of a password that will not do.
func passwordProblem(err error) Problem {
	for _, c := range []struct {
		err error
		why Why
	}{
		{password.ErrShort, PasswordShort}, {password.ErrLong, PasswordLong}, {password.ErrOdd, PasswordOdd},
		{password.ErrCommon, PasswordCommon}, {password.ErrYours, PasswordYours}, {signin.ErrSame, PasswordSame},
	} {
		if errors.Is(err, c.err) {
			return Problem{Why: c.why, Field: "password"}
		}
	}
	return Problem{}
}

// newPassword answers POST /password/new/{token}.
func (s *Server) newPassword(v *visit) error {
	token, err := v.token()
	if err == nil {
		err = s.flows.SignIn.ResetPassword(v.r.Context(), token, v.field("password"), v.origin)
	}
	if problem := passwordProblem(err); problem.Is() {
		return s.showNewPassword(v, http.StatusUnprocessableEntity, problem)
	}
	if isLinkOver(err) {
		return v.linkEnded(ResetLink)
	}
	if err != nil {
		return err
	}
	v.dropCookie(sessionCookie) // all sessions have ended
	return v.redirectWith("/sign-in", NoticePasswordSet)
}

// invitationPage answers GET /invitation/{token}.
func (s *Server) invitationPage(v *visit) error {
	return s.showInvitation(v, http.StatusOK, Problem{})
}

func (s *Server) showInvitation(v *visit, status int, problem Problem) error {
	token, err := v.token()
	if err != nil {
		return v.linkEnded(InvitationLink)
	}
	_, st, err := s.flows.SignIn.Linked(v.r.Context(), token, standing.ForInvitation)
	if isLinkOver(err) {
		return v.linkEnded(InvitationLink)
	}
	if err != nil {
		return err
	}
	v.standing = st
	page := Invitation{
		Frame: v.frame(), Action: standing.InvitationPath + string(token), Name: st.Member.Name, Email: string(st.Member.Email),
		MinLength: password.MinLength(false), MFANext: true,
	}
	problem.MinLength = page.MinLength
	page.Path, page.Problem = page.Action, problem
	return v.showAs(status, page)
}

// invitation answers POST /invitation/{token}.
func (s *Server) invitation(v *visit) error {
	token, err := v.token()
	var opening signin.Opening
	if err == nil {
		opening, err = s.flows.SignIn.AcceptInvitation(v.r.Context(), token, v.field("password"), v.origin)
	}
	if problem := passwordProblem(err); problem.Is() {
		return s.showInvitation(v, http.StatusUnprocessableEntity, problem)
	}
	if isLinkOver(err) {
		return v.linkEnded(InvitationLink)
	}
	if err != nil {
		return err
	}
	return v.follow(opening, setUpPath)
}

// strength answers POST /password/strength for the meter: how hard a password
// is to guess. One is judged at a time, so that it cannot be used as a load.
func (s *Server) strength(v *visit) error {
	select {
	case s.judging <- struct{}{}:
		defer func() { <-s.judging }()
	default:
		v.w.WriteHeader(http.StatusServiceUnavailable)
		return nil
	}
	typed := v.field("password")
	if len(typed) > password.MaxBytes {
		typed = typed[:password.MaxBytes]
	}
	score := password.Strength(typed, nil)
	v.w.Header().Set("Content-Type", "application/json")
	return json.NewEncoder(v.w).Encode(struct {
		Score int    `json:"score"`
		Words string `json:"words"`
	}{score, v.voice().Say("strength." + string(rune('0'+score)))})
}

// notMePage answers GET /not-me/{token}. Opening it does nothing.
func (s *Server) notMePage(v *visit) error {
	token, err := v.token()
	if err != nil {
		return v.linkEnded(NotMeLink)
	}
	link, st, err := s.flows.Recovery.Objection(v.r.Context(), token)
	if isLinkOver(err) {
		return v.linkEnded(NotMeLink)
	}
	if err != nil {
		return err
	}
	if st.Member.State == org.Deactivated {
		return v.showAccountEnded(st)
	}
	byFactor := v.signedIn && v.session.Member == link.Member && !v.session.FactorProved.IsZero()
	if _, refused := errors.AsType[*ladder.Refusal](s.flows.Recovery.MayObject(link, st)); refused && !byFactor {
		return v.showNotMeAgain()
	}
	page := NotMe{Frame: v.frame(), Action: standing.ObjectionPath + string(token), Kind: string(link.About), When: link.Created, Left: v.leftByObjection(st)}
	return v.show(page)
}

// leftByObjection returns what an objection now leaves of the MFA of a member.
func (v *visit) leftByObjection(st standing.Standing) MFALeft {
	mfa, factor := ladder.AfterObjection(st, v.s.options.Now())
	switch {
	case factor:
		return FactorLeft
	case mfa:
		return NothingLeft
	}
	return ""
}

// showAccountEnded says that the account was deactivated after the mail.
func (v *visit) showAccountEnded(st standing.Standing) error {
	page := AccountEnded{Frame: v.frame(), Of: st.Organisation.Name}
	page.Path = v.r.URL.Path
	return v.showAs(http.StatusGone, page)
}

// showNotMeAgain leads to a sign-in with the authenticator, and back here.
func (v *visit) showNotMeAgain() error {
	page := NotMeAgain{Frame: v.frame(), Next: v.r.URL.Path}
	page.Path = v.r.URL.Path
	return v.showAs(http.StatusConflict, page)
}

// notMe answers POST /not-me/{token}.
func (s *Server) notMe(v *visit) error {
	token, err := v.token()
	if err != nil {
		return v.linkEnded(NotMeLink)
	}
	_, st, err := s.flows.Recovery.Objection(v.r.Context(), token)
	if err == nil {
		err = s.flows.Recovery.Object(v.r.Context(), token, v.session, v.origin)
	}
	if isLinkOver(err) {
		return v.linkEnded(NotMeLink)
	}
	if refusal, ok := errors.AsType[*ladder.Refusal](err); ok && refusal.Reason == ladder.NotActive {
		return v.showAccountEnded(st)
	} else if ok {
		return v.showNotMeAgain()
	}
	if err != nil {
		return err
	}
	if v.signedIn && v.session.Member == st.Member.ID {
		v.signedIn = false
		v.dropCookie(sessionCookie)
	}
	page := NotMeDone{Frame: v.frame(), Left: v.leftByObjection(st)}
	page.Path = "/"
	return v.show(page)
}
