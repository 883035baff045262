package faults

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/sparekey/sparekey/internal/mail/mailbox"
)

// folder holds the built program; it is made and removed by TestMain.
var folder string

func TestMain(m *testing.M) {
	var err error
	if folder, err = os.MkdirTemp("", "sparekey-faults-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	if err := os.RemoveAll(folder); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(code)
}

// program builds the program at the first call, and returns its path.
var program = sync.OnceValues(func() (string, error) {
	path := filepath.Join(folder, "sparekey")
	cmd := exec.Command("go", "build", "-buildvcs=false", "-o", path, "./cmd/sparekey")
	cmd.Dir, cmd.Env = "../..", append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build: %w\n%s", err, out)
	}
	return path, nil
})

// soak reports whether this is the long run.
func soak() bool { return os.Getenv("SPAREKEY_SOAK") != "" }

// An installation is a place where the program keeps its data, and how it is
// started there.
type installation struct {
	t      *testing.T
	folder string
	url    string // of PostgreSQL; empty: SQLite
	listen string
	mails  *mailbox.Server
	also   []string // settings, as the environment has them
}

// newInstallation returns one on which the program has not run yet. Its mails
// go to a mail server that keeps them all.
func newInstallation(t *testing.T, url string, also ...string) *installation {
	t.Helper()
	mails, err := mailbox.Listen("127.0.0.1:0", mailbox.Options{Now: time.Now, Keep: 100_000})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = mails.Close() }) // its error is always nil
	return &installation{t: t, folder: t.TempDir(), url: url, listen: freeAddress(t), mails: mails, also: also}
}

func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err == nil {
		err = listener.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return listener.Addr().String()
}

// beside returns a second process' place: the same database and master key.
func (i *installation) beside() *installation {
	other := *i
	other.listen = freeAddress(i.t)
	return &other
}

// environment is how the program is set. Hashes cost the least allowed.
func (i *installation) environment() []string {
	host, port, err := net.SplitHostPort(i.mails.Addr())
	if err != nil {
		i.t.Fatal(err)
	}
	env := []string{
		"PATH=" + os.Getenv("PATH"), "TZ=UTC", "SPAREKEY_CONFIG=", "SPAREKEY_DATA=" + i.folder,
		"SPAREKEY_LISTEN=" + i.listen, "SPAREKEY_BASE_URL=http://" + i.listen,
		"SPAREKEY_SMTP_HOST=" + host, "SPAREKEY_SMTP_PORT=" + port, "SPAREKEY_SMTP_SECURITY=none",
		"SPAREKEY_SMTP_FROM=Sparekey <no-reply@faults.example>",
		fmt.Sprint("SPAREKEY_ARGON_MEMORY_KIB=", cost.MemoryKiB), fmt.Sprint("SPAREKEY_ARGON_PASSES=", cost.Passes),
	}
	if i.url != "" {
		env = append(env, "SPAREKEY_DATABASE_URL="+i.url)
	}
	return append(env, i.also...)
}

// command is one call of the program.
func (i *installation) command(args ...string) *exec.Cmd {
	i.t.Helper()
	path, err := program()
	if err != nil {
		i.t.Fatal(err)
	}
	cmd := exec.Command(path, args...)
	cmd.Env = i.environment()
	cmd.SysProcAttr = &syscall.SysProcAttr{}
	endWithParent(cmd)
	return cmd
}

// run runs a command of the program to its end, and returns what it printed.
func (i *installation) run(args ...string) (string, error) {
	i.t.Helper()
	out, err := i.command(args...).CombinedOutput()
	return string(out), err
}

// A process is the program as it serves.
type process struct {
	t    *testing.T
	cmd  *exec.Cmd
	log  string // path
	base string
	done bool
}

// launch starts the program, and does not wait until it is ready.
func (i *installation) launch() *process {
	i.t.Helper()
	p := &process{t: i.t, log: filepath.Join(i.folder, "serve-"+strings.ReplaceAll(i.listen, ":", "-")+".log"), base: "http://" + i.listen}
	log, err := os.OpenFile(p.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		i.t.Fatal(err)
	}
	defer func() { _ = log.Close() }() // the process has its own
	p.cmd = i.command("serve")
	p.cmd.Stdout, p.cmd.Stderr = log, log
	if err := p.cmd.Start(); err != nil {
		i.t.Fatal(err)
	}
	i.t.Cleanup(p.kill)
	return p
}

// readyTime is how long the program may take to be ready.
const readyTime = 30 * time.Second

// start starts the program and waits until it is ready.
func (i *installation) start() *process {
	i.t.Helper()
	p := i.launch()
	if took := p.until("/readyz", http.StatusOK, readyTime); took > readyTime {
		i.t.Fatalf("the program is not ready:\n%s", p.lastWords())
	}
	return p
}

// until asks for path until it is answered with a status, and returns how long
// that took: more than patience if it was not.
func (p *process) until(path string, status int, patience time.Duration) time.Duration {
	began := time.Now()
	for time.Since(began) <= patience {
		if p.status(path) == status {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	return time.Since(began)
}

// status asks for path over a connection of its own, and returns the answer's
// status; 0: there was none within five seconds.
func (p *process) status(path string) int {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, p.base+path, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	request.Close = true
	answer, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		return 0
	}
	_, _ = io.Copy(io.Discard, answer.Body)
	_ = answer.Body.Close()
	return answer.StatusCode
}

// kill ends the process as a machine that loses its power does. It does nothing
// where it has ended.
func (p *process) kill() {
	if p.done {
		return
	}
	p.done = true
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait() // says that it was killed
}

// stop ends the process as its supervisor would, and returns how long it took.
func (p *process) stop() time.Duration {
	p.t.Helper()
	began := time.Now()
	hard := time.AfterFunc(time.Minute, func() { _ = p.cmd.Process.Kill() })
	defer hard.Stop()
	err := errors.Join(p.cmd.Process.Signal(syscall.SIGTERM), p.cmd.Wait())
	if p.done = true; err != nil {
		p.t.Errorf("it did not end well: %v\n%s", err, p.lastWords())
	}
	return time.Since(began)
}

// words returns everything the process wrote.
func (p *process) words() string {
	text, err := os.ReadFile(p.log)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// lastWords returns the end of what the process wrote.
func (p *process) lastWords() string {
	text := p.words()
	const most = 3000
	return text[max(0, len(text)-most):]
}
