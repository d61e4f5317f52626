package rig

import (
	"context"
	"slices"
)

// Step is a part of a round that is compared with others.
type Step func(ctx context.Context) error

// InTurns runs what is compared, in the opposite order in every other round: if the number of rounds is even, a machine that
// becomes slower or faster during the run affects all alike.
func InTurns(ctx context.Context, round int, steps ...Step) error {
	if round%2 == 0 {
		slices.Reverse(steps)
	}
	for _, s := range steps {
		if err := s(ctx); err != nil {
			return err
		}
	}
	return nil
}

// Measure returns a step that measures n orders.
func Measure[T any](measure func(ctx context.Context, n int) (T, error), n int, into *T) Step {
	return func(ctx context.Context) (err error) {
		*into, err = measure(ctx, n)
		return err
	}
}
