// Package mrz knows the text of machine-readable zones: formats, alphabets per
// position, check digits and fields (ICAO Doc 9303 parts 4 to 7), the Dutch
// driving licence's line (ISO/IEC 18013-1), and the citizen service number's
// own test. It sees characters only, no pixels.
package mrz

// Format is the layout of a machine-readable zone.
type Format int

// The formats, with their lines and characters per line.
const (
	None    Format = iota
	TD1            // card, 3 × 30
	TD2            // older cards, 2 × 36
	TD3            // passport, 2 × 44
	MRVA           // visa, 2 × 44
	MRVB           // visa, 2 × 36
	Licence        // Dutch driving licence, 1 × 30
)
