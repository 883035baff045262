package web

import (
	"strconv"
	"time"
)

// ErrorPage says that something went wrong, in words, with a next step. No
// forms.
type ErrorPage struct {
	Frame
	Status    int           // 400, 403, 404, 405, 409, 413, 429, 500 or 503; any other reads as 500
	Wait      time.Duration // 429 and 503: when to try again; 0: not said
	RequestID string        // 500: to find it in the log; empty: not said
	Back      string        // path to go on from; empty: "/"
}

func (ErrorPage) template() string { return "error" }
func (v ErrorPage) title() string  { return v.Say("error." + v.Kind() + ".title") }

// Kind returns the status that chooses the sentences.
func (v ErrorPage) Kind() string {
	switch v.Status {
	case 400, 403, 404, 405, 409, 413, 429, 503:
		return strconv.Itoa(v.Status)
	}
	return "500"
}

// Seconds returns Wait in whole seconds, rounded up.
func (v ErrorPage) Seconds() int { return wholeSeconds(v.Wait) }

// Next returns the path to go on from.
func (v ErrorPage) Next() string {
	if v.Back != "" {
		return v.Back
	}
	return "/"
}
