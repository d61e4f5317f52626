package rig

import (
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"

	"github.com/giftbridge/giftbridge/sandbox/internal/child"
)

// Programs holds the programs to be measured, which are built for that purpose, and a folder for their logs.
type Programs struct{ folder string }

// Build builds programs of this repository, named by their folders. Close removes them.
func Build(ctx context.Context, programs ...string) (*Programs, error) {
	if _, err := readCPU(os.Getpid()); err != nil {
		return nil, fmt.Errorf("this needs Linux: %w", err)
	}
	folder, err := os.MkdirTemp("", "giftbridge-bench-*")
	if err != nil {
		return nil, err
	}
	p := &Programs{folder: folder}
	if err := child.Build(ctx, folder, programs...); err != nil {
		p.Close()
		return nil, err
	}
	return p, nil
}

// Close removes the programs.
func (p *Programs) Close() { _ = os.RemoveAll(p.folder) }

// Path returns the path of a program, which is named by its folder.
func (p *Programs) Path(program string) string { return filepath.Join(p.folder, path.Base(program)) }
