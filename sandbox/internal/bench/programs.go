package bench

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/giftbridge/giftbridge/sandbox/internal/child"
)

// Programs holds the programs to be measured, which are built for that purpose, and a folder for their logs.
type Programs struct{ folder string }

// The programs.
const (
	workerProgram = "worker"
	floorProgram  = "floor"
)

// Build builds the worker and the bare engine's worker. Close removes them.
func Build(ctx context.Context) (*Programs, error) {
	if _, err := readCPU(os.Getpid()); err != nil {
		return nil, fmt.Errorf("this needs Linux: %w", err)
	}
	folder, err := os.MkdirTemp("", "giftbridge-bench-*")
	if err != nil {
		return nil, err
	}
	p := &Programs{folder: folder}
	if err := child.Build(ctx, folder, workerProgram, "sandbox/"+floorProgram); err != nil {
		p.Close()
		return nil, err
	}
	return p, nil
}

// Close removes the programs.
func (p *Programs) Close() { _ = os.RemoveAll(p.folder) }

// Worker returns the path of the worker's program.
func (p *Programs) Worker() string { return filepath.Join(p.folder, workerProgram) }
