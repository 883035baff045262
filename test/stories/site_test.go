package stories_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/sparekey/sparekey/internal/demo"
	"github.com/sparekey/sparekey/internal/mail/mailbox"
)

// patience is how long anything may take before a story fails.
const patience = time.Minute

// A site is a running program with everybody's mailbox and a clock.
type site struct {
	t        *testing.T
	url      string
	settings string // the file that the operator's commands are told by
	post     mailReader
	now      func() time.Time
	pass     func(time.Duration) // lets time go by
	read     map[string]bool     // mails that a story has read
}

// A seed is the data of a demo in which nothing has happened yet.
type seed struct {
	once   sync.Once
	folder string
}

// newDemo returns a folder in home with the data of a new demo. It is a copy: a demo
// that begins hashes the password and every backup code.
func newDemo(t *testing.T, home string) string {
	t.Helper()
	stage := needStage(t)
	s := &stage.demo
	s.once.Do(func() {
		folder := filepath.Join(stage.folder, "demo")
		t.Run("a demo begins", func(t *testing.T) { run(t, home, []string{"PORT=0", "DATA=" + folder}, "demo") })
		if !t.Failed() {
			s.folder = folder
		}
	})
	if s.folder == "" {
		t.Fatal("no demo began")
	}
	data := filepath.Join(home, "data")
	if err := copyFiles(data, s.folder); err != nil {
		t.Fatal(err)
	}
	return data
}

// copyFiles copies the files of a folder, for their owner alone.
func copyFiles(to, from string) error {
	files, err := os.ReadDir(from)
	if err == nil {
		err = os.Mkdir(to, 0o700)
	}
	for _, f := range files {
		var content []byte
		if err == nil {
			content, err = os.ReadFile(filepath.Join(from, f.Name()))
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(to, f.Name()), content, 0o600)
		}
	}
	return err
}

// startDemo starts a demo of its own for a story.
func startDemo(t *testing.T) *site {
	t.Helper()
	home := needStage(t).room(t)
	data := newDemo(t, home)
	address := run(t, home, []string{"PORT=0", "DATA=" + data}, "demo")
	settings := writeSettings(t, home, map[string]string{"base-url": address, "data": data})
	s := &site{t: t, url: address, settings: settings, read: make(map[string]bool)}
	s.post = func() ([]letter, error) { return getJSON[[]letter](address + "/demo/mailbox.json") }
	s.now = func() time.Time {
		clock, err := getJSON[struct{ Now time.Time }](address + "/demo/clock.json")
		s.must(err)
		return clock.Now
	}
	s.pass = func(by time.Duration) {
		answer, err := http.PostForm(address+"/demo/clock", url.Values{"by": {by.String()}})
		s.must(err)
		_ = answer.Body.Close()
		if answer.StatusCode != http.StatusOK {
			t.Fatalf("the clock was not moved: %s", answer.Status)
		}
	}
	return s
}

// startServer starts an installation with an empty database, as an operator
// would, and a mail server for it.
func startServer(t *testing.T) *site {
	t.Helper()
	mails, err := mailbox.Listen("127.0.0.1:0", mailbox.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = mails.Close() })
	_, mailPort, err := net.SplitHostPort(mails.Addr())
	if err != nil {
		t.Fatal(err)
	}
	home := needStage(t).room(t)
	address := freeAddress(t)
	settings := writeSettings(t, home, map[string]string{
		"base-url": "http://" + address, "listen": address, "data": home,
		"smtp-host": "127.0.0.1", "smtp-port": mailPort, "smtp-security": "none", "smtp-from": "Sparekey <no-reply@example.org>",
	})
	run(t, home, []string{"SPAREKEY_CONFIG=" + settings}, "serve")
	return &site{t: t, url: "http://" + address, settings: settings, now: time.Now, read: make(map[string]bool), post: func() ([]letter, error) {
		var letters []letter
		for _, m := range mails.Mails() {
			letters = append(letters, letter{At: m.At, To: m.To, Subject: m.Subject, Text: m.Text, Links: m.Links})
		}
		return letters, nil
	}}
}

// writeSettings writes the settings of an installation and returns their file.
func writeSettings(t *testing.T, home string, settings map[string]string) string {
	t.Helper()
	file := filepath.Join(home, "sparekey.yaml")
	text, err := json.Marshal(settings) // which is YAML too
	if err == nil {
		err = os.WriteFile(file, text, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// freeAddress returns a port of this machine on which nothing listens now.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return net.JoinHostPort("localhost", port)
}

// command carries out one command of the operator, beside the running program
// and by the clock of this machine, and returns what it said.
func (s *site) command(args ...string) string {
	s.t.Helper()
	c := exec.Command(needStage(s.t).program, args...)
	c.Env = append(os.Environ(), "SPAREKEY_CONFIG="+s.settings)
	said, err := c.CombinedOutput()
	if err != nil {
		s.t.Fatalf("sparekey %s: %v\n%s", strings.Join(args, " "), err, said)
	}
	return string(said)
}

var whereReady = regexp.MustCompile(`is ready on (http://\S+)`)

// run starts the program until the test ends, and returns where it is ready. An
// error in its log fails the test.
func run(t *testing.T, home string, environment []string, args ...string) string {
	t.Helper()
	c := exec.Command(needStage(t).program, args...)
	c.Env = append(os.Environ(), append(environment, "TMPDIR="+home)...)
	endWithUs(c)
	log := new(logbook)
	c.Stderr = log
	out, err := c.StdoutPipe()
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.Process.Signal(syscall.SIGTERM)
		if err := c.Wait(); err != nil {
			t.Errorf("sparekey %s ended: %v", args[0], err)
		}
		log.judge(t)
	})
	ready := make(chan string, 1)
	go func() {
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			if found := whereReady.FindStringSubmatch(lines.Text()); found != nil {
				ready <- found[1]
			}
		}
	}()
	select {
	case address := <-ready:
		answer, err := http.Get(address + "/readyz")
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
		if answer.StatusCode != http.StatusOK {
			t.Fatalf("/readyz answers %s", answer.Status)
		}
		return address
	case <-time.After(patience):
		t.Fatalf("sparekey %s was not ready in time; its log:\n%s", args[0], log)
		return ""
	}
}

// A logbook keeps what a program writes to its log.
type logbook struct {
	mu   sync.Mutex
	text strings.Builder
}

// Write notes a piece of the log.
func (l *logbook) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *logbook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// judge fails the test for whatever the program complained of.
func (l *logbook) judge(t *testing.T) {
	for line := range strings.Lines(l.String()) {
		if strings.Contains(line, "ERROR") || strings.Contains(line, "panic") {
			t.Errorf("in the program's log: %s", line)
		}
	}
}

func (s *site) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// phoneShows returns what a member's first authenticator of the demo shows, in
// a time step in which no code was used yet.
func (s *site) phoneShows(email string) string {
	s.t.Helper()
	s.pass(30 * time.Second)
	codes, err := getJSON[[]struct{ Email, Code string }](s.url + "/demo/phone.json")
	s.must(err)
	for _, c := range codes {
		if c.Email == email {
			return c.Code
		}
	}
	s.t.Fatalf("%s has no authenticator", email)
	return ""
}

// backupCode is the n-th backup code that everybody in the demo has.
func backupCode(n int) string { return fmt.Sprintf("demo-demo-demo-%04d", n) }

const sharedPassword = demo.Password

func getJSON[T any](address string) (found T, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return found, err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return found, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return found, err
	}
	return found, json.Unmarshal(body, &found)
}
