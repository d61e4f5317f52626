package bench

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/giftbridge/giftbridge/sandbox/internal/child"
)

// Usage is what a process has used since its start.
type Usage struct {
	// CPU is the time on all cores, in user and system mode.
	CPU time.Duration
	// RSS is the memory in use, PeakRSS its maximum so far, in bytes.
	RSS, PeakRSS int64
}

// Process is a process that is measured.
type Process struct {
	*child.Process
	Name string
}

// Usage returns what the process has used so far.
func (p *Process) Usage() (Usage, error) {
	if err := p.Gone(); err != nil {
		return Usage{}, err
	}
	u, err := ReadUsage(p.PID())
	if err != nil {
		return u, fmt.Errorf("measure %s: %w", p.Name, err)
	}
	return u, nil
}

// tick is the unit in which Linux reports CPU time to programs. USER_HZ is 100 on all architectures that Go supports
// (man 5 proc_pid_stat).
const tick = 10 * time.Millisecond

// ReadUsage reads what a process has used so far. It reads /proc, which only Linux has.
func ReadUsage(pid int) (Usage, error) {
	folder := "/proc/" + strconv.Itoa(pid)
	stat, err := os.ReadFile(folder + "/stat") //nolint:gosec // a process's number
	if err != nil {
		return Usage{}, err
	}
	status, err := os.ReadFile(folder + "/status") //nolint:gosec // likewise
	if err != nil {
		return Usage{}, err
	}
	cpu, err := cpuTime(stat)
	if err != nil {
		return Usage{}, err
	}
	return Usage{CPU: cpu, RSS: kilobytes(status, "VmRSS:"), PeakRSS: kilobytes(status, "VmHWM:")}, nil
}

// ownUsage returns what this process has used for the simulated services and for measuring.
func ownUsage() (Usage, error) { return ReadUsage(os.Getpid()) }

// cpuTime reads utime and stime, the 14th and 15th fields of stat. The second field, the program's name, is in
// parentheses and may contain anything.
func cpuTime(stat []byte) (time.Duration, error) {
	const utime, stime = 14 - 3, 15 - 3 // Counted from the third field, the first after the name.
	i := bytes.LastIndexByte(stat, ')')
	if i < 0 {
		return 0, errors.New("read CPU time: no name in stat")
	}
	fields := strings.Fields(string(stat[i+1:]))
	if len(fields) <= stime {
		return 0, errors.New("read CPU time: stat is short")
	}
	user, err := strconv.ParseInt(fields[utime], 10, 64)
	if err != nil {
		return 0, fmt.Errorf("read CPU time: %w", err)
	}
	system, err := strconv.ParseInt(fields[stime], 10, 64)
	if err != nil {
		return 0, fmt.Errorf("read CPU time: %w", err)
	}
	return time.Duration(user+system) * tick, nil
}

// kilobytes reads a line such as "VmRSS:  123 kB" and returns the number of bytes. A process that is ending has no such
// line, and no memory.
func kilobytes(status []byte, name string) int64 {
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, name); ok {
			n, _ := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
			return n << 10
		}
	}
	return 0
}
