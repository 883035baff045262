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

	"golang.org/x/crypto/argon2"

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

// ErrBusy says that too many hashes wait already. Whoever asked may try again
// a moment later.
var ErrBusy = errors.New("too many passwords are being checked")

// A Hasher computes Argon2id hashes, as many at once as there are cores: each
// takes MemoryKiB, and more at once would only be slower. It is safe for use
// by many; the zero Hasher is not usable.
type Hasher struct {
	cost   Cost
	random io.Reader
	slots  chan struct{}
	queue  chan struct{}
}

// queueLength is how many hashes may wait. At some 20 ms each on two cores the
// last of them waits about two and a half seconds.
const queueLength = 256

// NewHasher returns a hasher that draws salts from random.
func NewHasher(cost Cost, random io.Reader) *Hasher {
	return &Hasher{cost: cost, random: random, slots: make(chan struct{}, runtime.GOMAXPROCS(0)), queue: make(chan struct{}, queueLength)}
}

// Hash hashes a new password. Like is a hash of the same address' password in
// another organisation, or empty: the new hash takes over its salt, so that
// sign-in, which does not know the organisation yet, computes one hash for all.
// It returns ErrBusy where too many wait.
func (h *Hasher) Hash(ctx context.Context, password string, like standing.PasswordHash) (standing.PasswordHash, error) {
	salt := make([]byte, saltSize)
	if _, err := io.ReadFull(h.random, salt); err != nil {
		return "", fmt.Errorf("draw salt: %w", err)
	}
	if other, err := parse(like); err == nil && other.cost == h.cost {
		salt = other.salt
	}
	sum, err := h.compute(ctx, h.cost, []byte(password), salt)
	if err != nil {
		return "", err
	}
	return format(parsed{h.cost, salt, sum}), nil
}

// Fits reports for each hash whether password fits it. Hashes that share a salt
// take one computation; none at all takes one of equal cost, so that the time
// does not tell whether there was any.
func (h *Hasher) Fits(ctx context.Context, password string, hashes []standing.PasswordHash) ([]bool, error) {
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
			if sum, err = h.compute(ctx, p.cost, []byte(password), p.salt); err != nil {
				return nil, err
			}
			computed[key] = sum
		}
		fits[i] = subtle.ConstantTimeCompare(sum, p.sum) == 1
	}
	if len(hashes) == 0 {
		if _, err := h.compute(ctx, h.cost, []byte(password), make([]byte, saltSize)); err != nil {
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
// a backup code, under salt.
func (h *Hasher) Derive(ctx context.Context, secret, salt []byte) ([]byte, error) {
	return h.compute(ctx, h.cost, secret, salt)
}

// compute waits for its turn and hashes.
func (h *Hasher) compute(ctx context.Context, cost Cost, secret, salt []byte) ([]byte, error) {
	select {
	case h.queue <- struct{}{}:
		defer func() { <-h.queue }()
	default:
		return nil, ErrBusy
	}
	select {
	case h.slots <- struct{}{}:
		defer func() { <-h.slots }()
	case <-ctx.Done():
		return nil, fmt.Errorf("wait to hash: %w", ctx.Err())
	}
	return argon2.IDKey(secret, salt, cost.Passes, cost.MemoryKiB, cost.Threads, hashSize), nil
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
	if errors.Join(saltErr, sumErr) != nil || len(p.sum) != hashSize || p.cost.Passes == 0 || p.cost.Threads == 0 {
		return parsed{}, errHash
	}
	return p, nil
}
