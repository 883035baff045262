package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// A process is a child that is measured.
type process struct {
	cmd     *exec.Cmd
	logPath string
	killed  func() bool // because the run is over
}

// stopTime is how long a child may take to end by itself.
const stopTime = 10 * time.Second

// start starts a child whose output goes to a file, as a service's does. It is
// killed when ctx ends, and when this process does.
func start(ctx context.Context, logPath string, env []string, program string, args ...string) (*process, error) {
	log, err := os.Create(logPath)
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }() // the child has its own
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env, cmd.Stdout, cmd.Stderr = env, log, log
	cmd.Dir = filepath.Dir(logPath)
	dieWithParent(cmd)
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return &process{cmd: cmd, logPath: logPath, killed: func() bool { return ctx.Err() != nil }}, nil
}

// stop ends the process as whoever runs it would, or else the hard way.
func (p *process) stop() error {
	if err := p.cmd.Process.Signal(os.Interrupt); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return errors.Join(err, p.cmd.Wait())
	}
	hard := time.AfterFunc(stopTime, func() { _ = p.cmd.Process.Kill() }) // it may have ended just now
	defer hard.Stop()
	if err := p.cmd.Wait(); err != nil && !p.killed() {
		return fmt.Errorf("%s did not end well: %w\n%s", filepath.Base(p.cmd.Path), err, p.lastWords())
	}
	return nil
}

// lastWords returns the end of what the process wrote.
func (p *process) lastWords() string {
	text, err := os.ReadFile(p.logPath)
	if err != nil {
		return err.Error()
	}
	const most = 2000
	return string(text[max(0, len(text)-most):])
}

// cpuTime returns the processor time the process has used: all of its threads,
// in user and kernel mode, also those that have ended.
func (p *process) cpuTime() (time.Duration, error) { return cpuTimeOf(p.cmd.Process.Pid) }

// memoryKiB returns a line of /proc/PID/status: VmRSS is the resident memory
// now, VmHWM the most it ever was.
func (p *process) memoryKiB(line string) (int, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	for entry := range bytes.Lines(text) {
		if rest, ok := strings.CutPrefix(string(entry), line+":"); ok {
			return strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(rest), " kB"))
		}
	}
	return 0, fmt.Errorf("the process has no %s", line)
}
