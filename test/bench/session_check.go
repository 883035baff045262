package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

const (
	sessionPairs       = 7
	checksPerTurn      = 8000
	checkConnections   = 8
	sessionCheckBar    = 4.0 // times the bare handler
	sessionCheckWarmUp = 2000
)

// measureSessionCheck compares a session check with a handler that does nothing.
func measureSessionCheck(ctx context.Context, s *stage) (section, error) {
	out := section{
		title: "Session check",
		how: fmt.Sprintf("GET /auth/verify with one of %d live sessions, against a net/http handler that answers 200 to the same request. "+
			"Both servers run all the time and take turns: %d pairs of %d requests each, over %d connections that stay open. "+
			"The processor time is the server process' own; that of PostgreSQL is not in it.",
			sessions, sessionPairs, checksPerTurn, checkConnections),
	}
	sqlite, err := s.compareSessionCheck(ctx, s.sqlite)
	if err != nil {
		return section{}, err
	}
	out.figures = append(out.figures, sqlite.figures("SQLite", true)...)
	if s.postgres.why != "" {
		out.figures = append(out.figures, figure{what: "on PostgreSQL", measured: s.postgres.why, verdict: notMeasured})
		return out, nil
	}
	postgres, err := s.compareSessionCheck(ctx, s.postgres)
	if err != nil {
		return section{}, err
	}
	out.figures = append(out.figures, postgres.figures("PostgreSQL", false)...)
	return out, nil
}

// A checkCost is what session checks took, pair by pair.
type checkCost struct{ checks, bare []time.Duration } // processor time per request

func (c checkCost) figures(engine string, barred bool) []figure {
	ratios := make([]float64, len(c.checks))
	for i := range ratios {
		ratios[i] = float64(c.checks[i]) / float64(c.bare[i])
	}
	ratio := spreadOf(ratios)
	against := figure{what: "check on " + engine + " / bare handler", measured: ratio.in("×", 2)}
	if barred {
		against.bar, against.verdict = fmt.Sprintf("≤ %.0f ×", sessionCheckBar), verdictOf(ratio.median <= sessionCheckBar)
	}
	return []figure{
		against,
		{what: "processor time of a check on " + engine, measured: spreadOf(each(c.checks, microseconds)).in("µs", 1)},
		{what: "processor time of the bare handler", measured: spreadOf(each(c.bare, microseconds)).in("µs", 1)},
	}
}

func (s *stage) compareSessionCheck(ctx context.Context, d database) (cost checkCost, err error) {
	checked, err := s.serve(ctx, d)
	if err != nil {
		return checkCost{}, err
	}
	defer func() { err = errors.Join(err, checked.stop()) }()
	bare, err := s.startBareHandler(ctx)
	if err != nil {
		return checkCost{}, err
	}
	defer func() { err = errors.Join(err, bare.stop()) }()

	for _, srv := range []*server{checked, bare} {
		if _, err := costOfChecks(ctx, srv, d.cast, sessionCheckWarmUp); err != nil {
			return checkCost{}, err
		}
	}
	for range sessionPairs {
		of, err := costOfChecks(ctx, checked, d.cast, checksPerTurn)
		if err != nil {
			return checkCost{}, err
		}
		against, err := costOfChecks(ctx, bare, d.cast, checksPerTurn)
		if err != nil {
			return checkCost{}, err
		}
		cost.checks, cost.bare = append(cost.checks, of), append(cost.bare, against)
	}
	return cost, nil
}

// costOfChecks sends session checks and returns the processor time that each
// took the server.
func costOfChecks(ctx context.Context, srv *server, c *cast, requests int) (cpuPerRequest time.Duration, err error) {
	v := newVisitor(srv.address, checkConnections)
	defer v.leave()
	before, err := srv.cpuTime()
	if err != nil {
		return 0, err
	}
	var wg sync.WaitGroup
	errs := make([]error, checkConnections)
	for i := range checkConnections {
		wg.Go(func() {
			for n := i; n < requests && errs[i] == nil; n += checkConnections {
				errs[i] = v.check(ctx, c.sessions[n%len(c.sessions)])
			}
		})
	}
	wg.Wait()
	after, cpuErr := srv.cpuTime()
	return (after - before) / time.Duration(requests), errors.Join(append(errs, cpuErr)...)
}
