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
	text   = "bin/text" // a module without tables

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
	mod, err := withoutTables(filepath.Dir(to))
	if err != nil {
		return nil, err
	}
	command := forBrowsers("build", "-modfile", mod, "-buildvcs=false", "-trimpath", "-ldflags", "-s -w", "-o", to, source)
	if said, err := command.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build %s: %w\n%s", source, err, said)
	}
	return os.ReadFile(to)
}

// tables are packages that the reader of QR codes brings along, with what they
// export: tables of Chinese, Japanese and Korean letters. They are a third of the
// program. What a QR code says is looked through for digits alone, which are the
// same bytes in all of them.
var tables = map[string][]string{
	"japanese":           {"EUCJP", "ISO2022JP", "ShiftJIS"},
	"korean":             {"EUCKR"},
	"simplifiedchinese":  {"GB18030", "GBK", "HZGB2312"},
	"traditionalchinese": {"Big5"},
}

// withoutTables writes a go.mod that takes golang.org/x/text from a copy with empty
// encodings in place of the tables, and returns its name.
func withoutTables(room string) (string, error) {
	const module = "golang.org/x/text"
	list := forBrowsers("list", "-deps", "-f", "{{.ImportPath}} {{.Dir}}", source)
	found, err := list.Output()
	if err != nil {
		return "", fmt.Errorf("list what the program is made of: %w", err)
	}
	// Not in room: the program's build information names where it was.
	if err := os.RemoveAll(text); err != nil {
		return "", err
	}
	if err := os.MkdirAll(text, 0o755); err != nil {
		return "", err
	}
	for line := range strings.Lines(string(found)) {
		path, from, _ := strings.Cut(strings.TrimSpace(line), " ")
		below, ours := strings.CutPrefix(path, module+"/")
		if !ours {
			continue
		}
		if err := copyPackage(from, filepath.Join(text, below)); err != nil {
			return "", err
		}
	}
	for _, name := range []string{"go.mod", "go.sum"} {
		content, err := os.ReadFile(name)
		if err != nil {
			return "", err
		}
		if name == "go.mod" {
			content = fmt.Appendf(content, "\nreplace %s => ./%s\n", module, text)
		}
		if err := os.WriteFile(filepath.Join(room, name), content, 0o600); err != nil {
			return "", err
		}
	}
	return filepath.Join(room, "go.mod"), os.WriteFile(filepath.Join(text, "go.mod"), []byte("module "+module+"\n"), 0o600)
}

// copyPackage copies a package, or puts empty encodings in its place.
func copyPackage(from, to string) error {
	if err := os.MkdirAll(to, 0o755); err != nil {
		return err
	}
	name := filepath.Base(to)
	if encodings, ok := tables[name]; ok {
		var b bytes.Buffer
		fmt.Fprintf(&b, "package %s\n\nimport \"golang.org/x/text/encoding\"\n\n", name)
		for _, e := range encodings {
			fmt.Fprintf(&b, "var %s = encoding.Nop\n", e)
		}
		fmt.Fprintf(&b, "var All = []encoding.Encoding{%s}\n", strings.Join(encodings, ", "))
		return os.WriteFile(filepath.Join(to, "empty.go"), b.Bytes(), 0o600)
	}
	files, err := filepath.Glob(filepath.Join(from, "*.go"))
	if err != nil {
		return err
	}
	for _, f := range files {
		content, err := os.ReadFile(f)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(to, filepath.Base(f)), content, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// forBrowsers is a go command about programs for browsers.
func forBrowsers(args ...string) *exec.Cmd {
	command := exec.Command("go", args...)
	command.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm", "CGO_ENABLED=0", "GOFLAGS=", "GOWORK=off")
	return command
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
