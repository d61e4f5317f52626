package child

import (
	"os"
	"syscall"
)

// endWithParent makes the system send the signal to the process when the process that started it is gone.
func endWithParent(signal os.Signal) *syscall.SysProcAttr {
	number, ok := signal.(syscall.Signal)
	if !ok {
		return nil
	}
	return &syscall.SysProcAttr{Pdeathsig: number}
}
