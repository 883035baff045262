package glyph

// The characters of machine-readable zones, and those of printed numbers.
const (
	CharacterClasses = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ<" + string(None)
	DigitClasses     = "0123456789" + string(None)
)

// Sizes of the hidden layers.
const (
	CharacterHidden = 128
	DigitHidden     = 96
)

// Characters is the perceptron for machine-readable zones (OCR-B).
func Characters() *Net { return must(Unpack(characterWeights, CharacterClasses, CharacterHidden)) }

// Digits is the perceptron for printed digits of ordinary typefaces.
func Digits() *Net { return must(Unpack(digitWeights, DigitClasses, DigitHidden)) }

// must panics on weights that were not generated whole; a test unpacks both.
func must(n *Net, err error) *Net {
	if err != nil {
		panic(err)
	}
	return n
}
