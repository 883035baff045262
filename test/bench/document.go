package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"text/tabwriter"
	"time"
)

// handWritten is the line below which people write: a run keeps what is there.
const handWritten = "<!-- Below this line people write; make bench keeps it. -->"

// printTable prints every figure for a terminal.
func printTable(to io.Writer, sections []section) error {
	t := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	for _, s := range sections {
		fmt.Fprintf(t, "\n%s\n", s.title) // errors come from Flush
		for _, f := range s.figures {
			fmt.Fprintf(t, "  %s\t%s\t%s\t%s\n", f.what, f.measured, f.bar, f.verdict)
		}
	}
	return t.Flush()
}

// writeDocument writes the document anew, but for the part that people wrote.
func writeDocument(path string, f facts, sections []section) error {
	kept := ""
	old, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if _, below, ok := strings.Cut(string(old), handWritten); ok {
		kept = below
	}
	return os.WriteFile(path, []byte(document(f, sections)+handWritten+cmp.Or(kept, "\n")), 0o644)
}

// document returns the part that the run writes, in Markdown.
func document(f facts, sections []section) string {
	var b strings.Builder
	fmt.Fprintf(&b, `# Measured

Written by %s (which runs %s) on %s; it took %v.

- Machine: %d cores, %s; load %s when the run began, %s when it ended.
- Built with %s, as released (no cgo). SQLite %s, PostgreSQL %s.

Other work on the machine makes the absolute numbers larger, by much while the
load is above the number of cores. What is compared therefore takes turns, and
the ratios and differences between the turns are what counts. Where three
numbers stand, they are the median, and in brackets the least and the most; the
bar is for the median unless it says otherwise.
`, "`make bench`", "`go run ./test/bench`", f.Date.Format("2 January 2006"), f.Took.Round(time.Second),
		f.Cores, f.System, f.Load, f.LoadAfter, f.Go, f.SQLite, cmp.Or(f.PostgreSQL, "not installed"))
	for _, s := range sections {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n\n| figure | measured | bar | bar met? |\n|---|---|---|---|\n", s.title, s.how)
		for _, g := range s.figures {
			fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", g.what, g.measured, cmp.Or(g.bar, "–"), cmp.Or(g.verdict, "–"))
		}
	}
	b.WriteString("\n")
	return b.String()
}
