package roster

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/sparekey/sparekey/internal/org"
)

// separators between cells, the first preferred where they tell equally well.
const separators = ";,\t"

// headings are the names of columns, in lower case and with nothing but letters.
func headings() map[string]Column {
	named := make(map[string]Column)
	for column, names := range map[Column]string{
		Name:  "naam volledigenaam name fullname",
		Email: "email emailadres mail mailadres emailaddress mailaddress",
		Phone: "telefoon telefoonnummer tel mobiel phone phonenumber telephone mobile",
		Team:  "team afdeling department",
		Role:  "rol role",
	} {
		for _, name := range strings.Fields(names) {
			named[name] = column
		}
	}
	return named
}

// roleCalled returns the role that a word names; an empty cell names an employee.
func roleCalled(word string) (org.Role, bool) {
	switch letters(word) {
	case "":
		return org.Employee, strings.TrimSpace(word) == ""
	case "medewerker", "werknemer", "employee":
		return org.Employee, true
	case "leidinggevende", "supervisor", "manager":
		return org.Supervisor, true
	case "beheerder", "administrator", "admin":
		return org.Administrator, true
	}
	return "", false
}

// letters returns the letters of text in lower case: "E-mail adres" is "emailadres".
func letters(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsLetter(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, text)
}

// Read reads a list of people from the bytes of a file, or returns an
// *UnreadableError. What is wrong with a line is said on the line. Equal bytes
// give an equal list.
func Read(file []byte) (List, error) {
	text, err := decode(file)
	if err != nil {
		return List{}, err
	}
	rows, err := split(text)
	if err != nil {
		return List{}, err
	}
	var list List
	var heads heads // zero: they are still to come
	for n := 0; ; n++ {
		r, more, err := rows.next()
		switch {
		case err != nil:
			return List{}, err
		case more && (n == maxRows || len(list.Lines) == MaxLines && !r.blank()):
			return List{}, &UnreadableError{Reason: TooMany}
		case !more && len(list.Lines) == 0:
			return List{}, &UnreadableError{Reason: Empty}
		case !more:
			list.sayTwice()
			return list, nil
		case r.blank():
		case heads.width == 0:
			if heads, err = list.heading(r); err != nil {
				return List{}, err
			}
		default:
			list.Lines = append(list.Lines, person(r, heads))
		}
	}
}

// split cuts text with the separator that a first line "sep=;" names, as Excel
// writes it, or that shows the most headings.
func split(text string) (*splitter, error) {
	if len(text) >= len("sep=;") && strings.EqualFold(text[:4], "sep=") && strings.IndexByte(separators, text[4]) >= 0 {
		if rest := text[5:]; rest == "" || rest[0] == '\n' {
			return &splitter{rest: strings.TrimPrefix(rest, "\n"), by: text[4], line: 2}, nil
		}
	}
	best, most := separators[0], -1
	named := headings()
	for i := range len(separators) {
		s := splitter{rest: text, by: separators[i], line: 1}
		r, more, err := s.next()
		for n := 0; err == nil && more && r.blank() && n < maxRows; n++ {
			r, more, err = s.next()
		}
		if err != nil {
			return nil, err
		}
		known := 0
		for _, cell := range r.cells {
			if named[letters(cell)] != "" {
				known++
			}
		}
		if known > most {
			best, most = separators[i], known
		}
	}
	return &splitter{rest: text, by: best, line: 1}, nil
}

// heads say which column stands where.
type heads struct {
	places map[int]Column
	width  int // with the columns that are not read
}

