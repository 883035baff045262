package safecopy

import (
	"bytes"
	"encoding/binary"
	"errors"

	"golang.org/x/image/webp"
)

// webpChunks splits a WebP file (RFC 9649, section 2.3), and gives what comes
// after its end.
func webpChunks(file []byte) (list []chunk, after []byte, err error) {
	if len(file) < 12 {
		return nil, nil, errCut
	}
	size := uint64(binary.LittleEndian.Uint32(file[4:])) + 8
	if size > uint64(len(file)) {
		err, size = errCut, uint64(len(file))
	}
	if size < 12 {
		return nil, nil, errors.New("a container without content")
	}
	rest, after := file[12:size], file[size:]
	for len(rest) > 0 {
		if len(rest) < 8 {
			return list, after, errCut
		}
		length := uint64(binary.LittleEndian.Uint32(rest[4:]))
		c := chunk{name: string(rest[:4])}
		if length+8 > uint64(len(rest)) {
			c.body = rest[8:]
			return append(list, c), after, errCut
		}
		c.body = rest[8 : 8+length]
		list = append(list, c)
		rest = rest[min(8+length+length&1, uint64(len(rest))):]
	}
	return list, after, err
}

// scanWebP reads the parts of a WebP file.
func scanWebP(file []byte) (anatomy, error) {
	list, after, cut := webpChunks(file)
	parts := anatomy{orientation: 1, frames: 1, perPixel: 8}
	for _, c := range list {
		if c.name == "ANMF" || c.name == "ANIM" {
			return parts, &Unusable{Why: Animated}
		}
		if c.name == "VP8X" && len(c.body) >= 10 && parts.width == 0 {
			b := c.body
			parts.width = 1 + int(b[4]) + int(b[5])<<8 + int(b[6])<<16
			parts.height = 1 + int(b[7]) + int(b[8])<<8 + int(b[9])<<16
		}
		parts.takeWebPChunk(c)
	}
	if parts.width*parts.height > MaxPixels {
		return parts, nil
	}
	if len(after) > 0 {
		parts.extras = append(parts.extras, Extra{What: Trailing, Bytes: len(after), Image: holdsImage(after)})
	}
	config, err := webp.DecodeConfig(bytes.NewReader(file))
	if err == nil {
		parts.width, parts.height = config.Width, config.Height
	}
	switch {
	case err == nil && parts.width*parts.height > MaxPixels:
		return parts, nil
	case cut != nil:
		return parts, cut
	case err != nil:
		return parts, err
	case parts.width == 0 || parts.height == 0:
		return parts, errors.New("a picture without size")
	}
	return parts, nil
}

// takeWebPChunk notes what a chunk carries that is not the picture.
func (a *anatomy) takeWebPChunk(c chunk) {
	extra := Extra{What: Stray, Bytes: len(c.body), Image: holdsImage(c.body)}
	switch c.name {
	case "VP8 ", "VP8L":
		if !a.pictured {
			a.pictured = true
			return
		}
		extra.What, extra.Image = Frame, true
	case "VP8X", "ALPH":
		return
	case "EXIF":
		extras, said := exifExtras(bytes.TrimPrefix(c.body, []byte("Exif\x00\x00")))
		a.extras, a.orientation = append(a.extras, extras...), said.orientation
		return
	case "XMP ":
		extra.What = XMP
	case "ICCP":
		extra.What = ICC
	}
	a.extras = append(a.extras, extra)
}
