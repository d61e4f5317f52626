// Package command is the command that runs a receiver: the program of its own in folder receiver, and a command of
// giftbridge.
package command

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/giftbridge/giftbridge/internal/app"
	"github.com/giftbridge/giftbridge/internal/app/receiving"
	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/logging"
)

// New returns the command.
func New() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "receiver",
		Short: "Run a receiver, which takes in what comes over HTTP, above all Shopify's webhooks",
		Long: `Receiver takes in what comes over HTTP: Shopify's webhooks, so that cards are issued seconds after an order instead
of after the next poll; the answers of an issuer that makes cards later; checkouts at which cards are spent; and the links
in the digest's mail. Run one or more; each takes in whatever reaches it. Polls go on: they find what webhooks have missed.

Shopify must reach it by HTTPS at RECEIVER_URL. Either it has a certificate of its own (RECEIVER_TLS_CERT_FILE and
RECEIVER_TLS_KEY_FILE), or a proxy in front of it has one. SHOPIFY_WEBHOOK_SECRETS is the client secret of the app that
has the webhooks. RECEIVER_SERVES says what this receiver serves: two receivers with different values keep the links of
the mail off the internet. docs/configuration.md lists all variables.

  RECEIVER_URL=https://hooks.example.com SHOPIFY_WEBHOOK_SECRETS_FILE=/run/secrets/webhooks giftbridge receiver

/metrics, /healthz and /readyz are served at METRICS_ADDR; on a machine with a worker it needs another port than that of
the worker, or off. The receiver is ready while it listens, also while Temporal is away: webhooks are answered, and the
next poll finds their orders; but those for the ERP of a relay (RELAY_ORDERS_URL, RELAY_PRODUCTS_URL) get 503 meanwhile,
and Shopify sends them again. SIGTERM and Ctrl-C let requests finish, and take in what waits, for at most 25 seconds.

Exit codes: 0 stopped as asked, 1 failure, 2 bad configuration.`,
		Args: cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := config.LoadReceiver()
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
			err = receiving.Run(cmd.Context(), receiving.Options{Config: cfg, Temporal: temporal, Log: log})
			if _, unusable := errors.AsType[*receiving.CertificateError](err); unusable {
				return &cli.UsageError{Err: err}
			}
			return err
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
