// Command sparekey is sign-in for organisations in which losing your phone is a
// solved problem: the server, and the operator's commands.
//
// It owns the command line and the wiring of every part. It refuses to decide
// anything that a flow decides.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
	_ "time/tzdata" // the binary runs where the system has no time zones

	"github.com/alecthomas/kong"

	"github.com/sparekey/sparekey/internal/config"
)

// version is set when a release is built.
var version = "dev"

// Exit codes.
const (
	exitOK      = 0
	exitFailure = 1
	exitUsage   = 2
)

func main() {
	begun := time.Now()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, func() {
		// A further signal ends the program at once. One that comes right behind
		// the first is the same: shells and supervisors signal a process and its group.
		time.Sleep(time.Second)
		stop()
	})
	os.Exit(run(ctx, os.Args[1:], console{in: os.Stdin, out: os.Stdout, err: os.Stderr, begun: begun}))
}

// A console is where a command was given: what it writes to, and when it began.
type console struct {
	in       *os.File // where questions are answered; nil: nowhere
	out, err io.Writer
	begun    time.Time
}

// run carries out one command and returns the exit code.
func run(ctx context.Context, args []string, at console) int {
	var line commandLine
	helped := false
	parser, err := line.parser(at, func(int) { helped = true })
	if err != nil {
		return at.complain(err)
	}
	chosen, err := parser.Parse(asFlag(args))
	if helped {
		return exitOK
	}
	if err != nil {
		return at.ended(args, usage{err})
	}
	line.MasterKey = config.Hidden(os.Getenv(config.MasterKeyVariable))
	chosen.BindTo(ctx, (*context.Context)(nil))
	return at.ended(args, chosen.Run(at, line.Config))
}

// ended complains, and returns the exit code. Where 1 and 2 are answers about a
// copy, a command that could not do its work has a code of its own.
func (at console) ended(args []string, err error) int {
	code := at.complain(err)
	if _, judged := errors.AsType[verdict](err); err != nil && !judged && len(args) > 0 && args[0] == "safecopy" {
		return exitNotDone
	}
	return code
}

// A usage error says that a command was given wrongly.
type usage struct{ error }

// Unwrap returns what was wrong.
func (u usage) Unwrap() error { return u.error }

// complain says what went wrong, if anything, and returns the exit code. That
// it could not be said is nobody's to hear.
func (at console) complain(err error) int {
	if err == nil {
		return exitOK
	}
	ended, judged := errors.AsType[verdict](err)
	if judged && ended.error == nil {
		return ended.code
	}
	for line := range strings.SplitSeq(err.Error(), "\n") { // one for each thing that is wrong
		_, _ = fmt.Fprintln(at.err, "sparekey:", printable(line))
	}
	if judged {
		return ended.code
	}
	if _, ok := errors.AsType[usage](err); !ok {
		return exitFailure
	}
	if _, ok := errors.AsType[*kong.ParseError](err); ok {
		_, _ = fmt.Fprintln(at.err, `Run "sparekey help" for what there is.`)
	}
	return exitUsage
}

// say writes a line for people, or several.
func (at console) say(format string, args ...any) {
	_, _ = io.WriteString(at.out, escaped(fmt.Sprintf(format, args...), "\n")+"\n")
}
