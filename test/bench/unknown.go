package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"time"
)

const (
	unknownPairs   = 120
	unknownWarmUps = 5
	unknownBar     = 0.05 // of the ratio from 1, either way
	// settle is how long a server gets to end what it does after an answer.
	settle = 2 * time.Millisecond
)

// measureUnknownAddress compares a wrong password with an address that nobody has.
func measureUnknownAddress(ctx context.Context, s *stage) (out section, err error) {
	srv, err := s.serve(ctx, s.sqlite)
	if err != nil {
		return section{}, err
	}
	defer func() { err = errors.Join(err, srv.stop()) }()
	v := newVisitor(srv.address, 1)
	defer v.leave()

	var unknown, wrong guesses
	for i := range unknownWarmUps + unknownPairs {
		p, err := s.sqlite.cast.mistyper()
		if err != nil {
			return section{}, err
		}
		pair := []guess{{&unknown, fmt.Sprintf("nobody0-%05d@bench.example", i)}, {&wrong, p.email}}
		if i%2 == 1 {
			slices.Reverse(pair)
		}
		for _, g := range pair {
			if err := g.make(ctx, srv, v); err != nil {
				return section{}, err
			}
		}
	}
	unknown.drop(unknownWarmUps)
	wrong.drop(unknownWarmUps)
	cpuOfUnknown, cpuOfWrong := spreadOf(each(unknown.cpu, milliseconds)), spreadOf(each(wrong.cpu, milliseconds))
	timeOfUnknown, timeOfWrong := spreadOf(each(unknown.took, milliseconds)), spreadOf(each(wrong.took, milliseconds))
	ratio := cpuOfUnknown.median / cpuOfWrong.median
	return section{
		title: "Unknown address and wrong password",
		how: fmt.Sprintf("POST /sign-in on SQLite, %d times with an address that nobody has and %d times with a member's and a wrong password, "+
			"in turns over one connection, each address once. The medians are compared.", unknownPairs, unknownPairs),
		figures: []figure{
			{
				what: "processor time, unknown / wrong", measured: fmt.Sprintf("%.3f ×", ratio),
				bar: fmt.Sprintf("%.2f to %.2f ×", 1-unknownBar, 1+unknownBar), verdict: verdictOf(math.Abs(ratio-1) <= unknownBar),
			},
			{what: "time to the answer, unknown / wrong", measured: fmt.Sprintf("%.3f ×", timeOfUnknown.median/timeOfWrong.median)},
			{what: "processor time, unknown address", measured: cpuOfUnknown.in("ms", 2)},
			{what: "processor time, wrong password", measured: cpuOfWrong.in("ms", 2)},
		},
	}, nil
}

// guesses are what tries of one kind took, each.
type guesses struct{ cpu, took []time.Duration }

func (g *guesses) drop(n int) { g.cpu, g.took = g.cpu[n:], g.took[n:] }

// A guess is a try that fails.
type guess struct {
	of    *guesses
	email string
}

// make makes the try and notes what it took.
func (g guess) make(ctx context.Context, srv *server, v *visitor) error {
	before, err := srv.cpuTime()
	if err != nil {
		return err
	}
	began := time.Now()
	response, err := v.tryPassword(ctx, g.email, "not the right password")
	if err != nil {
		return err
	}
	took := time.Since(began)
	if response.StatusCode != http.StatusUnauthorized {
		return &statusError{"a wrong password", response.StatusCode}
	}
	time.Sleep(settle)
	after, err := srv.cpuTime()
	g.of.cpu, g.of.took = append(g.of.cpu, after-before), append(g.of.took, took)
	return err
}
