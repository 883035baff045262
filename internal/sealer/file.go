package sealer

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/sparekey/sparekey/internal/ledger"
)

// maxAside bounds the checkpoints that are kept as evidence.
const maxAside = 16

// A file holds the newest checkpoint, and behind it those that the log did
// contain and does no more.
type file struct {
	path    string
	newest  ledger.Checkpoint
	aside   []ledger.Checkpoint
	written string
	stale   bool // the last write failed
}

// load reads what is there. What cannot be read as checkpoints is moved out of
// the way, and said.
func (f *file) load(keys *ledger.Keys) error {
	text, err := os.ReadFile(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	all, err := keys.OpenAll(string(text))
	if err != nil {
		unusable := f.path + ".unusable"
		return errors.Join(fmt.Errorf("%w: it is %s now", err, unusable), os.Rename(f.path, unusable))
	}
	f.newest, f.aside = all[0], all[1:]
	return nil
}

// putAside keeps c as evidence. The oldest are kept longest: what comes later may
// be of whoever tampered.
func (f *file) putAside(c ledger.Checkpoint) {
	if len(f.aside) < maxAside && !slices.Contains(f.aside, c) {
		f.aside = append(f.aside, c)
	}
}

// write replaces the file by newest and what was put aside, all or nothing.
func (f *file) write(newest ledger.Checkpoint) (err error) {
	f.newest = newest
	defer func() { f.stale = err != nil }()
	var notes []string
	for _, c := range append([]ledger.Checkpoint{newest}, f.aside...) {
		if c.Note != "" {
			notes = append(notes, c.Note)
		}
	}
	text := strings.Join(notes, "\n")
	if text == f.written {
		return nil
	}
	temporary, err := os.CreateTemp(filepath.Dir(f.path), filepath.Base(f.path)+".*.new")
	if err != nil {
		return err
	}
	_, err = temporary.WriteString(text)
	// It is public: whoever copies it elsewhere must be able to read it.
	err = errors.Join(err, temporary.Chmod(0o644), temporary.Sync(), temporary.Close())
	if err == nil {
		err = os.Rename(temporary.Name(), f.path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(temporary.Name()))
	}
	f.written = text
	return nil
}
