package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"strings"
)

// A confirmed command does something that others will feel: it says why, says
// whom it will tell, and asks.
type confirmed struct {
	Reason string `required:"" placeholder:"TEXT" help:"Why, in your own words. It is kept in the log."`
	asking
}

// An asking command asks before it goes on.
type asking struct {
	Yes bool `help:"Go on without asking; for scripts."`
}

// errDeclined says that whoever was asked said no.
var errDeclined = errors.New("nothing was done")

// errNobody says that there is nobody to ask.
var errNobody = errors.New("there is no terminal to ask at: say --yes to go on without asking")

func (c asking) confirm(at console) error { return confirm(at, c.Yes) }

// confirm asks whether to go on, unless yes says so already. It returns
// errDeclined, or a usage error where there is nobody to ask.
func confirm(at console, yes bool) error {
	if yes {
		return nil
	}
	if !isTerminal(at.in) {
		return usage{errNobody}
	}
	_, _ = fmt.Fprint(at.out, "Go on? [y/N] ")
	answer, err := bufio.NewReader(at.in).ReadString('\n')
	if err != nil && answer == "" {
		return usage{errNobody}
	}
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes", "j", "ja":
		return nil
	}
	return errDeclined
}

// isTerminal reports whether someone may sit at file. A device that holds nothing
// (/dev/null) is told apart by its end.
func isTerminal(file *os.File) bool {
	if file == nil {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
