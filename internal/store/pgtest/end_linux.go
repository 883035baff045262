package pgtest

import (
	"os/exec"
	"syscall"
)

// endWithParent has the kernel end the child, at once and with all its own,
// when the thread that starts it ends.
func endWithParent(cmd *exec.Cmd) { cmd.SysProcAttr.Pdeathsig = syscall.SIGQUIT }
