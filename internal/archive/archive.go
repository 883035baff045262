// Package archive is the format of a backup: one encrypted file with the
// database and, unless it is kept elsewhere, the master key.
//
// It owns the bytes of that file and the words for what is wrong with one. It
// refuses to open a database, to name files and to ask for a passphrase.
//
// A backup is an age file (age-encryption.org/v1). What it encrypts is:
//
//	sparekey-backup\n
//	the manifest: JSON on one line, at most 64 KiB\n
//	HMAC-SHA256 over both lines, hexadecimal\n
//	the SQLite database: as many bytes as the manifest's databaseBytes
//
// and nothing after it. Encryption alone says nothing of who made a file: anyone
// has the recipients. The key of the HMAC follows from the installation's master
// key, and the manifest has the database's hash and the master key, if it is there.
package archive

import (
	"bufio"
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"filippo.io/age"
)

// Format is the newest version of the format that this program reads, and the
// one it writes.
const Format = 1

// Errors that say what is wrong with a file.
var (
	// ErrForeign says that a file is no backup of Sparekey.
	ErrForeign = errors.New("this is no backup of Sparekey")
	// ErrBroken says that it is one, or was: something was changed or is missing.
	ErrBroken = errors.New("the backup is damaged or cut short")
	// ErrForged says that it opens, and was made or changed by whoever does not
	// have the master key that it is held against.
	ErrForged = errors.New("the backup does not come from the installation with this master key, or was changed")
	// ErrWrongKey says that what was given does not open it.
	ErrWrongKey = errors.New("the backup does not open with this key")
	// ErrWrongPassphrase says the same of a passphrase.
	ErrWrongPassphrase = errors.New("the passphrase is wrong")
	// ErrNeedsPassphrase says that a passphrase opens it, and none was given.
	ErrNeedsPassphrase = errors.New("the backup was made with a passphrase, not for a recipient")
	// ErrNeedsIdentity says that an identity opens it, and a passphrase was given.
	ErrNeedsIdentity = errors.New("the backup was made for a recipient, not with a passphrase")
)

// A NewerError says that a newer release wrote the backup.
type NewerError struct{ Format int }

// Error says which format it has.
func (e *NewerError) Error() string {
	return fmt.Sprintf("the backup has format %d, this program knows formats up to %d: use the newer program", e.Format, Format)
}

// A Manifest says what is in a backup. It holds the master key, so it is never
// shown as a whole.
type Manifest struct {
	Format        int       `json:"format"`
	Program       string    `json:"program"` // the version that wrote it
	Schema        int64     `json:"schema"`
	Installation  string    `json:"installation"` // its id
	Made          time.Time `json:"made"`
	Organisations int       `json:"organisations"`
	Members       int       `json:"members"`
	Events        int       `json:"events"`
	NewestEvent   time.Time `json:"newestEvent,omitzero"`
	DatabaseBytes int64     `json:"databaseBytes"`
	SHA256        string    `json:"sha256"`              // of the database, hexadecimal
	MasterKey     []byte    `json:"masterKey,omitempty"` // as its file holds it
}

const (
	intro       = "age-encryption.org/v1\n" // the first line of every age file
	magic       = "sparekey-backup\n"
	manifestMax = 64 << 10
	// maxWork bounds the work that a header may ask of a passphrase, as a power of
	// 2: nothing of the file is authenticated by then. 2^20 takes 1 GiB (scrypt with
	// r = 8); what Sparekey writes takes 128 MiB.
	maxWork = 20
)

// A Draft is a backup that is to be written. Format is set in its Manifest; the
// database must be as that says.
type Draft struct {
	For      []age.Recipient
	Manifest Manifest
	Proof    []byte // the key of the HMAC; see secret.Master.Derive
	Database io.Reader
}

// Write encrypts a backup. It returns an identity that opens what was written,
// for reading it back; it lives in memory alone.
func Write(w io.Writer, d Draft) (age.Identity, error) {
	m := d.Manifest
	m.Format = Format
	line, err := json.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("write backup: %w", err)
	}
	if len(line) >= manifestMax {
		return nil, errors.New("write backup: the manifest is too long")
	}
	seen := new(fileKey)
	encrypted, err := age.Encrypt(w, seen.through(d.For)...)
	if err != nil {
		return nil, fmt.Errorf("encrypt backup: %w", err)
	}
	head := []byte(magic + string(line) + "\n")
	head = append(hex.AppendEncode(head, proof(d.Proof, head)), '\n')
	if _, err := encrypted.Write(head); err != nil {
		return nil, fmt.Errorf("write backup: %w", err)
	}
	if err := m.copy(encrypted, d.Database); err != nil {
		return nil, fmt.Errorf("write backup: %w", err)
	}
	if err := encrypted.Close(); err != nil {
		return nil, fmt.Errorf("write backup: %w", err)
	}
	return age.NewInjectedFileKeyIdentity(seen.key), nil
}

// proof returns the HMAC over what stands before it.
func proof(key, head []byte) []byte {
	mac := hmac.New(sha256.New, key)
	_, _ = mac.Write(head) // a hash takes everything
	return mac.Sum(nil)
}

// copy copies the database, and returns an error wrapping ErrBroken unless it
// is the one of the manifest. It copies no more than one byte too many.
func (m Manifest) copy(to io.Writer, database io.Reader) error {
	sum := sha256.New()
	size, err := io.Copy(io.MultiWriter(to, sum), io.LimitReader(database, m.DatabaseBytes+1))
	if err != nil {
		return err
	}
	if size != m.DatabaseBytes || hex.EncodeToString(sum.Sum(nil)) != m.SHA256 {
		return fmt.Errorf("%w: the database in it is another than was put into it", ErrBroken)
	}
	return nil
}

