package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// hurry shortens what a client may take, so that the test does not last as long.
const hurry = 20

// A drip is a client that sends one byte after the other, with a pause between.
type drip struct {
	began time.Time
	conn  net.Conn
}

// openDrip sends begun at once, and from then on a byte each pause until the
// server has had enough.
func openDrip(address, begun string, pause time.Duration) (*drip, error) {
	conn, err := (&net.Dialer{}).Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	d := &drip{time.Now(), conn}
	if _, err := io.WriteString(conn, begun); err != nil {
		return nil, err
	}
	go func() {
		for {
			time.Sleep(pause)
			if _, err := conn.Write([]byte("x")); err != nil {
				return
			}
		}
	}()
	return d, nil
}

// cutAfter waits until the server ends the connection.
func (d *drip) cutAfter(most time.Duration) (time.Duration, error) {
	if err := d.conn.SetReadDeadline(d.began.Add(most)); err != nil {
		return 0, err
	}
	_, err := io.Copy(io.Discard, d.conn)
	took := time.Since(d.began)
	_ = d.conn.Close() // the server has
	if took >= most {
		return took, fmt.Errorf("still open after %s: %w", took, err)
	}
	return took, nil
}

// serveInAHurry serves the pages of a demo as serve does, with shorter limits.
func serveInAHurry(t *testing.T) (server *http.Server, address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	d, err := openDemo(t.Context(), console{out: io.Discard, err: t.Output(), begun: time.Now()}, t.TempDir(), listener.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.close)
	pages, err := d.pages()
	if err != nil {
		t.Fatal(err)
	}
	server = newHTTPServer(pages, slog.New(slog.DiscardHandler))
	server.ReadHeaderTimeout /= hurry
	server.ReadTimeout /= hurry
	go func() { _ = server.Serve(listener) }() // it ends with the test
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	return server, listener.Addr().String()
}

func TestSlowClientsAreCutAndHoldNobodyUp(t *testing.T) {
	server, address := serveInAHurry(t)
	const (
		slow  = 200
		pause = 50 * time.Millisecond
	)
	drips := make([]*drip, slow)
	for i := range drips {
		begun := "GET /sign-in HTTP/1.1\r\nHost: x\r\nX-Slow: " // in the middle of the headers
		if i%2 == 1 {
			begun = "POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 60000\r\n\r\nemail=" // or of a form
		}
		var err error
		if drips[i], err = openDrip(address, begun, pause); err != nil {
			t.Fatal(err)
		}
	}
	for range 20 { // meanwhile
		began := time.Now()
		answer, err := http.Get("http://" + address + "/sign-in")
		if err != nil {
			t.Fatal(err)
		}
		page, err := io.ReadAll(answer.Body)
		if err = errors.Join(err, answer.Body.Close()); err != nil || answer.StatusCode != 200 || !strings.Contains(string(page), "password") {
			t.Fatal(answer.Status, err)
		}
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("a page takes %s beside slow clients", took)
		}
	}
	var group sync.WaitGroup
	for i, d := range drips {
		group.Go(func() {
			limit := server.ReadHeaderTimeout
			if i%2 == 1 {
				limit = server.ReadTimeout
			}
			took, err := d.cutAfter(limit + 5*time.Second)
			if err != nil || took < limit-pause {
				t.Errorf("slow client %d is cut after %s, and may take %s: %v", i, took, limit, err)
			}
		})
	}
	group.Wait()
}
