package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// A stage is everything that the measurements share: the program under
// measurement, a seeded database on each engine, and a folder for all of it.
type stage struct {
	folder   string
	program  string // path of the built program
	sqlite   database
	postgres database // zero address: there is none, and why says so

	crowds  map[string]database // by what crowd made them of
	closers []func() error
}

// A database is a seeded one, and how the server is pointed at it.
type database struct {
	dataFolder string // of the server: the master key, and SQLite's file
	url        string // of PostgreSQL; empty: SQLite
	version    string
	why        string // why there is none
	cast       *cast
	seeding    time.Duration // what filling it up took
}

// How many members of each kind are seeded.
const (
	signInMembers = signInPairs*signInsPerPair + signInWarmUps + floodSignIns
	wrongMembers  = unknownPairs + unknownWarmUps
	sessions      = 64
)

// setStage builds the program and seeds the databases.
func setStage(ctx context.Context) (_ *stage, err error) {
	s := &stage{}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.strike())
		}
	}()
	if s.folder, err = os.MkdirTemp("", "sparekey-bench-"); err != nil {
		return nil, err
	}
	s.closers = append(s.closers, func() error { return os.RemoveAll(s.folder) })
	if s.program, err = build(ctx, s.folder); err != nil {
		return nil, err
	}
	if s.sqlite, err = s.seed(ctx, "sqlite", ""); err != nil {
		return nil, err
	}
	url, version, err := s.startPostgres(ctx)
	if err != nil {
		s.postgres.why = err.Error()
		return s, nil
	}
	if s.postgres, err = s.seed(ctx, "postgres", url); err != nil {
		return nil, err
	}
	s.postgres.version = version
	return s, nil
}

// strike leaves nothing behind.
func (s *stage) strike() error {
	var all error
	for i := len(s.closers) - 1; i >= 0; i-- {
		all = errors.Join(all, s.closers[i]())
	}
	s.closers = nil
	return all
}

// build builds the program as it is released.
func build(ctx context.Context, folder string) (string, error) {
	program := filepath.Join(folder, "sparekey")
	cmd := exec.CommandContext(ctx, "go", "build", "-buildvcs=false", "-trimpath", "-ldflags", "-s -w", "-o", program, "./cmd/sparekey")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build: %w\n%s", err, out)
	}
	return program, nil
}
