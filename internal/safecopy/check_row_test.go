package safecopy

import (
	"image"
	"image/color"
	"image/draw"
	"slices"
	"testing"

	"github.com/sparekey/sparekey/internal/safecopy/plane"
	"github.com/sparekey/sparekey/internal/safecopy/reader"
)

func TestTheNumberLineItselfIsNoOtherRowEitherWayUp(t *testing.T) {
	const text = "YBGIVG8L01UTO9009279M2408013"
	slot := func(i, y int) plane.Quad { return plane.Rect(image.Rect(20*i, y, 20*i+20, y+30)) }
	line := reader.Line{Text: text}
	for i := range text {
		line.Slots = append(line.Slots, slot(i, 0))
	}
	zone := reader.Zone{Lines: []reader.Line{line}}
	row := func(digits string, from, y int, isTurned bool) reader.Number {
		n := reader.Number{Digits: digits}
		for i := range digits {
			n.Slots = append(n.Slots, slot(from+i, y))
		}
		if isTurned {
			slices.Reverse(n.Slots)
			for i, q := range n.Slots {
				n.Slots[i] = plane.Quad{q[2], q[3], q[0], q[1]}
			}
		}
		return n
	}
	for _, test := range []struct {
		name string
		row  reader.Number
		want bool
	}{
		{"as it is", row("09009279", 12, 0, false), true},
		{"on its head", row("622600601", 11, 0, true), true},
		{"another row on its head", row("123456782", 10, 0, true), false},
		{"another row", row("123456782", 10, 0, false), false},
		{"the same elsewhere", row("09009279", 12, 200, false), false},
	} {
		if got := isOfZone(test.row, zone); got != test.want {
			t.Errorf("%s: %v", test.name, got)
		}
	}
}

func TestDigitsAreReadDarkOnLightAndLightOnDark(t *testing.T) {
	for _, test := range []struct {
		digits     string
		paper, ink uint8
		want       bool
	}{{"123456782", 230, 20, true}, {"123456782", 30, 245, true}, {"123456782", 30, 31, false}} {
		view := image.NewGray(image.Rect(0, 0, 700, 400))
		draw.Draw(view, view.Rect, image.NewUniform(color.Gray{Y: test.paper}), image.Point{}, draw.Src)
		mask := writeLine(test.digits, 36, 0)
		draw.DrawMask(view, mask.Rect.Add(image.Pt(120, 90)), image.NewUniform(color.Gray{Y: test.ink}), image.Point{}, mask, image.Point{}, draw.Over)
		c := &check{}
		c.lookForNumbers(reader.NewView(view), reader.Zone{}, nil)
		if got := slices.ContainsFunc(c.Reasons, func(r Reason) bool { return r.Code == DigitsOpen }); got != test.want {
			t.Errorf("%d on %d: %v", test.ink, test.paper, c.Reasons)
		}
	}
}
