// Package cards has the commands about the cards of an order: they look them up at the issuer, cancel them, and send them once
// more.
package cards

import (
	"github.com/spf13/cobra"

	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/starter/internal/session"
)

// Commands returns the commands that belong to the command "orders".
func Commands(f *cli.Flags) []*cobra.Command {
	return []*cobra.Command{newBalance(f, "orders"), newCancelCard(f)}
}

// Command returns the commands about the cards of orders, with others that belong to it.
func Command(f *cli.Flags, others ...*cobra.Command) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "cards",
		Aliases: []string{"card"},
		Short:   "Look at the cards of an order, at what was taken off them, and mail them once more",
		Long: `Cards has the commands about the cards of orders. Some issuers send their cards themselves; the cards of the others are
mailed to their recipients by giftbridge. No command prints what a card of an order is spent with.

A redemption is an amount that a checkout has taken off a card, or has tried to. It is called CLIENT/ID, by the client of the
checkout API that asked for it.

"orders balance" and "orders cancel-card" are about cards, too.`,
		Args: cli.NoArgs,
		RunE: cli.Help,
	}
	of := []*cobra.Command{newShow(f), newBalance(f, "cards"), newResend(f)}
	for _, c := range of {
		c.ValidArgsFunction = session.CompleteOrders(executions.Completed, executions.Failed)
	}
	cmd.AddCommand(append(append(of, others...), newSample(f))...)
	return cmd
}
