// Package checkout has the commands about the clients that may spend gift cards.
package checkout

import (
	"github.com/spf13/cobra"

	"github.com/giftbridge/giftbridge/internal/cli"
)

// Command returns the commands about the clients that may spend gift cards.
func Command(f *cli.Flags) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "checkout",
		Short: "Make keys for the checkouts that may spend gift cards",
		Long: `Checkout has the commands about the clients that spend gift cards at the receiver: a shop's checkout, a page for
balances, a till. Each has a name, a key, and rights.`,
		Args: cli.NoArgs,
		RunE: cli.Help,
	}
	cmd.AddCommand(newKey(f))
	return cmd
}
