// Package messages has the commands about what customers are told about their orders.
package messages

import (
	"bytes"
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/operator"
	"github.com/giftbridge/giftbridge/internal/printable"
	"github.com/giftbridge/giftbridge/internal/told"
	"github.com/giftbridge/giftbridge/starter/internal/session"
)

// Command returns the command "messages", with the given commands of other packages among its own.
func Command(f *cli.Flags, others ...*cobra.Command) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "messages",
		Aliases: []string{"message"},
		Short:   "See what customers are told about their orders, and see to what could not be sent",
		Args:    cli.NoArgs,
		RunE:    cli.Help,
	}
	cmd.AddCommand(newList(f), newShow(f), newResend(f), newSettle(f))
	cmd.AddCommand(others...)
	return cmd
}

// about is what a command is about: the variant or the product of its flags, or else an order.
type about struct{ told.About }

// register adds the flags that name a variant or a product.
func (a *about) register(cmd *cobra.Command) {
	cmd.Flags().StringVar(&a.Variant, "variant", "", "the shop's number of a variant, instead of an order")
	cmd.Flags().StringVar(&a.Product, "product", "", "the shop's number of a product, instead of an order")
}

// check requires an order as the only argument, or a variant, or a product.
func (a *about) check(cmd *cobra.Command, args []string) error {
	variant, product := cmd.Flags().Changed("variant"), cmd.Flags().Changed("product")
	if !variant && !product {
		return cli.OneOrder(cmd, args)
	}
	flag := "variant"
	if product {
		flag = "product"
	}
	switch {
	case len(args) > 0:
		return cli.Usagef("name an order or a --%s, not both", flag)
	case variant && product:
		return cli.Usagef("name a --variant or a --product, not both")
	case a.Number() == "" || strings.Trim(a.Number(), "0123456789") != "":
		return cli.Usagef("--%s must be the shop's number of a %s, such as 41234567890123", flag, flag)
	}
	return nil
}

// find returns the talk about the order, the variant or the product.
func (a *about) find(ctx context.Context, o *operator.Operator, args []string) (told.Talk, error) {
	if a.Notice() {
		return o.Told.OfNotice(ctx, a.About)
	}
	return o.Told.OfOrder(ctx, args[0], session.TheShop())
}

// number returns the shop and the number of what the command is about, as they are called on record.
func (a *about) number(ctx context.Context, o *operator.Operator, args []string) (shop, number string, err error) {
	if a.Notice() {
		return o.ShopKey(ctx), a.OnRecord(), nil
	}
	return o.Told.Identify(ctx, args[0], session.TheShop())
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

// printableBytes returns what was written without characters that a terminal would obey: the structure holds what customers wrote.
func printableBytes(b bytes.Buffer) []byte { return []byte(printable.Text(b.String())) }
