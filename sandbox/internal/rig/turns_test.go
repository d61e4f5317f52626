package rig_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/sandbox/internal/rig"
)

// Every other round has the steps in the opposite order, and a step that fails is the last one.
func TestInTurns(t *testing.T) {
	t.Parallel()
	var began []string
	step := func(name string, err error) rig.Step {
		return func(context.Context) error { began = append(began, name); return err }
	}
	for round := 1; round <= 3; round++ {
		require.NoError(t, rig.InTurns(t.Context(), round, step("bare", nil), step("ours", nil)))
	}
	require.Equal(t, []string{"bare", "ours", "ours", "bare", "bare", "ours"}, began)

	began = nil
	broken := errors.New("broken")
	require.ErrorIs(t, rig.InTurns(t.Context(), 2, step("bare", nil), step("ours", broken)), broken)
	require.Equal(t, []string{"ours"}, began)
}

func TestMeasure(t *testing.T) {
	t.Parallel()
	var took int
	double := func(_ context.Context, n int) (int, error) { return 2 * n, nil }
	require.NoError(t, rig.Measure(double, 21, &took)(t.Context()))
	require.Equal(t, 42, took)
}
