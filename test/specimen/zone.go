package specimen

import (
	"fmt"

	"github.com/sparekey/sparekey/internal/safecopy/mrz"
)

// zone writes the lines of h's document. optional is the country's own data (in a
// TD1 that of line 1, with second that of line 2).
func (h holder) zone(f mrz.Format, code, issuer, optional, second string) []string {
	names := fill(h.surname, len(h.surname)) + "<<" + fill(h.given, len(h.given))
	switch f {
	case mrz.TD1:
		top := fill(code, 2) + fill(issuer, 3) + checked(fill(h.number, 9)) + fill(optional, 15)
		middle := checked(h.birth) + h.letter() + checked(h.expiry) + fill(issuer, 3) + fill(second, 11)
		middle += fmt.Sprint(mrz.Digit(top[5:] + middle[:7] + middle[8:15] + middle[18:29]))
		return []string{top, middle, fill(names, 30)}
	case mrz.Licence:
		line := "D1NLD1" + some10(h.number) + fill(h.number+h.birth, 13)
		return []string{checked(line)}
	}
	width := f.Width()
	top := fill(code, 2) + fill(issuer, 3) + fill(names, width-5)
	low := checked(fill(h.number, 9)) + fill(issuer, 3) + checked(h.birth) + h.letter() + checked(h.expiry)
	switch f {
	case mrz.TD3:
		own := fill(optional, 14)
		low += own + check14(own)
		low += fmt.Sprint(mrz.Digit(low[0:10] + low[13:20] + low[21:43]))
	case mrz.TD2:
		low += fill(optional, 7)
		low += fmt.Sprint(mrz.Digit(low[0:10] + low[13:20] + low[21:35]))
	default:
		low += fill(optional, width-28)
	}
	return []string{top, low}
}

// check14 is the check digit of a passport's optional data; `<` for none.
func check14(own string) string {
	if own == fill("", 14) {
		return "<"
	}
	return fmt.Sprint(mrz.Digit(own))
}

func (h holder) letter() string {
	if h.sex == "X" {
		return "<"
	}
	return h.sex
}

// some10 makes the ten digits of a licence's number out of text.
func some10(text string) string {
	out := make([]byte, 10)
	for i := range out {
		out[i] = '0' + (text[i%len(text)]*7+byte(i))%10
	}
	return string(out)
}
