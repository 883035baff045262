package main

import (
	"bytes"
	"crypto/rand"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"github.com/sparekey/sparekey/internal/archive"
)

// small makes an installation of one organisation.
func small(t *testing.T) place {
	t.Helper()
	p := newPlace(t, "")
	p.runs(t, "org", "create", "Bakkerij", "--kvk", "12345678", "--admin", eva)
	return p
}

// TestABackupThatTheInstallationDidNotMakeIsRefused has somebody who knows the
// recipient, and has seen the database but not the master key, make a backup in
// which they are administrator. It opens; with the key in place it is refused.
func TestABackupThatTheInstallationDidNotMakeIsRefused(t *testing.T) {
	victim := small(t)
	recipient, identity := newIdentity(t)
	master, err := os.ReadFile(filepath.Join(victim.data, "master.key"))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		withKey []byte // in the file
		want    string
	}{
		"without the key in it":       {nil, "does not come from the installation with this master key, or was changed"},
		"a key of their own in it":    {aKey(t), "is not the one of this backup"},
		"the key in it, by some luck": {master, "does not come from the installation with this master key, or was changed"},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "forged.age")
			forge(t, victim, recipient, file, c.withKey)
			to := newPlace(t, "")
			putFile(t, filepath.Join(to.data, "master.key"), master)
			if said := to.fails(t, "restore", file, "--identity", identity); !strings.Contains(said, c.want) {
				t.Error(said)
			}
			if _, err := os.Stat(filepath.Join(to.data, "sparekey.db")); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("a database was put in place: %v", err)
			}
		})
	}
	theirs := small(t)
	file := filepath.Join(t.TempDir(), "theirs.age")
	theirs.runs(t, "backup", file, "--recipient", recipient)
	to := newPlace(t, "")
	said := to.runs(t, "restore", file, "--identity", identity)
	ours := strings.TrimSpace(victim.runs(t, "audit", "key"))
	if !strings.Contains(said, "CAME OUT OF THE BACKUP ITSELF") || strings.Contains(said, ours) {
		t.Errorf("a backup of somebody else's:\n%s", said)
	}
}

func aKey(t *testing.T) []byte {
	t.Helper()
	p := small(t)
	text, err := os.ReadFile(filepath.Join(p.data, "master.key"))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// forge makes a backup of the victim's database with a change in it, without the
// master key.
func forge(t *testing.T, victim place, recipient, file string, key []byte) {
	t.Helper()
	copied := filepath.Join(t.TempDir(), "sparekey.db")
	content, err := os.ReadFile(filepath.Join(victim.data, "sparekey.db"))
	if err != nil {
		t.Fatal(err)
	}
	putFile(t, copied, content)
	m := archive.Manifest{Program: "1.0", Schema: 1, Made: systemTime(), Organisations: 1, Members: 1, MasterKey: key}
	db, err := sql.Open("sqlite", "file:"+copied+"?_journal_mode=DELETE")
	if err == nil {
		_, err = db.Exec(`UPDATE members SET role = 'administrator', state = 'active', password_hash = 'mine'`)
	}
	if err == nil {
		err = db.QueryRow(`SELECT id FROM installation`).Scan(&m.Installation)
	}
	if err = errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	if m.DatabaseBytes, m.SHA256, err = measure(t.Context(), copied); err != nil {
		t.Fatal(err)
	}
	to, err := age.ParseRecipients(strings.NewReader(recipient))
	if err != nil {
		t.Fatal(err)
	}
	if content, err = os.ReadFile(copied); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if _, err := archive.Write(&out, archive.Draft{For: to, Manifest: m, Proof: make([]byte, 32), Database: bytes.NewReader(content)}); err != nil {
		t.Fatal(err)
	}
	putFile(t, file, out.Bytes())
}

// putFile writes a file, and makes its folder.
func putFile(t *testing.T, name string, content []byte) {
	t.Helper()
	err := os.MkdirAll(filepath.Dir(name), 0o700)
	if err = errors.Join(err, os.WriteFile(name, content, 0o600)); err != nil {
		t.Fatal(err)
	}
}

// TestOnlyOurLeftoversAreSwept: names that somebody else gave stay.
func TestOnlyOurLeftoversAreSwept(t *testing.T) {
	p := small(t)
	recipient, _ := newIdentity(t)
	folder := t.TempDir()
	file := filepath.Join(folder, "sparekey.age")
	theirs := []string{
		filepath.Join(p.data, ".sparekey-passphrase"), filepath.Join(p.data, ".sparekey-backup-2026"),
		filepath.Join(p.data, ".sparekey-backup-monday", "x"), filepath.Join(p.data, forBackup+rand.Text()), // a file
		file + partial + "2026", file + partial + "of-monday", filepath.Join(file+partial+rand.Text(), "x"), // a folder
	}
	ours := []string{
		filepath.Join(p.data, forBackup+rand.Text(), "sparekey.db"), filepath.Join(p.data, forRestore+rand.Text(), "sparekey.db"),
		file + partial + rand.Text(),
	}
	for _, name := range append(theirs, ours...) {
		putFile(t, name, []byte("x"))
	}
	p.runs(t, "backup", file, "--recipient", recipient)
	for _, name := range theirs {
		if _, err := os.Stat(name); err != nil {
			t.Errorf("of somebody else: %v", err)
		}
	}
	for _, name := range ours {
		if _, err := os.Stat(name); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("left of a killed backup: %s %v", name, err)
		}
	}
}

