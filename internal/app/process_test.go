package app_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"syscall"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/app"
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
		"done":    {code: app.ExitOK},
		"failure": {err: errors.New("no answer"), code: app.ExitFailure, says: "tool: no answer\n"},
		"usage": {
			err: app.Usagef("--since %s", "soon"), code: app.ExitUsage,
			says: "tool: --since soon\nSee 'tool --help'.\n",
		},
		"words of somebody else": {
			err: errors.New("problems:\n  \x1b[2J\u202eone\n  two"), code: app.ExitFailure,
			says: "tool: problems:\n  �[2J�one\n  two\n",
		},
		"usage, wrapped": {
			err: fmt.Errorf("read: %w", &app.UsageError{Err: errors.New("bad")}), code: app.ExitUsage,
			says: "tool: read: bad\n",
		},
		"no such flag":       {args: []string{"--twice"}, code: app.ExitUsage, says: "unknown flag: --twice"},
		"an argument":        {args: []string{"again"}, code: app.ExitUsage, says: `"again"`},
		"canceled elsewhere": {err: context.Canceled, code: app.ExitFailure, says: "tool: context canceled\n"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ran := false
			var stderr bytes.Buffer
			c := &cobra.Command{Use: "tool", Args: app.NoArgs, RunE: func(*cobra.Command, []string) error {
				ran = true
				return tt.err
			}}
			c.SetArgs(append([]string{}, tt.args...))
			require.Equal(t, tt.code, app.Execute(c, &stderr))
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
	require.Equal(t, app.ExitInterrupted, app.Execute(c, &stderr))
	require.Equal(t, "tool: interrupted\n", stderr.String())
}

func TestArguments(t *testing.T) {
	t.Parallel()
	c := &cobra.Command{Use: "tool"}
	var usage *app.UsageError
	require.NoError(t, app.NoArgs(c, nil))
	require.ErrorAs(t, app.NoArgs(c, []string{"a"}), &usage)
	require.NoError(t, app.OneArg(c, []string{"a"}))
	require.ErrorAs(t, app.OneArg(c, nil), &usage)
	require.ErrorAs(t, app.OneArg(c, []string{"a", "b"}), &usage)
	require.NoError(t, app.OneOrder(c, []string{"a"}))
	require.ErrorAs(t, app.OneOrder(c, []string{"a", "b"}), &usage)
	require.ErrorAs(t, app.OneOrder(c, nil), &usage)
	require.ErrorContains(t, app.OneOrder(c, nil), "write '#1001'")
}
