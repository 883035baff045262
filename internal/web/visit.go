package web

import (
	"bytes"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/ladder"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/password"
	"github.com/sparekey/sparekey/internal/session"
	"github.com/sparekey/sparekey/internal/signin"
	"github.com/sparekey/sparekey/internal/standing"
	"github.com/sparekey/sparekey/internal/words"
)

// A visit is one request on its way through a handler.
type visit struct {
	s *Server
	w http.ResponseWriter
	r *http.Request

	origin   audit.Origin
	signedIn bool
	session  session.Session
	viewer   standing.Viewer

	// pending and standing belong to a sign-in under way.
	pending  session.Token
	sign     session.Challenge
	standing standing.Standing
}

// route checks what a page needs and turns errors into pages.
func (s *Server) route(need need, handle func(*visit) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := &visit{s: s, w: w, r: r, origin: s.origin(r)}
		err := v.readForm()
		if err == nil && !readable(r.URL.Path) {
			err = org.ErrNotFound
		}
		if err == nil {
			err = v.outOfReach(v.enter(need, handle))
		}
		if err != nil {
			v.failWith(err)
		}
	})
}

// readable reports whether a path can name anything: no database keeps a text with
// what this refuses.
func readable(path string) bool { return utf8.ValidString(path) && !strings.ContainsRune(path, 0) }

// errForm says that a form cannot be read.
var errForm = errors.New("the form cannot be read")

// readForm reads the fields of a POST. Files are taken nowhere.
func (v *visit) readForm() error {
	if v.r.Method != http.MethodPost {
		return nil
	}
	if err := v.r.ParseForm(); err != nil {
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return err
		}
		return errForm
	}
	return nil
}

// enter loads who is at the browser and leads away whoever may not see the page.
func (v *visit) enter(need need, handle func(*visit) error) error {
	if err := v.loadSession(); err != nil {
		return err
	}
	switch need {
	case signingIn:
		return v.enterSigningIn(handle)
	case settingUp, answeringUp, member:
		if !v.signedIn {
			return v.toSignIn()
		}
		if to := v.mustGo(); to != "" && !(need == settingUp && to == setUpPath) && !(need == answeringUp && to == lostPhonePath) {
			return v.redirect(to)
		}
	}
	return handle(v)
}

const (
	setUpPath     = "/setup-mfa"
	lostPhonePath = "/lost-phone"
	homePath      = "/my-login"
)

// mustGo returns the page that a session has to pass before any other, or nothing.
func (v *visit) mustGo() string {
	switch {
	case v.session.Reach == session.SetUpOnly:
		return setUpPath
	case v.viewer.Status == standing.Answering && v.session.CameByBackup():
		return lostPhonePath
	case !v.viewer.MFA() && v.viewer.Organisation.Forces(v.s.options.Now()):
		return setUpPath
	}
	return ""
}

