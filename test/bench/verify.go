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
	verifyAtOnce = 5000 // recorded in one transaction
	verifyBar    = 30.0 // seconds, for a million
)

// A sealedLogOf is a log to be verified.
type sealedLogOf struct {
	engine string
	url    string
	events int
	bar    bool
}

// measureVerify measures "sparekey audit verify" over logs that the store
// recorded and sealed, on one core.
func measureVerify(ctx context.Context, s *stage) (section, error) {
	found := section{
		title: "Verifying the sealed log",
		how: "sparekey audit verify, in a process with GOMAXPROCS=1, over events that were recorded and sealed before, against the checkpoint " +
			"kept outside. Fewer on PostgreSQL, where making them takes long; its own processor time is not in the figure.",
	}
	logs := []sealedLogOf{{engine: "SQLite", events: 1_000_000, bar: true}}
	url, _, err := s.startPostgres(ctx)
	if err != nil {
		found.figures = append(found.figures, figure{what: "on PostgreSQL", measured: err.Error(), verdict: notMeasured})
	} else {
		logs = append(logs, sealedLogOf{engine: "PostgreSQL", url: url, events: 100_000})
	}
	for _, l := range logs {
		folder := filepath.Join(s.folder, "verify-"+l.engine)
		if err := l.make(ctx, folder); err != nil {
			return section{}, err
		}
		v, err := l.verify(ctx, s.program, folder)
		if err = errors.Join(err, os.RemoveAll(folder)); err != nil {
			return section{}, err
		}
		processor := figure{
			what: fmt.Sprintf("processor time for %d events on %s", l.events, l.engine), measured: fmt.Sprintf("%.1f s", v.processor.Seconds()),
		}
		if l.bar {
			processor.bar, processor.verdict = fmt.Sprintf("< %.0f s", verifyBar), verdictOf(v.processor.Seconds() < verifyBar)
		}
		found.figures = append(found.figures, processor,
			figure{what: "from its start to the verdict", measured: fmt.Sprintf("%.1f s", v.took.Seconds())},
			figure{what: "resident memory at its peak", measured: fmt.Sprintf("%.0f MiB", float64(v.peakKiB)/1024)},
		)
	}
	return found, nil
}

// make makes an installation in folder with the log: events of a kind that
// carries everything an event can.
func (l sealedLogOf) make(ctx context.Context, folder string) (err error) {
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
		Path: filepath.Join(folder, "sparekey.db"), DatabaseURL: l.url, Master: master, Random: rand.Reader, NewID: newID, Now: time.Now,
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
	for range l.events / verifyAtOnce {
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

func (l sealedLogOf) verify(ctx context.Context, program, folder string) (verification, error) {
	cmd := exec.CommandContext(ctx, program, "audit", "verify")
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "TZ=UTC", "GOMAXPROCS=1", "SPAREKEY_CONFIG=", "SPAREKEY_DATA=" + folder, "SPAREKEY_DATABASE_URL=" + l.url}
	began := time.Now()
	out, err := cmd.CombinedOutput()
	took := time.Since(began)
	if err != nil || !strings.Contains(string(out), fmt.Sprintf("%d events sealed", l.events)) {
		return verification{}, fmt.Errorf("audit verify: %w\n%s", err, out)
	}
	state := cmd.ProcessState
	usage, ok := state.SysUsage().(*syscall.Rusage)
	if !ok {
		return verification{}, errors.New("audit verify: the system does not tell what it used")
	}
	return verification{took, state.UserTime() + state.SystemTime(), usage.Maxrss}, nil
}
