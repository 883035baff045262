package mrz

// Format is the layout of a machine-readable zone.
type Format int

// The formats, with their lines and characters per line.
const (
	None    Format = iota
	TD1            // card, 3 × 30
	TD2            // older cards, 2 × 36
	TD3            // passport, 2 × 44
	MRVA           // visa, 2 × 44
	MRVB           // visa, 2 × 36
	Licence        // Dutch driving licence, 1 × 30
)

// Position is one character of a zone: Line and Index count from 0.
type Position struct{ Line, Index int }

// Span is a run of characters in one line of a zone, From inclusive and To
// exclusive, counted from 0.
type Span struct{ Line, From, To int }

// Part names what a check digit protects.
type Part string

// The parts of a zone that have a check digit of their own, and the composite
// over several of them.
const (
	NumberPart    Part = "number"
	BirthPart     Part = "birth"
	ExpiryPart    Part = "expiry"
	OptionalPart  Part = "optional"
	CompositePart Part = "composite"
)

// Check is one check digit: it stands at At and is computed over Over, in
// that order.
type Check struct {
	Part Part
	At   Position
	Over []Span
}

// layout is all that tells one format from another.
type layout struct {
	name         string
	lines, width int

	// classes has, per line, one letter per position: see class.
	classes  []string
	checks   []Check
	optional []Span
}

// layouts follows ICAO Doc 9303 (eighth edition): part 4 section 4.2.2 (TD3),
// part 5 (TD1), part 6 (TD2), part 7 (visas); and ISO/IEC 18013-1 annex on
// the machine-readable zone for the Dutch driving licence.
var layouts = map[Format]layout{
	TD1: {
		name: "TD1", lines: 3, width: 30,
		classes: []string{
			"ctaaa" + "xxxxxxxxx" + "n" + "xxxxxxxxxxxxxxx",
			"nnnnnn" + "d" + "s" + "nnnnnn" + "d" + "aaa" + "xxxxxxxxxxx" + "d",
			"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		},
		checks: []Check{
			{NumberPart, Position{0, 14}, []Span{{0, 5, 14}}},
			{BirthPart, Position{1, 6}, []Span{{1, 0, 6}}},
			{ExpiryPart, Position{1, 14}, []Span{{1, 8, 14}}},
			{CompositePart, Position{1, 29}, []Span{{0, 5, 30}, {1, 0, 7}, {1, 8, 15}, {1, 18, 29}}},
		},
		optional: []Span{{0, 15, 30}, {1, 18, 30}},
	},
	TD2: {
		name: "TD2", lines: 2, width: 36,
		classes: []string{names(36), second + "xxxxxxx" + "d"},
		checks: append(secondChecks(),
			Check{CompositePart, Position{1, 35}, []Span{{1, 0, 10}, {1, 13, 20}, {1, 21, 35}}}),
		optional: []Span{{1, 28, 36}},
	},
	TD3: {
		name: "TD3", lines: 2, width: 44,
		classes: []string{names(44), second + "xxxxxxxxxxxxxx" + "n" + "d"},
		checks: append(secondChecks(),
			Check{OptionalPart, Position{1, 42}, []Span{{1, 28, 42}}},
			Check{CompositePart, Position{1, 43}, []Span{{1, 0, 10}, {1, 13, 20}, {1, 21, 43}}}),
		optional: []Span{{1, 28, 44}},
	},
	MRVA: {
		name: "MRV-A", lines: 2, width: 44,
		classes:  []string{visa(44), second + "xxxxxxxxxxxxxxxx"},
		checks:   secondChecks(),
		optional: []Span{{1, 28, 44}},
	},
	MRVB: {
		name: "MRV-B", lines: 2, width: 36,
		classes:  []string{visa(36), second + "xxxxxxxx"},
		checks:   secondChecks(),
		optional: []Span{{1, 28, 36}},
	},
	Licence: {
		name: "driving licence", lines: 1, width: 30,
		classes: []string{"D1NLD" + "d" + "dddddddddd" + "xxxxxxxxxxxxx" + "d"},
		checks:  []Check{{CompositePart, Position{0, 29}, []Span{{0, 0, 29}}}},
	},
}

// second are the positions that line 2 of passports, TD2 cards and visas share.
const second = "xxxxxxxxx" + "d" + "aaa" + "nnnnnn" + "d" + "s" + "nnnnnn" + "d"

func secondChecks() []Check {
	return []Check{
		{NumberPart, Position{1, 9}, []Span{{1, 0, 9}}},
		{BirthPart, Position{1, 19}, []Span{{1, 13, 19}}},
		{ExpiryPart, Position{1, 27}, []Span{{1, 21, 27}}},
	}
}

// Names is where the format has the holder's names, which begin with a letter:
// words with one filler between them, two before the given names, and nothing but
// fillers from three on (ICAO Doc 9303 part 3, section 4.6). It is empty for formats
// without.
func Names(f Format) Span {
	switch f {
	case TD1:
		return Span{2, 0, 30}
	case TD2, TD3, MRVA, MRVB:
		return Span{0, 5, layouts[f].width}
	}
	return Span{}
}

func names(width int) string { return "ct" + repeat("a", width-2) }
func visa(width int) string  { return "Vt" + repeat("a", width-2) }

func repeat(letter string, times int) string {
	out := make([]byte, times)
	for i := range out {
		out[i] = letter[0]
	}
	return string(out)
}

const (
	digits  = "0123456789"
	letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
)

// classes are the alphabets a position can have. A capital or a digit in a
// layout stands for itself. The second character of a document code is left
// to the issuer: digits are in use there.
var classes = map[byte]string{
	'c': "ACIP",
	't': letters + digits + "<",
	'a': letters + "<",
	'n': digits + "<",
	'd': digits,
	's': "MFX<",
	'x': digits + letters + "<",
}

// Formats are all formats there are, those with the most characters first.
func Formats() []Format { return []Format{TD1, TD3, MRVA, TD2, MRVB, Licence} }

// String is the name of the format in documents; "none" for None.
func (f Format) String() string {
	if l, ok := layouts[f]; ok {
		return l.name
	}
	return "none"
}

// Lines is how many lines the format has, 0 for None.
func (f Format) Lines() int { return layouts[f].lines }

// Width is how many characters a line of the format has, 0 for None.
func (f Format) Width() int { return layouts[f].width }

// Alphabet is the characters that may stand at p; empty outside the zone.
func (f Format) Alphabet(p Position) string {
	l, ok := layouts[f]
	if !ok || p.Line < 0 || p.Line >= l.lines || p.Index < 0 || p.Index >= l.width {
		return ""
	}
	class := l.classes[p.Line][p.Index]
	if all, ok := classes[class]; ok {
		return all
	}
	return string(class)
}

// Checks are the check digits of the format, the composite last. A TD1 whose
// number overflows into the optional data has its number's check digit
// elsewhere: then `<` stands at the place named here.
func (f Format) Checks() []Check { return layouts[f].checks }

// Optional is where the format holds data that a country chooses (many put the
// citizen's number there), with the check digits from which covered characters
// could be computed: their own and the composite. Nil for formats without.
func Optional(f Format) []Span { return layouts[f].optional }
