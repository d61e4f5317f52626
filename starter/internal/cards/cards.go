// Package cards has the commands about the cards of an order: they look them up at the issuer, cancel them, and send them once
// more.
package cards

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/giftbridge/giftbridge/activities/deferred"
	"github.com/giftbridge/giftbridge/internal/app"
	"github.com/giftbridge/giftbridge/internal/buildinfo"
	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/issuer"
	"github.com/giftbridge/giftbridge/internal/operator"
	"github.com/giftbridge/giftbridge/internal/orders"
	"github.com/giftbridge/giftbridge/internal/printable"
	"github.com/giftbridge/giftbridge/starter/internal/session"
	"github.com/giftbridge/giftbridge/workflows"
)

// Commands returns the commands, which belong to the command "orders".
func Commands(f *cli.Flags) []*cobra.Command {
	return []*cobra.Command{newBalance(f), newCancelCard(f)}
}

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
				question := fmt.Sprintf("Cancel card %d of order %s (%s %s, %s)?", unit, d.Name, card.Amount, card.Currency,
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

// balance is a card's current state at the issuer.
type balance struct {
	Unit           int    `json:"unit"`
	MaskedNumber   string `json:"masked_number"`
	Status         string `json:"status"`
	InitialBalance string `json:"initial_balance"`
	CurrentBalance string `json:"current_balance"`
	Currency       string `json:"currency"`
	// Unknown says why the issuer cannot be asked.
	Unknown string `json:"unknown,omitempty"`
}

func newBalance(f *cli.Flags) *cobra.Command {
	return &cobra.Command{
		Use:   "balance <order>",
		Short: "Show the status and balance of an order's cards at the issuer",
		Args:  cli.OneOrder,
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := config.Load()
			if err != nil {
				return &cli.UsageError{Err: err}
			}
			from, err := app.NewIssuer(cfg)
			if err != nil {
				return err
			}
			return session.Operate(cmd, config.Load, func(ctx context.Context, o *operator.Operator) error {
				d, err := o.ShowOrder(ctx, args[0])
				if err != nil {
					return err
				}
				cards, err := balances(ctx, from, d)
				if err != nil {
					return err
				}
				if f.JSON {
					return cli.JSON(cmd.OutOrStdout(), cards)
				}
				return cli.Table(cmd.OutOrStdout(), func(row func(...any)) {
					row("CARD", "NUMBER", "STATUS", "ISSUED WITH", "BALANCE")
					for _, c := range cards {
						if c.Unknown != "" {
							row(c.Unit, c.Unknown)
							continue
						}
						row(c.Unit, c.MaskedNumber, c.Status, c.InitialBalance+" "+c.Currency, c.CurrentBalance+" "+c.Currency)
					}
				})
			})
		},
	}
}

func balances(ctx context.Context, from issuer.Abilities, d *orders.OrderDetails) ([]balance, error) {
	cards := d.Cards()
	if d.State == executions.Redacted {
		return nil, &executions.NotFoundError{What: "order " + d.Name +
			" is redacted: what its cards are is no longer known here; the issuer knows them by their audit numbers, which " +
			buildinfo.Program + " orders show prints"}
	}
	if len(cards) == 0 {
		return nil, &executions.NotFoundError{What: "order " + d.Name + " has no cards; its state is " + string(d.State)}
	}
	words := from.Words()
	if from.Inspector == nil {
		return nil, fmt.Errorf("%s does not show the balance of cards", words.Issuer)
	}
	var out []balance
	for _, c := range cards {
		if c.EGCCode == "" {
			out = append(out, balance{
				Unit: c.Unit, Unknown: words.Issuer + " did not return its code; look up " + words.Key + " " + c.AuditNumber +
					" at " + words.Issuer,
			})
			continue
		}
		card, err := from.Inspector.Inspect(ctx, c.MerchantCode, c.EGCCode)
		if err != nil {
			return nil, fmt.Errorf("order %s, card %d: %w", d.Name, c.Unit, err)
		}
		out = append(out, balance{
			Unit: c.Unit, MaskedNumber: card.MaskedNumber, Status: card.Status,
			InitialBalance: card.InitialBalance, CurrentBalance: card.CurrentBalance, Currency: card.Currency,
		})
	}
	return out, nil
}
