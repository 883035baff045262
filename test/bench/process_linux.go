package main

import (
	"fmt"
	"os/exec"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// cpuTimeOf reads a process' own clock, in nanoseconds where /proc/PID/stat
// counts hundredths of a second. The clock's number is what
// clock_getcpuclockid(3) returns: the complement of the process id, and
// CPUCLOCK_SCHED in the low bits.
func cpuTimeOf(pid int) (time.Duration, error) {
	const sched = 2
	var used unix.Timespec
	if err := unix.ClockGettime(int32(^pid<<3|sched), &used); err != nil {
		return 0, fmt.Errorf("clock of process %d: %w", pid, err)
	}
	return time.Duration(used.Nano()), nil
}

// threadTime is the processor time of the calling thread.
func threadTime() (time.Duration, error) {
	var used unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &used); err != nil {
		return 0, fmt.Errorf("clock of a thread: %w", err)
	}
	return time.Duration(used.Nano()), nil
}

// dieWithParent has the kernel kill the child when the thread that starts it
// ends.
func dieWithParent(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
