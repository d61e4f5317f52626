package child

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
)

const module = "github.com/giftbridge/giftbridge/"

// Build builds programs of this repository, named by their folders, into a folder. They have no debug information, like
// the ones that are deployed.
func Build(ctx context.Context, into string, programs ...string) error {
	args := []string{"build", "-buildvcs=false", "-ldflags=-s -w", "-o", into}
	for _, p := range programs {
		args = append(args, module+p)
	}
	out, err := exec.CommandContext(ctx, "go", args...).CombinedOutput() //nolint:gosec // our own programs
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return errors.Join(fmt.Errorf("build %v: %w", programs, err), errors.New(string(out)))
	}
	return nil
}
