//go:build !linux

package child

import (
	"os"
	"syscall"
)

func endWithParent(os.Signal) *syscall.SysProcAttr { return nil }
