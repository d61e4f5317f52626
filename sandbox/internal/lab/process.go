package lab

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/giftbridge/giftbridge/sandbox/internal/child"
)

// process keeps one process of the laboratory running. Whenever the process ends, it is started again after a pause.
type process struct {
	name    string
	role    string
	options childOptions
	env     []string
	// folder is the folder of its log.
	folder string
	// prepare, if not nil, changes the options before each start. Starts count from 1.
	prepare func(start int, o *childOptions) error

	mu      sync.Mutex
	running *child.Process
	up      bool
	changed chan struct{}
	pause   time.Duration
	// exits counts how often it ended unexpectedly.
	exits   int
	starts  int
	lastErr error
	// other holds environment variables that override env from the next start on.
	other []string
}

const (
	// restartPause is the pause after a process has ended unexpectedly, as a supervisor would make it.
	restartPause = 500 * time.Millisecond
	// readyTimeout is the time-out of a start.
	readyTimeout = time.Minute
)

// run starts the process again and again until ctx ends, and returns when the process has ended.
func (p *process) run(ctx context.Context) {
	for ctx.Err() == nil {
		err := p.once(ctx)
		p.set(func() { p.up, p.running = false, nil })
		if ctx.Err() != nil {
			return
		}
		p.mu.Lock()
		pause := p.pause
		p.pause = 0
		if pause == 0 {
			pause = restartPause
			p.exits++
			p.lastErr = err
		}
		p.mu.Unlock()
		wait(ctx, pause)
	}
}

// once runs the process until it ends.
func (p *process) once(ctx context.Context) error {
	p.mu.Lock()
	p.starts++
	options, start, env := p.options, p.starts, slices.Concat(p.env, p.other)
	p.mu.Unlock()
	if p.prepare != nil {
		if err := p.prepare(start, &options); err != nil {
			return err
		}
	}
	log, err := os.OpenFile(filepath.Join(p.folder, p.name+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	program, err := child.Own(ChildCommand, p.role, options)
	if err != nil {
		return err
	}
	program.Name, program.Env, program.Log = p.name, env, log
	running, err := program.Start()
	if err != nil {
		return err
	}
	defer running.Stop()
	p.set(func() { p.running = running })
	select {
	case <-running.Ready():
		p.set(func() { p.up = true })
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

func (p *process) set(change func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change()
	if p.changed != nil {
		close(p.changed)
	}
	p.changed = make(chan struct{})
}

// kill kills the process, like the loss of its machine. The process is started again after the pause. kill returns
// false if there is nothing to kill.
func (p *process) kill(pause time.Duration) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.running == nil || p.running.Kill() != nil {
		return false
	}
	p.pause = max(pause, time.Millisecond)
	p.up = false
	return true
}

// with adds environment variables from the next start on, and returns the variables that were added before.
func (p *process) with(other ...string) (before []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	before = p.other
	p.other = slices.Concat(before, other)
	return before
}

// await waits until the process is ready.
func (p *process) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	for {
		p.mu.Lock()
		up, changed, last := p.up, p.changed, p.lastErr
		if changed == nil {
			p.changed = make(chan struct{})
			changed = p.changed
		}
		p.mu.Unlock()
		if up {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return errors.Join(fmt.Errorf("wait for %s to be ready: %w", p.name, ctx.Err()), last)
		}
	}
}

// unasked returns how often the process ended without being killed.
func (p *process) unasked() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.exits
}

func wait(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
