package web

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/session"
	"github.com/sparekey/sparekey/internal/signin"
)

// home answers "/": where to begin.
func (s *Server) home(v *visit) error {
	if v.signedIn && s.options.Demo == nil {
		return v.redirect(homePath)
	}
	if s.options.Demo != nil {
		return v.redirect("/demo/")
	}
	organisations, err := s.backend.CountOrganisations(v.r.Context())
	if err != nil {
		return err
	}
	if organisations == 0 {
		return v.show(Welcome{Frame: v.frame()})
	}
	return v.redirect("/sign-in")
}

// signInPage answers GET /sign-in.
func (s *Server) signInPage(v *visit) error {
	query := v.r.URL.Query()
	if v.signedIn && query.Get("email") == "" {
		v.dropCookie(noticeCookie) // it is about a sign-in that was done since
		return v.redirect(orHome(query.Get("next")))
	}
	email, err := org.ParseEmail(query.Get("email"))
	if err != nil {
		email = ""
	}
	return v.show(SignIn{Frame: v.frame(), Email: string(email), Next: localPath(query.Get("next"))})
}

// signIn answers POST /sign-in.
func (s *Server) signIn(v *visit) error {
	next := localPath(v.field("next"))
	opening, err := s.flows.SignIn.Password(v.r.Context(), signin.Credentials{
		Address: v.field("email"), Password: v.field("password"), Device: v.device(), Reminder: v.shownReminder(), Asked: v.askedHere(), Next: v.keepNext(next), Origin: v.origin,
	})
	page := SignIn{Frame: v.frame(), Email: shown(v.field("email")), Next: next}
	page.Path = "/sign-in"
	throttled, isThrottled := errors.AsType[*signin.ThrottledError](err)
	switch {
	case errors.Is(err, signin.ErrWrong):
		page.Problem = Problem{Why: WrongSignIn, Field: "password"}
		return v.showAs(http.StatusUnauthorized, page)
	case errors.Is(err, signin.ErrNewPassword):
		page.Problem = Problem{Why: PasswordEnded}
		return v.showAs(http.StatusForbidden, page)
	case isThrottled:
		page.Problem = Problem{Why: Throttled, Wait: throttled.Wait}
		retryAfter(v.w, throttled.Wait)
		return v.showAs(http.StatusTooManyRequests, page)
	case err != nil:
		return err
	}
	return v.follow(opening, next)
}

// shown returns typed text that may be shown again in its field: bounded.
func shown(typed string) string {
	const most = 254
	if len(typed) > most {
		return ""
	}
	return strings.ToValidUTF8(typed, "")
}

// follow goes on to what a right password opened.
func (v *visit) follow(opening signin.Opening, next string) error {
	if opening.Asked != "" {
		v.setCookie(requestCookie, string(opening.Asked), requestCookieLives)
	}
	if opening.Session != "" {
		// The token is turned already: the browser must have it, whatever comes.
		v.keepReminder(opening.Remembering)
		if err := v.beginSession(opening.Session); err != nil {
			return err
		}
		if opening.Reach == session.SetUpOnly {
			return v.redirect(setUpPath)
		}
		return v.redirect(v.afterSignIn(next))
	}
	v.setCookie(challengeCookie, string(opening.Challenge), session.ChallengeLifetime)
	if opening.Choose {
		return v.redirect("/sign-in/organisation")
	}
	return v.redirect("/mfa")
}

// choosePage answers GET /sign-in/organisation.
func (s *Server) choosePage(v *visit) error {
	token, err := session.ParseToken(v.cookie(challengeCookie))
	if err != nil {
		return v.signInOver()
	}
	choices, err := s.flows.SignIn.Choices(v.r.Context(), token)
	if errors.Is(err, signin.ErrOver) {
		return v.signInOver()
	}
	if err != nil {
		return err
	}
	if len(choices) == 0 {
		return v.redirect("/mfa")
	}
	page := ChooseOrganisation{Frame: v.frame()}
	for _, c := range choices {
		page.Choices = append(page.Choices, OrganisationChoice{Value: string(c.Member.ID), Name: c.Organisation.Name, Role: c.Member.Role()})
	}
	return v.show(page)
}

