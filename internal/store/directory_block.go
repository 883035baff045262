package store

import (
	"encoding/binary"
	"errors"
	"math/bits"
	"slices"
)

// Members of an organisation have numbers, and a set of members is kept in
// blocks of 8192 numbers. A block with few members is a list of their places in
// it, 16 bits each in rising order; one with more is 8192 bits. Both are little
// endian, and the length tells them apart.
const (
	blockMembers = 8192
	bitmapBytes  = blockMembers / 8
	mostInList   = bitmapBytes/2 - 1
	blockWords   = blockMembers / 64
)

var errBlock = errors.New("a block of a set of members cannot be read")

// A memberSet has bit n where the member with number n is in it.
type memberSet []uint64

// newSet returns an empty set for numbers below n.
func newSet(n int64) memberSet {
	return make(memberSet, (n+blockMembers-1)/blockMembers*blockWords)
}

func (s memberSet) has(n int64) bool { return s[n/64]&(1<<(n%64)) != 0 }

func (s memberSet) add(n int64) { s[n/64] |= 1 << (n % 64) }

func (s memberSet) count() (n int) {
	for _, word := range s {
		n += bits.OnesCount64(word)
	}
	return n
}

// or, and and without change s. The other set has s's length, or none at all.
func (s memberSet) or(other memberSet) memberSet {
	for i, word := range other {
		s[i] |= word
	}
	return s
}

func (s memberSet) and(other memberSet) memberSet {
	for i := range s {
		if i < len(other) {
			s[i] &= other[i]
		} else {
			s[i] = 0
		}
	}
	return s
}

func (s memberSet) without(other memberSet) memberSet {
	for i, word := range other {
		s[i] &^= word
	}
	return s
}

// numbers returns what is in the set, rising.
func (s memberSet) numbers() []int64 {
	list := make([]int64, 0, s.count())
	for i, word := range s {
		for ; word != 0; word &= word - 1 {
			list = append(list, int64(i)*64+int64(bits.TrailingZeros64(word)))
		}
	}
	return list
}

// block returns the words of block i.
func (s memberSet) block(i int64) memberSet { return s[i*blockWords : (i+1)*blockWords] }

// read adds a kept block to words.
func (s memberSet) read(kept []byte) error {
	if len(kept) == bitmapBytes {
		for i := range s {
			s[i] |= binary.LittleEndian.Uint64(kept[8*i:])
		}
		return nil
	}
	if len(kept)%2 != 0 || len(kept)/2 > mostInList {
		return errBlock
	}
	for ; len(kept) > 0; kept = kept[2:] {
		place := int64(binary.LittleEndian.Uint16(kept))
		if place >= blockMembers {
			return errBlock
		}
		s.add(place)
	}
	return nil
}

// kept returns the words of a block as they are kept; empty: nobody is in it.
func (s memberSet) kept() []byte {
	if s.count() > mostInList {
		bitmap := make([]byte, 0, bitmapBytes)
		for _, word := range s {
			bitmap = binary.LittleEndian.AppendUint64(bitmap, word)
		}
		return bitmap
	}
	list := []byte{}
	for _, place := range s.numbers() {
		list = binary.LittleEndian.AppendUint16(list, uint16(place))
	}
	return list
}

// clone returns a copy that may be changed.
func (s memberSet) clone() memberSet { return slices.Clone(s) }
