//go:build !linux

package stories_test

import "os/exec"

func endWithUs(*exec.Cmd) {}
