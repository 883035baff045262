package mrz

// Weight is what the character at the n-th place (from 0) of a checked run is
// multiplied by (Doc 9303 part 3, section 4.9).
func Weight(n int) int { return [...]int{7, 3, 1}[n%3] }

// Value is what a character counts in a check digit: digits themselves, A is
// 10 to Z 35, `<` is 0. It is -1 for a character that no zone has.
func Value(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'A' && c <= 'Z':
		return int(c-'A') + 10
	case c == '<':
		return 0
	}
	return -1
}

// Digit is the check digit over text, 0 to 9. Characters that no zone has
// count as nothing.
func Digit(text string) int {
	sum := 0
	for i := range len(text) {
		sum += max(Value(text[i]), 0) * Weight(i)
	}
	return sum % 10
}

// Elfproef reports whether digits can be a citizen service number (BSN): nine
// digits, or eight with the leading zero left out, not all zeros, whose sum
// weighted 9, 8, 7, 6, 5, 4, 3, 2, -1 is a multiple of 11. Numbers of
// companies (RSIN) pass the same test.
func Elfproef(digits string) bool {
	if len(digits) == 8 {
		digits = "0" + digits
	}
	if len(digits) != 9 {
		return false
	}
	sum, zeros := 0, true
	for i := range 9 {
		d := int(digits[i]) - '0'
		if d < 0 || d > 9 {
			return false
		}
		zeros = zeros && d == 0
		if i == 8 {
			sum -= d
		} else {
			sum += d * (9 - i)
		}
	}
	return !zeros && sum%11 == 0
}
