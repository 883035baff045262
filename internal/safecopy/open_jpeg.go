package safecopy

import (
	"bytes"
	"errors"
	"fmt"
)

// The markers of JPEG that matter (ITU-T T.81, table B.1).
const (
	markSOF0, markSOF1, markSOF2 = 0xc0, 0xc1, 0xc2
	markDHT, markJPG, markDAC    = 0xc4, 0xc8, 0xcc
	markRST0, markRST7           = 0xd0, 0xd7
	markEOI, markSOS             = 0xd9, 0xda
	markDQT, markDNL, markDRI    = 0xdb, 0xdc, 0xdd
	markAPP0, markAPP15, markCOM = 0xe0, 0xef, 0xfe
)

// A segment is a part of a JPEG file. body leaves out the marker and length;
// of SOS it is the header, and scan the entropy-coded bytes after it.
type segment struct {
	marker byte
	body   []byte
	scan   []byte
	stray  int // bytes before its marker that belong to nothing
}

var errCut = &Unusable{Why: Truncated}

// segments splits a JPEG file up to its end marker, and gives what comes after.
func segments(file []byte) (list []segment, after []byte, err error) {
	at := 2
	for {
		stray := 0
		for at < len(file) && file[at] != 0xff {
			at, stray = at+1, stray+1
		}
		for at+1 < len(file) && file[at+1] == 0xff {
			at++
		}
		if at+1 >= len(file) {
			return list, nil, errCut
		}
		s := segment{marker: file[at+1], stray: stray}
		at += 2
		switch {
		case s.marker == 0 || s.marker == 1 || s.marker >= markRST0 && s.marker <= markRST7:
			s.stray += 2
			list = append(list, s)
			continue
		case s.marker == 0xd8:
			return list, nil, errors.New("a picture begins inside the picture")
		case s.marker == markEOI:
			return append(list, s), file[at:], nil
		}
		if at+2 > len(file) {
			return list, nil, errCut
		}
		length := int(file[at])<<8 | int(file[at+1])
		if length < 2 {
			return list, nil, errors.New("a segment of negative length")
		}
		if at+length > len(file) {
			return list, nil, errCut
		}
		s.body = file[at+2 : at+length]
		at += length
		if s.marker == markSOS {
			end := at + scanLength(file[at:])
			s.scan, at = file[at:end], end
		}
		list = append(list, s)
	}
}

// scanLength is how many entropy-coded bytes come before the next marker.
func scanLength(b []byte) int {
	for i := 0; ; i++ {
		next := bytes.IndexByte(b[i:], 0xff)
		if next < 0 || i+next+1 >= len(b) {
			return len(b)
		}
		i += next
		if m := b[i+1]; m != 0 && (m < markRST0 || m > markRST7) {
			return i
		}
	}
}

// scanJPEG reads the parts of a JPEG file.
func scanJPEG(file []byte) (anatomy, error) {
	list, after, cut := segments(file)
	parts := anatomy{orientation: 1, frames: 1}
	for _, s := range list {
		if s.stray > 0 {
			parts.extras = append(parts.extras, Extra{What: Stray, Bytes: s.stray})
		}
		if isFrameHeader(s.marker) && parts.width == 0 {
			if err := parts.readFrameHeader(s); err != nil {
				return parts, err
			}
		}
		parts.takeSegment(s)
	}
	if len(after) > 0 {
		parts.extras = append(parts.extras, Extra{What: Trailing, Bytes: len(after), Image: holdsImage(after)})
	}
	switch pixels := parts.width * parts.height; {
	case pixels > MaxPixels:
		// Whatever else is wrong with it, its size is what must be said.
		return parts, nil
	case cut != nil:
		return parts, cut
	case pixels == 0:
		return parts, errors.New("no frame header")
	}
	return parts, nil
}

func isFrameHeader(marker byte) bool {
	return marker >= markSOF0 && marker <= 0xcf && marker != markDHT && marker != markJPG && marker != markDAC
}

// readFrameHeader reads size and sampling (T.81, B.2.2).
func (a *anatomy) readFrameHeader(s segment) error {
	if s.marker > markSOF2 {
		return fmt.Errorf("a kind of JPEG that is not decoded (SOF%d)", s.marker-markSOF0)
	}
	b := s.body
	if len(b) < 6 || len(b) < 6+3*int(b[5]) || b[5] == 0 {
		return errors.New("a short frame header")
	}
	a.height, a.width = int(b[1])<<8|int(b[2]), int(b[3])<<8|int(b[4])
	if a.height == 0 || a.width == 0 {
		return errors.New("a picture without size")
	}
	wide, high, blocks := 1, 1, 0
	for i := range int(b[5]) {
		h, v := int(b[7+3*i]>>4), int(b[7+3*i]&15)
		wide, high, blocks = max(wide, h), max(high, v), blocks+h*v
	}
	samples := float64(blocks) / float64(wide*high) // per pixel
	units := ((a.width + 8*wide - 1) / (8 * wide)) * ((a.height + 8*high - 1) / (8 * high))
	a.perPixel = samples
	if s.marker == markSOF2 {
		a.perPixel += 4 * samples    // the coefficients of all scans, four bytes each
		a.least = units * blocks / 8 // a bit for the first coefficient of each block
	} else {
		a.least = units * blocks * 2 / 8 // a bit each for the first coefficient and the end of a block
	}
	return nil
}

// takeSegment notes what a segment carries that is not the picture.
func (a *anatomy) takeSegment(s segment) {
	extra := Extra{Bytes: len(s.body), Image: holdsImage(s.body)}
	switch {
	case s.marker == markCOM:
		extra.What = Comment
	case s.marker < markAPP0 || s.marker > markAPP15:
		return
	case isPlainJFIF(s) || s.marker == 0xee && bytes.HasPrefix(s.body, []byte("Adobe")) && len(s.body) == 12:
		return
	case s.marker == markAPP0 && (bytes.HasPrefix(s.body, []byte("JFIF\x00")) || bytes.HasPrefix(s.body, []byte("JFXX\x00"))):
		extra.What, extra.Image = Thumbnail, true
	case s.marker == 0xe1 && bytes.HasPrefix(s.body, []byte("Exif\x00")) && len(s.body) >= 6:
		extras, said := exifExtras(s.body[6:])
		a.extras = append(a.extras, extras...)
		if a.orientation == 1 {
			a.orientation = said.orientation
		}
		return
	case s.marker == 0xe1 && bytes.HasPrefix(s.body, []byte("http://ns.adobe.com/")):
		extra.What = XMP
	case s.marker == 0xe2 && bytes.HasPrefix(s.body, []byte("ICC_PROFILE\x00")):
		extra.What = ICC
	case s.marker == 0xe2 && bytes.HasPrefix(s.body, []byte("MPF\x00")):
		extra.What, extra.Image = MPF, true
	case s.marker == 0xed:
		extra.What = Photoshop
	default:
		extra.What = Stray
	}
	a.extras = append(a.extras, extra)
}

// isPlainJFIF reports whether s is the JFIF header without a thumbnail
// (JFIF 1.02: version, units, density, and a thumbnail of 0 × 0).
func isPlainJFIF(s segment) bool {
	return s.marker == markAPP0 && len(s.body) == 14 && bytes.HasPrefix(s.body, []byte("JFIF\x00")) && s.body[12] == 0 && s.body[13] == 0
}
