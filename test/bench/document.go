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

// head is how the document begins.
const head = `# Measured

` + "`make bench`" + ` measures what stands here, but for the last part that it writes, which
takes longer than all others together and is measured by itself. Each part says
by which command, when and on what it was measured.

Other work on the machine makes the absolute numbers larger, by much while the
load is above the number of cores. What is compared therefore takes turns, and
the ratios and differences between the turns are what counts. Where three
numbers stand, they are the median, and in brackets the least and the most; the
bar is for the median unless it says otherwise.

`

// A part of the document begins with its marker, which holds its name.
const partBegin, partEnd = "<!-- Part ", " -->\n"

// writeDocument puts one part into the document anew, in the order of names, and
// keeps all others and what people wrote.
func writeDocument(path string, names []string, name, text string) error {
	old, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	written, people, _ := strings.Cut(string(old), handWritten)
	parts := make(map[string]string)
	for _, part := range strings.Split(written, partBegin)[1:] {
		of, content, _ := strings.Cut(part, partEnd)
		parts[of] = content
	}
	parts[name] = text
	var b strings.Builder
	b.WriteString(head)
	for _, n := range names {
		if parts[n] != "" {
			b.WriteString(partBegin + n + partEnd + parts[n])
		}
	}
	return os.WriteFile(path, []byte(b.String()+handWritten+cmp.Or(people, "\n")), 0o644)
}

// partOf returns a section in Markdown, with the command that measured it and the
// facts of the machine under its title.
func partOf(f facts, command string, s section) string {
	var b strings.Builder
	fmt.Fprintf(&b, "## %s\n\n`%s`, %s, in %v: %d cores, %s, load %s when it began and %s when it ended; built with %s, as released (no cgo)",
		s.title, command, f.Date.Format("2 January 2006"), f.Took.Round(time.Second), f.Cores, f.System, f.Load, f.LoadAfter, f.Go)
	if f.PostgreSQL != "" {
		fmt.Fprintf(&b, "; SQLite %s, PostgreSQL %s", f.SQLite, f.PostgreSQL)
	}
	fmt.Fprintf(&b, ".\n\n%s\n\n| figure | measured | bar | bar met? |\n|---|---|---|---|\n", s.how)
	for _, g := range s.figures {
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", g.what, g.measured, cmp.Or(g.bar, "–"), cmp.Or(g.verdict, "–"))
	}
	b.WriteString("\n")
	return b.String()
}
