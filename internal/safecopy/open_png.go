package safecopy

import (
	"encoding/binary"
	"errors"
)

// A chunk is a part of a PNG file or of a WebP container.
type chunk struct {
	name string
	body []byte
}

// pngChunks splits a PNG file up to its end, and gives what comes after.
func pngChunks(file []byte) (list []chunk, after []byte, err error) {
	rest := file[8:]
	for {
		if len(rest) < 12 {
			return list, nil, errCut
		}
		length := binary.BigEndian.Uint32(rest)
		c := chunk{name: string(rest[4:8])}
		if uint64(length)+12 > uint64(len(rest)) {
			c.body = rest[8:]
			return append(list, c), nil, errCut
		}
		c.body, rest = rest[8:8+length], rest[12+length:]
		list = append(list, c)
		if c.name == "IEND" {
			return list, rest, nil
		}
	}
}

// scanPNG reads the parts of a PNG file (PNG, third edition).
func scanPNG(file []byte) (anatomy, error) {
	list, after, cut := pngChunks(file)
	parts := anatomy{orientation: 1, frames: 1}
	if len(list) == 0 || list[0].name != "IHDR" || len(list[0].body) < 13 {
		if cut != nil {
			return parts, cut
		}
		return parts, errors.New("no header")
	}
	if err := parts.readPNGHeader(list[0].body); err != nil {
		return parts, err
	}
	data := 0
	for _, c := range list[1:] {
		if c.name == "IDAT" {
			data += len(c.body)
		}
		parts.takePNGChunk(c)
	}
	if len(after) > 0 {
		parts.extras = append(parts.extras, Extra{What: Trailing, Bytes: len(after), Image: holdsImage(after)})
	}
	if cut != nil && parts.width*parts.height <= MaxPixels {
		return parts, cut
	}
	return parts, nil
}

// readPNGHeader reads IHDR (11.2.1).
func (a *anatomy) readPNGHeader(b []byte) error {
	w, h := binary.BigEndian.Uint32(b), binary.BigEndian.Uint32(b[4:])
	if w == 0 || h == 0 || w >= 1<<31 || h >= 1<<31 {
		return errors.New("a picture without size")
	}
	// Larger numbers are refused all the same, and do not overflow like this.
	a.width, a.height = int(min(w, 1<<20)), int(min(h, 1<<20))
	depth, colour, interlaced := int(b[8]), b[9], b[12] == 1
	channels := map[byte]int{0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]
	if channels == 0 {
		return errors.New("a colour type that does not exist")
	}
	a.deep = depth > 8
	a.perPixel = 4
	switch {
	case a.deep:
		a.perPixel = 8
	case channels == 1:
		a.perPixel = 1
	}
	if interlaced {
		a.perPixel *= 2
	}
	if channels == 2 || channels == 4 {
		a.perPixel += 4 // the colours under transparent pixels
	}
	// Deflate makes at most 1032 bytes of one.
	bits := float64(a.width) * float64(a.height) * float64(depth*channels)
	a.least = int(min(bits/8/1032, 1<<30))
	return nil
}

// takePNGChunk notes what a chunk carries that is not the picture.
func (a *anatomy) takePNGChunk(c chunk) {
	extra := Extra{What: Stray, Bytes: len(c.body), Image: holdsImage(c.body)}
	switch c.name {
	case "IHDR", "PLTE", "IDAT", "IEND", "tRNS", "pHYs", "sRGB", "gAMA", "cHRM", "sBIT", "bKGD", "tIME", "cICP":
		if len(c.body) <= 1024 || c.name == "IDAT" {
			return
		}
	case "acTL":
		if len(c.body) >= 4 {
			a.frames = max(int(min(binary.BigEndian.Uint32(c.body), 1<<20)), 1)
		}
		return
	case "fcTL":
		return
	case "fdAT":
		extra.What, extra.Image = Frame, true
	case "eXIf":
		extras, said := exifExtras(c.body)
		a.extras, a.orientation = append(a.extras, extras...), said.orientation
		return
	case "iCCP":
		extra.What = ICC
	case "tEXt", "zTXt", "iTXt":
		extra.What = Comment
	}
	a.extras = append(a.extras, extra)
}
