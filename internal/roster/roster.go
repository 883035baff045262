// Package roster reads a list of people from a file, as spreadsheets write it,
// and says of each line what would become of it.
//
// It owns the form of such a file, what is wrong with a line, and the plan of an
// import. It refuses to know who may import, and to change anything.
package roster

import (
	"github.com/sparekey/sparekey/internal/org"
)

// Bounds of a file.
const (
	// MaxBytes is the longest file read: MaxLines of people take about 10 MB.
	MaxBytes = 16 << 20
	MaxLines = 100_000 // with somebody on them
	// maxRows bounds the empty lines among them.
	maxRows = 2 * MaxLines
	// maxColumns is more than any list of people has.
	maxColumns = 100
	maxShown   = 60 // characters of what stands in the file
	maxUnused  = 10 // headings
)

// A Column is what a column of the file says of people.
type Column string

// The columns. Name and Email must be there.
const (
	Name  Column = "name"
	Email Column = "email"
	Phone Column = "phone"
	Team  Column = "team"
	Role  Column = "role"
)

// Columns lists every column.
var Columns = []Column{Name, Email, Phone, Team, Role}

// A What says what is wrong with a cell or a line.
type What string

// What may be wrong with a line.
const (
	Missing What = "missing" // nothing stands in a cell that must say something
	NoName  What = "no-name" // too long, or hidden characters
	NoEmail What = "no-email"
	NoPhone What = "no-phone"
	NoRole  What = "no-role"
	// Formula: a cell begins with = + - or @, and a spreadsheet would calculate with it.
	Formula What = "formula"
	// Twice: the address stands on another line too. It carries Line.
	Twice What = "twice"
	// Cells: more cells than headings: most often a separator without quotation marks.
	Cells What = "cells"
	// Quotes: a quotation mark in the middle of a cell.
	Quotes What = "quotes"
)

// Whats lists everything that may be wrong with a line.
var Whats = []What{Missing, NoName, NoEmail, NoPhone, NoRole, Formula, Twice, Cells, Quotes}

// A Problem is one thing that is wrong with a line.
type Problem struct {
	What   What
	Column Column // empty: the line as a whole
	Line   int    // Twice: the other one
}

// A Line is one person in the file.
type Line struct {
	Number int // in the file, where the person begins; the first is 1
	Name   string
	Email  org.Email
	Phone  string // empty: not said
	Team   string // empty: none
	// Role is org.Administrator or org.Employee.
	Role org.Role
	// Supervisor: the file calls them one. They are invited as an employee: whoever
	// supervises a team is put there once they have come.
	Supervisor bool
	// Shown is the name or address as it stands in the file, cut short and without
	// anything hidden, for a reader to find a wrong line by.
	Shown    string
	Problems []Problem // empty: the line is right
}

// Right reports whether nothing is wrong with the line.
func (l Line) Right() bool { return len(l.Problems) == 0 }

// A List is what was read from a file.
type List struct {
	Lines   []Line   // in the order of the file
	Columns []Column // that the file has
	Unused  []string // headings that say nothing here, cut short; at most maxUnused
}

// A Reason says why a file cannot be read at all.
type Reason string

// The reasons why a file cannot be read.
const (
	Empty       Reason = "empty"        // nobody is in it
	TooLarge    Reason = "too-large"    // over MaxBytes
	TooMany     Reason = "too-many"     // over MaxLines
	Spreadsheet Reason = "spreadsheet"  // of a spreadsheet program, not yet saved as CSV
	NoText      Reason = "no-text"      // something else than text
	NoHeading   Reason = "no-heading"   // the first line does not name the columns name and e-mail
	SameHeading Reason = "same-heading" // a column is named twice; carries Column
	OpenQuotes  Reason = "open-quotes"  // quotation marks that begin on Line do not end
)

// Reasons lists every reason.
var Reasons = []Reason{Empty, TooLarge, TooMany, Spreadsheet, NoText, NoHeading, SameHeading, OpenQuotes}

// An UnreadableError says why a file cannot be read. Nothing of it counts.
type UnreadableError struct {
	Reason Reason
	Line   int    // OpenQuotes
	Column Column // SameHeading; NoHeading: the one that is missing
}

// Error names the reason.
func (e *UnreadableError) Error() string { return "unreadable list: " + string(e.Reason) }

// Address is the address as a page writes it.
func (l Line) Address() string { return string(l.Email) }
