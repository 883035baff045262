package web

import "slices"

// Help is the page "I lost my MFA code, now what?", for anyone.
type Help struct {
	Frame
	// Back leads to where the reader came from: /sign-in, /mfa or /my-login.
	Back    string
	Support Person // who runs the installation; zero: not said
}

// A HelpPart is for one kind of reader. Its name is the anchor of its heading,
// and its words are "help.part.NAME".
type HelpPart struct {
	Name string
	Ways []HelpWay
}

// A HelpWay is one way on, in steps. Its words are "help.way.NAME".
type HelpWay struct {
	Name  string
	Steps []string // their words are "help.step.NAME", with a picture each
}

// helpParts are all steps that the page describes. A story in test/stories
// walks each of them and takes its picture, and fails for one it does not know.
var helpParts = []HelpPart{
	{"employees", []HelpWay{
		{"backup", []string{"use-backup", "ways", "backup-code", "backup-email", "lost-phone"}},
		{"ask", []string{"ask", "matching-code", "carry-on"}},
	}},
	{"managers", []HelpWay{
		{"request", []string{"requests", "answer"}},
		{"disable", []string{"employees", "bar", "disable", "enable"}},
		{"forced", []string{"forced", "set-up-again", "turn-off-forcing"}},
	}},
	{"administrators", []HelpWay{
		{"another", []string{"ask-administrator", "time-to-object", "object"}},
		{"operator", []string{"operator"}},
	}},
}

// Parts returns what there is to read for each kind of reader.
func (Help) Parts() []HelpPart { return slices.Clone(helpParts) }

// copySteps lead through the page that makes a secure copy, as steps of helpParts do.
var copySteps = []string{"copy-photo", "copy-boxes", "copy-make", "copy-keep"}

// CopySteps returns how Sparekey makes a secure copy.
func (Help) CopySteps() []string { return slices.Clone(copySteps) }

// Copy returns what a secure copy needs, in the order of making it; their words
// are "help.copy.NAME".
func (Help) Copy() []string { return []string{"number", "word", "whom", "date"} }

// Hints returns how to make one, and what else there is to know of it.
func (Help) Hints() []string { return []string{"paper", "phone", "check", "why"} }

// From is the name of the page that Back leads to, in words "help.back-NAME".
func (h Help) From() string { return h.Back[1:] }

func (Help) template() string { return "help" }
func (h Help) title() string  { return h.Say("help.title") }
