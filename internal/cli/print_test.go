package cli_test

import (
	"bytes"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/check"
	"github.com/giftbridge/giftbridge/internal/cli"
)

// A failed check stands out, and its fix is in the next line.
func TestChecks(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	require.NoError(t, cli.Checks(&out, []check.Check{
		{Name: "workers", Status: check.OK, Found: "every queue is polled"},
		{Name: "digest", Status: check.Fail, Found: "does not\nexist", Fix: "run: giftbridge schedules"},
	}))
	require.Equal(t, `ok    workers  every queue is polled
FAIL  digest   does not exist
               → run: giftbridge schedules
`, out.String())
}

// JSON is for programs: it keeps the value, and a terminal shows all of it.
func TestJSON(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	require.NoError(t, cli.JSON(&out, []string{"<a>\u202e"}))
	require.Equal(t, "[\n  \"<a>\\u202e\"\n]\n", out.String())
	require.Error(t, cli.JSON(&out, func() {}))
}

// Every command below a root has its flags.
func TestFlags(t *testing.T) {
	t.Parallel()
	var f cli.Flags
	root := &cobra.Command{Use: "tool", RunE: cli.Help}
	root.AddCommand(&cobra.Command{Use: "list", RunE: func(*cobra.Command, []string) error { return nil }})
	f.Register(root)
	root.SetArgs([]string{"list", "--json"})
	require.Equal(t, cli.ExitOK, cli.Execute(root, &bytes.Buffer{}))
	require.True(t, f.JSON)
}

func TestNumbers(t *testing.T) {
	t.Parallel()
	require.Empty(t, cli.Numbers(nil))
	require.Equal(t, "2", cli.Numbers([]int{2}))
	require.Equal(t, "1, 2, 12", cli.Numbers([]int{1, 2, 12}))
}
