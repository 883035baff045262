package store

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/sparekey/sparekey/internal/org"
)

// A term is what the members of one set have: its first letter says in what
// regard. Those of words begin with p for the first one to three letters of a
// word, or w for a whole word that is longer, and go on with where the word
// stands.
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
)

// Where a word stands. Who is found by the first word of the name, or of the
// address, stands together where the list is sorted by that.
const (
	firstOfName    term = "n"
	firstOfAddress term = "a"
	elsewhere      term = "o"
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
	for place, list := range wordsOf(m) {
		for _, w := range list {
			set = addWord(set, place, w)
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

// wordsOf returns the words by which a member is found, by where they stand.
func wordsOf(m org.Member) map[term][]string {
	words := make(map[term][]string)
	inName := org.Words(m.Name)
	if len(inName) > 0 {
		words[firstOfName] = inName[:1]
		words[elsewhere] = inName[1:]
	}
	local, _, _ := strings.Cut(org.Fold(string(m.Email)), "@")
	inAddress := org.Words(local)
	if len(inAddress) > 0 && strings.HasPrefix(local, inAddress[0]) {
		words[firstOfAddress] = inAddress[:1]
	}
	others := slices.Concat(words[elsewhere], inAddress)
	if strings.ContainsAny(m.Name, apostrophes) {
		// Whoever is called O'Brien is also found as Brien.
		others = append(others, org.Words(strings.Map(func(r rune) rune {
			if strings.ContainsRune(apostrophes, r) {
				return ' '
			}
			return r
		}, m.Name))...)
	}
	words[elsewhere] = slices.DeleteFunc(others, func(w string) bool {
		return slices.Contains(words[firstOfName], w) || slices.Contains(words[firstOfAddress], w)
	})
	return words
}

// addWord adds the terms of a word.
func addWord(set []term, place term, w string) []term {
	letters := 0
	for i, r := range w {
		if letters++; letters > prefixLetters {
			return append(set, word+place+term(countingLetters(w)))
		}
		set = append(set, prefix+place+term(w[:i+utf8.RuneLen(r)]))
	}
	return set
}

// countingLetters returns as much of a word as counts.
func countingLetters(w string) string {
	if len(w) <= wordLetters {
		return w
	}
	letters := []rune(w)
	return string(letters[:min(len(letters), wordLetters)])
}
