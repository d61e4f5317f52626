package browser

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"sync"
	"syscall"
	"time"

	"github.com/creack/pty"
)

// Sandbox is a running sandbox, on free ports of this machine, and the terminal that it writes to.
type Sandbox struct {
	cmd      *exec.Cmd
	terminal *os.File
	closed   chan struct{}
	mu       sync.Mutex
	text     bytes.Buffer
}

// StartSandbox starts the sandbox's program on a terminal of so many columns.
func StartSandbox(ctx context.Context, program string, columns uint16, args ...string) (*Sandbox, error) {
	for _, name := range []string{"temporal", "ui", "start-page"} {
		args = append(args, "--"+name+"-port", "0")
	}
	//nolint:gosec // Whoever runs the tests names the program.
	s := &Sandbox{cmd: exec.CommandContext(ctx, program, args...), closed: make(chan struct{})}
	// The name of the environment's file is shown, and it must not be one of this checkout or of its user.
	s.cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"), "TMPDIR=/tmp", "TERM=xterm-256color"}
	var err error
	if s.terminal, err = pty.StartWithSize(s.cmd, &pty.Winsize{Rows: 50, Cols: columns}); err != nil {
		return nil, fmt.Errorf("start the sandbox: %w", err)
	}
	go func() {
		defer close(s.closed)
		_, _ = io.Copy(s, s.terminal) // A terminal whose program has ended gives an error instead of an end.
	}()
	return s, nil
}

// Write adds what the sandbox has written.
func (s *Sandbox) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

// Text returns what the sandbox has written so far.
func (s *Sandbox) Text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// Wait waits until the sandbox has written what matches pattern, and returns the pattern's first group.
func (s *Sandbox) Wait(ctx context.Context, pattern *regexp.Regexp) (string, error) {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		if m := pattern.FindStringSubmatch(s.Text()); m != nil {
			return m[1], nil
		}
		select {
		case <-s.closed:
			return "", fmt.Errorf("the sandbox has ended without %s: %s", pattern, s.Text())
		case <-ctx.Done():
			return "", fmt.Errorf("wait for %s: %w: %s", pattern, ctx.Err(), s.Text())
		case <-tick.C:
		}
	}
}

// StartPage matches the line that says where the start page is, Failed a failed order's page there, and Mail the page of
// a digest's mail. There are mails that bring cards, too.
var (
	StartPage = regexp.MustCompile(`open\s+\S*?(http://127\.0\.0\.1:\d+/)`)
	Failed    = regexp.MustCompile(`-> \S*?(http://127\.0\.0\.1:\d+/orders/\d+)`)
	Mail      = regexp.MustCompile(`\[giftbridge\] [^>]*-> \S*?(http://127\.0\.0\.1:\d+/mails/\d+)`)
)

// Stop ends the sandbox as Ctrl-C does, and waits for it.
func (s *Sandbox) Stop() error {
	if err := s.cmd.Process.Signal(syscall.SIGINT); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stop the sandbox: %w", err)
	}
	err := s.cmd.Wait()
	<-s.closed
	return errors.Join(err, s.terminal.Close())
}
