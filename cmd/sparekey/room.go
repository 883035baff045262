package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/sparekey/sparekey/internal/config"
)

// mustNotHarm refuses to write a backup over what the installation lives on, or
// over what opens the backup, by whatever name.
func (c backupCommand) mustNotHarm(settings config.Config) error {
	database := settings.DatabaseFile()
	for _, kept := range []string{
		database, database + "-wal", database + "-shm", database + "-journal",
		settings.MasterKeyPath(), settings.CheckpointPath(), c.PassphraseFile, c.RecipientsFile,
	} {
		same, err := samePlace(c.File, kept)
		if err != nil {
			return err
		}
		if same {
			return fmt.Errorf("%s is %s, without which nothing works: choose another name for the backup", c.File, kept)
		}
	}
	return nil
}

// samePlace reports whether two names lead to the same file, or would if there
// were one. An empty name leads nowhere.
func samePlace(a, b string) (bool, error) {
	if a == "" || b == "" {
		return false, nil
	}
	same, err := sameFile(a, b)
	if err != nil || same {
		return same, err
	}
	if filepath.Base(a) != filepath.Base(b) {
		return false, nil
	}
	return sameFile(filepath.Dir(a), filepath.Dir(b))
}

func sameFile(a, b string) (bool, error) {
	one, err := os.Stat(a)
	if err == nil {
		var other fs.FileInfo
		if other, err = os.Stat(b); err == nil {
			return os.SameFile(one, other), nil
		}
	}
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return false, err
}

// spare is what a backup leaves free for the server that writes meanwhile: while
// the copy is made its journal cannot be taken in.
const spare = 64 << 20

// mustFit refuses to make a backup that could take the room in which the server
// writes: a copy of the database goes into the data folder, and the backup may
// go to the same disk.
func (c backupCommand) mustFit(settings config.Config) error {
	need := int64(spare)
	copies := int64(1)
	if sameDisk(settings.Data, filepath.Dir(c.File)) {
		copies = 2
	}
	for _, suffix := range []string{"", "-wal"} {
		info, err := os.Stat(settings.DatabaseFile() + suffix)
		if err == nil {
			need += copies * info.Size()
		} else if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	var disk unix.Statfs_t
	if err := unix.Statfs(settings.Data, &disk); err != nil {
		return fmt.Errorf("how much room there is in %s cannot be told: %w", settings.Data, err)
	}
	if free := int64(disk.Bavail) * disk.Bsize; free < need {
		return fmt.Errorf("there is too little room on the disk of %s: a backup needs %d MiB, of which %d stay free for the server, and there are %d: nothing was kept",
			settings.Data, inMiB(need), inMiB(spare), free>>20)
	}
	return nil
}

func inMiB(bytes int64) int64 { return (bytes + 1<<20 - 1) >> 20 }

// sameDisk reports whether two folders may be on the same disk.
func sameDisk(a, b string) bool {
	one, err := os.Stat(a)
	other, err2 := os.Stat(b)
	if err != nil || err2 != nil {
		return true
	}
	first, ok := one.Sys().(*syscall.Stat_t)
	second, ok2 := other.Sys().(*syscall.Stat_t)
	return !ok || !ok2 || first.Dev == second.Dev
}
