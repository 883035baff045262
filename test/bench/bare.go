package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"time"

	"golang.org/x/crypto/argon2"

	"github.com/sparekey/sparekey/internal/password"
)

// What a child of the bench is, by roleVariable: the bare minimum that the
// program is compared with.
const (
	roleVariable    = "SPAREKEY_BENCH_ROLE"
	addressVariable = "SPAREKEY_BENCH_ADDRESS"

	bareHandler = "handler" // answers 200 and nothing else at addressVariable
	bareHash    = "hash"    // hashes once for each byte it reads, and answers one
)

// play runs a child until its parent is gone or has no more for it.
func play(role string) error {
	switch role {
	case bareHandler:
		return playHandler(os.Getenv(addressVariable))
	case bareHash:
		return playHash(os.Stdin, os.Stdout)
	}
	return fmt.Errorf("no role %q", role)
}

func playHandler(address string) error {
	srv := &http.Server{
		Addr: address, ReadHeaderTimeout: 10 * time.Second,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }),
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	context.AfterFunc(ctx, func() { _ = srv.Close() }) // the process ends with it
	if err := srv.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func playHash(in io.Reader, out io.Writer) error {
	cost, salt, one := password.DefaultCost, make([]byte, 16), make([]byte, 1)
	for {
		if _, err := io.ReadFull(in, one); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		one[0] = argon2.IDKey([]byte(rightPassword), salt, cost.Passes, cost.MemoryKiB, cost.Threads, 32)[0]
		if _, err := out.Write(one); err != nil {
			return err
		}
	}
}

// startBareHandler starts a server that does nothing but answer 200.
func (s *stage) startBareHandler(ctx context.Context) (*server, error) {
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	env := []string{roleVariable + "=" + bareHandler, addressVariable + "=" + address}
	return startServer(ctx, address, "/", func() (*process, error) {
		return start(ctx, filepath.Join(s.folder, "bare.log"), env, self)
	})
}

// A hasher is a process that computes bare Argon2id hashes.
type hasher struct {
	*process
	in  io.WriteCloser
	out *bufio.Reader
}

// startBareHash starts a process that hashes with the program's parameters.
func startBareHash(ctx context.Context) (*hasher, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self)
	cmd.Env, cmd.Stderr = []string{roleVariable + "=" + bareHash}, os.Stderr
	dieWithParent(cmd)
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return &hasher{process: &process{cmd: cmd}, in: in, out: bufio.NewReader(out)}, nil
}

// hash has one hash computed.
func (h *hasher) hash() error {
	if _, err := h.in.Write([]byte{1}); err != nil {
		return err
	}
	_, err := h.out.ReadByte()
	return err
}

// stop lets the process end.
func (h *hasher) stop() error { return errors.Join(h.in.Close(), h.cmd.Wait()) }
