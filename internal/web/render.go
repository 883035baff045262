package web

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"image/png"
	"io"
	"io/fs"
	"path"
	"strings"
	"sync"

	"github.com/sparekey/sparekey/internal/org"
)

//go:embed pages/*.html assets/* pictures
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
	pictures  map[string]Picture                            // by "STEP.LANGUAGE"
	tool      Tool
}

// A Picture shows what a step of the help page is about.
type Picture struct {
	Step          string
	URL           string
	Width, Height int // as it is shown, in CSS pixels
}

// NewPages hashes every asset and finds every template, which is parsed when its
// page is first shown: all of them together take longer than the rest of the
// start. They are compiled in, so that an error is a fault of the build.
func NewPages() (*Pages, error) {
	p := &Pages{
		templates: make(map[string]func() (*template.Template, error)),
		assets:    make(map[string]Asset),
		hashed:    make(map[string]string),
		pictures:  make(map[string]Picture),
	}
	if err := p.hashAssets(); err != nil {
		return nil, err
	}
	if err := p.hashPictures(); err != nil {
		return nil, err
	}
	var err error
	if p.tool, err = findTool(toolFiles); err != nil {
		return nil, err
	}
	return p, p.parse()
}

// types are the Content-Types of the assets there are.
var types = map[string]string{
	".css": "text/css; charset=utf-8",
	".js":  "text/javascript; charset=utf-8",
	".svg": "image/svg+xml",
	".png": "image/png",
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
		p.add(name, asset)
	}
	return nil
}

// add keeps an asset under its name and under one with the hash of its content.
func (p *Pages) add(name string, asset Asset) {
	p.assets[name] = asset
	ext := path.Ext(name)
	sum := sha256.Sum256(asset.Content)
	hashed := strings.TrimSuffix(name, ext) + "." + hex.EncodeToString(sum[:6]) + ext
	asset.Lasting = true
	p.assets[hashed] = asset
	p.hashed[name] = hashed
}

// pictureScale is how many pixels of a picture make one CSS pixel, so that it is
// sharp on finer screens.
const pictureScale = 1.5

// hashPictures finds the pictures of the help page, which the stories take.
func (p *Pages) hashPictures() error {
	names, err := fs.Glob(files, "pictures/*.png")
	if err != nil {
		return fmt.Errorf("list pictures: %w", err)
	}
	for _, name := range names {
		content, err := fs.ReadFile(files, name)
		if err != nil {
			return fmt.Errorf("read picture %s: %w", name, err)
		}
		size, err := png.DecodeConfig(bytes.NewReader(content))
		if err != nil {
			return fmt.Errorf("picture %s: %w", name, err)
		}
		file := path.Base(name)
		p.add("help-"+file, Asset{Content: content, Type: types[".png"]})
		of := strings.TrimSuffix(file, ".png")
		step, _, _ := strings.Cut(of, ".")
		p.pictures[of] = Picture{
			Step: step, URL: "/assets/" + p.hashed["help-"+file],
			Width: int(float64(size.Width) / pictureScale), Height: int(float64(size.Height) / pictureScale),
		}
	}
	return nil
}

// picture returns the picture of a step in a language, or none.
func (p *Pages) picture(step string, l org.Language) *Picture {
	if found, ok := p.pictures[step+"."+string(l)]; ok {
		return &found
	}
	return nil
}

func (p *Pages) parse() error {
	funcs := template.FuncMap{
		"asset":   p.assetURL,
		"args":    args,
		"picture": p.picture,
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

// RenderPart writes the words of a page without what is around them, for scripts.
func (p *Pages) RenderPart(w io.Writer, page Page) error {
	parsed, ok := p.templates[page.template()]
	if !ok {
		return fmt.Errorf("render %T: no template %q", page, page.template())
	}
	t, err := parsed()
	if err != nil {
		return fmt.Errorf("render %T: %w", page, err)
	}
	if err := t.ExecuteTemplate(w, "main", page); err != nil {
		return fmt.Errorf("render %s: %w", page.template(), err)
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
