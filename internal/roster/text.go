package roster

import (
	"bytes"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// high is what the bytes from 0x80 to 0x9F mean in Windows-1252 (WHATWG Encoding
// Standard, index windows-1252); those it gives no letter stay control
// characters. From 0xA0 on a byte is its own code point.
var high = [32]rune{
	'€', 0x81, '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', 0x8D, 'Ž', 0x8F,
	0x90, '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', 0x9D, 'ž', 'Ÿ',
}

// decode returns a file as text with "\n" as the only end of a line. It takes
// UTF-8 with or without its mark, UTF-16 with it, and else Windows-1252, as older
// spreadsheets write.
func decode(file []byte) (string, error) {
	var text string
	switch {
	case len(file) > MaxBytes:
		return "", &UnreadableError{Reason: TooLarge}
	case bytes.HasPrefix(file, []byte("PK\x03\x04")), bytes.HasPrefix(file, []byte("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1")):
		// A ZIP archive (.xlsx, .ods) and a compound file (.xls).
		return "", &UnreadableError{Reason: Spreadsheet}
	case bytes.HasPrefix(file, []byte("\xEF\xBB\xBF")) && utf8.Valid(file):
		text = string(file[3:])
	case bytes.HasPrefix(file, []byte("\xFF\xFE")):
		text = wide(file[2:], 1, 0)
	case bytes.HasPrefix(file, []byte("\xFE\xFF")):
		text = wide(file[2:], 0, 1)
	case utf8.Valid(file):
		text = string(file)
	default:
		text = windows(file)
	}
	if strings.ContainsRune(text, 0) || strings.ContainsRune(text, utf8.RuneError) {
		return "", &UnreadableError{Reason: NoText}
	}
	return strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text), nil
}

// wide decodes UTF-16 whose units have their high byte at one place and the low
// one at the other. Half a character becomes utf8.RuneError.
func wide(file []byte, hi, lo int) string {
	units := make([]uint16, 0, len(file)/2+1)
	for ; len(file) >= 2; file = file[2:] {
		units = append(units, uint16(file[hi])<<8|uint16(file[lo]))
	}
	if len(file) == 1 {
		units = append(units, utf8.RuneError)
	}
	return string(utf16.Decode(units))
}

func windows(file []byte) string {
	var text strings.Builder
	text.Grow(len(file) + len(file)/8)
	for _, b := range file {
		switch {
		case b < utf8.RuneSelf:
			text.WriteByte(b)
		case b < 0xA0:
			text.WriteRune(high[b-0x80])
		default:
			text.WriteRune(rune(b))
		}
	}
	return text.String()
}
