package bench

import (
	"context"

	"github.com/giftbridge/giftbridge/sandbox/internal/rig"
)

// Programs are the programs to be measured.
type Programs struct{ rig *rig.Programs }

// workerProgram is the worker, by its folder.
const workerProgram = "worker"

// Build builds the worker and the bare engine's worker. Close removes them.
func Build(ctx context.Context) (*Programs, error) {
	built, err := rig.Build(ctx, workerProgram, rig.FloorProgram)
	if err != nil {
		return nil, err
	}
	return &Programs{built}, nil
}

// Close removes the programs.
func (p *Programs) Close() { p.rig.Close() }

// Worker returns the path of the worker's program.
func (p *Programs) Worker() string { return p.rig.Path(workerProgram) }
