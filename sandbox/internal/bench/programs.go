package bench

import (
	"context"

	"github.com/giftbridge/giftbridge/sandbox/internal/rig"
)

// Programs are the programs to be measured.
type Programs struct{ rig *rig.Programs }

// The programs, by their folders.
const (
	workerProgram = "worker"
	floorProgram  = "sandbox/floor"
)

// Build builds the worker and the bare engine's worker. Close removes them.
func Build(ctx context.Context) (*Programs, error) {
	built, err := rig.Build(ctx, workerProgram, floorProgram)
	if err != nil {
		return nil, err
	}
	return &Programs{built}, nil
}

// Close removes the programs.
func (p *Programs) Close() { p.rig.Close() }

// Worker returns the path of the worker's program.
func (p *Programs) Worker() string { return p.rig.Path(workerProgram) }
