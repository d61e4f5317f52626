package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/giftbridge/giftbridge/internal/installation"
	"github.com/giftbridge/giftbridge/internal/settings"

	"github.com/spf13/cobra"

	"github.com/giftbridge/giftbridge/internal/app"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/operator"
)

func newSchedules(f *flags) *cobra.Command {
	var e settings.Ensure
	cmd := &cobra.Command{
		Use:   "schedules",
		Short: "Create or update search attributes and schedules",
		Long: `Schedules makes sure that the namespace has giftbridge's search attributes and the schedules poll-orders and
daily-digest, and that these hold this configuration. Run it on every deploy: what is right is left alone, the
watermark stays, and a paused schedule stays paused. Without SMTP_HOST there is no digest. It says which fields change;
--dry-run changes nothing. What loses something (another CREATED_AT_MIN, the end of the digest) wants --yes.

The first run settles what tells orders and cards apart: Shopify's ID of the shop, the shop's name in workflow IDs, the
audit prefix, and whether the issuer refuses a used audit number. From then on another shop or prefix is refused. If the
shop was renamed before that, --renamed keeps its former name in workflow IDs. --change-identity takes this configuration
for right: orders that polls see again would be issued a second time under another name or prefix.

It refuses a namespace whose retention is not longer than MAX_ORDER_AGE: orders could be issued twice.`,
		Args: app.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := config.Load()
			if err != nil {
				return &app.UsageError{Err: err}
			}
			return operate(cmd, config.Load, func(ctx context.Context, o *operator.Operator) error {
				if e.ShopID = app.ShopID(ctx, cfg.Shopify); e.ShopID == "" {
					_, _ = fmt.Fprintln(cmd.ErrOrStderr(), "Shopify did not say which shop this is; its ID is settled by a later run")
				}
				changes, err := o.EnsureSchedules(ctx, e)
				if unconfirmed, ok := errors.AsType[*installation.ConfirmError](err); ok {
					return &app.UsageError{Err: unconfirmed}
				}
				if err != nil {
					return err
				}
				if f.json {
					return printJSON(cmd.OutOrStdout(), changes)
				}
				return table(cmd.OutOrStdout(), func(row func(...any)) {
					for _, c := range changes {
						row(c.What, c.Did)
						for _, field := range c.Fields {
							row("", field)
						}
						for _, hint := range installation.MakesUp(c) {
							row("", hint)
						}
					}
				})
			})
		},
	}
	cmd.Flags().BoolVar(&e.DryRun, "dry-run", false, "only say what would change")
	cmd.Flags().BoolVarP(&e.Yes, "yes", "y", false, "also what loses something: another CREATED_AT_MIN, the end of the digest")
	cmd.Flags().BoolVar(&e.Renamed, "renamed", false, "the shop was renamed: keep its former name in workflow IDs")
	cmd.Flags().BoolVar(&e.ChangeIdentity, "change-identity", false,
		"take another shop, prefix or promise of the issuer for right; orders may be issued twice")
	return cmd
}

func newConfig(f *flags) *cobra.Command {
	return &cobra.Command{
		Use:   "config",
		Short: "Show the configuration, secrets redacted, and what is wrong with it",
		Args:  app.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, problems := config.Load()
			var err error
			if f.json {
				err = printJSON(cmd.OutOrStdout(), cfg.Describe())
			} else {
				_, err = fmt.Fprint(cmd.OutOrStdout(), cfg.Table())
			}
			if err != nil {
				return err
			}
			if problems != nil {
				return &app.UsageError{Err: problems}
			}
			return nil
		},
	}
}
