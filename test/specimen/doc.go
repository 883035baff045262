// Package specimen draws identity documents that nobody holds: every format of
// machine-readable zone and every Dutch model, with where each character, number,
// code and portrait stands, and takes photos of them under known conditions. All of
// it follows from a seed. Names, numbers and faces are made up.
//
// It reads the font OCR-B from fonts-ocr-b (see FontPath) and serves tests and the
// bench only.
package specimen