// A Backup is one that is being read.
type Backup struct {
	Manifest Manifest
	head     []byte // up to and with the manifest, as it was read
	proof    []byte
	database *bufio.Reader
}

// Verify returns ErrForged unless whoever made the backup had the key that
// Draft.Proof was. What it says holds for the manifest; Database holds the rest
// against that.
func (b *Backup) Verify(key []byte) error {
	if !hmac.Equal(b.proof, proof(key, b.head)) {
		return ErrForged
	}
	return nil
}

// Open decrypts the beginning of a backup. Its errors wrap ErrForeign,
// ErrBroken, ErrWrongKey, ErrWrongPassphrase, ErrNeedsPassphrase,
// ErrNeedsIdentity, or are a *NewerError; any other is the reader's own.
func Open(r io.Reader, keys ...age.Identity) (*Backup, error) {
	from := &reader{from: r}
	start := bufio.NewReader(from)
	first, err := start.Peek(len(intro))
	if from.failed != nil {
		return nil, from.failed
	}
	if string(first) != intro {
		if err != nil && len(first) > 0 && bytes.HasPrefix([]byte(intro), first) {
			return nil, ErrBroken
		}
		return nil, ErrForeign
	}
	for _, key := range keys {
		if passphrase, ok := key.(*age.ScryptIdentity); ok {
			passphrase.SetMaxWorkFactor(maxWork)
		}
	}
	plain, err := age.Decrypt(start, keys...)
	if err != nil {
		return nil, from.explain(explain(err, keys))
	}
	b := &Backup{database: bufio.NewReaderSize(plain, manifestMax)}
	if err := b.readManifest(); err != nil {
		return nil, from.explain(err)
	}
	return b, nil
}

func (b *Backup) readManifest() error {
	head, err := b.database.Peek(len(magic))
	if string(head) != magic {
		if err != nil && !errors.Is(err, io.EOF) {
			return ErrBroken
		}
		return ErrForeign
	}
	if _, err := b.database.Discard(len(magic)); err != nil {
		return ErrBroken
	}
	line, err := b.database.ReadSlice('\n')
	if err != nil {
		return ErrBroken
	}
	// A newer format may say things in another way: only its number is read.
	var version struct{ Format int }
	if err := json.Unmarshal(line, &version); err != nil || version.Format < 1 {
		return ErrBroken
	}
	if version.Format > Format {
		return &NewerError{version.Format}
	}
	if err := json.Unmarshal(line, &b.Manifest); err != nil || b.Manifest.DatabaseBytes <= 0 || b.Manifest.DatabaseBytes == math.MaxInt64 {
		return ErrBroken
	}
	b.head = append([]byte(magic), line...)
	return b.readProof()
}

func (b *Backup) readProof() error {
	line, err := b.database.ReadSlice('\n')
	if err != nil || len(line) != hex.EncodedLen(sha256.Size)+1 {
		return ErrBroken
	}
	if b.proof, err = hex.AppendDecode(nil, line[:len(line)-1]); err != nil {
		return ErrBroken
	}
	return nil
}

// Database writes the database to w and checks that it is whole and the one
// that the manifest speaks of; otherwise its error wraps ErrBroken, and what
// was written is worth nothing. It may be called once.
func (b *Backup) Database(w io.Writer) error {
	out := &writer{to: w}
	err := b.Manifest.copy(out, b.database)
	if err == nil || out.failed == nil && errors.Is(err, ErrBroken) {
		return err
	}
	if out.failed != nil {
		return out.failed
	}
	return fmt.Errorf("%w: %w", ErrBroken, err)
}

// explain turns age's error into one of ours.
func explain(err error, keys []age.Identity) error {
	none, ok := errors.AsType[*age.NoIdentityMatchError](err)
	if !ok {
		return ErrBroken
	}
	locked := len(none.StanzaTypes) == 1 && none.StanzaTypes[0] == "scrypt"
	given := false
	for _, key := range keys {
		_, passphrase := key.(*age.ScryptIdentity)
		given = given || passphrase
	}
	switch {
	case locked && given:
		return ErrWrongPassphrase
	case locked:
		return ErrNeedsPassphrase
	case given:
		return ErrNeedsIdentity
	}
	return ErrWrongKey
}

// A reader remembers why reading failed, so that a bad disk is not called a bad
// backup.
type reader struct {
	from   io.Reader
	failed error
}

func (r *reader) Read(p []byte) (int, error) {
	n, err := r.from.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		r.failed = err
	}
	return n, err
}

func (r *reader) explain(err error) error {
	if r.failed != nil {
		return r.failed
	}
	return err
}

// A writer remembers why writing failed, so that a full disk is not called a bad
// backup.
type writer struct {
	to     io.Writer
	failed error
}

func (w *writer) Write(p []byte) (int, error) {
	n, err := w.to.Write(p)
	w.failed = err
	return n, err
}

// A fileKey sees the key under which age encrypts a file, so that the file can
// be read back without a private key or a second wait for scrypt.
type fileKey struct{ key []byte }

func (k *fileKey) through(keys []age.Recipient) []age.Recipient {
	seen := make([]age.Recipient, len(keys))
	for i, key := range keys {
		seen[i] = witness{key, k}
	}
	return seen
}

// A witness is a recipient that notes the key.
type witness struct {
	age.Recipient
	seen *fileKey
}

// WrapWithLabels implements age.RecipientWithLabels, by which age keeps
// recipients apart that do not go together.
func (w witness) WrapWithLabels(key []byte) ([]*age.Stanza, []string, error) {
	w.seen.key = bytes.Clone(key)
	if labelled, ok := w.Recipient.(age.RecipientWithLabels); ok {
		return labelled.WrapWithLabels(key)
	}
	stanzas, err := w.Wrap(key)
	return stanzas, nil, err
}
