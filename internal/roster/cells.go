package roster

import (
	"strings"
)

// A splitter cuts text into lines of cells (RFC 4180). Cells beyond maxColumns
// are counted and not kept.
type splitter struct {
	rest string
	by   byte
	line int // that rest begins on
}

// A row is one line of cells; with quotation marks it may go over several lines
// of the file.
type row struct {
	line   int
	cells  []string
	count  int
	quotes bool // text stands behind a closing quotation mark: cells are not whole
}

// blank reports whether nothing stands in the row.
func (r row) blank() bool {
	if r.quotes {
		return false
	}
	for _, cell := range r.cells {
		if strings.TrimSpace(cell) != "" {
			return false
		}
	}
	return true
}

// next returns the next row that is not empty; ok is false at the end. It returns an
// *UnreadableError where quotation marks do not end.
func (s *splitter) next() (r row, ok bool, err error) {
	for strings.HasPrefix(s.rest, "\n") {
		s.step(0)
	}
	if s.rest == "" {
		return row{}, false, nil
	}
	r.line = s.line
	for {
		cell, ended, err := s.cell(&r)
		if err != nil {
			return row{}, false, err
		}
		r.count++
		if len(r.cells) < maxColumns {
			r.cells = append(r.cells, cell)
		}
		if ended {
			return r, true, nil
		}
	}
}

// cell cuts one cell off, with what follows it; ended says that the row ends
// with it.
func (s *splitter) cell(r *row) (cell string, ended bool, err error) {
	if inside := strings.TrimLeft(s.rest, " "); strings.HasPrefix(inside, `"`) {
		return s.quoted(r, inside[1:])
	}
	end := strings.IndexAny(s.rest, "\n"+string(s.by))
	if end < 0 {
		cell, s.rest = s.rest, ""
		return cell, true, nil
	}
	cell = s.rest[:end]
	return cell, s.step(end), nil
}

// step goes behind the separator or end of line at place end of rest, and
// reports whether it was the end of a line.
func (s *splitter) step(end int) bool {
	newLine := s.rest[end] == '\n'
	if newLine {
		s.line++
	}
	s.rest = s.rest[end+1:]
	return newLine
}

// quoted cuts a cell off whose opening quotation mark stands before inside.
func (s *splitter) quoted(r *row, inside string) (cell string, ended bool, err error) {
	begun := s.line
	var text strings.Builder
	for {
		end := strings.IndexByte(inside, '"')
		if end < 0 {
			return "", false, &UnreadableError{Reason: OpenQuotes, Line: begun}
		}
		text.WriteString(inside[:end])
		s.line += strings.Count(inside[:end], "\n")
		inside = inside[end+1:]
		if !strings.HasPrefix(inside, `"`) {
			break
		}
		text.WriteByte('"')
		inside = inside[1:]
	}
	s.rest = strings.TrimLeft(inside, " ")
	if s.rest == "" {
		return text.String(), true, nil
	}
	if s.rest[0] == '\n' || s.rest[0] == s.by {
		return text.String(), s.step(0), nil
	}
	if s.line != begun {
		// The mark that ends the cell was meant to begin another, lines below.
		return "", false, &UnreadableError{Reason: OpenQuotes, Line: begun}
	}
	r.quotes = true
	end := strings.IndexByte(s.rest, '\n')
	if end < 0 {
		s.rest = ""
		return text.String(), true, nil
	}
	return text.String(), s.step(end), nil
}
