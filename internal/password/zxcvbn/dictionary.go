package zxcvbn

import (
	"encoding/json"
	"fmt"
	"hash/maphash"
	"strings"
	"sync"

	"github.com/ccojocar/zxcvbn-go/data"
	"github.com/ccojocar/zxcvbn-go/entropy"
	"github.com/ccojocar/zxcvbn-go/match"
)

// dictionaries are the library's lists, read when they are first asked for.
var dictionaries = sync.OnceValue(func() []list {
	names := []string{"MaleNames", "FemaleNames", "Surnames", "English", "Passwords"}
	lists := make([]list, len(names))
	for i, name := range names {
		text, err := data.Asset("data/" + name + ".json")
		if err != nil {
			panic(fmt.Sprintf("word list %s: %v", name, err)) // it is in the program
		}
		var ranked struct{ List []string }
		if err := json.Unmarshal(text, &ranked); err != nil {
			panic(fmt.Sprintf("word list %s: %v", name, err))
		}
		lists[i] = newList(name, ranked.List)
	}
	return lists
})

// A list holds words and their ranks, the first being 1. It has no pointers
// inside, so that the garbage collector need not walk through some ninety
// thousand words each time.
type list struct {
	name  string
	text  string // all words, one after the other
	words []word
	slots []uint32 // 1 + index in words, by the word's hash; 0: none
	seed  maphash.Seed
}

type word struct{ begin, end, rank uint32 }

// newList returns a list of words in the order of their ranks. A word that is
// there twice, in whatever case, has the later rank.
func newList(name string, ranked []string) list {
	size := 16
	for size < 2*len(ranked) {
		size *= 2
	}
	l := list{name: name, slots: make([]uint32, size), seed: maphash.MakeSeed()}
	var text strings.Builder
	for i, w := range ranked {
		begin := text.Len()
		text.WriteString(strings.ToLower(w))
		l.words = append(l.words, word{uint32(begin), uint32(text.Len()), uint32(i + 1)})
	}
	l.text = text.String()
	for i, w := range l.words {
		l.slots[l.slot(l.text[w.begin:w.end])] = uint32(i + 1)
	}
	return l
}

// slot returns where a word is or would be.
func (l list) slot(w string) int {
	for at := int(maphash.String(l.seed, w) % uint64(len(l.slots))); ; at = (at + 1) % len(l.slots) {
		i := l.slots[at]
		if i == 0 {
			return at
		}
		if there := l.words[i-1]; l.text[there.begin:there.end] == w {
			return at
		}
	}
}

// rank returns the rank of a word, or 0 if it is not in the list.
func (l list) rank(w string) int {
	i := l.slots[l.slot(w)]
	if i == 0 {
		return 0
	}
	return int(l.words[i-1].rank)
}

func dictionariesMatch(password string) []match.Match {
	var matches []match.Match
	for _, l := range dictionaries() {
		matches = append(matches, dictionaryMatch(password, l)...)
	}
	return matches
}

func dictionaryMatch(password string, l list) []match.Match {
	var results []match.Match
	lower, typed := []rune(strings.ToLower(password)), []rune(password)
	for i := range lower {
		for j := i; j < len(lower); j++ {
			rank := l.rank(string(lower[i : j+1]))
			if rank == 0 {
				continue
			}
			found := match.Match{Pattern: "dictionary", DictionaryName: l.name, I: i, J: j, Token: string(typed[i : j+1])}
			found.Entropy = entropy.DictionaryEntropy(found, float64(rank))
			results = append(results, found)
		}
	}
	return results
}
