package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"filippo.io/age"

	"github.com/sparekey/sparekey/internal/config"
	"github.com/sparekey/sparekey/internal/demo"
	"github.com/sparekey/sparekey/internal/factor"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/store/pgtest"
)

// A place is where an installation is, and what the program is told of it.
type place struct {
	data     string // folder
	database string // address of PostgreSQL; empty: SQLite
	base     string // URL
}

// newPlace returns an empty place on a free port.
func newPlace(t *testing.T, database string) place {
	t.Helper()
	l, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err = errors.Join(err, l.Close()); err != nil {
		t.Fatal(err)
	}
	return place{filepath.Join(t.TempDir(), "data"), database, "http://localhost:" + port}
}

func (p place) environment() []string {
	listen := strings.TrimPrefix(p.base, "http://")
	return append(os.Environ(), "SPAREKEY_CONFIG=", "SPAREKEY_DATA="+p.data, "SPAREKEY_DATABASE_URL="+p.database,
		"SPAREKEY_BASE_URL="+p.base, "SPAREKEY_LISTEN="+listen)
}

// command is the real program, on this place.
func (p place) command(args ...string) *exec.Cmd {
	cmd := exec.Command("sparekey", args...)
	cmd.Env = p.environment()
	return cmd
}

// runs runs the program and returns what it said.
func (p place) runs(t *testing.T, args ...string) string {
	t.Helper()
	out, err := p.command(args...).CombinedOutput()
	if err != nil {
		t.Fatalf("sparekey %q: %v\n%s", args, err, out)
	}
	return string(out)
}

// fails runs the program, which fails, and returns what it said.
func (p place) fails(t *testing.T, args ...string) string {
	t.Helper()
	out, err := p.command(args...).CombinedOutput()
	if err == nil {
		t.Fatalf("sparekey %q did not fail:\n%s", args, out)
	}
	return string(out)
}

const (
	eva  = "eva.de.boer@korenaar.example"
	daan = "daan.visser@korenaar.example"
)

// seed puts the people of the demo into the place and returns Eva's
// authenticator.
func (p place) seed(t *testing.T) factor.Secret {
	t.Helper()
	c, err := demoConfig(p.data, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1}, "127.0.0.1:1")
	if err != nil {
		t.Fatal(err)
	}
	c.DatabaseURL = config.Hidden(p.database)
	i, err := openInstallation(t.Context(), c, systemTime, slog.New(slog.DiscardHandler), orMake)
	if err != nil {
		t.Fatal(err)
	}
	defer i.close()
	seeder := demo.Seeder{Store: i.store, Hasher: i.hasher, Now: i.now(), Random: rand.Reader, NewID: newID}
	if err := seeder.Seed(t.Context()); err != nil {
		t.Fatal(err)
	}
	members, err := i.store.MembersByEmail(t.Context(), org.Email(eva))
	if err != nil {
		t.Fatal(err)
	}
	st, err := i.store.Standing(t.Context(), members[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	return st.Authenticators[0].Secret
}

// serve starts the program and returns a browser at it, and how to stop it.
func (p place) serve(t *testing.T) (*visitor, func()) {
	t.Helper()
	cmd := p.command("serve")
	cmd.Stdout, cmd.Stderr = t.Output(), t.Output()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stopped := false
	stop := func() {
		if stopped {
			return
		}
		stopped = true
		_ = cmd.Process.Signal(syscall.SIGTERM) // it may have ended by itself
		if err := cmd.Wait(); err != nil {
			t.Errorf("serve: %v", err)
		}
	}
	t.Cleanup(stop)
	for end := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		answer, err := http.Get(p.base + "/readyz")
		if err == nil {
			_ = answer.Body.Close()
			return (&visitor{t: t, base: p.base}).anew(), stop
		}
		if time.Now().After(end) {
			t.Fatal(err)
		}
	}
}

// earlyInStep returns the step of now, of which 15 seconds are left at least.
func earlyInStep() uint64 {
	for factor.Step(systemTime()) != factor.Step(systemTime().Add(15*time.Second)) {
		time.Sleep(100 * time.Millisecond)
	}
	return factor.Step(systemTime())
}

