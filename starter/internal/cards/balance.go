package cards

import (
	"github.com/spf13/cobra"

	"github.com/giftbridge/giftbridge/internal/cli"
)

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
		Long: `Balance asks the issuers for the cards of an order, and prints the status and the balance of each. "cards show" prints
more: the issuer, until when a card is valid, and when it was sent. It needs the configuration of the issuers, as a worker does.`,
		Example: `  giftbridge orders balance '#1001'`,
		Args:    cli.OneOrder,
		RunE: func(cmd *cobra.Command, args []string) error {
			return lookUp(cmd, args[0], 0, func(cards []shown) error {
				if f.JSON {
					return cli.JSON(cmd.OutOrStdout(), balances(cards))
				}
				return cli.Table(cmd.OutOrStdout(), func(row func(...any)) {
					row("CARD", "NUMBER", "STATUS", "ISSUED WITH", "BALANCE")
					for _, c := range balances(cards) {
						if c.Unknown != "" {
							row(c.Unit, c.Unknown)
							continue
						}
						row(c.Unit, c.MaskedNumber, c.Status, money(c.InitialBalance, c.Currency), money(c.CurrentBalance, c.Currency))
					}
				})
			})
		},
	}
}

func balances(cards []shown) []balance {
	out := make([]balance, 0, len(cards))
	for _, c := range cards {
		if !c.asked {
			out = append(out, balance{Unit: c.Unit, Unknown: c.State})
			continue
		}
		out = append(out, balance{
			Unit: c.Unit, MaskedNumber: c.MaskedNumber, Status: c.State,
			InitialBalance: c.InitialBalance, CurrentBalance: c.CurrentBalance, Currency: c.Currency,
		})
	}
	return out
}
