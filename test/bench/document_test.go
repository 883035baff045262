package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestADocumentKeepsItsOtherPartsAndWhatPeopleWrote(t *testing.T) {
	path := filepath.Join(t.TempDir(), "measured.md")
	names := []string{"dough", "bread", "cake"}
	put := func(name, measured string) string {
		t.Helper()
		s := section{title: "Of " + name, figures: []figure{{what: "rising", measured: measured, bar: "≤ 2 h", verdict: met}}}
		if err := writeDocument(path, names, name, partOf(facts{}, "bake -only "+name, s)); err != nil {
			t.Fatal(err)
		}
		return read(t, path)
	}

	first := put("bread", "1 h")
	if !strings.Contains(first, "| rising | 1 h | ≤ 2 h | met |") || !strings.Contains(first, "`bake -only bread`") {
		t.Errorf("the figure or its command is not in the document:\n%s", first)
	}
	const note = "\nThe oven was cold.\n"
	if err := os.WriteFile(path, []byte(first+note), 0o600); err != nil {
		t.Fatal(err)
	}

	put("cake", "3 h")
	put("dough", "4 h")
	last := put("bread", "2 h")
	if strings.Contains(last, "| 1 h |") {
		t.Error("the old figure is still there")
	}
	at := -1
	for _, want := range []string{"Of dough", "| 4 h |", "Of bread", "| 2 h |", "Of cake", "| 3 h |", handWritten + "\n" + note} {
		next := strings.Index(last, want)
		if next <= at || strings.Count(last, want) != 1 {
			t.Errorf("%q is not there once, in its order:\n%s", want, last)
		}
		at = next
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
