//go:build amd64 && gc && !purego

package argon2

import (
	"bytes"
	"testing"

	original "golang.org/x/crypto/argon2"
)

func TestWithoutSSE4TheHashIsTheSame(t *testing.T) {
	defer func(has bool) { useSSE4 = has }(useSSE4)
	for _, has := range []bool{useSSE4, false} {
		useSSE4 = has
		want := original.IDKey([]byte("password"), []byte("0123456789abcdef"), 2, 256, 2, 32)
		if got := new(Memory).IDKey([]byte("password"), []byte("0123456789abcdef"), Cost{256, 2, 2}, 32); !bytes.Equal(got, want) {
			t.Errorf("with SSE4 %v: %x, want %x", has, got, want)
		}
	}
}
