package safecopy

import (
	"errors"
	"image"

	"github.com/sparekey/sparekey/internal/safecopy/plane"
)

// Answer is what the verifier says about a copy.
type Answer string

// The answers. Safe is said only where every place that can hold a number is
// proven to be solid: that nothing was read proves nothing.
const (
	Safe       Answer = "safe"
	Unsafe     Answer = "unsafe"
	CannotTell Answer = "cannot-tell" // a person looks
)

// Expect is what a copy must be for. What is empty is not asked for.
type Expect struct {
	Case string
	For  string

	// Since and Today are the first and the last day that may stand on the
	// copy, as 2026-11-22.
	Since, Today string

	// Glance looks for numbers in the two views that show most, and at each once:
	// for a page on which a person waits for their own copy. Every place must be
	// proven solid all the same. Who receives a copy looks in full.
	Glance bool
}

// Reason is one thing that was found, or that could not be shown. It never
// holds what a number was.
type Reason struct {
	Code   ReasonCode
	Answer Answer // that this reason alone leads to: Unsafe or CannotTell
	Region plane.Quad
}

// ReasonCode is stable: pages and commands choose their sentence by it.
type ReasonCode string

// Why a copy is not safe.
const (
	NumberLineOpen ReasonCode = "number-line-open" // characters of the optional data can be seen
	FieldNotSolid  ReasonCode = "field-not-solid"  // a place that holds a number is covered, but not by one solid colour
	PrintedOpen    ReasonCode = "printed-open"     // a printed number can be seen
	DigitsOpen     ReasonCode = "digits-open"      // nine digits that pass the elfproef
	CodeOpen       ReasonCode = "code-open"        // a QR code or barcode that is not the copy's own
	PictureInFile  ReasonCode = "picture-in-file"  // a thumbnail, preview, further frame or picture after the end
	HiddenPixels   ReasonCode = "hidden-pixels"    // colours under transparent pixels
	MarkNumber     ReasonCode = "mark-number"      // the words of the mark are or hold a number
	SecondRead     ReasonCode = "second-read"      // the second reader found a number
)

// Why nothing can be told about a copy.
const (
	UnusableFile  ReasonCode = "unusable-file" // Verdict.Unusable says why
	MoreInFile    ReasonCode = "more-in-file"  // the file carries more than its picture
	DeepColours   ReasonCode = "deep-colours"  // 16 bits per channel, of which only 8 are looked at
	NoNumberLine  ReasonCode = "no-number-line"
	TwoLines      ReasonCode = "two-number-lines"
	TextBeside    ReasonCode = "text-beside"   // something that may be text lies beside the document
	CodeMaybe     ReasonCode = "code-maybe"    // what looks like a QR code, and was not read
	UnknownModel  ReasonCode = "unknown-model" // where this document prints its number is not known
	OtherDigits   ReasonCode = "other-digits"  // a row of digits that may be a number
	OtherLine     ReasonCode = "other-line"    // characters as those of a number line, elsewhere
	NoMark        ReasonCode = "no-mark"       // the copy's own mark is not there, or not across all of it
	NoDate        ReasonCode = "no-date"       // what stands for a date is none
	Stale         ReasonCode = "stale"         // the date is before Since or after Today
	OtherCase     ReasonCode = "other-case"
	OtherFor      ReasonCode = "other-for"
	SecondFailed  ReasonCode = "second-failed"   // the second reader gave up
	NotOurPicture ReasonCode = "not-our-picture" // no file of a safe copy: a page of a PDF, or pixels alone
)

// Verdict is the answer with its reasons, the gravest first. Safe has none.
type Verdict struct {
	Answer  Answer
	Reasons []Reason

	// Mark is what the copy says about itself, where that was read.
	Mark Mark

	// Unusable is why the file could not be opened; nil if it could.
	Unusable *Unusable
}

// A Second is another reader of text, on a server.
type Second interface {
	// Read gives the lines of text that it sees in img, which it does not keep.
	// After an error nothing is known.
	Read(img image.Image) ([]string, error)
}

// Check looks at a file and says whether it is a safe copy. It may be called
// at once from many goroutines.
func Check(file []byte, want Expect, second ...Second) Verdict {
	p, err := Open(file)
	if unusable, ok := errors.AsType[*Unusable](err); ok {
		return Verdict{Answer: CannotTell, Reasons: []Reason{{Code: UnusableFile, Answer: CannotTell}}, Unusable: unusable}
	}
	c := &check{want: want, second: second, Verdict: Verdict{Answer: Safe}}
	c.lookAtFile(p)
	c.lookAtPixels(p.Image, p.Facts.Kind == PNG)
	return c.verdict()
}

// CheckImage looks at a picture that came from no picture file: a page of a
// PDF, drawn. What its file hides is for the caller to find.
func CheckImage(img image.Image, want Expect, second ...Second) Verdict {
	c := &check{want: want, second: second, Verdict: Verdict{Answer: Safe}}
	flat := overWhite(img)
	c.add(NotOurPicture, CannotTell, plane.Rect(flat.Rect))
	c.lookAtPixels(flat, false)
	return c.verdict()
}

// A check is one look at one copy.
type check struct {
	Verdict

	want   Expect
	second []Second
}

func (c *check) add(code ReasonCode, answer Answer, region plane.Quad) {
	c.Reasons = append(c.Reasons, Reason{Code: code, Answer: answer, Region: region})
}

// worst is the gravest answer that the reasons so far lead to.
func (c *check) worst() Answer {
	worst := Safe
	for _, r := range c.Reasons {
		if r.Answer == Unsafe {
			return Unsafe
		}
		worst = CannotTell
	}
	return worst
}

// verdict puts the reasons in order, the unsafe ones first.
func (c *check) verdict() Verdict {
	var unsafe, unknown []Reason
	for _, r := range c.Reasons {
		if r.Answer == Unsafe {
			unsafe = append(unsafe, r)
		} else {
			unknown = append(unknown, r)
		}
	}
	switch c.Reasons = append(unsafe, unknown...); {
	case len(unsafe) > 0:
		c.Answer = Unsafe
	case len(unknown) > 0:
		c.Answer = CannotTell
	}
	return c.Verdict
}
