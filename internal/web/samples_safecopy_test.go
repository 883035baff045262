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

func TestEveryCodeOfSafeCopiesHasItsWords(t *testing.T) {
	for file, c := range map[string]struct {
		kind  string
		least int
		known func(string) bool
	}{
		"check.go":   {"ReasonCode", 20, func(code string) bool { return slices.Contains(safeCopyReasons, safecopy.ReasonCode(code)) }},
		"propose.go": {"NoteCode", 10, func(code string) bool { return slices.Contains(safeCopyNotes, safecopy.NoteCode(code)) }},
	} {
		source, err := os.ReadFile("../safecopy/" + file)
		if err != nil {
			t.Fatal(err)
		}
		found := regexp.MustCompile(c.kind+` += "([a-z-]+)"`).FindAllStringSubmatch(string(source), -1)
		if len(found) < c.least {
			t.Fatalf("only %d codes found in %s", len(found), file)
		}
		for _, f := range found {
			if !c.known(f[1]) {
				t.Errorf("the page has no words for %s", f[1])
			}
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
	for _, n := range safeCopyNotes {
		ids = append(ids, "safe-copy.note."+string(n))
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
