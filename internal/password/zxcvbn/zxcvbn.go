// Package zxcvbn estimates how many guesses a password withstands.
//
// It is the half of github.com/ccojocar/zxcvbn-go v1.0.4 that looks for patterns
// (LICENSE.txt), changed in one thing: that package reads its lists of words
// when the program starts, which takes longer than all else at the start, and
// here they are read when a password is first judged. The other half, what a
// pattern is worth, is used as it is. It refuses to know what is too weak.
package zxcvbn

import (
	"cmp"
	"slices"

	"github.com/ccojocar/zxcvbn-go/match"
	"github.com/ccojocar/zxcvbn-go/scoring"
)

// Strength returns how hard password is to guess, from 0 to 4. Own are further
// words to guess with. The first call takes some tens of milliseconds longer.
// It is safe for use by many.
func Strength(password string, own []string) int {
	return minimum(password, own).Score
}

func minimum(password string, own []string) scoring.MinEntropyMatch {
	found := dictionaryMatch(password, newList("user_inputs", own))
	for _, find := range []func(string) []match.Match{
		dictionariesMatch, spatialMatch, repeatMatch, sequenceMatch, l33tMatch, dateSepMatcher, dateWithoutSepMatch,
	} {
		found = append(found, find(password)...)
	}
	slices.SortStableFunc(found, func(a, b match.Match) int { return cmp.Or(cmp.Compare(a.I, b.I), cmp.Compare(a.J, b.J)) })
	return scoring.MinimumEntropyMatchSequence(password, found)
}
