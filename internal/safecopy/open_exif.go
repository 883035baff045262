package safecopy

import (
	"bytes"
	"encoding/binary"
)

// exif is what a block of EXIF says (TIFF 6.0, Exif 2.32).
type exif struct {
	orientation int // 1 to 8
	thumbnail   int // bytes; 0 for none
}

// The tags that matter.
const (
	tagOrientation     = 0x0112
	tagThumbnailStart  = 0x0201
	tagThumbnailLength = 0x0202
)

// readEXIF reads the first two directories. What is damaged says nothing:
// orientation is 1 then.
func readEXIF(block []byte) exif {
	found := exif{orientation: 1}
	var order binary.ByteOrder
	switch {
	case bytes.HasPrefix(block, []byte("II*\x00")):
		order = binary.LittleEndian
	case bytes.HasPrefix(block, []byte("MM\x00*")):
		order = binary.BigEndian
	default:
		return found
	}
	if len(block) < 8 {
		return found
	}
	at := order.Uint32(block[4:])
	for directory := range 2 {
		entries, next := tiffDirectory(block, order, at)
		for _, e := range entries {
			switch {
			case directory == 0 && e.tag == tagOrientation && e.value >= 1 && e.value <= 8:
				found.orientation = int(e.value)
			case e.tag == tagThumbnailLength:
				found.thumbnail = int(e.value)
			case e.tag == tagThumbnailStart:
				found.thumbnail = max(found.thumbnail, 1)
			}
		}
		if next == 0 {
			break
		}
		at = next
	}
	return found
}

type tiffEntry struct {
	tag   uint16
	value uint32
}

// tiffDirectory reads the numbers of the directory at that offset, and the
// offset of the next one, which is 0 at the end.
func tiffDirectory(block []byte, order binary.ByteOrder, at uint32) ([]tiffEntry, uint32) {
	if uint64(at)+2 > uint64(len(block)) {
		return nil, 0
	}
	count := int(order.Uint16(block[at:]))
	rest := block[at+2:]
	var entries []tiffEntry
	for range count {
		if len(rest) < 12 {
			return entries, 0
		}
		e := tiffEntry{tag: order.Uint16(rest)}
		const short, long = 3, 4
		switch order.Uint16(rest[2:]) {
		case short:
			e.value = uint32(order.Uint16(rest[8:]))
		case long:
			e.value = order.Uint32(rest[8:])
		}
		entries = append(entries, e)
		rest = rest[12:]
	}
	if len(rest) < 4 {
		return entries, 0
	}
	return entries, order.Uint32(rest)
}

// beginnings are the bytes that pictures begin with, also in base64 as XMP
// writes them.
var beginnings = [][]byte{
	[]byte("\xff\xd8\xff"), []byte("\x89PNG\r\n"), []byte("WEBPVP8"), []byte("GIF87a"), []byte("GIF89a"),
	[]byte("ftypheic"), []byte("ftypheix"), []byte("ftypmif1"), []byte("ftypavif"), []byte("%PDF-"), []byte("/9j/"), []byte("iVBORw0KGgo"),
}

// holdsImage reports whether something in block begins like a picture.
func holdsImage(block []byte) bool {
	for _, b := range beginnings {
		if bytes.Contains(block, b) {
			return true
		}
	}
	return false
}

// exifExtras lists what a block of EXIF is, and the thumbnail in it.
func exifExtras(block []byte) ([]Extra, exif) {
	said := readEXIF(block)
	extras := []Extra{{What: EXIF, Bytes: len(block)}}
	if said.thumbnail > 0 || holdsImage(block) {
		extras = append(extras, Extra{What: Thumbnail, Bytes: said.thumbnail, Image: true})
	}
	return extras, said
}
