package web

import (
	"errors"
	"net/http"
	"time"

	"github.com/sparekey/sparekey/internal/factor"
	"github.com/sparekey/sparekey/internal/ladder"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/session"
	"github.com/sparekey/sparekey/internal/signin"
	"github.com/sparekey/sparekey/internal/standing"
	"github.com/sparekey/sparekey/internal/throttle"
)

// codeWords are the problems of one kind of code, as its page says them.
type codeWords struct{ malformed, wrong, used Why }

var (
	authenticatorCode = codeWords{CodeNotSix, WrongCode, CodeUsed}
	backupCodeWords   = codeWords{WrongBackup, WrongBackup, BackupSpent}
	mailedCodeWords   = codeWords{CodeNotEight, WrongMailCode, MailCodeEnded}
)

// codeProblem returns what the page says of an error about a code, and the
// status; no problem where the error is none of the visitor's.
func codeProblem(err error, say codeWords) (Problem, int) {
	wrong, isWrong := errors.AsType[*signin.WrongCodeError](err)
	throttled, isThrottled := errors.AsType[*signin.ThrottledError](err)
	switch {
	case errors.Is(err, signin.ErrMalformed):
		return Problem{Why: say.malformed, Field: "code"}, http.StatusUnprocessableEntity
	case isWrong && wrong.Replayed:
		return Problem{Why: say.used, Field: "code", TriesLeft: max(wrong.Left, 0)}, http.StatusUnauthorized
	case isWrong:
		why := say.wrong
		if why == WrongCode && wrong.Left >= 0 && wrong.Left <= session.ChallengeTries-2 {
			why = ClockMayBeOff
		}
		return Problem{Why: why, Field: "code", TriesLeft: max(wrong.Left, 0)}, http.StatusUnauthorized
	case isThrottled:
		return Problem{Why: Throttled, Wait: throttled.Wait}, http.StatusTooManyRequests
	}
	return Problem{}, 0
}

// mfaPage answers GET /mfa.
func (s *Server) mfaPage(v *visit) error {
	if v.waitsForHelp() && v.r.URL.Query().Get("with") != "phone" {
		return v.redirect(askPath)
	}
	if isCase(v.sign.Next) && v.standing.Case.ID != "" && v.r.URL.Query().Get("with") != "phone" {
		return v.redirect(v.sign.Next) // the link of the case was opened
	}
	asks, err := s.flows.SignIn.Asks(v.r.Context(), v.sign, v.standing)
	if err != nil {
		return err
	}
	if asks == ladder.AskMailedCode && v.r.URL.Query().Get("with") != "phone" {
		return v.redirect("/mfa/email")
	}
	return s.showMFA(v, http.StatusOK, Problem{})
}

func (s *Server) showMFA(v *visit, status int, problem Problem) error {
	page := MFA{
		Frame: v.frame(), Name: v.standing.Member.Name, Email: v.standing.Member.Email.Masked(),
		NoFactor: len(v.standing.Authenticators) == 0,
		Remember: ladder.MayRemember(v.standing, s.options.Now()), Ticked: v.r.PostForm.Get("remember") == "yes",
	}
	page.Path, page.Problem = "/mfa", problem
	for _, a := range v.standing.Authenticators {
		page.Authenticators = append(page.Authenticators, a.Name)
	}
	return v.showAs(status, page)
}

// mfa answers POST /mfa.
func (s *Server) mfa(v *visit) error {
	return v.answer(session.ByFactor, authenticatorCode, func(status int, p Problem) error { return s.showMFA(v, status, p) })
}

