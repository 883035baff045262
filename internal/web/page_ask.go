package web

import (
	"encoding/json"
	"errors"
	"net/http"

	"github.com/sparekey/sparekey/internal/help"
	"github.com/sparekey/sparekey/internal/ladder"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/session"
	"github.com/sparekey/sparekey/internal/signin"
	"github.com/sparekey/sparekey/internal/standing"
)

const askPath = "/mfa/help"

// requestCookieLives is as long as a request and its answer may: until it is
// answered, the time to object, and the time in which the answer is used.
const requestCookieLives = standing.RequestLifetime + org.MaxWait + standing.AnswerLifetime

// calls loads the sign-in of this browser, if one is under way, and the request
// that was made here, if there is one of the same member. Either may be missing.
func (v *visit) calls() (standing.Request, bool, error) {
	if token, err := session.ParseToken(v.cookie(challengeCookie)); err == nil {
		sign, st, err := v.s.flows.SignIn.Pending(v.r.Context(), token)
		if err != nil && !errors.Is(err, signin.ErrOver) {
			return standing.Request{}, false, err
		}
		if err == nil && sign.Member != "" {
			v.pending, v.sign, v.standing = token, sign, st
		}
	}
	st, r, err := v.s.flows.Help.Here(v.r.Context(), v.askedHere())
	if errors.Is(err, org.ErrNotFound) || err == nil && v.pending != "" && st.Member.ID != v.sign.Member {
		return standing.Request{}, false, nil // somebody else asked in this browser
	}
	if err == nil {
		v.standing = st
	}
	return r, err == nil, err
}

// askState says where the request stands for this browser.
func (v *visit) askState(r standing.Request, found bool) AskState {
	now := v.s.options.Now()
	switch {
	case !found || r.State == standing.Withdrawn || r.State == standing.Done:
		return AskFirst
	case r.State == standing.Refused:
		return AskRefused
	case r.State == standing.Closed:
		return AskClosed
	case r.State == standing.Stopped:
		return AskStopped
	case !r.Live(now):
		return AskExpired
	case r.State == standing.Asked:
		return AskWaiting
	case now.Before(r.Opens):
		return AskOpens
	case v.pending == "":
		return AskSignIn
	}
	return AskReady
}

// askPage answers GET /mfa/help.
func (s *Server) askPage(v *visit) error { return s.showAsk(v, http.StatusOK, "") }

func (s *Server) showAsk(v *visit, status int, why ladder.Reason) error {
	r, found, err := v.calls()
	if err != nil {
		return err
	}
	state := v.askState(r, found)
	if state == AskFirst && v.pending == "" {
		return v.signInOver()
	}
	helpers, err := s.flows.Help.Helpers(v.r.Context(), v.standing)
	if err != nil {
		return err
	}
	page := Ask{
		Frame: v.frame(), State: state, Administrator: v.standing.Member.Stored == org.Administrator, Why: string(why),
		Expires: r.Expires, Opens: r.Opens, Words: r.Words, SigningIn: v.pending != "",
	}
	for _, h := range helpers {
		page.People = append(page.People, Person{Name: h.Name, Role: h.Role, Phone: h.Phone})
		if h.ID == r.By {
			page.By = h.Name
		}
	}
	if state == AskWaiting {
		page.Code = r.Code.Groups()
	}
	page.Path = askPath
	if why != "" {
		page.Problem = Problem{Why: Refused}
	}
	v.w.Header().Set("Cache-Control", "no-store")
	return v.showAs(status, page)
}

// askStateOf answers GET /mfa/help/state, which the page asks every few seconds.
func (s *Server) askStateOf(v *visit) error {
	r, found, err := v.calls()
	if err != nil {
		return err
	}
	v.w.Header().Set("Content-Type", "application/json")
	v.w.Header().Set("Cache-Control", "no-store")
	return json.NewEncoder(v.w).Encode(map[string]AskState{"state": v.askState(r, found)})
}

// ask answers POST /mfa/help: it makes a request.
func (s *Server) ask(v *visit) error {
	token, err := s.flows.Help.Ask(v.r.Context(), help.Call{Challenge: v.sign, Browser: v.askedHere(), Origin: v.origin})
	refusal, isRefused := errors.AsType[*ladder.Refusal](err)
	switch {
	case errors.Is(err, help.ErrOver):
		return v.signInOver()
	case isRefused:
		return s.showAsk(v, http.StatusConflict, refusal.Reason)
	case err != nil:
		return err
	}
	v.setCookie(requestCookie, string(token), requestCookieLives)
	return v.redirect(askPath)
}

// withdrawHelp answers POST /mfa/help/withdraw.
func (s *Server) withdrawHelp(v *visit) error {
	err := s.flows.Help.Withdraw(v.r.Context(), v.askedHere(), v.origin)
	if _, isRefused := errors.AsType[*ladder.Refusal](err); err != nil && !isRefused && !errors.Is(err, org.ErrNotFound) {
		return err
	}
	return v.redirect("/backup")
}

// carryOn answers POST /mfa/help/on: the browser that asked goes on.
func (s *Server) carryOn(v *visit) error {
	opening, err := s.flows.SignIn.CarryOn(v.r.Context(), v.pending, v.askedHere(), v.origin)
	_, isRefused := errors.AsType[*ladder.Refusal](err)
	switch {
	case errors.Is(err, signin.ErrOver):
		return v.signInOver()
	case isRefused:
		return v.redirect(askPath)
	case err != nil:
		return err
	}
	return v.follow(opening, opening.Next)
}

// waitsForHelp reports whether this browser waits for help for whoever signs in,
// or has got it.
func (v *visit) waitsForHelp() bool {
	r, ok := ladder.RequestIn(v.standing, hashed(v.askedHere()))
	return ok && r.Live(v.s.options.Now())
}

func hashed(token session.Token) session.Hash {
	if token == "" {
		return ""
	}
	return token.Hash()
}