// mustSignIn signs Eva in with the code of the step after this one: that of this
// step may have been spent.
func mustSignIn(v *visitor, secret factor.Secret) {
	v.t.Helper()
	page, _ := v.post("/sign-in", "email", eva, "password", demo.Password)
	v.mustSee(page, `action="/mfa"`)
	page, _ = v.post("/mfa", "code", string(secret.Code(factor.Step(systemTime())+1)))
	v.mustSee(page, "Eva de Boer", demo.Bakery)
}

// newIdentity returns an age recipient and a file with its identity.
func newIdentity(t *testing.T) (recipient, file string) {
	t.Helper()
	key, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(t.TempDir(), "identity")
	if err := os.WriteFile(file, []byte(key.String()+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return key.Recipient().String(), file
}

// TestABackupWhilePeopleSignInIsRestoredAndServed is the drill: what an operator
// does after the machine is gone.
func TestABackupWhilePeopleSignInIsRestoredAndServed(t *testing.T) {
	old := newPlace(t, "")
	secret := old.seed(t)
	recipient, identity := newIdentity(t)
	file := filepath.Join(t.TempDir(), "sparekey.age")
	v, stop := old.serve(t)

	step := earlyInStep()
	v.post("/sign-in", "email", eva, "password", demo.Password)
	page, _ := v.post("/mfa", "code", string(secret.Code(step-1)))
	v.mustSee(page, "Eva de Boer")
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan int)
	go func() { done <- signInUntil(ctx, v.anew()) }()
	said := old.runs(t, "backup", file, "--recipient", recipient)
	cancel()
	if n := <-done; n == 0 {
		t.Error("nobody signed in meanwhile")
	}
	if !regexp.MustCompile(`Members +\d\d`).MatchString(said) {
		t.Errorf("it said\n%s", said)
	}
	// What is used after the backup, the backup knows nothing of.
	later := v.anew()
	later.post("/sign-in", "email", eva, "password", demo.Password)
	page, _ = later.post("/mfa", "code", string(secret.Code(step)))
	v.mustSee(page, "Eva de Boer")
	stop()

	anew := newPlace(t, "")
	anew.base = old.base // so that the browser would send its cookie
	anew.runs(t, "restore", file, "--identity", identity)
	_, stop = anew.serve(t)
	if page, _ := v.get("/my-login"); !strings.Contains(page, `name="password"`) {
		t.Errorf("a session of then still opens:\n%s", page)
	}
	again := v.anew()
	again.post("/sign-in", "email", eva, "password", demo.Password)
	if _, status := again.post("/mfa", "code", string(secret.Code(step))); status != http.StatusUnauthorized {
		t.Errorf("a code that was used after the backup and before the restore: %d", status)
	}
	mustSignIn(v.anew(), secret)
	stop()
	events := anew.runs(t, "audit", "list", "--limit", "1000")
	for _, kind := range []string{"sign-in.password.right", "sign-in.done", "installation.restored"} {
		if !strings.Contains(events, kind) {
			t.Errorf("no event %s:\n%s", kind, events)
		}
	}
	if said := anew.runs(t, "audit", "verify"); !strings.Contains(said, "The log is whole") || !strings.Contains(said, "None waits to be sealed") {
		t.Error(said)
	}
}

// signInUntil proves Daan's password again and again, and returns how often.
func signInUntil(ctx context.Context, v *visitor) (times int) {
	for ; ctx.Err() == nil; times++ {
		page, _ := v.post("/sign-in", "email", daan, "password", demo.Password)
		if !strings.Contains(page, `action="/mfa"`) {
			v.t.Errorf("while a backup was made:\n%s", page)
			return times
		}
	}
	return times
}

// kills is how often each command is killed: at moments spread over the time it
// takes.
const kills = 10

// killed runs the command and kills it after a while. It reports whether it had
// ended by itself.
func killed(t *testing.T, cmd *exec.Cmd, after time.Duration) (ended bool) {
	t.Helper()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(after)
	_ = cmd.Process.Kill() // it may have ended by itself
	return cmd.Wait() == nil
}

// leftovers returns what killed commands left in a folder.
func leftovers(t *testing.T, folder string) (found []string) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if strings.Contains(e.Name(), partial) || strings.HasPrefix(e.Name(), ".sparekey-") {
			found = append(found, e.Name())
		}
	}
	return found
}

