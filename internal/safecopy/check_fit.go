package safecopy

import (
	"math"

	"github.com/sparekey/sparekey/internal/safecopy/plane"
	"github.com/sparekey/sparekey/internal/safecopy/reader"
)

// refitted lays the slots of a zone anew where boxes cover some: a zone is flat
// and its characters stand in a grid, so the map from the grid that fits the
// open characters best tells where the covered ones stand. Zones of one line,
// and with too few open characters, are as they were.
func refitted(z reader.Zone) reader.Zone {
	if len(z.Lines) < 2 {
		return z
	}
	var grid, seen []plane.Point
	high := 0.0
	for n, line := range z.Lines {
		for i, slot := range line.Slots {
			if line.Text[i] == reader.Covered || line.Sure[i] < 0.3 {
				continue
			}
			grid, seen = append(grid, plane.Point{X: float64(i), Y: float64(n)}), append(seen, slot.At(0.5, 0.5))
			high += plane.Distance(slot.At(0.5, 0), slot.At(0.5, 1))
		}
	}
	if len(grid) < 24 {
		return z
	}
	h, ok := mapOf(grid, seen)
	if !ok {
		return z
	}
	// The height of a slot, as a part of the distance between lines.
	high /= float64(len(grid))
	half := high / 2 / plane.Distance(h.at(10, 0), h.at(10, 1))
	fitted := z
	fitted.Lines = nil
	for n, line := range z.Lines {
		slots := make([]plane.Quad, len(line.Slots))
		for i := range slots {
			x, y := float64(i), float64(n)
			slots[i] = plane.Quad{h.at(x-0.5, y-half), h.at(x+0.5, y-half), h.at(x+0.5, y+half), h.at(x-0.5, y+half)}
		}
		line.Slots = slots
		fitted.Lines = append(fitted.Lines, line)
	}
	return fitted
}

// projection is a map of the plane onto itself, its ninth number 1.
type projection [8]float64

func (h projection) at(x, y float64) plane.Point {
	z := h[6]*x + h[7]*y + 1
	return plane.Point{X: (h[0]*x + h[1]*y + h[2]) / z, Y: (h[3]*x + h[4]*y + h[5]) / z}
}

// mapOf is the projection that takes each point of from nearest to that of to,
// in the sense of least squares.
func mapOf(from, to []plane.Point) (projection, bool) {
	var a [8][9]float64
	add := func(row [8]float64, value float64) {
		for i := range row {
			for j := range row {
				a[i][j] += row[i] * row[j]
			}
			a[i][8] += row[i] * value
		}
	}
	for i, p := range from {
		x, y, u, v := p.X, p.Y, to[i].X, to[i].Y
		add([8]float64{x, y, 1, 0, 0, 0, -x * u, -y * u}, u)
		add([8]float64{0, 0, 0, x, y, 1, -x * v, -y * v}, v)
	}
	for c := range 8 {
		pivot := c
		for r := c; r < 8; r++ {
			if math.Abs(a[r][c]) > math.Abs(a[pivot][c]) {
				pivot = r
			}
		}
		a[c], a[pivot] = a[pivot], a[c]
		if math.Abs(a[c][c]) < 1e-9 {
			return projection{}, false
		}
		for r := range 8 {
			if r == c {
				continue
			}
			by := a[r][c] / a[c][c]
			for k := c; k < 9; k++ {
				a[r][k] -= by * a[c][k]
			}
		}
	}
	var h projection
	for i := range h {
		h[i] = a[i][8] / a[i][i]
	}
	return h, true
}
