package web

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"path"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/andybalholm/brotli"
)

func TestABuildKnowsWhetherItHasTheTool(t *testing.T) {
	for _, c := range []struct {
		files []string
		want  bool
	}{
		{nil, false},
		{[]string{"safe-copy.0a.wasm.br", "safe-copy.0a.wasm.gz"}, false},
		{[]string{"safe-copy.0a.wasm.br", "wasm-exec.1b.js.br"}, true},
		{[]string{"safe-copy.0a.wasm.br", "safe-copy.0b.wasm.br", "wasm-exec.1b.js.br"}, false}, // half a build
	} {
		folder := fstest.MapFS{"tool/.gitignore": {}}
		for _, f := range c.files {
			folder["tool/"+f] = new(fstest.MapFile)
		}
		tool, err := findTool(folder)
		if err != nil || tool.Is() != c.want {
			t.Errorf("%v: %v, %v", c.files, tool, err)
		}
		if c.want && (tool.Program != "/assets/tool/safe-copy.0a.wasm" || tool.Starter != "/assets/tool/wasm-exec.1b.js") {
			t.Errorf("it is at %v", tool)
		}
	}
}

func TestAnEncodingIsTakenUnlessItIsRefused(t *testing.T) {
	for accept, want := range map[string]bool{
		"": false, "br": true, "gzip, deflate, br, zstd": true, "gzip": false, "br;q=0": false, "br;q=0.0, gzip": false, "BR; q=0.5": true, "brx": false,
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("Accept-Encoding", accept)
		if takes(r, "br") != want {
			t.Errorf("%q: %v", accept, !want)
		}
	}
}

func TestTheToolIsTheSameInEveryEncoding(t *testing.T) {
	tool, err := findTool(toolFiles)
	if err != nil {
		t.Fatal(err)
	}
	if !tool.Is() {
		t.Skip("this build has no tool; make test builds it")
	}
	const most = 1_600_000
	sizes := 0
	for _, address := range []string{tool.Program, tool.Starter} {
		var whole []byte
		for _, accept := range []string{"br", "gzip", "", "gzip;q=0"} {
			r := httptest.NewRequest(http.MethodGet, address, nil)
			r.SetPathValue("name", path.Base(address))
			r.Header.Set("Accept-Encoding", accept)
			w := httptest.NewRecorder()
			new(Server).tool(w, r)
			if w.Code != http.StatusOK || w.Header().Get("Cache-Control") != lasting || w.Header().Get("Vary") != "Accept-Encoding" {
				t.Errorf("%s as %q: %d %v", address, accept, w.Code, w.Header())
			}
			var body io.Reader = w.Body
			switch encoding := w.Header().Get("Content-Encoding"); encoding {
			case "br":
				sizes += w.Body.Len()
				body = brotli.NewReader(w.Body)
			case "gzip":
				if body, err = gzip.NewReader(w.Body); err != nil {
					t.Fatal(err)
				}
			case "":
			default:
				t.Errorf("%s as %q", address, encoding)
			}
			content, err := io.ReadAll(body)
			if err != nil {
				t.Fatal(err)
			}
			if whole == nil {
				whole = content
			}
			if len(content) == 0 || !bytes.Equal(whole, content) {
				t.Errorf("%s as %q is another file", address, accept)
			}
		}
		if strings.HasSuffix(address, ".wasm") && !bytes.HasPrefix(whole, []byte("\x00asm")) {
			t.Errorf("%s is no WebAssembly", address)
		}
	}
	t.Logf("a browser loads %d bytes as brotli", sizes)
	if sizes > most {
		t.Errorf("a browser loads %d bytes, %d are the most", sizes, most)
	}
}

func TestNothingElseIsServedFromTheFolderOfTheTool(t *testing.T) {
	for _, name := range []string{".gitignore", "../server.go", "safe-copy.wasm", "x.js", ""} {
		r := httptest.NewRequest(http.MethodGet, "/assets/tool/x", nil)
		r.SetPathValue("name", name)
		w := httptest.NewRecorder()
		new(Server).tool(w, r)
		if w.Code != http.StatusNotFound {
			t.Errorf("%q: %d", name, w.Code)
		}
	}
}
