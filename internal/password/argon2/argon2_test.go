package argon2

import (
	"bytes"
	"encoding/hex"
	"testing"

	original "golang.org/x/crypto/argon2"
	"pgregory.net/rapid"
)

func TestTheVectorsOfTheRFC(t *testing.T) {
	in := input{bytes.Repeat([]byte{1}, 32), bytes.Repeat([]byte{2}, 16), bytes.Repeat([]byte{3}, 8), bytes.Repeat([]byte{4}, 12)}
	for name, c := range map[string]struct {
		mode int
		want string
	}{ // RFC 9106, sections 5.1 to 5.3
		"Argon2d":  {argon2d, "512b391b6f1162975371d30919734294f868e3be3984f3c1a13a4db9fabe4acb"},
		"Argon2i":  {argon2i, "c814d9d1dc7f37aa13f0d77f2494bda1c8de6b016dd388d29952a4c4672b6ce8"},
		"Argon2id": {argon2id, "0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659"},
	} {
		var m Memory
		if got := hex.EncodeToString(m.deriveKey(c.mode, in, Cost{MemoryKiB: 32, Passes: 3, Threads: 4}, 32)); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestMemoryThatWasUsedGivesTheSameHashAsTheLibrary(t *testing.T) {
	var m Memory // one for all, whatever was in it before
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.SliceOfN(rapid.Byte(), 0, 80)
		password, salt := text.Draw(t, "password"), text.Draw(t, "salt")
		c := Cost{
			MemoryKiB: rapid.Uint32Range(0, 300).Draw(t, "memory"), Passes: rapid.Uint32Range(1, 4).Draw(t, "passes"),
			Threads: rapid.Uint8Range(1, 5).Draw(t, "threads"),
		}
		length := rapid.Uint32Range(1, 100).Draw(t, "length")
		want := original.IDKey(password, salt, c.Passes, c.MemoryKiB, c.Threads, length)
		if got := m.IDKey(password, salt, c, length); !bytes.Equal(got, want) {
			t.Fatalf("%x, want %x", got, want)
		}
	})
}

func TestWhatIsWipedHoldsNothing(t *testing.T) {
	var m Memory
	m.IDKey([]byte("correct horse"), []byte("0123456789abcdef"), Cost{300, 2, 1}, 32)
	if m.blocks[0] == (block{}) || m.blocks[299] == (block{}) {
		t.Error("there was nothing in it")
	}
	m.Wipe()
	for i := range m.blocks {
		if m.blocks[i] != (block{}) {
			t.Fatalf("block %d still holds something", i)
		}
	}
}

func TestAtTheUsualCostItIsTheLibrarysHash(t *testing.T) {
	var m Memory
	want := original.IDKey([]byte("correct horse"), []byte("0123456789abcdef"), 2, 19456, 1, 32)
	for range 2 {
		if got := m.IDKey([]byte("correct horse"), []byte("0123456789abcdef"), Cost{19456, 2, 1}, 32); !bytes.Equal(got, want) {
			t.Errorf("%x, want %x", got, want)
		}
	}
}
