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
	only := flag.String("only", "", "run one measurement and write nothing: "+strings.Join(names(), ", "))
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
		if m.name == *only && m.asked > 0 {
			limit = m.asked
		}
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	err := run(ctx, *only)
	cancel()
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
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

// run measures everything, or the one part named only, and writes the document
// if it was everything.
func run(ctx context.Context, only string) (err error) {
	began := time.Now()
	facts, err := factsOfMachine()
	if err != nil {
		return err
	}
	chosen := slices.DeleteFunc(measurements(), func(m measurement) bool { return only != "" && m.name != only || only == "" && m.asked > 0 })
	if len(chosen) == 0 {
		return fmt.Errorf("there is no measurement %q: %s", only, strings.Join(names(), ", "))
	}
	s := &stage{}
	if slices.ContainsFunc(chosen, func(m measurement) bool { return !m.alone }) {
		if s, err = setStage(ctx); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, s.strike()) }()
	}
	facts.PostgreSQL = s.postgres.version

	var sections []section
	for _, m := range chosen {
		fmt.Fprintf(os.Stderr, "%5.1f s  %s\n", time.Since(began).Seconds(), m.name)
		measured, err := m.measure(ctx, s)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", m.name, err)
		}
		sections = append(sections, measured)
	}
	facts.Took = time.Since(began)
	if facts.LoadAfter, err = loadNow(); err != nil {
		return err
	}
	if err := printTable(os.Stdout, sections); err != nil {
		return err
	}
	if only != "" {
		return nil
	}
	return writeDocument(documentPath, facts, sections)
}
