package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/giftbridge/giftbridge/internal/app"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/operator"
)

func newSchedules(f *flags) *cobra.Command {
	return &cobra.Command{
		Use:   "schedules",
		Short: "Create or update search attributes and schedules",
		Long: `Schedules makes sure that the namespace has giftbridge's search attributes and the schedules poll-orders and
daily-digest, and that these hold this configuration. Run it on every deploy: what is right is left alone, the
watermark stays, and a paused schedule stays paused. Without SMTP_HOST there is no digest.

It refuses a namespace whose retention is not longer than MAX_ORDER_AGE: orders could be issued twice.`,
		Args: app.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return operate(cmd, config.Load, func(ctx context.Context, o *operator.Operator) error {
				changes, err := o.EnsureSchedules(ctx)
				if err != nil {
					return err
				}
				if f.json {
					return printJSON(cmd.OutOrStdout(), changes)
				}
				return table(cmd.OutOrStdout(), func(row func(...any)) {
					for _, c := range changes {
						row(c.What, c.Did)
					}
				})
			})
		},
	}
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
