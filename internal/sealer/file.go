package sealer

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/sparekey/sparekey/internal/ledger"
)

const (
	// maxAside bounds the checkpoints that are kept as evidence in the file, and
	// maxKept the files beside it.
	maxAside, maxKept = 16, 32
	// keptMark stands in the name of a file that was put aside, behind the
	// file's own and before the time.
	keptMark = ".kept-"
	// leftoverAge is how old an unfinished file is that nobody writes any more.
	leftoverAge = time.Hour
)

// Kept returns the names of the files that were put aside of the checkpoint file
// at path: what was published and did not fit the log.
func Kept(path string) []string {
	names, err := beside(path, keptMark)
	if err != nil {
		return nil // as where the folder cannot be read: the file cannot either
	}
	return names
}

// beside returns the files in the folder of path whose names begin with its own
// and mark.
func beside(path, mark string) (names []string, err error) {
	folder := filepath.Dir(path)
	list, err := os.ReadDir(folder)
	for _, f := range list {
		if strings.HasPrefix(f.Name(), filepath.Base(path)+mark) {
			names = append(names, filepath.Join(folder, f.Name()))
		}
	}
	return names, err
}

// A file holds the newest checkpoint, and behind it those that the log did
// contain and does no more.
type file struct {
	path    string
	newest  ledger.Checkpoint
	aside   []ledger.Checkpoint
	written string
	loaded  bool // what was there is known, or kept elsewhere: it may be replaced
	stale   bool // the last write failed
}

// load reads what is there. What is no checkpoint of this log is kept beside the
// file, and said.
func (f *file) load(keys *ledger.Keys) error {
	f.sweep()
	text, err := os.ReadFile(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		f.loaded = true
		return nil
	}
	if err != nil {
		return err
	}
	all, err := keys.OpenAll(string(text))
	if err != nil {
		unkept := f.keep(text)
		f.loaded = unkept == nil
		return errors.Join(err, unkept)
	}
	f.newest, f.aside, f.loaded = all[0], all[1:], true
	return nil
}

// sweep removes what was left by writes that a crash cut short.
func (f *file) sweep() {
	names, _ := beside(f.path, ".")
	for _, name := range names {
		info, err := os.Stat(name)
		if err == nil && strings.HasSuffix(name, ".new") && time.Since(info.ModTime()) > leftoverAge {
			_ = os.Remove(name) // the next start tries again
		}
	}
}

// keep puts text into a new file beside, named by the time; nothing is ever
// overwritten. It keeps nothing twice, and an error says that it did not.
func (f *file) keep(text []byte) error {
	kept := Kept(f.path)
	for _, name := range kept {
		if other, err := os.ReadFile(name); err == nil && string(other) == string(text) {
			return nil
		}
	}
	if len(kept) >= maxKept {
		return fmt.Errorf("there are %d files %s*: look at them, and take them away", len(kept), f.path+keptMark)
	}
	stamp := f.path + keptMark + time.Now().UTC().Format("20060102T150405Z")
	for n := 1; ; n++ {
		name := stamp
		if n > 1 {
			name = fmt.Sprintf("%s-%d", stamp, n)
		}
		to, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if errors.Is(err, fs.ErrExist) && n <= maxKept {
			continue
		}
		if err != nil {
			return err
		}
		_, err = to.Write(text)
		if err = errors.Join(err, to.Sync(), to.Close()); err != nil {
			return errors.Join(err, os.Remove(name)) // half of it is no evidence, and takes the place of some
		}
		return nil
	}
}

// putAside keeps c as evidence in the file, and reports whether there was room.
// The oldest are kept longest: what comes later may be of whoever tampered.
func (f *file) putAside(c ledger.Checkpoint) bool {
	if slices.Contains(f.aside, c) {
		return true
	}
	if len(f.aside) >= maxAside {
		return false
	}
	f.aside = append(f.aside, c)
	return true
}

// errUnread says that the file may hold what would be lost.
var errUnread = errors.New("it could not be read, or not be put aside: it is not overwritten")

// write replaces the file by newest and what was put aside, all or nothing.
func (f *file) write(newest ledger.Checkpoint) (err error) {
	f.newest = newest
	defer func() { f.stale = err != nil }()
	if !f.loaded {
		return errUnread
	}
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
