package setup

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/giftbridge/giftbridge/internal/app"
	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/installation"
	"github.com/giftbridge/giftbridge/internal/operator"
	"github.com/giftbridge/giftbridge/internal/settings"
	"github.com/giftbridge/giftbridge/starter/internal/session"
)

func newSchedules(f *cli.Flags) *cobra.Command {
	var e settings.Ensure
	cmd := &cobra.Command{
		Use:   "schedules",
		Short: "Create or update search attributes and schedules",
		Long: `Schedules creates giftbridge's search attributes and its schedules (poll-orders, sweep-orders,
watch-shop and daily-digest), or updates them to match this configuration. Run it on every deploy: what already matches is left alone,
the watermark stays, and a paused schedule stays paused. Without SMTP_HOST there is no digest. It prints which fields
change; --dry-run changes nothing. A change that loses something (another CREATED_AT_MIN, removal of the digest) needs
--yes.

The first run records what identifies orders and cards: Shopify's ID of the shop, the shop's name in workflow IDs, the
audit prefix, and whether the issuer refuses a used audit number. After that, another shop or prefix is refused. If the
shop was renamed before the first run, --renamed keeps its former name in workflow IDs. --change-identity accepts this
configuration instead: orders that polls see again would be issued a second time under another name or prefix.

It refuses a namespace whose retention is not longer than MAX_ORDER_AGE: orders could be issued twice.`,
		Args: cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := config.Load()
			if err != nil {
				return &cli.UsageError{Err: err}
			}
			return session.Operate(cmd, config.Load, func(ctx context.Context, o *operator.Operator) error {
				if e.ShopID = app.ShopID(ctx, cfg.Shopify); e.ShopID == "" {
					_, _ = fmt.Fprintln(cmd.ErrOrStderr(), "Shopify's ID of the shop could not be read; a later run records it")
				}
				changes, err := o.EnsureSchedules(ctx, e)
				if unconfirmed, ok := errors.AsType[*installation.ConfirmError](err); ok {
					return &cli.UsageError{Err: unconfirmed}
				}
				if err != nil {
					return err
				}
				if f.JSON {
					return cli.JSON(cmd.OutOrStdout(), changes)
				}
				return cli.Table(cmd.OutOrStdout(), func(row func(...any)) {
					for _, c := range changes {
						row(c.What, c.Did)
						for _, field := range c.Fields {
							row("", field)
						}
						for _, hint := range installation.MakesUp(c, cfg.Orders.MaxOrderAge) {
							row("", hint)
						}
					}
				})
			})
		},
	}
	cmd.Flags().BoolVar(&e.DryRun, "dry-run", false, "only print what would change")
	cmd.Flags().BoolVarP(&e.Yes, "yes", "y", false,
		"also make changes that lose something: another CREATED_AT_MIN, removal of the digest")
	cmd.Flags().BoolVar(&e.Renamed, "renamed", false, "the shop was renamed: keep its former name in workflow IDs")
	cmd.Flags().BoolVar(&e.ChangeIdentity, "change-identity", false,
		"accept another shop, AUDIT_PREFIX or ISSUER_DEDUPES; orders may be issued twice")
	return cmd
}

func newConfig(f *cli.Flags) *cobra.Command {
	return &cobra.Command{
		Use:   "config",
		Short: "Show the configuration with secrets redacted, and its problems",
		Long: `Config shows every variable with the value that is in effect, and how Temporal is reached: by the TEMPORAL_*
variables, or by a profile of Temporal's configuration file. Then it lists all problems at once, and exits with 2 if there
is one. It connects to nothing; doctor does.`,
		Example: `  giftbridge config
  giftbridge config --env-file giftbridge.env
  giftbridge config --json | jq -r '.[] | select(.IsDefault | not) | .Name'`,
		Args: cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, problems := config.Load()
			connection, err := app.DescribeTemporal()
			if problems == nil { // The configuration's own checks name the variable, where they find the same problem.
				problems = err
			}
			if f.JSON {
				err = cli.JSON(cmd.OutOrStdout(), append(cfg.Describe(), connection...))
			} else {
				_, err = fmt.Fprint(cmd.OutOrStdout(), cfg.Table(connection...))
			}
			if err != nil {
				return err
			}
			if problems != nil {
				return &cli.UsageError{Err: problems}
			}
			return nil
		},
	}
}
