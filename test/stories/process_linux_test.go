package stories_test

import (
	"os/exec"
	"syscall"
)

// endWithUs has the kernel end a child should these tests be killed.
func endWithUs(child *exec.Cmd) {
	child.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
}