// heading reads the names of the columns.
func (list *List) heading(r row) (heads, error) {
	places, named := make(map[int]Column), headings()
	for i, cell := range r.cells {
		column := named[letters(cell)]
		switch {
		case column == "":
			if text := shown(cell); text != "" && len(list.Unused) < maxUnused {
				list.Unused = append(list.Unused, text)
			}
			continue
		case slices.Contains(list.Columns, column):
			return heads{}, &UnreadableError{Reason: SameHeading, Column: column}
		}
		places[i] = column
		list.Columns = append(list.Columns, column)
	}
	for _, needed := range []Column{Name, Email} {
		if !slices.Contains(list.Columns, needed) || r.quotes || r.count > maxColumns {
			return heads{}, &UnreadableError{Reason: NoHeading, Column: needed}
		}
	}
	return heads{places, r.count}, nil
}

// person reads one person.
func person(r row, h heads) Line {
	line := Line{Number: r.line, Role: org.Employee}
	if r.quotes {
		line.Shown, line.Problems = shown(strings.Join(r.cells, " ")), []Problem{{What: Quotes}}
		return line
	}
	typed := make(map[Column]string, len(h.places))
	beyond := r.count > len(r.cells)
	for i, cell := range r.cells {
		typed[h.places[i]] = cell
		beyond = beyond || i >= h.width && strings.TrimSpace(cell) != ""
	}
	if beyond {
		line.Problems = []Problem{{What: Cells}}
	}
	if line.Shown = shown(typed[Name]); line.Shown == "" {
		line.Shown = shown(typed[Email])
	}
	for _, column := range Columns {
		if what := line.take(column, typed[column]); what != "" {
			line.Problems = append(line.Problems, Problem{What: what, Column: column})
		}
	}
	return line
}

// take reads one cell, and returns what is wrong with it.
func (line *Line) take(column Column, cell string) (wrong What) {
	text := strings.TrimSpace(cell)
	needed := column == Name || column == Email
	var err error
	switch {
	case text == "" && needed:
		return Missing
	case text == "":
		return ""
	case column != Phone && strings.ContainsRune("=+-@", rune(text[0])):
		// What begins so is a formula to a spreadsheet that the list goes to later.
		return Formula
	}
	switch column {
	case Name:
		line.Name, err = org.ParseName(text)
		wrong = NoName
	case Team:
		line.Team, err = org.ParseName(text)
		wrong = NoName
	case Email:
		line.Email, err = org.ParseEmail(text)
		wrong = NoEmail
	case Phone:
		line.Phone, err = org.ParsePhone(text)
		wrong = NoPhone
	case Role:
		role, ok := roleCalled(text)
		if !ok {
			return NoRole
		}
		line.Role, line.Supervisor = role, role == org.Supervisor
		if line.Supervisor {
			line.Role = org.Employee
		}
	}
	if err != nil {
		return wrong
	}
	return ""
}

// sayTwice says of each address that stands on several lines where else it
// stands: on the later lines the first, and on the first the second. None of
// them counts: nobody can tell which is meant.
func (list *List) sayTwice() {
	first := make(map[org.Email]int, len(list.Lines)) // places in Lines
	for i := range list.Lines {
		line := &list.Lines[i]
		if line.Email == "" {
			continue
		}
		j, there := first[line.Email]
		if !there {
			first[line.Email] = i
			continue
		}
		other := &list.Lines[j]
		line.Problems = append(line.Problems, Problem{What: Twice, Column: Email, Line: other.Number})
		if !slices.ContainsFunc(other.Problems, func(p Problem) bool { return p.What == Twice }) {
			other.Problems = append(other.Problems, Problem{What: Twice, Column: Email, Line: line.Number})
		}
	}
}

// shown returns text as a page may show it: in one line, without anything hidden,
// and cut short.
func shown(text string) string {
	if len(text) > 8*maxShown {
		text = strings.ToValidUTF8(text[:8*maxShown], "")
	}
	text = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) && !unicode.IsSpace(r) || unicode.Is(unicode.Bidi_Control, r) {
			return -1
		}
		return r
	}, text)
	text = strings.Join(strings.Fields(text), " ")
	if utf8.RuneCountInString(text) > maxShown {
		text = string([]rune(text)[:maxShown]) + "…"
	}
	return text
}
