package child

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"time"
)

// exitTimeout is how long a process may take to end by itself.
const exitTimeout = 3 * time.Second

// Program is what to start.
type Program struct {
	// Name is what errors call it.
	Name string
	Path string
	Args []string
	// Env is all of its environment.
	Env []string
	// Log takes its standard error; nil takes none.
	Log io.Writer
	// Signal is how a program is told to end that does not watch its standard input; nil is none.
	Signal os.Signal
}

// Own returns this very program in a role, with options that [Run] hands to it. The command is the name under which the
// program calls Run.
func Own(command, role string, options any) (Program, error) {
	path, err := os.Executable()
	if err != nil {
		return Program{}, err
	}
	text, err := json.Marshal(options)
	if err != nil {
		return Program{}, err
	}
	return Program{Name: role, Path: path, Args: []string{command, role, string(text)}}, nil
}

// Process is a process that was started.
type Process struct {
	program Program
	cmd     *exec.Cmd
	stdin   io.Closer
	ready   chan struct{}
	ended   chan struct{}
	err     error
	stop    sync.Once
}

// Start starts the program. Whoever calls it calls Stop in the end.
func (p Program) Start() (*Process, error) {
	out := &Process{program: p, ready: make(chan struct{}), ended: make(chan struct{})}
	// Not CommandContext: it kills at once, and a process that may end by itself leaves whole logs behind.
	out.cmd = exec.Command(p.Path, p.Args...) //nolint:gosec,noctx // the caller's program
	out.cmd.Env, out.cmd.Stderr = p.Env, p.Log
	out.cmd.Stdout = &awaited{line: ready + "\n", came: out.ready}
	out.cmd.SysProcAttr = endWithParent(p.Signal)
	stdin, err := out.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out.stdin = stdin
	if err := out.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", p.Name, err)
	}
	go func() {
		out.err = out.cmd.Wait()
		close(out.ended)
	}()
	return out, nil
}

// PID is the process's number.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Ready is closed when the process has said that it is ready, as [Run] does.
func (p *Process) Ready() <-chan struct{} { return p.ready }

// Ended is closed when the process has ended.
func (p *Process) Ended() <-chan struct{} { return p.ended }

// Err returns what a process that has ended ended with.
func (p *Process) Err() error { return p.err }

// Await waits until the process is ready.
func (p *Process) Await(ctx context.Context) error {
	select {
	case <-p.ready:
		return nil
	case <-p.ended:
		return p.Gone()
	case <-ctx.Done():
		return fmt.Errorf("wait for %s to be ready: %w", p.program.Name, ctx.Err())
	}
}

// Gone returns an error if the process has ended.
func (p *Process) Gone() error {
	select {
	case <-p.ended:
		return errors.Join(fmt.Errorf("%s has ended unasked", p.program.Name), p.err)
	default:
		return nil
	}
}

// Stop asks the process to end, kills one that does not, and returns when it has ended. It may be called more than once.
func (p *Process) Stop() {
	p.stop.Do(func() {
		_ = p.stdin.Close()
		if p.program.Signal != nil {
			_ = p.cmd.Process.Signal(p.program.Signal)
		}
		patience := time.NewTimer(exitTimeout)
		defer patience.Stop()
		select {
		case <-p.ended:
		case <-patience.C:
			_ = p.cmd.Process.Kill()
		}
	})
	<-p.ended
}

// Kill ends the process as a lost machine does. It does not wait.
func (p *Process) Kill() error { return p.cmd.Process.Kill() }

// awaited is a writer that waits for its first line.
type awaited struct {
	line string
	head bytes.Buffer
	came chan struct{}
	over bool
}

// Write implements io.Writer.
func (a *awaited) Write(b []byte) (int, error) {
	if a.over {
		return len(b), nil
	}
	a.head.Write(b[:min(len(b), len(a.line)-a.head.Len())])
	if a.head.Len() == len(a.line) {
		a.over = true
		if a.head.String() == a.line {
			close(a.came)
		}
	}
	return len(b), nil
}
