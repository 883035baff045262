// Package pgtest gives tests a real PostgreSQL to run against.
//
// It owns one throw-away server per test process: started at the first call,
// reached only through a Unix socket in its own temporary folder, and gone
// with the process, however that ends. It refuses to touch any server that
// runs on the machine already, and to keep data.
package pgtest

import (
	"bufio"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
)

// FsyncVariable names the environment variable that, set to "on", makes the
// server wait for the disk at every commit, as a real one does. Without it
// commits only reach the operating system's memory, which is faster and loses
// nothing that a test could notice.
const FsyncVariable = "SPAREKEY_PGTEST_FSYNC"

// NewDatabase returns the address (a postgres:// URL) of an empty database
// that nobody else uses. The database is dropped when t ends, and connections
// that are still open to it are cut. The server accepts 100 connections in all.
//
// It may be called from several tests at once. It fails t if PostgreSQL is not
// installed or does not start.
func NewDatabase(t testing.TB) string {
	t.Helper()
	s, err := theServer()
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	return s.database(t, "template1")
}

// A Template is a database that is filled once in a process, and copied for each
// test: faster than to fill each.
type Template struct {
	// Fill fills the database at an address, and leaves no connection to it open.
	Fill func(address string) error

	once sync.Once
	name string
	err  error
}

// NewDatabase is like the function of that name, but the database is full.
func (m *Template) NewDatabase(t testing.TB) string {
	t.Helper()
	s, err := theServer()
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	m.once.Do(func() {
		m.name = fmt.Sprintf("template_%d", s.databases.Add(1))
		if m.err = s.exec(context.Background(), "CREATE DATABASE "+m.name); m.err == nil {
			m.err = m.Fill(s.address(m.name))
		}
	})
	if m.err != nil {
		t.Fatalf("pgtest: fill the template: %v", m.err)
	}
	return s.database(t, m.name)
}

// database makes a database like another, until t ends.
func (s *server) database(t testing.TB, like string) string {
	t.Helper()
	name := fmt.Sprintf("test_%d", s.databases.Add(1))
	if err := s.exec(t.Context(), "CREATE DATABASE "+name+" TEMPLATE "+like); err != nil {
		t.Fatalf("pgtest: create a database: %v", err)
	}
	t.Cleanup(func() { // t's own context is done by then
		if err := s.exec(context.Background(), "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Errorf("pgtest: drop the database: %v", err)
		}
	})
	return s.address(name)
}

// theServer starts the server at its first call, and returns it at every call.
var theServer = sync.OnceValues(start)

type server struct {
	folder    string
	databases atomic.Int64

	// The keeper runs the server for as long as the other end of its standard
	// input is open. Held here so that it closes with the process, not before.
	keepAlive io.Closer
}

// keeper is the shell script that runs the server. It is a process of its own,
// because a test process that is killed cannot clean up after itself.
//
//go:embed keeper.sh
var keeper string

func start() (*server, error) {
	binaries, err := findBinaries()
	if err != nil {
		return nil, err
	}
	// Not os.TempDir: a socket's path must stay under 108 bytes, and another
	// user than ours may have to reach it.
	folder, err := os.MkdirTemp("/tmp", "sparekey-pgtest-")
	if err != nil {
		return nil, err
	}

	cmd := exec.Command("/bin/sh", "-c", keeper, "pgtest-keeper", folder, binaries, fsync())
	cmd.Dir = folder
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "TZ=UTC"} // no PG variables
	// A session of its own: neither Ctrl-C in the terminal nor a kill of the
	// whole process group may stop the keeper before it has cleaned up.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := leaveRoot(cmd, folder); err != nil {
		return nil, errors.Join(err, os.RemoveAll(folder))
	}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(folder))
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(folder))
	}
	if err := cmd.Start(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(folder))
	}

	// The keeper says "ready", or else prints the log and ends.
	out := bufio.NewReader(stdout)
	line, err := out.ReadString('\n')
	if err == nil && line == "ready\n" {
		return &server{folder: folder, keepAlive: stdin}, nil
	}
	rest, _ := io.ReadAll(out)
	return nil, errors.Join(
		fmt.Errorf("PostgreSQL in %s did not start:\n%s%s", binaries, line, rest),
		cmd.Wait(), os.RemoveAll(folder))
}

func fsync() string {
	if os.Getenv(FsyncVariable) == "on" {
		return "on"
	}
	return "off"
}

// findBinaries returns the folder of the newest PostgreSQL on this machine.
// Debian keeps its servers out of PATH, one folder per version; what is in
// PATH comes second, since there it may be anything.
func findBinaries() (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil {
		return "", err
	}
	newest, folder := 0, ""
	for _, initdb := range found {
		bin := filepath.Dir(initdb)
		version, err := strconv.Atoi(filepath.Base(filepath.Dir(bin)))
		if err == nil && version > newest {
			newest, folder = version, bin
		}
	}
	if folder != "" {
		return folder, nil
	}
	if initdb, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(initdb), nil
	}
	return "", errors.New("PostgreSQL is not installed: run make test (scripts/setup.sh installs PostgreSQL)")
}

// leaveRoot makes cmd run as another user, who then owns folder, if we are
// root: PostgreSQL refuses to run as root.
func leaveRoot(cmd *exec.Cmd, folder string) error {
	if os.Getuid() != 0 {
		return nil
	}
	other, err := user.Lookup("postgres")
	if err != nil {
		other, err = user.Lookup("nobody")
	}
	if err != nil {
		return fmt.Errorf("find a user to run PostgreSQL as: %w", err)
	}
	uid, err := strconv.ParseUint(other.Uid, 10, 32)
	if err != nil {
		return fmt.Errorf("number of user %s: %w", other.Username, err)
	}
	gid, err := strconv.ParseUint(other.Gid, 10, 32)
	if err != nil {
		return fmt.Errorf("group of user %s: %w", other.Username, err)
	}
	cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return os.Chown(folder, int(uid), int(gid))
}

// address spells out all that matters, so that no PG variable of the
// environment can lead elsewhere.
func (s *server) address(database string) string {
	query := url.Values{"host": {s.folder}, "port": {"5432"}, "user": {"sparekey"}, "sslmode": {"disable"}}
	return "postgres:///" + database + "?" + query.Encode()
}

// exec runs one statement over a connection of its own, so that nothing stays
// open that a test looking for leaks would find.
func (s *server) exec(ctx context.Context, statement string) error {
	conn, err := pgx.Connect(ctx, s.address("postgres"))
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, statement)
	return errors.Join(err, conn.Close(ctx))
}
