package web

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/sparekey/sparekey/internal/session"
	"github.com/sparekey/sparekey/internal/signin"
	"github.com/sparekey/sparekey/internal/standing"
)

// The cookies. Over https each carries the __Host- prefix, which binds it to
// this host alone (RFC 6265bis, section 4.1.3.2).
const (
	sessionCookie    = "sparekey-session"
	challengeCookie  = "sparekey-sign-in"
	deviceCookie     = "sparekey-device"
	rememberedCookie = "sparekey-remembered"
	languageCookie   = "sparekey-language"
	noticeCookie     = "sparekey-notice"
	nextCookie       = "sparekey-next"
	noPhoneCookie    = "sparekey-no-phone"
	requestCookie    = "sparekey-request"
)

func (s *Server) cookieName(name string) string {
	if s.secure() {
		return "__Host-" + name
	}
	return name
}

// cookie returns the value of a cookie, or nothing.
func (v *visit) cookie(name string) string {
	c, err := v.r.Cookie(v.s.cookieName(name))
	if err != nil {
		return ""
	}
	return c.Value
}

func (v *visit) setCookie(name, value string, lives time.Duration) {
	http.SetCookie(v.w, &http.Cookie{
		Name: v.s.cookieName(name), Value: value, Path: "/", MaxAge: int(lives / time.Second),
		Secure: v.s.secure(), HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

func (v *visit) dropCookie(name string) { v.setCookie(name, "", -time.Second) }

// device returns the token by which this browser may be known, or nothing.
func (v *visit) device() session.Token {
	token, err := session.ParseToken(v.cookie(deviceCookie))
	if err != nil {
		return ""
	}
	return token
}

// askedHere returns the token that this browser was given when it asked for help, or
// nothing.
func (v *visit) askedHere() session.Token {
	token, err := session.ParseToken(v.cookie(requestCookie))
	if err != nil {
		return ""
	}
	return token
}

// reminder returns what this browser may be remembered by, or the zero Reminder.
func (v *visit) reminder() session.Reminder {
	r, err := session.ParseReminder(v.cookie(rememberedCookie))
	if err != nil {
		return session.Reminder{}
	}
	return r
}

// shownReminder returns what this browser shows at a sign-in to be remembered by:
// nothing while its member has no phone, for the way to the backups begins where
// the code is asked.
func (v *visit) shownReminder() session.Reminder {
	if v.cookie(noPhoneCookie) != "" {
		return session.Reminder{}
	}
	return v.reminder()
}

// keepReminder has the browser keep what it is remembered by, if that is new.
func (v *visit) keepReminder(r signin.Remembering) {
	if r.Reminder != (session.Reminder{}) {
		v.setCookie(rememberedCookie, r.Reminder.Text(), r.Until.Sub(v.s.options.Now()))
	}
}

// tokenPaths begin the paths that carry the token of a mailed link.
var tokenPaths = []string{standing.ObjectionPath, standing.ResetPath, standing.InvitationPath, standing.PassPath, standing.AddressPath}

// carriesToken reports whether a local path carries the token of a mailed link.
func carriesToken(path string) bool {
	return slices.ContainsFunc(tokenPaths, func(begin string) bool { return strings.HasPrefix(path, begin) })
}

// keepNext has the browser keep a path to go to after sign-in that carries a
// token, so that no database does, and returns the path that one may keep.
func (v *visit) keepNext(next string) string {
	if carriesToken(next) {
		v.setCookie(nextCookie, next, session.ChallengeLifetime)
		return ""
	}
	if v.cookie(nextCookie) != "" {
		v.dropCookie(nextCookie) // of a sign-in before
	}
	return next
}

// afterSignIn returns where to go once signed in: next, or what the browser
// kept.
func (v *visit) afterSignIn(next string) string {
	if kept := v.cookie(nextCookie); next == "" && carriesToken(kept) {
		v.dropCookie(nextCookie)
		return orHome(kept)
	}
	return orHome(next)
}

// beginSession gives the browser a new session in place of any it had.
func (v *visit) beginSession(token session.Token) error {
	if v.signedIn {
		if err := v.s.flows.SignIn.SignOut(v.r.Context(), v.session, v.origin); err != nil {
			return err
		}
	}
	v.dropCookie(challengeCookie)
	if v.cookie(noPhoneCookie) != "" {
		v.dropCookie(noPhoneCookie)
	}
	v.keepSession(token)
	return nil
}

// keepSession sets the cookie of a session; how long it lives is the server's
// to say.
func (v *visit) keepSession(token session.Token) {
	v.setCookie(sessionCookie, string(token), 30*24*time.Hour)
}
