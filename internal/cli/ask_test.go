package cli_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/cli"
)

// Only a plain yes counts as yes. Input that is not interactive is an error of the script, not an answer.
func TestConfirm(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		typed         string
		yes, declined bool
		usage         bool
	}{
		"y":              {typed: "y\n"},
		"Y":              {typed: " Y \r\n"},
		"yes":            {typed: "yes\nno\n"},
		"yes, no return": {typed: "YES"},
		"beforehand":     {yes: true},
		"n":              {typed: "n\n", declined: true},
		"return":         {typed: "\n", declined: true},
		"a word":         {typed: "yes please\n", declined: true},
		"n, no return":   {typed: "n", declined: true},
		"nobody":         {usage: true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var asked bytes.Buffer
			cmd := &cobra.Command{}
			cmd.SetContext(t.Context())
			cmd.SetIn(strings.NewReader(tt.typed))
			cmd.SetErr(&asked)
			err := cli.Confirm(cmd, tt.yes, "Sure?")
			if tt.yes {
				require.Empty(t, asked.String())
			} else {
				require.Equal(t, "Sure? [y/N] ", asked.String())
			}
			var usage *cli.UsageError
			require.Equal(t, tt.declined, errors.Is(err, cli.ErrDeclined))
			require.Equal(t, tt.usage, errors.As(err, &usage))
			if !tt.declined && !tt.usage {
				require.NoError(t, err)
			}
		})
	}
	cmd := &cobra.Command{}
	cmd.SetContext(t.Context())
	cmd.SetErr(&bytes.Buffer{})
	cmd.SetIn(iotest.ErrReader(errors.New("unplugged")))
	require.ErrorContains(t, cli.Confirm(cmd, false, "Sure?"), "read the answer: unplugged")
}

// A signal ends a command that waits for an answer, whatever its standard input does.
func TestConfirmInterrupted(t *testing.T) {
	t.Parallel()
	silent, typing := io.Pipe()
	t.Cleanup(func() { require.NoError(t, typing.Close()) })
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	cmd := &cobra.Command{}
	cmd.SetContext(ctx)
	cmd.SetIn(silent)
	cmd.SetErr(&bytes.Buffer{})
	require.ErrorIs(t, cli.Confirm(cmd, false, "Sure?"), context.Canceled)
}

func TestWhoami(t *testing.T) {
	t.Parallel()
	require.Regexp(t, `^[^@]+@[^@]+$`, cli.Whoami())
}
