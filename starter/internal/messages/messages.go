// Package messages has the commands about what customers are told about their orders.
package messages

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/giftbridge/giftbridge/internal/app"
	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/intake"
	"github.com/giftbridge/giftbridge/internal/operator"
	"github.com/giftbridge/giftbridge/internal/orders"
	"github.com/giftbridge/giftbridge/internal/told"
)

// Command returns the command that groups the others.
func Command(f *cli.Flags) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "messages",
		Aliases: []string{"message"},
		Short:   "See what customers are told about their orders, and see to what could not be sent",
		Args:    cli.NoArgs,
		RunE:    cli.Help,
	}
	cmd.AddCommand(newList(f), newShow(f), newPreview(f), newResend(f), newSettle(f))
	return cmd
}

// theShop returns how the shop is asked for the number of an order; nil if this process is not configured to ask it.
func theShop() told.Shop {
	cfg, err := config.Load()
	if err != nil {
		return nil
	}
	shop, err := app.NewOrders(cfg)
	if err != nil {
		return nil
	}
	return func(ctx context.Context, r orders.Reference) (string, error) {
		found, err := intake.Find(ctx, shop.Source, r.Number, r.Names()...)
		if errors.Is(err, intake.ErrNotFound) {
			return "", &executions.NotFoundError{What: fmt.Sprintf("neither giftbridge nor the shop has an order %q", r.Text)}
		}
		if err != nil {
			return "", err
		}
		return found.Order.ID, nil
	}
}

// about is the order or the variant that a command is about.
type about struct{ variant string }

// register adds the flag that names a variant.
func (a *about) register(cmd *cobra.Command) {
	cmd.Flags().StringVar(&a.variant, "variant", "", "the shop's number of a variant, instead of an order")
}

// check requires an order as the only argument, or a variant.
func (a *about) check(cmd *cobra.Command, args []string) error {
	if !cmd.Flags().Changed("variant") {
		return cli.OneOrder(cmd, args)
	}
	switch {
	case len(args) > 0:
		return cli.Usagef("name an order or a --variant, not both")
	case a.variant == "" || strings.Trim(a.variant, "0123456789") != "":
		return cli.Usagef("--variant must be the shop's number of a variant, such as 41234567890123")
	}
	return nil
}

// find returns the talk about the order or the variant.
func (a *about) find(ctx context.Context, o *operator.Operator, args []string) (told.Talk, error) {
	if a.variant != "" {
		return o.Told.OfVariant(ctx, a.variant)
	}
	return o.Told.OfOrder(ctx, args[0], theShop())
}

// number returns the shop, as it is called on record, and the number of the order or the variant.
func (a *about) number(ctx context.Context, o *operator.Operator, args []string) (shop, number string, err error) {
	if a.variant != "" {
		return o.ShopKey(ctx), a.variant, nil
	}
	return o.Told.Identify(ctx, args[0], theShop())
}

func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// given returns an error unless a flag has a text.
func given(flag, text string) error {
	if strings.TrimSpace(text) == "" {
		return cli.Usagef("--%s must not be empty: it is recorded", flag)
	}
	return nil
}
