package child

import (
	"os"
	"syscall"
)

// endWithParent has the system send the signal when the starter of the process is gone without a word.
func endWithParent(signal os.Signal) *syscall.SysProcAttr {
	number, ok := signal.(syscall.Signal)
	if !ok {
		return nil
	}
	return &syscall.SysProcAttr{Pdeathsig: number}
}
