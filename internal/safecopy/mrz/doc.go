// Package mrz knows the text of machine-readable zones: formats, alphabets per
// position, check digits and fields (ICAO Doc 9303 parts 4 to 7), the Dutch
// driving licence's line (ISO/IEC 18013-1), and the citizen service number's
// own test. It sees characters only, no pixels.
package mrz
