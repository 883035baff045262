package password

import (
	"sync"
	"time"

	"github.com/sparekey/sparekey/internal/password/argon2"
)

// What a hash leaves in its memory tells of the password: it is wiped when
// nobody has hashed for wipeAfter, if no other hash has overwritten it. Wiping it
// after each would cost a twentieth of the hash. Memory that nobody needs is kept
// for keepMemory more.
const (
	wipeAfter  = time.Second
	keepMemory = 30 * time.Second
)

// A memory computes hashes of one cost, and keeps for the next one what a hash
// was computed in. It is safe for use by many.
type memory struct {
	cost Cost // of the hashes whose memory is kept

	mu    sync.Mutex
	free  []*argon2.Memory
	wiped bool        // all of free is
	idle  *time.Timer // wipes free, and later drops it; nil at first
}

// hash computes one hash.
func (m *memory) hash(cost Cost, secret, salt []byte) []byte {
	if cost != m.cost { // one from before the settings changed
		return new(argon2.Memory).IDKey(secret, salt, argon2.Cost(cost), hashSize)
	}
	in := m.take()
	sum := in.IDKey(secret, salt, argon2.Cost(cost), hashSize)
	m.keep(in) // not after a panic
	return sum
}

func (m *memory) take() *argon2.Memory {
	m.mu.Lock()
	defer m.mu.Unlock()
	last := len(m.free) - 1
	if last < 0 {
		return new(argon2.Memory)
	}
	in := m.free[last]
	m.free = m.free[:last]
	return in
}

func (m *memory) keep(in *argon2.Memory) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.free, m.wiped = append(m.free, in), false
	if m.idle == nil {
		m.idle = time.AfterFunc(wipeAfter, m.rest)
	} else {
		m.idle.Reset(wipeAfter)
	}
}

// rest wipes what is free, and the next time drops it.
func (m *memory) rest() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.wiped {
		m.free = nil
		return
	}
	for _, in := range m.free {
		in.Wipe()
	}
	m.wiped = true
	m.idle.Reset(keepMemory)
}
