package faults

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// A spoiler is a toxiproxy (https://github.com/Shopify/toxiproxy): a proxy that
// spoils the wire, told how over HTTP.
type spoiler struct {
	t   *testing.T
	api string
}

// newSpoiler starts one, which ends with the test.
func newSpoiler(t *testing.T) *spoiler {
	t.Helper()
	path, err := filepath.Abs("../../bin/toxiproxy")
	if err == nil {
		path, err = exec.LookPath(path)
	}
	if err != nil {
		t.Fatal("toxiproxy is missing: run make setup")
	}
	address := freeAddress(t)
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, "-host", host, "-port", port)
	cmd.SysProcAttr = &syscall.SysProcAttr{}
	endWithParent(cmd)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // says that it was killed
	})
	s := &spoiler{t, "http://" + address}
	for end := time.Now().Add(readyTime); ; time.Sleep(10 * time.Millisecond) {
		answer, err := http.Get(s.api + "/version")
		if err == nil {
			_ = answer.Body.Close()
			return s
		}
		if time.Now().After(end) {
			t.Fatal(err)
		}
	}
}

// call sends one request, and fails the test unless it is answered well.
func (s *spoiler) call(method, path string, body any) {
	s.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		s.t.Fatal(err)
	}
	request, err := http.NewRequest(method, s.api+path, bytes.NewReader(text))
	if err != nil {
		s.t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	said, err := io.ReadAll(answer.Body)
	_ = answer.Body.Close()
	if err != nil || answer.StatusCode >= 300 {
		s.t.Fatalf("toxiproxy: %s %s: %s\n%s %v", method, path, answer.Status, said, err)
	}
}

// A wire leads through a spoiler.
type wire struct {
	*spoiler
	name    string
	Address string
}

// wire opens a way to an address.
func (s *spoiler) wire(name, to string) *wire {
	s.t.Helper()
	w := &wire{s, name, freeAddress(s.t)}
	s.call(http.MethodPost, "/proxies", map[string]any{"name": name, "listen": w.Address, "upstream": to, "enabled": true})
	return w
}

// cut refuses every connection and breaks those there are; mended undoes it.
func (w *wire) cut() { w.call(http.MethodPost, "/proxies/"+w.name, map[string]any{"enabled": false}) }
func (w *wire) mended() {
	w.call(http.MethodPost, "/proxies/"+w.name, map[string]any{"enabled": true})
}

// spoil makes what comes back from the other end suffer. The function it
// returns undoes it.
func (w *wire) spoil(kind string, attributes map[string]any) (mend func()) {
	w.t.Helper()
	path := fmt.Sprintf("/proxies/%s/toxics", w.name)
	w.call(http.MethodPost, path, map[string]any{"name": kind, "type": kind, "stream": "downstream", "attributes": attributes})
	return func() { w.t.Helper(); w.call(http.MethodDelete, path+"/"+kind, nil) }
}

// slow delays every answer; resets breaks connections; silence lets none
// through, while the connection seems to stand.
func (w *wire) slow(by time.Duration) func() {
	return w.spoil("latency", map[string]any{"latency": by.Milliseconds()})
}
func (w *wire) resets() func()  { return w.spoil("reset_peer", map[string]any{"timeout": 5}) }
func (w *wire) silence() func() { return w.spoil("timeout", map[string]any{"timeout": 0}) }
