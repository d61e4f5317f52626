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

// exitTimeout is how long a process may take to exit by itself.
const exitTimeout = 3 * time.Second

// Program is a program to start.
type Program struct {
	// Name is the program's name in errors.
	Name string
	Path string
	Args []string
	// Env is its whole environment.
	Env []string
	// Log receives its standard error, which is discarded if Log is nil.
	Log io.Writer
	// Signal ends a program that does not watch its standard input; nil means that no signal is sent.
	Signal os.Signal
}

// Own returns this same program in a role, with options that [Run] passes to it. The command is the name under which
// the program calls Run.
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

// Start starts the program. The caller must call Stop in the end.
func (p Program) Start() (*Process, error) {
	out := &Process{program: p, ready: make(chan struct{}), ended: make(chan struct{})}
	// Not CommandContext, which kills at once: a process that may exit by itself leaves complete logs behind.
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

// PID returns the process ID.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Ready returns a channel that is closed when the process has reported that it is ready, as [Run] does.
func (p *Process) Ready() <-chan struct{} { return p.ready }

// Ended returns a channel that is closed when the process has ended.
func (p *Process) Ended() <-chan struct{} { return p.ended }

// Err returns the error of a process that has ended.
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

// Stop asks the process to end, kills it if it does not, and returns when it has ended. It may be called more than
// once.
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

// Kill kills the process, like the loss of its machine. It does not wait.
func (p *Process) Kill() error { return p.cmd.Process.Kill() }

// Signal sends a signal to the process.
func (p *Process) Signal(s os.Signal) error { return p.cmd.Process.Signal(s) }

// ExitCode returns the exit code of a process that has ended.
func (p *Process) ExitCode() int { return p.cmd.ProcessState.ExitCode() }

// awaited is a writer that waits for a given first line.
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