func TestAKilledBackupOrRestoreIsWholeOrNothingAndCanBeRunAgain(t *testing.T) {
	from := newPlace(t, "")
	from.seed(t)
	recipient, identity := newIdentity(t)
	folder := t.TempDir()
	begun := time.Now()
	whole := filepath.Join(folder, "whole.age")
	from.runs(t, "backup", whole, "--recipient", recipient)
	took := time.Since(begun)

	file, early := filepath.Join(folder, "killed.age"), 0
	for n := range kills {
		if !killed(t, from.command("backup", file, "--recipient", recipient, "--force"), took*time.Duration(n+1)/(kills+1)) {
			early++
		}
		if _, err := os.Stat(file); err == nil {
			newPlace(t, "").runs(t, "restore", file, "--identity", identity)
		}
	}
	from.runs(t, "backup", file, "--recipient", recipient, "--force")
	if left := append(leftovers(t, folder), leftovers(t, from.data)...); len(left) > 0 {
		t.Errorf("left: %q", left)
	}

	begun = time.Now()
	newPlace(t, "").runs(t, "restore", whole, "--identity", identity)
	took = time.Since(begun)
	for n := range kills {
		to := newPlace(t, "")
		if !killed(t, to.command("restore", whole, "--identity", identity), took*time.Duration(n+1)/(kills+1)) {
			early++
		}
		if _, err := os.Stat(filepath.Join(to.data, "sparekey.db")); err != nil { // nothing usable: again
			to.runs(t, "restore", whole, "--identity", identity)
			if left := leftovers(t, to.data); len(left) > 0 {
				t.Errorf("left: %q", left)
			}
		}
		if said := to.runs(t, "member", "list", "--org", demo.Bakery); !strings.Contains(said, eva) {
			t.Errorf("kill %d: %s", n, said)
		}
		if said := to.runs(t, "audit", "list", "--kind", "installation.restored"); strings.Count(said, "backup-made") != 1 {
			t.Errorf("kill %d: %s", n, said)
		}
	}
	t.Logf("%d of %d were killed before their end", early, 2*kills)
	if early < kills/2 {
		t.Error("hardly any was killed before its end")
	}
}

// onSmallDisk runs a shell script in which $1 is an empty disk of so many KiB and
// $2 is what it is given. It skips where the system allows no such disk.
func onSmallDisk(t *testing.T, kib int, given, script string, environment []string) (said string, failed bool) {
	t.Helper()
	disk := t.TempDir()
	if err := exec.Command("unshare", "-rm", "mount", "-t", "tmpfs", "tmpfs", disk).Run(); err != nil {
		t.Skipf("this system lets nobody mount a small disk of their own (unshare -rm): %v", err)
	}
	mount := fmt.Sprintf(`mount -t tmpfs -o size=%dk tmpfs "$1" && `, kib)
	cmd := exec.Command("unshare", "-rm", "sh", "-c", mount+script, "sh", disk, given)
	cmd.Env = environment
	out, err := cmd.CombinedOutput()
	if _, ok := errors.AsType[*exec.ExitError](err); err != nil && !ok {
		t.Fatal(err)
	}
	return string(out), err != nil
}

