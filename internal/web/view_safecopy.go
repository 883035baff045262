package web

import "github.com/sparekey/sparekey/internal/safecopy"

// SafeCopy is the page that makes a safe copy of an identity document, for
// anyone. Its form goes nowhere: the picture never leaves the browser.
type SafeCopy struct {
	Frame
	Tool Tool // zero: this build has none
	// What is filled in already; a case fills in all of it.
	For, Purpose, Date, Case string
}

// Faults are what can be wrong with a file; their words are
// "safe-copy.fault.NAME".
func (SafeCopy) Faults() []string {
	return []string{"not-a-picture", "pdf", "heic", "damaged", "too-large", "frames", "failed"}
}

// Told returns the words that the page's script says, by their ids. Blanks are
// left in them as the names of what fills them in, in braces.
func (p SafeCopy) Told() map[string]string {
	told := make(map[string]string)
	for _, id := range safeCopyTold {
		told[id] = p.Say("safe-copy."+id, "N", "{N}", "Of", "{Of}", "What", "{What}", "X", "{X}", "Y", "{Y}", "W", "{W}", "H", "{H}")
	}
	for _, fault := range p.Faults() {
		told["fault."+fault] = p.Say("safe-copy.fault." + fault)
	}
	for _, code := range safeCopyNotes {
		told["note."+string(code)] = p.Say("safe-copy.note."+string(code), "A", "{A}")
	}
	for _, code := range safeCopyReasons {
		told["reason."+string(code)] = p.Say("safe-copy.reason." + string(code))
	}
	return told
}

// safeCopyNotes are what is said about the boxes that are proposed. "other" stands
// for what is none of them.
var safeCopyNotes = []safecopy.NoteCode{
	safecopy.FoundLine, safecopy.FoundPlace, safecopy.FoundCodes, safecopy.FoundDigits, safecopy.FoundPhoto,
	safecopy.NoLine, safecopy.NoPhoto, safecopy.SeveralLines, safecopy.OtherSide, safecopy.NotAllPlaces, "other",
}

// safeCopyReasons are why a copy is not safe, or not certainly. "other" stands for
// what is none of them.
var safeCopyReasons = []safecopy.ReasonCode{
	safecopy.NumberLineOpen, safecopy.FieldNotSolid, safecopy.PrintedOpen, safecopy.DigitsOpen, safecopy.CodeOpen,
	safecopy.PictureInFile, safecopy.HiddenPixels, safecopy.MarkNumber, safecopy.SecondRead, safecopy.UnusableFile, safecopy.MoreInFile,
	safecopy.DeepColours, safecopy.NoNumberLine, safecopy.TwoLines, safecopy.TextBeside, safecopy.CodeMaybe, safecopy.UnknownModel,
	safecopy.OtherDigits, safecopy.OtherLine,
	safecopy.NoMark, safecopy.NoDate, safecopy.Stale, safecopy.OtherCase, safecopy.OtherFor, safecopy.SecondFailed,
	safecopy.NotOurPicture, "other",
}

// safeCopyTold are the words of the script besides those of faults.
var safeCopyTold = []string{
	"loading", "ready", "load-failed", "opening", "searching", "making", "checking",
	"box", "box.name", "box.place", "box.removed", "box.added", "box.undone", "box.redone",
	"what.optional-data", "what.printed-number", "what.code", "what.nine-digits", "what.portrait", "what.drawn",
	"no-portrait", "for.missing", "date.missing", "file",
	"verdict.safe", "verdict.safe.how", "verdict.unsafe", "verdict.unsafe.how", "verdict.cannot-tell", "verdict.cannot-tell.how",
	"download", "download-anyway",
}

// ByHand returns the help page's words on making a copy by hand.
func (SafeCopy) ByHand() Help { return Help{} }

func (SafeCopy) template() string { return "safe-copy" }
func (p SafeCopy) title() string  { return p.Say("safe-copy.title") }

// Where is the page that shows where the number is on each Dutch document.
type Where struct{ Frame }

// Models are the documents, each with a drawing "where-NAME.svg"; their words are
// "where.NAME".
func (Where) Models() []Drawing {
	return []Drawing{
		{"identity-2021", 340}, {"identity-2014", 340},
		{"passport-2021", 300}, {"passport-2014", 680}, {"passport-2001", 380},
		{"licence", 340}, {"residence", 340},
	}
}

// A Drawing of a document is 540 CSS pixels wide.
type Drawing struct {
	Name   string
	Height int
}

func (Where) template() string { return "where" }
func (p Where) title() string  { return p.Say("where.title") }
