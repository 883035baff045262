package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

const (
	floodConnections = 64
	floodTime        = 10 * time.Second
	calmTime         = 2 * time.Second
	checkers         = 2
	checkBeat        = 10 * time.Millisecond
	floodSignIns     = 5
	signInPatience   = 8 * time.Second

	checkBar   = 50.0  // milliseconds, of the 99th percentile
	peakBar    = 150.0 // MiB
	getInBar   = 3.0   // seconds
	floodGuess = "not the right password"
)

// measureFlood measures what others notice while many guess passwords.
func measureFlood(ctx context.Context, s *stage) (out section, err error) {
	srv, err := s.serve(ctx, s.sqlite)
	if err != nil {
		return section{}, err
	}
	defer func() { err = errors.Join(err, srv.stop()) }()

	calm, err := timeChecks(ctx, srv, s.sqlite.cast, calmTime)
	if err != nil {
		return section{}, err
	}
	f, err := flood(ctx, srv, s.sqlite.cast)
	if err != nil {
		return section{}, err
	}
	peakKiB, err := srv.memoryKiB("VmHWM")
	if err != nil {
		return section{}, err
	}
	p99, peakMiB := percentile(f.checks, 99), float64(peakKiB)/1024
	getIn := spreadOf(f.getIn)
	return section{
		title: "Flood of wrong passwords",
		how: fmt.Sprintf("%d connections send wrong passwords for addresses that nobody has, each the next as soon as it has an answer, on SQLite. "+
			"Meanwhile %d connections check sessions for %v, one each %v, timed from when it was due; and members sign in with password and authenticator "+
			"from a known browser, %d of them one after the other, trying again where the server is too busy, for %v at most. The slowest counts.",
			floodConnections, checkers, floodTime, checkBeat, floodSignIns, signInPatience),
		figures: []figure{
			{
				what: "session checks, 99th percentile", measured: fmt.Sprintf("%.1f ms (without the flood %.1f ms)", p99, percentile(calm, 99)),
				bar: fmt.Sprintf("≤ %.0f ms", checkBar), verdict: verdictOf(p99 <= checkBar),
			},
			{what: "session checks, median", measured: fmt.Sprintf("%.1f ms (without the flood %.1f ms)", percentile(f.checks, 50), percentile(calm, 50))},
			{
				what: "resident memory at its peak", measured: fmt.Sprintf("%.1f MiB", peakMiB),
				bar: fmt.Sprintf("< %.0f MiB", peakBar), verdict: verdictOf(peakMiB < peakBar),
			},
			{
				what: "right password from a known browser gets in", measured: getIn.in("s", 2),
				bar: fmt.Sprintf("≤ %.0f s", getInBar), verdict: verdictOf(getIn.most <= getInBar),
			},
			{what: "wrong passwords answered", measured: fmt.Sprintf("%d (%.0f a second)", f.guessed, float64(f.guessed)/f.took.Seconds())},
			{what: "of them told that the server is busy (503)", measured: fmt.Sprint(f.busy)},
		},
	}, nil
}

// A flooded is what was seen in a flood.
type flooded struct {
	took          time.Duration
	checks        []float64 // milliseconds, sorted
	getIn         []float64 // seconds
	guessed, busy int64
}

// flood floods the server, and returns what others noticed.
func flood(ctx context.Context, srv *server, c *cast) (flooded, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var seen flooded
	var guessed, busy atomic.Int64
	var wg sync.WaitGroup
	floodErrs := make([]error, floodConnections)
	attackers := newVisitor(srv.address, floodConnections)
	defer attackers.leave()
	began := time.Now()
	for i := range floodConnections {
		wg.Go(func() { floodErrs[i] = keepGuessing(ctx, attackers, i, &guessed, &busy) })
	}
	var others sync.WaitGroup
	var signInErr, checkErr error
	others.Go(func() { seen.getIn, signInErr = getIn(ctx, srv, c) })
	others.Go(func() { seen.checks, checkErr = timeChecks(ctx, srv, c, floodTime) })
	others.Wait()
	stop()
	wg.Wait()
	seen.took, seen.guessed, seen.busy = time.Since(began), guessed.Load(), busy.Load()
	return seen, errors.Join(append(floodErrs, signInErr, checkErr)...)
}

// keepGuessing sends wrong passwords until ctx ends.
func keepGuessing(ctx context.Context, v *visitor, connection int, guessed, busy *atomic.Int64) error {
	for n := 0; ctx.Err() == nil; n++ {
		response, err := v.tryPassword(ctx, fmt.Sprintf("flood-%d-%d@bench.example", connection, n), floodGuess)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			return err
		case response.StatusCode == http.StatusServiceUnavailable:
			busy.Add(1)
		case response.StatusCode != http.StatusUnauthorized:
			return &statusError{"a wrong password", response.StatusCode}
		}
		guessed.Add(1)
	}
	return nil
}

// getIn signs members in one after the other, and returns how long each waited:
// signInPatience where it was in vain.
func getIn(ctx context.Context, srv *server, c *cast) (seconds []float64, err error) {
	v := newVisitor(srv.address, 1)
	defer v.leave()
	for range floodSignIns {
		time.Sleep(floodTime / floodSignIns / 4) // so that they are spread over the flood
		p, err := c.signer()
		if err != nil {
			return nil, err
		}
		began := time.Now()
		if err := insist(ctx, v, p); err != nil {
			return nil, err
		}
		seconds = append(seconds, time.Since(began).Seconds())
	}
	return seconds, nil
}

// insist signs in, again where the server is too busy, until its patience ends.
func insist(ctx context.Context, v *visitor, p person) error {
	patient, cancel := context.WithTimeout(ctx, signInPatience)
	defer cancel()
	for {
		err := v.signIn(patient, p, &http.Cookie{Name: deviceCookie, Value: string(p.device)})
		if patient.Err() != nil {
			return ctx.Err()
		}
		refused, ok := errors.AsType[*statusError](err)
		if !ok || refused.status != http.StatusServiceUnavailable {
			return err
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// timeChecks checks sessions to a beat, and returns the milliseconds that each
// took from when it was due, sorted. A check that the one before held up counts
// from its own beat: whoever waits does not care why. After twice the time it
// ends, and what was not sent by then has waited until then.
func timeChecks(ctx context.Context, srv *server, c *cast, lasts time.Duration) ([]float64, error) {
	v := newVisitor(srv.address, checkers)
	defer v.leave()
	began := time.Now()
	var wg sync.WaitGroup
	took, errs := make([][]float64, checkers), make([]error, checkers)
	for i := range checkers {
		wg.Go(func() {
			for due := began; due.Sub(began) < lasts && errs[i] == nil; due = due.Add(checkBeat) {
				time.Sleep(time.Until(due))
				if time.Since(began) < 2*lasts {
					errs[i] = v.check(ctx, c.sessions[i])
				}
				took[i] = append(took[i], milliseconds(time.Since(due)))
			}
		})
	}
	wg.Wait()
	return slices.Sorted(slices.Values(slices.Concat(took...))), errors.Join(errs...)
}
