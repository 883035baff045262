package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestADocumentKeepsWhatPeopleWrote(t *testing.T) {
	path := filepath.Join(t.TempDir(), "measured.md")
	sections := []section{{title: "Bread", figures: []figure{{what: "rising", measured: "1 h", bar: "≤ 2 h", verdict: met}}}}

	write(t, path, sections)
	first := read(t, path)
	if !strings.Contains(first, "| rising | 1 h | ≤ 2 h | met |") {
		t.Errorf("the figure is not in the document:\n%s", first)
	}
	const note = "\nThe oven was cold.\n"
	if err := os.WriteFile(path, []byte(first+note), 0o600); err != nil {
		t.Fatal(err)
	}

	write(t, path, nil)
	second := read(t, path)
	if strings.Contains(second, "rising") {
		t.Error("the old figure is still there")
	}
	if !strings.HasSuffix(second, handWritten+"\n"+note) {
		t.Errorf("the note is gone:\n%s", second)
	}
}

func write(t *testing.T, path string, sections []section) {
	t.Helper()
	if err := writeDocument(path, facts{}, sections); err != nil {
		t.Fatal(err)
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
