package safecopy

import "errors"

// hasSpareJPEG walks through the Huffman codes of a baseline JPEG (ITU-T T.81,
// F.2.2) without making pixels, and reports whether bytes are left before a
// marker when all blocks are done, or anything in its tables. Decoders skip those.
// A file that this cannot walk, such as a progressive one, has to be taken for one that hides some.
func hasSpareJPEG(file []byte) bool {
	list, _, err := segments(file)
	if err != nil || !arePlain(list) {
		return true
	}
	w := walker{}
	scans := 0
	for _, s := range list {
		switch {
		case s.marker == markDHT:
			err = w.readTables(s.body)
		case s.marker == markDRI && len(s.body) >= 2:
			w.restart = int(s.body[0])<<8 | int(s.body[1])
		case s.marker == markSOF0:
			err = w.readFrame(s.body)
		case isFrameHeader(s.marker) || s.marker == markDNL:
			return true
		case s.marker == markSOS:
			scans++
			err = w.walk(s)
		}
		if err != nil {
			return true
		}
	}
	return scans != 1
}

var errWalk = errors.New("not walked through")

// walker knows what is needed to tell where the codes of a scan end.
type walker struct {
	tables  [8]*huffman // 0 to 3 for first coefficients, 4 to 7 for the others
	restart int         // units between restart markers; 0 for none
	units   int         // in the picture
	parts   []component

	data []byte
	bits uint32
	have int
}

type component struct {
	id     byte
	blocks int // in a unit
}

// huffman is a table as T.81, F.2.2.3 has it: the largest code of each length.
type huffman struct {
	largest [17]int // -1 where there is none
	first   [17]int
	at      [17]int
	values  []byte
}

func (w *walker) readTables(b []byte) error {
	for len(b) > 0 {
		if len(b) < 17 || b[0]>>4 > 1 || b[0]&15 > 3 {
			return errWalk
		}
		h, code, count := &huffman{}, 0, 0
		for length := 1; length <= 16; length++ {
			n := int(b[length])
			h.first[length], h.at[length], h.largest[length] = code, count, -1
			if n > 0 {
				h.largest[length] = code + n - 1
			}
			code, count = (code+n)<<1, count+n
		}
		if len(b) < 17+count {
			return errWalk
		}
		h.values = b[17 : 17+count]
		w.tables[b[0]>>4<<2|b[0]&15] = h
		b = b[17+count:]
	}
	return nil
}

func (w *walker) readFrame(b []byte) error {
	var a anatomy
	if err := a.readFrameHeader(segment{marker: markSOF0, body: b}); err != nil {
		return err
	}
	wide, high := 1, 1
	for i := range int(b[5]) {
		h, v := int(b[7+3*i]>>4), int(b[7+3*i]&15)
		wide, high = max(wide, h), max(high, v)
		w.parts = append(w.parts, component{b[6+3*i], h * v})
	}
	if len(w.parts) == 1 {
		// A lone component is not interleaved: its unit is one block (A.2.2).
		w.parts[0].blocks, wide, high = 1, 1, 1
	}
	w.units = ((a.width + 8*wide - 1) / (8 * wide)) * ((a.height + 8*high - 1) / (8 * high))
	return nil
}

// walk goes through the one scan of a baseline file.
func (w *walker) walk(s segment) error {
	if len(s.body) < 1 || int(s.body[0]) != len(w.parts) || len(s.body) < 1+2*len(w.parts) || len(w.parts) == 0 {
		return errWalk
	}
	type pair struct{ first, rest *huffman }
	var tables []pair
	for i, p := range w.parts {
		id, chosen := s.body[1+2*i], s.body[2+2*i]
		if id != p.id || chosen>>4 > 3 || chosen&15 > 3 {
			return errWalk
		}
		tables = append(tables, pair{w.tables[chosen>>4], w.tables[4|chosen&15]})
		if tables[i].first == nil || tables[i].rest == nil {
			return errWalk
		}
	}
	w.data, w.have = s.scan, 0
	for unit := range w.units {
		if w.restart > 0 && unit > 0 && unit%w.restart == 0 {
			if err := w.passRestart(); err != nil {
				return err
			}
		}
		for i, p := range w.parts {
			for range p.blocks {
				if err := w.block(tables[i].first, tables[i].rest); err != nil {
					return err
				}
			}
		}
	}
	if len(w.data) > 0 {
		return errWalk
	}
	return nil
}

// block passes over one block of 64 coefficients.
func (w *walker) block(first, rest *huffman) error {
	size, err := w.symbol(first)
	if err != nil || size > 15 {
		return errWalk
	}
	if err := w.skip(int(size)); err != nil {
		return err
	}
	for k := 1; k < 64; k++ {
		s, err := w.symbol(rest)
		if err != nil {
			return err
		}
		run, size := int(s>>4), int(s&15)
		if size == 0 {
			if run != 15 {
				return nil
			}
			k += 15
			continue
		}
		k += run
		if err := w.skip(size); err != nil {
			return err
		}
	}
	return nil
}

func (w *walker) symbol(h *huffman) (byte, error) {
	code := 0
	for length := 1; length <= 16; length++ {
		if err := w.fillTo(1); err != nil {
			return 0, err
		}
		w.have--
		code = code<<1 | int(w.bits>>w.have&1)
		if h.largest[length] >= 0 && code <= h.largest[length] && code >= h.first[length] {
			return h.values[h.at[length]+code-h.first[length]], nil
		}
	}
	return 0, errWalk
}

func (w *walker) skip(bits int) error {
	if err := w.fillTo(bits); err != nil {
		return err
	}
	w.have -= bits
	return nil
}

// fillTo reads bytes until so many bits are there.
func (w *walker) fillTo(bits int) error {
	for w.have < bits {
		if len(w.data) == 0 {
			return errWalk
		}
		b, step := w.data[0], 1
		if b == 0xff {
			if len(w.data) < 2 || w.data[1] != 0 {
				return errWalk
			}
			step = 2
		}
		w.data = w.data[step:]
		w.bits, w.have = w.bits<<8|uint32(b), w.have+8
	}
	return nil
}

// passRestart passes over a restart marker, which begins at a whole byte.
func (w *walker) passRestart() error {
	w.have = 0
	if len(w.data) < 2 || w.data[0] != 0xff || w.data[1] < markRST0 || w.data[1] > markRST7 {
		return errWalk
	}
	w.data = w.data[2:]
	return nil
}
