package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/sparekey/sparekey/internal/archive"
	"github.com/sparekey/sparekey/internal/config"
	"github.com/sparekey/sparekey/internal/ledger"
	"github.com/sparekey/sparekey/internal/secret"
	"github.com/sparekey/sparekey/internal/store"
)

type restoreCommand struct {
	File           string `arg:"" optional:"" placeholder:"FILE" help:"The backup."`
	Identity       string `placeholder:"FILE" help:"The file with the age identity that opens it."`
	PassphraseFile string `placeholder:"FILE" help:"The file that holds its passphrase and nothing else (default: asked for)."`
	Finish         bool   `help:"Restore nothing, but make a database that was put back in another way, such as with pg_restore, safe to serve: end the sessions, links and codes of then."`
}

// Run puts a backup into an empty place.
func (c restoreCommand) Run(ctx context.Context, at console, settings config.Config) error {
	if err := settings.Check(); err != nil {
		return usage{err}
	}
	switch {
	case c.Finish && c.File != "":
		return usage{errors.New("--finish is for a database that is in place already: it takes no FILE")}
	case c.Finish:
		return finishRestore(ctx, at, settings)
	case c.File == "":
		return usage{errors.New("which backup? Give its FILE")}
	case settings.DatabaseURL != "":
		return errors.New(useTools)
	}
	m, log, err := c.restore(ctx, settings)
	if err != nil {
		return c.explain(err)
	}
	at.say("%s was checked and restored into %s.", c.File, settings.Data)
	list := contentsOf(settings, m)
	if log.Whole() {
		list.row("The log", "whole")
	} else {
		list.row("THE LOG", "IS BROKEN: sparekey audit verify says how")
	}
	if err := list.print(at, ""); err != nil {
		return err
	}
	at.say("")
	at.say(afterwards, ageOf(m.Made, systemTime()))
	return nil
}

// afterwards tells what going back in time has undone.
const afterwards = `Everybody is signed out; links, mailed codes, suspensions and passes of then have ended.
What happened since the backup (%s ago) is undone, and Sparekey cannot know what it was:
- passwords, roles and members are those of then: deactivate again who has left since;
- a phone that was lost since then works again: take it from its member;
- backup codes that were used since then work again: ask members to make new ones.
docs/operating.md, "After a restore", says how.`

// finishRestore makes a database in place safe to serve.
func finishRestore(ctx context.Context, at console, settings config.Config) error {
	i, err := openToRead(ctx, at, settings)
	if err != nil {
		return err
	}
	defer i.close()
	if err := i.store.FinishRestore(ctx, time.Time{}); err != nil {
		return err
	}
	at.say("Everybody is signed out; links, mailed codes, suspensions and passes of then have ended.")
	return nil
}

// restore checks the backup in a workshop and puts it in place: the key first,
// and the database last, so that a kill leaves no installation or a whole one.
func (c restoreCommand) restore(ctx context.Context, settings config.Config) (m archive.Manifest, log ledger.Report, err error) {
	file, err := os.Open(c.File)
	if err != nil {
		return m, log, err
	}
	defer func() { _ = file.Close() }() // it was only read
	if err := mustBeEmpty(settings); err != nil {
		return m, log, err
	}
	keys, err := c.keys()
	if err != nil {
		return m, log, err
	}
	backup, err := archive.Open(steadily{ctx, file}, keys...)
	if err != nil {
		return m, log, err
	}
	if err := os.MkdirAll(settings.Data, 0o700); err != nil {
		return m, log, fmt.Errorf("the data folder cannot be made: %w", err)
	}
	work, err := newWorkshop(settings.Data, "restore")
	if err != nil {
		return m, log, err
	}
	defer func() { err = errors.Join(err, work.close()) }()
	if err := mustBeEmpty(settings); err != nil { // now that nobody else restores here
		return m, log, err
	}
	log, err = putInPlace(ctx, backup, settings, work.path("sparekey.db"))
	return backup.Manifest, log, err
}

// putInPlace unpacks the database to a file, and then moves key and database to
// where they are used.
func putInPlace(ctx context.Context, backup *archive.Backup, settings config.Config, database string) (ledger.Report, error) {
	master, write, err := keyOf(settings, backup.Manifest)
	if err != nil {
		return ledger.Report{}, err
	}
	log, err := unpack(ctx, backup, database, master)
	if err != nil {
		return log, err
	}
	if write {
		if err := putKey(master, settings.MasterKeyPath()); err != nil {
			return log, err
		}
	}
	if err := settle(database, settings.DatabaseFile()); err != nil {
		return log, err
	}
	return log, syncFolder(settings.Data)
}

