package cards

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/giftbridge/giftbridge/activities/deferred"
	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/digest/words"
	"github.com/giftbridge/giftbridge/internal/operator"
	"github.com/giftbridge/giftbridge/internal/orders"
	"github.com/giftbridge/giftbridge/internal/printable"
	"github.com/giftbridge/giftbridge/starter/internal/session"
	"github.com/giftbridge/giftbridge/workflows"
)

func newCancelCard(f *cli.Flags) *cobra.Command {
	var unit int
	var reason string
	var yes bool
	cmd := &cobra.Command{
		Use:   "cancel-card <order> --unit N --reason WHY",
		Short: "Cancel one card of an order at the issuer",
		Long: `Cancel-card cancels one card at the issuer: whoever holds the card loses its balance. It asks for
confirmation first. Who cancelled the card, and why, is on record. Shopify is not informed: refund the order there.

An issuer that makes cards later cancels none: its card is emptied, if nothing of it was spent. The request is sent once;
the command waits a minute for the result.`,
		Example: `  giftbridge orders cancel-card '#1001' --unit 2 --reason 'customer bought by mistake, ticket 4711'`,
		Args:    cli.OneOrder,
		RunE: func(cmd *cobra.Command, args []string) error {
			if unit < 1 {
				return cli.Usagef("--unit must be the number of a card, starting at 1; orders show lists the cards")
			}
			if strings.TrimSpace(reason) == "" {
				return cli.Usagef("--reason must not be empty: it is recorded with the cancellation")
			}
			return session.Operate(cmd, session.OnlyToLook, func(ctx context.Context, o *operator.Operator) error {
				d, err := o.ShowOrder(ctx, args[0])
				if err != nil {
					return err
				}
				card, later, err := cardToCancel(ctx, o, d, unit)
				if err != nil {
					return err
				}
				question := fmt.Sprintf("Cancel card %d of order %s (%s, %s)?", unit, d.Name, words.Amount(card.Amount, card.Currency),
					cmp.Or(card.MaskedNumber, "audit number "+card.AuditNumber))
				if err := cli.Confirm(cmd, yes, question); err != nil {
					return err
				}
				result, err := o.CancelCard(ctx, d, card, later, cli.Whoami(), reason)
				if err != nil {
					return err
				}
				if f.JSON {
					return cli.JSON(cmd.OutOrStdout(), result)
				}
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "card %d of order %s: %s\n", unit, printable.Line(d.Name, 0),
					printable.Line(result.Status, 0))
				return err
			})
		},
	}
	cmd.Flags().IntVar(&unit, "unit", 0, "number of the card in the order, starting at 1")
	cmd.Flags().StringVar(&reason, "reason", "", "reason, kept on record")
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask for confirmation")
	return cmd
}

// cardToCancel returns a card that can be cancelled. later is that card if its issuer makes it later.
func cardToCancel(
	ctx context.Context, o *operator.Operator, d *orders.OrderDetails, unit int,
) (orders.Card, *deferred.Unit, error) {
	units, err := o.Promises.Units(ctx, d.WorkflowID, d.RunIDs()...)
	if err != nil {
		return orders.Card{}, nil, err
	}
	i := slices.IndexFunc(units, func(u deferred.Unit) bool { return u.Number == unit })
	if i < 0 {
		card, err := d.CardToCancel(unit)
		return card, nil, err
	}
	u := units[i]
	if _, err := o.Promises.CardOf(ctx, u); err != nil {
		return orders.Card{}, nil, fmt.Errorf("order %s, card %d: %w", d.Name, unit, err)
	}
	card := orders.Card{IssuedCard: workflows.IssuedCard{Unit: unit}}
	card.AuditNumber, card.Amount, card.Currency = u.Key, u.Price, u.Currency
	return card, &u, nil
}
