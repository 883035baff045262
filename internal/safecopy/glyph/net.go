package glyph

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math"
)

// None is the class of a patch that shows no character, or one and a half.
const None = ' '

// A Net is a perceptron with one hidden layer. Rows of weights lie one after
// another, the bias of a row behind its weights. It may be used by several
// goroutines at once.
type Net struct {
	Classes string // one byte per output; the last is None
	Hidden  int
	First   []float32 // Hidden × (Width*Height + 1)
	Second  []float32 // len(Classes) × (Hidden + 1)
}

// Beliefs fills out, one value per class, with the natural logarithms of the
// probabilities that the inked patch shows it.
func (n *Net) Beliefs(p *Patch, out []float32) {
	n.Layers(p, make([]float32, n.Hidden), out)
}

// Layers is Beliefs that also fills hidden, one value per hidden unit.
func (n *Net) Layers(p *Patch, hidden, out []float32) {
	const size = Width * Height
	for h := range hidden {
		row := n.First[h*(size+1) : (h+1)*(size+1)]
		hidden[h] = max(row[size]+dot(row[:size], p[:]), 0)
	}
	top := float32(math.Inf(-1))
	for c := range n.Classes {
		row := n.Second[c*(n.Hidden+1) : (c+1)*(n.Hidden+1)]
		out[c] = row[n.Hidden] + dot(row[:n.Hidden], hidden)
		top = max(top, out[c])
	}
	sum := 0.0
	for _, v := range out[:len(n.Classes)] {
		sum += math.Exp(float64(v - top))
	}
	all := top + float32(math.Log(sum))
	for c := range n.Classes {
		out[c] -= all
	}
}

// dot adds in four lanes, a fixed order that a processor can overlap.
func dot(a, b []float32) float32 {
	var s0, s1, s2, s3 float32
	b = b[:len(a)]
	i := 0
	for ; i+4 <= len(a); i += 4 {
		s0 += a[i] * b[i]
		s1 += a[i+1] * b[i+1]
		s2 += a[i+2] * b[i+2]
		s3 += a[i+3] * b[i+3]
	}
	for ; i < len(a); i++ {
		s0 += a[i] * b[i]
	}
	return s0 + s1 + (s2 + s3)
}

// Pack writes the weights as text: per row a float32 step and one signed byte
// per weight, in base64.
func (n *Net) Pack() string {
	data := pack(nil, n.First, n.Hidden)
	data = pack(data, n.Second, len(n.Classes))
	return base64.StdEncoding.EncodeToString(data)
}

func pack(data []byte, weights []float32, rows int) []byte {
	width := len(weights) / rows
	for r := range rows {
		row := weights[r*width : (r+1)*width]
		largest := float32(1e-6)
		for _, w := range row {
			largest = max(largest, w, -w)
		}
		step := largest / 127
		data = binary.LittleEndian.AppendUint32(data, math.Float32bits(step))
		for _, w := range row {
			data = append(data, byte(int8(math.Round(float64(w/step)))))
		}
	}
	return data
}

// Unpack reads what Pack wrote.
func Unpack(text, classes string, hidden int) (*Net, error) {
	data, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, fmt.Errorf("weights: %w", err)
	}
	n := &Net{Classes: classes, Hidden: hidden}
	first, second := hidden*(Width*Height+1), len(classes)*(hidden+1)
	if len(data) != first+second+4*(hidden+len(classes)) {
		return nil, fmt.Errorf("weights: %d bytes do not fit %d hidden and %d classes", len(data), hidden, len(classes))
	}
	n.First, data = unpack(data, hidden, Width*Height+1)
	n.Second, _ = unpack(data, len(classes), hidden+1)
	return n, nil
}

func unpack(data []byte, rows, width int) (weights []float32, rest []byte) {
	weights = make([]float32, 0, rows*width)
	for range rows {
		step := math.Float32frombits(binary.LittleEndian.Uint32(data))
		for _, b := range data[4 : 4+width] {
			weights = append(weights, float32(int8(b))*step)
		}
		data = data[4+width:]
	}
	return weights, data
}
