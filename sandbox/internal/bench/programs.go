package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// Programs are what is measured, built for it, and a folder for their logs.
type Programs struct{ folder string }

// Build builds the programs without debug information, as they are deployed. Close removes them.
func Build(ctx context.Context) (*Programs, error) {
	if _, err := ReadUsage(os.Getpid()); err != nil {
		return nil, fmt.Errorf("this needs Linux: %w", err)
	}
	folder, err := os.MkdirTemp("", "giftbridge-bench-*")
	if err != nil {
		return nil, err
	}
	p := &Programs{folder: folder}
	const module = "github.com/giftbridge/giftbridge/"
	args := []string{"build", "-buildvcs=false", "-ldflags=-s -w", "-o", folder, module + "worker", module + "sandbox/floor"}
	c := exec.CommandContext(ctx, "go", args...) //nolint:gosec // the folder is our own
	if out, err := c.CombinedOutput(); err != nil {
		p.Close()
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, errors.Join(fmt.Errorf("build programs: %w", err), errors.New(string(out)))
	}
	return p, nil
}

// Close removes the programs.
func (p *Programs) Close() { _ = os.RemoveAll(p.folder) }

// Worker is the path of the worker's program.
func (p *Programs) Worker() string { return filepath.Join(p.folder, "worker") }

func (p *Programs) floor() string { return filepath.Join(p.folder, "floor") }

// log makes a new file for a process's log.
func (p *Programs) log(name string) (*os.File, error) {
	return os.CreateTemp(p.folder, name+"-*.log")
}

// logTail is the end of a log that errors show.
const logTail = 2000

// lastWords adds the end of a process's log to an error.
func lastWords(err error, log *os.File) error {
	if err == nil {
		return nil
	}
	text, readErr := os.ReadFile(log.Name())
	if readErr != nil || len(text) == 0 {
		return err
	}
	return fmt.Errorf("%w; its log ends: %s", err, text[max(0, len(text)-logTail):])
}