func (v *visit) loadSession() error {
	token, err := session.ParseToken(v.cookie(sessionCookie))
	if err != nil {
		return nil // no cookie, or a cut one: nobody is signed in
	}
	current, viewer, err := v.s.flows.SignIn.Current(v.r.Context(), token)
	if errors.Is(err, org.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	v.signedIn, v.session, v.viewer = true, current, viewer
	return nil
}

func (v *visit) enterSigningIn(handle func(*visit) error) error {
	token, err := session.ParseToken(v.cookie(challengeCookie))
	if err == nil {
		v.sign, v.standing, err = v.s.flows.SignIn.Pending(v.r.Context(), token)
	}
	switch {
	case errors.Is(err, session.ErrToken), errors.Is(err, signin.ErrOver):
		return v.signInOver()
	case err != nil:
		return err
	case v.sign.Member == "":
		return v.redirect("/sign-in/organisation")
	}
	v.pending = token
	return handle(v)
}

// signInOver leads on from a sign-in that is over: it was done (a form sent
// twice), or it has to begin again.
func (v *visit) signInOver() error {
	if v.signedIn {
		return v.redirect(homePath)
	}
	v.dropCookie(challengeCookie)
	return v.redirectWith("/sign-in", NoticeSignInExpired)
}

func (v *visit) toSignIn() error {
	to := "/sign-in"
	if v.r.Method == http.MethodGet {
		to += "?next=" + url.QueryEscape(v.r.URL.RequestURI())
	}
	if v.cookie(sessionCookie) == "" {
		return v.redirect(to)
	}
	v.dropCookie(sessionCookie)
	return v.redirectWith(to, NoticeSessionEnded)
}

// field returns a form field as it was typed.
func (v *visit) field(name string) string { return v.r.PostForm.Get(name) }

// redirect answers 303, so that a reload sends no form again.
func (v *visit) redirect(to string) error {
	http.Redirect(v.w, v.r, to, http.StatusSeeOther)
	return nil
}

// redirectWith shows a banner on the next page.
func (v *visit) redirectWith(to string, notice NoticeID) error {
	v.setCookie(noticeCookie, string(notice), 2*time.Minute)
	return v.redirect(to)
}

// frame returns what surrounds a page.
func (v *visit) frame() Frame {
	f := Frame{Voice: v.voice(), Path: v.r.URL.RequestURI(), Demo: v.s.options.Demo != nil}
	if v.r.Method != http.MethodGet {
		f.Path = "/"
	}
	if v.signedIn {
		f.Member, f.Organisation, f.Tabs = v.viewer.Member.Name, v.viewer.Organisation.Name, v.tabs()
		now := v.s.options.Now()
		if until := ladder.SuspendedUntil(v.viewer, now); !until.IsZero() {
			f.Notices = append(f.Notices, Notice{ID: NoticeSuspended, Until: until, Wait: until.Sub(now)})
		}
		if o := v.viewer.Organisation; !v.viewer.MFA() && o.Enforces(now) && !o.Forces(now) {
			f.Notices = append(f.Notices, Notice{ID: NoticeMustSetUp, Until: o.MFA.GraceUntil})
		}
		if v.viewer.Alone && v.session.Reach == session.Everything {
			f.Notices = append(f.Notices, Notice{ID: NoticeOnlyYou})
		}
	} else if v.standing.Organisation.Name != "" {
		f.Organisation = v.standing.Organisation.Name
	}
	if notice, ok := KnownNotice(v.cookie(noticeCookie)); ok {
		f.Notices = append(f.Notices, Notice{ID: notice})
		v.dropCookie(noticeCookie)
	}
	return f
}

// voice speaks the language chosen in this browser, else the member's, the
// organisation's, the browser's.
func (v *visit) voice() *words.Voice {
	candidates := []org.Language{org.Language(v.cookie(languageCookie)), v.viewer.Member.Language, v.viewer.Organisation.Language}
	if browsers, ok := words.Choose(v.r.Header.Get("Accept-Language")); ok {
		candidates = append(candidates, browsers)
	}
	for _, l := range candidates {
		if voice, ok := v.s.voices[l]; ok {
			return voice
		}
	}
	return v.s.voices[org.English]
}

// show answers with a page.
func (v *visit) show(page Page) error { return v.showAs(http.StatusOK, page) }

// showPart answers with a part of a page, for a script.
func (v *visit) showPart(page Page) error {
	var part bytes.Buffer
	if err := v.s.pages.RenderPart(&part, page); err != nil {
		return err
	}
	v.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = v.w.Write(part.Bytes()) // a client that has gone needs no answer
	return nil
}

// showAs answers with a page and a status.
func (v *visit) showAs(status int, page Page) error {
	var document bytes.Buffer
	if err := v.s.pages.Render(&document, page); err != nil {
		return err
	}
	h := v.w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(document.Len()))
	v.w.WriteHeader(status)
	_, _ = v.w.Write(document.Bytes()) // a client that has gone needs no answer
	return nil
}

