package main

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// newTerminal returns both ends of a terminal: whoever types, and the program.
func newTerminal(t *testing.T) (person, program *os.File) {
	t.Helper()
	person, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = person.Close() }) // it may be closed by now
	if err := unix.IoctlSetPointerInt(int(person.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	number, err := unix.IoctlGetInt(int(person.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	program, err = os.OpenFile("/dev/pts/"+strconv.Itoa(number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	return person, program
}

func TestWhatIsTypedAsAPassphraseIsNotShown(t *testing.T) {
	at := newPlace(t, "")
	at.seed(t)
	person, program := newTerminal(t)
	file := filepath.Join(t.TempDir(), "sparekey.age")
	cmd := at.command("backup", file)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = program, program, program
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if err := program.Close(); err != nil {
		t.Fatal(err)
	}
	var shown strings.Builder
	buffer, answered := make([]byte, 1024), 0
	for {
		n, err := person.Read(buffer) // fails when the program has ended
		shown.Write(buffer[:n])
		if answered < strings.Count(shown.String(), ": ") && answered < 2 {
			answered++
			if _, err := person.WriteString("the rye rises at five\n"); err != nil {
				t.Fatal(err)
			}
		}
		if err != nil {
			break
		}
	}
	if err := cmd.Wait(); err != nil || answered != 2 || !strings.Contains(shown.String(), "was written") {
		t.Errorf("%v, %d answers\n%s", err, answered, shown.String())
	}
	if strings.Contains(shown.String(), "rye") {
		t.Errorf("it was shown:\n%s", shown.String())
	}
}
