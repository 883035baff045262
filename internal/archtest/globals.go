package archtest

import (
	"fmt"
	"go/ast"
	"go/token"
)

// checkVariables looks for package variables that change while the program
// runs. What is made where it is declared and never assigned again, such as an
// error, a table, or a compiled expression, is a constant in all but name.
func checkVariables(files []file) []string {
	var breaches []string
	declared := make(map[string]map[string]bool) // by folder, then by name
	for _, f := range files {
		if declared[f.folder] == nil {
			declared[f.folder] = make(map[string]bool)
		}
		for _, spec := range packageVariables(f) {
			for _, name := range spec.Names {
				declared[f.folder][name.Name] = true
				if len(spec.Values) == 0 && !isEmbedded(spec.Type) && !isFilledByEmbed(f, spec) {
					breaches = append(breaches, fmt.Sprintf(
						"%s declares the package variable %s without a value, to be filled later: "+
							"state lives in a field", f.path, name.Name))
				}
			}
		}
	}
	for _, f := range files {
		for name := range assigned(f, declared[f.folder]) {
			breaches = append(breaches, fmt.Sprintf(
				"%s changes the package variable %s: state lives in a field", f.path, name))
		}
	}
	return breaches
}

func packageVariables(f file) []*ast.ValueSpec {
	var specs []*ast.ValueSpec
	for _, d := range f.tree.Decls {
		if group, ok := d.(*ast.GenDecl); ok && group.Tok == token.VAR {
			for _, s := range group.Specs {
				specs = append(specs, s.(*ast.ValueSpec))
			}
		}
	}
	return specs
}

// isEmbedded reports whether the type is embed.FS, which the compiler fills.
func isEmbedded(t ast.Expr) bool {
	s, ok := t.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	x, ok := s.X.(*ast.Ident)
	return ok && x.Name == "embed" && s.Sel.Name == "FS"
}

// isFilledByEmbed reports whether a string or []byte may stand below an
// embed directive: the file must import embed, which it does for nothing else.
func isFilledByEmbed(f file, spec *ast.ValueSpec) bool {
	for _, i := range f.imports() {
		if i != "embed" {
			continue
		}
		switch t := spec.Type.(type) {
		case *ast.Ident:
			return t.Name == "string"
		case *ast.ArrayType:
			elem, ok := t.Elt.(*ast.Ident)
			return ok && elem.Name == "byte"
		}
	}
	return false
}

// assigned returns the names among variables that code in f assigns to, in
// whole or in part, or counts up or down.
func assigned(f file, variables map[string]bool) map[string]bool {
	found := make(map[string]bool)
	note := func(target ast.Expr) {
		if id := root(target); id != nil && variables[id.Name] && isPackageLevel(f, id) {
			found[id.Name] = true
		}
	}
	ast.Inspect(f.tree, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			if n.Tok != token.DEFINE {
				for _, target := range n.Lhs {
					note(target)
				}
			}
		case *ast.IncDecStmt:
			note(n.X)
		case *ast.RangeStmt:
			if n.Tok == token.ASSIGN {
				note(n.Key)
				note(n.Value)
			}
		case *ast.CallExpr:
			if fn, ok := n.Fun.(*ast.Ident); ok && len(n.Args) > 0 &&
				(fn.Name == "delete" || fn.Name == "clear" || fn.Name == "copy") {
				note(n.Args[0])
			}
		}
		return true
	})
	return found
}

// root returns the variable at the bottom of an expression such as v.f[3].
func root(e ast.Expr) *ast.Ident {
	for {
		switch x := e.(type) {
		case *ast.Ident:
			return x
		case *ast.SelectorExpr:
			e = x.X
		case *ast.IndexExpr:
			e = x.X
		case *ast.StarExpr:
			e = x.X
		case *ast.ParenExpr:
			e = x.X
		default:
			return nil
		}
	}
}

// isPackageLevel reports whether id, which carries the name of a package
// variable, means that variable. The parser resolves names within one file:
// what it left open is declared in another file of the package.
func isPackageLevel(f file, id *ast.Ident) bool {
	return id.Obj == nil || f.tree.Scope.Lookup(id.Name) == id.Obj
}
