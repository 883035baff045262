package web_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/sparekey/sparekey/internal/standing"
)

// A route is one line of the server's table of pages.
type route struct{ method, path, need string }

var routeLine = regexp.MustCompile(`\{"(GET|POST) ([^"]+)", (\w+), s\.\w+\}`)

// routes reads the table, so that a page which is added is tested with the rest.
func routes(t *testing.T) []route {
	t.Helper()
	source, err := os.ReadFile("routes.go")
	if err != nil {
		t.Fatal(err)
	}
	var list []route
	for _, found := range routeLine.FindAllStringSubmatch(string(source), -1) {
		list = append(list, route{found[1], found[2], found[3]})
	}
	if len(list) < 60 {
		t.Fatalf("only %d routes found in routes.go: has the table another form now?", len(list))
	}
	return list
}

// filled is the path with an authenticator of p, or a link that p was mailed, in
// place of its blanks.
func (r route) filled(p *person) string {
	p.site.t.Helper()
	path := strings.ReplaceAll(r.path, "{$}", "")
	if strings.Contains(path, "{token}") {
		purpose := standing.ForReset
		switch {
		case strings.HasPrefix(path, "/invitation/"):
			purpose = standing.ForInvitation
		case strings.HasPrefix(path, "/not-me/"):
			purpose = standing.ForObjection
		case strings.HasPrefix(path, "/address/"):
			purpose = standing.ForAddress
		case strings.HasPrefix(path, "/enrolment-pass/"):
			purpose = standing.ForPass
		}
		path = strings.ReplaceAll(path, "{token}", p.link(purpose, p.email, standing.ResetLifetime))
	}
	id := "nobodys"
	if strings.Contains(path, "/sessions/") || strings.Contains(path, "/remembered/") {
		id = strings.Repeat("0a", 32)
	} else if len(p.phones) > 0 {
		id = string(p.phones[0].id)
	}
	return strings.ReplaceAll(path, "{id}", id)
}
