package metric

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sparekey/sparekey/internal/audit"
)

// scrape reads the numbers, as Prometheus does.
func scrape(t *testing.T, m *Meter) string {
	t.Helper()
	answer := httptest.NewRecorder()
	m.Handler().ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if answer.Code != http.StatusOK {
		t.Fatalf("%d %s", answer.Code, answer.Body)
	}
	return answer.Body.String()
}

// wants fails unless the numbers have these lines.
func wants(t *testing.T, numbers string, lines ...string) {
	t.Helper()
	for _, line := range lines {
		if !strings.Contains(numbers, "\n"+line+"\n") {
			t.Errorf("there is no line %q", line)
		}
	}
}

// idle says the same of hashing at any time.
type idle struct{}

func (idle) Running() int    { return 1 }
func (idle) Waiting() int    { return 2 }
func (idle) Refused() uint64 { return 3 }

func quiet(context.Context) (Levels, error) { return Levels{}, nil }

func TestEventsAreCountedForWhatTheySay(t *testing.T) {
	m := New("1.2.3", quiet, idle{})
	for _, e := range []audit.Event{
		{Kind: audit.SignedIn, Reason: "factor"},
		{Kind: audit.SignedIn, Reason: "backup-code"},
		{Kind: audit.PasswordWrong},
		{Kind: audit.PasswordWrong},
		{Kind: audit.MailFailed, Reason: "backup-email"},
		{Kind: audit.PassGiven, Actor: audit.Actor{Kind: audit.Operator}},
		{Kind: audit.MFASuspended, Actor: audit.Actor{Kind: audit.Member}},
	} {
		m.Event(e)
	}
	wants(t, scrape(t, m),
		`sparekey_sign_ins_total{outcome="done"} 2`,
		`sparekey_sign_ins_total{outcome="wrong_password"} 2`,
		`sparekey_sign_ins_total{outcome="wrong_code"} 0`,
		`sparekey_rungs_used_total{rung="backup_code"} 1`,
		`sparekey_rungs_used_total{rung="backup_email"} 0`,
		`sparekey_rungs_used_total{rung="operator"} 1`,
		`sparekey_rungs_used_total{rung="helper"} 1`,
		`sparekey_hashes_running 1`, `sparekey_hashes_waiting 2`, `sparekey_hashes_refused_total 3`,
		`sparekey_events_total{kind="mail.failed"} 1`)
}

func TestWhomAnEventIsAboutIsInNoNumber(t *testing.T) {
	m := New("1.2.3", quiet, idle{})
	m.Event(audit.Event{
		ID: "secret-id", Kind: audit.SignedIn, Reason: "secret-reason", Organisation: "secret-bakery", Subject: "secret-ana",
		Actor: audit.Actor{Kind: audit.Member, Member: "secret-ana"}, Facts: map[string]string{"secret-fact": "secret-fact"},
		Origin: audit.Origin{Address: "192.0.2.1", Browser: "secret-browser"},
	})
	if numbers := scrape(t, m); strings.Contains(numbers, "secret") || strings.Contains(numbers, "192.0.2.1") {
		t.Error(numbers)
	}
}

func TestRequestsAreCountedByRouteAndClass(t *testing.T) {
	m := New("1.2.3", quiet, idle{})
	m.Request("POST /sign-in", 303, 30*time.Millisecond)
	m.Request("POST /sign-in", 429, time.Millisecond)
	m.Request("", 503, time.Millisecond)
	m.Request("GET /mfa", 0, time.Millisecond)
	wants(t, scrape(t, m),
		`sparekey_request_duration_seconds_bucket{route="POST /sign-in",status="3xx",le="0.01"} 0`,
		`sparekey_request_duration_seconds_bucket{route="POST /sign-in",status="3xx",le="0.05"} 1`,
		`sparekey_request_duration_seconds_count{route="none",status="5xx"} 1`,
		`sparekey_request_duration_seconds_count{route="GET /mfa",status="none"} 1`,
		`sparekey_throttled_total 1`,
		`sparekey_busy_total 1`)
}

func TestLevelsAreReadOnceForManyAndAgainAfterAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		readings := 0
		l := newLevels(func(context.Context) (Levels, error) {
			readings++
			time.Sleep(time.Second)
			return Levels{SessionsAlive: int64(readings)}, nil
		})
		for range 10 {
			go l.current()
		}
		for _, c := range []struct {
			after time.Duration
			want  int64
		}{
			{0, 1}, {keepTime - time.Nanosecond, 1}, {time.Nanosecond, 2},
		} {
			time.Sleep(c.after)
			if got, ok := l.current(); !ok || got.SessionsAlive != c.want {
				t.Errorf("%v later: %d %v, want %d", c.after, got.SessionsAlive, ok, c.want)
			}
		}
	})
}

func TestADatabaseThatDoesNotAnswerHoldsUpNoScrape(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		heal := make(chan struct{})
		var readings atomic.Int64
		l := newLevels(func(context.Context) (Levels, error) { // pays no heed to its context
			readings.Add(1)
			<-heal
			return Levels{SessionsAlive: 7}, nil
		})
		for range 3 {
			began := time.Now()
			if _, ok := l.current(); ok || time.Since(began) != readTime {
				t.Errorf("after %v: %v", time.Since(began), ok)
			}
		}
		if n := readings.Load(); n != 1 {
			t.Errorf("%d readings at once", n)
		}
		close(heal)
		if got, ok := l.current(); !ok || got.SessionsAlive != 7 {
			t.Errorf("healed: %+v %v", got, ok)
		}
	})
}

func TestWhatTheDatabaseWouldSayIsLeftOutWhileItIsAway(t *testing.T) {
	m := New("1.2.3", func(context.Context) (Levels, error) { return Levels{}, errors.New("away") }, idle{})
	numbers := scrape(t, m)
	wants(t, numbers, "sparekey_database_up 0")
	if strings.Contains(numbers, "sparekey_sessions") || strings.Contains(numbers, "outbox") {
		t.Error("levels of a database that is away")
	}
}

func TestOnlyTheTokenOpens(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	write := func(text string) (Token, error) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return ReadToken(file)
	}
	for _, text := range []string{"", "\n", "0123456789abcde\n"} {
		if _, err := write(text); err == nil {
			t.Errorf("%q is taken as a token", text)
		}
	}
	token, err := write("0123456789abcdef\n")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		token  Token
		header string
		want   int
	}{
		{token, "Bearer 0123456789abcdef", 200},
		{token, "bearer 0123456789abcdef", 200},
		{token, "Bearer 0123456789abcdeg", 401},
		{token, "Bearer 0123456789abcdef0", 401},
		{token, "Basic 0123456789abcdef", 401},
		{token, "0123456789abcdef", 401},
		{token, "Bearer ", 401},
		{token, "", 401},
		{Token{}, "Bearer ", 401},
		{Token{}, "Bearer 0123456789abcdef", 401},
	} {
		request := httptest.NewRequest(http.MethodGet, "/metrics", nil)
		request.Header.Set("Authorization", c.header)
		answer := httptest.NewRecorder()
		Guard(c.token, New("1.2.3", quiet, idle{}).Handler()).ServeHTTP(answer, request)
		if answer.Code != c.want || (c.want != 200) != (answer.Header().Get("WWW-Authenticate") == "Bearer") {
			t.Errorf("%q: %d, want %d", c.header, answer.Code, c.want)
		}
	}
}
