//go:build unix

package sealer

import (
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"
)

// What a limit of the process refuses, a full disk refuses as well: the end of a text.
func TestHalfAFileIsNotKept(t *testing.T) {
	name := filepath.Join(t.TempDir(), "c")
	var usual syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &usual); err != nil {
		t.Fatal(err)
	}
	signal.Ignore(syscall.SIGXFSZ)
	defer signal.Reset(syscall.SIGXFSZ)
	small := usual
	small.Cur = 3
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &small); err != nil {
		t.Fatal(err)
	}
	f := file{path: name}
	err := f.keep([]byte("evidence"))
	if back := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &usual); back != nil {
		t.Fatal(back)
	}
	if kept := Kept(name); err == nil || len(kept) != 0 {
		t.Errorf("kept %v, %v", kept, err)
	}
	if err := f.keep([]byte("evidence")); err != nil || len(Kept(name)) != 1 {
		t.Errorf("with room again: %v, %v", Kept(name), err)
	}
}
