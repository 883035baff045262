package mailin

import (
	"strings"

	"golang.org/x/net/publicsuffix"
)

// vouched reads what the receiving mail server found out about a mail from domain. Of
// fields, the Authentication-Results of the mail with the topmost first, only the first
// that bears the server's name counts: what stands below may be the sender's. With no
// name nobody vouches. A field that cannot be read to its end vouches for nothing, and
// neither does one that says that the domain's owner disowns the mail (dmarc=fail).
func vouched(fields []string, name, domain string) Vouched {
	if name == "" || domain == "" {
		return ByNobody
	}
	for _, field := range fields {
		server, results, ok := parseResults(field)
		if !strings.EqualFold(server, name) {
			continue
		}
		if !ok {
			return ByNobody
		}
		return best(results, domain)
	}
	return ByNobody
}

// best returns the strongest of results that speaks for domain.
func best(results []result, domain string) Vouched {
	found := ByNobody
	for _, r := range results {
		switch {
		case r.method == "dmarc" && r.value == "fail":
			return ByNobody
		case r.value != "pass":
		case r.method == "dkim" && aligned(r.signer(), domain):
			found = ByDKIM
		case r.method == "spf" && found == ByNobody && aligned(domainOf(r.properties["smtp.mailfrom"]), domain):
			found = BySPF
		}
	}
	return found
}

// aligned reports whether two domains belong to one organisation (RFC 7489, section
// 3.1.1, relaxed).
func aligned(a, b string) bool {
	a, b = ascii(a), ascii(b)
	if a == "" || b == "" {
		return false
	}
	if a == b {
		return true
	}
	one, err := publicsuffix.EffectiveTLDPlusOne(a)
	if err != nil {
		return false
	}
	other, err := publicsuffix.EffectiveTLDPlusOne(b)
	return err == nil && one == other
}

// domainOf returns what stands behind the last @, or all of text: both are written in
// smtp.mailfrom.
func domainOf(text string) string { return text[strings.LastIndexByte(text, '@')+1:] }

// A result is one of an Authentication-Results field (RFC 8601, section 2.2).
type result struct {
	method, value string
	properties    map[string]string // "header.d": "example.org"; names in lower case
}

// signer returns the domain that signed. Some servers name the one on whose behalf
// (header.i), which is that domain or one below it (RFC 6376, section 3.5).
func (r result) signer() string {
	if d, ok := r.properties["header.d"]; ok {
		return d
	}
	if i := r.properties["header.i"]; strings.Contains(i, "@") {
		return domainOf(i)
	}
	return ""
}

// parseResults reads a field's value. The server's name is given where it could be
// read, ok is false where the rest could not.
//
// It heeds comments and quotes: a sender chooses much of what is in them, and a
// semicolon there ends nothing.
func parseResults(field string) (server string, results []result, ok bool) {
	words, ok := split(field)
	if len(words) == 0 || words[0].mark {
		return "", nil, false
	}
	server = words[0].text
	if !ok {
		return server, nil, false
	}
	clauses := clausesOf(words[1:])
	// Behind the name may stand the version, which is 1.
	if head := clauses[0]; len(head) > 1 || len(head) == 1 && head[0].text != "1" {
		return server, nil, false
	}
	for _, clause := range clauses[1:] {
		if len(clause) == 0 || len(clause) == 1 && clause[0].text == "none" {
			continue
		}
		r, ok := parseResult(clause)
		if !ok {
			return server, nil, false
		}
		results = append(results, r)
	}
	return server, results, true
}

// parseResult reads "dkim=pass reason=none header.d=example.org". Where a name is there
// twice, neither value counts.
func parseResult(clause []word) (result, bool) {
	r := result{properties: map[string]string{}}
	for i := 0; i < len(clause); i += 3 {
		if i+2 >= len(clause) || clause[i].mark || !clause[i+1].is('=') || clause[i+2].mark {
			return result{}, false
		}
		name, value := strings.ToLower(clause[i].text), clause[i+2].text
		if i == 0 {
			r.method, _, _ = strings.Cut(name, "/")
			r.value = strings.ToLower(value)
			continue
		}
		if _, twice := r.properties[name]; twice {
			value = ""
		}
		r.properties[name] = value
	}
	return r, true
}

// A word is a token of a field: a text, quoted or not, or one of the marks ; and =.
type word struct {
	text string
	mark bool
}

func (w word) is(mark byte) bool { return w.mark && w.text == string(mark) }

// clausesOf parts words at the semicolons; there is always one clause.
func clausesOf(words []word) [][]word {
	clauses := [][]word{nil}
	for _, w := range words {
		if w.is(';') {
			clauses = append(clauses, nil)
			continue
		}
		last := len(clauses) - 1
		clauses[last] = append(clauses[last], w)
	}
	return clauses
}

// split cuts a field into words and drops its comments. It returns what it read and
// false where a quote or a comment does not end, or a byte has no place.
func split(field string) ([]word, bool) {
	var words []word
	for i := 0; i < len(field); {
		switch c := field[i]; {
		case strings.IndexByte(" \t\r\n", c) >= 0:
			i++
		case c == ';' || c == '=':
			words = append(words, word{text: string(c), mark: true})
			i++
		case c == '(':
			n := commentLength(field[i:])
			if n == 0 {
				return words, false
			}
			i += n
		case c == '"':
			text, n := quoted(field[i:])
			if n == 0 {
				return words, false
			}
			words = append(words, word{text: text})
			i += n
		case c < ' ' || c == 0x7f || c == ')':
			return words, false
		default:
			n := plainLength(field[i:], atValue(words))
			words = append(words, word{text: field[i : i+n]})
			i += n
		}
	}
	return words, true
}

// atValue reports whether a value comes next. It may hold a =, as the addresses of
// mailing lists do; a name may not.
func atValue(words []word) bool {
	n := len(words)
	return n >= 2 && words[n-1].is('=') && !words[n-2].mark
}

// plainLength returns the length of the word without quotes that text begins with.
func plainLength(text string, value bool) int {
	i := 0
	for i < len(text) && strings.IndexByte(" \t\r\n;()\"", text[i]) < 0 && text[i] > ' ' && text[i] != 0x7f &&
		(value || text[i] != '=') {
		i++
	}
	return max(i, 1)
}

// commentLength returns the length of the comment that text begins with, comments
// within it included; 0: it does not end.
func commentLength(text string) int {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return 0
}

// quoted returns what the quoted string that text begins with says, and its length; 0:
// it does not end.
func quoted(text string) (string, int) {
	var said strings.Builder
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			if i++; i < len(text) {
				said.WriteByte(text[i])
			}
		case '"':
			return said.String(), i + 1
		default:
			said.WriteByte(text[i])
		}
	}
	return "", 0
}
