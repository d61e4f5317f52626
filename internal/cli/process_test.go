package cli_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"syscall"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/cli"
)

// The result of a command determines the exit code of the process.
func TestExecute(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		args []string
		err  error
		code int
		says string
	}{
		"done":    {code: cli.ExitOK},
		"failure": {err: errors.New("no answer"), code: cli.ExitFailure, says: "tool: no answer\n"},
		"usage": {
			err: cli.Usagef("--since %s", "soon"), code: cli.ExitUsage,
			says: "tool: --since soon\nSee 'tool --help'.\n",
		},
		"words of somebody else": {
			err: errors.New("problems:\n  \x1b[2J\u202eone\n  two"), code: cli.ExitFailure,
			says: "tool: problems:\n  �[2J�one\n  two\n",
		},
		"usage, wrapped": {
			err: fmt.Errorf("read: %w", &cli.UsageError{Err: errors.New("bad")}), code: cli.ExitUsage,
			says: "tool: read: bad\n",
		},
		"no such flag":       {args: []string{"--twice"}, code: cli.ExitUsage, says: "unknown flag: --twice"},
		"an argument":        {args: []string{"again"}, code: cli.ExitUsage, says: `"again"`},
		"canceled elsewhere": {err: context.Canceled, code: cli.ExitFailure, says: "tool: context canceled\n"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ran := false
			var stderr bytes.Buffer
			c := &cobra.Command{Use: "tool", Args: cli.NoArgs, RunE: func(*cobra.Command, []string) error {
				ran = true
				return tt.err
			}}
			c.SetArgs(append([]string{}, tt.args...))
			require.Equal(t, tt.code, cli.Execute(c, &stderr))
			require.Equal(t, tt.args == nil, ran)
			if tt.says == "" {
				require.Empty(t, stderr.String())
			}
			require.Contains(t, stderr.String(), tt.says)
		})
	}
}

// A signal ends the command's context, and the process exits as interrupted.
func TestExecuteInterrupted(t *testing.T) { //nolint:paralleltest // Signals are for the whole process.
	var stderr bytes.Buffer
	c := &cobra.Command{Use: "tool", RunE: func(cmd *cobra.Command, _ []string) error {
		if err := syscall.Kill(syscall.Getpid(), syscall.SIGTERM); err != nil {
			return err
		}
		<-cmd.Context().Done()
		return fmt.Errorf("wait: %w", cmd.Context().Err())
	}}
	c.SetArgs([]string{})
	require.Equal(t, cli.ExitInterrupted, cli.Execute(c, &stderr))
	require.Equal(t, "tool: interrupted\n", stderr.String())
}

func TestArguments(t *testing.T) {
	t.Parallel()
	c := &cobra.Command{Use: "tool"}
	var usage *cli.UsageError
	require.NoError(t, cli.NoArgs(c, nil))
	require.ErrorAs(t, cli.NoArgs(c, []string{"a"}), &usage)
	require.NoError(t, cli.OneArg(c, []string{"a"}))
	require.ErrorAs(t, cli.OneArg(c, nil), &usage)
	require.ErrorAs(t, cli.OneArg(c, []string{"a", "b"}), &usage)
	require.NoError(t, cli.OneOrder(c, []string{"a"}))
	require.ErrorAs(t, cli.OneOrder(c, []string{"a", "b"}), &usage)
	require.ErrorAs(t, cli.OneOrder(c, nil), &usage)
	require.ErrorContains(t, cli.OneOrder(c, nil), "write '#1001'")
}
