package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	fewMembers      = 1_000
	manyMembers     = 1_000_000
	membersPairs    = 7
	signInsPerTurn  = 10
	membersCPUBar   = 1.1 // of the processor time with few
	membersSpaceBar = 1.5 // of the resident memory with few
)

// measureMembers compares an installation of a thousand with one of a million.
func measureMembers(ctx context.Context, s *stage) (out section, err error) {
	few, err := s.crowd(ctx, onSQLite, fewMembers, false)
	if err != nil {
		return section{}, err
	}
	many, err := s.crowd(ctx, onSQLite, manyMembers, false)
	if err != nil {
		return section{}, err
	}
	small, err := s.serve(ctx, few)
	if err != nil {
		return section{}, err
	}
	defer func() { err = errors.Join(err, small.stop()) }()
	large, err := s.serve(ctx, many)
	if err != nil {
		return section{}, err
	}
	defer func() { err = errors.Join(err, large.stop()) }()

	costs, err := compareCrowds(ctx, crowd{small, few.cast}, crowd{large, many.cast}, signInOfNext)
	if err != nil {
		return section{}, err
	}
	smallKiB, smallErr := small.memoryKiB("VmRSS")
	largeKiB, largeErr := large.memoryKiB("VmRSS")
	if err := errors.Join(smallErr, largeErr); err != nil {
		return section{}, err
	}
	cpu := spreadOf(costs)
	space := float64(largeKiB) / float64(smallKiB)
	return section{
		title: "A thousand members and a million",
		how: fmt.Sprintf("POST /sign-in and POST /mfa, both right, each time by another member, on SQLite with %d members and with %d. "+
			"Whoever signs in has set up everything; the others have a password and share its hash. Both servers run all the time and take turns; "+
			"%d pairs of %d sign-ins each. Resident memory after the last.", fewMembers, manyMembers, membersPairs, signInsPerTurn),
		figures: []figure{
			{
				what: "processor time of a sign-in, a million / a thousand", measured: cpu.in("×", 2),
				bar: fmt.Sprintf("≤ %.1f ×", membersCPUBar), verdict: verdictOf(cpu.median <= membersCPUBar),
			},
			{
				what: "resident memory, a million / a thousand", measured: fmt.Sprintf("%.2f × (%.1f and %.1f MiB)", space, float64(largeKiB)/1024, float64(smallKiB)/1024),
				bar: fmt.Sprintf("≤ %.1f ×", membersSpaceBar), verdict: verdictOf(space <= membersSpaceBar),
			},
			{what: "seeding a million members", measured: fmt.Sprintf("%.0f s", many.seeding.Seconds())},
		},
	}, nil
}

// A crowd is a server and who is in its database.
type crowd struct {
	*server
	cast *cast
}

// signInOfNext signs in whoever has not yet.
func signInOfNext(ctx context.Context, v *visitor, c *cast) error {
	p, err := c.signer()
	if err != nil {
		return err
	}
	return v.signIn(ctx, p)
}

// compareCrowds returns the ratios of the processor time that what is done takes
// at large to what it takes at small, pair by pair.
func compareCrowds(ctx context.Context, small, large crowd, do func(context.Context, *visitor, *cast) error) ([]float64, error) {
	visitors := make(map[*server]*visitor)
	for _, c := range []crowd{small, large} {
		v := newVisitor(c.address, 1)
		defer v.leave()
		visitors[c.server] = v
	}
	turn := func(c crowd, n int) (time.Duration, error) {
		before, err := c.cpuTime()
		if err != nil {
			return 0, err
		}
		for range n {
			if err := do(ctx, visitors[c.server], c.cast); err != nil {
				return 0, err
			}
		}
		after, err := c.cpuTime()
		return after - before, err
	}
	var ratios []float64
	for pair := range membersPairs + 1 {
		first, firstErr := turn(small, signInsPerTurn)
		second, secondErr := turn(large, signInsPerTurn)
		if err := errors.Join(firstErr, secondErr); err != nil {
			return nil, err
		}
		if pair > 0 { // the first warms both up
			ratios = append(ratios, float64(second)/float64(first))
		}
	}
	return ratios, nil
}
