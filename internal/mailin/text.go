package mailin

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// clean returns text as UTF-8 with \n, without control characters and the invisible
// ones that turn the direction of text or hide in it, and with at most one blank line
// between two others.
func clean(text string) string {
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u2028", "\n", "\u2029", "\n\n", "\u00a0", " ").Replace(strings.ToValidUTF8(text, "\uFFFD"))
	text = strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case r == '\t':
			return ' '
		case unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Co) || unicode.In(r, unicode.Variation_Selector) || unicode.In(r, unicode.Other_Default_Ignorable_Code_Point):
			return -1
		}
		return r
	}, text)
	var kept []string
	for line := range strings.SplitSeq(text, "\n") {
		if bare := strings.TrimRight(line, " "); bare != "" || len(kept) > 0 && kept[len(kept)-1] != "" {
			if line != "-- " { // which begins a signature
				line = bare
			}
			kept = append(kept, line)
		}
	}
	return strings.Trim(strings.Join(kept, "\n"), "\n")
}

// oneLine is clean for what stands on one line.
func oneLine(text string) string { return strings.Join(strings.Fields(clean(text)), " ") }

// cut returns at most so many bytes of text, whole characters.
func cut(text string, bytes int) string {
	if len(text) <= bytes {
		return text
	}
	for bytes > 0 && !utf8.RuneStart(text[bytes]) {
		bytes--
	}
	return text[:bytes]
}

var (
	// "On Mon, 23 Nov 2026 at 10:00, Desk <desk@example.org> wrote:"
	attribution = regexp.MustCompile(`(?i)^\s*(on|op|am|le)\s.*\s(wrote|schreef|schrieb|a écrit)\b.*:\s*$`)
	// "-----Original Message-----"
	original = regexp.MustCompile(`(?i)^\s*-{2,}\s*(original message|oorspronkelijk bericht|ursprüngliche nachricht|message d'origine)\s*-{2,}\s*$`)
	// The fields that Outlook puts above what it quotes.
	quotedFrom = regexp.MustCompile(`(?i)^\s*\*?(from|van|von|de)\s?:\*?\s*\S`)
	quotedSent = regexp.MustCompile(`(?i)^\s*\*?(sent|date|verzonden|datum|gesendet|envoyé)\s?:\*?\s*\S`)
)

// mostLines is how many lines of a text are looked at: more than anybody writes.
const mostLines = 5000

// written returns what of a cleaned text the sender wrote now: without quoted lines, the
// line that introduces them, what stands below Outlook's header of an earlier mail, and
// the signature.
func written(text string) string {
	lines := strings.SplitN(text, "\n", mostLines+1)
	lines = lines[:min(len(lines), mostLines)]
	var kept []string
	for i := 0; i < len(lines); i++ {
		line := lines[i]
		if line == "-- " || original.MatchString(line) || outlook(lines[i:]) {
			break
		}
		if n := introduces(lines[i:]); n > 0 {
			i += n - 1
			continue
		}
		if strings.HasPrefix(line, ">") {
			continue
		}
		kept = append(kept, line)
	}
	return clean(strings.Join(kept, "\n"))
}

// introduces returns how many lines of those given are "On ... wrote:", which mail
// programs break in two or three, with a quote behind; 0: none.
func introduces(lines []string) int {
	for n := 1; n <= 3 && n <= len(lines); n++ {
		if !strings.HasSuffix(strings.TrimSpace(lines[n-1]), ":") {
			continue
		}
		whole := strings.Join(lines[:n], " ")
		if len(whole) > 600 {
			return 0
		}
		if !attribution.MatchString(whole) {
			continue
		}
		for _, next := range lines[n:] {
			if next == "" {
				continue
			}
			if strings.HasPrefix(next, ">") {
				return n
			}
			return 0
		}
		return n
	}
	return 0
}

// outlook reports whether lines begin with the header of an earlier mail.
func outlook(lines []string) bool {
	for range min(len(lines), 3) {
		if lines[0] != "" && (len(lines[0]) < 10 || strings.Trim(lines[0], "_") != "") {
			break
		}
		lines = lines[1:]
	}
	if len(lines) < 2 || !quotedFrom.MatchString(lines[0]) {
		return false
	}
	for _, line := range lines[1:min(len(lines), 4)] {
		if quotedSent.MatchString(line) {
			return true
		}
	}
	return false
}

// plain returns what a page of HTML says, without links. What is quoted gets a > before
// each line, as in plain text.
func plain(page string) string {
	var w typist
	z := html.NewTokenizer(strings.NewReader(page))
	z.SetMaxBuf(maxWords)
	for {
		switch z.Next() {
		case html.ErrorToken:
			return w.out.String()
		case html.TextToken:
			w.say(string(z.Text()))
		case html.StartTagToken:
			w.open(z.Token())
		case html.EndTagToken:
			w.close(z.Token().DataAtom)
		case html.SelfClosingTagToken:
			w.gap(z.Token().DataAtom)
		}
	}
}

// A typist turns tags and text into lines.
type typist struct {
	out    strings.Builder
	hidden atom.Atom // the element whose content is not said, until it closes
	within int       // elements of that name within it
	quotes int       // that are open
	fresh  bool      // nothing is on this line yet but its marks
}

func (w *typist) open(t html.Token) {
	if w.hidden != 0 {
		if t.DataAtom == w.hidden {
			w.within++
		}
		return
	}
	switch t.DataAtom {
	case atom.Script, atom.Style, atom.Head, atom.Title, atom.Template, atom.Noscript, atom.Iframe, atom.Object, atom.Svg, atom.Math, atom.Select, atom.Textarea:
		w.hidden = t.DataAtom
		return
	case atom.Blockquote:
		w.quotes++
	}
	w.gap(t.DataAtom)
}

func (w *typist) close(a atom.Atom) {
	if w.hidden != 0 {
		if a == w.hidden {
			if w.within--; w.within < 0 {
				w.hidden, w.within = 0, 0
			}
		}
		return
	}
	w.gap(a)
	if a == atom.Blockquote && w.quotes > 0 {
		w.quotes--
	}
}

// gap begins a line where an element does.
func (w *typist) gap(a atom.Atom) {
	switch a {
	case atom.Br, atom.P, atom.Div, atom.Li, atom.Tr, atom.Table, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6,
		atom.Blockquote, atom.Ul, atom.Ol, atom.Pre, atom.Hr, atom.Section, atom.Article, atom.Header, atom.Footer:
		w.line()
	case atom.Td, atom.Th:
		w.out.WriteByte(' ')
	}
}

func (w *typist) line() {
	w.out.WriteByte('\n')
	w.fresh = true
}

func (w *typist) say(text string) {
	if w.hidden != 0 {
		return
	}
	words := strings.Join(strings.Fields(text), " ")
	if words == "" {
		if !w.fresh {
			w.out.WriteByte(' ')
		}
		return
	}
	if w.quotes > 0 && (w.fresh || w.out.Len() == 0) {
		w.out.WriteString("> ")
	}
	if !w.fresh && strings.TrimLeft(text[:1], " \t\r\n") == "" {
		w.out.WriteByte(' ')
	}
	w.out.WriteString(words)
	if strings.TrimRight(text[len(text)-1:], " \t\r\n") == "" {
		w.out.WriteByte(' ')
	}
	w.fresh = false
}
