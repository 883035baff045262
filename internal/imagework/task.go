package imagework

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"
)

// Limits bound one process and what it starts.
type Limits struct {
	Memory uint64        // bytes that it may write to (RLIMIT_DATA)
	CPU    time.Duration // processor time, in whole seconds (RLIMIT_CPU)
	Wall   time.Duration // from start to end
	Output int           // bytes of its answer
}

// A Task is a program to be run within limits. It sees nothing of this process's
// environment but PATH.
type Task struct {
	Program string
	Args    []string
	Env     []string // besides PATH, as NAME=VALUE
	Input   io.Reader
	Folder  string // where it works; empty: the system's folder for what is temporary
	Limits  Limits
}

// A LimitError says that a program was ended because it reached a limit, or could
// not go on within it.
type LimitError struct {
	Program string
	What    string // "time", "output", or how it ended
}

func (e *LimitError) Error() string { return fmt.Sprintf("%s was ended: %s", e.Program, e.What) }

// Run runs the task and returns what it wrote to its standard output. An error
// that is no LimitError wraps *exec.ExitError where the program said that it
// failed; what it wrote about that is dropped, for it may quote the file.
func (t Task) Run(ctx context.Context) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, t.Limits.Wall)
	defer cancel()
	out := &bounded{most: t.Limits.Output, full: cancel}
	command := exec.CommandContext(ctx, t.Program, t.Args...)
	command.Env = append([]string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C.UTF-8"}, t.Env...)
	command.Dir, command.Stdin, command.Stdout = t.Folder, t.Input, out
	if command.Dir == "" {
		command.Dir = os.TempDir()
	}
	command.WaitDelay = time.Second
	ownGroup(command)
	if err := command.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", t.Program, err)
	}
	if err := limit(command.Process.Pid, t.Limits); err != nil {
		_ = endGroup(command)
		_ = command.Wait()
		return nil, fmt.Errorf("limit %s: %w", t.Program, err)
	}
	err := command.Wait()
	// Whatever it started and left behind goes with it.
	_ = endGroup(command)
	return out.b.Bytes(), t.judge(ctx, err, out)
}

// judge tells apart how a program ended.
func (t Task) judge(ctx context.Context, err error, out *bounded) error {
	exit, failed := errors.AsType[*exec.ExitError](err)
	switch {
	case out.over:
		return &LimitError{t.Program, "output"}
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return &LimitError{t.Program, "time"}
	case ctx.Err() != nil:
		return ctx.Err()
	case err == nil:
		return nil
	case failed && exit.ExitCode() < 0:
		return &LimitError{t.Program, exit.String()}
	}
	return fmt.Errorf("run %s: %w", t.Program, err)
}

// bounded keeps so many bytes and calls full at the next.
type bounded struct {
	b    bytes.Buffer
	most int
	over bool
	full func()
}

func (b *bounded) Write(p []byte) (int, error) {
	if b.b.Len()+len(p) > b.most {
		b.over = true
		b.full()
		return 0, io.ErrShortWrite
	}
	return b.b.Write(p)
}
