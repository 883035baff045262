// Package safecopy makes a copy of an identity document on which the citizen
// service number is gone, and tells later whether a copy is safe to keep.
//
// Images come in as bytes or pixels, and boxes and verdicts go out: it reads no
// file, writes none and logs nothing, so that the page (wasm), the command and
// the server run the same code. It never says what a number was.
package safecopy

import (
	"github.com/sparekey/sparekey/internal/safecopy/plane"
)

// What is what a Box covers, and why.
type What string

// What a Box may cover.
const (
	OptionalData  What = "optional-data"  // of a number line, with its check digits
	PrintedNumber What = "printed-number" // where the model of the document prints it
	Code          What = "code"           // a QR code or barcode
	NineDigits    What = "nine-digits"    // a number elsewhere that passes the elfproef
	Portrait      What = "portrait"       // the photo of the holder, when asked
	Drawn         What = "drawn"          // put there by the person
)

// Box is a region to be filled solid, in pixels of the upright picture.
type Box struct {
	Quad plane.Quad
	What What
}

// Mark is what is written across a safe copy. For says for whom or what; Date
// is a day as 2026-11-22; Case is empty outside a case.
type Mark struct {
	For, Purpose, Date, Case string
}
