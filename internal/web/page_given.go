package web

import (
	"errors"
	"net/http"
	"time"

	"github.com/sparekey/sparekey/internal/ladder"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/session"
	"github.com/sparekey/sparekey/internal/signin"
	"github.com/sparekey/sparekey/internal/standing"
)

// mfaEmailPage answers GET /mfa/email: what is asked of a strange browser while
// MFA is suspended.
func (s *Server) mfaEmailPage(v *visit) error { return s.showMFAEmail(v, http.StatusOK, Problem{}) }

func (s *Server) showMFAEmail(v *visit, status int, problem Problem) error {
	asks, err := s.flows.SignIn.Asks(v.r.Context(), v.sign, v.standing)
	if err != nil {
		return err
	}
	if asks != ladder.AskMailedCode {
		return v.redirect("/mfa")
	}
	mailed, err := s.flows.SignIn.Mailed(v.r.Context(), v.pending, standing.ForSuspended)
	if errors.Is(err, signin.ErrOver) {
		return v.signInOver()
	}
	if err != nil && !errors.Is(err, org.ErrNotFound) {
		return err
	}
	page := MFAEmail{
		Frame: v.frame(), Name: v.standing.Member.Name, Email: v.standing.Member.Email.Masked(),
		Until: v.standing.Suspension.Until, Sent: err == nil, Phone: len(v.standing.Authenticators) > 0,
		MailedCode: MailedCode{Masked: v.standing.Member.Email.Masked()},
	}
	if page.Sent {
		page.MailedCode = MailedCode{
			Masked: mailed.Address.Masked(), ValidUntil: mailed.Expires, TriesLeft: session.ChallengeTries - v.sign.Tries,
			AgainIn: againIn(mailed.Sent, s.options.Now()),
		}
	}
	page.Path, page.Problem = "/mfa/email", problem
	return v.showAs(status, page)
}

// mfaEmail answers POST /mfa/email: it mails a code.
func (s *Server) mfaEmail(v *visit) error {
	err := s.flows.SignIn.MailCode(v.r.Context(), v.pending, standing.ForSuspended, v.origin)
	throttled, isThrottled := errors.AsType[*signin.ThrottledError](err)
	_, isRefused := errors.AsType[*ladder.Refusal](err)
	switch {
	case errors.Is(err, signin.ErrOver):
		return v.signInOver()
	case isRefused: // the suspension has ended meanwhile
		return v.redirect("/mfa")
	case isThrottled:
		retryAfter(v.w, throttled.Wait)
		return s.showMFAEmail(v, http.StatusTooManyRequests, Problem{Why: SentTooOften, Wait: throttled.Wait})
	case err != nil:
		return err
	}
	return v.redirectWith("/mfa/email", NoticeCodeSent)
}

// mfaEmailCode answers POST /mfa/email/code.
func (s *Server) mfaEmailCode(v *visit) error {
	mailed, err := s.flows.SignIn.Mailed(v.r.Context(), v.pending, standing.ForSuspended)
	if err == nil && !mailed.Open(s.options.Now()) {
		return s.showMFAEmail(v, http.StatusUnauthorized, Problem{Why: MailCodeEnded, Field: "code"})
	}
	return v.answer(session.BySuspension, mailedCodeWords, func(status int, p Problem) error { return s.showMFAEmail(v, status, p) })
}

// passPage answers GET /enrolment-pass/{token}. Opening it does nothing.
func (s *Server) passPage(v *visit) error { return s.showPass(v, http.StatusOK, Problem{}) }

func (s *Server) showPass(v *visit, status int, problem Problem) error {
	token, err := v.token()
	if err != nil {
		return v.linkEnded(PassLink)
	}
	link, st, err := s.flows.SignIn.Pass(v.r.Context(), token)
	refusal, waits := errors.AsType[*ladder.Refusal](err)
	switch {
	case isLinkOver(err):
		return v.linkEnded(PassLink)
	case waits:
		return v.passWaits(refusal.Until)
	case err != nil:
		return err
	}
	v.standing = st
	page := EnrolmentPass{
		Frame: v.frame(), Action: standing.PassPath + string(token), Name: st.Member.Name, Email: string(st.Member.Email), Until: link.Expires,
	}
	page.Path, page.Problem = page.Action, problem
	return v.showAs(status, page)
}

// passWaits says from when the link works.
func (v *visit) passWaits(from time.Time) error {
	page := EnrolmentPass{Frame: v.frame(), From: from}
	page.Path = v.r.URL.Path
	return v.showAs(http.StatusConflict, page)
}

// pass answers POST /enrolment-pass/{token}: with the password the set-up begins.
func (s *Server) pass(v *visit) error {
	token, err := v.token()
	var opening signin.Opening
	if err == nil {
		opening, err = s.flows.SignIn.OpenPass(v.r.Context(), token, signin.Credentials{
			Password: v.field("password"), Device: v.device(), Origin: v.origin,
		})
	}
	throttled, isThrottled := errors.AsType[*signin.ThrottledError](err)
	refusal, waits := errors.AsType[*ladder.Refusal](err)
	switch {
	case isLinkOver(err):
		return v.linkEnded(PassLink)
	case waits:
		return v.passWaits(refusal.Until)
	case errors.Is(err, signin.ErrWrong):
		return s.showPass(v, http.StatusUnauthorized, Problem{Why: WrongPassword, Field: "password"})
	case errors.Is(err, signin.ErrNewPassword):
		return s.showPass(v, http.StatusForbidden, Problem{Why: PasswordEnded})
	case isThrottled:
		retryAfter(v.w, throttled.Wait)
		return s.showPass(v, http.StatusTooManyRequests, Problem{Why: Throttled, Wait: throttled.Wait})
	case err != nil:
		return err
	}
	return v.follow(opening, setUpPath)
}
