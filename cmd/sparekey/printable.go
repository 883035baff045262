package main

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The characters that join and part letters: names in some scripts have them.
const (
	zeroWidthNonJoiner = '\u200c'
	zeroWidthJoiner    = '\u200d'
)

// printable returns text in one line, for a terminal: whatever would move its
// cursor, colour it or turn the direction of text is written out instead.
func printable(text string) string { return escaped(text, "") }

// escaped writes out what is no graphic character; but for those in except.
func escaped(text, except string) string {
	var clean strings.Builder
	for i, r := range text {
		_, size := utf8.DecodeRuneInString(text[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			clean.WriteString(`\x` + strconv.FormatUint(uint64(text[i])|0x100, 16)[1:])
		case unicode.IsGraphic(r) || r == zeroWidthNonJoiner || r == zeroWidthJoiner || strings.ContainsRune(except, r):
			clean.WriteRune(r)
		default:
			quoted := strconv.QuoteRuneToASCII(r)
			clean.WriteString(quoted[1 : len(quoted)-1])
		}
	}
	return clean.String()
}
