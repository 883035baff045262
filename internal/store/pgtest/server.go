package pgtest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// A Server is one that a test has to itself, to stop, kill and copy as it
// likes. It listens on a port of loopback that stays the same.
type Server struct {
	t        testing.TB
	binaries string
	folder   string // with the data in data/
	port     string
	cmd      *exec.Cmd // nil while it is down
}

// NewServer starts a server with nothing in it but the database "sparekey". It
// is gone when t ends.
func NewServer(t testing.TB) *Server {
	t.Helper()
	s := newServer(t)
	s.run("initdb", "-D", s.data(), "-U", "sparekey", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
	s.configure(map[string]string{
		"listen_addresses": "127.0.0.1", "port": s.port, "unix_socket_directories": s.folder,
		"max_connections": "60", "shared_buffers": "16MB", "fsync": fsync(), "wal_level": "replica", "hot_standby": "on",
		"max_wal_senders": "4", "wal_receiver_status_interval": "1s", "timezone": "UTC", "log_timezone": "UTC",
	})
	s.Start()
	s.Exec("CREATE DATABASE sparekey")
	return s
}

func newServer(t testing.TB) *Server {
	t.Helper()
	binaries, err := findBinaries()
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	folder, err := os.MkdirTemp("/tmp", "sparekey-pgtest-")
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err = errors.Join(err, listener.Close()); err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	s := &Server{t: t, binaries: binaries, folder: folder, port: port}
	t.Cleanup(func() {
		s.Kill()
		if err := os.RemoveAll(folder); err != nil {
			t.Errorf("pgtest: %v", err)
		}
	})
	return s
}

func (s *Server) data() string { return filepath.Join(s.folder, "data") }

// configure adds settings; the last one of a name counts.
func (s *Server) configure(settings map[string]string) {
	s.t.Helper()
	var text strings.Builder
	for name, value := range settings {
		fmt.Fprintf(&text, "%s = '%s'\n", name, value)
	}
	file, err := os.OpenFile(filepath.Join(s.data(), "postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err == nil {
		_, err = file.WriteString(text.String())
		err = errors.Join(err, file.Close())
	}
	if err != nil {
		s.t.Fatalf("pgtest: %v", err)
	}
}

// command is one of PostgreSQL's programs, which ends with this process.
func (s *Server) command(name string, args ...string) *exec.Cmd {
	s.t.Helper()
	cmd := exec.Command(filepath.Join(s.binaries, name), args...)
	cmd.Dir = s.folder
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "TZ=UTC"}
	cmd.SysProcAttr = &syscall.SysProcAttr{}
	if err := leaveRoot(cmd, s.folder); err != nil {
		s.t.Fatalf("pgtest: %v", err)
	}
	endWithParent(cmd)
	return cmd
}

func (s *Server) run(name string, args ...string) {
	s.t.Helper()
	if out, err := s.command(name, args...).CombinedOutput(); err != nil {
		s.t.Fatalf("pgtest: %s: %v\n%s", name, err, out)
	}
}

// startTime is how long a server may take to answer.
const startTime = 30 * time.Second

// Start starts the server and waits until it answers.
func (s *Server) Start() {
	s.t.Helper()
	log, err := os.OpenFile(filepath.Join(s.folder, "server.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		s.t.Fatalf("pgtest: %v", err)
	}
	defer func() { _ = log.Close() }() // the server has its own
	s.cmd = s.command("postgres", "-D", s.data())
	s.cmd.Stdout, s.cmd.Stderr = log, log
	if err := s.cmd.Start(); err != nil {
		s.t.Fatalf("pgtest: %v", err)
	}
	for end := time.Now().Add(startTime); ; time.Sleep(20 * time.Millisecond) {
		err := s.try("SELECT 1")
		if err == nil {
			return
		}
		if time.Now().After(end) {
			text, _ := os.ReadFile(filepath.Join(s.folder, "server.log"))
			s.t.Fatalf("pgtest: the server does not answer: %v\n%s", err, text)
		}
	}
}

// Stop ends the server as its administrator would, with every connection to it.
func (s *Server) Stop() {
	s.t.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGINT); err != nil { // a fast shutdown
		s.t.Fatalf("pgtest: %v", err)
	}
	_ = s.cmd.Wait() // says how it ended
	s.cmd = nil
}

// Kill ends the server, and each of its processes, as a machine that loses its
// power does. It does nothing while the server is down.
func (s *Server) Kill() {
	if s.cmd == nil {
		return
	}
	pid := strconv.Itoa(s.cmd.Process.Pid)
	children, _ := os.ReadFile("/proc/" + pid + "/task/" + pid + "/children") // elsewhere than on Linux they end by themselves
	_ = s.cmd.Process.Kill()
	for child := range strings.FieldsSeq(string(children)) {
		if id, err := strconv.Atoi(child); err == nil {
			_ = syscall.Kill(id, syscall.SIGKILL)
		}
	}
	_ = s.cmd.Wait()
	s.cmd = nil
}

// Standby returns a copy of the server that follows it, and without which the
// server commits nothing from now on.
func (s *Server) Standby() *Server {
	s.t.Helper()
	copied := newServer(s.t)
	copied.run("pg_basebackup", "-D", copied.data(), "-R", "-X", "stream", "-c", "fast", "--no-sync",
		"-d", "host=127.0.0.1 port="+s.port+" user=sparekey application_name=standby")
	copied.configure(map[string]string{"port": copied.port, "unix_socket_directories": copied.folder})
	copied.Start()
	s.Exec("ALTER SYSTEM SET synchronous_standby_names = 'standby'")
	s.Exec("SELECT pg_reload_conf()")
	for end := time.Now().Add(startTime); ; time.Sleep(20 * time.Millisecond) {
		var state string
		if err := s.ask("SELECT COALESCE(MAX(sync_state), '') FROM pg_stat_replication", &state); err == nil && state == "sync" {
			return copied
		}
		if time.Now().After(end) {
			s.t.Fatal("pgtest: the standby does not follow")
		}
	}
}

// Promote makes a standby take over: it follows nobody any more, and writes.
func (s *Server) Promote() {
	s.t.Helper()
	s.run("pg_ctl", "promote", "-w", "-t", "30", "-D", s.data())
}

// Address is where the server listens: host and port.
func (s *Server) Address() string { return net.JoinHostPort("127.0.0.1", s.port) }

// URL is that of the database "sparekey", which is reached at the addresses in
// their order: the server's own if none is given.
func (s *Server) URL(addresses ...string) string {
	if len(addresses) == 0 {
		addresses = []string{s.Address()}
	}
	return address(addresses, "sparekey", len(addresses) > 1)
}

func address(addresses []string, database string, writable bool) string {
	query := url.Values{"sslmode": {"disable"}}
	if writable {
		query.Set("target_session_attrs", "read-write")
	}
	return "postgres://sparekey@" + strings.Join(addresses, ",") + "/" + database + "?" + query.Encode()
}

// Exec runs a statement.
func (s *Server) Exec(statement string) {
	s.t.Helper()
	if err := s.try(statement); err != nil {
		s.t.Fatalf("pgtest: %s: %v", statement, err)
	}
}

func (s *Server) try(statement string) error { return s.ask(statement, nil) }

// ask runs a statement, and reads its one value where into is one.
func (s *Server) ask(statement string, into *string) error {
	ctx, cancel := context.WithTimeout(context.Background(), startTime)
	defer cancel()
	conn, err := pgx.Connect(ctx, address([]string{s.Address()}, "postgres", false))
	if err != nil {
		return err
	}
	if into != nil {
		err = conn.QueryRow(ctx, statement).Scan(into)
	} else {
		_, err = conn.Exec(ctx, statement)
	}
	return errors.Join(err, conn.Close(ctx))
}
