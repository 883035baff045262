package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
)

// A workshop is a folder of one command's own inside the data folder. While it
// is open no other command has one there.
type workshop struct {
	data   *os.File // locked
	folder string
}

// forBackup and forRestore begin the names of workshops. random follows.
const (
	forBackup  = ".sparekey-backup-"
	forRestore = ".sparekey-restore-"
)

// errBusy says that another command has a workshop there.
var errBusy = errors.New("another backup or restore works there now")

// lockData takes the lock on a data folder that whoever has a workshop there
// holds. It returns an error wrapping errBusy where somebody else does.
func lockData(data string) (*os.File, error) {
	f, err := os.Open(data)
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = fmt.Errorf("%s: %w", data, errBusy)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// newWorkshop makes a workshop, and clears away those that killed commands left.
func newWorkshop(data, begins string) (*workshop, error) {
	f, err := lockData(data)
	if err != nil {
		return nil, err
	}
	sweepWorkshops(data)
	w := &workshop{f, filepath.Join(data, begins+rand.Text())}
	if err := os.Mkdir(w.folder, 0o700); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return w, nil
}

// sweepLeftovers clears away what killed backups and restores left in a data
// folder, which may be a copy of the whole database, and returns their names. It
// leaves alone what works there now.
func sweepLeftovers(data string) ([]string, error) {
	f, err := lockData(data)
	if errors.Is(err, errBusy) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return sweepWorkshops(data), f.Close()
}

func sweepWorkshops(data string) []string {
	return append(sweep(data, forBackup, fs.ModeDir), sweep(data, forRestore, fs.ModeDir)...)
}

func (w *workshop) path(name string) string { return filepath.Join(w.folder, name) }

// close clears the workshop away. The lock ends with it.
func (w *workshop) close() error { return errors.Join(os.RemoveAll(w.folder), w.data.Close()) }

// random is what rand.Text gives: 26 letters and digits. So nobody else's file
// has such a name by chance.
var random = regexp.MustCompile(`^[A-Z2-7]{26}$`)

// sweep removes what stands in a folder under names of this program: begins and
// random, of one type. It returns what it removed. What it cannot remove is
// somebody else's, and no reason to fail.
func sweep(folder, begins string, only fs.FileMode) (swept []string) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil // whoever works there next will say it
	}
	for _, e := range entries {
		rest, ours := strings.CutPrefix(e.Name(), begins)
		if !ours || !random.MatchString(rest) || e.Type() != only {
			continue
		}
		if os.RemoveAll(filepath.Join(folder, e.Name())) == nil {
			swept = append(swept, e.Name())
		}
	}
	return swept
}

// sweep clears away what a killed backup left beside the database: a copy of it
// must not lie around until the next backup.
func (i *installation) sweep() {
	swept, err := sweepLeftovers(i.config.Data)
	if err != nil {
		i.log.Warn("cannot look for what a killed backup left", "error", err)
	}
	if len(swept) > 0 {
		i.log.Info("cleared away what a killed backup or restore left", "folders", swept)
	}
}
