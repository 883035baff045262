package archtest

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

var tableRow = regexp.MustCompile(`(?m)^\| (.+) \|$`)

// TestEveryAttackerIsTriedByATest holds docs/attackers.md to naming, in the last
// cell of each row, tests that there are.
func TestEveryAttackerIsTriedByATest(t *testing.T) {
	text, err := os.ReadFile("../../docs/attackers.md")
	if err != nil {
		t.Fatal(err)
	}
	known := testsOfTheRepository(t)
	rows := 0
	for _, row := range tableRow.FindAllStringSubmatch(string(text), -1) {
		cells := strings.Split(row[1], " | ")
		last := cells[len(cells)-1]
		if last == "test" { // the heading
			continue
		}
		rows++
		tests := namedTest.FindAllStringSubmatch(last, -1)
		if len(tests) == 0 {
			t.Errorf("“%s” names no test", cells[0])
		}
		for _, name := range tests {
			if !known[name[1]] {
				t.Errorf("“%s” names %s, which is no test of this repository", cells[0], name[1])
			}
		}
	}
	if rows < 30 {
		t.Errorf("%d rows were read: is it still a table?", rows)
	}
}
