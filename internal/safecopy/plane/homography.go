package plane

import "math"

// A Homography maps a plane onto another as a photo does with a flat document:
// straight lines stay straight.
type Homography [9]float64

// Onto returns the homography that takes the corners of from to those of to.
// Where from or to is degenerate (three corners on one line) ok is false.
func Onto(from, to Quad) (h Homography, ok bool) {
	var m [8][9]float64
	for i := range 4 {
		x, y, u, v := from[i].X, from[i].Y, to[i].X, to[i].Y
		m[2*i] = [9]float64{x, y, 1, 0, 0, 0, -u * x, -u * y, u}
		m[2*i+1] = [9]float64{0, 0, 0, x, y, 1, -v * x, -v * y, v}
	}
	for col := range 8 {
		if !pivot(&m, col) {
			return Homography{}, false
		}
	}
	for i := range 8 {
		h[i] = m[i][8]
	}
	h[8] = 1
	return h, true
}

// pivot makes column col of m that of the identity.
func pivot(m *[8][9]float64, col int) bool {
	best := col
	for r := col + 1; r < 8; r++ {
		if math.Abs(m[r][col]) > math.Abs(m[best][col]) {
			best = r
		}
	}
	if math.Abs(m[best][col]) < 1e-12 {
		return false
	}
	m[col], m[best] = m[best], m[col]
	by := m[col][col]
	for c := range m[col] {
		m[col][c] /= by
	}
	for r := range m {
		if r == col {
			continue
		}
		times := m[r][col]
		for c := range m[r] {
			m[r][c] -= times * m[col][c]
		}
	}
	return true
}

// At is where h takes p.
func (h Homography) At(p Point) Point {
	w := h[6]*p.X + h[7]*p.Y + h[8]
	return Point{(h[0]*p.X + h[1]*p.Y + h[2]) / w, (h[3]*p.X + h[4]*p.Y + h[5]) / w}
}

// Quad is where h takes the corners of q.
func (h Homography) Quad(q Quad) Quad {
	for i := range q {
		q[i] = h.At(q[i])
	}
	return q
}
