package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"
)

// wholeRun is when the run gives up, also on a machine that must first build
// everything.
const wholeRun = 40 * time.Minute

// documentPath is what the run writes, from the root of the repository.
const documentPath = "docs/measured.md"

func main() {
	if role := os.Getenv(roleVariable); role != "" {
		if err := play(role); err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
			os.Exit(1)
		}
		return
	}
	var asked order
	flag.StringVar(&asked.only, "only", "", "run one measurement, and without -keep write nothing: "+strings.Join(names(), ", "))
	flag.BoolVar(&asked.keep, "keep", false, "with -only, write what was found to "+documentPath)
	flag.IntVar(&listedMembers, "listed", listedMembers, "how many members the list of employees is measured at; filling up takes most of it")
	flag.Uint64Var(&copiesSeed, "seed", copiesSeed, "what the documents of safecopy and verifier follow from; fresh unless set")
	flag.IntVar(&verifierCopies, "copies", verifierCopies, fmt.Sprintf("of how many documents the verifier judges a copy, and %d attacks each", attacksEach))
	flag.IntVar(&copiesEach, "documents", copiesEach, "how many documents safecopy looks at under each condition")
	flag.Parse()
	// A child that dies with its parent dies with the thread that started it:
	// this one, which lives as long as the process.
	runtime.LockOSThread()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	limit := wholeRun
	for _, m := range measurements() {
		if m.name == asked.only && m.asked > 0 {
			limit = m.asked
		}
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	err := run(ctx, asked)
	cancel()
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// An order is what a run was asked for.
type order struct {
	only string // one measurement, or all but those that are only measured by name
	keep bool
}

// command is what measures one part again, as it was measured now.
func (o order) command(name string) string {
	command := "go run ./test/bench -only " + name
	flag.Visit(func(f *flag.Flag) {
		if f.Name != "only" && f.Name != "keep" {
			command += " -" + f.Name + " " + f.Value.String()
		}
	})
	return command
}

// A measurement is one part of the run.
type measurement struct {
	name    string
	measure func(context.Context, *stage) (section, error)
	alone   bool // it needs no stage and gets none if it runs by itself

	// asked is when it gives up if it takes too long for the whole run and is
	// measured only when it is named.
	asked time.Duration
}

// measurements lists the parts in their order.
func measurements() []measurement {
	return []measurement{
		{name: "session", measure: measureSessionCheck},
		{name: "sign-in", measure: measureSignIn},
		{name: "unknown", measure: measureUnknownAddress},
		{name: "start", measure: measureStart},
		{name: "members", measure: measureMembers},
		{name: "employees", measure: measureEmployees},
		{name: "strangers", measure: measureStrangers},
		{name: "flood", measure: measureFlood},
		{name: "verify", measure: measureVerify},
		{name: "safecopy", measure: measureSafeCopy, alone: true},
		{name: "safecopy-page", measure: measurePage, alone: true},
		{name: "verifier", measure: measureVerifier, alone: true, asked: 3 * time.Hour},
	}
}

func names() []string {
	var list []string
	for _, m := range measurements() {
		list = append(list, m.name)
	}
	return list
}

// run measures everything, or the one part named only. What it keeps it writes as
// soon as a part is measured, so that a run that is cut off was not for nothing.
func run(ctx context.Context, o order) (err error) {
	began := time.Now()
	chosen := slices.DeleteFunc(measurements(), func(m measurement) bool { return o.only != "" && m.name != o.only || o.only == "" && m.asked > 0 })
	if len(chosen) == 0 {
		return fmt.Errorf("there is no measurement %q: %s", o.only, strings.Join(names(), ", "))
	}
	s := &stage{}
	if slices.ContainsFunc(chosen, func(m measurement) bool { return !m.alone }) {
		if s, err = setStage(ctx); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, s.strike()) }()
	}
	for _, m := range chosen {
		fmt.Fprintf(os.Stderr, "%5.1f s  %s\n", time.Since(began).Seconds(), m.name)
		if err := s.put(ctx, m, o); err != nil {
			return fmt.Errorf("%s: %w", m.name, err)
		}
	}
	return nil
}

// put measures one part and writes it down.
func (s *stage) put(ctx context.Context, m measurement, o order) error {
	f, err := factsOfMachine()
	if err != nil {
		return err
	}
	if !m.alone {
		f.PostgreSQL = s.postgres.version
	}
	measured, err := m.measure(ctx, s)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil {
		return err
	}
	f.Took = time.Since(f.Date)
	if f.LoadAfter, err = loadNow(); err != nil {
		return err
	}
	if err := printTable(os.Stdout, []section{measured}); err != nil {
		return err
	}
	if o.only != "" && !o.keep {
		return nil
	}
	return writeDocument(documentPath, names(), m.name, partOf(f, o.command(m.name), measured))
}
