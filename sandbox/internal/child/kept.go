package child

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"
)

// Kept keeps a program running, as a supervisor does. Whenever its process ends, it is started again after a pause.
type Kept struct {
	Name string
	// Program returns the program for a start; starts count from 1.
	Program func(start int) (Program, error)
	// LogFile is the file to which all its processes append their log.
	LogFile string

	mu      sync.Mutex
	running *Process
	up      bool
	changed chan struct{}
	pause   time.Duration
	exits   int
	deaths  []time.Time
	starts  int
	lastErr error
	other   []string // Variables that override the program's.
}

const (
	// restartPause is the pause after a process has ended unexpectedly.
	restartPause = 500 * time.Millisecond
	// readyTimeout is the time-out of a start.
	readyTimeout = time.Minute
)

// Run starts the program again and again until ctx ends, and returns when its process has ended.
func (k *Kept) Run(ctx context.Context) {
	for ctx.Err() == nil {
		err := k.once(ctx)
		k.set(func() { k.up, k.running = false, nil })
		if ctx.Err() != nil {
			return
		}
		k.mu.Lock()
		k.deaths = append(k.deaths, time.Now())
		pause := k.pause
		k.pause = 0
		if pause == 0 {
			pause = restartPause
			k.exits++
			k.lastErr = err
		}
		k.mu.Unlock()
		select {
		case <-time.After(pause):
		case <-ctx.Done():
		}
	}
}

// once runs the program until it ends.
func (k *Kept) once(ctx context.Context) error {
	k.mu.Lock()
	k.starts++
	start, other := k.starts, k.other
	k.mu.Unlock()
	program, err := k.Program(start)
	if err != nil {
		return err
	}
	log, err := os.OpenFile(k.LogFile, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	program.Name, program.Env, program.Log = k.Name, slices.Concat(program.Env, other), log
	running, err := program.Start()
	if err != nil {
		return err
	}
	defer running.Stop()
	k.set(func() { k.running = running })
	select {
	case <-running.Ready():
		k.set(func() { k.up = true })
	case <-running.Ended():
	case <-ctx.Done():
	}
	select {
	case <-running.Ended():
		return running.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (k *Kept) set(change func()) {
	k.mu.Lock()
	defer k.mu.Unlock()
	change()
	if k.changed != nil {
		close(k.changed)
	}
	k.changed = make(chan struct{})
}

// Kill kills the process, like the loss of its machine. The program is started again after the pause. Kill reports
// whether there was a process to kill.
func (k *Kept) Kill(pause time.Duration) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.running == nil || k.running.Kill() != nil {
		return false
	}
	k.pause = max(pause, time.Millisecond)
	k.up = false
	return true
}

// Override adds variables that override the environment from the next start on, and returns those that did before.
func (k *Kept) Override(env ...string) (before []string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	before = k.other
	k.other = slices.Concat(before, env)
	return before
}

// Restore undoes an Override from the next start on.
func (k *Kept) Restore(before []string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.other = before
}

// Await waits until the process is ready.
func (k *Kept) Await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	for {
		k.mu.Lock()
		up, changed, last := k.up, k.changed, k.lastErr
		if changed == nil {
			k.changed = make(chan struct{})
			changed = k.changed
		}
		k.mu.Unlock()
		if up {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return errors.Join(fmt.Errorf("wait for %s to be ready: %w", k.Name, ctx.Err()), last)
		}
	}
}

// Exits returns how often the process ended without being killed.
func (k *Kept) Exits() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.exits
}

// Deaths returns when the process ended, for whatever reason.
func (k *Kept) Deaths() []time.Time {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Clone(k.deaths)
}
