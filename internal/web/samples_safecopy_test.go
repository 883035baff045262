package web

import (
	"os"
	"regexp"
	"slices"
	"testing"

	"github.com/sparekey/sparekey/internal/safecopy"
)

// commandReasons are what sparekey safecopy check says besides, of PDF files.
var commandReasons = []string{"pdf-text", "pdf-revisions", "pdf-parts", "pdf-pages", "pdf-locked", "pdf-itself", "gave-up"}

func TestEveryReasonOfTheVerifierHasItsWords(t *testing.T) {
	source, err := os.ReadFile("../safecopy/check.go")
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`ReasonCode += "([a-z-]+)"`).FindAllStringSubmatch(string(source), -1)
	if len(found) < 20 {
		t.Fatalf("only %d reasons found in check.go", len(found))
	}
	for _, f := range found {
		if !slices.Contains(safeCopyReasons, safecopy.ReasonCode(f[1])) {
			t.Errorf("the page has no words for %s", f[1])
		}
	}
}

// safeCopyBuilt are the ids that the pages about safe copies put together.
func safeCopyBuilt() []string {
	var ids []string
	for _, id := range safeCopyTold {
		ids = append(ids, "safe-copy."+id)
	}
	for _, f := range (SafeCopy{}).Faults() {
		ids = append(ids, "safe-copy.fault."+f)
	}
	for _, r := range safeCopyReasons {
		ids = append(ids, "safe-copy.reason."+string(r))
	}
	for _, r := range commandReasons {
		ids = append(ids, "safe-copy.reason."+r)
	}
	for _, d := range (Where{}).Models() {
		ids = append(ids, "where."+d.Name, "where."+d.Name+".how", "where."+d.Name+".alt")
	}
	return ids
}
