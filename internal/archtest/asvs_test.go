package archtest

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// asvsSections says how many requirements ASVS 5.0.0 has in each section that
// docs/asvs.md covers, numbered from 1: V6 and V7 whole, of V8, V11 and V16 those
// of levels 1 and 2, which come first in their section but where listed apart.
var asvsSections = map[string]int{
	"6.1": 3, "6.2": 12, "6.3": 8, "6.4": 6, "6.5": 8, "6.6": 4, "6.7": 2, "6.8": 4,
	"7.1": 3, "7.2": 4, "7.3": 2, "7.4": 5, "7.5": 3, "7.6": 2,
	"8.1": 2, "8.2": 3, "8.3": 1, "8.4": 1,
	"11.1": 2, "11.2": 3, "11.3": 3, "11.4": 4, "11.5": 1, "11.6": 1,
	"16.1": 1, "16.2": 5, "16.3": 4, "16.4": 3, "16.5": 3,
}

var (
	asvsRow   = regexp.MustCompile(`(?m)^\| (\d+\.\d+\.\d+) \| ([123]) \| (.+) \| (.+) \|$`)
	namedTest = regexp.MustCompile("`((?:Test|Fuzz)[A-Za-z0-9_]+)`")
	namedFile = regexp.MustCompile(`\]\(([a-z0-9/.-]+)(#[a-z-]+)?\)`)
	testFunc  = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)[A-Za-z0-9_]+)\(`)
	heading   = regexp.MustCompile(`(?m)^##+ (.+)$`)
)

func TestEveryRequirementOfASVSIsAnswered(t *testing.T) {
	text, err := os.ReadFile("../../docs/asvs.md")
	if err != nil {
		t.Fatal(err)
	}
	known := testsOfTheRepository(t)
	rows := make(map[string]int)
	for _, row := range asvsRow.FindAllStringSubmatch(string(text), -1) {
		id, how, shown := row[1], row[3], row[4]
		rows[id]++
		if shown == "–" && strings.HasPrefix(how, "applies not: ") {
			continue
		}
		tests, files := namedTest.FindAllStringSubmatch(shown, -1), namedFile.FindAllStringSubmatch(shown, -1)
		if len(tests)+len(files) == 0 {
			t.Errorf("%s names neither a test nor a document", id)
		}
		for _, name := range tests {
			if !known[name[1]] {
				t.Errorf("%s names %s, which is no test of this repository", id, name[1])
			}
		}
		for _, file := range files {
			if why := leadsNowhere(file[1], file[2]); why != "" {
				t.Errorf("%s: %s", id, why)
			}
		}
	}
	for section, count := range asvsSections {
		for n := range count {
			id := fmt.Sprintf("%s.%d", section, n+1)
			if rows[id] != 1 {
				t.Errorf("%s has %d rows, want one", id, rows[id])
			}
			delete(rows, id)
		}
	}
	for id := range rows {
		t.Errorf("%s is no requirement that this table covers", id)
	}
}

// leadsNowhere says why a link of docs/asvs.md leads nowhere, or nothing.
func leadsNowhere(file, fragment string) string {
	text, err := os.ReadFile(filepath.Join("../../docs", file))
	if err != nil {
		return "there is no " + file
	}
	if fragment == "" {
		return ""
	}
	for _, h := range heading.FindAllStringSubmatch(string(text), -1) {
		if "#"+strings.ReplaceAll(strings.ToLower(h[1]), " ", "-") == fragment {
			return ""
		}
	}
	return file + " has no heading for " + fragment
}

// testsOfTheRepository returns the name of every test and fuzz target.
func testsOfTheRepository(t *testing.T) map[string]bool {
	t.Helper()
	names := make(map[string]bool)
	for _, root := range []string{"../../cmd", "../../internal", "../../test"} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.Name() == "node_modules" {
				return fs.SkipDir
			}
			if d.IsDir() || !strings.HasSuffix(path, "_test.go") {
				return nil
			}
			text, err := os.ReadFile(path)
			for _, f := range testFunc.FindAllStringSubmatch(string(text), -1) {
				names[f[1]] = true
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return names
}
