package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	signInPairs    = 7
	signInsPerPair = 20
	signInWarmUps  = 5
	signInBar      = 3.0 // milliseconds more than the hash
)

// measureSignIn compares a whole sign-in with the hash that is in it.
func measureSignIn(ctx context.Context, s *stage) (out section, err error) {
	costs, err := s.compareSignIn(ctx)
	if err != nil {
		return section{}, err
	}
	var differences, ratios []float64
	for i := range costs.signIns {
		differences = append(differences, milliseconds(costs.signIns[i]-costs.hashes[i]))
		ratios = append(ratios, float64(costs.signIns[i])/float64(costs.hashes[i]))
	}
	difference := spreadOf(differences)
	return section{
		title: "Password and authenticator",
		how: fmt.Sprintf("POST /sign-in and POST /mfa, both right, on SQLite, each time by another member, "+
			"against one bare Argon2id hash of the same parameters in a process of its own. Sign-ins and hashes take turns one by one; "+
			"%d pairs of %d each. All that the server does meanwhile counts, its own upkeep too.", signInPairs, signInsPerPair),
		figures: []figure{
			{
				what: "sign-in − hash", measured: difference.in("ms", 2),
				bar: fmt.Sprintf("≤ %.0f ms", signInBar), verdict: verdictOf(difference.median <= signInBar),
			},
			{what: "sign-in / hash", measured: spreadOf(ratios).in("×", 2)},
			{what: "processor time of a sign-in", measured: spreadOf(each(costs.signIns, milliseconds)).in("ms", 2)},
			{what: "processor time of a hash", measured: spreadOf(each(costs.hashes, milliseconds)).in("ms", 2)},
		},
	}, nil
}

// A signInCost is what sign-ins and hashes took, pair by pair.
type signInCost struct{ signIns, hashes []time.Duration } // processor time of each

func (s *stage) compareSignIn(ctx context.Context) (cost signInCost, err error) {
	srv, err := s.serve(ctx, s.sqlite)
	if err != nil {
		return signInCost{}, err
	}
	defer func() { err = errors.Join(err, srv.stop()) }()
	bare, err := startBareHash(ctx)
	if err != nil {
		return signInCost{}, err
	}
	defer func() { err = errors.Join(err, bare.stop()) }()
	v := newVisitor(srv.address, 1)
	defer v.leave()

	turns := func(n int) (signIn, hash time.Duration, err error) {
		before, err := bothTimes(srv.process, bare.process)
		if err != nil {
			return 0, 0, err
		}
		for range n {
			p, err := s.sqlite.cast.signer()
			if err != nil {
				return 0, 0, err
			}
			if err := errors.Join(v.signIn(ctx, p), bare.hash()); err != nil {
				return 0, 0, err
			}
		}
		after, err := bothTimes(srv.process, bare.process)
		return (after[0] - before[0]) / time.Duration(n), (after[1] - before[1]) / time.Duration(n), err
	}
	if _, _, err := turns(signInWarmUps); err != nil {
		return signInCost{}, err
	}
	for range signInPairs {
		signIn, hash, err := turns(signInsPerPair)
		if err != nil {
			return signInCost{}, err
		}
		cost.signIns, cost.hashes = append(cost.signIns, signIn), append(cost.hashes, hash)
	}
	return cost, nil
}

// bothTimes returns the processor time that each of two processes has used.
func bothTimes(one, other *process) (times [2]time.Duration, err error) {
	first, firstErr := one.cpuTime()
	second, secondErr := other.cpuTime()
	return [2]time.Duration{first, second}, errors.Join(firstErr, secondErr)
}
