package spending

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/giftbridge/giftbridge/internal/buildinfo"
	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/operator"
	"github.com/giftbridge/giftbridge/internal/printable"
	"github.com/giftbridge/giftbridge/internal/redemptions"
	"github.com/giftbridge/giftbridge/starter/internal/session"
)

func newRedemptions(f *cli.Flags) *cobra.Command {
	var unit int
	var unknown bool
	cmd := &cobra.Command{
		Use:   "redemptions CLIENT/ID | <order> [--unit N] | --unknown",
		Short: "Show what checkouts have taken off cards",
		Long: `Redemptions shows amounts that checkouts have taken off cards, or have tried to. One is named by CLIENT/ID: by the client
of the checkout API that asked for it, and by the ID in the API's answers, which is also the reference in the issuer's records.

With an order, it lists the redemptions of the cards that were bought with that order; --unit selects one card. This needs
CARD_ID_KEY as the workers have it. The order that was paid with a card cannot be searched for: the shop's own system knows the
ID of the redemption.

With --unknown, it lists those that need somebody: of which it did not become clear within 15 minutes whether the issuer moved
the amount, and those that the issuer contradicted later. "cards resolve" records what you find out.

A redemption that was declined is kept for two days, and one that was taken off a card for 30. The answers come from the cards'
records, so a worker has to run. No command prints what a card is spent with.`,
		Example: `  giftbridge cards redemptions --unknown
  giftbridge cards redemptions checkout/3f2a6c1e9d0b4a57886f1c2d3e4f5a6b
  giftbridge cards redemptions '#1001' --unit 2 --json`,
		Args: func(cmd *cobra.Command, args []string) error {
			switch {
			case unknown && len(args) > 0:
				return cli.Usagef("--unknown lists the redemptions of all cards: pass it alone")
			case unknown && cmd.Flags().Changed("unit"):
				return cli.Usagef("--unit needs an order")
			case unknown:
				return nil
			case len(args) == 0:
				return cli.Usagef("name a redemption (CLIENT/ID) or an order, or pass --unknown")
			}
			if err := cli.OneArg(cmd, args); err != nil {
				return err
			}
			if !cmd.Flags().Changed("unit") {
				return nil
			}
			if _, _, one := redemptions.ParseName(args[0]); one {
				return cli.Usagef("--unit needs an order, and %s names a redemption", printable.Line(args[0], 0))
			}
			if unit < 1 {
				return cli.Usagef("--unit must be the number of a card, starting at 1; orders show lists the cards")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return session.Operate(cmd, session.OnlyToLook, func(ctx context.Context, o *operator.Operator) error {
				v := viewer{cmd: cmd, flags: f, operator: o}
				if unknown {
					return v.unknown(ctx)
				}
				if _, _, one := redemptions.ParseName(args[0]); one {
					return v.one(ctx, args[0])
				}
				return v.ofOrder(ctx, args[0], unit)
			})
		},
	}
	cmd.Flags().IntVar(&unit, "unit", 0, "number of one card in the order, starting at 1")
	cmd.Flags().BoolVar(&unknown, "unknown", false, "those that need somebody, of all cards")
	return cmd
}

// viewer shows redemptions.
type viewer struct {
	cmd      *cobra.Command
	flags    *cli.Flags
	operator *operator.Operator
}

func (v viewer) one(ctx context.Context, name string) error {
	found, err := find(ctx, v.operator, name)
	if err != nil {
		return err
	}
	if v.flags.JSON {
		return cli.JSON(v.cmd.OutOrStdout(), found)
	}
	return printOne(v.cmd.OutOrStdout(), *found)
}

// unknown shows the redemptions that need somebody. It fails if not all cards could be asked.
func (v viewer) unknown(ctx context.Context) error {
	noted, err := v.operator.Redemptions.Look(ctx, time.Time{})
	if err != nil {
		return err
	}
	for _, list := range [][]redemptions.Found{noted.Unknown, noted.Contradicted} {
		if err := v.operator.Redemptions.WithOrders(ctx, list); err != nil {
			return err
		}
	}
	if err := v.noted(noted); err != nil {
		return err
	}
	if noted.Unread > 0 {
		return fmt.Errorf("%d cards that may have such redemptions did not answer: look whether workers run", noted.Unread)
	}
	return nil
}

func (v viewer) noted(noted redemptions.Noted) error {
	if v.flags.JSON {
		return cli.JSON(v.cmd.OutOrStdout(), noted)
	}
	var all []redemptions.Found
	all = append(all, noted.Unknown...)
	for _, f := range noted.Contradicted {
		if doubt, _ := f.Doubt(); doubt == redemptions.None { // Otherwise it is listed above.
			all = append(all, f)
		}
	}
	if len(all) == 0 {
		_, err := fmt.Fprintln(v.cmd.ErrOrStderr(), "no redemption is unknown")
		return err
	}
	if err := printAll(v.cmd.OutOrStdout(), all); err != nil {
		return err
	}
	_, err := fmt.Fprintf(v.cmd.ErrOrStderr(), "for what to do about one, run: %s cards redemptions CLIENT/ID\n", buildinfo.Program)
	return err
}

// ofOrder shows the redemptions of the cards that were bought with an order.
func (v viewer) ofOrder(ctx context.Context, name string, unit int) error {
	list, err := bought(ctx, v.operator, name, unit)
	if err != nil {
		return err
	}
	if v.flags.JSON {
		return cli.JSON(v.cmd.OutOrStdout(), list)
	}
	if len(list) == 0 {
		_, err := fmt.Fprintln(v.cmd.ErrOrStderr(), "no redemption of these cards is on record; of an order that was paid with a card, "+
			"the shop's own system knows the redemption")
		return err
	}
	return printAll(v.cmd.OutOrStdout(), list)
}

// bought returns the redemptions of the cards that were bought with an order. unit is the only card; 0 means all.
func bought(ctx context.Context, o *operator.Operator, name string, unit int) ([]redemptions.Found, error) {
	if !o.Redemptions.CanFind() {
		return nil, cli.Usagef("CARD_ID_KEY is not set: set it as the workers have it, or name the redemption by CLIENT/ID")
	}
	d, err := o.ShowOrder(ctx, name)
	if err != nil {
		return nil, err
	}
	units, err := o.Promises.Units(ctx, d.WorkflowID, d.RunIDs()...)
	if err != nil {
		return nil, err
	}
	out, cards := []redemptions.Found{}, 0
	for _, u := range units {
		if unit > 0 && u.Number != unit {
			continue
		}
		cards++
		card, err := o.Promises.CardOf(ctx, u)
		if _, none := errors.AsType[*giftcard.Error](err); none {
			continue // A card without a value was never spent.
		}
		if err != nil {
			return nil, err
		}
		found, err := o.Redemptions.OfCard(ctx, u.Issuer, card.Code)
		if err != nil {
			return nil, fmt.Errorf("order %s, card %d: %w", d.Name, u.Number, err)
		}
		for _, one := range found {
			one.Bought = &redemptions.Bought{Name: d.Name, Shop: d.Shop, Order: d.ID, Unit: u.Number}
			out = append(out, one)
		}
	}
	if cards == 0 {
		what := "card that can be spent at a checkout"
		if unit > 0 {
			what = fmt.Sprintf("card %d that can be spent at a checkout", unit)
		}
		return nil, &executions.NotFoundError{What: "order " + d.Name + " has no " + what}
	}
	return out, nil
}
