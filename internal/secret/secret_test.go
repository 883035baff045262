package secret

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func master(t *testing.T, seed byte) Master {
	t.Helper()
	m, err := NewMaster(bytes.NewReader(bytes.Repeat([]byte{seed}, 32)))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func box(t *testing.T, m Master) (*Box, []byte) {
	t.Helper()
	wrapped, err := m.NewKeyset()
	if err != nil {
		t.Fatal(err)
	}
	b, err := m.Unwrap(wrapped)
	if err != nil {
		t.Fatal(err)
	}
	return b, wrapped
}

func TestWhatIsSealedOpensInItsPlaceOnly(t *testing.T) {
	m := master(t, 7)
	hers, _ := box(t, m)
	others, _ := box(t, m)
	sealed, err := hers.Seal([]byte("JBSWY3DPEHPK3PXP"), "authenticator 1")
	if err != nil || bytes.Contains(sealed, []byte("JBSWY3DP")) {
		t.Fatalf("%q, %v", sealed, err)
	}
	if plain, err := hers.Open(sealed, "authenticator 1"); err != nil || string(plain) != "JBSWY3DPEHPK3PXP" {
		t.Errorf("%q, %v", plain, err)
	}
	if again, _ := hers.Seal([]byte("JBSWY3DPEHPK3PXP"), "authenticator 1"); bytes.Equal(again, sealed) {
		t.Error("the same text is sealed the same twice")
	}
	for name, open := range map[string]func() ([]byte, error){
		"in another place":        func() ([]byte, error) { return hers.Open(sealed, "authenticator 2") },
		"by another organisation": func() ([]byte, error) { return others.Open(sealed, "authenticator 1") },
		"cut":                     func() ([]byte, error) { return hers.Open(sealed[:len(sealed)-1], "authenticator 1") },
		"nothing":                 func() ([]byte, error) { return hers.Open(nil, "authenticator 1") },
	} {
		if plain, err := open(); err == nil || plain != nil {
			t.Errorf("%s: opens as %q", name, plain)
		}
	}
	for i := range sealed {
		changed := bytes.Clone(sealed)
		changed[i] ^= 1
		if _, err := hers.Open(changed, "authenticator 1"); err == nil {
			t.Fatalf("opens with byte %d changed", i)
		}
	}
}

func TestAnotherMasterKeyOpensNothing(t *testing.T) {
	right, wrong := master(t, 7), master(t, 8)
	_, wrapped := box(t, right)
	if _, err := wrong.Unwrap(wrapped); !errors.Is(err, ErrWrongMaster) {
		t.Errorf("Unwrap: %v", err)
	}
	check, err := right.Check()
	if err != nil || right.Verify(check) != nil {
		t.Fatal("the right key is not recognised")
	}
	for name, check := range map[string][]byte{"another key's": check, "none": nil, "cut": check[:4]} {
		if err := wrong.Verify(check); !errors.Is(err, ErrWrongMaster) {
			t.Errorf("%s: %v", name, err)
		}
	}
	one, _ := right.Derive("addresses")
	two, _ := right.Derive("something else")
	three, _ := wrong.Derive("addresses")
	same, _ := master(t, 7).Derive("addresses")
	if len(one) != 32 || bytes.Equal(one, two) || bytes.Equal(one, three) || !bytes.Equal(one, same) {
		t.Error("derived keys do not follow from key and purpose alone")
	}
}

func TestTheKeysFileIsMadeOnceAndReadByItsOwnerOnly(t *testing.T) {
	m, err := NewMaster(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "master.key")
	if _, err := ReadMaster(file); !errors.Is(err, ErrNoMaster) {
		t.Errorf("no file: %v", err)
	}
	if err := m.Write(file); err != nil {
		t.Fatal(err)
	}
	if err := master(t, 9).Write(file); err == nil {
		t.Error("a key was replaced by another")
	}
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	read, err := ReadMaster(file)
	if err != nil || !bytes.Equal(read.key, m.key) {
		t.Errorf("read back: %v", err)
	}
	for mode, want := range map[os.FileMode]error{0o600: nil, 0o400: nil, 0o640: ErrExposed, 0o604: ErrExposed, 0o660: ErrExposed} {
		if err := os.Chmod(file, mode); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadMaster(file); !errors.Is(err, want) {
			t.Errorf("%o: %v", mode, err)
		}
	}
	if err := os.WriteFile(file, []byte("c2hvcnQ=\n"), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestWhatIsNoKeyIsRefusedAndAKeyHidesItself(t *testing.T) {
	good := strings.Repeat("A", 43) + "="
	if _, err := ParseMaster([]byte(" " + good + "\n")); err != nil {
		t.Error(err)
	}
	for _, text := range []string{"", "c2hvcnQ=", good[:43], good + good, strings.Repeat("*", 44), "\x00" + good, strings.Repeat("A", 42) + "B="} {
		if _, err := ParseMaster([]byte(text)); !errors.Is(err, ErrMalformed) || (len(text) > 8 && strings.Contains(err.Error(), text)) {
			t.Errorf("%q: %v", text, err)
		}
	}
	m := master(t, 'K')
	for _, text := range []string{fmt.Sprint(m), fmt.Sprintf("%v|%+v|%#v|%s", m, m, m, m), fmt.Sprint(m.LogValue())} {
		if strings.Contains(text, "KKKK") || strings.Contains(text, "75 75") {
			t.Errorf("%s shows the key", text)
		}
	}
	if _, err := NewMaster(strings.NewReader("too short")); err == nil {
		t.Error("a key was drawn from too little")
	}
}
