package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// Programs holds the programs to be measured, which are built for that purpose, and a folder for their logs.
type Programs struct {
	folder string
	// machine describes the machine before anything was built.
	machine Machine
}

// The programs.
const (
	workerProgram = "worker"
	floorProgram  = "floor"
)

// Build builds the worker. Close removes it.
func Build(ctx context.Context) (*Programs, error) {
	if _, err := ReadUsage(os.Getpid()); err != nil {
		return nil, fmt.Errorf("this needs Linux: %w", err)
	}
	machine := ThisMachine()
	folder, err := os.MkdirTemp("", "giftbridge-bench-*")
	if err != nil {
		return nil, err
	}
	p := &Programs{folder: folder, machine: machine}
	if err := p.build(ctx, "github.com/giftbridge/giftbridge/"+workerProgram); err != nil {
		p.Close()
		return nil, err
	}
	return p, nil
}

// buildFloor builds the bare engine's worker.
func (p *Programs) buildFloor(ctx context.Context) error {
	return p.build(ctx, "github.com/giftbridge/giftbridge/sandbox/"+floorProgram)
}

// build builds a program without debug information, as it is deployed.
func (p *Programs) build(ctx context.Context, what string) error {
	args := []string{"build", "-buildvcs=false", "-ldflags=-s -w", "-o", p.folder, what}
	c := exec.CommandContext(ctx, "go", args...) //nolint:gosec // the folder and the programs are our own
	out, err := c.CombinedOutput()
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return errors.Join(fmt.Errorf("build %s: %w", what, err), errors.New(string(out)))
	}
	return nil
}

// Close removes the programs.
func (p *Programs) Close() { _ = os.RemoveAll(p.folder) }

// Worker returns the path of the worker's program.
func (p *Programs) Worker() string { return filepath.Join(p.folder, workerProgram) }

func (p *Programs) floor() string { return filepath.Join(p.folder, floorProgram) }

// log creates a new file for a process's log.
func (p *Programs) log(name string) (*os.File, error) {
	return os.CreateTemp(p.folder, name+"-*.log")
}

// logTail is the number of bytes at the end of a log that errors show.
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
