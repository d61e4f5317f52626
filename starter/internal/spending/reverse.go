package spending

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/giftbridge/giftbridge/internal/buildinfo"
	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/operator"
	"github.com/giftbridge/giftbridge/internal/printable"
	"github.com/giftbridge/giftbridge/internal/redemption"
	"github.com/giftbridge/giftbridge/internal/redemptions"
	"github.com/giftbridge/giftbridge/internal/redemptions/deciding"
	"github.com/giftbridge/giftbridge/starter/internal/session"
)

// waitFor is how long the commands wait for what becomes of a request.
const waitFor = time.Minute

func newReverse(f *cli.Flags) *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:   "reverse CLIENT/ID",
		Short: "Give back to a card what a checkout has taken off it",
		Long: `Reverse gives back to its card the whole amount that a redemption has taken off it, as the shop does by the checkout API
when an order is cancelled. It asks for confirmation first: the shop is not told, and its order may be paid with that amount.

The issuer is asked once. The command waits a minute for the result; if there is none by then, "cards redemptions" shows it
later. Not every issuer gives back. A redemption that is unknown is resolved first: see "cards resolve".`,
		Example: `  giftbridge cards reverse checkout/3f2a6c1e9d0b4a57886f1c2d3e4f5a6b`,
		Args:    oneRedemption,
		RunE: func(cmd *cobra.Command, args []string) error {
			return session.Operate(cmd, session.OnlyToLook, func(ctx context.Context, o *operator.Operator) error {
				found, err := find(ctx, o, args[0])
				if err != nil {
					return err
				}
				if err := deciding.Reversible(found); err != nil {
					return err
				}
				question := "Give back " + amount(*found) + " of redemption " + found.Name() + paidFor(*found) + " to its card?"
				if err := cli.Confirm(cmd, yes, question); err != nil {
					return err
				}
				now, err := deciding.Reverse(ctx, o.Redemptions, found, time.Now())
				if err != nil {
					return err
				}
				now, err = deciding.Settled(ctx, o.Redemptions, now, waitFor, func(f *redemptions.Found) bool {
					return f.Reversal == nil || f.Reversal.State != redemption.Accepted
				})
				if err != nil {
					return err
				}
				return outcome(cmd, f, *now)
			})
		},
	}
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask for confirmation")
	return cmd
}

// paidFor names the order that was paid, if the shop has named it.
func paidFor(f redemptions.Found) string {
	if f.Order == "" {
		return ""
	}
	return " for order " + f.Order
}

// outcome prints where a redemption stands after it was to be given back. Unless it was, that is an error.
func outcome(cmd *cobra.Command, flags *cli.Flags, f redemptions.Found) error {
	if flags.JSON {
		if err := cli.JSON(cmd.OutOrStdout(), f); err != nil {
			return err
		}
	} else if _, err := fmt.Fprintf(cmd.OutOrStdout(), "redemption %s: %s\n", printable.Line(f.Name(), 0),
		printable.Line(state(f), 0)); err != nil {
		return err
	}
	back := f.Reversal
	switch {
	case f.State == redemption.Reversed:
		return nil
	case back != nil && back.State == redemption.Declined:
		return fmt.Errorf("redemption %s was not given back (%s): its card has what it had before", f.Name(), back.Problem)
	case back != nil && back.State == redemption.Unknown:
		return fmt.Errorf("it is unknown whether redemption %s was given back: %s cards redemptions says what to do", f.Name(),
			buildinfo.Program)
	}
	return fmt.Errorf("the issuer has not answered yet about redemption %s; later, run: %s cards redemptions %s", f.Name(),
		buildinfo.Program, f.Name())
}
