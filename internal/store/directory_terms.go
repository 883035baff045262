package store

import (
	"maps"
	"slices"
	"strings"

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
	set := map[term]bool{inState + term(m.State): true, inRole + term(m.Role()): true}
	if m.Team != "" {
		set[inTeam+term(m.Team)] = true
	}
	if f.mfa {
		set[withMFA] = true
		if !f.code && !f.confirmed {
			set[noBackup] = true
		}
		f.ways(set)
	}
	words := wordsOf(m)
	for place, list := range words {
		for _, w := range list {
			addWord(set, place, w)
		}
	}
	return slices.Sorted(maps.Keys(set))
}

// ways adds what would carry the member, as ladder.Ways has it.
func (f facts) ways(set map[term]bool) {
	if f.factor {
		set[byFactor] = true
	}
	if f.frozen {
		return
	}
	if f.code {
		set[byCode] = true
	}
	if f.confirmed && f.mail != "" {
		set[byMail] = true
		if domain(f.mail) == domain(f.member.Email) {
			set[workMail] = true
		}
	}
}

func domain(address org.Email) string {
	_, domain, _ := strings.Cut(string(address), "@")
	return domain
}

// wordsOf returns the words by which a member is found, by where they stand.
func wordsOf(m org.Member) map[term][]string {
	words := make(map[term][]string)
	inName := org.Words(m.Name)
	if len(inName) > 0 {
		words[firstOfName] = inName[:1]
		words[elsewhere] = inName[1:]
	}
	// Whoever is called O'Brien is also found as Brien.
	apart := strings.Map(func(r rune) rune {
		if strings.ContainsRune("'’‘ʼ`", r) {
			return ' '
		}
		return r
	}, m.Name)
	local, _, _ := strings.Cut(org.Fold(string(m.Email)), "@")
	inAddress := org.Words(local)
	if len(inAddress) > 0 && strings.HasPrefix(local, inAddress[0]) {
		words[firstOfAddress] = inAddress[:1]
	}
	words[elsewhere] = slices.DeleteFunc(slices.Concat(words[elsewhere], org.Words(apart), inAddress), func(w string) bool {
		return slices.Contains(words[firstOfName], w) || slices.Contains(words[firstOfAddress], w)
	})
	return words
}

// addWord adds the terms of a word.
func addWord(set map[term]bool, place term, w string) {
	letters := []rune(w)
	for n := 1; n <= min(prefixLetters, len(letters)); n++ {
		set[prefix+place+term(letters[:n])] = true
	}
	if len(letters) > prefixLetters {
		set[word+place+term(countingLetters(w))] = true
	}
}

// countingLetters returns as much of a word as counts.
func countingLetters(w string) string {
	letters := []rune(w)
	return string(letters[:min(len(letters), wordLetters)])
}