// choose answers POST /sign-in/organisation.
func (s *Server) choose(v *visit) error {
	token, err := session.ParseToken(v.cookie(challengeCookie))
	if err != nil {
		return v.signInOver()
	}
	opening, err := s.flows.SignIn.Choose(v.r.Context(), token, org.MemberID(v.field("organisation")), v.shownReminder(), v.askedHere())
	if errors.Is(err, signin.ErrOver) {
		return v.signInOver()
	}
	if errors.Is(err, signin.ErrNewPassword) {
		v.dropCookie(challengeCookie)
		page := SignIn{Frame: v.frame()}
		page.Path, page.Problem = "/sign-in", Problem{Why: PasswordEnded}
		return v.showAs(http.StatusForbidden, page)
	}
	if err != nil {
		return err
	}
	return v.follow(opening, opening.Next)
}

// signOut answers POST /sign-out: it ends the session, and a sign-in under way.
func (s *Server) signOut(v *visit) error {
	if token, err := session.ParseToken(v.cookie(challengeCookie)); err == nil {
		if err := s.flows.SignIn.Abandon(v.r.Context(), token); err != nil {
			return err
		}
		v.dropCookie(challengeCookie)
	}
	if v.signedIn {
		if err := s.flows.SignIn.SignOut(v.r.Context(), v.session, v.origin); err != nil {
			return err
		}
	}
	v.dropCookie(sessionCookie)
	return v.redirectWith("/sign-in", NoticeSignedOut)
}

// language answers POST /language: it chooses for this browser.
func (s *Server) language(v *visit) error {
	l, ok := org.ParseLanguage(v.field("language"))
	if !ok {
		return v.fail(http.StatusBadRequest)
	}
	v.setCookie(languageCookie, string(l), 365*24*time.Hour)
	to := localPath(v.field("next"))
	if to == "" {
		to = "/"
	}
	return v.redirect(to)
}

// provePage answers GET /prove.
func (s *Server) provePage(v *visit) error { return s.showProve(v, http.StatusOK, Problem{}) }

func (s *Server) showProve(v *visit, status int, problem Problem) error {
	asked, err := s.flows.SignIn.AsksFactor(v.r.Context(), v.session)
	if err != nil {
		return err
	}
	next := v.r.URL.Query().Get("next")
	if v.r.Method == http.MethodPost {
		next = v.field("next")
	}
	page := Prove{Frame: v.frame(), Email: string(v.viewer.Member.Email), MFA: asked, Next: orHome(next)}
	page.Problem = problem
	if v.r.Method == http.MethodPost {
		page.Path = "/prove"
	}
	return v.showAs(status, page)
}

// prove answers POST /prove.
func (s *Server) prove(v *visit) error {
	token, err := s.flows.SignIn.Renew(v.r.Context(), v.session, signin.Renewal{
		Password: v.field("password"), Code: v.field("code"), Origin: v.origin,
	})
	if errors.Is(err, signin.ErrWrongPassword) {
		return s.showProve(v, http.StatusUnauthorized, Problem{Why: WrongPassword, Field: "password"})
	}
	if problem, status := codeProblem(err, authenticatorCode); problem.Is() {
		problem.TriesLeft = 0
		if problem.Wait > 0 {
			retryAfter(v.w, problem.Wait)
		}
		return s.showProve(v, status, problem)
	}
	if err != nil {
		return err
	}
	v.keepSession(token)
	return v.redirect(orHome(v.field("next")))
}

// noPhone answers POST /prove/no-phone: it ends the session, and the next sign-in
// in this browser asks for the code even where the device is remembered. The
// device stays remembered: forgetting it would silence the alarm about a copy.
// Where no backup would carry the member the session stays, for it may be all
// that is left to them, and the page says whom to turn to.
func (s *Server) noPhone(v *visit) error {
	if v.signedIn {
		st, err := s.flows.MyLogin.Standing(v.r.Context(), v.my())
		if err != nil {
			return err
		}
		page, err := s.backupOf(v, st, true)
		if err != nil {
			return err
		}
		if page.OwnCount() == 0 {
			page.Kept, page.Path = true, homePath
			return v.show(page)
		}
		if err := s.flows.SignIn.SignOut(v.r.Context(), v.session, v.origin); err != nil {
			return err
		}
		v.dropCookie(sessionCookie)
	}
	v.setCookie(noPhoneCookie, "yes", session.ChallengeLifetime)
	return v.redirectWith("/sign-in", NoticeNoPhone)
}

// toProve leads to a renewal of the proof, and back to a page afterwards.
func (v *visit) toProve(back string) error { return v.redirect("/prove?next=" + back) }
