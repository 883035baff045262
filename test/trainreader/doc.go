// Command trainreader draws characters from free fonts, as a camera might see
// them, and trains the perceptrons of internal/safecopy/glyph on them.
//
//	go run ./test/trainreader -seed 1
//
// writes internal/safecopy/glyph/weights.go. The same seed, fonts and
// processor family give the same file bit for bit. Fonts, from Debian:
// fonts-ocr-b for machine-readable zones; fonts-dejavu, fonts-liberation and
// fonts-urw-base35 (and fonts-ocr-b) for printed digits.
package main
