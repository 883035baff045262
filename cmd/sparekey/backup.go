package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"filippo.io/age"

	"github.com/sparekey/sparekey/internal/archive"
	"github.com/sparekey/sparekey/internal/config"
	"github.com/sparekey/sparekey/internal/store"
)

type backupCommand struct {
	File             string   `arg:"" placeholder:"FILE" help:"The file to write, such as sparekey.age."`
	PassphraseFile   string   `placeholder:"FILE" help:"The file that holds the passphrase and nothing else (default: asked for)."`
	Recipient        []string `sep:"none" placeholder:"AGE1…" help:"Encrypt for this age recipient instead of with a passphrase; may be given several times."`
	RecipientsFile   string   `placeholder:"FILE" help:"The file with the recipients, one a line."`
	WithoutMasterKey bool     `help:"Leave the master key out; without it nothing can be restored, so keep it elsewhere."`
	Force            bool     `help:"Replace the file if it is there."`
}

// useTools is what is said of a PostgreSQL database: its own tools do it better.
const useTools = `a PostgreSQL database is backed up and restored with PostgreSQL's own tools:
  pg_dump --format=custom, encrypted, with the master key kept beside it.
  docs/operating.md, "Backup and restore on PostgreSQL", has the commands.`

// Run writes a backup, while others serve.
func (c backupCommand) Run(ctx context.Context, at console, settings config.Config) (err error) {
	if settings.DatabaseURL != "" {
		return errors.New(useTools)
	}
	if !c.Force {
		if err := mustBeFree(c.File); err != nil {
			return err
		}
	}
	i, err := openToRead(ctx, at, settings)
	if err != nil {
		return err
	}
	defer i.close()
	keys, err := c.keys()
	if err != nil {
		return err
	}
	work, err := newWorkshop(settings.Data, "backup")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, work.close()) }()
	m, err := i.writeBackup(ctx, c, keys, work)
	if err != nil {
		return plainer(err)
	}
	return c.tell(at, i, m, keys)
}

// writeBackup copies the database and writes the copy to the file, which gets
// its name when it has been read back.
func (i *installation) writeBackup(ctx context.Context, c backupCommand, keys locks, work *workshop) (archive.Manifest, error) {
	copied := work.path("sparekey.db")
	contents, err := i.store.Copy(ctx, copied)
	if err != nil {
		return archive.Manifest{}, err
	}
	m := archive.Manifest{
		Program: version, Schema: contents.Schema, Installation: contents.Installation, Made: i.now(),
		Organisations: contents.Organisations, Members: contents.Members, Events: contents.Events,
		NewestEvent: contents.NewestEvent,
	}
	if !c.WithoutMasterKey {
		m.MasterKey = i.master.Text()
	}
	if m.DatabaseBytes, m.SHA256, err = measure(ctx, copied); err != nil {
		return m, err
	}
	database, err := os.Open(copied)
	if err != nil {
		return m, err
	}
	defer func() { _ = database.Close() }() // it was only read
	var back age.Identity
	return m, newFile{
		name: c.File, replace: c.Force,
		write: func(f *os.File) error {
			back, err = archive.Write(f, keys.to, m, steadily{ctx, database})
			return err
		},
		check: func(f *os.File) error { return readBack(ctx, f, m, keys.from(back)) },
	}.put()
}

// measure returns the size of a file and its SHA-256.
func measure(ctx context.Context, name string) (size int64, sum string, err error) {
	f, err := os.Open(name)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = f.Close() }() // it was only read
	hash := sha256.New()
	size, err = io.Copy(hash, steadily{ctx, f})
	return size, hex.EncodeToString(hash.Sum(nil)), err
}

// readBack reads a whole backup, and fails unless it is the one that was meant.
func readBack(ctx context.Context, f io.Reader, want archive.Manifest, key age.Identity) error {
	b, err := archive.Open(steadily{ctx, f}, key)
	if err == nil {
		err = b.Database(io.Discard)
	}
	if err == nil && (b.Manifest.SHA256 != want.SHA256 || len(b.Manifest.MasterKey) != len(want.MasterKey)) {
		err = archive.ErrBroken
	}
	if err != nil {
		return fmt.Errorf("what was written cannot be read back: %w", err)
	}
	return nil
}

// tell says what is in the backup.
func (c backupCommand) tell(at console, i *installation, m archive.Manifest, keys locks) error {
	info, err := os.Stat(c.File)
	if err != nil {
		return err
	}
	at.say("%s was written, and read back to its end.", c.File)
	list := contentsOf(i.config, m)
	list.row("Size", strconv.FormatInt((info.Size()+1023)/1024, 10)+" KiB")
	list.row("Opens with", keys.what)
	if m.MasterKey == nil {
		list.row("Master key", "not in it: nothing can be restored without "+keyPlace(i.config))
	} else {
		list.row("Master key", "in it")
	}
	return list.print(at, "")
}

// contentsOf lists what a manifest says.
func contentsOf(c config.Config, m archive.Manifest) *table {
	moment := (&installation{config: c}).moment
	list := newTable()
	list.row("As it was at", moment(m.Made))
	list.row("Organisations", strconv.Itoa(m.Organisations))
	list.row("Members", strconv.Itoa(m.Members))
	list.row("Events", fmt.Sprintf("%d, the newest of %s", m.Events, moment(m.NewestEvent)))
	return list
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

// plainer says in a sentence that a disk is full.
func plainer(err error) error {
	if store.DiskFull(err) {
		return fmt.Errorf("the disk is full: nothing was kept (%w)", err)
	}
	return err
}

// steadily reads until its context ends.
type steadily struct {
	ctx  context.Context
	from io.Reader
}

func (s steadily) Read(p []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	return s.from.Read(p)
}

// A workshop is a folder of one command's own inside the data folder. While it
// is open no other command has one there.
type workshop struct {
	data   *os.File // locked
	folder string
}

// workshopPrefix begins the name of every workshop.
const workshopPrefix = ".sparekey-"

// newWorkshop makes a workshop, and clears away those that killed commands left.
func newWorkshop(data, purpose string) (*workshop, error) {
	f, err := os.Open(data)
	if err != nil {
		return nil, err
	}
	w := &workshop{data: f}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = fmt.Errorf("another backup or restore works in %s now", data)
	}
	if err == nil {
		err = sweep(data, workshopPrefix)
	}
	if err == nil {
		w.folder, err = os.MkdirTemp(data, workshopPrefix+purpose+"-") // mode 0700
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return w, nil
}

func (w *workshop) path(name string) string { return filepath.Join(w.folder, name) }

// close clears the workshop away. The lock ends with it.
func (w *workshop) close() error { return errors.Join(os.RemoveAll(w.folder), w.data.Close()) }

// sweep removes everything in a folder whose name begins with prefix.
func sweep(folder, prefix string) error {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if name := e.Name(); len(name) > len(prefix) && name[:len(prefix)] == prefix {
			if err := os.RemoveAll(filepath.Join(folder, name)); err != nil {
				return err
			}
		}
	}
	return nil
}

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
	if err := sweep(folder, filepath.Base(n.name)+partial); err != nil {
		return err
	}
	f, err := os.CreateTemp(folder, filepath.Base(n.name)+partial+"*") // mode 0600
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

// ageOf says how old a backup is, for people: in whole hours or days.
func ageOf(made, now time.Time) string {
	hours := int(now.Sub(made).Hours())
	switch {
	case hours < 1:
		return "less than an hour"
	case hours < 48:
		return fmt.Sprintf("%d hours", hours)
	}
	return fmt.Sprintf("%d days", hours/24)
}
