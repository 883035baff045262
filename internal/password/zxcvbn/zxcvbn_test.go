package zxcvbn

import (
	"strings"
	"testing"

	original "github.com/ccojocar/zxcvbn-go"
	"pgregory.net/rapid"
)

// alike fails unless the library itself says the same of a password.
func alike(t interface{ Errorf(string, ...any) }, password string, own []string) {
	want := original.PasswordStrength(password, own)
	if got := minimum(password, own); got.Entropy != want.Entropy || got.Score != want.Score {
		t.Errorf("%q with %q: entropy %v, score %d; the library says %v, %d", password, own, got.Entropy, got.Score, want.Entropy, want.Score)
	}
	if got := Strength(password, own); got != want.Score {
		t.Errorf("%q with %q: %d; the library says %d", password, own, got, want.Score)
	}
}

func TestAPasswordIsAsStrongAsTheLibrarySays(t *testing.T) {
	for _, password := range []string{
		"", "a", "password", "Password1", "p4ssw0rd", "P@$$w0rd|7", "qwertyuiop", "zxcvbn12", "asdfghjkl;'", "aaaaaaaa", "abcdefgh", "87654321",
		"13-12-1988", "19881213", "31121999", "1988/12/13", "jennifer1988", "correct horse battery staple", "vier losse woorden hier",
		"Korenaar", "korenaarkorenaar1", "ééééé üüüü", "İstanbul", "met\xffkapot", "日本語のパスワード", "tr0ub4dour&3", "7894561230", "MONKEY", "mOnKeY",
	} {
		alike(t, password, []string{"korenaar", "Eva"})
	}
}

func TestAnyPasswordIsAsStrongAsTheLibrarySays(t *testing.T) {
	pieces := rapid.SampledFrom([]string{
		"password", "Monkey", "dragon", "jessica", "SMITH", "qwerty", "asdf", "1qaz", "123", "4567", "abc", "xyz", "1990", "12-05-1981", "@", "4", "|", "7", "1", "$", "aaa", "!!!", "é", " ", "korenaar", "zaagsel",
	})
	rapid.Check(t, func(t *rapid.T) {
		password := strings.Join(rapid.SliceOfN(pieces, 0, 5).Draw(t, "pieces"), "") + rapid.StringN(0, 6, 24).Draw(t, "rest")
		alike(t, password, []string{"korenaar"})
	})
}

func TestAWordHasTheLaterOfItsRanks(t *testing.T) {
	l := newList("test", []string{"One", "two", "ONE"})
	for word, want := range map[string]int{"one": 3, "two": 2, "three": 0, "": 0, "On": 0} {
		if got := l.rank(word); got != want {
			t.Errorf("%s has rank %d, want %d", word, got, want)
		}
	}
	if newList("none", nil).rank("one") != 0 {
		t.Error("an empty list has a word")
	}
}
