package password

import (
	"sync"
	"time"

	"github.com/sparekey/sparekey/internal/password/argon2"
)

// keepMemory is how long memory that no hash needs is kept for the next.
const keepMemory = 30 * time.Second

// A memory computes hashes of one cost, and keeps for the next one what a hash
// was computed in. It is safe for use by many.
type memory struct {
	cost Cost // of the hashes whose memory is kept

	mu     sync.Mutex
	free   []*argon2.Memory
	forget *time.Timer // drops free; nil at first
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
	m.free = append(m.free, in)
	if m.forget == nil {
		m.forget = time.AfterFunc(keepMemory, m.drop)
	} else {
		m.forget.Reset(keepMemory)
	}
}

func (m *memory) drop() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.free = nil
}
