package web

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/directory"
	"github.com/sparekey/sparekey/internal/enrol"
	"github.com/sparekey/sparekey/internal/help"
	"github.com/sparekey/sparekey/internal/logbook"
	"github.com/sparekey/sparekey/internal/mylogin"
	"github.com/sparekey/sparekey/internal/operate"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/policy"
	"github.com/sparekey/sparekey/internal/readiness"
	"github.com/sparekey/sparekey/internal/recovery"
	"github.com/sparekey/sparekey/internal/signin"
	"github.com/sparekey/sparekey/internal/standing"
	"github.com/sparekey/sparekey/internal/throttle"
	"github.com/sparekey/sparekey/internal/words"
)

// Flows are what the pages lead through.
type Flows struct {
	SignIn    *signin.Service
	Enrol     *enrol.Service
	MyLogin   *mylogin.Service
	Recovery  *recovery.Service
	Operate   *operate.Service
	Policy    *policy.Service
	Logbook   *logbook.Service
	Directory *directory.Service
	Readiness *readiness.Service
	Help      *help.Service
	Office    *directory.Office
}

// A Backend answers the few questions that belong to no flow.
type Backend interface {
	// Ping reports whether the database answers.
	Ping(ctx context.Context) error
	// CountOrganisations returns how many there are.
	CountOrganisations(ctx context.Context) (int, error)
	Record(ctx context.Context, events ...audit.Event) error
	// TakeTry counts what any stranger can cause, and returns how long a further
	// one would have to wait.
	TakeTry(ctx context.Context, key throttle.Key, now time.Time) (wait time.Duration, err error)
	// Colleague returns a member as one who does something about another.
	Colleague(ctx context.Context, m org.MemberID) (standing.Colleague, error)
	// Team returns a team of an organisation, and Teams all of them, by name.
	Team(ctx context.Context, o org.OrganisationID, id org.TeamID) (org.Team, error)
	Teams(ctx context.Context, o org.OrganisationID) ([]org.Team, error)
}

// Options are what a Server needs to know about where it stands.
type Options struct {
	BaseURL        *url.URL
	TrustedProxies []netip.Prefix // whose forwarded headers count
	Support        Person         // who runs the installation; zero: not said
	Issuer         string         // what authenticator apps show; empty: "Sparekey"
	Zone           *time.Location
	Now            func() time.Time
	NewID          func() string
	Log            *slog.Logger
	// Metrics, where set, answers /metrics.
	Metrics http.Handler
	// Measure, where set, is told of every request that was answered: the
	// pattern of its route (empty where it reached none), and the status.
	Measure func(route string, status int, took time.Duration)
	// Away, where set, reports whether an error of a flow says that the database
	// is away and nothing was done.
	Away func(error) bool
	// Leaving, where set, is asked by each /readyz whether the server is about to
	// stop.
	Leaving func() bool
	// Demo, where set, answers "/" and everything below "/demo/", and every page
	// says that it is a demo.
	Demo func(*Server) http.Handler
}

// A Server answers every request. It keeps nothing between two of them.
type Server struct {
	flows   Flows
	backend Backend
	options Options
	pages   *Pages
	voices  map[org.Language]*words.Voice
	judging chan struct{} // bounds the strength meter
	listing chan struct{} // bounds the lists of people that are read at once
	handler http.Handler
}

