package web

import (
	"compress/gzip"
	"embed"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
)

// toolFiles hold what `make tool` built for the page /safe-copy, compressed, with
// the hash of their content in their names; in a plain build there are none.
//
//go:embed all:tool
var toolFiles embed.FS

// A Tool is what the page /safe-copy runs in the browser: the paths of the
// program and of the script that starts it. The zero Tool is none.
type Tool struct{ Program, Starter string }

// Is reports whether this build has the tool.
func (t Tool) Is() bool { return t != Tool{} }

// findTool returns the tool of this build.
func findTool(from fs.FS) (Tool, error) {
	programs, err := fs.Glob(from, "tool/safe-copy.*.wasm.br")
	if err != nil {
		return Tool{}, fmt.Errorf("look for the tool: %w", err)
	}
	starters, err := fs.Glob(from, "tool/wasm-exec.*.js.br")
	if err != nil {
		return Tool{}, fmt.Errorf("look for the tool: %w", err)
	}
	if len(programs) != 1 || len(starters) != 1 {
		return Tool{}, nil
	}
	address := func(name string) string { return "/assets/tool/" + strings.TrimSuffix(path.Base(name), ".br") }
	return Tool{Program: address(programs[0]), Starter: address(starters[0])}, nil
}

// toolTypes are the Content-Types of the tool's files.
var toolTypes = map[string]string{".wasm": "application/wasm", ".js": types[".js"]}

// tool answers GET /assets/tool/{name} in the form the browser takes.
func (s *Server) tool(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	kind := toolTypes[path.Ext(name)]
	if kind == "" {
		http.NotFound(w, r)
		return
	}
	encoding, ext := "gzip", ".gz"
	if takes(r, "br") {
		encoding, ext = "br", ".br"
	}
	file, err := toolFiles.Open("tool/" + name + ext)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	defer func() { _ = file.Close() }() // a file in memory
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Cache-Control", lasting)
	h.Add("Vary", "Accept-Encoding")
	if encoding == "gzip" && !takes(r, "gzip") {
		plain, err := gzip.NewReader(file)
		if err == nil {
			_, _ = io.Copy(w, plain) // a client that has gone needs no answer
		}
		return
	}
	h.Set("Content-Encoding", encoding)
	if about, err := file.Stat(); err == nil {
		h.Set("Content-Length", strconv.FormatInt(about.Size(), 10))
	}
	_, _ = io.Copy(w, file) // a client that has gone needs no answer
}

// takes reports whether a browser takes an encoding (RFC 9110, section 12.5.3).
// One that it takes with q=0 it does not take.
func takes(r *http.Request, encoding string) bool {
	return slices.ContainsFunc(strings.Split(r.Header.Get("Accept-Encoding"), ","), func(one string) bool {
		name, parameter, _ := strings.Cut(one, ";")
		if !strings.EqualFold(strings.TrimSpace(name), encoding) {
			return false
		}
		_, quality, given := strings.Cut(parameter, "=")
		q, err := strconv.ParseFloat(strings.TrimSpace(quality), 64)
		return !given || err == nil && q > 0
	})
}

// lasting is the Cache-Control of what carries its hash in its path.
const lasting = "public, max-age=31536000, immutable"

// The content security policies of the page /safe-copy and of its worker: the
// program is WebAssembly, and what it made is shown and kept from memory.
const (
	safeCopyPolicy = "default-src 'none'; style-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; img-src 'self' data: blob:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
	workerPolicy   = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'"
)

// workerScript is the name of the worker's script before its hash.
const workerScript = "safe-copy-worker."
