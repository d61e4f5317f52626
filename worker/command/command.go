// Package command is the command that runs a worker: the program of its own in folder worker, and a command of
// giftbridge.
package command

import (
	"github.com/spf13/cobra"

	"github.com/giftbridge/giftbridge/internal/app"
	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/logging"
)

// New returns the command.
func New() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "worker",
		Short: "Run a worker, which turns Shopify gift-card orders into gift cards",
		Long: `Worker polls Temporal and runs giftbridge's workflows and activities: it reads orders from Shopify and
creates gift cards at the issuer. Run as many as you like; run "giftbridge schedules" once before the first.

It is configured by environment variables: docs/configuration.md lists them, "giftbridge config" shows what
they come to. /metrics, /healthz and /readyz are served at METRICS_ADDR; each further worker on one machine needs one of
its own (127.0.0.1:0 takes any free port), or off. SIGTERM and Ctrl-C let running activities finish; what is cut off is
retried by another worker.

Exit codes: 0 stopped as asked, 1 failure, 2 bad configuration.`,
		Args: cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := config.Load()
			if err != nil {
				return &cli.UsageError{Err: err}
			}
			temporal, err := app.TemporalFromEnvironment()
			if err != nil {
				return &cli.UsageError{Err: err}
			}
			log, err := logging.New(cmd.ErrOrStderr(), cfg.Log)
			if err != nil {
				return &cli.UsageError{Err: err}
			}
			return app.RunWorker(cmd.Context(), app.WorkerOptions{Config: cfg, Temporal: temporal, Log: log})
		},
	}
	cmd.AddCommand(cli.NewHealthCommand("/readyz", func() (string, error) {
		cfg, err := config.Read()
		if err != nil {
			return "", &cli.UsageError{Err: err}
		}
		return cfg.Metrics.ListenAddr(), nil
	}))
	return cmd
}
