package archive

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
)

// database stands for one: to this package it is bytes.
var database = bytes.Repeat([]byte("SQLite format 3\x00"), 10_000)

// proofKey stands for what follows from a master key.
var proofKey = bytes.Repeat([]byte{5}, 32)

func manifest() Manifest {
	sum := sha256.Sum256(database)
	return Manifest{
		Program: "1.0", Schema: 1, Installation: "here", Made: time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC),
		Organisations: 1, Members: 24, Events: 1000, DatabaseBytes: int64(len(database)),
		SHA256: hex.EncodeToString(sum[:]), MasterKey: []byte("a key\n"),
	}
}

func recipient(t testing.TB) *age.X25519Identity {
	t.Helper()
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// passphrase returns both sides of one, cheap to compute.
func passphrase(t testing.TB, text string) (*age.ScryptRecipient, *age.ScryptIdentity) {
	t.Helper()
	to, err := age.NewScryptRecipient(text)
	if err != nil {
		t.Fatal(err)
	}
	to.SetWorkFactor(10)
	from, err := age.NewScryptIdentity(text)
	if err != nil {
		t.Fatal(err)
	}
	return to, from
}

// written returns a backup and what opens it for reading back.
func written(t testing.TB, to ...age.Recipient) ([]byte, age.Identity) {
	t.Helper()
	var file bytes.Buffer
	back, err := Write(&file, Draft{For: to, Manifest: manifest(), Proof: proofKey, Database: bytes.NewReader(database)})
	if err != nil {
		t.Fatal(err)
	}
	return file.Bytes(), back
}

// read reads a backup to its end.
func read(file []byte, keys ...age.Identity) (Manifest, []byte, error) {
	b, err := Open(bytes.NewReader(file), keys...)
	if err != nil {
		return Manifest{}, nil, err
	}
	var out bytes.Buffer
	err = b.Database(&out)
	return b.Manifest, out.Bytes(), err
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	mine, yours := recipient(t), recipient(t)
	quantum, err := age.GenerateHybridIdentity()
	if err != nil {
		t.Fatal(err)
	}
	lock, key := passphrase(t, "the rye rises at five")
	for name, c := range map[string]struct {
		to   []age.Recipient
		from age.Identity
	}{
		"a passphrase":                {[]age.Recipient{lock}, key},
		"a recipient":                 {[]age.Recipient{mine.Recipient()}, mine},
		"the second recipient":        {[]age.Recipient{mine.Recipient(), yours.Recipient()}, yours},
		"a post-quantum recipient":    {[]age.Recipient{quantum.Recipient()}, quantum},
		"what it is read back with":   {[]age.Recipient{mine.Recipient()}, nil},
		"the same, with a passphrase": {[]age.Recipient{lock}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			file, back := written(t, c.to...)
			if c.from == nil {
				c.from = back
			}
			m, out, err := read(file, c.from)
			want := manifest()
			if err != nil || !bytes.Equal(out, database) || m.Members != want.Members || !m.Made.Equal(want.Made) ||
				!bytes.Equal(m.MasterKey, want.MasterKey) || m.Format != Format {
				t.Errorf("%+v %d bytes %v", m, len(out), err)
			}
			if bytes.Contains(file, []byte("installation")) {
				t.Error("the manifest is in the clear")
			}
		})
	}
}

