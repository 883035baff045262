package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/ledger"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/secret"
	"github.com/sparekey/sparekey/internal/store"
)

const (
	verifyEvents = 1_000_000
	verifyAtOnce = 5000 // recorded in one transaction
	verifyBar    = 30.0 // seconds
)

// measureVerify measures "sparekey audit verify" over a log of a million events
// that the store recorded and sealed, on one core.
func measureVerify(ctx context.Context, s *stage) (section, error) {
	found := section{
		title: "Verifying the sealed log",
		how: fmt.Sprintf("sparekey audit verify, a process with GOMAXPROCS=1, over %d events that were recorded and sealed before, "+
			"against the checkpoint that was kept outside. Once on each database; that PostgreSQL's own processor time is not in it.", verifyEvents),
	}
	url, _, err := s.startPostgres(ctx)
	if err != nil {
		found.figures = append(found.figures, figure{what: "on PostgreSQL", measured: err.Error(), verdict: notMeasured})
	}
	for _, d := range []struct{ name, url string }{{"SQLite", ""}, {"PostgreSQL", url}} {
		if d.name == "PostgreSQL" && url == "" {
			continue
		}
		folder := filepath.Join(s.folder, "verify-"+d.name)
		if err := sealedLog(ctx, folder, d.url); err != nil {
			return section{}, err
		}
		v, err := s.verify(ctx, folder, d.url)
		if err = errors.Join(err, os.RemoveAll(folder)); err != nil {
			return section{}, err
		}
		found.figures = append(found.figures,
			figure{
				what: "from start to verdict on " + d.name, measured: fmt.Sprintf("%.1f s", v.took.Seconds()),
				bar: fmt.Sprintf("< %.0f s", verifyBar), verdict: verdictOf(v.took.Seconds() < verifyBar),
			},
			figure{what: "processor time on " + d.name, measured: fmt.Sprintf("%.1f s", v.processor.Seconds())},
			figure{what: "resident memory at its peak on " + d.name, measured: fmt.Sprintf("%.0f MiB", float64(v.peakKiB)/1024)},
		)
	}
	return found, nil
}

// sealedLog makes an installation in folder whose log holds verifyEvents sealed
// events of a kind that carries everything an event can.
func sealedLog(ctx context.Context, folder, url string) (err error) {
	if err := os.Mkdir(folder, 0o700); err != nil {
		return err
	}
	master, err := secret.NewMaster(rand.Reader)
	if err != nil {
		return err
	}
	if err := master.Write(filepath.Join(folder, "master.key")); err != nil {
		return err
	}
	into, err := store.Open(ctx, store.Options{
		Path: filepath.Join(folder, "sparekey.db"), DatabaseURL: url, Master: master, Random: rand.Reader, NewID: newID, Now: time.Now,
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, into.Close()) }()
	const me = "bench"
	if _, err := into.TakeSealTurn(ctx, me, ledger.Turn{}); err != nil {
		return err
	}
	organisation, member := org.OrganisationID(newID()), org.MemberID(newID())
	events := make([]audit.Event, verifyAtOnce)
	for range verifyEvents / verifyAtOnce {
		for i := range events {
			events[i] = audit.Event{
				Kind: audit.SignedIn, Organisation: organisation, Actor: audit.Actor{Kind: audit.Member, Member: member}, Subject: member,
				Reason: "factor", Facts: map[string]string{"authenticator": newID(), "known": "true"},
				Origin: audit.Origin{Address: "192.0.2.7", Browser: "Firefox on Android"},
			}
		}
		if err := into.Record(ctx, events...); err != nil {
			return err
		}
		for more := true; more; {
			batch, err := into.Seal(ctx, me)
			if err != nil {
				return err
			}
			more = batch.More
		}
	}
	newest, err := into.NewestCheckpoint(ctx)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, "checkpoint"), []byte(newest.Note), 0o600)
}

// A verification is what verifying took.
type verification struct {
	took, processor time.Duration
	peakKiB         int64
}

func (s *stage) verify(ctx context.Context, folder, url string) (verification, error) {
	cmd := exec.CommandContext(ctx, s.program, "audit", "verify")
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "TZ=UTC", "GOMAXPROCS=1", "SPAREKEY_CONFIG=", "SPAREKEY_DATA=" + folder, "SPAREKEY_DATABASE_URL=" + url}
	began := time.Now()
	out, err := cmd.CombinedOutput()
	took := time.Since(began)
	if err != nil || !strings.Contains(string(out), fmt.Sprintf("%d events sealed", verifyEvents)) {
		return verification{}, fmt.Errorf("audit verify: %w\n%s", err, out)
	}
	state := cmd.ProcessState
	usage, ok := state.SysUsage().(*syscall.Rusage)
	if !ok {
		return verification{}, errors.New("audit verify: the system does not tell what it used")
	}
	return verification{took, state.UserTime() + state.SystemTime(), usage.Maxrss}, nil
}
