package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"
)

const (
	employeeTurns    = 9 // of each path
	employeesBar     = 50.0
	employeesGrowth  = 2.0 // times a thousand
	employeesEarlier = 2   // turns that only warm up
)

// listedMembers is how many there are in the larger organisation. Filling it up
// takes most of the run.
var listedMembers = manyMembers

// A question is asked of the list of employees in several ways.
type question struct {
	what  string
	paths []string
	grows bool // held against what it takes at a thousand
}

// questions lists them all. Which names are frequent, frequent says.
var questions = []question{
	{"first page", []string{"", "?sort=-name", "?sort=email", "?sort=-added"}, true},
	{"search, 1 letter", []string{"?q=j", "?q=d", "?q=q", "?q=x", "?q=j&sort=email"}, true},
	{"search, 2 letters", []string{"?q=ja", "?q=de", "?q=xa", "?q=zo&sort=-name"}, true},
	{"search, 3 letters", []string{"?q=jan", "?q=van", "?q=zij", "?q=jos"}, true},
	{"search, 8 letters", []string{"?q=johannes", "?q=hendriks", "?q=zijlstra", "?q=elisabet&sort=-email"}, true},
	{"search, the beginning of an address", []string{"?q=maria.bakker", "?q=johannes.dejong10@", "?q=anna.v"}, true},
	{"search, two words", []string{"?q=j+d", "?q=van+de", "?q=ja+ma", "?q=jan+jansen", "?q=maria+v", "?q=quak+eva"}, false},
	{"search, nobody found", []string{"?q=nobody", "?q=jan+quak+xander+exel"}, false},
	{"each filter", []string{
		"?team=team-0", "?team=team-7", "?role=administrator", "?role=employee", "?mfa=on", "?mfa=off", "?mfa=disabled", "?mfa=to-set-up",
		"?backup=none", "?state=invited", "?state=deactivated", "?state=invited&sort=added",
	}, false},
	{"filters and a search", []string{
		"?team=team-0&backup=none&q=j", "?team=team-7&q=ja", "?mfa=off&q=de+jong", "?mfa=on&backup=none&q=maria", "?role=administrator&q=j",
		"?state=deactivated&q=van+d", "?mfa=disabled&q=m&sort=email", "?team=team-0&mfa=off&state=invited&sort=-added",
	}, false},
	{"next and earlier pages, deep in", []string{
		"?after=copy-400", "?before=copy-500&sort=email", "?q=j&after=copy-300", "?q=van+de&after=copy-700&sort=-name", "?mfa=off&after=copy-600&sort=added",
		"?backup=none&team=team-0&q=m&before=copy-800",
	}, false},
}

// measureEmployees measures the list of employees as a browser gets it.
func measureEmployees(ctx context.Context, s *stage) (section, error) {
	out := section{
		title: "Employees",
		how: fmt.Sprintf("GET /employees by an administrator, of an organisation with %d members and of one with %d: the whole answer, over one connection. "+
			"Both servers run all the time and take turns; %d turns of each path. In brackets the 99th percentile.", fewMembers, listedMembers, employeeTurns),
	}
	for _, engine := range []string{onSQLite, onPostgres} {
		if engine == onPostgres && s.postgres.why != "" {
			out.figures = append(out.figures, figure{what: "on PostgreSQL", measured: s.postgres.why, verdict: notMeasured})
			continue
		}
		figures, err := s.askEmployees(ctx, engine)
		if err != nil {
			return section{}, fmt.Errorf("on %s: %w", engine, err)
		}
		out.figures = append(out.figures, figures...)
	}
	return out, nil
}

func (s *stage) askEmployees(ctx context.Context, engine string) (figures []figure, err error) {
	var servers [2]*server
	var rivals [2]asker
	for i, members := range []int{fewMembers, listedMembers} {
		d, err := s.crowd(ctx, engine, members, true)
		if err != nil {
			return nil, err
		}
		if servers[i], err = s.serve(ctx, d); err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, servers[i].stop()) }()
		rivals[i] = asker{newVisitor(servers[i].address, 1), d.cast}
		defer rivals[i].visitor.leave()
		if members == listedMembers {
			figures = append(figures, figure{what: "filling up, on " + engineNames[engine], measured: fmt.Sprintf("%.0f s", d.seeding.Seconds())})
		}
	}
	for _, q := range questions {
		var took [2][]float64
		for turn := range employeesEarlier + employeeTurns {
			for _, path := range q.paths {
				for i, r := range rivals {
					t, err := r.ask(ctx, "/employees"+path)
					if err != nil {
						return nil, err
					}
					if turn >= employeesEarlier {
						took[i] = append(took[i], milliseconds(t))
					}
				}
			}
		}
		figures = append(figures, q.figures(engine, took[0], took[1])...)
	}
	return figures, nil
}

var engineNames = map[string]string{onSQLite: "SQLite", onPostgres: "PostgreSQL"}

// figures says what a question took at few members and at many.
func (q question) figures(engine string, few, many []float64) []figure {
	slices.Sort(few)
	slices.Sort(many)
	fewHalf, manyHalf, manyMost := percentile(few, 50), percentile(many, 50), percentile(many, 99)
	list := []figure{{
		what:     fmt.Sprintf("%s, on %s, at %d", q.what, engineNames[engine], listedMembers),
		measured: fmt.Sprintf("%.1f ms (%.1f); at a thousand %.1f ms (%.1f)", manyHalf, manyMost, fewHalf, percentile(few, 99)),
		bar:      fmt.Sprintf("99 %% ≤ %.0f ms", employeesBar), verdict: verdictOf(manyMost <= employeesBar),
	}}
	if q.grows {
		list = append(list, figure{
			what: fmt.Sprintf("%s, %d / a thousand", q.what, listedMembers), measured: fmt.Sprintf("%.2f ×", manyHalf/fewHalf),
			bar: fmt.Sprintf("≤ %.0f ×", employeesGrowth), verdict: verdictOf(manyHalf/fewHalf <= employeesGrowth),
		})
	}
	return list
}

// An asker is the administrator at one of the servers.
type asker struct {
	visitor *visitor
	cast    *cast
}

// ask returns what a page takes.
func (a asker) ask(ctx context.Context, path string) (time.Duration, error) {
	began := time.Now()
	response, err := a.visitor.get(ctx, path, &http.Cookie{Name: sessionCookie, Value: string(a.cast.ana)})
	if err == nil && response.StatusCode != http.StatusOK {
		err = &statusError{path, response.StatusCode}
	}
	return time.Since(began), err
}
