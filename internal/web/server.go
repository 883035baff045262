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
	"github.com/sparekey/sparekey/internal/support"
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
	Support   *support.Service
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
	streams chan struct{} // bounds the open streams of cases
	files   chan struct{} // bounds the files that are held in memory at once
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
		voices: make(map[org.Language]*words.Voice), judging: make(chan struct{}, 1), listing: make(chan struct{}, 2), streams: make(chan struct{}, mostOpen), files: make(chan struct{}, mostFiles)}
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
	for _, r := range s.paths() {
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
