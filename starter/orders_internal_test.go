package main

import (
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/cli"
)

// A list of fewer than no orders is a mistake, not a list of all of them.
func TestListOfANegativeNumberOfOrders(t *testing.T) {
	t.Parallel()
	root := newRoot()
	root.SetArgs([]string{"orders", "list", "--limit", "-1"})
	root.SetOut(io.Discard)
	root.SetErr(io.Discard)
	var usage *cli.UsageError
	require.ErrorAs(t, root.ExecuteContext(t.Context()), &usage)
	require.ErrorContains(t, usage, "--limit -1 is negative")
}
