package rig

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/giftbridge/giftbridge/sandbox/internal/child"
)

// Process is a process that is measured.
type Process struct {
	*child.Process
	name string
}

// CPU returns the CPU time on all cores that the process has used so far, in user and system mode.
func (p *Process) CPU() (time.Duration, error) {
	if err := p.Gone(); err != nil {
		return 0, err
	}
	used, err := readCPU(p.PID())
	if err != nil {
		return 0, fmt.Errorf("measure %s: %w", p.name, err)
	}
	return used, nil
}

// PeakMemory returns the largest part of the machine's memory that the process has held so far, in bytes.
func (p *Process) PeakMemory() (int64, error) {
	if err := p.Gone(); err != nil {
		return 0, err
	}
	status, err := os.ReadFile("/proc/" + strconv.Itoa(p.PID()) + "/status")
	if err != nil {
		return 0, fmt.Errorf("measure %s: %w", p.name, err)
	}
	return peakMemory(status)
}

// peakMemory reads VmHWM, whose unit is always kB.
func peakMemory(status []byte) (int64, error) {
	for line := range strings.Lines(string(status)) {
		if value, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kilobytes, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(value), "kB")), 10, 64)
			if err != nil {
				return 0, fmt.Errorf("read memory: %w", err)
			}
			return kilobytes << 10, nil
		}
	}
	return 0, errors.New("read memory: no VmHWM in status")
}

// readCPU reads what a process has used so far. It reads /proc, which only Linux has.
func readCPU(pid int) (time.Duration, error) {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return 0, err
	}
	return cpuTime(stat)
}

// tick is the unit in which Linux reports CPU time to programs. USER_HZ is 100 on all architectures that Go supports
// (man 5 proc_pid_stat).
const tick = 10 * time.Millisecond

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

const (
	// readyTimeout is the time-out of the start of a process.
	readyTimeout = time.Minute
	// logTail is the number of bytes at the end of a log that errors show.
	logTail = 2000
)

// Start starts a program and returns its process when ready says so. Its log is a new file.
func (p *Programs) Start(
	ctx context.Context, program child.Program, ready func(context.Context, *child.Process) error,
) (*Process, error) {
	log, err := os.CreateTemp(p.folder, program.Name+"-*.log")
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }()
	program.Log = log
	// A program must not depend on the environment or look for a configuration of its own.
	program.Env = append([]string{"HOME=" + p.folder}, program.Env...)
	started, err := program.Start()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	if err := ready(ctx, started); err != nil {
		started.Stop()
		text, _ := os.ReadFile(log.Name())
		return nil, fmt.Errorf("start %s: %w; its log ends: %s", program.Name, err, text[max(0, len(text)-logTail):])
	}
	return &Process{Process: started, name: program.Name}, nil
}

// Answers returns a check that waits until a process answers at /readyz.
func Answers(addr string) func(context.Context, *child.Process) error {
	return func(ctx context.Context, p *child.Process) error { return p.AwaitAnswer(ctx, "http://"+addr+"/readyz") }
}

// Until calls holds at an interval, until it returns true or an error or ctx ends.
func Until(ctx context.Context, every time.Duration, holds func() (bool, error)) error {
	look := time.NewTicker(every)
	defer look.Stop()
	for {
		ok, err := holds()
		if ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-look.C:
		}
	}
}

// ReadJSON reads what a process of a benchmark tells at an address.
func ReadJSON(ctx context.Context, url string, into any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return err
	}
	client := http.Client{Timeout: 10 * time.Second}
	answer, err := client.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	return json.NewDecoder(answer.Body).Decode(into)
}
