package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// A newFile is a file that gets its name when it is whole, on disk and checked.
type newFile struct {
	name    string
	replace bool // what is there
	write   func(*os.File) error
	check   func(*os.File) error // from its beginning; nil: not needed
}

// partial is what stands between the name of a file and the rest of the name
// that it has until it is whole.
const partial = ".partial-"

// put writes the file, of mode 0600. A kill leaves nothing under its name, and
// at most a part that the next call clears away.
func (n newFile) put() (err error) {
	folder := filepath.Dir(n.name)
	sweep(folder, filepath.Base(n.name)+partial, 0)
	f, err := os.OpenFile(n.name+partial+rand.Text(), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if gone := os.Remove(f.Name()); !errors.Is(gone, os.ErrNotExist) {
			err = errors.Join(err, gone)
		}
	}()
	if err := errors.Join(n.fill(f), f.Close()); err != nil {
		return err
	}
	if n.replace {
		err = os.Rename(f.Name(), n.name)
	} else {
		err = settle(f.Name(), n.name)
	}
	if err != nil {
		return err
	}
	return syncFolder(folder)
}

func (n newFile) fill(f *os.File) error {
	if err := n.write(f); err != nil {
		return err
	}
	if err := f.Sync(); err != nil || n.check == nil {
		return err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	return n.check(f)
}

// settle gives a file another name, unless there is something under it. Where a
// disk knows no second name for a file, a moment lies between look and act.
func settle(from, to string) error {
	err := os.Link(from, to)
	if errors.Is(err, os.ErrExist) {
		return mustBeFree(to)
	}
	if err == nil {
		return os.Remove(from)
	}
	if err := mustBeFree(to); err != nil {
		return err
	}
	return os.Rename(from, to)
}

// syncFolder makes the names in a folder last.
func syncFolder(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// mustBeFree refuses a name under which there is something.
func mustBeFree(name string) error {
	_, err := os.Lstat(name)
	switch {
	case err == nil:
		return fmt.Errorf("%s is there already: choose another name, or replace it with --force", name)
	case errors.Is(err, os.ErrNotExist):
		return nil
	}
	return err
}
