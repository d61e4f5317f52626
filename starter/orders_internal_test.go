package main

import (
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/cli"
)

// What cannot be meant is refused before anything is read: a list of fewer than no orders is a mistake, not a list of
// all of them, and a decision without a reason helps nobody later.
func TestWrongUsageOfOrders(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]string{
		"list --limit -1":                     "--limit -1 is negative",
		"list --settled --failed":             "--settled cannot be combined with",
		"list --settled --kind Timeout":       "--settled cannot be combined with",
		"list --settled --state left":         "--settled cannot be combined with",
		"settle --note refunded":              "name one or more orders",
		"settle #1001":                        "--note must say why",
		"settle #1001 --undo --note= --yes":   "--note must say why",
		"list --state settled --kind Timeout": "--state settled cannot be combined with --failed or --kind",
	} {
		t.Run(args, func(t *testing.T) {
			t.Parallel()
			root := newRoot()
			root.SetArgs(append([]string{"orders"}, strings.Fields(args)...))
			root.SetOut(io.Discard)
			root.SetErr(io.Discard)
			var usage *cli.UsageError
			require.ErrorAs(t, root.ExecuteContext(t.Context()), &usage)
			require.ErrorContains(t, usage, want)
		})
	}
}
