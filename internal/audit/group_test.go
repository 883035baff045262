package audit

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestEveryKindIsListedOnceAndInAGroup(t *testing.T) {
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	declared := 0
	for _, name := range names {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		declared += checkListed(t, file)
	}
	if declared == 0 || declared != len(Kinds) {
		t.Errorf("%d kinds are declared and %d listed", declared, len(Kinds))
	}
	sum := 0
	for _, g := range Groups {
		if len(g.Of()) == 0 {
			t.Errorf("no kind is in group %s", g)
		}
		sum += len(g.Of())
	}
	if sum != len(Kinds) {
		t.Errorf("the groups hold %d kinds, want each once", sum)
	}
	for _, k := range Rest.Of() {
		if !slices.Contains([]string{"request", "mail", "log", "installation"}, strings.Split(string(k), ".")[0]) {
			t.Errorf("%s fell among the rest: say in groups where it belongs", k)
		}
	}
}

// checkListed fails for each kind that file declares and Kinds does not list
// once. It returns how many it declares.
func checkListed(t *testing.T, file *ast.File) (declared int) {
	t.Helper()
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if name, ok := spec.Type.(*ast.Ident); !ok || name.Name != "Kind" {
			return true
		}
		declared++
		kind := Kind(strings.Trim(spec.Values[0].(*ast.BasicLit).Value, `"`))
		if listed := slices.Index(Kinds, kind); listed < 0 || slices.Contains(Kinds[listed+1:], kind) {
			t.Errorf("%s is not in Kinds, or twice", kind)
		}
		return true
	})
	return declared
}
