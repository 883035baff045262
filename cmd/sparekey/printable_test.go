package main

import (
	"bytes"
	"strings"
	"testing"
)

func TestNothingThatIsPrintedMovesTheTerminalsCursor(t *testing.T) {
	for text, want := range map[string]string{
		"Ana Ünal-Çelik 王 نازنین": "Ana Ünal-Çelik 王 نازنین",
		"می\u200cخواهم":           "می\u200cخواهم",
		"\x1b[2Jwhole":            `\x1b[2Jwhole`,
		"\u009b2J":                `\u009b2J`,
		"a\nb\tc\r":               `a\nb\tc\r`,
		"\u202egnp.exe":           `\u202egnp.exe`,
		"\xff\u00a0x":             `\xff` + "\u00a0x",
		"\u2028":                  `\u2028`,
	} {
		if got := printable(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	var out bytes.Buffer
	at := console{out: &out}
	at.say("%s\n%s", "two\x1b]0;x\a", "lines")
	list := newTable("A", "B")
	list.row("x\ty\n\x1b[8m", "z")
	if err := list.print(at, ""); err != nil {
		t.Fatal(err)
	}
	if text := out.String(); strings.ContainsAny(text, "\x1b\a\t") || strings.Count(text, "\n") != 4 || !strings.HasPrefix(text, `two\x1b]0;x\a`+"\nlines\n") {
		t.Errorf("%q", text)
	}
}
