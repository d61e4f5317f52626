package decisions

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/giftbridge/giftbridge/internal/buildinfo"
	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/operator"
	"github.com/giftbridge/giftbridge/internal/printable"
	"github.com/giftbridge/giftbridge/starter/internal/session"
)

func newRecheck(f *cli.Flags) *cobra.Command {
	return &cobra.Command{
		Use:   "recheck <order>",
		Short: "Compare the cards of a cancelled or refunded order with what is owed, once more",
		Long: `Recheck looks again at an order that was cancelled or refunded after its cards were issued: it reads the order
from the shop, and compares it with the cards that exist. It does what CANCELLED_ORDERS says in the sweep's schedule:
report the cards that are no longer owed, or cancel those of which nothing was spent. Use it once the cause of a failed
cancellation is gone, or after you have cancelled a card at the issuer. A card is never cancelled twice.

Exit codes: 0 looked again, 1 that failed, or no cancellation or refund of the order is on record, 2 wrong usage.`,
		Example: `  giftbridge orders recheck '#1001'`,
		Args:    cli.OneOrder,
		RunE: func(cmd *cobra.Command, args []string) error {
			return session.Operate(cmd, session.OnlyToLook, func(ctx context.Context, o *operator.Operator) error {
				d, err := o.ShowOrder(ctx, args[0])
				if err != nil {
					return err
				}
				out, err := o.Recheck(ctx, d.Shop, d.ID, d.Name)
				switch {
				case err != nil:
					return err
				case out == nil:
					_, err := fmt.Fprintf(cmd.ErrOrStderr(), "that takes longer; to see what becomes of it, run: %s orders show %s\n",
						buildinfo.Program, d.ID)
					return err
				case f.JSON:
					err = cli.JSON(cmd.OutOrStdout(), out)
				default:
					_, err = fmt.Fprintf(cmd.OutOrStdout(), "order %s: %s\n", printable.Line(d.Name, 0), printable.Line(out.Says(), 0))
				}
				if err == nil && out.Failure != nil {
					err = errors.New(out.Failure.Kind + ": " + out.Failure.Message)
				}
				return err
			})
		},
	}
}
