// Package secret encrypts what is stored: a master key outside the database
// wraps one keyset per organisation, which seals that organisation's secrets.
//
// It owns the keys and their file. It refuses to make a master key where data
// exists that another one wrapped, and to keep any plain secret.
package secret

import (
	"bytes"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/aead/subtle"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// Errors at start.
var (
	// ErrNoMaster says that the master key's file is not there.
	ErrNoMaster = errors.New("the master key is missing")
	// ErrWrongMaster says that a master key did not wrap the data it is used on.
	ErrWrongMaster = errors.New("this master key does not belong to this database")
	// ErrMalformed says that a text is no master key.
	ErrMalformed = errors.New("a master key is 32 bytes in base64")
	// ErrExposed says that others than its owner may read the key's file.
	ErrExposed = errors.New("the master key's file is readable by others: set its mode to 0600")
)

const masterSize = 32

// A Master is the key that wraps all others: AES-256-GCM. It shows itself to
// no log. The zero Master wraps nothing.
type Master struct {
	key  []byte
	aead tink.AEAD
}

// NewMaster draws a master key from random.
func NewMaster(random io.Reader) (Master, error) {
	key := make([]byte, masterSize)
	if _, err := io.ReadFull(random, key); err != nil {
		return Master{}, fmt.Errorf("draw master key: %w", err)
	}
	return masterOf(key)
}

// ParseMaster returns the key written in text, as Text gives it.
func ParseMaster(text []byte) (Master, error) {
	key, err := base64.StdEncoding.Strict().DecodeString(string(bytes.TrimSpace(text)))
	if err != nil || len(key) != masterSize {
		return Master{}, ErrMalformed
	}
	return masterOf(key)
}

func masterOf(key []byte) (Master, error) {
	a, err := subtle.NewAESGCM(key)
	if err != nil {
		return Master{}, fmt.Errorf("master key: %w", err)
	}
	return Master{key, a}, nil
}

// ReadMaster reads the key in file. It returns an error wrapping ErrNoMaster
// if there is no such file, ErrExposed if others may read it.
func ReadMaster(file string) (Master, error) {
	info, err := os.Stat(file)
	if errors.Is(err, fs.ErrNotExist) {
		return Master{}, fmt.Errorf("%w: no file %s", ErrNoMaster, file)
	}
	if err != nil {
		return Master{}, fmt.Errorf("master key: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return Master{}, fmt.Errorf("%s: %w", file, ErrExposed)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return Master{}, fmt.Errorf("master key: %w", err)
	}
	m, err := ParseMaster(text)
	if err != nil {
		return Master{}, fmt.Errorf("%s: %w", file, err)
	}
	return m, nil
}

// Write writes the key to a new file of mode 0600, on disk before it returns.
// It never replaces a file.
func (m Master) Write(file string) error {
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("write master key: %w", err)
	}
	_, err = f.Write(m.Text())
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("write master key: %w", err)
	}
	folder, err := os.Open(filepath.Dir(file))
	if err != nil {
		return fmt.Errorf("write master key: %w", err)
	}
	return errors.Join(folder.Sync(), folder.Close())
}

// Text returns the key as its file holds it, for a backup that is encrypted.
func (m Master) Text() []byte {
	return append(base64.StdEncoding.AppendEncode(nil, m.key), '\n')
}

// Derive returns 32 bytes that follow from the master key and purpose alone
// (HKDF-SHA256, RFC 5869).
func (m Master) Derive(purpose string) ([]byte, error) {
	key, err := hkdf.Key(sha256.New, m.key, nil, "sparekey "+purpose, 32)
	if err != nil {
		return nil, fmt.Errorf("derive key: %w", err)
	}
	return key, nil
}

const checkText = "sparekey master key"

// Check returns bytes by which Verify recognises the master key.
func (m Master) Check() ([]byte, error) { return m.aead.Encrypt([]byte(checkText), nil) }

// Verify returns ErrWrongMaster unless check came from this key's Check.
func (m Master) Verify(check []byte) error {
	if text, err := m.aead.Decrypt(check, nil); err != nil || string(text) != checkText {
		return ErrWrongMaster
	}
	return nil
}

// NewKeyset returns a new keyset for an organisation, wrapped for storage.
func (m Master) NewKeyset() (wrapped []byte, err error) {
	handle, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, fmt.Errorf("new keyset: %w", err)
	}
	var out bytes.Buffer
	if err := handle.Write(keyset.NewBinaryWriter(&out), m.aead); err != nil {
		return nil, fmt.Errorf("wrap keyset: %w", err)
	}
	return out.Bytes(), nil
}

// Unwrap opens a keyset that NewKeyset wrapped. It returns an error wrapping
// ErrWrongMaster if another key wrapped it.
func (m Master) Unwrap(wrapped []byte) (*Box, error) {
	handle, err := keyset.Read(keyset.NewBinaryReader(bytes.NewReader(wrapped)), m.aead)
	if err != nil {
		return nil, fmt.Errorf("unwrap keyset: %w", ErrWrongMaster)
	}
	a, err := aead.New(handle)
	if err != nil {
		return nil, fmt.Errorf("unwrap keyset: %w", err)
	}
	return &Box{a}, nil
}

// String hides the key.
func (Master) String() string { return "[master key]" }

// GoString hides the key from %#v.
func (Master) GoString() string { return "secret.Master{}" }

// LogValue hides the key.
func (Master) LogValue() slog.Value { return slog.StringValue("[master key]") }

// A Box seals the secrets of one organisation. It is safe for use by many.
type Box struct{ aead tink.AEAD }

// Seal encrypts plain. Place says where it will stand ("authenticator ID"); it
// opens nowhere else, so that nobody who can write to the database moves one
// member's secret to another.
func (b *Box) Seal(plain []byte, place string) ([]byte, error) {
	sealed, err := b.aead.Encrypt(plain, []byte(place))
	if err != nil {
		return nil, fmt.Errorf("seal %s: %w", place, err)
	}
	return sealed, nil
}

// Open decrypts what Seal made for the same place.
func (b *Box) Open(sealed []byte, place string) ([]byte, error) {
	plain, err := b.aead.Decrypt(sealed, []byte(place))
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", place, err)
	}
	return plain, nil
}
