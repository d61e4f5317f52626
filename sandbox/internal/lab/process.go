package lab

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"time"
)

// process keeps one process of the laboratory running: whenever it ends, it is started again, after a while.
type process struct {
	name    string
	role    string
	options childOptions
	env     []string
	// folder is where its log goes.
	folder string
	// prepare, if there is one, changes the options before each start; starts count from 1.
	prepare func(start int, o *childOptions) error

	mu      sync.Mutex
	running *exec.Cmd
	up      bool
	changed chan struct{}
	pause   time.Duration
	kills   int
	// exits counts the times that it ended unasked.
	exits   int
	starts  int
	lastErr error
}

const (
	// restartPause is the pause after a process has ended unasked, as a supervisor makes it.
	restartPause = 500 * time.Millisecond
	// readyTimeout bounds a start.
	readyTimeout = time.Minute
	// exitTimeout is how long a process may take to end by itself.
	exitTimeout = 3 * time.Second
)

// run starts the process, again and again, until ctx ends; then it sees that it has ended.
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
	options, start := p.options, p.starts
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
	cmd, output, err := p.command(options, log)
	if err != nil {
		return err
	}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start %s: %w", p.name, err)
	}
	stop := context.AfterFunc(ctx, func() { _ = stdin.Close() })
	defer stop()
	p.set(func() { p.running = cmd })
	go func() {
		if line, _ := bufio.NewReader(output).ReadString('\n'); line == ready+"\n" {
			p.set(func() { p.up = p.running == cmd })
		}
	}()
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case err = <-ended:
		return err
	case <-ctx.Done():
	}
	// It sees the end of its input. One that does not is killed.
	select {
	case err = <-ended:
	case <-time.After(exitTimeout):
		_ = cmd.Process.Kill()
		err = <-ended
	}
	return err
}

func (p *process) command(options childOptions, log io.Writer) (*exec.Cmd, io.Reader, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, nil, err
	}
	text, err := json.Marshal(options)
	if err != nil {
		return nil, nil, err
	}
	// Not CommandContext: it kills at once, and a process that may end by itself leaves whole logs behind.
	cmd := exec.Command(program, ChildCommand, p.role, string(text)) //nolint:gosec,noctx // this very program
	cmd.Env, cmd.Stderr = p.env, log
	output, err := cmd.StdoutPipe()
	return cmd, output, err
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

// kill ends the process as a lost machine does; it is started again after the pause. It is false where there is nothing
// to kill.
func (p *process) kill(pause time.Duration) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.running == nil || p.running.Process.Kill() != nil {
		return false
	}
	p.pause = max(pause, time.Millisecond)
	p.kills++
	p.up = false
	return true
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

func (p *process) counts() (kills, exits int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.kills, p.exits
}

func wait(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

func loopback(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

// freePort returns a port on which nothing listens. It lies below those that systems hand out by themselves, so that
// nobody gets it while its process is being restarted.
func freePort(ctx context.Context) (int, error) {
	const from, to, tries = 15_000, 32_000, 100
	for range tries {
		port := from + rand.IntN(to-from)
		listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", loopback(port))
		if err != nil {
			continue
		}
		return port, listener.Close()
	}
	return 0, errors.New("no free port was found")
}
