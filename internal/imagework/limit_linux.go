package imagework

import (
	"os/exec"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// niceness is how much a worker gives way to everything else.
const niceness = 10

// ownGroup puts a process and what it starts into a group, which ends as one.
func ownGroup(c *exec.Cmd) {
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	c.Cancel = func() error { return endGroup(c) }
}

func endGroup(c *exec.Cmd) error { return syscall.Kill(-c.Process.Pid, syscall.SIGKILL) }

// limit bounds a process that has just begun, and through it those it starts.
// RLIMIT_DATA counts all private memory that can be written (Linux 4.7), and not
// the address space that Go reserves and never uses.
func limit(pid int, l Limits) error {
	seconds := uint64((l.CPU + time.Second - 1) / time.Second)
	for resource, most := range map[int]uint64{
		unix.RLIMIT_DATA: l.Memory, unix.RLIMIT_CPU: seconds, unix.RLIMIT_CORE: 0, unix.RLIMIT_FSIZE: l.Memory,
	} {
		err := unix.Prlimit(pid, resource, &unix.Rlimit{Cur: most, Max: most}, nil)
		if err != nil && err != unix.ESRCH { // it is over already
			return err
		}
	}
	_ = unix.Setpriority(unix.PRIO_PGRP, pid, niceness) // it may be over already
	return nil
}
