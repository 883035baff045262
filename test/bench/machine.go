package main

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"

	_ "modernc.org/sqlite" // to ask its version
)

// facts are what a reader must know to place the figures.
type facts struct {
	Date       time.Time
	Cores      int
	System     string
	Go         string
	SQLite     string
	PostgreSQL string // empty: none
	Load       string // of the minute before the run began
	LoadAfter  string // of its last minute
	Took       time.Duration
}

// factsOfMachine returns what can be told before the run.
func factsOfMachine() (f facts, err error) {
	f = facts{Date: time.Now(), Cores: runtime.NumCPU(), System: runtime.GOOS + "/" + runtime.GOARCH, Go: runtime.Version()}
	if f.Load, err = loadNow(); err != nil {
		return facts{}, err
	}
	f.SQLite, err = sqliteVersion()
	return f, err
}

// loadNow returns how many threads wanted a core, on average over a minute.
func loadNow() (string, error) {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "", fmt.Errorf("load of the machine: %w", err)
	}
	load, _, _ := strings.Cut(string(text), " ")
	return load, nil
}

func sqliteVersion() (version string, err error) {
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		return "", err
	}
	err = db.QueryRow(`SELECT sqlite_version()`).Scan(&version)
	return version, errors.Join(err, db.Close())
}