// mustBeEmpty refuses a place where there is a database.
func mustBeEmpty(settings config.Config) error {
	found, err := store.Files(settings.DatabaseFile())
	if err == nil && len(found) > 0 {
		err = fmt.Errorf("there is an installation in %s already (%s): it is left as it is; restore into an empty folder with --data",
			settings.Data, filepath.Join(settings.Data, found[0]))
	}
	return err
}

// keyOf returns the master key of the backup, and whether it is still to be put
// in place. The one in the environment or in its file comes first: it must be
// the same.
func keyOf(settings config.Config, m archive.Manifest) (key secret.Master, write bool, err error) {
	place := keyPlace(settings)
	if settings.MasterKey != "" {
		if key, err = secret.ParseMaster([]byte(settings.MasterKey)); err != nil {
			return key, false, fmt.Errorf("%s: %w", place, err)
		}
	} else if key, err = secret.ReadMaster(place); errors.Is(err, secret.ErrNoMaster) {
		if m.MasterKey == nil {
			return key, false, fmt.Errorf("the backup was made without the master key: put the key in %s first", place)
		}
		key, err = secret.ParseMaster(m.MasterKey)
		return key, true, err
	} else if err != nil {
		return key, false, err
	}
	if m.MasterKey != nil && !bytes.Equal(key.Text(), m.MasterKey) {
		return key, false, fmt.Errorf("the master key in %s is not the one of this backup: it is left as it is", place)
	}
	return key, false, nil
}

// unpack writes the database of the backup to a file, checks it, and makes it
// ready to be served. It is on disk before unpack returns. A log that is not
// whole is no reason to leave people locked out: it is said.
func unpack(ctx context.Context, backup *archive.Backup, name string, master secret.Master) (log ledger.Report, err error) {
	file, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return log, err
	}
	if err := errors.Join(backup.Database(file), file.Close()); err != nil {
		return log, err
	}
	contents, err := store.Inspect(ctx, name, master)
	if err != nil {
		return log, err
	}
	if contents.Installation != backup.Manifest.Installation {
		return log, archive.ErrBroken
	}
	restored, err := store.Open(ctx, store.Options{Path: name, Master: master, Random: rand.Reader, NewID: newID, Now: systemTime})
	if err != nil {
		return log, err
	}
	if log, err = restored.VerifyLog(ctx, nil); err == nil {
		err = restored.FinishRestore(ctx, backup.Manifest.Made)
	}
	if err := errors.Join(err, restored.Close()); err != nil {
		return log, err
	}
	left, err := store.Files(name)
	if err == nil && len(left) != 1 {
		err = fmt.Errorf("SQLite has not finished: it left %q", left)
	}
	if err != nil {
		return log, err
	}
	return log, syncFile(name)
}

func syncFile(name string) error {
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// putKey writes the master key to its file.
func putKey(key secret.Master, name string) error {
	return newFile{name: name, write: func(f *os.File) error {
		_, err := f.Write(key.Text())
		return err
	}}.put()
}

// explain says in a sentence, with the way on, what is wrong with a backup.
func (c restoreCommand) explain(err error) error {
	newer, isNewer := errors.AsType[*archive.NewerError](err)
	newerData, isNewerData := errors.AsType[*store.NewerError](err)
	switch {
	case isNewer:
		return fmt.Errorf("%s: %w", c.File, newer)
	case isNewerData:
		return fmt.Errorf("%s: %w", c.File, newerData)
	case errors.Is(err, archive.ErrNeedsIdentity):
		return fmt.Errorf("%s: %w: give --identity FILE", c.File, archive.ErrNeedsIdentity)
	case errors.Is(err, archive.ErrNeedsPassphrase):
		return fmt.Errorf("%s: %w: leave --identity out", c.File, archive.ErrNeedsPassphrase)
	case errors.Is(err, archive.ErrBroken), errors.Is(err, store.ErrDamaged):
		return fmt.Errorf("%s: %w: nothing was restored; take another copy of it, or an older backup", c.File, archive.ErrBroken)
	case errors.Is(err, secret.ErrWrongMaster):
		return fmt.Errorf("%s: the master key does not belong to this backup: nothing was restored", c.File)
	case errors.Is(err, archive.ErrForeign), errors.Is(err, archive.ErrWrongKey), errors.Is(err, archive.ErrWrongPassphrase):
		return fmt.Errorf("%s: %w", c.File, err)
	}
	return plainer(err)
}
