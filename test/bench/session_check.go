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
	turnsPerPair       = 16
	checksPerTurn      = 500
	checkConnections   = 8
	sessionCheckBar    = 4.0 // times the bare handler
	sessionCheckWarmUp = 2000
)

// measureSessionCheck compares a session check with a handler that does nothing.
func measureSessionCheck(ctx context.Context, s *stage) (section, error) {
	out := section{
		title: "Session check",
		how: fmt.Sprintf("GET /auth/verify with one of %d live sessions, against a net/http handler that answers 200 to the same request. "+
			"Both servers run all the time, over %d connections each that stay open, and take turns of %d requests; %d pairs of %d turns each. "+
			"The processor time is the server process' own; that of PostgreSQL is not in it.",
			sessions, checkConnections, checksPerTurn, sessionPairs, turnsPerPair),
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

	rivals := [2]rival{{checked, newVisitor(checked.address, checkConnections)}, {bare, newVisitor(bare.address, checkConnections)}}
	for _, r := range rivals {
		defer r.visitor.leave()
		if _, err := r.costOfChecks(ctx, d.cast, sessionCheckWarmUp); err != nil {
			return checkCost{}, err
		}
	}
	for range sessionPairs {
		var cpu [2]time.Duration
		for range turnsPerPair {
			for i, r := range rivals {
				spent, err := r.costOfChecks(ctx, d.cast, checksPerTurn)
				if err != nil {
					return checkCost{}, err
				}
				cpu[i] += spent
			}
		}
		const requests = turnsPerPair * checksPerTurn
		cost.checks, cost.bare = append(cost.checks, cpu[0]/requests), append(cost.bare, cpu[1]/requests)
	}
	return cost, nil
}

// A rival is one of two servers that take turns, and who visits it.
type rival struct {
	*server
	visitor *visitor
}

// costOfChecks sends session checks and returns the processor time that they
// took the server.
func (r rival) costOfChecks(ctx context.Context, c *cast, requests int) (cpu time.Duration, err error) {
	before, err := r.cpuTime()
	if err != nil {
		return 0, err
	}
	var wg sync.WaitGroup
	errs := make([]error, checkConnections)
	for i := range checkConnections {
		wg.Go(func() {
			for n := i; n < requests && errs[i] == nil; n += checkConnections {
				errs[i] = r.visitor.check(ctx, c.sessions[n%len(c.sessions)])
			}
		})
	}
	wg.Wait()
	after, cpuErr := r.cpuTime()
	return after - before, errors.Join(append(errs, cpuErr)...)
}
