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
	return o.Told.OfOrder(ctx, args[0], session.TheShop())
}

// number returns the shop, as it is called on record, and the number of the order or the variant.
func (a *about) number(ctx context.Context, o *operator.Operator, args []string) (shop, number string, err error) {
	if a.variant != "" {
		return o.ShopKey(ctx), a.variant, nil
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
