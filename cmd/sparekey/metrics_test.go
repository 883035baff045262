package main

import (
	"encoding/json"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/sparekey/sparekey/internal/demo"
)

// named finds the series that an expression of Prometheus names.
var named = regexp.MustCompile(`\b(?:sparekey|process|go)_[a-z0-9_]+`)

// dashboardSeries returns what the dashboard in packaging/ reads.
func dashboardSeries(t *testing.T) []string {
	t.Helper()
	var dashboard struct {
		Panels []struct {
			ID      int
			Targets []struct{ Expr string }
		}
	}
	text, err := os.ReadFile("../../packaging/grafana-dashboard.json")
	if err == nil {
		err = json.Unmarshal(text, &dashboard)
	}
	if err != nil {
		t.Fatal(err)
	}
	var series []string
	seen := make(map[int]bool)
	for _, p := range dashboard.Panels {
		if seen[p.ID] || len(p.Targets) == 0 {
			t.Errorf("panel %d is there twice, or reads nothing", p.ID)
		}
		seen[p.ID] = true
		for _, target := range p.Targets {
			found := named.FindAllString(target.Expr, -1)
			if len(found) == 0 {
				t.Errorf("panel %d reads no series: %s", p.ID, target.Expr)
			}
			series = append(series, found...)
		}
	}
	return series
}

// alertSeries returns what the rules in packaging/ read.
func alertSeries(t *testing.T) []string {
	t.Helper()
	var file struct {
		Groups []struct {
			Rules []struct {
				Alert, Expr string
				Labels      map[string]string
				Annotations map[string]string
			}
		}
	}
	text, err := os.ReadFile("../../packaging/alerts.yaml")
	if err == nil {
		err = yaml.Unmarshal(text, &file)
	}
	if err != nil {
		t.Fatal(err)
	}
	var series []string
	for _, group := range file.Groups {
		for _, rule := range group.Rules {
			found := named.FindAllString(rule.Expr, -1)
			if len(found) == 0 || rule.Alert == "" || rule.Labels["severity"] == "" || rule.Annotations["summary"] == "" {
				t.Errorf("incomplete: %+v", rule)
			}
			series = append(series, found...)
		}
	}
	return series
}

// TestTheDashboardAndTheAlertsReadWhatIsThere compares what is in packaging/
// with a demo that is really asked.
func TestTheDashboardAndTheAlertsReadWhatIsThere(t *testing.T) {
	v := startDemo(t, t.TempDir())
	v.get("/auth/verify")
	v.post("/sign-in", "email", "eva.deboer@korenaar.example", "password", "wrong")
	numbers, status := v.get("/metrics")
	if status != http.StatusOK {
		t.Fatalf("/metrics: %d", status)
	}
	var there []string
	for line := range strings.Lines(numbers) {
		if !strings.HasPrefix(line, "#") {
			there = append(there, line[:strings.IndexAny(line, "{ ")])
		}
	}
	read := append(dashboardSeries(t), alertSeries(t)...)
	if len(read) < 20 {
		t.Errorf("only %d series are read", len(read))
	}
	for _, series := range read {
		if !slices.Contains(there, series) {
			t.Errorf("%s is read, and is not there", series)
		}
	}
	for _, line := range []string{
		`sparekey_sign_ins_total{outcome="wrong_password"} 1`, "sparekey_database_up 1", "sparekey_sessions 0", "sparekey_desk_cases 0", "sparekey_desk_waiting_cases 0",
		`sparekey_request_duration_seconds_count{route="GET /auth/verify",status="4xx"} 1`,
	} {
		if !strings.Contains(numbers, "\n"+line+"\n") {
			t.Errorf("no line %s", line)
		}
	}
}

func TestNothingOfAPersonIsInTheNumbers(t *testing.T) {
	v := startDemo(t, t.TempDir())
	v.post("/sign-in", "email", "eva.deboer@korenaar.example", "password", demo.Password)
	v.get("/password/new/some-token")
	v.get("/some-path?query=some-query")
	numbers, _ := v.get("/metrics")
	for _, word := range []string{"eva", "boer", "korenaar", "example", "127.0.0.1", "localhost", "some-"} {
		if strings.Contains(strings.ToLower(numbers), word) {
			t.Errorf("the numbers have %q in them", word)
		}
	}
}

func TestWithoutATokenInTheSettingsThereIsNoMetricsPage(t *testing.T) {
	token := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(token, []byte("0123456789abcdef\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		file, header string
		want         int
	}{
		{"", "", http.StatusNotFound},
		{"", "Bearer 0123456789abcdef", http.StatusNotFound},
		{token, "", http.StatusUnauthorized},
		{token, "Bearer 0123456789abcdeF", http.StatusUnauthorized},
		{token, "Bearer 0123456789abcdef", http.StatusOK},
	} {
		settings, err := demoConfig(t.TempDir(), &net.TCPAddr{Port: 8080}, "127.0.0.1:25")
		if err != nil {
			t.Fatal(err)
		}
		settings.MetricsToken = c.file
		i, err := openInstallation(t.Context(), settings, systemTime, slog.New(slog.DiscardHandler), orMake)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(i.close)
		pages, err := i.pages(nil)
		if err != nil {
			t.Fatal(err)
		}
		request := httptest.NewRequest(http.MethodGet, "/metrics", nil)
		request.Header.Set("Authorization", c.header)
		answer := httptest.NewRecorder()
		pages.ServeHTTP(answer, request)
		if answer.Code != c.want {
			t.Errorf("token file %q, header %q: %d, want %d", c.file, c.header, answer.Code, c.want)
		}
		if strings.Contains(answer.Body.String(), "sparekey_") != (c.want == http.StatusOK) {
			t.Errorf("token file %q, header %q: the answer is\n%s", c.file, c.header, answer.Body)
		}
	}
}