// TestServeClearsAwayWhatAKilledBackupLeft, and leaves alone what one that runs
// works on.
func TestServeClearsAwayWhatAKilledBackupLeft(t *testing.T) {
	p := small(t)
	left := filepath.Join(p.data, forBackup+rand.Text())
	putFile(t, filepath.Join(left, "sparekey.db"), []byte("everything"))
	running, err := newWorkshop(p.data, forRestore)
	if err != nil {
		t.Fatal(err)
	}
	putFile(t, filepath.Join(left, "sparekey.db"), []byte("everything"))
	_, stop := p.serve(t)
	stop()
	for _, name := range []string{left, running.folder} {
		if _, err := os.Stat(name); err != nil {
			t.Errorf("while another works there: %v", err)
		}
	}
	if err := running.close(); err != nil {
		t.Fatal(err)
	}
	_, stop = p.serve(t)
	stop()
	if _, err := os.Stat(left); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the copy still lies there: %v", err)
	}
}

// TestABackupLeavesTheServerItsRoom makes backups of one database on small disks:
// one on which it would fit, but with too little left, and one with enough.
func TestABackupLeavesTheServerItsRoom(t *testing.T) {
	p := small(t)
	recipient, _ := newIdentity(t)
	script := `cp -r "$SPAREKEY_DATA/." "$1" && { sparekey backup "$1/sparekey.age" --recipient "$2" --data "$1"; code=$?; ls -A "$1" | grep -E 'age|\.sparekey'; exit $code; }`
	database := sizeKiB(t, p.data)
	said, failed := onSmallDisk(t, 3*database+(spare>>10)/2, recipient, script, p.environment())
	if lines := strings.Split(strings.TrimSpace(said), "\n"); !failed || len(lines) != 1 || !strings.Contains(said, "there is too little room on the disk of") ||
		!strings.Contains(said, "of which 64 stay free for the server") {
		t.Errorf("failed: %v\n%s", failed, said)
	}
	said, failed = onSmallDisk(t, 3*database+(spare>>10)+1024, recipient, script, p.environment())
	if failed || !strings.HasSuffix(strings.TrimSpace(said), "sparekey.age") {
		t.Errorf("failed: %v\n%s", failed, said)
	}
}

// TestTheSamePlaceIsKnownByAnyName walks the ways to name a file.
func TestTheSamePlaceIsKnownByAnyName(t *testing.T) {
	folder := t.TempDir()
	database := filepath.Join(folder, "sparekey.db")
	putFile(t, database, nil)
	for from, to := range map[string]string{"link": database, "folder": folder} {
		if err := os.Symlink(to, filepath.Join(folder, from)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Link(database, filepath.Join(folder, "hard")); err != nil {
		t.Fatal(err)
	}
	wal := database + "-wal"
	for name, c := range map[string]struct {
		a, b string
		want bool
	}{
		"itself":                      {database, database, true},
		"by a longer way":             {folder + "/folder/../" + filepath.Base(folder) + "/sparekey.db", database, true},
		"through a linked folder":     {folder + "/folder/sparekey.db", database, true},
		"a symbolic link":             {folder + "/link", database, true},
		"a hard link":                 {folder + "/hard", database, true},
		"not there yet":               {folder + "/folder/sparekey.db-wal", wal, true},
		"not there, and another name": {folder + "/sparekey.db-shm", wal, false},
		"another file":                {folder + "/sparekey.age", database, false},
		"a folder that is not there":  {folder + "/none/sparekey.db", database, false},
		"no name":                     {database, "", false},
	} {
		if got, err := samePlace(c.a, c.b); err != nil || got != c.want {
			t.Errorf("%s: %v %v", name, got, err)
		}
	}
}

// TestABackupOfABusyPlaceSaysSo keeps the words for the lock.
func TestABackupOfABusyPlaceSaysSo(t *testing.T) {
	p := small(t)
	recipient, _ := newIdentity(t)
	running, err := newWorkshop(p.data, forBackup)
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	said := p.fails(t, "backup", filepath.Join(t.TempDir(), "x.age"), "--recipient", recipient)
	if !strings.Contains(said, "another backup or restore works there now") || time.Since(began) > patience {
		t.Error(said)
	}
	if err := running.close(); err != nil {
		t.Fatal(err)
	}
}