// answer tries a typed code and signs in, or shows the page again.
func (v *visit) answer(kind session.CameBy, say codeWords, again func(int, Problem) error) error {
	done, err := v.s.flows.SignIn.Answer(v.r.Context(), v.pending, signin.Answer{
		Kind: kind, Typed: v.field("code"), Device: v.device(), Origin: v.origin,
		Remember: v.field("remember") == "yes", Reminder: v.reminder(),
	})
	if problem, status := codeProblem(err, say); problem.Is() {
		if wrong, ok := errors.AsType[*signin.WrongCodeError](err); ok && wrong.Left == 0 {
			v.dropCookie(challengeCookie)
			return v.redirectWith("/sign-in", NoticeBeginAgain)
		}
		if problem.Wait > 0 {
			retryAfter(v.w, problem.Wait)
		}
		return again(status, problem)
	}
	if errors.Is(err, signin.ErrOver) {
		return v.signInOver()
	}
	if _, ok := errors.AsType[*ladder.Refusal](err); ok && kind == session.BySuspension {
		return v.redirect("/mfa") // it has ended meanwhile: the page says what is asked now
	} else if ok {
		return v.s.showBackup(v, http.StatusConflict, Problem{Why: Refused})
	}
	if err != nil {
		return err
	}
	// The device is known and remembered already: the browser must have its cookies,
	// whatever comes.
	if done.Device != "" {
		v.setCookie(deviceCookie, string(done.Device), session.DeviceLifetime)
	}
	v.keepReminder(done.Remembering)
	if err := v.beginSession(done.Session); err != nil {
		return err
	}
	if kind == session.ByBackupCode || kind == session.ByBackupEmail {
		return v.redirect(lostPhonePath)
	}
	return v.redirect(v.afterSignIn(done.Next))
}

// backupPage answers GET /backup: the ladder.
func (s *Server) backupPage(v *visit) error { return s.showBackup(v, http.StatusOK, Problem{}) }

func (s *Server) showBackup(v *visit, status int, problem Problem) error {
	page, err := s.backupOf(v, v.standing, false)
	if err != nil {
		return err
	}
	page.Problem = problem
	if page.OwnCount() == 0 && v.cookie(noPhoneCookie) != "" {
		v.dropCookie(noPhoneCookie) // a device that is remembered is the way in that is left
		page.Again = true
	}
	return v.showAs(status, page)
}

// backupOf returns the page of the ways back as they are for the member who
// stands like st. inside: in a session of theirs, not after a password alone.
func (s *Server) backupOf(v *visit, st standing.Standing, inside bool) (Backup, error) {
	ways, err := s.flows.Recovery.Ways(v.r.Context(), st)
	if err != nil {
		return Backup{}, err
	}
	page := Backup{Frame: v.frame(), Name: st.Member.Name, Email: st.Member.Email.Masked()}
	page.Path = "/backup"
	for _, w := range ways {
		page.Rungs = append(page.Rungs, s.rung(st, w, inside))
	}
	return page, nil
}

// rungKinds name the rungs for the page.
var rungKinds = map[ladder.Rung]RungKind{
	ladder.OtherFactor: RungFactor, ladder.BackupCode: RungBackupCode, ladder.BackupEmail: RungBackupEmail,
	ladder.Helper: RungHelper, ladder.OtherAdministrator: RungAdministrator, ladder.Desk: RungDesk, ladder.OperatorShell: RungOperator,
}

// rung says how one way back stands. Only inside a session are the addresses of
// colleagues shown: whoever has a password alone would learn whom to write to next.
func (s *Server) rung(st standing.Standing, w ladder.Way, inside bool) Rung {
	r := Rung{Kind: rungKinds[w.Rung], Open: w.Open, Reason: RungReason(w.Reason), Until: w.Until, UsableFrom: w.Until}
	switch w.Rung {
	case ladder.BackupCode:
		r.CodesLeft = st.Codes.Left()
	case ladder.BackupEmail:
		r.Masked = st.BackupEmail.Address.Masked()
	case ladder.Helper, ladder.OtherAdministrator:
		for _, h := range w.Helpers {
			p := Person{Name: h.Name, Role: h.Role, Phone: h.Phone}
			if inside {
				p.Email = string(h.Email)
			}
			r.People = append(r.People, p)
		}
	case ladder.OperatorShell:
		if s.options.Support != (Person{}) {
			r.People = []Person{s.options.Support}
		}
	}
	return r
}

// backupCode answers POST /backup/code (rung 2).
func (s *Server) backupCode(v *visit) error {
	return v.answer(session.ByBackupCode, backupCodeWords, func(status int, p Problem) error { return s.showBackup(v, status, p) })
}

