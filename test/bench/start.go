package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

const (
	starts      = 9
	startBar    = 150.0 // milliseconds
	idleTime    = 5 * time.Second
	residentBar = 60.0 // MiB
)

// measureStart measures the start on a database that is there, the memory of a
// server at rest, and the size of the program.
func measureStart(ctx context.Context, s *stage) (section, error) {
	var readyTimes []time.Duration
	residentKiB := 0
	for i := range starts {
		srv, err := s.serve(ctx, s.sqlite)
		if err != nil {
			return section{}, err
		}
		readyTimes = append(readyTimes, srv.ready)
		if i == starts-1 {
			residentKiB, err = residentAtRest(ctx, srv)
		}
		if err = errors.Join(err, srv.stop()); err != nil {
			return section{}, err
		}
	}
	program, err := os.Stat(s.program)
	if err != nil {
		return section{}, err
	}
	ready, residentMiB := spreadOf(each(readyTimes, milliseconds)), float64(residentKiB)/1024
	return section{
		title: "Start, memory at rest, size",
		how: fmt.Sprintf("From the start of the process to the first 200 of /readyz, on an SQLite database that is there, %d times. "+
			"Resident memory %v after the last start, with nobody there.", starts, idleTime),
		figures: []figure{
			{
				what: "start to ready", measured: ready.in("ms", 0),
				bar: fmt.Sprintf("≤ %.0f ms", startBar), verdict: verdictOf(ready.median <= startBar),
			},
			{
				what: "resident memory at rest", measured: fmt.Sprintf("%.1f MiB", residentMiB),
				bar: fmt.Sprintf("≤ %.0f MiB", residentBar), verdict: verdictOf(residentMiB <= residentBar),
			},
			{what: "size of the program", measured: fmt.Sprintf("%.1f MiB", float64(program.Size())/(1<<20))},
		},
	}, nil
}

func residentAtRest(ctx context.Context, srv *server) (residentKiB int, err error) {
	select {
	case <-ctx.Done():
		return 0, ctx.Err()
	case <-time.After(idleTime):
		return srv.memoryKiB("VmRSS")
	}
}
