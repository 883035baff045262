package password

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sparekey/sparekey/internal/standing"
)

var cheap = Cost{MemoryKiB: 64, Passes: 1, Threads: 1}

func TestAPasswordFitsItsOwnHashAndNoOther(t *testing.T) {
	h := NewHasher(cheap, rand.Reader)
	first, err := h.Hash(t.Context(), Asker{}, "correct horse battery", "")
	if err != nil {
		t.Fatal(err)
	}
	second, err := h.Hash(t.Context(), Asker{}, "another one entirely", first)
	if err != nil {
		t.Fatal(err)
	}
	alien, err := h.Hash(t.Context(), Asker{}, "correct horse battery", "")
	if err != nil {
		t.Fatal(err)
	}
	for password, want := range map[string][]bool{
		"correct horse battery":  {true, false, true},
		"another one entirely":   {false, true, false},
		"correct horse battery ": {false, false, false},
		"":                       {false, false, false},
	} {
		got, err := h.Fits(t.Context(), Asker{}, password, []standing.PasswordHash{first, second, alien})
		if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%q: %v %v, want %v", password, got, err, want)
		}
	}
	if strings.Split(string(first), "$")[4] != strings.Split(string(second), "$")[4] {
		t.Error("a hash made like another has a salt of its own, so sign-in would compute two")
	}
}

func TestABrokenHashIsAnErrorAndNotAWrongPassword(t *testing.T) {
	h := NewHasher(cheap, rand.Reader)
	for _, hash := range []standing.PasswordHash{"", "plain", "$argon2id$v=19$m=64,t=0,p=1$AAAA$AAAA", "$argon2i$v=19$m=64,t=1,p=1$AAAA$AAAA",
		"$argon2id$v=19$m=4294967295,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		"$argon2id$v=19$m=64,t=4294967295,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
	} {
		if _, err := h.Fits(t.Context(), Asker{}, "x", []standing.PasswordHash{hash}); err == nil {
			t.Errorf("%q is taken for a hash", string(hash))
		}
	}
}

func TestNewPasswordsAreJudgedByLengthAndGuessabilityAlone(t *testing.T) {
	own := []string{"Eva de Vries", "eva@bakkerij-korenaar.example", "Bakkerij De Korenaar"}
	for _, c := range []struct {
		password string
		mfa      bool
		want     error
	}{
		{"verrekijkers-12", false, nil},
		{"zeven blauwe fietsen", false, nil},
		{"grachtengordel", false, ErrShort},
		{"vliegwiel9", true, nil},
		{"vliegwie9", true, ErrShort},
		{"passwordpassword", false, ErrCommon},
		{"aaaaaaaaaaaaaaaaaaaaaaaa", false, ErrCommon},
		{"123456789012345", false, ErrCommon},
		{"korenaarkorenaar1", false, ErrYours},
		{"bakkerijkorenaar", false, ErrYours},
		{"met\x00nul erin en lang", false, ErrOdd},
		{"met\xff kapotte bytes erin", false, ErrOdd},
		{strings.Repeat("x y", 400), false, ErrLong},
		{"ééééé üüüüü ñññññ 42", false, nil},
		{strings.Repeat("lange zin met woorden ", 40), false, nil},
	} {
		if got := Judge(c.password, c.mfa, own); !errors.Is(got, c.want) {
			t.Errorf("%.30q (mfa %v): %v, want %v", c.password, c.mfa, got, c.want)
		}
	}
}

func TestComposedAndDecomposedLettersAreTheSamePassword(t *testing.T) {
	if Normalise("caf\u00e9") != Normalise("cafe\u0301") {
		t.Error("they differ")
	}
}

func TestTheMeterIsQuickWhateverIsTyped(t *testing.T) {
	for _, typed := range []string{strings.Repeat("a", MaxBytes), strings.Repeat("aB3$", 250), strings.Repeat("é", 500)} {
		began := time.Now()
		Strength(typed, nil)
		if took := time.Since(began); took > 500*time.Millisecond {
			t.Errorf("%.8q…: %s", typed, took)
		}
	}
}

func TestMemoryIsUsedAgainAndGivenBackWhenNobodyHashes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &memory{cost: cheap}
		salt := make([]byte, saltSize)
		first := m.hash(cheap, []byte("one"), salt)
		kept := m.free[0]
		m.hash(cheap, []byte("two"), salt)
		if len(m.free) != 1 || m.free[0] != kept {
			t.Error("the second hash took other memory")
		}
		m.hash(Cost{MemoryKiB: 128, Passes: 1, Threads: 1}, []byte("of another cost"), salt)
		if len(m.free) != 1 {
			t.Error("memory of another cost is kept")
		}
		if again := m.hash(cheap, []byte("one"), salt); !bytes.Equal(again, first) {
			t.Error("the same password has another hash in memory that was used")
		}
		time.Sleep(wipeAfter - time.Millisecond)
		synctest.Wait()
		wiped := func() bool {
			m.mu.Lock()
			defer m.mu.Unlock()
			return reflect.ValueOf(m.free[0]).Elem().FieldByName("blocks").Index(0).IsZero()
		}
		if wiped() {
			t.Error("it is wiped while the next hash may come")
		}
		time.Sleep(2 * time.Millisecond)
		synctest.Wait()
		if !wiped() {
			t.Error("what tells of the password is still there")
		}
		time.Sleep(keepMemory + time.Second)
		synctest.Wait()
		m.mu.Lock()
		defer m.mu.Unlock()
		if len(m.free) != 0 {
			t.Error("it is kept for ever")
		}
	})
}