// NewServer returns the server of all pages.
func NewServer(flows Flows, backend Backend, options Options) (*Server, error) {
	pages, err := NewPages()
	if err != nil {
		return nil, err
	}
	if options.Issuer == "" {
		options.Issuer = "Sparekey"
	}
	s := &Server{flows: flows, backend: backend, options: options, pages: pages,
		voices: make(map[org.Language]*words.Voice), judging: make(chan struct{}, 1), listing: make(chan struct{}, 2)}
	for _, l := range words.Languages {
		s.voices[l] = words.Speak(l, options.Zone)
	}
	s.handler = s.routes()
	return s, nil
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// secure reports whether browsers reach the server by https.
func (s *Server) secure() bool { return s.options.BaseURL.Scheme == "https" }

// need says who may see a page.
type need int

const (
	anyone      need = iota // with or without a session
	signingIn               // a sign-in whose organisation is chosen
	settingUp               // a session, even one that reaches the set-up alone
	answeringUp             // a session, even one that has yet to say whether the phone is lost
	member                  // a session that reaches everything
)

// routes lists every page.
func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	for _, r := range []struct {
		pattern string
		need    need
		handle  func(*visit) error
	}{
		{"GET /{$}", anyone, s.home},
		{"GET /sign-in", anyone, s.signInPage},
		{"POST /sign-in", anyone, s.signIn},
		{"GET /sign-in/organisation", anyone, s.choosePage},
		{"POST /sign-in/organisation", anyone, s.choose},
		{"POST /sign-out", anyone, s.signOut},
		{"POST /language", anyone, s.language},
		{"GET /password/forgotten", anyone, s.forgottenPage},
		{"POST /password/forgotten", anyone, s.forgotten},
		{"GET /password/new/{token}", anyone, s.newPasswordPage},
		{"POST /password/new/{token}", anyone, s.newPassword},
		{"POST /password/strength", anyone, s.strength},
		{"GET /invitation/{token}", anyone, s.invitationPage},
		{"POST /invitation/{token}", anyone, s.invitation},
		{"GET /not-me/{token}", anyone, s.notMePage},
		{"POST /not-me/{token}", anyone, s.notMe},

		{"GET /enrolment-pass/{token}", anyone, s.passPage},
		{"POST /enrolment-pass/{token}", anyone, s.pass},

		{"GET /help/lost-mfa", anyone, s.helpPage},
		{"GET /safe-copy", anyone, s.safeCopyPage},
		{"GET /safe-copy/where", anyone, s.wherePage},

		{"GET /mfa", signingIn, s.mfaPage},
		{"POST /mfa", signingIn, s.mfa},
		{"GET /mfa/email", signingIn, s.mfaEmailPage},
		{"POST /mfa/email", signingIn, s.mfaEmail},
		{"POST /mfa/email/code", signingIn, s.mfaEmailCode},
		{"GET /backup", signingIn, s.backupPage},
		{"POST /backup/code", signingIn, s.backupCode},
		{"POST /backup/email", signingIn, s.mailBackupCode},
		{"GET /backup/email", signingIn, s.mailedCodePage},
		{"POST /backup/email/code", signingIn, s.mailedCode},

		{"GET /mfa/help", anyone, s.askPage},
		{"GET /mfa/help/state", anyone, s.askStateOf},
		{"POST /mfa/help", signingIn, s.ask},
		{"POST /mfa/help/withdraw", anyone, s.withdrawHelp},
		{"POST /mfa/help/on", signingIn, s.carryOn},

		{"GET /lost-phone", answeringUp, s.lostPhonePage},
		{"POST /lost-phone", answeringUp, s.lostPhone},

		{"GET /setup-mfa", settingUp, s.setUpPage},
		{"POST /setup-mfa/begin", settingUp, s.setUpBegin},
		{"POST /setup-mfa/check", settingUp, s.setUpCheck},
		{"POST /setup-mfa/check/again", settingUp, s.setUpCheckAgain},
		{"POST /setup-mfa/scan", settingUp, s.setUpScan},
		{"GET /setup-mfa/codes.txt", settingUp, s.codesFile},
		{"POST /setup-mfa/codes", settingUp, s.setUpCodes},
		{"POST /setup-mfa/email", settingUp, s.setUpEmail},
		{"POST /setup-mfa/email/code", settingUp, s.setUpEmailCode},
		{"POST /setup-mfa/email/again", settingUp, s.setUpEmailAgain},
		{"POST /setup-mfa/email/other", settingUp, s.setUpEmailOther},
		{"POST /setup-mfa/email/skip", settingUp, s.setUpEmailSkip},
		{"POST /setup-mfa/stop", settingUp, s.setUpStop},
		{"GET /setup-mfa/done", settingUp, s.setUpDone},
		{"GET /setup-mfa/stopped", settingUp, s.setUpStopped},
		{"GET /prove", settingUp, s.provePage},
		{"POST /prove", settingUp, s.prove},
		{"POST /prove/no-phone", anyone, s.noPhone},

		{"GET /my-login", member, s.myLogin},
		{"POST /my-login/language", member, s.myLanguage},
		{"GET /my-login/password", member, s.myPasswordPage},
		{"POST /my-login/password", member, s.myPassword},
		{"GET /my-login/authenticators/{id}", member, s.myAuthenticatorPage},
		{"POST /my-login/authenticators/{id}/rename", member, s.renameAuthenticator},
		{"POST /my-login/authenticators/{id}/remove", member, s.removeAuthenticator},
		{"GET /my-login/mfa-off", member, s.mfaOffPage},
		{"POST /my-login/mfa-off", member, s.mfaOff},
		{"GET /my-login/backup-codes", member, s.myCodesPage},
		{"POST /my-login/backup-codes", member, s.makeCodes},
		{"POST /my-login/backup-codes/confirm", member, s.confirmCodes},
		{"POST /my-login/backup-codes/stop", member, s.stopCodes},
		{"GET /my-login/backup-email", member, s.myEmailPage},
		{"POST /my-login/backup-email", member, s.changeEmail},
		{"POST /my-login/backup-email/code", member, s.myEmailCode},
		{"POST /my-login/backup-email/again", member, s.myEmailAgain},
		{"POST /my-login/backup-email/other", member, s.myEmailOther},
		{"POST /my-login/backup-email/remove", member, s.removeEmail},
		{"POST /my-login/sessions/{id}/end", member, s.endSession},
		{"POST /my-login/sessions/others/end", member, s.endOtherSessions},
		{"POST /my-login/remembered/{id}/forget", member, s.forgetDevice},
		{"POST /my-login/remembered/all/forget", member, s.forgetAllDevices},

		{"GET /employees", member, s.employees},

		{"GET /readiness", member, s.readyPage},
		{"GET /readiness/remind", member, s.remindPage},
		{"POST /readiness/remind", member, s.remind},
		{"GET /my-login/drill", member, s.drill},
		{"GET /log", member, s.logPage},
		{"POST /log", member, s.searchLog},
		{"POST /log/export", member, s.exportLog},

		{"GET /settings/general", member, s.generalPage},
		{"GET /settings/general/force", member, s.forcePage},
		{"POST /settings/general/force", member, s.force},
		{"GET /settings/general/unforce", member, s.unforcePage},
		{"POST /settings/general/unforce", member, s.unforce},
		{"GET /settings/general/name", member, s.namePage},
		{"POST /settings/general/name", member, s.rename},
		{"GET /settings/recovery", member, s.recoveryPage},
		{"GET /settings/recovery/change", member, s.changePage},
		{"POST /settings/recovery/change", member, s.change},
		{"POST /settings/recovery/call-back", member, s.callBack},
		{"POST /settings/recovery/remember", member, s.remember},
		{"GET /employees/{id}", member, s.employeePage},
		{"GET /employees/{id}/disable-mfa", member, s.disableMFAPage},
		{"POST /employees/{id}/disable-mfa", member, s.disableMFA},
		{"GET /employees/{id}/enable-mfa", member, s.enableMFAPage},
		{"POST /employees/{id}/enable-mfa", member, s.enableMFA},
		{"GET /employees/{id}/enrolment-pass", member, s.givePassPage},
		{"POST /employees/{id}/enrolment-pass", member, s.givePass},
		{"GET /employees/{id}/agree-to-pass", member, s.agreeToPassPage},
		{"POST /employees/{id}/agree-to-pass", member, s.agreeToPass},
		{"GET /employees/{id}/stop-pass", member, s.stopPassPage},
		{"POST /employees/{id}/stop-pass", member, s.stopPass},
		{"GET /employees/{id}/release", member, s.releasePage},
		{"POST /employees/{id}/release", member, s.release},
		{"GET /employees/{id}/sign-out", member, s.signOutThemPage},
		{"POST /employees/{id}/sign-out", member, s.signOutThem},
		{"GET /employees/{id}/deactivate", member, s.deactivateThemPage},
		{"POST /employees/{id}/deactivate", member, s.deactivateThem},
		{"GET /requests", member, s.requests},
		{"GET /requests/{id}", member, s.requestPage},
		{"POST /requests/{id}/approve", member, s.approveRequest},
		{"POST /requests/{id}/refuse", member, s.refuseRequest},
		{"POST /requests/{id}/agree", member, s.agreeToRequest},
		{"POST /requests/{id}/stop", member, s.stopRequest},
		{"GET /employees/{id}/edit", member, s.employeeEditPage},
		{"POST /employees/{id}/edit", member, s.employeeEdit},
		{"GET /address/{token}", anyone, s.newAddressPage},
		{"POST /address/{token}", anyone, s.newAddress},

		{"GET /employees/new", member, s.newEmployeePage},
		{"POST /employees/new", member, s.newEmployee},
		{"GET /employees/import", member, s.importPage},
		{"POST /employees/import", member, s.upload},
		{"GET /employees/import/example.csv", member, s.importExample},
		{"POST /employees/import/confirm", member, s.importConfirm},
		{"GET /employees/import/done", member, s.importDone},
		{"POST /employees/{id}/invite", member, s.inviteAgain},
		{"POST /employees/{id}/withdraw", member, s.withdraw},
		{"GET /employees/{id}/reactivate", member, s.reactivatePage},
		{"POST /employees/{id}/reactivate", member, s.reactivate},
		{"GET /employees/{id}/erase", member, s.erasePage},
		{"POST /employees/{id}/erase", member, s.erase},

		{"GET /teams", member, s.teamsPage},
		{"POST /teams", member, s.makeTeam},
		{"GET /teams/{id}", member, s.teamPage},
		{"POST /teams/{id}/rename", member, s.renameTeam},
		{"POST /teams/{id}/supervisors/find", member, s.findSupervisor},
		{"POST /teams/{id}/supervisors", member, s.addSupervisor},
		{"POST /teams/{id}/supervisors/remove", member, s.removeSupervisor},
		{"GET /teams/{id}/remove", member, s.removeTeamPage},
		{"POST /teams/{id}/remove", member, s.removeTeam},

		{"GET /auth/verify", anyone, s.verify},
	} {
		mux.Handle(r.pattern, s.route(r.need, r.handle))
	}
	mux.HandleFunc("GET /assets/{name}", s.asset)
	mux.HandleFunc("GET /assets/tool/{name}", s.tool)
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { plain(w, http.StatusOK, "ok") })
	mux.HandleFunc("GET /readyz", s.ready)
	if s.options.Metrics != nil {
		mux.Handle("GET /metrics", s.options.Metrics)
	}
	if s.options.Demo != nil {
		mux.Handle("/demo/", s.options.Demo(s))
	}
	mux.Handle("/", s.route(anyone, func(v *visit) error { return v.noPage(mux) }))
	return s.around(mux)
}

