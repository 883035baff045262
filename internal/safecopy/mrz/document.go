package mrz

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
)

// ErrNoZone means that the lines are no machine-readable zone of any format:
// wrong count or length, or a character where it cannot stand.
var ErrNoZone = errors.New("not a machine-readable zone")

// A Document is what a machine-readable zone says. Fields are as they stand,
// without the fillers around them. It holds personal data: printing it shows
// the format only.
type Document struct {
	Format Format

	Code    string // document code: P, ID, I, V, D1, …
	Issuer  string // issuing state, one to three letters
	Surname string
	Given   string // given names with spaces between

	Number      string // document number, an overflow joined
	Nationality string
	Birth       Date
	Sex         string // M, F, X or empty
	Expiry      Date

	// Optional is the country's own data with `<` inside kept; in a TD1,
	// that of line 1 (behind an overflowing number) and that of line 2.
	Optional []string

	// Configuration is the digit behind D1NLD on a driving licence.
	Configuration string

	// Wrong names the check digits that do not agree; empty when all do.
	Wrong []Part
}

// String tells the format and nothing of the holder.
func (d Document) String() string { return d.Format.String() + " document" }

// GoString tells the format and nothing of the holder.
func (d Document) GoString() string { return d.String() }

// LogValue tells the format and nothing of the holder.
func (d Document) LogValue() slog.Value { return slog.StringValue(d.String()) }

// A Date is a day with a year of two digits; Month and Day are 0 where the
// zone leaves them unknown, and Year is -1.
type Date struct{ Year, Month, Day int }

// Valid reports whether month and day can be, unknown included.
func (d Date) Valid() bool {
	return d.Month >= 0 && d.Month <= 12 && d.Day >= 0 && d.Day <= 31
}

// Parse reads the lines of a machine-readable zone, white space and lower case
// forgiven. It returns an error wrapping ErrNoZone where the text can be no
// zone; check digits that disagree are in Wrong and are no error.
func Parse(lines []string) (Document, error) {
	clean := make([]string, 0, len(lines))
	for _, line := range lines {
		line = strings.ToUpper(strings.Join(strings.Fields(line), ""))
		if line != "" {
			clean = append(clean, line)
		}
	}
	f := formatOf(clean)
	if f == None {
		return Document{}, fmt.Errorf("%w: %d lines", ErrNoZone, len(clean))
	}
	for line, text := range clean {
		for i := range len(text) {
			if !strings.Contains(f.Alphabet(Position{line, i}), text[i:i+1]) {
				return Document{}, fmt.Errorf("%w: line %d, character %d cannot stand there in a %s", ErrNoZone, line+1, i+1, f)
			}
		}
	}
	d := fields(f, clean)
	d.Wrong = Wrong(f, clean)
	return d, nil
}

func formatOf(lines []string) Format {
	for _, f := range Formats() {
		if len(lines) != f.Lines() || slices.ContainsFunc(lines, func(l string) bool { return len(l) != f.Width() }) {
			continue
		}
		isVisa := f == MRVA || f == MRVB
		if f.Lines() != 2 || isVisa == (lines[0][0] == 'V') {
			return f
		}
	}
	return None
}

// Wrong names the check digits of lines that do not agree, in the order of
// Checks. The lines must have the format's count and width.
func Wrong(f Format, lines []string) []Part {
	var wrong []Part
	for _, c := range f.Checks() {
		if !agrees(f, c, lines) {
			wrong = append(wrong, c.Part)
		}
	}
	return wrong
}

func agrees(f Format, c Check, lines []string) bool {
	text, at := "", lines[c.At.Line][c.At.Index]
	for _, s := range c.Over {
		text += lines[s.Line][s.From:s.To]
	}
	if at != '<' {
		return Value(at) == Digit(text)
	}
	switch {
	case f == TD1 && c.Part == NumberPart:
		number, check, _ := overflow(lines[0])
		return number != "" && Value(check) == Digit(number)
	case c.Part == OptionalPart:
		return Digit(text) == 0 && strings.Trim(text, "<") == ""
	}
	return false
}

// overflow takes apart a TD1's first line whose number does not fit: it goes
// on behind the `<` that stands in its check digit's place, up to the next
// `<`, and the last character before that is its check digit.
func overflow(line string) (number string, check byte, rest string) {
	more, rest, _ := strings.Cut(line[15:], "<")
	if line[14] != '<' || len(more) < 2 || strings.Contains(line[5:14], "<") {
		return "", '<', line[15:]
	}
	return line[5:14] + more[:len(more)-1], more[len(more)-1], rest
}

func fields(f Format, lines []string) Document {
	d := Document{Format: f}
	switch f {
	case TD1:
		top, middle := lines[0], lines[1]
		d.Code, d.Issuer = trim(top[:2]), trim(top[2:5])
		first := top[15:]
		d.Number = trim(top[5:14])
		if number, check, rest := overflow(top); number != "" && Value(check) == Digit(number) {
			d.Number, first = number, rest
		}
		d.Birth, d.Sex, d.Expiry = date(middle[:6]), trim(middle[7:8]), date(middle[8:14])
		d.Nationality = trim(middle[15:18])
		d.Optional = []string{trim(first), trim(middle[18:29])}
		d.Surname, d.Given = holder(lines[2])
	case Licence:
		d.Code, d.Issuer, d.Configuration, d.Number = lines[0][:2], lines[0][2:5], lines[0][5:6], lines[0][6:16]
	default:
		top, low := lines[0], lines[1]
		d.Code, d.Issuer = trim(top[:2]), trim(top[2:5])
		d.Surname, d.Given = holder(top[5:])
		d.Number, d.Nationality = trim(low[:9]), trim(low[10:13])
		d.Birth, d.Sex, d.Expiry = date(low[13:19]), trim(low[20:21]), date(low[21:27])
		end := map[Format]int{TD2: 35, TD3: 42}[f]
		if end == 0 {
			end = len(low)
		}
		d.Optional = []string{trim(low[28:end])}
	}
	return d
}

func trim(text string) string { return strings.Trim(text, "<") }

func holder(text string) (surname, given string) {
	surname, given, _ = strings.Cut(strings.TrimRight(text, "<"), "<<")
	words := func(s string) string { return strings.Join(strings.FieldsFunc(s, isFiller), " ") }
	return words(surname), words(given)
}

func isFiller(r rune) bool { return r == '<' }

func date(text string) Date {
	two := func(s string) (int, bool) {
		if s[0] == '<' || s[1] == '<' {
			return 0, false
		}
		return Value(s[0])*10 + Value(s[1]), true
	}
	year, known := two(text[:2])
	if !known {
		year = -1
	}
	month, _ := two(text[2:4])
	day, _ := two(text[4:])
	return Date{year, month, day}
}