func TestOnlyItsKeyOpensABackup(t *testing.T) {
	mine := recipient(t)
	lock, key := passphrase(t, "the rye rises at five")
	_, other := passphrase(t, "the rye rises at six")
	forMe, _ := written(t, mine.Recipient())
	locked, _ := written(t, lock)
	for name, c := range map[string]struct {
		file []byte
		key  age.Identity
		want error
	}{
		"another passphrase":           {locked, other, ErrWrongPassphrase},
		"an identity for a passphrase": {locked, mine, ErrNeedsPassphrase},
		"a passphrase for an identity": {forMe, key, ErrNeedsIdentity},
		"another identity":             {forMe, recipient(t), ErrWrongKey},
	} {
		t.Run(name, func(t *testing.T) {
			if _, _, err := read(c.file, c.key); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

// TestOnlyTheInstallationsKeyProvesABackup: whoever has the recipient can make a
// file that opens, and change one that they may open, but not prove it.
func TestOnlyTheInstallationsKeyProvesABackup(t *testing.T) {
	mine := recipient(t)
	genuine, _ := written(t, mine.Recipient())
	other := manifest()
	other.Members++
	forge := func(m Manifest, key []byte) []byte {
		var file bytes.Buffer
		if _, err := Write(&file, Draft{For: []age.Recipient{mine.Recipient()}, Manifest: m, Proof: key, Database: bytes.NewReader(database)}); err != nil {
			t.Fatal(err)
		}
		return file.Bytes()
	}
	changed := bytes.Replace(decrypted(t, mine, genuine), []byte(`"members":24`), []byte(`"members":23`), 1)
	for name, c := range map[string]struct {
		file []byte
		want error
	}{
		"the installation's own":         {genuine, nil},
		"made with another key":          {forge(other, bytes.Repeat([]byte{6}, 32)), ErrForged},
		"made with no key":               {forge(other, nil), ErrForged},
		"its manifest changed":           {encrypted(t, mine, string(changed)), ErrForged},
		"another backup of the same key": {forge(other, proofKey), nil},
	} {
		t.Run(name, func(t *testing.T) {
			b, err := Open(bytes.NewReader(c.file), mine)
			if err != nil {
				t.Fatal(err)
			}
			if err := b.Verify(proofKey); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

// decrypted returns what is in an age file.
func decrypted(t testing.TB, key age.Identity, file []byte) []byte {
	t.Helper()
	r, err := age.Decrypt(bytes.NewReader(file), key)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return plain
}

// TestAHeaderCannotAskForAllMemory changes the work that a passphrase takes,
// which nothing protects: it is refused before it is done.
func TestAHeaderCannotAskForAllMemory(t *testing.T) {
	lock, key := passphrase(t, "the rye rises at five")
	file, _ := written(t, lock)
	stanza, rest, _ := bytes.Cut(file[len(intro):], []byte("\n"))
	greedy := slices.Concat([]byte(intro), bytes.TrimSuffix(stanza, []byte("10")), []byte("21\n"), rest)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, _, err := read(greedy, key)
	runtime.ReadMemStats(&after)
	if took := (after.TotalAlloc - before.TotalAlloc) >> 20; !errors.Is(err, ErrBroken) || took > 32 {
		t.Errorf("%v, after %d MiB", err, took)
	}
}

// TestNoMoreIsReadThanTheManifestSays: what comes behind the database would
// fill a disk before anybody looked.
func TestNoMoreIsReadThanTheManifestSays(t *testing.T) {
	mine := recipient(t)
	head, _, _ := bytes.Cut(decrypted(t, mine, func() []byte { f, _ := written(t, mine.Recipient()); return f }()), database[:100])
	b, err := Open(bytes.NewReader(encrypted(t, mine, string(head)+string(database)+strings.Repeat("more", 1<<20))), mine)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := b.Database(&out); !errors.Is(err, ErrBroken) || out.Len() > len(database)+1 {
		t.Errorf("%v, after %d bytes of %d", err, out.Len(), len(database))
	}
}

func TestABackupCutAnywhereIsBroken(t *testing.T) {
	mine := recipient(t)
	file, _ := written(t, mine.Recipient())
	for cut := 1; cut < len(file); cut += 1 + cut/7 {
		if _, _, err := read(file[:cut], mine); !errors.Is(err, ErrBroken) {
			t.Errorf("%d of %d bytes: %v", cut, len(file), err)
		}
	}
	if _, _, err := read(file[:len(file)-1], mine); !errors.Is(err, ErrBroken) {
		t.Errorf("one byte short: %v", err)
	}
	if _, _, err := read(append(bytes.Clone(file), 'x'), mine); !errors.Is(err, ErrBroken) {
		t.Errorf("one byte long: %v", err)
	}
}

func TestAChangedByteIsFound(t *testing.T) {
	mine := recipient(t)
	file, _ := written(t, mine.Recipient())
	for at := len(intro); at < len(file); at += 1 + at/5 {
		changed := bytes.Clone(file)
		changed[at] ^= 4
		if _, _, err := read(changed, mine); err == nil {
			t.Errorf("byte %d", at)
		}
	}
}

func TestAForeignFileIsSaidToBeOne(t *testing.T) {
	mine := recipient(t)
	for name, file := range map[string][]byte{
		"nothing":                           {},
		"a picture":                         []byte("\x89PNG\r\n\x1a\n" + strings.Repeat("pixels", 100)),
		"a tar":                             append([]byte("sparekey.db"), make([]byte, 1024)...),
		"armour":                            []byte("-----BEGIN AGE ENCRYPTED FILE-----\n"),
		"what another program encrypted":    encrypted(t, mine, "photos of the summer party"),
		"nothing that was encrypted":        encrypted(t, mine, ""),
		"the beginning of our first line":   encrypted(t, mine, "sparekey"),
		"another program's encrypted magic": encrypted(t, mine, "sparekey-backpack\n{}\n"),
	} {
		t.Run(name, func(t *testing.T) {
			if _, _, err := read(file, mine); !errors.Is(err, ErrForeign) {
				t.Error(err)
			}
		})
	}
}

// encrypted returns text as an age file.
func encrypted(t testing.TB, to *age.X25519Identity, text string) []byte {
	t.Helper()
	var file bytes.Buffer
	w, err := age.Encrypt(&file, to.Recipient())
	if err == nil {
		_, err = io.WriteString(w, text)
	}
	if err = errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

func TestANewerFormatAsksForTheNewerProgram(t *testing.T) {
	mine := recipient(t)
	_, _, err := read(encrypted(t, mine, magic+`{"format":2,"members":"now a list"}`+"\n..."), mine)
	if newer, ok := errors.AsType[*NewerError](err); !ok || newer.Format != 2 {
		t.Error(err)
	}
}

// noProof is the line that proves nothing; abcSum is the SHA-256 of "abc"
// (FIPS 180-2, appendix B.1).
var noProof = strings.Repeat("0", 64) + "\n"

const abcSum = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

func TestAManifestThatMakesNoSenseIsBroken(t *testing.T) {
	mine := recipient(t)
	for _, rest := range []string{
		"", "{", "{}\n", `{"format":0}` + "\n", `{"format":1}` + "\n", `{"format":1,"databaseBytes":-1}` + "\n",
		strings.Repeat(" ", manifestMax) + "{}\n",
		`{"format":1,"databaseBytes":3,"sha256":"ff"}` + "\nabc",
		`{"format":1,"databaseBytes":3,"sha256":"ff"}` + "\n" + noProof + "abc",
		`{"format":1,"databaseBytes":9223372036854775807,"sha256":"ff"}` + "\n" + noProof + "abc",
		`{"format":1,"databaseBytes":3,"sha256":"` + abcSum + `"}` + "\n" + noProof[2:] + "abc",
		`{"format":1,"databaseBytes":3,"sha256":"` + abcSum + `"}` + "\n" + "x" + noProof[1:] + "abc",
	} {
		if _, _, err := read(encrypted(t, mine, magic+rest), mine); !errors.Is(err, ErrBroken) {
			t.Errorf("%.40q: %v", rest, err)
		}
	}
}

func TestADatabaseThatIsNotTheManifestsIsNotWritten(t *testing.T) {
	for name, in := range map[string]io.Reader{
		"shorter":   bytes.NewReader(database[1:]),
		"longer":    io.MultiReader(bytes.NewReader(database), strings.NewReader("x")),
		"different": io.MultiReader(strings.NewReader("x"), bytes.NewReader(database[1:])),
	} {
		d := Draft{For: []age.Recipient{recipient(t).Recipient()}, Manifest: manifest(), Proof: proofKey, Database: in}
		if _, err := Write(io.Discard, d); !errors.Is(err, ErrBroken) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

var errDisk = errors.New("no space left on device")

type badDisk struct{}

func (badDisk) Read([]byte) (int, error)  { return 0, errDisk }
func (badDisk) Write([]byte) (int, error) { return 0, errDisk }

func TestABadDiskIsNoBadBackup(t *testing.T) {
	mine := recipient(t)
	file, _ := written(t, mine.Recipient())
	b, err := Open(bytes.NewReader(file), mine)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Database(badDisk{}); !errors.Is(err, errDisk) || errors.Is(err, ErrBroken) {
		t.Error(err)
	}
	for _, at := range []int{0, 5, 40} {
		_, err := Open(io.MultiReader(bytes.NewReader(file[:at]), badDisk{}), mine)
		if !errors.Is(err, errDisk) || errors.Is(err, ErrBroken) {
			t.Errorf("after %d bytes: %v", at, err)
		}
	}
}

// fixed always gives the key of zeros, so that what is fuzzed is decrypted.
var fixed = age.NewInjectedFileKeyIdentity(make([]byte, 16))

// FuzzOpen reads any bytes as a backup, from outside and from inside: they are
// refused with one of our errors, or are one whose hash fits.
func FuzzOpen(f *testing.F) {
	mine := recipient(f)
	file, _ := written(f, mine.Recipient())
	f.Add(file[:300], false)
	f.Add([]byte(intro+"-> X25519 abc\n--- def\n"), false)
	f.Add([]byte(magic+`{"format":1,"databaseBytes":3,"sha256":"`+abcSum+`"}`+"\n"+noProof+"abc"), true)
	f.Add([]byte(magic+`{"format":9}`+"\n"), true)
	f.Fuzz(func(t *testing.T, in []byte, inside bool) {
		key := age.Identity(fixed)
		if inside {
			in, key = encrypted(t, mine, string(in)), mine
		}
		m, out, err := read(in, key)
		newer, _ := errors.AsType[*NewerError](err)
		switch {
		case err == nil:
			if sum := sha256.Sum256(out); hex.EncodeToString(sum[:]) != m.SHA256 {
				t.Error("the hash does not fit")
			}
		case newer == nil && !errors.Is(err, ErrBroken) && !errors.Is(err, ErrForeign):
			t.Errorf("%T %v", err, err)
		}
	})
}
