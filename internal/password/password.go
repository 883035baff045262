// Package password hashes passwords and judges whether a new one will do.
//
// It owns the Argon2id parameters, the bound on how many hashes run at once,
// and the rules for a new password. It refuses to store anything and to know
// whose password it is.
package password

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"time"

	"github.com/sparekey/sparekey/internal/password/argon2"
	"github.com/sparekey/sparekey/internal/standing"
)

// A Cost is what one Argon2id hash takes (RFC 9106).
type Cost struct {
	MemoryKiB uint32
	Passes    uint32
	Threads   uint8
}

// DefaultCost is OWASP's: 19 MiB, two passes, one thread.
var DefaultCost = Cost{MemoryKiB: 19456, Passes: 2, Threads: 1}

const (
	saltSize = 16
	hashSize = 32
)

// A Hasher computes Argon2id hashes, a few at a time: one core stays free for
// everything that needs no hash, and all of them together stay under
// mostMemoryKiB. Whoever comes meanwhile waits for a turn, fairly (see Asker). It
// is safe for use by many; the zero Hasher is not usable.
type Hasher struct {
	cost   Cost
	random io.Reader
	queue  queue
	hash   func(cost Cost, secret, salt []byte) []byte
}

// mostMemoryKiB bounds what hashes under way take together; one may always run,
// whatever it takes.
const mostMemoryKiB = 96 << 10

// NewHasher returns a hasher that draws salts from random.
func NewHasher(cost Cost, random io.Reader) *Hasher {
	return &Hasher{cost: cost, random: random, queue: queue{slots: slots(cost, runtime.GOMAXPROCS(0))}, hash: (&memory{cost: cost}).hash}
}

// slots returns how many hashes of a cost may run at once on so many cores.
func slots(cost Cost, cores int) int {
	byCores := (cores - 1) / int(max(cost.Threads, 1))
	byMemory := mostMemoryKiB / int(max(cost.MemoryKiB, 1))
	return max(1, min(byCores, byMemory))
}

// Running returns how many hashes are being computed now.
func (h *Hasher) Running() int {
	h.queue.mu.Lock()
	defer h.queue.mu.Unlock()
	return h.queue.running
}

// Waiting returns how many wait for their turn now.
func (h *Hasher) Waiting() int {
	h.queue.mu.Lock()
	defer h.queue.mu.Unlock()
	return h.queue.known.length + h.queue.others.length
}

// Refused returns how many were told ErrBusy since the start.
func (h *Hasher) Refused() uint64 {
	h.queue.mu.Lock()
	defer h.queue.mu.Unlock()
	return h.queue.refused
}

// Room returns a *BusyError if a hash for a would be refused now. Asking first
// saves what else a try costs; a hash may still be refused a moment later.
func (h *Hasher) Room(a Asker) error {
	h.queue.mu.Lock()
	defer h.queue.mu.Unlock()
	err := h.queue.room(a)
	if err != nil {
		h.queue.refused++
	}
	return err
}

// Hash hashes a new password. Like is a hash of the same address' password in
// another organisation, or empty: the new hash takes over its salt, so that
// sign-in, which does not know the organisation yet, computes one hash for all.
// It returns a *BusyError where too many wait.
func (h *Hasher) Hash(ctx context.Context, a Asker, password string, like standing.PasswordHash) (standing.PasswordHash, error) {
	salt := make([]byte, saltSize)
	if _, err := io.ReadFull(h.random, salt); err != nil {
		return "", fmt.Errorf("draw salt: %w", err)
	}
	if other, err := parse(like); err == nil && other.cost == h.cost {
		salt = other.salt
	}
	sum, err := h.compute(ctx, a, h.cost, []byte(password), salt)
	if err != nil {
		return "", err
	}
	return format(parsed{h.cost, salt, sum}), nil
}

// Fits reports for each hash whether password fits it. Hashes that share a salt
// take one computation; none at all takes one of equal cost, so that the time
// does not tell whether there was any. It returns a *BusyError where too many wait.
func (h *Hasher) Fits(ctx context.Context, a Asker, password string, hashes []standing.PasswordHash) ([]bool, error) {
	fits := make([]bool, len(hashes))
	computed := make(map[string][]byte)
	for i, hash := range hashes {
		p, err := parse(hash)
		if err != nil {
			return nil, err
		}
		key := fmt.Sprint(p.cost, p.salt)
		sum, ok := computed[key]
		if !ok {
			if sum, err = h.compute(ctx, a, p.cost, []byte(password), p.salt); err != nil {
				return nil, err
			}
			computed[key] = sum
		}
		fits[i] = subtle.ConstantTimeCompare(sum, p.sum) == 1
	}
	if len(hashes) == 0 {
		if _, err := h.compute(ctx, a, h.cost, []byte(password), make([]byte, saltSize)); err != nil {
			return nil, err
		}
	}
	return fits, nil
}

// Salt draws a salt for Derive.
func (h *Hasher) Salt() ([]byte, error) {
	salt := make([]byte, saltSize)
	if _, err := io.ReadFull(h.random, salt); err != nil {
		return nil, fmt.Errorf("draw salt: %w", err)
	}
	return salt, nil
}

// Derive returns the Argon2id hash of a secret that is not a password, such as
// a backup code, under salt. It returns a *BusyError where too many wait.
func (h *Hasher) Derive(ctx context.Context, a Asker, secret, salt []byte) ([]byte, error) {
	return h.compute(ctx, a, h.cost, secret, salt)
}

// compute waits for its turn and hashes.
func (h *Hasher) compute(ctx context.Context, a Asker, cost Cost, secret, salt []byte) ([]byte, error) {
	if err := h.queue.take(ctx, a); err != nil {
		return nil, err
	}
	began := time.Now()
	defer func() { h.queue.done(time.Since(began)) }()
	return h.hash(cost, secret, salt), nil
}

type parsed struct {
	cost Cost
	salt []byte
	sum  []byte
}

// errHash says that a stored hash is not one that this package wrote.
var errHash = errors.New("stored password hash is not Argon2id in PHC form")

// format writes the PHC string: $argon2id$v=19$m=…,t=…,p=…$salt$hash.
func format(p parsed) standing.PasswordHash {
	b64 := base64.RawStdEncoding.EncodeToString
	return standing.PasswordHash(fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s",
		argon2.Version, p.cost.MemoryKiB, p.cost.Passes, p.cost.Threads, b64(p.salt), b64(p.sum)))
}

// sane reports whether a stored hash may ask for this cost: no more than the
// settings allow (package config), so that a row which somebody has changed does
// not end the server.
func (c Cost) sane() bool {
	const mostMemory, mostPasses, mostThreads = 4 << 20, 100, 64
	return c.Passes > 0 && c.Threads > 0 && c.MemoryKiB <= mostMemory && c.Passes <= mostPasses && c.Threads <= mostThreads
}

func parse(hash standing.PasswordHash) (parsed, error) {
	parts := strings.Split(string(hash), "$")
	if len(parts) != 6 || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return parsed{}, errHash
	}
	var p parsed
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &p.cost.MemoryKiB, &p.cost.Passes, &p.cost.Threads); err != nil {
		return parsed{}, errHash
	}
	var saltErr, sumErr error
	p.salt, saltErr = base64.RawStdEncoding.DecodeString(parts[4])
	p.sum, sumErr = base64.RawStdEncoding.DecodeString(parts[5])
	if errors.Join(saltErr, sumErr) != nil || len(p.sum) != hashSize || !p.cost.sane() {
		return parsed{}, errHash
	}
	return p, nil
}
