package web

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// safeCopyPage answers GET /safe-copy. What a case asks for comes in the query:
// case, for, purpose and date.
func (s *Server) safeCopyPage(v *visit) error {
	v.w.Header().Set("Content-Security-Policy", safeCopyPolicy)
	query := v.r.URL.Query()
	page := SafeCopy{Frame: v.frame(), Tool: s.pages.tool,
		For: shortText(query.Get("for")), Purpose: shortText(query.Get("purpose")),
		Case: shortText(query.Get("case")), Date: query.Get("date")}
	page.Here = "/safe-copy"
	if _, err := time.Parse(time.DateOnly, page.Date); err != nil {
		page.Date = s.options.Now().In(v.zone()).Format(time.DateOnly)
	}
	return v.show(page)
}

// wherePage answers GET /safe-copy/where.
func (s *Server) wherePage(v *visit) error {
	page := Where{Frame: v.frame()}
	page.Here = "/safe-copy"
	return v.show(page)
}

// mostMarked is how many characters each line of a mark may have.
const mostMarked = 60

// shortText returns what a link may fill in: one line of at most mostMarked
// characters that can be seen.
func shortText(text string) string {
	if !utf8.ValidString(text) {
		return ""
	}
	kept := strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return ' '
		}
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, text)), " ")
	if letters := []rune(kept); len(letters) > mostMarked {
		return string(letters[:mostMarked])
	}
	return kept
}
