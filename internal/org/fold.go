package org

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// unmarked are the letters that no Unicode decomposition takes apart, as people
// type them who do not have them on their keyboard. Apostrophes are left out:
// "d'Hondt" is typed with and without.
var unmarked = strings.NewReplacer(
	"ß", "ss", "æ", "ae", "œ", "oe", "ø", "o", "đ", "d", "ð", "d", "þ", "th", "ł", "l", "ħ", "h", "ı", "i", "ŋ", "n",
	"'", "", "’", "", "‘", "", "ʼ", "", "`", "",
)

// Fold returns text as names and addresses are searched and sorted: lower case,
// without accents and apostrophes. "José" and "jose" fold to the same.
func Fold(text string) string {
	if plain(text) {
		return strings.ToLower(text) // as most texts do, without a copy for each step
	}
	text = norm.NFKD.String(strings.ToLower(text))
	text = strings.Map(func(r rune) rune {
		if unicode.IsMark(r) {
			return -1
		}
		return r
	}, text)
	return unmarked.Replace(strings.ToLower(text)) // compatibility forms come out in any case
}

// plain reports whether lower case is all that folding does to text.
func plain(text string) bool {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf || text[i] == '\'' || text[i] == '`' {
			return false
		}
	}
	return true
}

// Words returns the folded words of text in their order: runs of letters, and runs
// of digits.
func Words(text string) (words []string) {
	const none, letters, digits = 0, 1, 2
	folded, from, in := Fold(text), 0, none
	for i, r := range folded + " " {
		kind := none
		if unicode.IsLetter(r) {
			kind = letters
		} else if unicode.IsNumber(r) {
			kind = digits
		}
		if kind == in {
			continue
		}
		if in != none {
			words = append(words, folded[from:i])
		}
		from, in = i, kind
	}
	return words
}
