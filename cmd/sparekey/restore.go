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
	Yes            bool   `help:"Finish without asking; for scripts."`
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
		return c.finish(ctx, at, settings)
	case c.Yes:
		return usage{errors.New("--yes belongs to --finish: nothing else asks")}
	case c.File == "":
		return usage{errors.New("which backup? Give its FILE")}
	case settings.DatabaseURL != "":
		return errors.New(useTools)
	}
	r, err := c.restore(ctx, settings)
	if err != nil {
		return c.explain(err)
	}
	return c.tell(at, settings, r)
}

// A restored says what a restore has put in place.
type restored struct {
	manifest archive.Manifest
	log      ledger.Report
	logKey   string
	ownKey   bool // the master key came out of the backup itself
}

// tell says what was restored, and who vouches for it.
func (c restoreCommand) tell(at console, settings config.Config, r restored) error {
	at.say("%s was checked and restored into %s.", c.File, settings.Data)
	list := contentsOf(settings, r.manifest)
	if r.log.Whole() {
		list.row("The log", "whole")
	} else {
		list.row("THE LOG", "IS BROKEN: sparekey audit verify says how")
	}
	list.row("Key of its log", r.logKey)
	if r.ownKey {
		list.row("Master key", "CAME OUT OF THE BACKUP ITSELF")
	} else {
		list.row("Master key", "that in "+keyPlace(settings)+", which made this backup")
	}
	if err := list.print(at, ""); err != nil {
		return err
	}
	at.say("")
	if r.ownKey {
		at.say(compareIt)
		at.say("")
	}
	at.say(afterwards, ageOf(r.manifest.Made, systemTime()))
	return nil
}

// compareIt tells what nothing but a person can check: a file vouches for itself.
const compareIt = `Nothing but this file says that it is your installation. Before you serve, compare the key of its log
with the one that you noted (what backup printed, or sparekey audit key), and the moment with when your backups are made.`

// afterwards tells what going back in time has undone.
const afterwards = `Everybody is signed out; links, mailed codes, suspensions and passes of then have ended.
What happened since the backup (%s ago) is undone, and Sparekey cannot know what it was:
- passwords, roles and members are those of then: deactivate again who has left since;
- a phone that was lost since then works again: take it from its member;
- backup codes that were used since then work again: ask members to make new ones.
docs/operating.md, "After a restore", says how.`

// finish makes a database in place safe to serve.
func (c restoreCommand) finish(ctx context.Context, at console, settings config.Config) error {
	i, err := openToRead(ctx, at, settings)
	if err != nil {
		return err
	}
	defer i.close()
	at.say(finishes, database(settings))
	if err := confirm(at, c.Yes); err != nil {
		return err
	}
	if err := i.store.FinishRestore(ctx, time.Time{}); err != nil {
		return err
	}
	at.say("Everybody is signed out; links, mailed codes, suspensions and passes of then have ended.")
	return nil
}

// finishes says what finishing a restore ends.
const finishes = `This is for %s just after it was put back from a copy, before it is served. It ends for everybody:
- every session, and every remembered and known device: all sign in anew;
- every sign-in and set-up of MFA under way, and every mailed link and code, invitations too;
- every suspension and enrolment pass.
It cannot be undone, and stands in the log.`

// restore checks the backup in a workshop and puts it in place: the key first,
// and the database last, so that a kill leaves no installation or a whole one.
func (c restoreCommand) restore(ctx context.Context, settings config.Config) (r restored, err error) {
	file, err := os.Open(c.File)
	if err != nil {
		return r, err
	}
	defer func() { _ = file.Close() }() // it was only read
	if err := mustBeEmpty(settings); err != nil {
		return r, err
	}
	keys, err := c.keys()
	if err != nil {
		return r, err
	}
	backup, err := archive.Open(steadily{ctx, file}, keys...)
	if err != nil {
		return r, err
	}
	if err := os.MkdirAll(settings.Data, 0o700); err != nil {
		return r, fmt.Errorf("the data folder cannot be made: %w", err)
	}
	work, err := newWorkshop(settings.Data, forRestore)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, work.close()) }()
	if err := mustBeEmpty(settings); err != nil { // now that nobody else restores here
		return r, err
	}
	return putInPlace(ctx, backup, settings, work.path("sparekey.db"))
}

// putInPlace unpacks the database to a file, and then moves key and database to
// where they are used.
func putInPlace(ctx context.Context, backup *archive.Backup, settings config.Config, database string) (restored, error) {
	master, write, err := keyOf(settings, backup.Manifest)
	if err != nil {
		return restored{}, err
	}
	if err := verify(backup, master, keyPlace(settings)); err != nil {
		return restored{}, err
	}
	r, err := unpack(ctx, backup, database, master)
	if err != nil {
		return r, err
	}
	r.ownKey = write
	if write {
		if err := putKey(master, settings.MasterKeyPath()); err != nil {
			return r, err
		}
	}
	if err := settle(database, settings.DatabaseFile()); err != nil {
		return r, err
	}
	return r, syncFolder(settings.Data)
}

// verify refuses a backup that whoever has this master key did not make.
func verify(backup *archive.Backup, master secret.Master, place string) error {
	proof, err := master.Derive(proofOfBackups)
	if err != nil {
		return err
	}
	err = backup.Verify(proof)
	if errors.Is(err, archive.ErrForged) && backup.Manifest.MasterKey == nil {
		return fmt.Errorf("%w (%s)", err, place)
	}
	return err
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
func unpack(ctx context.Context, backup *archive.Backup, name string, master secret.Master) (r restored, err error) {
	file, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return r, err
	}
	if err := errors.Join(backup.Database(file), file.Close()); err != nil {
		return r, err
	}
	contents, err := store.Inspect(ctx, name, master)
	if err != nil {
		return r, err
	}
	if contents.Installation != backup.Manifest.Installation {
		return r, archive.ErrBroken
	}
	opened, err := store.Open(ctx, store.Options{Path: name, Master: master, Random: rand.Reader, NewID: newID, Now: systemTime})
	if err != nil {
		return r, err
	}
	r.manifest, r.logKey = backup.Manifest, opened.LogKeys().VerifierKey()
	if r.log, err = opened.VerifyLog(ctx, nil); err == nil {
		err = opened.FinishRestore(ctx, backup.Manifest.Made)
	}
	if err := errors.Join(err, opened.Close()); err != nil {
		return r, err
	}
	left, err := store.Files(name)
	if err == nil && len(left) != 1 {
		err = fmt.Errorf("SQLite has not finished: it left %q", left)
	}
	if err != nil {
		return r, err
	}
	return r, syncFile(name)
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
	case errors.Is(err, archive.ErrForged):
		return fmt.Errorf("%s: %w: nothing was restored", c.File, err)
	case errors.Is(err, secret.ErrWrongMaster):
		return fmt.Errorf("%s: the master key does not belong to this backup: nothing was restored", c.File)
	case errors.Is(err, archive.ErrForeign), errors.Is(err, archive.ErrWrongKey), errors.Is(err, archive.ErrWrongPassphrase):
		return fmt.Errorf("%s: %w", c.File, err)
	}
	return plainer(err)
}
