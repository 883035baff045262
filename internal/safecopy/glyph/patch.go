package glyph

// Width and Height are the pixels of a Patch.
const (
	Width  = 16
	Height = 22
)

// CellWidth is how many pitches (the distance from one character to the next)
// a patch for Characters is wide, and CellHeight how many heights of a capital
// it is high; the capital stands in its middle.
const (
	CellWidth  = 1.15
	CellHeight = 1.40
)

// RowWidth and RowHeight are the same for Digits, both in heights of a digit.
const (
	RowWidth  = RowHeight * Width / Height
	RowHeight = 1.30
)

// A Patch is one character's surroundings, row by row: brightness before Ink,
// the share of ink from 0 (paper) to 1 after it.
type Patch [Width * Height]float32

// Ink turns brightness (any unit, dark is small) into ink. The paper is the
// bright part of the patch itself; usual is the contrast of characters nearby,
// so that an empty place does not turn its noise into strokes. It returns the
// patch's own contrast.
func (p *Patch) Ink(usual float32) float32 {
	paper, dark := p.extremes()
	own := paper - dark
	scale := max(own, 0.5*usual)
	if scale <= 0 {
		*p = Patch{}
		return 0
	}
	for i, v := range p {
		p[i] = min(max((paper-v)/scale, 0), 1)
	}
	return own
}

// Contrast is what Ink returns, without inking.
func (p *Patch) Contrast() float32 {
	paper, dark := p.extremes()
	return paper - dark
}

// extremes are the brightness of the paper and of the ink: of the values in order,
// those at 80 and at 4 in a hundred.
func (p *Patch) extremes() (paper, dark float32) {
	values := *p
	const bright, low = len(values) * 80 / 100, len(values) * 4 / 100
	paper = nth(values[:], bright)
	return paper, nth(values[:bright], low) // those before are not brighter
}

// nth is the value that comes n-th, from 0, when all are in order. It puts those
// that come before it before it, and the others after it.
func nth(values []float32, n int) float32 {
	for low, high := 0, len(values)-1; low < high; {
		pivot := values[(low+high)/2]
		i, j := low, high
		for i <= j {
			for values[i] < pivot {
				i++
			}
			for pivot < values[j] {
				j--
			}
			if i <= j {
				values[i], values[j] = values[j], values[i]
				i, j = i+1, j-1
			}
		}
		switch {
		case n <= j:
			high = j
		case n >= i:
			low = i
		default:
			return values[n]
		}
	}
	return values[n]
}
