package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// errNoTerminal says that there is nobody to ask.
var errNoTerminal = usage{errors.New("there is no terminal to ask for the passphrase on: give --passphrase-file, or see the help for recipients and identities")}

// ask asks for a line on the terminal of whoever runs the command, and does not
// show what is typed.
func ask(question string) (line []byte, err error) {
	terminal, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	if err != nil {
		return nil, errNoTerminal
	}
	defer func() { err = errors.Join(err, terminal.Close()) }()
	fd := int(terminal.Fd())
	before, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	if err != nil {
		return nil, errNoTerminal
	}
	silent := *before
	silent.Lflag = silent.Lflag&^unix.ECHO | unix.ICANON | unix.ISIG
	silent.Iflag |= unix.ICRNL
	if err := unix.IoctlSetTermios(fd, unix.TCSETS, &silent); err != nil {
		return nil, errNoTerminal
	}
	defer func() { err = errors.Join(err, unix.IoctlSetTermios(fd, unix.TCSETS, before)) }()
	if _, err := fmt.Fprint(terminal, question); err != nil {
		return nil, err
	}
	line, err = bufio.NewReader(terminal).ReadBytes('\n')
	_, _ = fmt.Fprintln(terminal) // the line end that was typed was not shown
	if line = bytes.TrimRight(line, "\r\n"); err != nil || len(line) == 0 {
		return nil, errors.New("no passphrase was typed")
	}
	return line, nil
}
