package ledger

import (
	"crypto/sha256"
	"errors"
	"math/bits"

	"golang.org/x/mod/sumdb/tlog"
)

// A Tree is a Merkle tree as far as it must be known to grow: the roots of its
// complete subtrees, the largest first. The zero Tree is empty.
type Tree struct {
	size  int64
	roots []tlog.Hash
}

// Frontier returns the stored indices (tlog.StoredHashIndex) of the hashes that
// GrownTree needs for a tree of size leaves.
func Frontier(size int64) []int64 {
	var indices []int64
	for level := 63 - bits.LeadingZeros64(uint64(size)); level >= 0; level-- {
		if n := size >> level; n&1 == 1 {
			indices = append(indices, tlog.StoredHashIndex(level, n-1))
		}
	}
	return indices
}

// GrownTree returns the tree of size leaves whose hashes at Frontier are given,
// in that order.
func GrownTree(size int64, frontier []tlog.Hash) (Tree, error) {
	if size < 0 || len(frontier) != bits.OnesCount64(uint64(size)) {
		return Tree{}, errors.New("grown tree: there are not as many hashes as complete subtrees")
	}
	return Tree{size, append([]tlog.Hash{}, frontier...)}, nil
}

// Size returns the number of leaves.
func (t *Tree) Size() int64 { return t.size }

// Roots returns the hashes at Frontier of Size, in that order.
func (t *Tree) Roots() []tlog.Hash { return append([]tlog.Hash{}, t.roots...) }

// Append adds a leaf by its hash (tlog.RecordHash), and appends to to the hashes
// that are stored for it, which follow those of the leaves before: the first
// is leaf itself, at tlog.StoredHashIndex(0, Size) of before.
func (t *Tree) Append(leaf tlog.Hash, to []tlog.Hash) []tlog.Hash {
	to = append(to, leaf)
	for range bits.TrailingZeros64(uint64(t.size + 1)) {
		last := len(t.roots) - 1
		leaf = tlog.NodeHash(t.roots[last], leaf)
		t.roots = t.roots[:last]
		to = append(to, leaf)
	}
	t.roots = append(t.roots, leaf)
	t.size++
	return to
}

// Root returns the root's hash; that of the empty tree is SHA-256 of nothing
// (RFC 6962, section 2.1).
func (t *Tree) Root() tlog.Hash {
	if t.size == 0 {
		return sha256.Sum256(nil)
	}
	root := t.roots[len(t.roots)-1]
	for i := len(t.roots) - 2; i >= 0; i-- {
		root = tlog.NodeHash(t.roots[i], root)
	}
	return root
}
