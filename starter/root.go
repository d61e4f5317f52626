package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"

	"github.com/giftbridge/giftbridge/internal/app"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/logging"
	"github.com/giftbridge/giftbridge/internal/operator"
	"github.com/giftbridge/giftbridge/internal/printable"
)

// flags are the flags of every command.
type flags struct {
	json bool
}

func newRoot() *cobra.Command {
	f := &flags{}
	root := &cobra.Command{
		Use:   "starter",
		Short: "Set up and operate giftbridge",
		Long: `Starter sets up and operates giftbridge. It connects to Temporal at TEMPORAL_ADDRESS (it also reads the
other variables and the profile file of the temporal command line), and is configured like the worker:
docs/configuration.md.

Getting started:
  starter doctor             check everything that giftbridge needs, and say how to fix what fails
  starter schedules          create the search attributes and schedules; safe on every deploy
  starter poll               poll now instead of waiting for the schedule
  starter status             show the state of the system; exits with 1 if it needs attention
  starter orders list        list the gift-card orders and their states
  starter orders show '#1001'
                             show one order: its cards, its failures, and where to look
  starter orders retry       run failed orders again
  starter digest --dry-run   print the daily digest as of now
  starter deployment         show the worker versions, if the workers have versions
  starter codec-server       decrypt payloads for the Web UI and the temporal command line

Exit codes: 0 success, 1 failure, 2 wrong usage or configuration, 130 interrupted.`,
		Args: app.NoArgs,
		RunE: help,
	}
	root.PersistentFlags().BoolVar(&f.json, "json", false, "print JSON on standard output")
	root.AddCommand(newSchedules(f), newPoll(f), newSweep(f), newOrders(f), newDigest(f), newStatus(f), newDoctor(f), newConfig(f),
		newDeployment(f), newCodecServer())
	return root
}

// help is the action of a command that only groups others. Without it, cobra treats a mistyped command as a request for
// help.
func help(cmd *cobra.Command, _ []string) error { return cmd.Help() }

// operate runs do with an operator. Commands that only read need only a part of the configuration.
func operate(cmd *cobra.Command, load func() (config.Config, error), do func(context.Context, *operator.Operator) error) error {
	cfg, err := load()
	if err != nil {
		return &app.UsageError{Err: err}
	}
	temporal, err := app.TemporalFromEnvironment()
	if err != nil {
		return &app.UsageError{Err: err}
	}
	// At a prompt, only the SDK's errors are of interest.
	cfg.Log.Level = zerolog.ErrorLevel.String()
	log, err := logging.New(cmd.ErrOrStderr(), cfg.Log)
	if err != nil {
		return &app.UsageError{Err: err}
	}
	o, err := app.NewOperator(cmd.Context(), temporal, cfg, log)
	if err != nil {
		return err
	}
	defer o.Close()
	return do(cmd.Context(), o)
}

// onlyToLook loads the configuration of commands that only read from Temporal.
func onlyToLook() (config.Config, error) {
	cfg, err := config.Read()
	if err != nil {
		return cfg, err
	}
	return cfg, cfg.Payload.Validate()
}

// printJSON prints a value unaltered, in a form that a terminal displays completely.
func printJSON(w io.Writer, v any) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return err
	}
	_, err := w.Write(printable.JSON(b.Bytes()))
	return err
}

// table prints rows in aligned columns. Cells contain text from services and customers, so they are made harmless.
func table(w io.Writer, rows func(row func(cells ...any))) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	rows(func(cells ...any) {
		for i, c := range cells {
			if i > 0 {
				_, _ = fmt.Fprint(t, "\t")
			}
			_, _ = fmt.Fprint(t, printable.Line(fmt.Sprint(c), 0))
		}
		_, _ = fmt.Fprintln(t)
	})
	return t.Flush()
}
