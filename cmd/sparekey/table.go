package main

import (
	"strings"
	"text/tabwriter"
)

// A table is lines of aligned text, for people.
type table struct {
	head string
	rows []string
}

// newTable returns a table with a head; without columns it has none.
func newTable(columns ...string) *table {
	return &table{head: strings.Join(columns, "\t")}
}

// row adds a row. What a terminal cannot show in one line is written out.
func (t *table) row(cells ...string) {
	for i, cell := range cells {
		cells[i] = printable(cell)
	}
	t.rows = append(t.rows, strings.Join(cells, "\t"))
}

// print writes the table, or empty where it has no rows.
func (t *table) print(at console, empty string) error {
	if len(t.rows) == 0 {
		at.say("%s", empty)
		return nil
	}
	w := tabwriter.NewWriter(at.out, 0, 0, 2, ' ', 0)
	lines := t.rows
	if t.head != "" {
		lines = append([]string{t.head}, lines...)
	}
	if _, err := w.Write([]byte(strings.Join(lines, "\n") + "\n")); err != nil {
		return err
	}
	return w.Flush()
}