func TestAFullDiskIsSaidAndNothingIsKept(t *testing.T) {
	from := newPlace(t, "")
	from.seed(t)
	recipient, identity := newIdentity(t)
	file := filepath.Join(t.TempDir(), "sparekey.age")
	from.runs(t, "backup", file, "--recipient", recipient)
	const full = "the disk is full: nothing was kept"
	for name, c := range map[string]struct {
		kib    int
		given  string
		script string
		says   string
	}{
		"where the backup goes": {100, recipient,
			`{ sparekey backup "$1/sparekey.age" --recipient "$2"; code=$?; ls -A "$1"; exit $code; }`, full},
		"where the data is": {sizeKiB(t, from.data) + 100, recipient,
			`cp -r "$SPAREKEY_DATA/." "$1" && { sparekey backup "$SPAREKEY_DATA.age" --recipient "$2" --data "$1"; code=$?; ls -A "$1" | grep '^\.sparekey'; exit $code; }`, "there is too little room on the disk of"},
		"where it is restored": {100, file,
			`{ sparekey restore "$2" --identity ` + identity + ` --data "$1"; code=$?; ls -A "$1"; exit $code; }`, full},
		"where the last of it is restored": {sizeKiB(t, from.data), file,
			`{ sparekey restore "$2" --identity ` + identity + ` --data "$1"; code=$?; ls -A "$1"; exit $code; }`, full},
	} {
		t.Run(name, func(t *testing.T) {
			said, failed := onSmallDisk(t, c.kib, c.given, c.script, from.environment())
			lines := strings.Split(strings.TrimSpace(said), "\n")
			if !failed || len(lines) != 1 || !strings.Contains(lines[0], c.says) {
				t.Errorf("failed: %v\n%s", failed, said)
			}
		})
	}
	from.runs(t, "backup", file, "--recipient", recipient, "--force")
}

// sizeKiB returns the size of the database in a folder.
func sizeKiB(t *testing.T, folder string) int {
	t.Helper()
	info, err := os.Stat(filepath.Join(folder, "sparekey.db"))
	if err != nil {
		t.Fatal(err)
	}
	return int(info.Size() / 1024)
}

// documented returns the commands in docs/operating.md behind the comment that
// names this test and part.
func documented(t *testing.T, part string) string {
	t.Helper()
	text, err := os.ReadFile("../../docs/operating.md")
	if err != nil {
		t.Fatal(err)
	}
	_, after, found := strings.Cut(string(text), "<!-- run by TestTheDocumentedWayOnPostgreSQL: "+part+" -->\n```bash\n")
	commands, _, closed := strings.Cut(after, "```")
	if !found || !closed {
		t.Fatalf("docs/operating.md has no commands for %s", part)
	}
	return commands
}

func TestTheDocumentedWayOnPostgreSQL(t *testing.T) {
	if _, err := exec.LookPath("gpg"); err != nil {
		t.Fatal("gpg is not installed: run make test (scripts/setup.sh installs it)")
	}
	old := newPlace(t, pgtest.NewDatabase(t))
	secret := old.seed(t)
	if said := old.fails(t, "backup", filepath.Join(t.TempDir(), "x.age")); !strings.Contains(said, "pg_dump") || !strings.Contains(said, "docs/operating.md") {
		t.Errorf("sparekey backup said\n%s", said)
	}
	v, stop := old.serve(t)
	mustSignIn(v, secret)

	home, err := os.MkdirTemp("/tmp", "sparekey-gpg-") // its sockets need a short path
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = exec.Command("gpgconf", "--homedir", home, "--kill", "all").Run() // it may run no agent
		if err := os.RemoveAll(home); err != nil {
			t.Error(err)
		}
	})
	passphrase := filepath.Join(t.TempDir(), "passphrase")
	if err := os.WriteFile(passphrase, []byte("the rye rises at five\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	backups := t.TempDir()
	follow := func(p place, part string) {
		t.Helper()
		cmd := exec.Command("bash", "-c", documented(t, part))
		cmd.Env = append(p.environment(), "GNUPGHOME="+home, "DATABASE="+p.database, "DATA="+p.data, "BACKUPS="+backups, "PASSPHRASE="+passphrase)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", part, err, out)
		}
	}
	follow(old, "backup")
	stop()
	anew := newPlace(t, pgtest.NewDatabase(t))
	anew.base = old.base
	follow(anew, "restore")
	_, stop = anew.serve(t)
	if page, _ := v.get("/my-login"); !strings.Contains(page, `name="password"`) {
		t.Errorf("a session of then still opens:\n%s", page)
	}
	page, _ := v.anew().post("/sign-in", "email", eva, "password", demo.Password)
	v.mustSee(page, `action="/mfa"`)
	stop()
	if said := anew.runs(t, "audit", "verify"); !strings.Contains(said, "The log is whole") {
		t.Error(said)
	}
	if said := anew.runs(t, "audit", "list", "--kind", "installation.restored"); !strings.Contains(said, "newest-event=") {
		t.Error(said)
	}
}