// mailBackupCode answers POST /backup/email: it mails a code (rung 3).
func (s *Server) mailBackupCode(v *visit) error {
	err := s.flows.SignIn.MailCode(v.r.Context(), v.pending, standing.ForSignIn, v.origin)
	throttled, isThrottled := errors.AsType[*signin.ThrottledError](err)
	_, isRefused := errors.AsType[*ladder.Refusal](err)
	switch {
	case errors.Is(err, signin.ErrOver):
		return v.signInOver()
	case isRefused:
		return s.showBackup(v, http.StatusConflict, Problem{Why: Refused})
	case isThrottled:
		retryAfter(v.w, throttled.Wait)
		problem := Problem{Why: SentTooOften, Wait: throttled.Wait}
		if _, err := s.flows.SignIn.Mailed(v.r.Context(), v.pending, standing.ForSignIn); err == nil {
			return s.showMailedCode(v, http.StatusTooManyRequests, problem)
		}
		return s.showBackup(v, http.StatusTooManyRequests, problem)
	case err != nil:
		return err
	}
	return v.redirectWith("/backup/email", NoticeCodeSent)
}

// mailedCodePage answers GET /backup/email.
func (s *Server) mailedCodePage(v *visit) error {
	return s.showMailedCode(v, http.StatusOK, Problem{})
}

func (s *Server) showMailedCode(v *visit, status int, problem Problem) error {
	mailed, err := s.flows.SignIn.Mailed(v.r.Context(), v.pending, standing.ForSignIn)
	if errors.Is(err, signin.ErrOver) {
		return v.signInOver()
	}
	if errors.Is(err, org.ErrNotFound) {
		return v.redirect("/backup")
	}
	if err != nil {
		return err
	}
	page := BackupEmailCode{Frame: v.frame(), MailedCode: MailedCode{
		Masked: mailed.Address.Masked(), ValidUntil: mailed.Expires, TriesLeft: session.ChallengeTries - v.sign.Tries,
		AgainIn: againIn(mailed.Sent, s.options.Now()),
	}}
	page.Path, page.Problem = "/backup/email", problem
	return v.showAs(status, page)
}

// againIn returns how long the button that mails a new code still waits.
func againIn(sent, now time.Time) time.Duration { return throttle.MailWait([]time.Time{sent}, now) }

// mailedCode answers POST /backup/email/code.
func (s *Server) mailedCode(v *visit) error {
	mailed, err := s.flows.SignIn.Mailed(v.r.Context(), v.pending, standing.ForSignIn)
	if err == nil && !mailed.Open(s.options.Now()) {
		return s.showMailedCode(v, http.StatusUnauthorized, Problem{Why: MailCodeEnded, Field: "code"})
	}
	return v.answer(session.ByBackupEmail, mailedCodeWords, func(status int, p Problem) error { return s.showMailedCode(v, status, p) })
}

// lostPhonePage answers GET /lost-phone.
func (s *Server) lostPhonePage(v *visit) error {
	return s.showLostPhone(v, http.StatusOK, Problem{})
}

func (s *Server) showLostPhone(v *visit, status int, problem Problem) error {
	if v.mustGo() != lostPhonePath {
		return v.redirect(homePath)
	}
	st, err := s.flows.MyLogin.Standing(v.r.Context(), v.my())
	if err != nil {
		return err
	}
	page := LostPhone{Frame: v.frame(), By: By(v.session.CameBy), CodesLeft: st.Codes.Left()}
	page.Path, page.Problem = lostPhonePath, problem
	for _, a := range st.Authenticators {
		page.Factors = append(page.Factors, FactorChoice{ID: string(a.ID), Name: a.Name, Used: a.LastUsed, Checked: true})
	}
	return v.showAs(status, page)
}

// lostPhone answers POST /lost-phone.
func (s *Server) lostPhone(v *visit) error {
	if v.field("lost") != "yes" && v.field("lost") != "no" {
		return s.showLostPhone(v, http.StatusUnprocessableEntity, Problem{Why: NothingChosen})
	}
	lost := v.field("lost") == "yes"
	var err error
	if lost {
		var which []factor.AuthenticatorID
		for _, id := range v.r.PostForm["factor"] {
			which = append(which, factor.AuthenticatorID(id))
		}
		err = s.flows.Recovery.Lost(v.r.Context(), v.session, which, v.origin)
	} else {
		err = s.flows.Recovery.NotLost(v.r.Context(), v.session, v.origin)
	}
	if refusal, ok := errors.AsType[*ladder.Refusal](err); ok {
		if refusal.Reason == ladder.NothingLost {
			return s.showLostPhone(v, http.StatusUnprocessableEntity, Problem{Why: NothingChosen, Field: "factor"})
		}
		return v.redirectWith(homePath, NoticeAlreadyDone)
	}
	if err != nil {
		return err
	}
	if lost {
		return v.redirect(setUpPath)
	}
	return v.redirect(homePath)
}
