package web

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"path"
	"strings"
	"sync"
)

//go:embed pages/*.html assets/*
var files embed.FS

// An Asset is a file that pages fetch, compiled into the program.
type Asset struct {
	Content []byte
	Type    string // for Content-Type
	// Lasting says that the path carries the hash of the content, so that a
	// browser may keep it for ever.
	Lasting bool
}

// Pages renders views and holds the assets they fetch. It is safe for use by
// many at once.
type Pages struct {
	templates map[string]func() (*template.Template, error) // by name of the page
	assets    map[string]Asset                              // by path below /assets/
	hashed    map[string]string                             // name of the asset → path with its hash
}

// NewPages hashes every asset and finds every template, which is parsed when its
// page is first shown: all of them together take longer than the rest of the
// start. They are compiled in, so that an error is a fault of the build.
func NewPages() (*Pages, error) {
	p := &Pages{
		templates: make(map[string]func() (*template.Template, error)),
		assets:    make(map[string]Asset),
		hashed:    make(map[string]string),
	}
	if err := p.hashAssets(); err != nil {
		return nil, err
	}
	return p, p.parse()
}

// types are the Content-Types of the assets there are.
var types = map[string]string{
	".css": "text/css; charset=utf-8",
	".js":  "text/javascript; charset=utf-8",
	".svg": "image/svg+xml",
}

func (p *Pages) hashAssets() error {
	entries, err := fs.ReadDir(files, "assets")
	if err != nil {
		return fmt.Errorf("read assets: %w", err)
	}
	for _, entry := range entries {
		name := entry.Name()
		content, err := fs.ReadFile(files, "assets/"+name)
		if err != nil {
			return fmt.Errorf("read asset %s: %w", name, err)
		}
		ext := path.Ext(name)
		asset := Asset{Content: content, Type: types[ext]}
		if asset.Type == "" {
			return fmt.Errorf("asset %s: no content type for %q", name, ext)
		}
		p.assets[name] = asset
		sum := sha256.Sum256(content)
		hashed := strings.TrimSuffix(name, ext) + "." + hex.EncodeToString(sum[:6]) + ext
		asset.Lasting = true
		p.assets[hashed] = asset
		p.hashed[name] = hashed
	}
	return nil
}

func (p *Pages) parse() error {
	funcs := template.FuncMap{
		"asset": p.assetURL,
		"args":  args,
	}
	shared, err := template.New("shared").Funcs(funcs).ParseFS(files, "pages/_*.html")
	if err != nil {
		return fmt.Errorf("parse shared templates: %w", err)
	}
	names, err := fs.Glob(files, "pages/[a-z]*.html")
	if err != nil {
		return fmt.Errorf("list pages: %w", err)
	}
	for _, name := range names {
		p.templates[strings.TrimSuffix(path.Base(name), ".html")] = sync.OnceValues(func() (*template.Template, error) {
			page, err := shared.Clone()
			if err == nil {
				_, err = page.ParseFS(files, name)
			}
			if err != nil {
				return nil, fmt.Errorf("parse %s: %w", name, err)
			}
			return page, nil
		})
	}
	return nil
}

// assetURL returns the path of the named asset with the hash of its content.
func (p *Pages) assetURL(name string) (string, error) {
	hashed, ok := p.hashed[name]
	if !ok {
		return "", fmt.Errorf("no asset %q", name)
	}
	return "/assets/" + hashed, nil
}

// Asset returns the asset at path below "/assets/", with or without the hash
// in its name, or false.
func (p *Pages) Asset(path string) (Asset, bool) {
	asset, ok := p.assets[path]
	return asset, ok
}

// Render writes page as a whole HTML document to w. Nothing is written where
// the template fails, so that the caller can still answer with an error.
func (p *Pages) Render(w io.Writer, page Page) error {
	parsed, ok := p.templates[page.template()]
	if !ok {
		return fmt.Errorf("render %T: no template %q", page, page.template())
	}
	t, err := parsed()
	if err != nil {
		return fmt.Errorf("render %T: %w", page, err)
	}
	var document bytes.Buffer
	if err := t.ExecuteTemplate(&document, "layout", rendered{Page: page, Frame: page.frame(), Title: page.title(), Name: page.template()}); err != nil {
		return fmt.Errorf("render %s: %w", page.template(), err)
	}
	if _, err := document.WriteTo(w); err != nil {
		return fmt.Errorf("write %s: %w", page.template(), err)
	}
	return nil
}

// rendered is what the layout sees: the frame, and the page within it.
type rendered struct {
	Frame
	Page  Page
	Title string
	Name  string // of the template, as a class for the style sheet
}

// args makes a map from alternating names and values, for a template that
// needs more than one thing.
func args(pairs ...any) (map[string]any, error) {
	if len(pairs)%2 != 0 {
		return nil, fmt.Errorf("args: %d values do not pair", len(pairs))
	}
	m := make(map[string]any, len(pairs)/2)
	for i := 0; i < len(pairs); i += 2 {
		name, ok := pairs[i].(string)
		if !ok {
			return nil, fmt.Errorf("args: name %v is no text", pairs[i])
		}
		m[name] = pairs[i+1]
	}
	return m, nil
}
