package store

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/sparekey/sparekey/internal/org"
)

// A term is what the members of one set have: its first letter says in what
// regard. Those of words begin with p for the first one to three letters of a
// word, or w for a whole word that is longer.
type term string

// The regards, each followed by what holds.
const (
	inState  term = "s" // org.State
	inRole   term = "r" // org.Role, the highest held
	inTeam   term = "t" // org.TeamID
	withMFA  term = "m" // alone: MFA is on
	noBackup term = "b" // alone: and there is no backup
	// What would carry the member without the first authenticator; the backup
	// e-mail from when it may be used.
	byFactor term = "f"
	byCode   term = "c"
	byMail   term = "e"
	workMail term = "d" // and it has the domain of the sign-in address
	prefix   term = "p"
	word     term = "w"
	// The first letters, one to three, and all of the word that what a list is sorted
	// by begins with: whoever has them stands together.
	nameBegins  term = "n"
	emailBegins term = "a"
)

const (
	// prefixLetters is how many letters a word's beginnings have that are terms.
	prefixLetters = 3
	// wordLetters and keyBytes are how much counts of a word and of what lists are
	// sorted by: some letters fold to many, and an index takes only so much.
	wordLetters = 40
	keyBytes    = 400
)

// facts are what a member's terms come from.
type facts struct {
	member    org.Member
	mfa       bool
	frozen    bool      // someone objected
	mail      org.Email // the backup e-mail; counts once confirmed
	confirmed bool
	code      bool // there is an unspent backup code
	factor    bool // there is a second authenticator
}

// keys are a member's in each order.
type keys map[string][]byte

func keysOf(m org.Member) keys { return keys{byName: nameKey(m.Name), byEmail: emailKey(m.Email)} }

// nameKey is what a list by name is sorted by.
func nameKey(name string) []byte {
	key := strings.Join(org.Words(name), " ")
	if key == "" {
		key = org.Fold(name)
	}
	return []byte(key[:min(len(key), keyBytes)])
}

func emailKey(address org.Email) []byte {
	key := org.Fold(string(address))
	return []byte(key[:min(len(key), keyBytes)])
}

// terms returns every set that the member is in, sorted.
func (f facts) terms() []term {
	m := f.member
	set := make([]term, 0, 32)
	set = append(set, inState+term(m.State), inRole+term(m.Role()))
	if m.Team != "" {
		set = append(set, inTeam+term(m.Team))
	}
	if f.mfa {
		set = append(set, withMFA)
		if !f.code && !f.confirmed {
			set = append(set, noBackup)
		}
		set = f.ways(set)
	}
	for _, w := range wordsOf(m) {
		set = addWord(set, prefix, word, w)
	}
	for column, key := range keysOf(m) {
		if first := org.Words(string(key)); len(first) > 0 && strings.HasPrefix(string(key), first[0]) {
			set = addWord(set, begins[column], begins[column], first[0])
		}
	}
	slices.Sort(set)
	return slices.Compact(set)
}

// ways adds what would carry the member, as ladder.Ways has it.
func (f facts) ways(set []term) []term {
	if f.factor {
		set = append(set, byFactor)
	}
	if f.frozen {
		return set
	}
	if f.code {
		set = append(set, byCode)
	}
	if f.confirmed && f.mail != "" {
		set = append(set, byMail)
		if domain(f.mail) == domain(f.member.Email) {
			set = append(set, workMail)
		}
	}
	return set
}

func domain(address org.Email) string {
	_, domain, _ := strings.Cut(string(address), "@")
	return domain
}

const apostrophes = "'’‘ʼ`"

// wordsOf returns the words by which a member is found.
func wordsOf(m org.Member) []string {
	local, _, _ := strings.Cut(org.Fold(string(m.Email)), "@")
	words := slices.Concat(org.Words(m.Name), org.Words(local))
	if strings.ContainsAny(m.Name, apostrophes) {
		// Whoever is called O'Brien is also found as Brien.
		words = append(words, org.Words(strings.Map(func(r rune) rune {
			if strings.ContainsRune(apostrophes, r) {
				return ' '
			}
			return r
		}, m.Name))...)
	}
	return words
}

// begins are the terms of what each order begins with.
var begins = map[string]term{byName: nameBegins, byEmail: emailBegins}

// addWord adds the terms of a word: of its first letters, one to three, and of all
// of it where it is longer.
func addWord(set []term, first, whole term, w string) []term {
	letters := firstLetters(w)
	for i, r := range letters {
		set = append(set, first+term(letters[:i+utf8.RuneLen(r)]))
	}
	if letters != w {
		set = append(set, whole+term(countingLetters(w)))
	}
	return set
}

// firstLetters returns the first three letters of a word, or all it has.
func firstLetters(w string) string {
	letters := 0
	for i := range w {
		if letters++; letters > prefixLetters {
			return w[:i]
		}
	}
	return w
}

// countingLetters returns as much of a word as counts.
func countingLetters(w string) string {
	if len(w) <= wordLetters {
		return w
	}
	letters := []rune(w)
	return string(letters[:min(len(letters), wordLetters)])
}
