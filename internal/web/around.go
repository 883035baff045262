package web

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"regexp"
	"runtime/debug"
	"strings"
	"time"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/throttle"
)

// maxForm is the most a form may carry, in bytes: every form here is a few
// short fields.
const maxForm = 64 << 10

// patience is how long one request may take. Whatever takes longer waits for
// something that does not answer: a queue to hash in refuses long before.
const patience = 15 * time.Second

type contextKey int

const requestIDKey contextKey = 0

// requestID returns the id under which the log speaks of r.
func requestID(r *http.Request) string {
	id, _ := r.Context().Value(requestIDKey).(string)
	return id
}

// around puts what every request passes around the pages: an id, a line in the
// log, a net for panics, headers, a bound on the body, and no foreign forms.
func (s *Server) around(next http.Handler) http.Handler {
	foreign := http.NewCrossOriginProtection()
	origin := s.options.BaseURL.Scheme + "://" + s.options.BaseURL.Host
	if err := foreign.AddTrustedOrigin(origin); err != nil {
		s.options.Log.Error("base URL is no origin", "error", err)
	}
	foreign.SetDenyHandler(s.route(anyone, s.denyForeign))
	guarded := foreign.Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		id := s.givenID(r)
		most, patience := limits(r)
		ctx, cancel := context.WithTimeout(context.WithValue(r.Context(), requestIDKey, id), patience)
		defer cancel()
		r = r.WithContext(ctx)
		answer := &answer{ResponseWriter: w}
		s.headers(answer.Header(), id)
		r.Body = http.MaxBytesReader(answer, r.Body, most)
		defer func() {
			fault := recover()
			if fault == http.ErrAbortHandler { //nolint:errorlint,err113 // a value that panics, not an error that is wrapped
				defer panic(fault) // the server breaks the connection off
			} else if fault != nil {
				s.options.Log.Error("panic", "request", id, "fault", fault, "stack", string(debug.Stack()))
				if !answer.begun {
					s.failAfterPanic(answer, r)
				}
			}
			took := time.Since(began)
			if s.options.Measure != nil {
				s.options.Measure(r.Pattern, answer.status, took)
			}
			// The pattern, never the path: paths carry tokens.
			s.options.Log.Log(r.Context(), loudness(r), "request", "request", id, "method", r.Method, "route", r.Pattern, "status", answer.status, "ms", took.Milliseconds())
		}()
		guarded.ServeHTTP(answer, r)
	})
}

// failAfterPanic answers with the page of an error. It asks the database
// nothing: that may be where the fault is.
func (s *Server) failAfterPanic(w http.ResponseWriter, r *http.Request) {
	v := &visit{s: s, w: w, r: r}
	if err := v.fail(http.StatusInternalServerError); err != nil {
		http.Error(w, "Something went wrong.", http.StatusInternalServerError)
	}
}

// loudness is how loud the log is about r: whoever asks every few seconds
// whether the server is well is not worth a line each.
func loudness(r *http.Request) slog.Level {
	switch r.Pattern {
	case "GET /healthz", "GET /readyz", "GET /metrics", "GET /auth/verify", "GET /assets/{name}", "GET /assets/tool/{name}":
		return slog.LevelDebug
	}
	return slog.LevelInfo
}

// denyForeign answers a form that another site sent. It is an event, but never
// so often that a stranger fills the log with it.
func (s *Server) denyForeign(v *visit) error {
	event := audit.Event{Kind: audit.ForeignForm, At: s.options.Now(), Actor: audit.Actor{Kind: audit.Stranger}, Origin: v.origin}
	wait, err := s.backend.TakeTry(v.r.Context(), throttle.Key{Kind: throttle.Report, Subject: string(event.Kind)}, event.At)
	if err != nil {
		return err
	}
	if wait == 0 {
		if err := s.backend.Record(v.r.Context(), event); err != nil {
			return err
		}
	}
	return v.fail(http.StatusForbidden)
}

// headers sets what every answer carries.
func (s *Server) headers(h http.Header, id string) {
	h.Set("X-Request-Id", id)
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	// Not no-referrer: with it browsers send "Origin: null" with our own forms.
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
	if s.secure() {
		h.Set("Strict-Transport-Security", "max-age=63072000; includeSubDomains")
	}
}

// answer notes the status of a response.
type answer struct {
	http.ResponseWriter
	status int
	begun  bool
}

// WriteHeader notes the status.
func (a *answer) WriteHeader(status int) {
	if !a.begun {
		a.status, a.begun = status, true
	}
	a.ResponseWriter.WriteHeader(status)
}

// Write notes that an answer has begun.
func (a *answer) Write(b []byte) (int, error) {
	if !a.begun {
		a.status, a.begun = http.StatusOK, true
	}
	return a.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the connection.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

var requestIDForm = regexp.MustCompile(`^[A-Za-z0-9._-]{8,64}$`)

// givenID returns the id that a trusted proxy gave the request, or a new one.
func (s *Server) givenID(r *http.Request) string {
	if id := r.Header.Get("X-Request-Id"); requestIDForm.MatchString(id) && s.trusted(remote(r)) {
		return id
	}
	return s.options.NewID()
}

// remote returns the address at the other end of the connection.
func remote(r *http.Request) netip.Addr {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	address, err := netip.ParseAddr(host)
	if err != nil {
		return netip.Addr{}
	}
	return address.Unmap().WithZone("")
}

func (s *Server) trusted(a netip.Addr) bool {
	for _, prefix := range s.options.TrustedProxies {
		if prefix.Contains(a) {
			return true
		}
	}
	return false
}

// client returns the address of the browser: behind trusted proxies the last
// forwarded address that is none of theirs, else the connection's.
func (s *Server) client(r *http.Request) netip.Addr {
	address := remote(r)
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && s.trusted(address); i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		address = hop.Unmap().WithZone("")
	}
	return address
}

// origin says where a request comes from.
func (s *Server) origin(r *http.Request) audit.Origin {
	o := audit.Origin{Browser: browser(r.UserAgent())}
	if address := s.client(r); address.IsValid() {
		o.Address = address.String()
	}
	return o
}

// browser names browser and system of a User-Agent, from a fixed list, so that
// nothing a stranger wrote is kept. Each name is looked for in order: most
// browsers also carry the names of those they descend from.
func browser(agent string) string {
	find := func(marks [][2]string) string {
		for _, mark := range marks {
			if strings.Contains(agent, mark[0]) {
				return mark[1]
			}
		}
		return ""
	}
	name := find([][2]string{{"Edg", "Edge"}, {"OPR/", "Opera"}, {"SamsungBrowser", "Samsung Internet"}, {"Firefox/", "Firefox"}, {"FxiOS", "Firefox"}, {"CriOS", "Chrome"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"}, {"curl/", "curl"}})
	system := find([][2]string{{"Android", "Android"}, {"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Windows", "Windows"}, {"Macintosh", "macOS"}, {"CrOS", "ChromeOS"}, {"Linux", "Linux"}})
	if name == "" || system == "" {
		return name + system
	}
	return name + " on " + system
}
