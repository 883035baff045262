package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

// A server is a process that answers HTTP.
type server struct {
	*process
	address string // host:port
	ready   time.Duration
}

// readyTime is how long a server may take to be ready.
const readyTime = 30 * time.Second

// serve starts the program on a database and waits until it is ready. What it
// took from the start of the process to the first 200 of /readyz is in ready.
func (s *stage) serve(ctx context.Context, d database) (*server, error) {
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	settings := filepath.Join(d.dataFolder, "settings.yaml")
	if err := os.WriteFile(settings, nil, 0o600); err != nil {
		return nil, err
	}
	env := []string{
		"PATH=" + os.Getenv("PATH"), "TZ=UTC",
		"SPAREKEY_CONFIG=" + settings, "SPAREKEY_DATA=" + d.dataFolder,
		"SPAREKEY_LISTEN=" + address, "SPAREKEY_BASE_URL=http://" + address,
	}
	if d.url != "" {
		env = append(env, "SPAREKEY_DATABASE_URL="+d.url)
	}
	return startServer(ctx, address, "/readyz", func() (*process, error) {
		return start(ctx, filepath.Join(d.dataFolder, "serve.log"), env, s.program, "serve")
	})
}

// startServer starts a process and waits until path answers 200.
func startServer(ctx context.Context, address, path string, launch func() (*process, error)) (*server, error) {
	began := time.Now()
	p, err := launch()
	if err != nil {
		return nil, err
	}
	srv := &server{process: p, address: address}
	for {
		if answersWell(ctx, "http://"+address+path) {
			srv.ready = time.Since(began)
			return srv, nil
		}
		if ctx.Err() != nil || time.Since(began) > readyTime {
			_ = p.cmd.Process.Kill()
			_ = p.cmd.Wait() // says that it was killed
			return nil, fmt.Errorf("the server is not ready after %v:\n%s", time.Since(began).Round(time.Millisecond), p.lastWords())
		}
		time.Sleep(time.Millisecond)
	}
}

// answersWell reports whether address answers 200, over a connection of its own.
func answersWell(ctx context.Context, address string) bool {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return false
	}
	request.Close = true
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	_, err = io.Copy(io.Discard, response.Body)
	return response.Body.Close() == nil && err == nil && response.StatusCode == http.StatusOK
}

// freeAddress returns an address of loopback that nobody listens at now.
func freeAddress() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return listener.Addr().String(), listener.Close()
}
