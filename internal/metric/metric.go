// Package metric says in numbers how an installation fares, in the form that
// Prometheus reads.
//
// It owns the names of the series and what each counts. It refuses to carry a
// name, an address or an id: labels are words from the program's own text,
// such as the pattern of a route or the kind of an event. It refuses to read
// the database itself, and a database that does not answer never holds up a
// reading.
package metric

import (
	"net/http"
	"runtime"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/session"
)

// A Meter counts. It is safe for use by many at once.
type Meter struct {
	registry *prometheus.Registry

	events    *prometheus.CounterVec
	signIns   *prometheus.CounterVec
	rungs     *prometheus.CounterVec
	throttled prometheus.Counter
	busy      prometheus.Counter
	requests  *prometheus.HistogramVec
}

// buckets are the upper bounds of the durations of requests, in seconds: a
// session check takes less than the first, a hash about the third.
var buckets = []float64{0.002, 0.01, 0.05, 0.1, 0.25, 1, 2.5, 10}

// A Hasher says how the hashing of passwords goes.
type Hasher interface {
	Running() int
	Waiting() int
	Refused() uint64 // since the start
}

// New returns a Meter of a program of a version, which reads the levels of the
// database through read and asks how hashing goes.
func New(version string, read Reader, hashing Hasher) *Meter {
	m := &Meter{
		registry:  prometheus.NewRegistry(),
		events:    counters("events_total", "Events written to the log, by their kind.", "kind"),
		signIns:   counters("sign_ins_total", "Sign-ins and what became of them: done, wrong_password, wrong_code, replayed_code, or ended after too many wrong codes.", "outcome"),
		rungs:     counters("rungs_used_total", "Ways back in that were used.", "rung"),
		throttled: counter("throttled_total", "Requests answered 429: whoever asked has to wait."),
		busy:      counter("busy_total", "Requests answered 503: too many passwords at once, or the database was away."),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: prefix + "request_duration_seconds", Help: "How long requests took, by route and class of status.", Buckets: buckets,
		}, []string{"route", "status"}),
	}
	build := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: prefix + "build_info", Help: "Always 1; the labels say which program this is.",
	}, []string{"version", "go"})
	build.WithLabelValues(version, runtime.Version()).Set(1)
	m.registry.MustRegister(m.events, m.signIns, m.rungs, m.throttled, m.busy, m.requests, build,
		newLevels(read),
		now("hashes_running", "Passwords and backup codes that are being hashed.", hashing.Running),
		now("hashes_waiting", "Those that wait for their turn.", hashing.Waiting),
		prometheus.NewCounterFunc(prometheus.CounterOpts{Name: prefix + "hashes_refused_total", Help: "Those that would have waited too long and were told to come back."},
			func() float64 { return float64(hashing.Refused()) }),
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m.begin()
	return m
}

const prefix = "sparekey_"

func now(name, help string, level func() int) prometheus.Collector {
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: prefix + name, Help: help}, func() float64 { return float64(level()) })
}

func counter(name, help string) prometheus.Counter {
	return prometheus.NewCounter(prometheus.CounterOpts{Name: prefix + name, Help: help})
}

func counters(name, help, label string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Name: prefix + name, Help: help}, []string{label})
}

// outcomes are the events that say what became of a sign-in.
var outcomes = map[audit.Kind]string{
	audit.SignedIn:       "done",
	audit.PasswordWrong:  "wrong_password",
	audit.CodeWrong:      "wrong_code",
	audit.CodeReplayed:   "replayed_code",
	audit.ChallengeEnded: "ended",
}

// rungs are the ways back in, by what a session came by.
var rungs = map[string]string{
	string(session.ByBackupCode):  "backup_code",
	string(session.ByBackupEmail): "backup_email",
	string(session.BySuspension):  "suspension",
	string(session.ByPass):        "enrolment_pass",
}

// Where people help: with a suspension or an enrolment pass.
const (
	helperRung   = "helper"
	operatorRung = "operator"
)

// begin sets to 0 what has not been counted yet: a series that appears with its
// first event has no rise that an alert could see.
func (m *Meter) begin() {
	for _, outcome := range outcomes {
		m.signIns.WithLabelValues(outcome)
	}
	for _, rung := range rungs {
		m.rungs.WithLabelValues(rung)
	}
	m.rungs.WithLabelValues(helperRung)
	m.rungs.WithLabelValues(operatorRung)
	for _, kind := range []audit.Kind{audit.MailFailed, audit.Objected, audit.DeviceCopied} {
		m.events.WithLabelValues(string(kind))
	}
}

// Event counts an event that has been committed.
func (m *Meter) Event(e audit.Event) {
	m.events.WithLabelValues(string(e.Kind)).Inc()
	if outcome, ok := outcomes[e.Kind]; ok {
		m.signIns.WithLabelValues(outcome).Inc()
	}
	if rung := rung(e); rung != "" {
		m.rungs.WithLabelValues(rung).Inc()
	}
}

// rung is the way back in that an event opened, or nothing.
func rung(e audit.Event) string {
	switch e.Kind {
	case audit.SignedIn:
		return rungs[e.Reason]
	case audit.MFASuspended, audit.PassGiven:
		if e.Actor.Kind == audit.Operator {
			return operatorRung
		}
		return helperRung
	}
	return ""
}

// Request counts a request that was answered. Route is the pattern of the
// route, never a path: paths carry tokens. Empty means that it reached none.
func (m *Meter) Request(route string, status int, took time.Duration) {
	if route == "" {
		route = "none"
	}
	switch status {
	case http.StatusTooManyRequests:
		m.throttled.Inc()
	case http.StatusServiceUnavailable:
		m.busy.Inc()
	}
	m.requests.WithLabelValues(route, class(status)).Observe(took.Seconds())
}

// class is the class of a status, such as 2xx; "none" where nothing was
// answered, because whoever asked had gone.
func class(status int) string {
	if status < 100 || status > 599 {
		return "none"
	}
	return strconv.Itoa(status/100) + "xx"
}

// scrapes bounds how many read the numbers at once.
const scrapes = 3

// Handler answers with all numbers, to anyone.
func (m *Meter) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: scrapes})
}
