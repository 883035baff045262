// Command tool builds what the page /safe-copy runs in the browser, and puts it
// where internal/web embeds it: the program as WebAssembly, compressed with
// brotli and gzip, and the script of the Go distribution that starts it. What is
// there already and would not differ is left alone.
package main

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/andybalholm/brotli"
)

const (
	source = "./cmd/safecopy-wasm"
	folder = "internal/web/tool"

	// mostCompressed is how many bytes a browser may have to load, both files
	// together, as brotli.
	mostCompressed = 1_600_000
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "tool:", err)
		os.Exit(1)
	}
}

func run() error {
	room, err := os.MkdirTemp("", "sparekey-tool-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(room) }()
	program, err := build(filepath.Join(room, "tool.wasm"))
	if err != nil {
		return err
	}
	starter, err := starter()
	if err != nil {
		return err
	}
	wanted := map[string]bool{".gitignore": true}
	size := 0
	for _, f := range []struct {
		name, ext string
		content   []byte
	}{{"safe-copy", ".wasm", program}, {"wasm-exec", ".js", starter}} {
		sum := sha256.Sum256(f.content)
		hashed := f.name + "." + hex.EncodeToString(sum[:6]) + f.ext
		wanted[hashed+".br"], wanted[hashed+".gz"] = true, true
		small, err := pack(hashed, f.content)
		if err != nil {
			return err
		}
		size += small
	}
	if size > mostCompressed {
		return fmt.Errorf("the browser would load %d bytes, %d are the most", size, mostCompressed)
	}
	return sweep(wanted)
}

// build compiles the program and returns it.
func build(to string) ([]byte, error) {
	command := exec.Command("go", "build", "-buildvcs=false", "-trimpath", "-ldflags", "-s -w", "-o", to, source)
	command.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm", "CGO_ENABLED=0", "GOFLAGS=")
	if said, err := command.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build %s: %w\n%s", source, err, said)
	}
	return os.ReadFile(to)
}

// starter returns the script that starts programs of this version of Go.
func starter() ([]byte, error) {
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return nil, fmt.Errorf("ask for GOROOT: %w", err)
	}
	return os.ReadFile(filepath.Join(strings.TrimSpace(string(root)), "lib/wasm/wasm_exec.js"))
}

// pack writes both compressed forms of a file unless they are there, and returns
// how long the shorter one is.
func pack(name string, content []byte) (int, error) {
	path := filepath.Join(folder, name)
	small, errSmall := os.Stat(path + ".br")
	_, errZipped := os.Stat(path + ".gz")
	if errSmall == nil && errZipped == nil {
		return int(small.Size()), nil
	}
	var b bytes.Buffer
	w := brotli.NewWriterOptions(&b, brotli.WriterOptions{Quality: brotli.BestCompression, LGWin: 24})
	if err := write(w, content); err != nil {
		return 0, err
	}
	var z bytes.Buffer
	zipper, err := gzip.NewWriterLevel(&z, gzip.BestCompression)
	if err != nil {
		return 0, err
	}
	if err := write(zipper, content); err != nil {
		return 0, err
	}
	fmt.Printf("tool: %s: %d bytes, %d as brotli, %d as gzip\n", name, len(content), b.Len(), z.Len())
	if err := keep(path+".br", b.Bytes()); err != nil {
		return 0, err
	}
	return b.Len(), keep(path+".gz", z.Bytes())
}

func write(w interface {
	Write([]byte) (int, error)
	Close() error
}, content []byte,
) error {
	if _, err := w.Write(content); err != nil {
		return err
	}
	return w.Close()
}

// keep puts a whole file there or none: another build may look at once.
func keep(path string, content []byte) error {
	if err := os.WriteFile(path+".new", content, 0o644); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// sweep removes what an earlier build left.
func sweep(wanted map[string]bool) error {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !wanted[e.Name()] {
			if err := os.Remove(filepath.Join(folder, e.Name())); err != nil && !os.IsNotExist(err) {
				return err
			}
		}
	}
	return nil
}
