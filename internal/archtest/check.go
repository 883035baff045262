package archtest

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
)

// A file is one parsed Go file of ours that is not a test.
type file struct {
	path   string // from the root of the repository
	folder string
	tree   *ast.File
}

// inside returns the folder below internal/, if the file is there.
func (f file) inside() (string, bool) { return strings.CutPrefix(f.folder, "internal/") }

// imports returns the paths the file imports.
func (f file) imports() []string {
	var paths []string
	for _, spec := range f.tree.Imports {
		paths = append(paths, importPath(spec))
	}
	return paths
}

func importPath(spec *ast.ImportSpec) string {
	p, err := strconv.Unquote(spec.Path.Value)
	if err != nil {
		return spec.Path.Value // the parser has checked it; show it as it is
	}
	return p
}

// check returns one sentence for every breach of the rules in repo, sorted.
// The error is about reading or parsing, and says nothing about the rules.
func check(repo fs.FS) ([]string, error) {
	files, err := load(repo)
	if err != nil {
		return nil, err
	}
	var breaches []string
	for _, f := range files {
		breaches = append(breaches, checkNames(f)...)
		breaches = append(breaches, checkInit(f)...)
		breaches = append(breaches, checkImports(f)...)
		breaches = append(breaches, checkBans(f)...)
	}
	breaches = append(breaches, checkVariables(files)...)
	slices.Sort(breaches)
	return slices.Compact(breaches), nil
}

// load parses the files of the program. test/ is left out: it may do as it likes.
func load(repo fs.FS) ([]file, error) {
	var files []file
	set := token.NewFileSet()
	for _, root := range []string{"cmd", "internal"} {
		if _, err := fs.Stat(repo, root); err != nil {
			continue // not written yet
		}
		err := fs.WalkDir(repo, root, func(p string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if d.IsDir() {
				if name := d.Name(); name == "testdata" || name[0] == '.' || name[0] == '_' {
					return fs.SkipDir // as the go command does
				}
				return nil
			}
			if !strings.HasSuffix(p, ".go") || strings.HasSuffix(p, "_test.go") {
				return nil
			}
			source, err := fs.ReadFile(repo, p)
			if err != nil {
				return err
			}
			tree, err := parser.ParseFile(set, p, source, 0)
			if err != nil {
				return err
			}
			files = append(files, file{path: p, folder: path.Dir(p), tree: tree})
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return files, nil
}

func checkNames(f file) []string {
	var breaches []string
	for _, name := range []string{path.Base(f.folder), f.tree.Name.Name} {
		if slices.Contains(vague, name) {
			breaches = append(breaches, fmt.Sprintf(
				"%s: the package name %s says nothing about what is inside", f.folder, name))
		}
	}
	return breaches
}

func checkInit(f file) []string {
	for _, d := range f.tree.Decls {
		if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
			return []string{f.path + " has an init function: what it prepares must be asked for, not happen on import"}
		}
	}
	return nil
}

func checkImports(f file) []string {
	var breaches []string
	here, inside := f.inside()
	own, listed := layerOf(here)
	if inside && !listed {
		breaches = append(breaches, f.folder+" is in no layer: add it to the table in archtest")
	}
	for _, imported := range f.imports() {
		ours, isOurs := strings.CutPrefix(imported, module)
		switch {
		case isOurs && (ours == "cmd" || strings.HasPrefix(ours, "cmd/")):
			breaches = append(breaches, fmt.Sprintf("%s imports %s: nobody imports cmd", f.path, ours))
		case isOurs && inside && listed:
			if target, below := strings.CutPrefix(ours, "internal/"); !below || !own.mayImport(here, target) {
				breaches = append(breaches, fmt.Sprintf("%s imports %s: %s", f.path, ours, own.rule))
			}
		case !isOurs && inside && listed && own.libraries != nil && isThirdParty(imported) &&
			!slices.Contains(own.libraries, imported):
			breaches = append(breaches, fmt.Sprintf("%s imports %s: of third-party packages, a %s package uses only %s",
				f.path, imported, own.name, strings.Join(own.libraries, ", ")))
		}
	}
	return breaches
}

// mayImport reports whether folder importer, of this layer, may import folder
// imported; both are below internal/. An unlisted folder is nobody's to import.
func (l layer) mayImport(importer, imported string) bool {
	other, ok := layerOf(imported)
	if !ok {
		return false
	}
	if other.name == l.name {
		return l.among(l, importer, imported)
	}
	return slices.Contains(l.below, other.name)
}

// layerOf returns the layer that lists folder, which is below internal/.
func layerOf(folder string) (layer, bool) {
	for _, l := range house {
		for _, pattern := range l.packages {
			if match, err := path.Match(pattern, folder); err == nil && match {
				return l, true
			}
		}
	}
	return layer{}, false
}

// isThirdParty reports whether an import that is not ours comes from another
// module: only those have a dot in their first element.
func isThirdParty(imported string) bool {
	first, _, _ := strings.Cut(imported, "/")
	return strings.Contains(first, ".")
}

// checkBans looks for what the file's layer, or the rule for its folder alone,
// keeps out of bounds.
func checkBans(f file) []string {
	here, inside := f.inside()
	if !inside {
		return nil
	}
	own, _ := layerOf(here)
	imports := own.imports
	top, _, _ := strings.Cut(here, "/")
	if extra, ok := single[top]; ok {
		imports = append(slices.Clip(imports), extra)
	}

	var breaches []string
	for _, imported := range f.imports() {
		if why := bannedImport(imports, imported); why != "" {
			breaches = append(breaches, fmt.Sprintf("%s imports %s: %s", f.path, imported, why))
		}
	}
	for _, b := range own.names {
		for _, name := range b.what {
			if uses(f, name) {
				breaches = append(breaches, fmt.Sprintf("%s uses %s: %s", f.path, name, b.why))
			}
		}
	}
	return breaches
}

// bannedImport returns why the import is forbidden, or "" if it is not. The
// first ban that names it counts, so that exceptions can come before.
func bannedImport(bans []ban, imported string) string {
	for _, b := range bans {
		for _, what := range b.what {
			parent, andBelow := strings.CutSuffix(what, "/...")
			if imported == parent || andBelow && strings.HasPrefix(imported, parent+"/") {
				return b.why
			}
		}
	}
	return ""
}

// uses reports whether the file mentions name, written as import path, dot,
// identifier. A dot import counts as a mention, since it hides the difference.
func uses(f file, name string) bool {
	dot := strings.LastIndex(name, ".")
	wantPath, want := name[:dot], name[dot+1:]
	local := ""
	for _, spec := range f.tree.Imports {
		if importPath(spec) != wantPath {
			continue
		}
		local = path.Base(wantPath)
		if spec.Name != nil {
			local = spec.Name.Name
		}
	}
	if local == "" {
		return false
	}
	found := local == "."
	ast.Inspect(f.tree, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok && s.Sel.Name == want {
			// An identifier that the parser resolved is a variable of the
			// same name, not the package.
			if x, ok := s.X.(*ast.Ident); ok && x.Name == local && x.Obj == nil {
				found = true
			}
		}
		return !found
	})
	return found
}
