package operations

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/operator"
	"github.com/giftbridge/giftbridge/starter/internal/session"
)

func newSweep(f *cli.Flags) *cobra.Command {
	var whole bool
	cmd := &cobra.Command{
		Use:   "sweep",
		Short: "Check now whether polls have missed an order",
		Long: `Sweep checks whether each gift-card order of the last two days was taken in, and takes in the orders
that were not. A schedule does the same every SWEEP_INTERVAL, and once a day for all orders that may still be taken
in. A sweep uses a fifth of Shopify's rate-limit points, so a large shop takes a while. Ctrl-C stops the waiting, not
the sweep.`,
		Example: `  giftbridge sweep
  giftbridge sweep --whole`,
		Args: cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return session.Operate(cmd, config.Load, func(ctx context.Context, o *operator.Operator) error {
				sweep, err := o.SweepNow(ctx, whole)
				if err != nil {
					return err
				}
				_, _ = fmt.Fprintf(cmd.ErrOrStderr(), "sweeping: %s\n", sweep.Link)
				result, err := sweep.Wait(ctx)
				if err != nil {
					return err
				}
				if f.JSON {
					return cli.JSON(cmd.OutOrStdout(), result)
				}
				return cli.Table(cmd.OutOrStdout(), func(row func(...any)) {
					row("orders seen", result.Seen)
					row("gift-card orders", result.Candidates)
					row("known", result.Known)
					row("found", result.Found)
					if result.Found > 0 {
						row("found orders", strings.Join(result.Names, " "))
					}
				})
			})
		},
	}
	cmd.Flags().BoolVar(&whole, "whole", false, "check all orders that may still be taken in, without Shopify's search")
	return cmd
}
