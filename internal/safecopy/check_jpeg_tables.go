package safecopy

import (
	"bytes"
	"image"
	"image/jpeg"
	"sync"
)

// plainTables are the tables that a JPEG file of a copy may have: the Huffman
// tables of T.81, annex K, by class and number; and the quantisation tables that
// follow from a quality, by number. Others have room for more than a picture.
type plainTables struct {
	huffman map[byte]string
	quants  map[byte]map[string]bool
}

// plain has an empty picture encoded in every quality, as copies are.
var plain = sync.OnceValue(func() plainTables {
	p := plainTables{huffman: map[byte]string{}, quants: map[byte]map[string]bool{0: {}, 1: {}}}
	for quality := 1; quality <= 100; quality++ {
		var file bytes.Buffer
		if err := jpeg.Encode(&file, image.NewRGBA(image.Rect(0, 0, 1, 1)), &jpeg.Options{Quality: quality}); err != nil {
			continue // a buffer takes everything
		}
		list, _, _ := segments(file.Bytes())
		for _, s := range list {
			switch s.marker {
			case markDHT:
				for id, table := range huffmanTables(s.body) {
					p.huffman[id] = table
				}
			case markDQT:
				for id, table := range quantTables(s.body) {
					p.quants[id][table] = true
				}
			}
		}
	}
	return p
})

// huffmanTables splits the body of a DHT segment; nil if it holds other than
// whole tables, each once.
func huffmanTables(b []byte) map[byte]string {
	tables := map[byte]string{}
	for len(b) > 0 {
		if len(b) < 17 {
			return nil
		}
		length := 17
		for _, n := range b[1:17] {
			length += int(n)
		}
		if _, again := tables[b[0]]; again || length > len(b) {
			return nil
		}
		tables[b[0]], b = string(b[1:length]), b[length:]
	}
	return tables
}

// quantTables does so for a DQT segment, with tables of 8 bits.
func quantTables(b []byte) map[byte]string {
	tables := map[byte]string{}
	for len(b) > 0 {
		if len(b) < 65 {
			return nil
		}
		if _, again := tables[b[0]]; again {
			return nil
		}
		tables[b[0]], b = string(b[1:65]), b[65:]
	}
	return tables
}

// arePlain reports whether the tables and headers of a JPEG file are what a plain
// one has, none of them more than once.
func arePlain(list []segment) bool {
	once := map[int]bool{}
	first := func(of int) bool { // kinds of segments, and numbers of tables behind them
		again := once[of]
		once[of] = true
		return !again
	}
	for _, s := range list {
		switch kind := int(s.marker) << 8; {
		case s.marker == markDHT:
			tables := huffmanTables(s.body)
			for id, table := range tables {
				if !first(kind|int(id)) || table != plain().huffman[id] {
					return false
				}
			}
			if len(tables) == 0 {
				return false
			}
		case s.marker == markDQT:
			tables := quantTables(s.body)
			for id, table := range tables {
				if !first(kind|int(id)) || !plain().quants[id][table] {
					return false
				}
			}
			if len(tables) == 0 {
				return false
			}
		case isFrameHeader(s.marker):
			if !first(kind) || len(s.body) < 6 || len(s.body) != 6+3*int(s.body[5]) {
				return false
			}
		case s.marker == markSOS:
			if !first(kind) || len(s.body) < 1 || len(s.body) != 4+2*int(s.body[0]) {
				return false
			}
		case s.marker == markDRI && len(s.body) != 2, !first(kind):
			return false
		}
	}
	return true
}