// noPage answers a path that there is no page at, or not by this method.
func (v *visit) noPage(mux *http.ServeMux) error {
	var allowed []string
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost} {
		if _, pattern := mux.Handler(&http.Request{Method: method, Host: v.r.Host, URL: v.r.URL}); strings.HasPrefix(pattern, method+" ") ||
			method == http.MethodHead && strings.HasPrefix(pattern, http.MethodGet+" ") {
			allowed = append(allowed, method)
		}
	}
	if len(allowed) == 0 {
		return v.fail(http.StatusNotFound)
	}
	v.w.Header().Set("Allow", strings.Join(allowed, ", "))
	return v.fail(http.StatusMethodNotAllowed)
}

// ready answers 200 while the database answers and the server stays.
func (s *Server) ready(w http.ResponseWriter, r *http.Request) {
	if s.options.Leaving != nil && s.options.Leaving() {
		plain(w, http.StatusServiceUnavailable, "about to stop")
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	if err := s.backend.Ping(ctx); err != nil {
		s.options.Log.Warn("not ready", "error", err)
		plain(w, http.StatusServiceUnavailable, "the database does not answer")
		return
	}
	plain(w, http.StatusOK, "ready")
}

func plain(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text + "\n")) // a client that has gone needs no answer
}

// asset answers with a file that pages fetch.
func (s *Server) asset(w http.ResponseWriter, r *http.Request) {
	asset, ok := s.pages.Asset(r.PathValue("name"))
	if !ok {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", asset.Type)
	h.Set("Cache-Control", "no-cache")
	if asset.Lasting {
		h.Set("Cache-Control", lasting)
	}
	if strings.HasPrefix(r.PathValue("name"), workerScript) {
		h.Set("Content-Security-Policy", workerPolicy)
	}
	_, _ = w.Write(asset.Content)
}

// verify answers a proxy that asks whether this browser is signed in: 200, or
// 401. It sends no page.
func (s *Server) verify(v *visit) error {
	if !v.signedIn || v.mustGo() != "" {
		v.w.WriteHeader(http.StatusUnauthorized)
		return nil
	}
	v.w.WriteHeader(http.StatusOK)
	return nil
}

// isGone reports whether whoever asked has gone away.
func isGone(err error) bool { return errors.Is(err, context.Canceled) }
