package ledger

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"sync"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/sparekey/sparekey/internal/audit"
)

// Keys authenticate entries and sign checkpoints. They show themselves to no
// log, and are safe for use by many.
type Keys struct {
	origin   string
	mac      []byte
	private  ed25519.PrivateKey
	verifier note.Verifier
	text     string // of verifier
	macs     sync.Pool
}

// keySize is the length of both secrets.
const keySize = 32

// NewKeys returns the keys of the installation with the id. Both secrets are 32
// bytes derived from the master key: mac authenticates entries, seed is the
// Ed25519 seed (RFC 8032) that signs checkpoints.
func NewKeys(installation string, mac, seed []byte) (*Keys, error) {
	if len(mac) != keySize || len(seed) != keySize {
		return nil, errors.New("keys of the log: both secrets are 32 bytes")
	}
	k := &Keys{origin: "sparekey/" + installation, mac: mac, private: ed25519.NewKeyFromSeed(seed)}
	var err error
	if k.text, err = note.NewEd25519VerifierKey(k.origin, k.private.Public().(ed25519.PublicKey)); err != nil {
		return nil, fmt.Errorf("keys of the log: %w", err)
	}
	if k.verifier, err = note.NewVerifier(k.text); err != nil {
		return nil, fmt.Errorf("keys of the log: %w", err)
	}
	k.macs.New = func() any { return hmac.New(sha256.New, mac) }
	return k, nil
}

// LeafHash returns the hash of the leaf of e, and the leaf's bytes, which
// overwrite scratch.
func LeafHash(e *audit.Entry, scratch []byte) (tlog.Hash, []byte) {
	scratch = e.Leaf(scratch[:0])
	return tlog.RecordHash(scratch), scratch
}

// VerifierKey returns the public key that checkpoints are verified with, as
// golang.org/x/mod/sumdb/note writes it.
func (k *Keys) VerifierKey() string { return k.text }

// String hides the keys.
func (*Keys) String() string { return "[keys of the log]" }

// GoString hides the keys from %#v.
func (*Keys) GoString() string { return "ledger.Keys{}" }

// MAC returns the HMAC-SHA256 (RFC 2104) over the hash of a leaf for an entry
// that stands at index in the log, or is audit.Unsealed: one that was sealed
// cannot be moved, nor put back to be sealed again.
func (k *Keys) MAC(leaf tlog.Hash, index int64) []byte {
	h := k.macs.Get().(hash.Hash)
	defer k.macs.Put(h)
	h.Reset()
	var place [8]byte
	binary.BigEndian.PutUint64(place[:], uint64(index+1)) // 0: unsealed
	h.Write(place[:])                                     // a hash never fails
	h.Write(leaf[:])
	return h.Sum(nil)
}

// Fits reports whether e carries the MAC that its leaf's hash has at index.
func (k *Keys) Fits(e *audit.Entry, leaf tlog.Hash, index int64) bool {
	return hmac.Equal(e.MAC, k.MAC(leaf, index))
}

// signer is the note.Signer of k.
type signer struct{ *Keys }

func (s signer) Name() string                     { return s.origin }
func (s signer) KeyHash() uint32                  { return s.verifier.KeyHash() }
func (s signer) Sign(text []byte) ([]byte, error) { return ed25519.Sign(s.private, text), nil }
