package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"go.temporal.io/api/serviceerror"

	"github.com/giftbridge/giftbridge/internal/buildinfo"
	"github.com/giftbridge/giftbridge/internal/printable"
)

// Exit codes of the processes.
const (
	ExitOK          = 0
	ExitFailure     = 1
	ExitUsage       = 2
	ExitInterrupted = 130
)

// UsageError is a mistake of the user: a wrong flag, argument or configuration. Processes exit with [ExitUsage].
type UsageError struct{ Err error }

// Error implements error.
func (e *UsageError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *UsageError) Unwrap() error { return e.Err }

// Usagef returns a [*UsageError].
func Usagef(format string, args ...any) error { return &UsageError{fmt.Errorf(format, args...)} }

// Execute runs a command with a context that ends on SIGINT and SIGTERM, and returns the process's exit code. A second
// signal ends the process at once.
func Execute(root *cobra.Command, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	root.SilenceErrors, root.SilenceUsage = true, true
	root.Version = buildinfo.Version()
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return &UsageError{err} })
	command, err := root.ExecuteContextC(ctx)
	if err == nil {
		return ExitOK
	}
	message := err.Error()
	if ctx.Err() != nil && canceled(err) {
		message = "interrupted"
	}
	_, _ = fmt.Fprintf(stderr, "%s: %s\n", command.CommandPath(), printable.Text(message))
	var usage *UsageError
	switch {
	case errors.As(err, &usage):
		_, _ = fmt.Fprintf(stderr, "See '%s --help'.\n", command.CommandPath())
		return ExitUsage
	case ctx.Err() != nil:
		// Temporal's client has a cancellation error of its own, so check the context instead of the error.
		return ExitInterrupted
	default:
		return ExitFailure
	}
}

// canceled reports whether err means only that the command was canceled.
func canceled(err error) bool {
	_, byTemporal := errors.AsType[*serviceerror.Canceled](err)
	return byTemporal || errors.Is(err, context.Canceled)
}

// NoArgs is cobra.NoArgs, but returns a [*UsageError], which suggests the command that was meant.
func NoArgs(cmd *cobra.Command, args []string) error {
	err := cobra.NoArgs(cmd, args)
	if err == nil {
		return nil
	}
	cmd.SuggestionsMinimumDistance = typos
	if meant := cmd.SuggestionsFor(args[0]); len(meant) > 0 {
		return Usagef("%w; did you mean %s?", err, strings.Join(meant, " or "))
	}
	return usage(err)
}

// typos is the number of letters by which a command may differ from the one that was meant.
const typos = 2

// OneArg is cobra.ExactArgs(1), but returns a [*UsageError].
func OneArg(cmd *cobra.Command, args []string) error { return usage(cobra.ExactArgs(1)(cmd, args)) }

// OneOrder is [OneArg] for the name of an order. Without an argument, its error explains that a shell treats #1001 as a
// comment.
func OneOrder(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return Usagef("need an order; a shell treats #1001 as a comment: write '#1001' or 1001")
	}
	return OneArg(cmd, args)
}

func usage(err error) error {
	if err == nil {
		return nil
	}
	return &UsageError{err}
}
