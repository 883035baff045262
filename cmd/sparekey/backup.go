package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
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
  docs/operating.md, "Backup and restore on PostgreSQL", has the commands`

// Run writes a backup, while others serve.
func (c backupCommand) Run(ctx context.Context, at console, settings config.Config) (err error) {
	if settings.DatabaseURL != "" {
		return errors.New(useTools)
	}
	if err := c.mustNotHarm(settings); err != nil {
		return err
	}
	if !c.Force {
		if err := mustBeFree(c.File); err != nil {
			return err
		}
	}
	if err := settings.Check(); err != nil {
		return usage{err}
	}
	i, err := openInstallation(ctx, settings, systemTime, newLog(settings.Log, at), toCopy)
	if err != nil {
		return err
	}
	defer i.close()
	keys, err := c.keys()
	if err != nil {
		return err
	}
	work, err := newWorkshop(settings.Data, forBackup)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, work.close()) }()
	if err := c.mustFit(settings); err != nil {
		return err
	}
	m, err := i.writeBackup(ctx, c, keys, work)
	if err != nil {
		return plainer(inWords(err))
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
	proof, err := i.master.Derive(proofOfBackups)
	if err != nil {
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
			back, err = archive.Write(f, archive.Draft{For: keys.to, Manifest: m, Proof: proof, Database: steadily{ctx, database}})
			return err
		},
		check: func(f *os.File) error { return readBack(ctx, f, proof, keys.from(back)) },
	}.put()
}

// proofOfBackups is the purpose of the key that proves which installation a
// backup comes from.
const proofOfBackups = "backups"

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

// readBack reads a whole backup, and fails unless it is what was written: its
// proof covers the manifest, and that the database.
func readBack(ctx context.Context, f io.Reader, proof []byte, key age.Identity) error {
	b, err := archive.Open(steadily{ctx, f}, key)
	if err == nil {
		err = b.Verify(proof)
	}
	if err == nil {
		err = b.Database(io.Discard)
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
	list.row("Key of its log", i.store.LogKeys().VerifierKey())
	return list.print(at, "")
}

// contentsOf lists what a manifest says.
func contentsOf(c config.Config, m archive.Manifest) *table {
	moment := (&installation{config: c}).moment
	list := newTable()
	list.row("Installation", m.Installation)
	list.row("As it was at", moment(m.Made))
	list.row("Organisations", strconv.Itoa(m.Organisations))
	list.row("Members", strconv.Itoa(m.Members))
	list.row("Events", fmt.Sprintf("%d, the newest of %s", m.Events, moment(m.NewestEvent)))
	return list
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