// fail answers with the page of an error.
func (v *visit) fail(status int) error {
	page := ErrorPage{Frame: v.frame(), Status: status, Back: v.back()}
	if status == http.StatusInternalServerError {
		page.RequestID = requestID(v.r)
	}
	return v.showAs(status, page)
}

func (v *visit) back() string {
	if v.signedIn {
		return homePath
	}
	return "/"
}

// failWith turns an error that no handler expected into a page. A visitor never
// reads the error itself.
func (v *visit) failWith(err error) {
	_, tooLarge := errors.AsType[*http.MaxBytesError](err)
	throttled, isThrottled := errors.AsType[*signin.ThrottledError](err)
	busy, isBusy := errors.AsType[*password.BusyError](err)
	var answer error
	switch {
	case isGone(err) && v.r.Context().Err() != nil:
		return
	case tooLarge:
		answer = v.fail(http.StatusRequestEntityTooLarge)
	case errors.Is(err, errForm):
		answer = v.fail(http.StatusBadRequest)
	case errors.Is(err, org.ErrNotFound), errors.Is(err, session.ErrToken):
		answer = v.fail(http.StatusNotFound)
	case errors.Is(err, standing.ErrTaken):
		answer = v.fail(http.StatusConflict)
	case errors.Is(err, ladder.ErrStale):
		answer = v.toProve(homePath)
	case isThrottled:
		retryAfter(v.w, throttled.Wait)
		answer = v.showAs(http.StatusTooManyRequests, ErrorPage{Frame: v.frame(), Status: http.StatusTooManyRequests, Wait: throttled.Wait, Back: v.back()})
	case isBusy:
		retryAfter(v.w, busy.Wait)
		answer = v.showAs(http.StatusServiceUnavailable, ErrorPage{Frame: v.frame(), Status: http.StatusServiceUnavailable, Wait: max(busy.Wait, time.Second), Back: v.back()})
	case v.s.away(err):
		v.s.options.Log.Error("the database is away", "request", requestID(v.r), "route", v.r.Pattern, "error", err)
		retryAfter(v.w, awayRetry)
		answer = v.showAs(http.StatusServiceUnavailable, ErrorPage{Frame: v.frame(), Status: http.StatusServiceUnavailable, Wait: awayRetry, Back: v.back()})
	default:
		v.s.options.Log.Error("request failed", "request", requestID(v.r), "route", v.r.Pattern, "error", err)
		answer = v.fail(http.StatusInternalServerError)
	}
	if answer != nil {
		v.s.options.Log.Error("error page failed", "request", requestID(v.r), "error", answer)
		http.Error(v.w, "Something went wrong.", http.StatusInternalServerError)
	}
}

// awayRetry is when to try again while the database is away: another takes over
// within seconds where there is one.
const awayRetry = 5 * time.Second

// away reports whether err says that nothing was done, because the database is
// away.
func (s *Server) away(err error) bool { return s.options.Away != nil && s.options.Away(err) }

// retryAfter says when to try again (RFC 9110, section 10.2.3).
func retryAfter(w http.ResponseWriter, wait time.Duration) {
	w.Header().Set("Retry-After", strconv.Itoa(max(1, wholeSeconds(wait))))
}

// localPath returns path if it leads to a page of this server, else nothing. A
// path that begins with two slashes, or a slash and a backslash, is read by
// browsers as another host.
func localPath(path string) string {
	u, err := url.Parse(path)
	if err != nil || len(path) > 500 || !utf8.ValidString(path) || u.Host != "" || u.Scheme != "" || !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.ContainsAny(path, "\\\x00\r\n\t") {
		return ""
	}
	return path
}

// orHome returns path if it is local, else the page after sign-in.
func orHome(path string) string {
	if path = localPath(path); path != "" && path != "/" {
		return path
	}
	return homePath
}
