package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/sparekey/sparekey/internal/store/pgtest"
)

// startPostgres starts a throw-away server, gone with this process, and returns
// an empty database on it and its version. It returns an error that says so
// where PostgreSQL is not installed.
func (s *stage) startPostgres(ctx context.Context) (url, version string, err error) {
	host := &host{ctx: ctx}
	s.closers = append(s.closers, host.close)
	if url, err = host.newDatabase(); err != nil {
		return "", "", err
	}
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return "", "", err
	}
	err = conn.QueryRow(ctx, "SHOW server_version").Scan(&version)
	version, _, _ = strings.Cut(version, " ") // what follows names the packager
	return url, version, errors.Join(err, conn.Close(ctx))
}

// A host stands in for the test that pgtest starts a server for. It has what
// pgtest.NewDatabase asks of a test, and nothing else of one.
type host struct {
	testing.TB
	ctx    context.Context
	failed error
	ends   []func()
}

func (h *host) Helper()                  {}
func (h *host) Context() context.Context { return h.ctx }
func (h *host) Cleanup(end func())       { h.ends = append(h.ends, end) }
func (h *host) Errorf(format string, args ...any) {
	h.failed = errors.Join(h.failed, fmt.Errorf(format, args...))
}

// fatal is what Fatalf panics with: as in a test, it does not return.
type fatal struct{ error }

func (h *host) Fatalf(format string, args ...any) { panic(fatal{fmt.Errorf(format, args...)}) }

func (h *host) newDatabase() (url string, err error) {
	defer func() {
		switch fault := recover().(type) {
		case nil:
		case fatal:
			err = fault.error
		default:
			panic(fault)
		}
	}()
	return pgtest.NewDatabase(h), nil
}

// close drops the database. The server ends with the process.
func (h *host) close() error {
	for _, end := range h.ends {
		end()
	}
	return h.failed
}
