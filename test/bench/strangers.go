package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"time"
)

// manyStrangers is how many addresses that nobody has were tried before.
const manyStrangers = 100_000

// measureStrangers measures whether it matters how many addresses were tried.
func measureStrangers(ctx context.Context, s *stage) (out section, err error) {
	var crowds [2]crowd
	for i, tried := range []int{0, manyStrangers} {
		d, err := s.seed(ctx, fmt.Sprintf("strangers-%d", tried), "")
		if err == nil && tried > 0 {
			err = fillThrottles(ctx, filepath.Join(d.dataFolder, "sparekey.db"), tried)
		}
		if err != nil {
			return section{}, err
		}
		srv, err := s.serve(ctx, d)
		if err != nil {
			return section{}, err
		}
		defer func() { err = errors.Join(err, srv.stop()) }()
		crowds[i] = crowd{srv, d.cast}
	}
	next := 0
	costs, err := compareCrowds(ctx, crowds[0], crowds[1], func(ctx context.Context, v *visitor, _ *cast) error {
		next++
		response, err := v.tryPassword(ctx, fmt.Sprintf("stranger-%d@bench.example", next), floodGuess)
		if err == nil && response.StatusCode != http.StatusUnauthorized {
			err = &statusError{"a wrong password", response.StatusCode}
		}
		return err
	})
	if err != nil {
		return section{}, err
	}
	before, beforeErr := crowds[0].memoryKiB("VmRSS")
	after, afterErr := crowds[1].memoryKiB("VmRSS")
	if err := errors.Join(beforeErr, afterErr); err != nil {
		return section{}, err
	}
	return section{
		title: "Many addresses that nobody has",
		how: fmt.Sprintf("POST /sign-in with an address that nobody has, on SQLite where none was tried before and where %d others were in the last day. "+
			"Both servers run all the time and take turns; %d pairs of %d tries each. Resident memory after the last.", manyStrangers, membersPairs, signInsPerTurn),
		figures: []figure{
			{what: "processor time of a try, many / none", measured: spreadOf(costs).in("×", 2)},
			{what: "resident memory, many / none", measured: fmt.Sprintf("%.2f × (%.1f and %.1f MiB)", float64(after)/float64(before), float64(after)/1024, float64(before)/1024)},
		},
	}, nil
}

// fillThrottles notes a try against so many addresses.
func fillThrottles(ctx context.Context, path string, tried int) (err error) {
	db, err := sql.Open("sqlite", path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	db.SetMaxOpenConns(1)
	if err := hurried(ctx, db); err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, fmt.Sprintf(`
		WITH RECURSIVE more (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM more WHERE n < %d)
		INSERT INTO throttles (kind, subject, device, failures, last)
		SELECT 'password', lower(hex(randomblob(32))), '', 1, %d + n FROM more`, tried, time.Now().Add(-time.Hour).UnixMilli()))
	return err
}
